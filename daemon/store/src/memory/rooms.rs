//! Rooms in memory.
use bytes::Bytes;
use sotto_protocol::{AccountId, RoomId};

use super::MemoryTables;
use crate::tables::{Kept, MemberRow, RoomRow, Rooms, pair};

impl MemoryTables {
    fn rooms_of(&self, account: AccountId) -> impl Iterator<Item = &MemberRow> {
        self.members.values().filter(move |row| row.account == account)
    }
}

impl Rooms for MemoryTables {
    fn room(&self, room: RoomId) -> Kept<Option<RoomRow>> {
        Ok(self.rooms.get(&room).cloned())
    }
    fn direct_room(&self, one: AccountId, other: AccountId) -> Kept<Option<RoomId>> {
        let wanted = Some(pair(one, other));
        Ok(self.rooms.values().find(|row| row.pair == wanted).map(|row| row.room))
    }
    fn group_info(&self, room: RoomId) -> Kept<Option<Bytes>> {
        Ok(self.group_infos.get(&room).cloned())
    }
    fn member(&self, room: RoomId, account: AccountId) -> Kept<Option<MemberRow>> {
        Ok(self.members.get(&(room, account)).cloned())
    }
    fn members_page(&self, room: RoomId, after: Option<AccountId>, limit: u32) -> Kept<Vec<MemberRow>> {
        let rows = self.members.values().filter(|row| row.room == room);
        let rows = rows.filter(|row| after.is_none_or(|after| row.account > after));
        Ok(rows.take(limit as usize).cloned().collect())
    }
    fn member_count(&self, room: RoomId) -> Kept<u64> {
        Ok(self.members.values().filter(|row| row.room == room).count() as u64)
    }
    fn rooms_page(&self, account: AccountId, after: Option<RoomId>, limit: u32) -> Kept<Vec<MemberRow>> {
        let rows = self.rooms_of(account).filter(|row| after.is_none_or(|after| row.room > after));
        Ok(rows.take(limit as usize).cloned().collect())
    }
    fn room_count_of(&self, account: AccountId) -> Kept<u64> {
        Ok(self.rooms_of(account).count() as u64)
    }
    fn share_a_room(&self, one: AccountId, other: AccountId) -> Kept<bool> {
        Ok(self.rooms_of(one).any(|row| self.members.contains_key(&(row.room, other))))
    }
    fn direct_peers(&self, account: AccountId) -> Kept<Vec<AccountId>> {
        let rooms = self.rooms_of(account).filter_map(|row| self.rooms.get(&row.room));
        let mut peers: Vec<AccountId> = rooms.filter_map(|row| row.peer_of(account)).collect();
        peers.sort_unstable();
        Ok(peers)
    }
    fn room_count(&self) -> Kept<u64> {
        Ok(self.rooms.len() as u64)
    }
    fn room_put(&mut self, row: &RoomRow) -> Kept<()> {
        self.rooms.insert(row.room, row.clone());
        Ok(())
    }
    fn group_info_put(&mut self, room: RoomId, group_info: &Bytes) -> Kept<()> {
        self.group_infos.insert(room, group_info.clone());
        Ok(())
    }
    fn room_drop(&mut self, room: RoomId) -> Kept<()> {
        self.rooms.remove(&room);
        self.group_infos.remove(&room);
        Ok(())
    }
    fn member_put(&mut self, row: &MemberRow) -> Kept<()> {
        self.members.insert((row.room, row.account), row.clone());
        Ok(())
    }
    fn member_drop(&mut self, room: RoomId, account: AccountId) -> Kept<()> {
        self.members.remove(&(room, account));
        Ok(())
    }
}
