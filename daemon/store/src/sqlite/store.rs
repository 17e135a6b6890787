//! The writer of the store on disk.
use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use daemon_core::store::{Fault, Identity, Lazy, Outcome, StoreLimits, Write};

use super::{
    SqlTables, SqliteOptions,
    ballast::Ballast,
    fault::{commit_fault, fault},
    load, open,
    reader::SqliteReader,
};
use crate::{Store, Tail, batch::Batch, index::Index, tables::Server as _};

/// Remembers across power cuts.
#[derive(Debug)]
pub struct SqliteStore {
    tables: SqlTables,
    index: Arc<Mutex<Index>>,
    tail: Arc<Tail>,
    limits: StoreLimits,
    path: PathBuf,
    ballast: Ballast,
    state: State,
    _lock: File,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// What is in memory is what is on disk.
    Good,
    /// A transaction was rolled back and the index not yet rebuilt.
    Stale,
    /// Nobody knows what is on disk: nothing is confirmed any more.
    Unconfirmed,
}

impl SqliteStore {
    /// Opens the file, or makes it. It is checked, brought to the present version, and read once to know its logs.
    ///
    /// # Errors
    /// [`Fault::Damaged`] when the check finds something, and the file is left as it is; [`Fault::TooNew`] when a newer
    /// program wrote it; [`Fault::Unavailable`] when it cannot be opened or another process has it.
    pub fn open(path: &Path, limits: StoreLimits, options: SqliteOptions) -> Result<Self, Fault> {
        let open::Opened { tables, lock } = open::open(path, &options)?;
        let index = load::load(&tables.conn, 1)?;
        let ballast = Ballast::new(path, options.ballast_bytes);
        if !ballast.restore() {
            tracing::warn!("no room for {} bytes of ballast", options.ballast_bytes);
        }
        Ok(Self {
            tables,
            index: Arc::new(Mutex::new(index)),
            tail: Arc::new(Tail::new(limits.tail_cache_bytes)),
            limits,
            path: path.to_owned(),
            ballast,
            state: State::Good,
            _lock: lock,
        })
    }

    /// Writes a copy of everything that is committed, as one consistent file of its own.
    ///
    /// # Errors
    /// [`Fault::Full`] or [`Fault::Unavailable`] when the copy cannot be written.
    pub fn backup(&self, to: &Path) -> Result<(), Fault> {
        let unavailable = |error: std::io::Error| Fault::Unavailable(format!("{}: {error}", to.display()));
        drop(open::for_owner().create_new(true).open(to).map_err(unavailable)?);
        let to = to.to_string_lossy();
        self.tables.conn.execute("VACUUM INTO ?1", [to]).map(drop).map_err(fault)
    }

    fn attempt(&mut self, lazies: &[Lazy], writes: &[Write]) -> Result<Vec<Outcome>, Fault> {
        match self.transaction(lazies, writes) {
            Ok(outcomes) => Ok(outcomes),
            Err(Fault::Unconfirmed(text)) => {
                self.state = State::Unconfirmed;
                Err(Fault::Unconfirmed(text))
            }
            Err(fault) => {
                self.state = State::Stale;
                self.tables.conn.execute_batch("ROLLBACK").unwrap_or_default();
                self.rebuild()?;
                Err(fault)
            }
        }
    }

    fn transaction(&mut self, lazies: &[Lazy], writes: &[Write]) -> Result<Vec<Outcome>, Fault> {
        self.tables
            .conn
            .prepare_cached("BEGIN IMMEDIATE")
            .and_then(|mut begin| begin.execute([]))
            .map_err(fault)?;
        let mut batch = Batch::new(&mut self.tables, &self.index, &self.limits);
        batch.lazies(lazies)?;
        let outcomes = writes.iter().map(|write| batch.write(write)).collect::<Result<_, _>>()?;
        let fresh = batch.finish()?;
        let commit = self.tables.conn.prepare_cached("COMMIT").and_then(|mut commit| commit.execute([]));
        commit.map_err(commit_fault)?;
        lock(&self.index).publish();
        self.tail.push(fresh);
        Ok(outcomes)
    }

    /// Reads the index anew after a rollback: it had run ahead of the file.
    fn rebuild(&mut self) -> Result<(), Fault> {
        let next_position = lock(&self.index).next_position();
        let index = load::load(&self.tables.conn, next_position)?;
        *lock(&self.index) = index;
        self.tail.clear();
        self.state = State::Good;
        Ok(())
    }

    /// Each write by itself, so that the one with the fault is refused alone.
    fn one_by_one(&mut self, lazies: &[Lazy], writes: &[Write]) -> Result<Vec<Outcome>, Fault> {
        for lazy in lazies {
            match self.attempt(std::slice::from_ref(lazy), &[]) {
                Ok(_) => {}
                Err(Fault::Unconfirmed(text)) => return Err(Fault::Unconfirmed(text)),
                Err(fault) => tracing::error!(%fault, "what was put off could not be written"),
            }
        }
        let mut outcomes = Vec::with_capacity(writes.len());
        for write in writes {
            match self.attempt(&[], std::slice::from_ref(write)) {
                Ok(outcome) => outcomes.extend(outcome),
                Err(Fault::Unconfirmed(text)) => return Err(Fault::Unconfirmed(text)),
                Err(fault) => {
                    tracing::error!(%fault, "a write could not be stored");
                    outcomes.push(Outcome::refused(fault.reason()));
                }
            }
        }
        Ok(outcomes)
    }
}

impl Store for SqliteStore {
    type Reader = SqliteReader;

    fn commit(&mut self, lazies: &[Lazy], writes: &[Write]) -> Result<Vec<Outcome>, Fault> {
        match self.state {
            State::Good => {}
            State::Stale => self.rebuild()?,
            State::Unconfirmed => return Err(Fault::Unconfirmed("an earlier sync failed".into())),
        }
        match self.attempt(lazies, writes) {
            Ok(outcomes) => Ok(outcomes),
            Err(Fault::Bug(text)) => {
                tracing::warn!(
                    text,
                    writes = writes.len(),
                    "a batch could not be stored, each is tried by itself"
                );
                self.one_by_one(lazies, writes)
            }
            Err(fault) => Err(fault),
        }
    }

    fn reader(&self) -> Result<SqliteReader, Fault> {
        Ok(SqliteReader { tables: open::open_reader(&self.path)?, index: Arc::clone(&self.index) })
    }

    fn tail(&self) -> Arc<Tail> {
        Arc::clone(&self.tail)
    }

    fn identity(&self) -> Result<Option<Identity>, Fault> {
        self.tables.identity()
    }

    fn set_identity(&mut self, identity: &Identity) -> Result<(), Fault> {
        self.tables.identity_put(identity)?;
        lock(&self.index).incarnation = identity.incarnation;
        Ok(())
    }

    fn relieve(&mut self) -> bool {
        self.ballast.release()
    }

    fn recover(&mut self) -> bool {
        self.ballast.restore()
    }

    fn close(&mut self) -> Result<(), Fault> {
        self.tables.conn.execute_batch("PRAGMA optimize; PRAGMA wal_checkpoint(TRUNCATE)").map_err(fault)
    }
}

fn lock(index: &Mutex<Index>) -> MutexGuard<'_, Index> {
    index.lock().unwrap_or_else(PoisonError::into_inner)
}
