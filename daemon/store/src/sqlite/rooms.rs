//! Rooms in SQLite.
use bytes::Bytes;
use daemon_core::store::Fault;
use rusqlite::{Row, params};
use sotto_protocol::{AccountId, RoomId, Title, Wire as _};

use super::{
    SqlTables,
    row::{all, bytes, count, id, int, number, numbered, one, optional_id, run, uint},
};
use crate::tables::{Kept, MemberRow, RoomRow, Rooms, pair};

macro_rules! select_member {
    ($rest:literal) => {
        concat!("SELECT room, account, role, joined_ms, read, told FROM member ", $rest)
    };
}

fn read_member(row: &Row<'_>) -> Kept<MemberRow> {
    Ok(MemberRow {
        room: id(row, 0, RoomId::from_slice)?,
        account: id(row, 1, AccountId::from_slice)?,
        role: numbered(row, 2)?,
        joined_ms: uint(row, 3)?,
        read: uint(row, 4)?,
        told: uint(row, 5)?,
    })
}

fn read_room(row: &Row<'_>) -> Kept<RoomRow> {
    let low = optional_id(row, 3, AccountId::from_slice)?;
    let high = optional_id(row, 4, AccountId::from_slice)?;
    Ok(RoomRow {
        room: id(row, 0, RoomId::from_slice)?,
        kind: numbered(row, 1)?,
        creator: id(row, 2, AccountId::from_slice)?,
        pair: low.zip(high),
        epoch: uint(row, 5)?,
        title: Title::new(bytes(row, 6)?)
            .map_err(|wrong| Fault::Damaged(format!("column title: {wrong}")))?,
        created_ms: uint(row, 7)?,
        suite: number(row, 8)?,
    })
}

fn after<const N: usize>(id: Option<&[u8; N]>) -> &[u8] {
    id.map_or(&[], |id| &id[..])
}

impl Rooms for SqlTables {
    fn room(&self, room: RoomId) -> Kept<Option<RoomRow>> {
        let sql = "SELECT room, kind, creator, low, high, epoch, title, created_ms, suite FROM room WHERE room = ?1";
        one(&self.conn, sql, [room.as_bytes()], read_room)
    }
    fn direct_room(&self, account: AccountId, other: AccountId) -> Kept<Option<RoomId>> {
        let (low, high) = pair(account, other);
        let sql = "SELECT room FROM room WHERE low = ?1 AND high = ?2 AND low <> x''";
        one(&self.conn, sql, [low.as_bytes(), high.as_bytes()], |row| id(row, 0, RoomId::from_slice))
    }
    fn group_info(&self, room: RoomId) -> Kept<Option<Bytes>> {
        let sql = "SELECT bytes FROM group_info WHERE room = ?1";
        one(&self.conn, sql, [room.as_bytes()], |row| bytes(row, 0))
    }
    fn member(&self, room: RoomId, account: AccountId) -> Kept<Option<MemberRow>> {
        let sql = select_member!("WHERE room = ?1 AND account = ?2");
        one(&self.conn, sql, [room.as_bytes(), account.as_bytes()], read_member)
    }
    fn members_page(&self, room: RoomId, from: Option<AccountId>, limit: u32) -> Kept<Vec<MemberRow>> {
        let sql = select_member!("WHERE room = ?1 AND account > ?2 ORDER BY account LIMIT ?3");
        let from = from.as_ref().map(AccountId::as_bytes);
        all(&self.conn, sql, params![room.as_bytes(), after(from), limit], read_member)
    }
    fn member_count(&self, room: RoomId) -> Kept<u64> {
        count(&self.conn, "SELECT count(*) FROM member WHERE room = ?1", [room.as_bytes()])
    }
    fn rooms_page(&self, account: AccountId, from: Option<RoomId>, limit: u32) -> Kept<Vec<MemberRow>> {
        let sql = select_member!("WHERE account = ?1 AND room > ?2 ORDER BY room LIMIT ?3");
        let from = from.as_ref().map(RoomId::as_bytes);
        all(&self.conn, sql, params![account.as_bytes(), after(from), limit], read_member)
    }
    fn room_count_of(&self, account: AccountId) -> Kept<u64> {
        count(&self.conn, "SELECT count(*) FROM member WHERE account = ?1", [account.as_bytes()])
    }
    fn share_a_room(&self, account: AccountId, other: AccountId) -> Kept<bool> {
        let sql = "SELECT 1 FROM member AS mine JOIN member AS theirs ON theirs.room = mine.room \
             WHERE mine.account = ?1 AND theirs.account = ?2 LIMIT 1";
        let found = one(&self.conn, sql, [account.as_bytes(), other.as_bytes()], |_| Ok(()))?;
        Ok(found.is_some())
    }
    fn direct_peers(&self, account: AccountId) -> Kept<Vec<AccountId>> {
        let sql = "SELECT iif(room.low = ?1, room.high, room.low) AS peer FROM member \
             JOIN room ON room.room = member.room WHERE member.account = ?1 AND room.low <> x'' ORDER BY peer";
        all(&self.conn, sql, [account.as_bytes()], |row| id(row, 0, AccountId::from_slice))
    }
    fn room_count(&self) -> Kept<u64> {
        count(&self.conn, "SELECT count(*) FROM room", [])
    }
    fn room_put(&mut self, row: &RoomRow) -> Kept<()> {
        let sql = "INSERT INTO room (room, kind, creator, low, high, epoch, title, created_ms, suite) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) \
             ON CONFLICT (room) DO UPDATE SET epoch = ?6, title = ?7";
        let params = params![
            row.room.as_bytes(),
            row.kind.into_wire(),
            row.creator.as_bytes(),
            after(row.pair.as_ref().map(|(low, _)| low.as_bytes())),
            after(row.pair.as_ref().map(|(_, high)| high.as_bytes())),
            int(row.epoch),
            &row.title[..],
            int(row.created_ms),
            row.suite,
        ];
        run(&self.conn, sql, params).map(drop)
    }
    fn group_info_put(&mut self, room: RoomId, group_info: &Bytes) -> Kept<()> {
        let sql = "INSERT INTO group_info (room, bytes) VALUES (?1, ?2) ON CONFLICT (room) DO UPDATE SET bytes = ?2";
        run(&self.conn, sql, params![room.as_bytes(), &group_info[..]]).map(drop)
    }
    fn room_drop(&mut self, room: RoomId) -> Kept<()> {
        run(&self.conn, "DELETE FROM group_info WHERE room = ?1", [room.as_bytes()])?;
        run(&self.conn, "DELETE FROM room WHERE room = ?1", [room.as_bytes()]).map(drop)
    }
    fn member_put(&mut self, row: &MemberRow) -> Kept<()> {
        let sql = "INSERT INTO member (room, account, role, joined_ms, read, told) VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
             ON CONFLICT (room, account) DO UPDATE SET role = ?3, joined_ms = ?4, read = ?5, told = ?6";
        let params = params![
            row.room.as_bytes(),
            row.account.as_bytes(),
            row.role.into_wire(),
            int(row.joined_ms),
            int(row.read),
            int(row.told),
        ];
        run(&self.conn, sql, params).map(drop)
    }
    fn member_drop(&mut self, room: RoomId, account: AccountId) -> Kept<()> {
        let sql = "DELETE FROM member WHERE room = ?1 AND account = ?2";
        run(&self.conn, sql, [room.as_bytes(), account.as_bytes()]).map(drop)
    }
}
