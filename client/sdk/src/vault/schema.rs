//! The local store's tables, and the steps that lead from an older file to today's.
use rusqlite::{Connection, TransactionBehavior};

use super::VaultError;

/// Each step leads from the version that is its index to the next one. A step is never changed once released.
const STEPS: &[&str] = &["
-- One row a fact about ourselves: the server, the account, the token, revisions.
CREATE TABLE facts (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
-- Sealed wire messages: Person, Contact, Room.
CREATE TABLE people (account BLOB PRIMARY KEY, card BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE contacts (account BLOB PRIMARY KEY, card BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE rooms (room BLOB PRIMARY KEY, card BLOB NOT NULL) STRICT, WITHOUT ROWID;
-- How far somebody is in a room.
CREATE TABLE marks (
    room BLOB NOT NULL, account BLOB NOT NULL, delivered INTEGER NOT NULL, read INTEGER NOT NULL,
    PRIMARY KEY (room, account)
) STRICT, WITHOUT ROWID;
-- How far each log is stored here, and what of our own lies beyond.
CREATE TABLE cursors (log BLOB PRIMARY KEY, cursor INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE own (log BLOB NOT NULL, sequence INTEGER NOT NULL, PRIMARY KEY (log, sequence)) STRICT, WITHOUT ROWID;
-- What was said. A message of ours has no sequence until it is accepted, and no room until there is one.
CREATE TABLE messages (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    room BLOB, peer BLOB, sequence INTEGER,
    envelope BLOB NOT NULL, account BLOB NOT NULL, device BLOB NOT NULL,
    kind INTEGER NOT NULL, at_ms INTEGER NOT NULL, payload BLOB NOT NULL,
    failed TEXT
) STRICT;
CREATE UNIQUE INDEX messages_in_order ON messages (room, sequence) WHERE sequence IS NOT NULL;
CREATE UNIQUE INDEX messages_by_name ON messages (envelope, device);
CREATE INDEX messages_of_room ON messages (room, number);
-- What waits to be sent, exactly as it will be sent.
CREATE TABLE outbox (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    envelope BLOB NOT NULL UNIQUE, room BLOB, peer BLOB, payload BLOB NOT NULL
) STRICT;
"];

/// Brings a file to today's version.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), VaultError> {
    let known = u32::try_from(STEPS.len()).unwrap_or(u32::MAX);
    let found: u32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if found > known {
        return Err(VaultError::TooNew { found, known });
    }
    for (version, step) in (1_u32..).zip(STEPS).skip(found as usize) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(step)?;
        transaction.execute_batch(&format!("PRAGMA user_version = {version}"))?;
        transaction.commit()?;
    }
    Ok(())
}
