//! What the server remembers: accounts, devices, contacts, rooms, and every envelope until all have it.
//!
//! Two stores keep one contract ([`Store`]): [`MemoryStore`], the reference, and [`SqliteStore`], which survives power
//! cuts. The rules exist once and work on rows; the stores differ only in where the rows are. [`Engine`] puts a store on
//! threads of its own: one writer that syncs once for everything that queued up, and readers beside it.

mod batch;
mod engine;
mod index;
mod memory;
mod rules;
mod sqlite;
mod store;
mod tables;
mod tail;

pub use engine::{BATCH_STEPS, Done, Engine, EngineOptions, SYNC_STEPS_US, Stats, StatsNow};
pub use memory::{MemoryReader, MemoryStore};
pub use sqlite::{SqliteOptions, SqliteReader, SqliteStore};
pub use store::{Reader, Store};
pub use tail::Tail;
