//! The contract of a store: one writer, any number of readers.
use std::sync::Arc;

use daemon_core::store::{Fault, Identity, Lazy, Outcome, Query, Write};

use crate::Tail;

/// What remembers.
pub trait Store {
    /// What answers questions beside the writer, on a thread of its own.
    type Reader: Reader + Send + 'static;

    /// Applies the writes in order as one transaction, and gives their outcomes only after it is durable. What was put
    /// off goes along, or alone. A refused write leaves no trace and does not disturb its neighbours; when one write
    /// cannot be stored for a fault of its own, it alone is refused as `internal`.
    ///
    /// # Errors
    /// [`Fault`], and then nothing has changed, except after [`Fault::Unconfirmed`], when nobody knows.
    fn commit(&mut self, lazies: &[Lazy], writes: &[Write]) -> Result<Vec<Outcome>, Fault>;

    /// One more reader.
    ///
    /// # Errors
    /// [`Fault::Unavailable`] when the file cannot be opened once more.
    fn reader(&self) -> Result<Self::Reader, Fault>;

    /// The recent ends of the logs, shared with whoever wants to look without waiting.
    fn tail(&self) -> Arc<Tail>;

    /// What the store knows of the box; `None` before the first start is done.
    ///
    /// # Errors
    /// [`Fault`] when it cannot be read.
    fn identity(&self) -> Result<Option<Identity>, Fault>;

    /// Writes down what the box is. Raising `incarnation` is how a store that came back from a backup says so.
    ///
    /// # Errors
    /// [`Fault`] when it cannot be written.
    fn set_identity(&mut self, identity: &Identity) -> Result<(), Fault>;

    /// Gives back what was kept for bad days, so that what frees room can be written on a full disk. Says whether there
    /// was something.
    fn relieve(&mut self) -> bool {
        false
    }

    /// Puts something aside for bad days again. Says whether it is there.
    fn recover(&mut self) -> bool {
        true
    }

    /// Tidies up before the end.
    ///
    /// # Errors
    /// [`Fault`] when that fails; nothing that was confirmed is lost by it.
    fn close(&mut self) -> Result<(), Fault> {
        Ok(())
    }
}

/// What answers questions.
pub trait Reader {
    /// Answers one question from what is durable.
    ///
    /// # Errors
    /// [`Fault`] when the store has trouble of its own; a refusal is an outcome.
    fn ask(&mut self, query: &Query) -> Result<Outcome, Fault>;
}
