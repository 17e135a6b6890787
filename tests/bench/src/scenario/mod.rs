//! What is measured: one file a scenario.

pub(crate) mod connections;
pub(crate) mod fanout;
pub(crate) mod idle;
pub(crate) mod latency;
pub(crate) mod limits;
pub(crate) mod login;
pub(crate) mod offline;
pub(crate) mod throughput;

use anyhow::Result;
use sotto_kit::{OPEN, Setup, World};

use crate::args::Common;

/// The daemon's own count of syncs of its store.
pub(crate) const SYNCS: &str = "sottod_store_commits_total";

/// A fresh daemon, as these options want it.
pub(crate) async fn world(common: &Common) -> Result<World> {
    let config = format!("{OPEN}\n[process]\nthreads = {}\n", common.server_threads);
    World::with(Setup { config, under: common.under.clone(), ..Setup::default() }).await
}
