//! Accounts in SQLite.
use bytes::Bytes;
use rusqlite::{Row, params};
use sotto_protocol::{AccountId, Email, IdentityKey, UserName, Wire as _};

use super::{
    SqlTables,
    row::{all, bytes, count, flag, id, int, numbered, one, run, text, uint, worded},
};
use crate::tables::{AccountRow, Accounts, Kept, Password, Revision, Search, folded};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT account, user_name, display_name, email, identity_key, created_ms, source, visibility, \
             shares_last_seen, open_to_all, disabled, password_file, recovery_blob, roster_revision, \
             rooms_revision FROM account ",
            $rest
        )
    };
}

fn read(row: &Row<'_>) -> Kept<AccountRow> {
    let (file, recovery_blob) = (bytes(row, 11)?, bytes(row, 12)?);
    Ok(AccountRow {
        account: id(row, 0, AccountId::from_slice)?,
        user_name: worded(row, 1)?,
        display_name: worded(row, 2)?,
        email: worded::<Option<Email>>(row, 3)?,
        identity_key: id(row, 4, IdentityKey::from_slice)?,
        created_ms: uint(row, 5)?,
        source: text(row, 6)?,
        visibility: numbered(row, 7)?,
        shares_last_seen: flag(row, 8)?,
        open_to_all: flag(row, 9)?,
        disabled: flag(row, 10)?,
        password: (!file.is_empty()).then_some(Password { file, recovery_blob }),
        roster_revision: uint(row, 13)?,
        rooms_revision: uint(row, 14)?,
    })
}

impl Accounts for SqlTables {
    fn account(&self, account: AccountId) -> Kept<Option<AccountRow>> {
        one(&self.conn, select!("WHERE account = ?1"), [account.as_bytes()], read)
    }
    fn account_named(&self, name: &UserName) -> Kept<Option<AccountRow>> {
        one(&self.conn, select!("WHERE user_name = ?1"), [name.as_str()], read)
    }
    fn email_owner(&self, email: &Email) -> Kept<Option<AccountId>> {
        let sql = "SELECT account FROM account WHERE email_folded = ?1 AND email_folded <> ''";
        one(&self.conn, sql, [folded(email.as_str())], |row| id(row, 0, AccountId::from_slice))
    }
    fn accounts_found(&self, search: &Search<'_>) -> Kept<Vec<AccountRow>> {
        let sql = select!(
            "WHERE user_name > ?1 AND account <> ?2 AND disabled = 0 AND ( \
                 visibility = 3 AND (substr(user_name, 1, length(?3)) = ?3 OR instr(display_folded, ?3) > 0) \
                 OR visibility = 2 AND user_name = ?3) \
             AND NOT EXISTS (SELECT 1 FROM contact WHERE contact.account = account.account \
                 AND contact.peer = ?2 AND contact.status = 4) \
             ORDER BY user_name LIMIT ?4"
        );
        let after = search.after.map_or("", UserName::as_str);
        let params = params![after, search.seeker.as_bytes(), search.text, search.limit];
        all(&self.conn, sql, params, read)
    }
    fn account_count(&self) -> Kept<u64> {
        count(&self.conn, "SELECT count(*) FROM account", [])
    }
    fn account_put(&mut self, row: &AccountRow) -> Kept<()> {
        let sql = "INSERT INTO account (account, user_name, display_name, display_folded, email, email_folded, \
             identity_key, created_ms, source, visibility, shares_last_seen, open_to_all, disabled, \
             password_file, recovery_blob, roster_revision, rooms_revision) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17) \
             ON CONFLICT (account) DO UPDATE SET user_name = ?2, display_name = ?3, display_folded = ?4, \
             email = ?5, email_folded = ?6, identity_key = ?7, created_ms = ?8, source = ?9, visibility = ?10, \
             shares_last_seen = ?11, open_to_all = ?12, disabled = ?13, password_file = ?14, \
             recovery_blob = ?15, roster_revision = ?16, rooms_revision = ?17";
        let email = row.email.as_ref().map_or("", Email::as_str);
        let empty = Bytes::new();
        let (file, recovery_blob) = row
            .password
            .as_ref()
            .map_or((&empty, &empty), |password| (&password.file, &password.recovery_blob));
        let params = params![
            row.account.as_bytes(),
            row.user_name.as_str(),
            row.display_name.as_str(),
            folded(row.display_name.as_str()),
            email,
            folded(email),
            row.identity_key.as_bytes(),
            int(row.created_ms),
            row.source,
            row.visibility.into_wire(),
            row.shares_last_seen,
            row.open_to_all,
            row.disabled,
            &file[..],
            &recovery_blob[..],
            int(row.roster_revision),
            int(row.rooms_revision),
        ];
        run(&self.conn, sql, params).map(drop)
    }
    fn account_drop(&mut self, account: AccountId) -> Kept<()> {
        run(&self.conn, "DELETE FROM account WHERE account = ?1", [account.as_bytes()]).map(drop)
    }
    fn revise(&mut self, account: AccountId, which: Revision) -> Kept<()> {
        let sql = match which {
            Revision::Roster => "UPDATE account SET roster_revision = roster_revision + 1 WHERE account = ?1",
            Revision::Rooms => "UPDATE account SET rooms_revision = rooms_revision + 1 WHERE account = ?1",
        };
        run(&self.conn, sql, [account.as_bytes()]).map(drop)
    }
}
