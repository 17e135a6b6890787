//! Somebody leaves a room by themself, or with their account.
use daemon_core::store::{Actor, News};
use sotto_protocol::{
    Accepted, AccountId, Change, EntryKind, EnvelopeId, LogId, Reason, Role, RoomId, RoomKind, RoomLeave,
    Seat,
};

use super::{
    Step,
    seats::{change_payload, has_owner, heir, listed},
    work::{Work, Written},
};
use crate::{
    index::Shape,
    tables::{MemberRow, RoomRow, Tables},
};

/// A member goes; their other devices hear of it. A room of two is left only when the other one is gone for good.
pub(super) fn leave<T: Tables>(work: &mut Work<'_, T>, actor: Actor, request: &RoomLeave) -> Step<Accepted> {
    let log = LogId::from(request.room);
    if let Some(accepted) = work.repeated(log, request.envelope_id)? {
        return Ok(accepted);
    }
    work.tables.member(request.room, actor.account)?.ok_or(Reason::RoomUnknown)?;
    let row = work.tables.room(request.room)?.ok_or(Reason::RoomUnknown)?;
    if row.kind == RoomKind::Direct && work.tables.member_count(request.room)? > 1 {
        return Err(Reason::RoomKind.into());
    }
    let (sequence, at_ms) = work.take_leave(&row, actor.account, request.envelope_id)?;
    work.remember_sent(log, request.envelope_id, sequence, at_ms)?;
    work.tell_gone(request.room, actor.account, Some(actor.account))?;
    Ok(Accepted { sequence, at_ms, duplicate: false, log })
}

impl<T: Tables> Work<'_, T> {
    /// Takes somebody out and says so to who stays. When the last owner goes, the longest-standing admin owns the room,
    /// or else the longest-standing member; an empty room is gone.
    pub(super) fn take_leave(
        &mut self,
        row: &RoomRow,
        account: AccountId,
        envelope_id: EnvelopeId,
    ) -> Step<(u64, u64)> {
        let (room, log) = (row.room, LogId::from(row.room));
        let members = self.tables.members_page(room, None, u32::MAX)?;
        let rest: Vec<MemberRow> = members.into_iter().filter(|member| member.account != account).collect();
        let (next, last_at_ms) = self.index.log(log).map_or((1, 0), |log| (log.head + 1, log.last_at_ms));
        self.go_out(room, account)?;
        if rest.is_empty() {
            self.drop_room(room)?;
            return Ok((next, self.wall_ms.max(last_at_ms)));
        }
        let roles = self.pass_on(row, &rest)?;
        let payload = change_payload(Change {
            add: listed(Vec::new(), "add")?,
            remove: listed(vec![account], "remove")?,
            roles: listed(roles, "roles")?,
            title: None,
            commit: sotto_protocol::GroupBytes::default(),
            epoch: row.epoch,
        });
        if let Some(Shape::Direct(direct)) = self.index.log(log).map(|log| log.shape) {
            self.index.set_shape(log, Shape::Direct(crate::index::Direct { orphan: true, ..direct }));
        }
        let written = Written { log, envelope_id, kind: EntryKind::Change, sealed: payload };
        let (sequence, at_ms) = self.write(written)?;
        self.news.push(News::Grown { log, head: sequence });
        Ok((sequence, at_ms))
    }

    fn pass_on(&mut self, row: &RoomRow, rest: &[MemberRow]) -> Step<Vec<Seat>> {
        let new_owner = heir(rest).filter(|_| row.kind == RoomKind::Group && !has_owner(rest));
        let Some(member) = rest.iter().find(|member| Some(member.account) == new_owner) else {
            return Ok(Vec::new());
        };
        self.tables.member_put(&MemberRow { role: Role::Owner, ..member.clone() })?;
        self.rooms_changed(member.account)?;
        Ok(vec![Seat { account: member.account, role: Role::Owner }])
    }

    /// Takes somebody out of all rooms.
    pub(super) fn leave_all_rooms(&mut self, account: AccountId) -> Step<()> {
        for (at, member) in self.tables.rooms_page(account, None, u32::MAX)?.into_iter().enumerate() {
            let room: RoomId = member.room;
            let Some(row) = self.tables.room(room)? else { continue };
            let chance = self.seed.derive("leave", u32::try_from(at).unwrap_or(u32::MAX));
            let mut id = [0; 16];
            id.copy_from_slice(&chance[..16]);
            self.take_leave(&row, account, EnvelopeId::new(id))?;
        }
        Ok(())
    }
}
