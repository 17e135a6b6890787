//! Answers questions from a connection of its own: in WAL mode it never waits for the writer, nor the writer for it.
use std::sync::{Arc, Mutex};

use daemon_core::store::{Fault, Outcome, Query};

use super::{SqlTables, fault::fault};
use crate::{
    Reader,
    index::Index,
    rules::{self, Look},
};

/// Answers questions to a [`SqliteStore`](super::SqliteStore).
#[derive(Debug)]
pub struct SqliteReader {
    pub(super) tables: SqlTables,
    pub(super) index: Arc<Mutex<Index>>,
}

impl Reader for SqliteReader {
    /// A page is read entry by entry, each as it is now: an entry never changes. Everything else is one view of one moment.
    fn ask(&mut self, query: &Query) -> Result<Outcome, Fault> {
        let look = Look::new(&self.tables, &self.index);
        if matches!(query, Query::Page { .. }) {
            return rules::ask(&look, query);
        }
        let view = self.tables.conn.unchecked_transaction().map_err(fault)?;
        let outcome = rules::ask(&look, query)?;
        view.finish().map_err(fault)?;
        Ok(outcome)
    }
}
