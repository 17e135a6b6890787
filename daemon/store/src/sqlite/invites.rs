//! Invites in SQLite.
use daemon_core::store::Hashed;
use rusqlite::{Row, params};
use sotto_protocol::{AccountId, InviteId};

use super::{
    SqlTables,
    row::{all, count, hash, int, number, one, optional_id, run, text, uint},
};
use crate::tables::{InviteRow, Invites, Kept};

macro_rules! select {
    ($rest:literal) => {
        concat!("SELECT hash, account, name, uses, used, created_ms, expires_ms FROM invite ", $rest)
    };
}

fn read(row: &Row<'_>) -> Kept<InviteRow> {
    Ok(InviteRow {
        hash: hash(row, 0)?,
        account: optional_id(row, 1, AccountId::from_slice)?,
        name: text(row, 2)?,
        uses: number(row, 3)?,
        used: number(row, 4)?,
        created_ms: uint(row, 5)?,
        expires_ms: uint(row, 6)?,
    })
}

fn owner(account: Option<&AccountId>) -> &[u8] {
    account.map_or(&[], |account| account.as_bytes())
}

impl Invites for SqlTables {
    fn invite(&self, hash: &Hashed) -> Kept<Option<InviteRow>> {
        one(&self.conn, select!("WHERE hash = ?1"), [hash], read)
    }
    fn invite_by_id(&self, id: InviteId) -> Kept<Option<InviteRow>> {
        let (from, to) = super::beginning_with(id.as_bytes());
        one(&self.conn, select!("WHERE hash BETWEEN ?1 AND ?2"), [from, to], read)
    }
    fn invites_of(&self, account: Option<AccountId>) -> Kept<Vec<InviteRow>> {
        all(&self.conn, select!("WHERE account = ?1 ORDER BY hash"), [owner(account.as_ref())], read)
    }
    fn invites_open(&self, now_ms: u64) -> Kept<u64> {
        let sql = "SELECT count(*) FROM invite WHERE used < uses AND expires_ms > ?1";
        count(&self.conn, sql, [int(now_ms)])
    }
    fn invite_put(&mut self, row: &InviteRow) -> Kept<()> {
        let sql = "INSERT INTO invite (hash, account, name, uses, used, created_ms, expires_ms) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) \
             ON CONFLICT (hash) DO UPDATE SET account = ?2, name = ?3, uses = ?4, used = ?5, created_ms = ?6, \
             expires_ms = ?7";
        let params = params![
            row.hash,
            owner(row.account.as_ref()),
            row.name,
            row.uses,
            row.used,
            int(row.created_ms),
            int(row.expires_ms),
        ];
        run(&self.conn, sql, params).map(drop)
    }
    fn invite_drop(&mut self, hash: &Hashed) -> Kept<()> {
        run(&self.conn, "DELETE FROM invite WHERE hash = ?1", [hash]).map(drop)
    }
    fn invites_expired_drop(&mut self, before_ms: u64) -> Kept<()> {
        run(&self.conn, "DELETE FROM invite WHERE expires_ms < ?1", [int(before_ms)]).map(drop)
    }
}
