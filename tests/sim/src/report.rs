//! What a run did, and how it failed.
use std::{collections::BTreeMap, fmt};

use daemon_core::store::{Change, Outcome, Write};

/// What happened how often: a world in which little happens proves little.
#[derive(Clone, Debug, Default)]
pub struct Counted {
    /// Commits.
    pub commits: u64,
    /// Entries sent to devices.
    pub deliveries: u64,
    /// Gaps sent to devices.
    pub gaps: u64,
    /// Times that the server died.
    pub crashes: u64,
    /// Requests that were allowed, by name.
    pub allowed: BTreeMap<&'static str, u64>,
    /// Requests that were refused, by name.
    pub refused: BTreeMap<&'static str, u64>,
}

impl Counted {
    pub(crate) fn count(&mut self, write: &Write, outcome: &Outcome) {
        let name = match &write.change {
            Change::Ask { request, .. } => request.frame_type().name(),
            Change::SignIn { .. } => "SignIn",
            Change::Register { .. } => "Register",
            Change::Enrol { .. } => "Enrol",
            Change::BotSignIn { .. } => "BotSignIn",
            Change::Admin(_) => "Admin",
            Change::Sweep(_) => "Sweep",
        };
        let which = if outcome.answer.is_ok() { &mut self.allowed } else { &mut self.refused };
        *which.entry(name).or_default() += 1;
    }

    /// Adds what another run did.
    pub fn add(&mut self, other: &Self) {
        self.commits += other.commits;
        self.deliveries += other.deliveries;
        self.gaps += other.gaps;
        self.crashes += other.crashes;
        for (name, count) in &other.allowed {
            *self.allowed.entry(name).or_default() += count;
        }
        for (name, count) in &other.refused {
            *self.refused.entry(name).or_default() += count;
        }
    }
}

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { commits, deliveries, gaps, crashes, .. } = self;
        writeln!(f, "{commits} commits, {deliveries} deliveries, {gaps} gaps, {crashes} crashes")?;
        let names: std::collections::BTreeSet<_> = self.allowed.keys().chain(self.refused.keys()).collect();
        for name in names {
            let count = |which: &BTreeMap<&'static str, u64>| which.get(*name).copied().unwrap_or(0);
            writeln!(f, "  {name}: {} allowed, {} refused", count(&self.allowed), count(&self.refused))?;
        }
        Ok(())
    }
}

/// A world that broke a promise, and how to see it again.
#[derive(Clone, Debug)]
pub struct Failure {
    /// What is not as it must be.
    pub why: String,
    /// The world's seed.
    pub seed: u64,
    /// After how many acts.
    pub step: u64,
    /// The last things that happened.
    pub trace: Vec<String>,
    /// Repeats it.
    pub command: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.trace {
            writeln!(f, "{line}")?;
        }
        writeln!(f, "seed {}, act {}: {}", self.seed, self.step, self.why)?;
        write!(f, "again: {}", self.command)
    }
}
