//! The store on disk: one SQLite file, one writer, readers beside it.
//!
//! Write-ahead log with `synchronous=FULL`: a commit is synced once, and what was answered survives a power cut. The
//! log of the writer is copied back every thousand pages (SQLite's default): long enough that a page which many commits
//! touch (the last one of the log, above all) is copied once for all of them, short enough that the file beside stays
//! about 4 MiB and a start after a crash reads little. Pages stay 4 KiB: larger ones multiply what a small commit writes
//! to an SD card. Deleted bytes are overwritten.

mod accounts;
mod ballast;
mod blobs;
mod contacts;
mod devices;
mod entries;
mod fault;
mod invites;
mod keys;
mod load;
mod open;
mod reader;
mod rooms;
mod row;
mod schema;
mod server;
mod store;
mod tokens;

use std::path::PathBuf;

use rusqlite::Connection;

pub use open::SqliteOptions;
pub use reader::SqliteReader;
pub use store::SqliteStore;

/// The tables of one connection.
#[derive(Debug)]
pub(crate) struct SqlTables {
    conn: Connection,
    path: PathBuf,
}

/// The least and the greatest hash that begin with a handle.
fn beginning_with(handle: &[u8; 16]) -> ([u8; 32], [u8; 32]) {
    let (mut from, mut to) = ([0; 32], [0xFF; 32]);
    from[..16].copy_from_slice(handle);
    to[..16].copy_from_slice(handle);
    (from, to)
}
