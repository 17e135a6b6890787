//! The reference store itself.
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use daemon_core::store::{Fault, Identity, Lazy, Outcome, Query, StoreLimits, Write};

use super::MemoryTables;
use crate::{
    Reader, Store, Tail,
    batch::Batch,
    index::Index,
    rules::{self, Look},
    tables::Server as _,
};

/// Remembers as long as the process lives. Its readers see whole commits, like any other store's.
#[derive(Debug)]
pub struct MemoryStore {
    shared: Arc<Shared>,
    limits: StoreLimits,
    tail: Arc<Tail>,
}

/// Answers questions to a [`MemoryStore`].
#[derive(Debug)]
pub struct MemoryReader {
    shared: Arc<Shared>,
}

/// Locked in this order: tables, then index.
#[derive(Debug, Default)]
struct Shared {
    tables: Mutex<MemoryTables>,
    index: Mutex<Index>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new(limits: StoreLimits) -> Self {
        let tail = Arc::new(Tail::new(limits.tail_cache_bytes));
        Self { shared: Arc::default(), limits, tail }
    }
}

impl Store for MemoryStore {
    type Reader = MemoryReader;

    fn commit(&mut self, lazies: &[Lazy], writes: &[Write]) -> Result<Vec<Outcome>, Fault> {
        let mut tables = lock(&self.shared.tables);
        let mut batch = Batch::new(&mut *tables, &self.shared.index, &self.limits);
        batch.lazies(lazies)?;
        let outcomes = writes.iter().map(|write| batch.write(write)).collect::<Result<_, _>>()?;
        let fresh = batch.finish()?;
        lock(&self.shared.index).publish();
        self.tail.push(fresh);
        Ok(outcomes)
    }

    fn reader(&self) -> Result<MemoryReader, Fault> {
        Ok(MemoryReader { shared: Arc::clone(&self.shared) })
    }

    fn tail(&self) -> Arc<Tail> {
        Arc::clone(&self.tail)
    }

    fn identity(&self) -> Result<Option<Identity>, Fault> {
        lock(&self.shared.tables).identity()
    }

    fn set_identity(&mut self, identity: &Identity) -> Result<(), Fault> {
        lock(&self.shared.tables).identity_put(identity)?;
        lock(&self.shared.index).incarnation = identity.incarnation;
        Ok(())
    }
}

impl Reader for MemoryReader {
    fn ask(&mut self, query: &Query) -> Result<Outcome, Fault> {
        let tables = lock(&self.shared.tables);
        rules::ask(&Look::new(&*tables, &self.shared.index), query)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
