//! A simulated world: the real sessions, router, gate and store, clients as SPEC.md has them, a network that delays,
//! cuts and forgets, and a reference that knows what must be true. One seed decides everything; the same seed is the
//! same world.

mod calendar;
mod chance;
mod client;
#[cfg(test)]
mod matrix;
mod model;
mod nature;
mod person;
mod report;
mod sabotage;
mod server;
mod stores;
mod trace;
mod world;

pub use report::{Counted, Failure};
pub use sabotage::Sabotage;
pub use stores::StoreKind;
pub use world::{Options, run};
