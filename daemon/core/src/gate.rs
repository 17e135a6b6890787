//! Who may come in: strangers cost little, guessing is paid for by the guesser, and nobody is locked out of their own
//! account.
use std::{collections::BTreeMap, net::IpAddr};

use sotto_protocol::UserName;

use crate::{Now, policy::Rate, rate::Bucket};

/// What the gate keeps to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GateLimits {
    /// Connections that have not signed in.
    pub strangers: u32,
    /// From one source.
    pub strangers_per_source: u32,
    /// From here on newcomers are turned away at random, more and more often up to `strangers`.
    pub early_drop_from: u32,
    /// Sources that are remembered.
    pub sources: usize,
    /// Milliseconds of penalty at which a source is turned away.
    pub threshold_ms: u32,
    /// The longest penalty, milliseconds.
    pub penalty_max_ms: u32,
    /// Password tries at one name, by everybody together.
    pub tries_per_name: Rate,
    /// Names whose tries are remembered.
    pub names: usize,
}

impl Default for GateLimits {
    fn default() -> Self {
        Self {
            strangers: 128,
            strangers_per_source: 16,
            early_drop_from: 64,
            sources: 16_384,
            threshold_ms: 15_000,
            penalty_max_ms: 600_000,
            tries_per_name: Rate { per_second: 1, burst: 20 },
            names: 16_384,
        }
    }
}

/// What somebody did wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offence {
    /// A proof or password was not right.
    BadProof,
    /// An invite was not right.
    BadInvite,
    /// The bytes made no sense.
    BadProtocol,
    /// Came and never said anything useful.
    Silent,
}

impl Offence {
    /// How long it is held against the source.
    #[must_use]
    pub const fn penalty_ms(self) -> u32 {
        match self {
            Self::BadProof | Self::BadInvite => 5_000,
            Self::BadProtocol => 10_000,
            Self::Silent => 1_000,
        }
    }
}

/// Where somebody comes from: an IPv4 address, or the IPv6 network that one household has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// A whole address.
    V4([u8; 4]),
    /// A /64.
    V6([u8; 8]),
}

impl From<IpAddr> for Source {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(v4) => Self::V4(v4.octets()),
            IpAddr::V6(v6) => {
                let mut network = [0; 8];
                network.copy_from_slice(&v6.octets()[..8]);
                Self::V6(network)
            }
        }
    }
}

/// Whether a newcomer may come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Come in; say [`Gate::leave`] when they signed in or went.
    Welcome,
    /// Too many newcomers just now.
    Crowded,
    /// This source has offended; milliseconds until it may try again.
    Penalised(u32),
}

/// The gate's memory. Bounded: it forgets the mildest when it is full.
#[derive(Debug)]
pub struct Gate {
    limits: GateLimits,
    strangers: u32,
    sources: BTreeMap<Source, Record>,
    tries: BTreeMap<UserName, Bucket>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Record {
    strangers: u32,
    /// Monotonic milliseconds at which nothing is held against it any more.
    penalty_until_ms: u64,
}

impl Gate {
    /// An empty gate.
    #[must_use]
    pub const fn new(limits: GateLimits) -> Self {
        Self { limits, strangers: 0, sources: BTreeMap::new(), tries: BTreeMap::new() }
    }

    /// Decides about a newcomer. `chance` is any number, evenly spread.
    pub fn admit(&mut self, now: Now, source: Source, chance: u32) -> Admission {
        let penalty_ms = self.penalty_ms(now, source);
        if penalty_ms > self.limits.threshold_ms {
            return Admission::Penalised(penalty_ms - self.limits.threshold_ms);
        }
        let here = self.sources.get(&source).map_or(0, |record| record.strangers);
        if here >= self.limits.strangers_per_source || self.is_dropped_early(chance) {
            return Admission::Crowded;
        }
        if !self.remember(now, source) {
            return Admission::Crowded;
        }
        self.strangers += 1;
        if let Some(record) = self.sources.get_mut(&source) {
            record.strangers += 1;
        }
        Admission::Welcome
    }

    /// A newcomer signed in or went.
    pub fn leave(&mut self, now: Now, source: Source) {
        self.strangers = self.strangers.saturating_sub(1);
        if let Some(record) = self.sources.get_mut(&source) {
            record.strangers = record.strangers.saturating_sub(1);
            if record.strangers == 0 && record.penalty_until_ms <= now.monotonic_ms {
                self.sources.remove(&source);
            }
        }
    }

    /// Holds something against a source. Penalties add up, and run off in their own time.
    pub fn offend(&mut self, now: Now, source: Source, offence: Offence) {
        if !self.remember(now, source) {
            return;
        }
        let latest = now.monotonic_ms + u64::from(self.limits.penalty_max_ms);
        if let Some(record) = self.sources.get_mut(&source) {
            let from = record.penalty_until_ms.max(now.monotonic_ms);
            record.penalty_until_ms = (from + u64::from(offence.penalty_ms())).min(latest);
        }
    }

    /// Counts a try at a password, by whomever. It never touches sign-in by a device's own key.
    ///
    /// # Errors
    /// The milliseconds to wait.
    pub fn try_password(&mut self, now: Now, name: &UserName) -> Result<(), u32> {
        if self.tries.len() >= self.limits.names && !self.tries.contains_key(name) {
            let full = |bucket: &mut Bucket| bucket.take(now, self.limits.tries_per_name).is_err();
            self.tries.retain(|_, bucket| full(&mut bucket.clone()));
            if self.tries.len() >= self.limits.names {
                return Err(1000);
            }
        }
        self.tries.entry(name.clone()).or_default().take(now, self.limits.tries_per_name)
    }

    /// Milliseconds that are held against a source.
    #[must_use]
    pub fn penalty_ms(&self, now: Now, source: Source) -> u32 {
        let until = self.sources.get(&source).map_or(0, |record| record.penalty_until_ms);
        u32::try_from(until.saturating_sub(now.monotonic_ms)).unwrap_or(u32::MAX)
    }

    /// Connections that have not signed in.
    #[must_use]
    pub const fn strangers(&self) -> u32 {
        self.strangers
    }

    fn is_dropped_early(&self, chance: u32) -> bool {
        let GateLimits { strangers: full, early_drop_from: from, .. } = self.limits;
        if self.strangers >= full {
            return true;
        }
        let (over, span) = (self.strangers.saturating_sub(from), full.saturating_sub(from).max(1));
        self.strangers >= from && chance % span < over
    }

    /// Makes room for a record; forgets what holds nothing, then the mildest without a connection.
    fn remember(&mut self, now: Now, source: Source) -> bool {
        if self.sources.contains_key(&source) {
            return true;
        }
        if self.sources.len() >= self.limits.sources {
            self.sources
                .retain(|_, record| record.strangers > 0 || record.penalty_until_ms > now.monotonic_ms);
        }
        if self.sources.len() >= self.limits.sources {
            let mildest = self
                .sources
                .iter()
                .filter(|(_, record)| record.strangers == 0)
                .min_by_key(|(_, record)| record.penalty_until_ms)
                .map(|(source, _)| *source);
            match mildest {
                Some(mildest) => self.sources.remove(&mildest),
                None => return false,
            };
        }
        self.sources.insert(source, Record::default());
        true
    }
}
