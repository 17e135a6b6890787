//! Contacts in SQLite.
use daemon_core::store::{Fault, Friend};
use rusqlite::{Row, params};
use sotto_protocol::{AccountId, Label, Wire as _};

use super::{
    SqlTables,
    row::{all, count, id, int, numbered, one, run, text, uint, worded},
};
use crate::tables::{ContactRow, Contacts, Kept};

macro_rules! select {
    ($rest:literal) => {
        concat!("SELECT account, peer, status, remark, labels, created_ms FROM contact ", $rest)
    };
}

fn read(row: &Row<'_>) -> Kept<ContactRow> {
    // A label has no control characters.
    let labels = text(row, 4)?;
    let labels: Result<Vec<Label>, _> =
        labels.split('\n').filter(|label| !label.is_empty()).map(Label::new).collect();
    Ok(ContactRow {
        account: id(row, 0, AccountId::from_slice)?,
        peer: id(row, 1, AccountId::from_slice)?,
        status: numbered(row, 2)?,
        remark: worded(row, 3)?,
        labels: labels.map_err(|wrong| Fault::Damaged(format!("column labels: {wrong}")))?,
        created_ms: uint(row, 5)?,
    })
}

fn account_in(row: &Row<'_>) -> Kept<AccountId> {
    id(row, 0, AccountId::from_slice)
}

impl Contacts for SqlTables {
    fn contact(&self, account: AccountId, peer: AccountId) -> Kept<Option<ContactRow>> {
        let params = [account.as_bytes(), peer.as_bytes()];
        one(&self.conn, select!("WHERE account = ?1 AND peer = ?2"), params, read)
    }
    fn contacts_page(
        &self,
        account: AccountId,
        after: Option<AccountId>,
        limit: u32,
    ) -> Kept<Vec<ContactRow>> {
        let sql = select!("WHERE account = ?1 AND peer > ?2 ORDER BY peer LIMIT ?3");
        let after: &[u8] = after.as_ref().map_or(&[], |after| after.as_bytes());
        all(&self.conn, sql, params![account.as_bytes(), after, limit], read)
    }
    fn contact_count(&self, account: AccountId) -> Kept<u64> {
        count(&self.conn, "SELECT count(*) FROM contact WHERE account = ?1", [account.as_bytes()])
    }
    fn friends(&self, account: AccountId) -> Kept<Vec<AccountId>> {
        let sql = "SELECT mine.peer FROM contact AS mine \
             JOIN contact AS theirs ON theirs.account = mine.peer AND theirs.peer = mine.account \
             WHERE mine.account = ?1 AND mine.status = 3 AND theirs.status = 3 ORDER BY mine.peer";
        all(&self.conn, sql, [account.as_bytes()], account_in)
    }
    fn friends_seen(&self, account: AccountId) -> Kept<Vec<Friend>> {
        let sql = "SELECT mine.peer, coalesce((SELECT max(device.last_seen_ms) FROM device \
                 JOIN account ON account.account = device.account \
                 WHERE device.account = mine.peer AND account.shares_last_seen), 0) \
             FROM contact AS mine \
             JOIN contact AS theirs ON theirs.account = mine.peer AND theirs.peer = mine.account \
             WHERE mine.account = ?1 AND mine.status = 3 AND theirs.status = 3 ORDER BY mine.peer";
        all(&self.conn, sql, [account.as_bytes()], |row| {
            Ok(Friend { account: account_in(row)?, last_seen_ms: uint(row, 1)? })
        })
    }
    fn known_by(&self, account: AccountId) -> Kept<Vec<AccountId>> {
        let sql = "SELECT account FROM contact WHERE peer = ?1 ORDER BY account";
        all(&self.conn, sql, [account.as_bytes()], account_in)
    }
    fn contact_put(&mut self, row: &ContactRow) -> Kept<()> {
        let sql = "INSERT INTO contact (account, peer, status, remark, labels, created_ms) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
             ON CONFLICT (account, peer) DO UPDATE SET status = ?3, remark = ?4, labels = ?5, created_ms = ?6";
        let labels: Vec<&str> = row.labels.iter().map(Label::as_str).collect();
        let params = params![
            row.account.as_bytes(),
            row.peer.as_bytes(),
            row.status.into_wire(),
            row.remark.as_str(),
            labels.join("\n"),
            int(row.created_ms),
        ];
        run(&self.conn, sql, params).map(drop)
    }
    fn contact_drop(&mut self, account: AccountId, peer: AccountId) -> Kept<()> {
        let sql = "DELETE FROM contact WHERE account = ?1 AND peer = ?2";
        run(&self.conn, sql, [account.as_bytes(), peer.as_bytes()]).map(drop)
    }
    fn contacts_drop(&mut self, account: AccountId) -> Kept<()> {
        run(&self.conn, "DELETE FROM contact WHERE account = ?1", [account.as_bytes()])?;
        run(&self.conn, "DELETE FROM contact WHERE peer = ?1", [account.as_bytes()]).map(drop)
    }
}
