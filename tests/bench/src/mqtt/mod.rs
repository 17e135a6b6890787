//! A neighbour on the same work in the same run: Debian's Mosquitto, `QoS` 1 over TLS, the same pairs and window.

mod broker;
mod client;
mod codec;

use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use anyhow::Result;
use tokio::{task::JoinSet, time::sleep};

use crate::{
    args::{Common, Throughput},
    load::Meter,
    report::Report,
    span::Look,
    spread::Spread,
};
use broker::Broker;
use client::Pair;

const WARM_UP: Duration = Duration::from_secs(1);

/// Measures Mosquitto as [`crate::scenario::throughput`] measures ours; gives its CPU for ten thousand messages.
pub(crate) async fn measure(common: &Common, options: &Throughput, report: &mut Report) -> Result<f64> {
    let broker = Broker::start(common.under.as_deref())?;
    let meter = Arc::new(Meter::default());
    let mut tasks = JoinSet::new();
    for index in 0..u32::try_from(options.pairs)? {
        let pair = Pair::meet(&broker.door, index).await?;
        tasks.spawn(pair.run(options.window, options.bytes, Arc::clone(&meter)));
    }
    sleep(WARM_UP).await;
    meter.measuring.store(true, Relaxed);
    let (from, first) = (Look::at_process(broker.pid())?, meter.done.load(Relaxed));
    sleep(Duration::from_secs(options.seconds)).await;
    let (to, last) = (Look::at_process(broker.pid())?, meter.done.load(Relaxed));
    meter.stop.store(true, Relaxed);
    let mut delivery = Spread::default();
    while let Some(done) = tasks.join_next().await {
        delivery.join(done??);
    }
    let span = from.until(to);
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let done = (last - first).max(1) as f64;
    let cpu = span.server_cpu_s() * 10_000.0 / done;
    report.set("mosquitto_version", broker.version.clone());
    report.figure("mosquitto_msgs_per_s", done / span.seconds());
    report.figure("mosquitto_server_cpu_s_per_10k", cpu);
    report.figure("mosquitto_client_cpu_s_per_10k", span.client_cpu_s() * 10_000.0 / done);
    delivery.report_us("mosquitto_", report);
    Ok(cpu)
}
