//! How long a message takes at a steady rate, from sent to shown and from sent to accepted, beside one sync of the
//! same disk.
use std::{sync::Arc, sync::atomic::Ordering::Relaxed, time::Duration};

use anyhow::Result;
use tokio::{task::JoinSet, time::sleep};

use super::{SYNCS, world};
use crate::{
    args::{Common, Latency},
    bare::disk,
    load::{Meter, Pace, pairs},
    report::Report,
    span::Look,
    spread::Spread,
};

const WARM_UP: Duration = Duration::from_secs(1);

pub(crate) async fn run(common: &Common, options: &Latency, report: &mut Report) -> Result<()> {
    let world = world(common).await?;
    let pairs = pairs(&world, options.pairs).await?;
    let count = u32::try_from(pairs.len().max(1))?;
    let pace = Pace::Every(Duration::from_secs(1) * count / options.rate.max(1));
    let meter = Arc::new(Meter::default());
    let mut tasks = JoinSet::new();
    for pair in pairs {
        tasks.spawn(pair.run(pace, options.bytes, Arc::clone(&meter)));
    }
    sleep(WARM_UP).await;
    let (from, first) = (Look::at(&world.daemon)?, meter.done.load(Relaxed));
    meter.measuring.store(true, Relaxed);
    sleep(Duration::from_secs(options.seconds)).await;
    meter.measuring.store(false, Relaxed);
    let (to, last) = (Look::at(&world.daemon)?, meter.done.load(Relaxed));
    meter.stop.store(true, Relaxed);
    let (mut delivery, mut ack) = (Spread::default(), Spread::default());
    while let Some(done) = tasks.join_next().await {
        let (of_delivery, of_ack) = done??;
        delivery.join(of_delivery);
        ack.join(of_ack);
    }
    let span = from.until(to);
    report.set("messages", last - first);
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let per_1k = (last - first).max(1) as f64 / 1000.0;
    report.figure("rate", per_1k * 1000.0 / span.seconds());
    delivery.report_us("", report);
    ack.report_us("ack_", report);
    span.report(last - first, report);
    report.figure("syncs_per_1k", span.counted(SYNCS) / per_1k);
    let mut sync = disk::syncs(&world.daemon.data(), Duration::from_secs(2), options.rate)?;
    sync.report_us("disk_sync_", report);
    let mut commit = disk::commits(&world.daemon.data(), Duration::from_secs(2), options.rate)?;
    commit.report_us("sqlite_commit_", report);
    let (ours, theirs) = (delivery.percentile(0.5), sync.percentile(0.5).max(1.0));
    report.figure("p50_in_disk_syncs", ours / theirs);
    report.figure("p50_in_sqlite_commits", ours / commit.percentile(0.5).max(1.0));
    Ok(())
}
