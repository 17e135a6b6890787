//! What the client decides, without a clock, a socket or a disk: time and chance come in as arguments.

mod acks;
mod backoff;
mod order;
mod outbox;

pub use acks::Acks;
pub use backoff::Backoff;
pub use order::{Place, Verdict};
pub use outbox::{Lane, Outbox};
