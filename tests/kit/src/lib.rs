//! Worlds in three lines, for the tests that use the real binaries and for the load generator.
//!
//! ```no_run
//! # async fn story() -> anyhow::Result<()> {
//! let world = sotto_kit::World::open().await?;
//! let (anna, bo) = (world.person("anna").await?, world.person("bo").await?);
//! let room = world.talk(&anna, &bo).await?;
//! # Ok(()) }
//! ```
//!
//! [`Daemon`] is the process: started, killed, restarted, accounted for. [`Person`] is an account with one device.
//! [`Wire`] is a connection that says exactly what it is told to say, for load and for abuse; whoever wants a client
//! that behaves takes `client_sdk::Link` by [`Person::online`].

mod binary;
mod crowd;
mod daemon;
mod door;
mod envelope;
mod mount;
mod person;
mod pin;
mod process;
mod startup;
mod wire;
mod within;
mod world;

pub use binary::{Binary, Profile};
pub use crowd::in_parallel;
pub use daemon::{Daemon, OPEN, Setup};
pub use door::Door;
pub use envelope::{message, new_envelope_id};
pub use mount::file_system;
pub use person::{Online, Person};
pub use pin::tls_connector;
pub use process::Usage;
pub use startup::Startup;
pub use wire::{Answer, Wire};
pub use within::{eventually, within};
pub use world::{World, talk};
