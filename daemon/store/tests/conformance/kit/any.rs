//! Either store behind one type.
use std::{path::Path, sync::Arc};

use daemon_core::store::{Fault, Identity, Lazy, Outcome, Query, StoreLimits, Write};
use daemon_store::{
    MemoryReader, MemoryStore, Reader, SqliteOptions, SqliteReader, SqliteStore, Store, Tail,
};
use tempfile::TempDir;

use super::New;

pub(crate) enum AnyStore {
    Memory(MemoryStore),
    Sqlite { store: Option<SqliteStore>, dir: TempDir },
}

pub(crate) enum AnyReader {
    Memory(MemoryReader),
    Sqlite(SqliteReader),
}

/// Opens a file as the tests do: without ballast, which only one of them is about.
pub(crate) fn open(path: &Path, limits: StoreLimits) -> Result<SqliteStore, Fault> {
    SqliteStore::open(path, limits, SqliteOptions { ballast_bytes: 0, ..SqliteOptions::default() })
}

impl AnyStore {
    pub(crate) fn new(new: New, limits: StoreLimits) -> Self {
        match new {
            New::Memory => Self::Memory(MemoryStore::new(limits)),
            New::Sqlite => {
                let dir = tempfile::tempdir().expect("a folder");
                let store = open(&dir.path().join("store"), limits).expect("a new store");
                Self::Sqlite { store: Some(store), dir }
            }
        }
    }

    pub(crate) fn reopen(&mut self, limits: StoreLimits) {
        if let Self::Sqlite { store, dir } = self {
            drop(store.take());
            *store = Some(open(&dir.path().join("store"), limits).expect("the same store"));
        }
    }
}

macro_rules! either {
    ($self:ident, $store:ident => $do:expr) => {
        match $self {
            AnyStore::Memory($store) => $do,
            AnyStore::Sqlite { store, .. } => {
                let $store = store.as_mut().expect("an open store");
                $do
            }
        }
    };
}

impl AnyStore {
    pub(crate) fn reader(&self) -> Result<AnyReader, Fault> {
        match self {
            Self::Memory(store) => store.reader().map(AnyReader::Memory),
            Self::Sqlite { store, .. } => {
                store.as_ref().expect("an open store").reader().map(AnyReader::Sqlite)
            }
        }
    }
    pub(crate) fn commit(&mut self, lazies: &[Lazy], writes: &[Write]) -> Result<Vec<Outcome>, Fault> {
        either!(self, store => store.commit(lazies, writes))
    }
    pub(crate) fn tail(&mut self) -> Arc<Tail> {
        either!(self, store => store.tail())
    }
    pub(crate) fn identity(&mut self) -> Result<Option<Identity>, Fault> {
        either!(self, store => store.identity())
    }
    pub(crate) fn set_identity(&mut self, identity: &Identity) -> Result<(), Fault> {
        either!(self, store => store.set_identity(identity))
    }
}

impl Reader for AnyReader {
    fn ask(&mut self, query: &Query) -> Result<Outcome, Fault> {
        match self {
            Self::Memory(reader) => reader.ask(query),
            Self::Sqlite(reader) => reader.ask(query),
        }
    }
}
