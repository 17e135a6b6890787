//! This device, as the groups see it.
use std::{cell::RefCell, rc::Rc};

use openmls::prelude::CredentialWithKey;
use rand_core::CryptoRngCore;
use rusqlite::{Connection, Transaction};
use sotto_protocol::RoomId;

use super::{
    DeviceCredential, Room, StorageError,
    provider::{LeafSigner, Provider},
    settings::PAST_EPOCHS,
    storage::{Chance, Side, Table, prepare},
};
use crate::{DeviceSecret, VaultKey};

/// Who this device is, and what opens its store.
#[derive(Clone, Copy, Debug)]
pub struct Me<'t> {
    /// Its keys.
    pub device: &'t DeviceSecret,
    /// Its account's word for it.
    pub credential: &'t DeviceCredential,
    /// What its state is sealed with.
    pub vault: &'t VaultKey,
}

/// All the groups of this device, within one transaction of the caller's.
pub struct Groups<'t> {
    pub(crate) me: Me<'t>,
    pub(crate) past_epochs: usize,
    connection: &'t Connection,
    chance: Chance<'t>,
}

impl<'t> Groups<'t> {
    /// Makes the table that the groups need. It belongs into the caller's migrations.
    ///
    /// # Errors
    /// [`StorageError`] when the database refuses.
    pub fn prepare(connection: &Connection) -> Result<(), StorageError> {
        prepare(connection)
    }

    /// Works within this transaction: what is done here is kept or rolled back with all else that is in it.
    #[must_use]
    pub fn new(transaction: &'t Transaction<'_>, me: Me<'t>, chance: &'t mut impl CryptoRngCore) -> Self {
        Self { me, past_epochs: PAST_EPOCHS, connection: transaction, chance: Rc::new(RefCell::new(chance)) }
    }

    /// Another number of past epochs, to show what too few do.
    #[doc(hidden)]
    #[must_use]
    pub fn with_past_epochs_for_test(self, past_epochs: usize) -> Self {
        Self { past_epochs, ..self }
    }

    /// A room that this device has keys of.
    ///
    /// # Errors
    /// [`StorageError`] when what is stored cannot be read.
    pub fn room(&self, room: RoomId) -> Result<Option<Room<'t>>, StorageError> {
        Room::load(self.me, self.provider(Some(room), Side::Live), room)
    }

    /// Forgets all keys of a room.
    ///
    /// # Errors
    /// [`StorageError`] when the database refuses.
    pub fn forget(&self, room: RoomId) -> Result<(), StorageError> {
        self.table(Some(room), Side::Live).clear()?;
        self.table(Some(room), Side::Candidate).clear()
    }

    pub(crate) fn provider(&self, room: Option<RoomId>, side: Side) -> Provider<'t> {
        Provider::new(self.table(room, side), Rc::clone(&self.chance))
    }

    pub(crate) fn table(&self, room: Option<RoomId>, side: Side) -> Table<'t> {
        Table::new(self.connection, self.me.vault, room, side, Rc::clone(&self.chance))
    }
}

impl std::fmt::Debug for Groups<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Groups({:?}, …)", self.me.device)
    }
}

impl<'t> Me<'t> {
    pub(crate) const fn signer(&self) -> LeafSigner<'t> {
        LeafSigner(self.device)
    }
    pub(crate) fn with_key(&self) -> CredentialWithKey {
        self.credential.with_key(self.device)
    }
}
