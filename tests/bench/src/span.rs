//! What happened between two looks: time, the server's CPU and writing, the clients' CPU, the server's own counts.
use std::{collections::BTreeMap, time::Instant};

use anyhow::Result;
use sotto_kit::{Daemon, Usage};

use crate::report::Report;

/// One look.
pub(crate) struct Look {
    at: Instant,
    server: Usage,
    clients: Usage,
    metrics: BTreeMap<String, f64>,
}

/// Two looks.
pub(crate) struct Span {
    from: Look,
    to: Look,
}

impl Look {
    /// Looks at a process that is no daemon of ours.
    pub(crate) fn at_process(pid: u32) -> Result<Self> {
        let clients = Usage::of(std::process::id())?;
        Ok(Self { at: Instant::now(), server: Usage::of(pid)?, clients, metrics: BTreeMap::new() })
    }

    /// Looks at the daemon.
    pub(crate) fn at(daemon: &Daemon) -> Result<Self> {
        Ok(Self { metrics: daemon.metrics()?, ..Self::at_process(daemon.pid())? })
    }

    /// Up to another one.
    pub(crate) fn until(self, to: Self) -> Span {
        Span { from: self, to }
    }
}

impl Span {
    /// Seconds.
    pub(crate) fn seconds(&self) -> f64 {
        (self.to.at - self.from.at).as_secs_f64()
    }

    /// CPU of the server, seconds.
    pub(crate) fn server_cpu_s(&self) -> f64 {
        self.to.server.cpu_s_since(&self.from.server)
    }

    /// CPU of this process, seconds.
    pub(crate) fn client_cpu_s(&self) -> f64 {
        self.to.clients.cpu_s_since(&self.from.clients)
    }

    /// Bytes that the server caused to be written.
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    pub(crate) fn written_bytes(&self) -> f64 {
        (self.to.server.written_bytes - self.from.server.written_bytes) as f64
    }

    /// How far one of the server's own counts went; 0 where it does not count that.
    pub(crate) fn counted(&self, name: &str) -> f64 {
        let value = |look: &Look| look.metrics.get(name).copied().unwrap_or(0.0);
        value(&self.to) - value(&self.from)
    }

    /// Adds what `done` things cost.
    pub(crate) fn report(&self, done: u64, report: &mut Report) {
        #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
        let per_10k = 10_000.0 / (done.max(1) as f64);
        report.figure("seconds", self.seconds());
        report.figure("server_cpu_s_per_10k", self.server_cpu_s() * per_10k);
        report.figure("server_cores", self.server_cpu_s() / self.seconds());
        report.figure("client_cpu_s_per_10k", self.client_cpu_s() * per_10k);
    }
}
