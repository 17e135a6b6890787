//! Tokens in SQLite.
use daemon_core::store::{Fault, Hashed};
use rusqlite::{Row, params};
use sotto_protocol::{AccountId, DeviceId, Tag, TokenId, TokenType, Wire as _};

use super::{
    SqlTables,
    row::{all, hash, id, int, numbered, one, run, text, uint},
};
use crate::tables::{Kept, TokenRow, Tokens};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT hash, account, device, token_type, name, scopes, created_ms, expires_ms FROM token ",
            $rest
        )
    };
}

fn read(row: &Row<'_>) -> Kept<TokenRow> {
    let scopes = text(row, 5)?;
    let scopes: Result<Vec<Tag>, _> =
        scopes.split(' ').filter(|scope| !scope.is_empty()).map(Tag::new).collect();
    Ok(TokenRow {
        hash: hash(row, 0)?,
        account: id(row, 1, AccountId::from_slice)?,
        device: id(row, 2, DeviceId::from_slice)?,
        token_type: numbered(row, 3)?,
        name: text(row, 4)?,
        scopes: scopes.map_err(|wrong| Fault::Damaged(format!("column scopes: {wrong}")))?,
        created_ms: uint(row, 6)?,
        expires_ms: uint(row, 7)?,
    })
}

impl Tokens for SqlTables {
    fn token(&self, hash: &Hashed) -> Kept<Option<TokenRow>> {
        one(&self.conn, select!("WHERE hash = ?1"), [hash], read)
    }
    fn token_by_id(&self, id: TokenId) -> Kept<Option<TokenRow>> {
        let (from, to) = super::beginning_with(id.as_bytes());
        one(&self.conn, select!("WHERE hash BETWEEN ?1 AND ?2"), [from, to], read)
    }
    fn tokens_of(&self, account: AccountId) -> Kept<Vec<TokenRow>> {
        all(&self.conn, select!("WHERE account = ?1 ORDER BY hash"), [account.as_bytes()], read)
    }
    fn token_put(&mut self, row: &TokenRow) -> Kept<()> {
        let sql = "INSERT INTO token (hash, account, device, token_type, name, scopes, created_ms, expires_ms) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) \
             ON CONFLICT (hash) DO UPDATE SET account = ?2, device = ?3, token_type = ?4, name = ?5, scopes = ?6, \
             created_ms = ?7, expires_ms = ?8";
        let scopes: Vec<&str> = row.scopes.iter().map(Tag::as_str).collect();
        let params = params![
            row.hash,
            row.account.as_bytes(),
            row.device.as_bytes(),
            row.token_type.into_wire(),
            row.name,
            scopes.join(" "),
            int(row.created_ms),
            int(row.expires_ms),
        ];
        run(&self.conn, sql, params).map(drop)
    }
    fn token_drop(&mut self, hash: &Hashed) -> Kept<()> {
        run(&self.conn, "DELETE FROM token WHERE hash = ?1", [hash]).map(drop)
    }
    fn tokens_of_device_drop(&mut self, device: DeviceId, only: Option<TokenType>) -> Kept<()> {
        let sql = "DELETE FROM token WHERE device = ?1 AND (?2 IS NULL OR token_type = ?2)";
        run(&self.conn, sql, params![device.as_bytes(), only.map(TokenType::into_wire)]).map(drop)
    }
    fn tokens_expired_drop(&mut self, now_ms: u64) -> Kept<()> {
        run(&self.conn, "DELETE FROM token WHERE expires_ms <= ?1", [int(now_ms)]).map(drop)
    }
}
