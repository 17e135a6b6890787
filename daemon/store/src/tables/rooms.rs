//! Rooms and who is in them.
use bytes::Bytes;
use sotto_protocol::{AccountId, Role, RoomId, RoomKind, Title};

use super::Kept;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RoomRow {
    pub(crate) room: RoomId,
    pub(crate) kind: RoomKind,
    pub(crate) creator: AccountId,
    /// The two of a direct room, smaller id first.
    pub(crate) pair: Option<(AccountId, AccountId)>,
    pub(crate) epoch: u64,
    pub(crate) title: Title,
    pub(crate) created_ms: u64,
    pub(crate) suite: u32,
}

impl RoomRow {
    /// In a direct room: the other one.
    pub(crate) fn peer_of(&self, account: AccountId) -> Option<AccountId> {
        self.pair.map(|(low, high)| if account == low { high } else { low })
    }
}

/// The two of a direct room, smaller id first.
pub(crate) fn pair(one: AccountId, other: AccountId) -> (AccountId, AccountId) {
    (one.min(other), one.max(other))
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MemberRow {
    pub(crate) room: RoomId,
    pub(crate) account: AccountId,
    pub(crate) role: Role,
    pub(crate) joined_ms: u64,
    /// How far this person has seen.
    pub(crate) read: u64,
    /// How far they let the others know.
    pub(crate) told: u64,
}

pub(crate) trait Rooms {
    fn room(&self, room: RoomId) -> Kept<Option<RoomRow>>;
    fn direct_room(&self, one: AccountId, other: AccountId) -> Kept<Option<RoomId>>;
    fn group_info(&self, room: RoomId) -> Kept<Option<Bytes>>;
    fn member(&self, room: RoomId, account: AccountId) -> Kept<Option<MemberRow>>;
    /// In the order of the accounts.
    fn members_page(&self, room: RoomId, after: Option<AccountId>, limit: u32) -> Kept<Vec<MemberRow>>;
    fn member_count(&self, room: RoomId) -> Kept<u64>;
    /// In the order of the rooms.
    fn rooms_page(&self, account: AccountId, after: Option<RoomId>, limit: u32) -> Kept<Vec<MemberRow>>;
    fn room_count_of(&self, account: AccountId) -> Kept<u64>;
    fn share_a_room(&self, one: AccountId, other: AccountId) -> Kept<bool>;
    /// The other ones of all direct rooms, in the order of their ids.
    fn direct_peers(&self, account: AccountId) -> Kept<Vec<AccountId>>;
    fn room_count(&self) -> Kept<u64>;
    fn room_put(&mut self, row: &RoomRow) -> Kept<()>;
    fn group_info_put(&mut self, room: RoomId, group_info: &Bytes) -> Kept<()>;
    /// With its group info; its members must be gone.
    fn room_drop(&mut self, room: RoomId) -> Kept<()>;
    fn member_put(&mut self, row: &MemberRow) -> Kept<()>;
    fn member_drop(&mut self, room: RoomId, account: AccountId) -> Kept<()>;
}
