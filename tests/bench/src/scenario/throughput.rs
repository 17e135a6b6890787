//! How many messages get through when pairs keep a window full, each message durable before it is accepted.
use std::{sync::Arc, sync::atomic::Ordering::Relaxed, time::Duration};

use anyhow::Result;
use tokio::{task::JoinSet, time::sleep};

use super::{SYNCS, world};
use crate::{
    args::{Common, Peer, Throughput},
    bare::sqlite,
    load::{Meter, Pace, Pair, pairs},
    mqtt,
    report::Report,
    span::Look,
    spread::Spread,
};

const WARM_UP: Duration = Duration::from_secs(1);

pub(crate) async fn run(common: &Common, options: &Throughput, report: &mut Report) -> Result<()> {
    let world = world(common).await?;
    let pairs = pairs(&world, options.pairs).await?;
    let (rate, cpu, batch) = measure(&world, pairs, options, report).await?;
    drop(world);
    if options.sqlite {
        beside_sqlite(common, options, rate, batch, report)?;
    }
    match options.peer {
        Some(Peer::Mosquitto) => {
            let theirs = mqtt::measure(common, options, report).await?;
            report.figure("server_cpu_to_mosquitto", cpu / theirs);
        }
        None => {}
    }
    Ok(())
}

/// Gives messages a second, CPU for ten thousand, and messages a commit.
async fn measure(
    world: &sotto_kit::World,
    pairs: Vec<Pair>,
    options: &Throughput,
    report: &mut Report,
) -> Result<(f64, f64, f64)> {
    let meter = Arc::new(Meter::default());
    let mut tasks = JoinSet::new();
    for pair in pairs {
        tasks.spawn(pair.run(Pace::Window(options.window), options.bytes, Arc::clone(&meter)));
    }
    sleep(WARM_UP).await;
    meter.measuring.store(true, Relaxed);
    let (from, first) = (Look::at(&world.daemon)?, meter.done.load(Relaxed));
    sleep(Duration::from_secs(options.seconds)).await;
    let (to, last) = (Look::at(&world.daemon)?, meter.done.load(Relaxed));
    meter.measuring.store(false, Relaxed);
    meter.stop.store(true, Relaxed);
    let (mut delivery, mut ack) = (Spread::default(), Spread::default());
    while let Some(done) = tasks.join_next().await {
        let (of_delivery, of_ack) = done??;
        delivery.join(of_delivery);
        ack.join(of_ack);
    }
    let span = from.until(to);
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let done = (last - first).max(1) as f64;
    let (rate, cpu) = (done / span.seconds(), span.server_cpu_s() * 10_000.0 / done);
    let syncs = span.counted(SYNCS);
    report.set("window", options.window);
    report.set("pairs", options.pairs);
    report.set("messages", last - first);
    report.figure("msgs_per_s", rate);
    span.report(last - first, report);
    report.figure("syncs_per_1k", syncs * 1000.0 / done);
    report.figure("written_bytes_per_message", span.written_bytes() / done);
    delivery.report_us("", report);
    ack.report_us("ack_", report);
    report.set("rss_kib", world.daemon.usage()?.rss_kib);
    Ok((rate, cpu, done / syncs.max(1.0)))
}

/// Bare SQLite on the same disk right after: with commits as large as ours were, and as large as one window.
fn beside_sqlite(
    common: &Common,
    options: &Throughput,
    rate: f64,
    batch: f64,
    report: &mut Report,
) -> Result<()> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few thousand at most")]
    let as_ours = batch.round().clamp(1.0, 65_536.0) as usize;
    let under = common.under.clone().unwrap_or_else(std::env::temp_dir);
    for (name, batch) in [("as_ours", as_ours), ("window", options.window)] {
        let bare = sqlite::group_commits(&under, batch, options.bytes, Duration::from_secs(3))?;
        report.set(format!("sqlite_{name}_batch"), batch);
        report.figure(format!("sqlite_{name}_msgs_per_s"), bare.msgs_per_s);
        report.figure(format!("msgs_to_sqlite_{name}"), rate / bare.msgs_per_s.max(1.0));
    }
    Ok(())
}
