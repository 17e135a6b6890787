//! The reference: the same rules over ordered maps, gone when it is dropped.

mod accounts;
mod blobs;
mod contacts;
mod devices;
mod entries;
mod invites;
mod keys;
mod rooms;
mod store;
mod tokens;

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use daemon_core::store::{Actor, Hashed, Identity};
use sotto_protocol::{AccountId, BlobId, DeviceId, EnvelopeId, RoomId};

pub use store::{MemoryReader, MemoryStore};

use crate::tables::{
    AccountRow, BlobRow, ContactRow, DeviceRow, EntryRow, InviteRow, Kept, LogRow, MemberRow, RoomRow,
    SentRow, Server, TokenRow,
};

/// Every table.
#[derive(Debug, Default)]
pub(crate) struct MemoryTables {
    accounts: BTreeMap<AccountId, AccountRow>,
    devices: BTreeMap<DeviceId, DeviceRow>,
    actors: BTreeMap<u32, Actor>,
    tokens: BTreeMap<Hashed, TokenRow>,
    invites: BTreeMap<Hashed, InviteRow>,
    contacts: BTreeMap<(AccountId, AccountId), ContactRow>,
    rooms: BTreeMap<RoomId, RoomRow>,
    group_infos: BTreeMap<RoomId, Bytes>,
    members: BTreeMap<(RoomId, AccountId), MemberRow>,
    logs: BTreeMap<u32, LogRow>,
    cursors: BTreeMap<(u32, u32), u64>,
    entries: BTreeMap<u64, EntryRow>,
    sent: BTreeMap<(EnvelopeId, u32), SentRow>,
    key_packages: BTreeMap<DeviceId, Vec<Bytes>>,
    last_resorts: BTreeMap<DeviceId, Bytes>,
    blobs: BTreeMap<BlobId, BlobRow>,
    blob_owners: BTreeSet<(BlobId, AccountId)>,
    chunks: BTreeMap<(BlobId, u32), Bytes>,
    identity: Option<Identity>,
}

impl Server for MemoryTables {
    fn identity(&self) -> Kept<Option<Identity>> {
        Ok(self.identity.clone())
    }
    fn identity_put(&mut self, identity: &Identity) -> Kept<()> {
        self.identity = Some(identity.clone());
        Ok(())
    }
    fn bytes(&self) -> Kept<u64> {
        Ok(0)
    }
}
