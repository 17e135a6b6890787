//! The command line.
use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};

/// Measures the real daemon from real clients over TLS on loopback.
#[derive(Clone, Debug, Parser)]
#[command(name = "sotto-bench", version)]
pub(crate) struct Args {
    /// What to measure.
    #[command(subcommand)]
    pub(crate) scenario: Scenario,
    /// For every scenario.
    #[command(flatten)]
    pub(crate) common: Common,
}

/// For every scenario.
#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct Common {
    /// Only the JSON line, without the table for people.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Where the daemon's directory is made. The disk below it is part of the result.
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) under: Option<PathBuf>,
    /// Threads of this process, which plays all the clients.
    #[arg(long, global = true, default_value_t = 1)]
    pub(crate) client_threads: usize,
    /// Threads of the daemon that carry connections.
    #[arg(long, global = true, default_value_t = 2)]
    pub(crate) server_threads: u32,
}

/// What to measure.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Scenario {
    /// What it costs to have the daemon running.
    Idle(Idle),
    /// What a connection costs that is signed in and does nothing.
    Connections(Connections),
    /// What a sign-in costs, by the device's key and by password.
    Login(Login),
    /// How long a message takes at a steady rate.
    Latency(Latency),
    /// How many messages get through when pairs keep a window full.
    Throughput(Throughput),
    /// Messages for people who are not there, across a kill -9.
    Offline(Offline),
    /// One message to many.
    Fanout(Fanout),
    /// What the machine can do: a bare TLS echo, bare SQLite group commits, the disk's sync.
    Limits(Limits),
    /// The other end of the bare TLS echo.
    #[command(hide = true)]
    BareEcho,
}

/// Options of `idle`.
#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct Idle {
    /// Accounts that exist.
    #[arg(long, default_value_t = 100)]
    pub(crate) accounts: usize,
    /// Starts; the median counts.
    #[arg(long, default_value_t = 5)]
    pub(crate) starts: usize,
}

/// Options of `connections`.
#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct Connections {
    /// Connections.
    #[arg(long, default_value_t = 1000)]
    pub(crate) count: usize,
    /// Contacts of each, who are connected too.
    #[arg(long, default_value_t = 4)]
    pub(crate) contacts: usize,
}

/// Options of `login`.
#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct Login {
    /// Sign-ins by the device's key.
    #[arg(long, default_value_t = 2000)]
    pub(crate) count: usize,
    /// Sign-ins by password, each enrolling a device.
    #[arg(long, default_value_t = 300)]
    pub(crate) passwords: usize,
    /// How many at a time.
    #[arg(long, default_value_t = 16)]
    pub(crate) clients: usize,
}

/// Options of `latency`.
#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct Latency {
    /// Messages a second, all pairs together.
    #[arg(long, default_value_t = 200)]
    pub(crate) rate: u32,
    /// Pairs who talk.
    #[arg(long, default_value_t = 10)]
    pub(crate) pairs: usize,
    /// How long to measure.
    #[arg(long, default_value_t = 10)]
    pub(crate) seconds: u64,
    /// Bytes of a message.
    #[arg(long, default_value_t = 256)]
    pub(crate) bytes: usize,
}

/// Options of `throughput`.
#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct Throughput {
    /// Messages of a pair under way: sent and not yet both accepted and delivered.
    #[arg(long, default_value_t = 64)]
    pub(crate) window: usize,
    /// Pairs who talk.
    #[arg(long, default_value_t = 50)]
    pub(crate) pairs: usize,
    /// How long to measure.
    #[arg(long, default_value_t = 5)]
    pub(crate) seconds: u64,
    /// Bytes of a message.
    #[arg(long, default_value_t = 256)]
    pub(crate) bytes: usize,
    /// Measure a neighbour on the same work in the same run.
    #[arg(long)]
    pub(crate) peer: Option<Peer>,
    /// Measure bare SQLite group commits in the same run.
    #[arg(long)]
    pub(crate) sqlite: bool,
}

/// A neighbour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Peer {
    /// Debian's Mosquitto, `QoS` 1, over TLS.
    Mosquitto,
}

/// Options of `offline`.
#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct Offline {
    /// Messages.
    #[arg(long, default_value_t = 100_000)]
    pub(crate) messages: usize,
    /// People who are not there.
    #[arg(long, default_value_t = 1000)]
    pub(crate) receivers: usize,
    /// People who write to them.
    #[arg(long, default_value_t = 16)]
    pub(crate) senders: usize,
    /// Bytes of a message.
    #[arg(long, default_value_t = 256)]
    pub(crate) bytes: usize,
}

/// Options of `fanout`.
#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct Fanout {
    /// Members besides the sender.
    #[arg(long, default_value_t = 999)]
    pub(crate) members: usize,
    /// Messages under way: sent and not yet delivered to all.
    #[arg(long, default_value_t = 8)]
    pub(crate) window: usize,
    /// How long to measure.
    #[arg(long, default_value_t = 5)]
    pub(crate) seconds: u64,
    /// Bytes of a message.
    #[arg(long, default_value_t = 256)]
    pub(crate) bytes: usize,
}

/// Options of `limits`.
#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct Limits {
    /// How long each part is measured.
    #[arg(long, default_value_t = 2)]
    pub(crate) seconds: u64,
    /// Bytes of a message.
    #[arg(long, default_value_t = 256)]
    pub(crate) bytes: usize,
}

impl Scenario {
    /// Its name on the command line.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Idle(_) => "idle",
            Self::Connections(_) => "connections",
            Self::Login(_) => "login",
            Self::Latency(_) => "latency",
            Self::Throughput(_) => "throughput",
            Self::Offline(_) => "offline",
            Self::Fanout(_) => "fanout",
            Self::Limits(_) => "limits",
            Self::BareEcho => "bare-echo",
        }
    }
}
