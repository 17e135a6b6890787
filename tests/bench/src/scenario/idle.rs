//! What it costs to have the daemon running: its memory with some accounts, and how long it takes to start.
use std::time::Duration;

use anyhow::Result;
use tokio::time::sleep;

use super::world;
use crate::{
    args::{Common, Idle},
    report::Report,
    spread::Spread,
};

/// After this the daemon has done whatever it does after a start.
const SETTLE: Duration = Duration::from_secs(2);

pub(crate) async fn run(common: &Common, options: &Idle, report: &mut Report) -> Result<()> {
    let mut world = world(common).await?;
    world.people("person", options.accounts).await?;
    let mut starts = Spread::default();
    for _ in 0..options.starts.max(1) {
        world.daemon.stop()?;
        world.daemon.revive()?;
        starts.add_ns(u64::try_from(world.daemon.started_in().as_nanos())?);
    }
    sleep(SETTLE).await;
    let before = world.daemon.usage()?;
    sleep(SETTLE).await;
    let usage = world.daemon.usage()?;
    report.set("accounts", options.accounts);
    report.set("rss_kib", usage.rss_kib);
    report.set("pss_kib", usage.pss_kib);
    report.set("threads", usage.threads);
    report.figure("start_to_accept_ms", starts.percentile(0.5) / 1000.0);
    report.figure("idle_cpu_percent", usage.cpu_s_since(&before) / SETTLE.as_secs_f64() * 100.0);
    Ok(())
}
