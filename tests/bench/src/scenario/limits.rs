//! What the machine can do without us, in one run: TLS, SQLite, the disk.
use std::{sync::Arc, time::Duration};

use anyhow::Result;
use sotto_kit::{Wire, in_parallel};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    task::JoinSet,
    time::{Instant, sleep},
};

use crate::{
    args::{Common, Limits},
    bare::{disk, echo::Echo, sqlite},
    load::now_ns,
    report::Report,
    span::Look,
    spread::Spread,
};

/// Handshakes that are counted.
const HANDSHAKES: usize = 1000;
/// Connections that do nothing.
const IDLE: usize = 1000;
/// Connections that talk to the echo.
const TALKING: usize = 50;
/// Rows in one commit.
const BATCHES: [usize; 5] = [1, 16, 64, 256, 1024];

pub(crate) async fn run(common: &Common, options: &Limits, report: &mut Report) -> Result<()> {
    let echo = Arc::new(Echo::start()?);
    handshakes(&echo, report).await?;
    idle(&echo, report).await?;
    for window in [1, 64] {
        talk(&echo, window, options, report).await?;
    }
    drop(echo);
    let under = common.under.clone().unwrap_or_else(std::env::temp_dir);
    let how_long = Duration::from_secs(options.seconds);
    for batch in BATCHES {
        let reached = sqlite::group_commits(&under, batch, options.bytes, how_long)?;
        report.figure(format!("sqlite_batch_{batch}_msgs_per_s"), reached.msgs_per_s);
        report.figure(format!("sqlite_batch_{batch}_cpu_s_per_10k"), reached.cpu_s_per_10k);
        report.figure(format!("sqlite_batch_{batch}_written_bytes"), reached.written_bytes);
    }
    disk::syncs(&under, how_long, 200)?.report_us("disk_sync_", report);
    disk::commits(&under, how_long, 200)?.report_us("sqlite_commit_", report);
    Ok(())
}

async fn handshakes(echo: &Arc<Echo>, report: &mut Report) -> Result<()> {
    let from = Look::at_process(echo.pid())?;
    let times = in_parallel(0..HANDSHAKES, |_| {
        let echo = Arc::clone(echo);
        async move {
            let connector = Wire::connector(&echo.door)?;
            let began = now_ns();
            Wire::connect_with(&echo.door, &connector).await?;
            Ok(now_ns() - began)
        }
    })
    .await?;
    let span = from.until(Look::at_process(echo.pid())?);
    let mut spread = Spread::default();
    times.into_iter().for_each(|ns| spread.add_ns(ns));
    #[expect(clippy::cast_precision_loss, reason = "a thousand")]
    let count = HANDSHAKES as f64;
    report.figure("tls_handshake_server_cpu_ms", span.server_cpu_s() * 1000.0 / count);
    report.figure("tls_handshake_client_cpu_ms", span.client_cpu_s() * 1000.0 / count);
    Ok(())
}

async fn idle(echo: &Arc<Echo>, report: &mut Report) -> Result<()> {
    let before = sotto_kit::Usage::of(echo.pid())?;
    let held = in_parallel(0..IDLE, |_| {
        let echo = Arc::clone(echo);
        async move { Wire::connect(&echo.door).await }
    })
    .await?;
    sleep(Duration::from_secs(1)).await;
    let after = sotto_kit::Usage::of(echo.pid())?;
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let each = after.pss_kib.saturating_sub(before.pss_kib) as f64 / held.len() as f64;
    report.figure("tls_kib_per_connection", each);
    Ok(())
}

/// Each connection keeps a window of bytes under way; a message is as many bytes as an envelope's frame would have.
async fn talk(echo: &Arc<Echo>, window: usize, options: &Limits, report: &mut Report) -> Result<()> {
    let end = Instant::now() + Duration::from_secs(options.seconds);
    let from = Look::at_process(echo.pid())?;
    let mut tasks = JoinSet::new();
    for _ in 0..TALKING {
        let (door, bytes) = (echo.door.clone(), options.bytes + 64);
        tasks.spawn(async move {
            let mut wire = Wire::connect(&door).await?;
            let (out, mut back) = (vec![0x5A; bytes * window], vec![0; bytes * window]);
            let mut messages = 0_u64;
            while Instant::now() < end {
                wire.tls().write_all(&out).await?;
                wire.tls().flush().await?;
                wire.tls().read_exact(&mut back).await?;
                messages += window as u64;
            }
            anyhow::Ok(messages)
        });
    }
    let mut messages = 0;
    while let Some(done) = tasks.join_next().await {
        messages += done??;
    }
    let span = from.until(Look::at_process(echo.pid())?);
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let count = messages.max(1) as f64;
    report.figure(format!("echo_window_{window}_msgs_per_s"), count / span.seconds());
    report
        .figure(format!("echo_window_{window}_server_cpu_s_per_10k"), span.server_cpu_s() * 10_000.0 / count);
    Ok(())
}
