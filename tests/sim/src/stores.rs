//! The real stores, as the world needs them.
use std::fmt;

use daemon_core::{
    password::PasswordServer,
    store::{Fault, Identity, Lazy, Outcome, Page, Query, StoreLimits, Write},
};
use daemon_store::{MemoryStore, Reader as _, SqliteOptions, SqliteStore, Store};
use sotto_protocol::Pin;
use tempfile::TempDir;

use crate::{chance::Chance, model::Held, server::store::Keeper};

/// Which store remembers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum StoreKind {
    /// The reference.
    #[default]
    Memory,
    /// The one on disk, in a temporary folder: every crash of the server closes it and opens it again.
    Sqlite,
}

impl fmt::Display for StoreKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Memory => "memory",
            Self::Sqlite => "sqlite",
        })
    }
}

pub(crate) fn open(kind: StoreKind, limits: StoreLimits, chance: &mut Chance) -> Held<Box<dyn Keeper>> {
    let identity = Identity {
        certificate: bytes::Bytes::new(),
        certificate_key: bytes::Bytes::new(),
        pin: Pin::new([7; 32]),
        opaque_setup: PasswordServer::generate(chance.source()),
        incarnation: 1,
    };
    let opened = match kind {
        StoreKind::Memory => Memory::open(limits, identity),
        StoreKind::Sqlite => OnDisk::open(limits, identity),
    };
    opened.map_err(|fault| fault.to_string())
}

/// Its process never ends: what was committed stays, as on a disk.
struct Memory {
    store: MemoryStore,
    reader: <MemoryStore as Store>::Reader,
    identity: Identity,
}

impl Memory {
    fn open(limits: StoreLimits, identity: Identity) -> Result<Box<dyn Keeper>, Fault> {
        let mut store = MemoryStore::new(limits);
        store.set_identity(&identity)?;
        let reader = store.reader()?;
        Ok(Box::new(Self { store, reader, identity }))
    }
}

impl Keeper for Memory {
    fn commit(&mut self, lazies: &[Lazy], writes: &[Write]) -> Result<Vec<Outcome>, Fault> {
        self.store.commit(lazies, writes)
    }
    fn ask(&mut self, query: &Query) -> Result<Outcome, Fault> {
        self.reader.ask(query)
    }
    fn recent(&self, query: &Query) -> Option<Page> {
        at_hand(&self.store, query)
    }
    fn restart(&mut self) -> Result<(), Fault> {
        Ok(())
    }
    fn identity(&self) -> Identity {
        self.identity.clone()
    }
}

/// Where a file system in memory usually is: a world has thousands of commits, and none of them needs a real disk.
const IN_MEMORY: &str = "/dev/shm";

/// A file, which is opened anew after every crash.
struct OnDisk {
    open: Option<(SqliteStore, <SqliteStore as Store>::Reader)>,
    folder: TempDir,
    limits: StoreLimits,
    identity: Identity,
}

impl OnDisk {
    fn open(limits: StoreLimits, identity: Identity) -> Result<Box<dyn Keeper>, Fault> {
        let unavailable = |error: std::io::Error| Fault::Unavailable(error.to_string());
        let folder = TempDir::new_in(IN_MEMORY).or_else(|_| TempDir::new()).map_err(unavailable)?;
        let mut disk = Self { open: None, folder, limits, identity };
        disk.restart()?;
        if let Some((store, _)) = &mut disk.open {
            store.set_identity(&disk.identity)?;
        }
        Ok(Box::new(disk))
    }
}

impl Keeper for OnDisk {
    fn commit(&mut self, lazies: &[Lazy], writes: &[Write]) -> Result<Vec<Outcome>, Fault> {
        let Some((store, _)) = &mut self.open else { return Err(closed()) };
        store.commit(lazies, writes)
    }
    fn ask(&mut self, query: &Query) -> Result<Outcome, Fault> {
        let Some((_, reader)) = &mut self.open else { return Err(closed()) };
        reader.ask(query)
    }
    fn recent(&self, query: &Query) -> Option<Page> {
        self.open.as_ref().and_then(|(store, _)| at_hand(store, query))
    }
    fn restart(&mut self) -> Result<(), Fault> {
        self.open = None;
        let options = SqliteOptions { ballast_bytes: 0, ..SqliteOptions::default() };
        let store = SqliteStore::open(&self.folder.path().join("sotto.db"), self.limits, options)?;
        let reader = store.reader()?;
        self.open = Some((store, reader));
        Ok(())
    }
    fn identity(&self) -> Identity {
        self.identity.clone()
    }
}

fn at_hand(store: &impl Store, query: &Query) -> Option<Page> {
    let Query::Page { log, after, entries_max, bytes_max } = query else { return None };
    store.tail().recent(*log, *after, *entries_max, *bytes_max)
}

fn closed() -> Fault {
    Fault::Bug("the store is closed".into())
}
