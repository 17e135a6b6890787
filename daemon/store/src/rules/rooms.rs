//! Questions about rooms.
use daemon_core::store::Actor;
use sotto_protocol::{
    GroupBytes, GroupInfo, GroupInfoGet, LogId, Member, Members, Reason, Room, RoomList, RoomMembers, Rooms,
};

use super::{
    Step, cut, malformed, page_limit,
    work::{Look, person},
};
use crate::{
    index::Index,
    tables::{Kept, MemberRow, RoomRow, Tables},
};

/// A room, as one member's device sees it.
pub(super) fn room<T: Tables>(
    tables: &T,
    row: &RoomRow,
    member: &MemberRow,
    head_and_cursor: (u64, u64),
) -> Kept<Room> {
    let peer = match row.peer_of(member.account) {
        Some(peer) => tables.account(peer)?.as_ref().map(person),
        None => None,
    };
    Ok(Room {
        room: row.room,
        kind: row.kind,
        role: member.role,
        members: u32::try_from(tables.member_count(row.room)?).unwrap_or(u32::MAX),
        epoch: row.epoch,
        head: head_and_cursor.0,
        cursor: head_and_cursor.1,
        read: member.read,
        title: row.title.clone(),
        created_ms: row.created_ms,
        suite: row.suite,
        peer,
    })
}

/// Head and cursor of a log, for one device.
pub(super) fn head_and_cursor(index: &Index, log: LogId, device: Option<u32>) -> (u64, u64) {
    let Some(log) = index.log(log) else { return (0, 0) };
    (log.head, device.and_then(|device| log.cursor(device)).unwrap_or(0))
}

pub(super) fn list<T: Tables>(look: &Look<'_, T>, actor: Actor, request: &RoomList) -> Step<Rooms> {
    let limit = page_limit(request.limit);
    let mut rows = look.tables.rooms_page(actor.account, request.after, limit + 1)?;
    let more = cut(&mut rows, limit);
    let mut rooms = Vec::with_capacity(rows.len());
    for member in rows {
        let Some(row) = look.tables.room(member.room)? else { continue };
        let index = look.index();
        let at = head_and_cursor(&index, member.room.into(), index.number_of(actor.device));
        drop(index);
        rooms.push(room(look.tables, &row, &member, at)?);
    }
    let me = look.tables.account(actor.account)?.ok_or(Reason::AccountUnknown)?;
    Ok(Rooms { rooms, more, revision: me.rooms_revision })
}

pub(super) fn members<T: Tables>(look: &Look<'_, T>, actor: Actor, request: &RoomMembers) -> Step<Members> {
    look.tables.member(request.room, actor.account)?.ok_or(Reason::RoomUnknown)?;
    let limit = page_limit(request.limit);
    let mut rows = look.tables.members_page(request.room, request.after, limit + 1)?;
    let more = cut(&mut rows, limit);
    let mut members = Vec::with_capacity(rows.len());
    for row in rows {
        let Some(account) = look.tables.account(row.account)? else { continue };
        let devices = look.tables.devices_of(row.account)?;
        let index = look.index();
        let log = index.log(request.room.into());
        let cursors = devices.iter().filter_map(|device| log.and_then(|log| log.cursor(device.number)));
        let delivered = cursors.max().unwrap_or(0);
        drop(index);
        members.push(Member {
            person: person(&account),
            role: row.role,
            joined_ms: row.joined_ms,
            delivered,
            read: row.told,
        });
    }
    Ok(Members { members, more })
}

pub(super) fn group_info<T: Tables>(
    look: &Look<'_, T>,
    actor: Actor,
    request: &GroupInfoGet,
) -> Step<GroupInfo> {
    look.tables.member(request.room, actor.account)?.ok_or(Reason::RoomUnknown)?;
    let row = look.tables.room(request.room)?.ok_or(Reason::RoomUnknown)?;
    let bytes = look.tables.group_info(request.room)?.filter(|bytes| !bytes.is_empty());
    let bytes = bytes.ok_or(Reason::GroupInfoNone)?;
    let group_info = GroupBytes::new(bytes).map_err(|wrong| malformed("group_info", wrong))?;
    Ok(GroupInfo { epoch: row.epoch, group_info })
}
