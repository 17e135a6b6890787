//! What rooms that begin, change and end have in common: who may be added, epochs, welcomes.
use std::collections::BTreeSet;

use bytes::Bytes;
use daemon_core::store::News;
use prost::Message as _;
use sotto_protocol::{
    AccountId, Change, Commit, InboxEvent, LogId, Reason, Refused, Role, RoomEvent, RoomId, Seat, Wire,
    limits::{GROUP_BYTES_MAX, ITEMS_MAX, SEALED_MAX, TITLE_MAX},
    pb,
};

use super::{Step, Stop, contacts::may_meet, malformed, rooms, work::Work};
use crate::tables::{DeviceRow, Kept, MemberRow, RoomRow, Tables};

// A welcome travels inside an inbox entry, a commit inside a CHANGE entry with three lists: the greatest must fit.
const AROUND_WELCOME_MAX: usize = 4096;
const AROUND_COMMIT_MAX: usize = 3 * ITEMS_MAX * 32 + TITLE_MAX;
const _: () = assert!(
    GROUP_BYTES_MAX + AROUND_WELCOME_MAX <= SEALED_MAX && GROUP_BYTES_MAX + AROUND_COMMIT_MAX <= SEALED_MAX
);

impl<T: Tables> Work<'_, T> {
    /// Whether this member may bring these people: they are here, know the one who adds them or are open to all, and
    /// have room for one more room.
    pub(super) fn may_add(&self, by: AccountId, seats: &[Seat]) -> Step<()> {
        let mut seen = BTreeSet::from([by]);
        for seat in seats {
            if !seen.insert(seat.account) {
                return Err(Refused::new(Reason::MemberExists).with("account", seat.account).into());
            }
            let account = self.tables.account(seat.account)?;
            let named = |reason| Refused::new(reason).with("account", seat.account);
            let account = account.ok_or_else(|| named(Reason::PersonUnknown))?;
            if !may_meet(self.tables, by, &account)? {
                return Err(named(Reason::RoomNotContacts).into());
            }
            self.may_enter(seat.account).map_err(|_| Stop::Refused(named(Reason::LimitRooms)))?;
        }
        Ok(())
    }

    /// Whether an account has room for one more room.
    pub(super) fn may_enter(&self, account: AccountId) -> Step<()> {
        let limit = self.limits.rooms;
        if self.tables.room_count_of(account)? >= u64::from(limit) {
            return Err(Refused::new(Reason::LimitRooms).with("limit", limit).into());
        }
        Ok(())
    }

    /// The room, where a commit that goes with the change starts from its epoch.
    pub(super) fn epoch_of(&self, room: RoomId, commit: Option<&Commit>) -> Step<RoomRow> {
        let row = self.tables.room(room)?.ok_or(Reason::RoomUnknown)?;
        match commit {
            Some(commit) if commit.epoch != row.epoch => {
                Err(Refused::new(Reason::EpochStale).with("epoch", row.epoch).into())
            }
            Some(_) | None => Ok(row),
        }
    }

    /// The room goes on to its next epoch.
    pub(super) fn turn_epoch(&mut self, row: RoomRow, commit: &Commit) -> Kept<()> {
        self.tables.group_info_put(row.room, &commit.group_info)?;
        let epoch = row.epoch + 1;
        self.tables.room_put(&RoomRow { epoch, ..row })
    }

    /// An account's devices read the room from here on.
    pub(super) fn enter(&mut self, room: RoomId, seat: &Seat) -> Kept<()> {
        let log = LogId::from(room);
        let head = self.index.log(log).map_or(0, |log| log.head);
        let (account, joined_ms) = (seat.account, self.wall_ms);
        self.tables.member_put(&MemberRow {
            room,
            account,
            role: seat.role,
            joined_ms,
            read: head,
            told: 0,
        })?;
        for device in self.tables.devices_of(account)?.iter().filter(|device| !device.signed_out) {
            self.join(log, device.number)?;
        }
        self.news.push(News::Joined { log, account, head });
        self.rooms_changed(account)
    }

    /// An account's devices no longer read the room.
    pub(super) fn go_out(&mut self, room: RoomId, account: AccountId) -> Kept<()> {
        let log = LogId::from(room);
        self.tables.member_drop(room, account)?;
        for device in self.tables.devices_of(account)? {
            self.leave(log, device.number)?;
        }
        self.news.push(News::Left { log, account });
        self.rooms_changed(account)
    }

    /// Tells all devices of somebody who came that there is a room, with the welcome for those that it is for.
    pub(super) fn tell_entered(
        &mut self,
        room: RoomId,
        account: AccountId,
        by: Option<AccountId>,
        commit: Option<&Commit>,
    ) -> Kept<()> {
        for device in self.tables.devices_of(account)? {
            let welcome = commit.filter(|commit| commit.welcome_devices.contains(&device.id()));
            self.tell_room(room, &device, by, welcome)?;
        }
        Ok(())
    }

    /// Hands a welcome to the devices of members that it is for, but for people who are told otherwise.
    pub(super) fn welcome(
        &mut self,
        room: RoomId,
        by: Option<AccountId>,
        commit: &Commit,
        but: &[Seat],
    ) -> Kept<()> {
        for id in commit.welcome_devices.iter() {
            let Some(device) = self.tables.device(*id)? else { continue };
            if !but.iter().any(|seat| seat.account == device.account) {
                self.tell_room(room, &device, by, Some(commit))?;
            }
        }
        Ok(())
    }

    fn tell_room(
        &mut self,
        room: RoomId,
        device: &DeviceRow,
        by: Option<AccountId>,
        welcome: Option<&Commit>,
    ) -> Kept<()> {
        if device.number == self.cause {
            return Ok(());
        }
        let Some(row) = self.tables.room(room)? else { return Ok(()) };
        let Some(member) = self.tables.member(room, device.account)? else { return Ok(()) };
        let at = rooms::head_and_cursor(self.index, room.into(), Some(device.number));
        let state = rooms::room(self.tables, &row, &member, at)?;
        let welcome = welcome.map(|commit| commit.welcome.clone()).unwrap_or_default();
        let event = RoomEvent { room, gone: false, by, welcome, state: Some(state) };
        self.tell_device(device.id(), InboxEvent::Room(event).to_bytes())
    }

    /// Somebody is no longer in a room.
    pub(super) fn tell_gone(&mut self, room: RoomId, account: AccountId, by: Option<AccountId>) -> Kept<()> {
        let event = RoomEvent { room, gone: true, by, welcome: no_bytes(), state: None };
        self.tell(super::inbox::Whom::Others(account), &InboxEvent::Room(event))
    }

    /// Nobody is left: the room goes with its log.
    pub(super) fn drop_room(&mut self, room: RoomId) -> Kept<()> {
        self.tables.room_drop(room)?;
        self.drop_log(room.into())
    }
}

fn no_bytes() -> sotto_protocol::GroupBytes {
    sotto_protocol::GroupBytes::default()
}

/// The payload of a CHANGE entry.
pub(super) fn change_payload(change: Change) -> Bytes {
    let wire: pb::Change = change.into_wire();
    wire.encode_to_vec().into()
}

/// All who come in one change, as they stand in its entry.
pub(super) fn listed<Item>(items: Vec<Item>, field: &str) -> Step<sotto_protocol::Listed<Item, ITEMS_MAX>> {
    sotto_protocol::Listed::new(items).map_err(|wrong| malformed(field, wrong))
}

/// The longest-standing of the highest role, who takes over a room that its last owner leaves.
pub(super) fn heir(members: &[MemberRow]) -> Option<AccountId> {
    let rank = |member: &&MemberRow| (std::cmp::Reverse(member.role), member.joined_ms, member.account);
    members.iter().min_by_key(rank).map(|member| member.account)
}

/// Whether somebody owns the room.
pub(super) fn has_owner(members: &[MemberRow]) -> bool {
    members.iter().any(|member| member.role == Role::Owner)
}
