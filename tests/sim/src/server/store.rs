//! The store, as the world drives it: the real one, with trouble of its own at times, and two that are broken on purpose.
use daemon_core::store::{Fault, Identity, Lazy, Outcome, Page, Query, Write};

/// What the world needs of a store. The real ones stand behind it as they are.
pub(crate) trait Keeper {
    /// One transaction and its sync.
    fn commit(&mut self, lazies: &[Lazy], writes: &[Write]) -> Result<Vec<Outcome>, Fault>;
    /// A question.
    fn ask(&mut self, query: &Query) -> Result<Outcome, Fault>;
    /// The recent end of a log, if it is at hand: as the shell asks before it asks the disk.
    fn recent(&self, query: &Query) -> Option<Page>;
    /// The process ended and started again: what was committed is there, and nothing else.
    fn restart(&mut self) -> Result<(), Fault>;
    /// Of the box.
    fn identity(&self) -> Identity;
}
