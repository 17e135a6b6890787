//! How long to wait before trying again: twice as long each time, and by chance, so that a hundred clients that lost
//! the same server do not come back in the same moment.
use sotto_protocol::limits::{RECONNECT_FIRST_MS, RECONNECT_MAX_MS};

/// Tries that failed in a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// One more try has failed: how many milliseconds to wait. `chance` is any number, every one as likely.
    pub fn pause_ms(&mut self, chance: u32) -> u32 {
        let ceiling = Self::ceiling_ms(self.failures);
        self.failures = self.failures.saturating_add(1);
        let scaled = (u64::from(chance) * (u64::from(ceiling) + 1)) >> 32;
        u32::try_from(scaled).unwrap_or(ceiling)
    }

    /// A try has succeeded.
    pub fn reset(&mut self) {
        self.failures = 0;
    }

    fn ceiling_ms(failures: u32) -> u32 {
        let doubled = u64::from(RECONNECT_FIRST_MS) << failures.min(16);
        u32::try_from(doubled.min(u64::from(RECONNECT_MAX_MS))).unwrap_or(RECONNECT_MAX_MS)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_longest_pause_doubles_up_to_half_a_minute() {
        let mut backoff = Backoff::default();
        let pauses: Vec<_> = (0..9).map(|_| backoff.pause_ms(u32::MAX)).collect();
        assert_eq!(pauses, [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
        backoff.reset();
        assert_eq!(backoff.pause_ms(u32::MAX), 500);
        assert_eq!(backoff.pause_ms(0), 0);
    }

    proptest! {
        #[test]
        fn a_pause_is_never_longer_than_its_ceiling(failures in 0_u32..1000, chance: u32) {
            let mut backoff = Backoff { failures };
            prop_assert!(backoff.pause_ms(chance) <= RECONNECT_MAX_MS);
        }
    }
}
