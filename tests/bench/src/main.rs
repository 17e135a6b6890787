//! Load on the real daemon: `sotto-bench SCENARIO [options] --json`. The last line is one JSON object.
//!
//! What the server used is taken from the operating system's accounts of its process, never from what it says of
//! itself; where a figure is the daemon's own count (syncs), its name says so. The clients are real ones over TLS on
//! loopback, in this process, and what they used is told too: on a small machine they compete with the server.

mod args;
mod bare;
mod conditions;
mod load;
mod mqtt;
mod report;
mod scenario;
mod span;
mod spread;

use anyhow::Result;
use clap::Parser as _;

use args::{Args, Scenario};
use report::Report;

fn main() -> Result<()> {
    let args = Args::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(args.common.client_threads)
        .enable_all()
        .build()?;
    let report = runtime.block_on(run(&args))?;
    report.print(args.common.json);
    Ok(())
}

async fn run(args: &Args) -> Result<Report> {
    let common = &args.common;
    let mut report = Report::new(args.scenario.name());
    let before = conditions::load_average();
    match &args.scenario {
        Scenario::Idle(options) => scenario::idle::run(common, options, &mut report).await?,
        Scenario::Connections(options) => scenario::connections::run(common, options, &mut report).await?,
        Scenario::Login(options) => scenario::login::run(common, options, &mut report).await?,
        Scenario::Latency(options) => scenario::latency::run(common, options, &mut report).await?,
        Scenario::Throughput(options) => scenario::throughput::run(common, options, &mut report).await?,
        Scenario::Offline(options) => scenario::offline::run(common, options, &mut report).await?,
        Scenario::Fanout(options) => scenario::fanout::run(common, options, &mut report).await?,
        Scenario::Limits(options) => scenario::limits::run(common, options, &mut report).await?,
        Scenario::BareEcho => bare::echo::serve().await?,
    }
    report.set("conditions", conditions::gather(args, &before)?);
    Ok(report)
}
