//! Bare SQLite: group commits of a log in arrival order, as large as they are told, and nothing else. No store that
//! stands on SQLite and syncs before it answers can be faster.
use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::Result;
use rusqlite::Connection;
use sotto_kit::Usage;

/// One row: log, sequence, device, envelope id, time, payload.
pub(crate) const INSERT: &str = "INSERT INTO entry (log, sequence, device, envelope, at_ms, sealed) \
                                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
const TABLE: &str = "CREATE TABLE entry (position INTEGER PRIMARY KEY, log INTEGER NOT NULL, \
                     sequence INTEGER NOT NULL, device INTEGER NOT NULL, envelope BLOB NOT NULL, \
                     at_ms INTEGER NOT NULL, sealed BLOB NOT NULL) STRICT";

/// What was reached.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reached {
    /// Rows a second, each on disk.
    pub(crate) msgs_per_s: f64,
    /// CPU for ten thousand.
    pub(crate) cpu_s_per_10k: f64,
    /// Bytes written for one.
    pub(crate) written_bytes: f64,
}

/// A database as a durable server needs it.
pub(crate) fn open(folder: &Path) -> Result<Connection> {
    let database = Connection::open(folder.join("bare.db"))?;
    database.pragma_update(None, "journal_mode", "WAL")?;
    database.pragma_update(None, "synchronous", "FULL")?;
    database.execute_batch(TABLE)?;
    Ok(database)
}

/// The values of one row.
pub(crate) fn row(number: i64, sealed: &[u8]) -> (i64, i64, i64, [u8; 16], i64, &[u8]) {
    let mut envelope = [0x5A; 16];
    envelope[..8].copy_from_slice(&number.to_be_bytes());
    (number % 1000, number / 1000, number % 100, envelope, 1_700_000_000_000 + number, sealed)
}

/// Commits so many rows at once, again and again.
pub(crate) fn group_commits(under: &Path, batch: usize, bytes: usize, how_long: Duration) -> Result<Reached> {
    let home = tempfile::tempdir_in(under)?;
    let database = open(home.path())?;
    let sealed = vec![0x5A; bytes];
    let (from, began) = (Usage::of(std::process::id())?, Instant::now());
    let mut number = 0_i64;
    while began.elapsed() < how_long {
        let transaction = database.unchecked_transaction()?;
        let mut insert = transaction.prepare_cached(INSERT)?;
        for _ in 0..batch {
            insert.execute(row(number, &sealed))?;
            number += 1;
        }
        drop(insert);
        transaction.commit()?;
    }
    let (to, seconds) = (Usage::of(std::process::id())?, began.elapsed().as_secs_f64());
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let (rows, written) = (number.max(1) as f64, (to.written_bytes - from.written_bytes) as f64);
    Ok(Reached {
        msgs_per_s: rows / seconds,
        cpu_s_per_10k: to.cpu_s_since(&from) * 10_000.0 / rows,
        written_bytes: written / rows,
    })
}
