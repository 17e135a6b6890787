//! The table that holds all MLS state: names are keyed hashes, values are sealed to their name.
use std::{cell::RefCell, rc::Rc};

use hkdf::Hkdf;
use hmac::{Hmac, Mac as _};
use rand_core::CryptoRngCore;
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::{Serialize, de::DeserializeOwned};
use sha2::Sha256;
use sotto_protocol::RoomId;
use zeroize::Zeroizing;

use crate::{Compartment, VaultKey, secret::Key32};

/// Makes the table. The caller's connection is expected to have `secure_delete` on: what is deleted here are keys.
///
/// A row belongs to a room, or to the device where `scope` is empty. `candidate` is 1 for the state of a rejoin that
/// the server has not accepted yet: it stands beside what it is to replace.
const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS mls (
        scope BLOB NOT NULL,
        candidate INTEGER NOT NULL,
        kind INTEGER NOT NULL,
        key BLOB NOT NULL,
        value BLOB NOT NULL,
        PRIMARY KEY (scope, candidate, kind, key)
    ) STRICT;";

/// What a row holds. The numbers are on people's disks: they never change their meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    JoinConfig = 1,
    OwnLeafNodes = 2,
    Proposals = 3,
    Tree = 4,
    InterimTranscriptHash = 5,
    Context = 6,
    ConfirmationTag = 7,
    GroupState = 8,
    MessageSecrets = 9,
    ResumptionPsks = 10,
    OwnLeafIndex = 11,
    EpochSecrets = 12,
    EpochKeyPairs = 13,
    EncryptionKeyPair = 14,
    SignatureKeyPair = 15,
    KeyPackage = 16,
    Psk = 17,
}

impl Kind {
    /// What belongs to the device and not to one of its rooms.
    const fn is_of_device(self) -> bool {
        matches!(self, Self::SignatureKeyPair | Self::KeyPackage | Self::Psk)
    }
}

/// Why state could not be kept or brought back.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The database said no.
    #[error("the database refused")]
    Database(#[from] rusqlite::Error),
    /// A value does not open: the file was changed, or belongs to another key.
    #[error("stored keys cannot be opened: the file was changed or belongs to another key")]
    Sealed,
    /// A value opens and is not what this version writes.
    #[error("stored keys cannot be read: {0}")]
    Form(String),
}

/// Which rows are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// What is in force.
    Live = 0,
    /// A rejoin that the server has not accepted yet.
    Candidate = 1,
}

/// The table as one room of one device sees it.
pub(crate) struct Table<'t> {
    connection: &'t Connection,
    values: Compartment,
    names: Key32,
    scope: Vec<u8>,
    side: Side,
    chance: Chance<'t>,
}

/// Chance that comes in from outside, for code that has only a shared reference.
pub(crate) type Chance<'t> = Rc<RefCell<&'t mut dyn CryptoRngCore>>;

/// Makes the table where it is not there yet.
pub(crate) fn prepare(connection: &Connection) -> Result<(), StorageError> {
    Ok(connection.execute_batch(SCHEMA)?)
}

impl<'t> Table<'t> {
    pub(crate) fn new(
        connection: &'t Connection,
        vault: &VaultKey,
        room: Option<RoomId>,
        side: Side,
        chance: Chance<'t>,
    ) -> Self {
        let mut names = Zeroizing::new([0; 32]);
        // HKDF refuses only more than 255 blocks; this is one.
        let _one_block = Hkdf::<Sha256>::new(Some(b"sotto/1 vault"), vault.as_bytes())
            .expand(b"mls names", names.as_mut());
        let values = vault.compartment("mls");
        let names = Key32::new(*names);
        let scope = room.map_or_else(Vec::new, |room| hash(&names, 0, room.as_bytes()));
        Self { connection, values, names, scope, side, chance }
    }

    pub(crate) fn put(
        &self,
        kind: Kind,
        key: &impl Serialize,
        value: &(impl Serialize + ?Sized),
    ) -> Result<(), StorageError> {
        let mut plain = Zeroizing::new(Vec::new());
        ciborium::into_writer(value, &mut *plain).map_err(|fault| StorageError::Form(fault.to_string()))?;
        let name = self.name(kind, key)?;
        let (scope, side) = self.place(kind);
        let sealed = self.values.seal(&plain, &bound(kind, &name), &mut *self.chance.borrow_mut());
        self.connection
            .prepare_cached(
                "INSERT INTO mls (scope, candidate, kind, key, value) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT DO UPDATE SET value = excluded.value",
            )?
            .execute(params![scope, side, kind as u8, name, sealed])?;
        Ok(())
    }

    pub(crate) fn get<V: DeserializeOwned>(
        &self,
        kind: Kind,
        key: &impl Serialize,
    ) -> Result<Option<V>, StorageError> {
        let name = self.name(kind, key)?;
        let (scope, side) = self.place(kind);
        let sealed: Option<Vec<u8>> = self
            .connection
            .prepare_cached(
                "SELECT value FROM mls WHERE scope = ?1 AND candidate = ?2 AND kind = ?3 AND key = ?4",
            )?
            .query_row(params![scope, side, kind as u8, name], |row| row.get(0))
            .optional()?;
        let Some(sealed) = sealed else { return Ok(None) };
        let plain = self.values.open(&sealed, &bound(kind, &name)).map_err(|_| StorageError::Sealed)?;
        let value = ciborium::from_reader(plain.as_slice());
        value.map(Some).map_err(|fault| StorageError::Form(fault.to_string()))
    }

    pub(crate) fn delete(&self, kind: Kind, key: &impl Serialize) -> Result<(), StorageError> {
        let name = self.name(kind, key)?;
        let (scope, side) = self.place(kind);
        self.connection
            .prepare_cached("DELETE FROM mls WHERE scope = ?1 AND candidate = ?2 AND kind = ?3 AND key = ?4")?
            .execute(params![scope, side, kind as u8, name])?;
        Ok(())
    }

    /// Forgets everything of this room on this side.
    pub(crate) fn clear(&self) -> Result<(), StorageError> {
        self.connection.execute(
            "DELETE FROM mls WHERE scope = ?1 AND candidate = ?2",
            params![self.scope, self.side as u8],
        )?;
        Ok(())
    }

    /// Puts the candidate in the place of what was in force.
    pub(crate) fn promote(&self) -> Result<(), StorageError> {
        self.connection.execute("DELETE FROM mls WHERE scope = ?1 AND candidate = 0", params![self.scope])?;
        self.connection.execute("UPDATE mls SET candidate = 0 WHERE scope = ?1", params![self.scope])?;
        Ok(())
    }

    fn place(&self, kind: Kind) -> (&[u8], u8) {
        if kind.is_of_device() { (&[], Side::Live as u8) } else { (&self.scope, self.side as u8) }
    }

    fn name(&self, kind: Kind, key: &impl Serialize) -> Result<Vec<u8>, StorageError> {
        let mut bytes = Vec::new();
        ciborium::into_writer(key, &mut bytes).map_err(|fault| StorageError::Form(fault.to_string()))?;
        Ok(hash(&self.names, kind as u8, &bytes))
    }
}

/// What a value is sealed to: nothing can be moved to another row's name.
fn bound(kind: Kind, name: &[u8]) -> Vec<u8> {
    [&[kind as u8], name].concat()
}

fn hash(key: &Key32, kind: u8, bytes: &[u8]) -> Vec<u8> {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    let mut mac = <Hmac<Sha256>>::new_from_slice(key.as_bytes()).expect("any length");
    mac.update(&[kind]);
    mac.update(bytes);
    mac.finalize().into_bytes().to_vec()
}
