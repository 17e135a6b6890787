//! The vault: what this device remembers, in one SQLite file whose values are sealed under the vault key.
//!
//! Everything that belongs together is one transaction: an entry and the cursor that passes it; a message and its place
//! in the outbox. `synchronous=FULL`: what a method has returned from survives a power cut.

mod facts;
mod history;
mod inbox;
mod outbox;
mod people;
mod rooms;
mod schema;
mod thread;

use std::path::Path;

use client_crypto::{Compartment, Unreadable, VaultKey};
use rand_core::OsRng;
use rusqlite::{Connection, Transaction, TransactionBehavior, types::FromSql};
use zeroize::Zeroizing;

pub use facts::{Revisions, Server};
pub use history::{Delivery, Message, MessageBody, Slice};
pub use inbox::{News, Received, Stored};
pub use outbox::Outgoing;
pub use thread::VaultThread;

/// The local store, open.
pub struct Vault {
    connection: Connection,
    keys: Keys,
}

/// One key a table.
struct Keys {
    facts: Compartment,
    people: Compartment,
    contacts: Compartment,
    rooms: Compartment,
    messages: Compartment,
    outbox: Compartment,
}

/// Why the local store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// SQLite's own words.
    #[error("the local store cannot be used: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// A value was changed or belongs to another key.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// A newer program wrote it.
    #[error(
        "the local store has version {found}, this program knows {known}: install the newer program again"
    )]
    TooNew {
        /// of the file
        found: u32,
        /// of the program
        known: u32,
    },
    /// The store's own thread is gone.
    #[error("the local store was closed")]
    Closed,
}

impl Vault {
    /// Opens the file, or makes it.
    ///
    /// # Errors
    /// [`VaultError`] when it cannot be opened or a newer program wrote it.
    pub fn open(path: &Path, key: &VaultKey) -> Result<Self, VaultError> {
        let mut connection = Connection::open(path)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "secure_delete", "ON")?;
        connection.pragma_update(None, "foreign_keys", "ON")?;
        schema::migrate(&mut connection)?;
        Ok(Self { connection, keys: Keys::new(key) })
    }

    fn transaction(&mut self) -> Result<(Transaction<'_>, &Keys), VaultError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        Ok((transaction, &self.keys))
    }
}

impl Keys {
    fn new(key: &VaultKey) -> Self {
        Self {
            facts: key.compartment("facts"),
            people: key.compartment("people"),
            contacts: key.compartment("contacts"),
            rooms: key.compartment("rooms"),
            messages: key.compartment("messages"),
            outbox: key.compartment("outbox"),
        }
    }
}

fn seal(key: &Compartment, plain: &[u8], row: &[u8]) -> Vec<u8> {
    key.seal(plain, row, &mut OsRng)
}

fn open(key: &Compartment, sealed: &[u8], row: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
    Ok(key.open(sealed, row)?)
}

/// SQLite's integers have a sign; ours end long before it matters.
fn int(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn natural(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

/// A name of 16 bytes, as it is stored.
struct Id([u8; 16]);

impl FromSql for Id {
    fn column_result(value: rusqlite::types::ValueRef<'_>) -> rusqlite::types::FromSqlResult<Self> {
        let bytes = value.as_blob()?;
        bytes.try_into().map(Self).map_err(|_| rusqlite::types::FromSqlError::InvalidType)
    }
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault(…)")
    }
}
