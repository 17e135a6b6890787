//! The circumstances: limits small enough to be reached, a pace, a number of people. No two worlds are alike.
use daemon_core::{policy::Policy, store::StoreLimits};
use sotto_protocol::Registration;

use crate::chance::Chance;

#[derive(Debug)]
pub(crate) struct Setting {
    pub(crate) policy: Policy,
    pub(crate) limits: StoreLimits,
    pub(crate) people: u64,
    pub(crate) pace_ms: u64,
    pub(crate) calm_every: u64,
}

impl Setting {
    pub(crate) fn new(chance: &mut Chance) -> Self {
        let mut limits = StoreLimits::default();
        if chance.one_in(4) {
            limits.room_entries = chance.between(8, 60);
            limits.account_entries = chance.between(8, 80);
        }
        if chance.one_in(3) {
            limits.rooms = 5;
        }
        limits.tail_cache_bytes = chance.below(20_000);
        Self {
            policy: policy(chance),
            limits,
            people: chance.between(2, 6),
            pace_ms: chance.between(2, 120),
            calm_every: chance.between(25, 90),
        }
    }
}

/// A policy with windows of any size.
pub(crate) fn policy(chance: &mut Chance) -> Policy {
    let small = |number: u64| u32::try_from(number).unwrap_or(1);
    Policy {
        registration: Registration::Open,
        envelopes_unacknowledged: small(chance.between(1, 64)),
        bytes_unacknowledged: small(chance.between(1_000, 100_000)),
        requests_in_flight: small(chance.between(2, 32)),
        ..Policy::default()
    }
}
