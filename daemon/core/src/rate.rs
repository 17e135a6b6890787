//! A leaky bucket (GCRA): one number of state, exact, without a timer.
use crate::{Now, policy::Rate};

/// How much of a [`Rate`] is used up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bucket {
    /// The monotonic microsecond at which it is empty again.
    empty_at_us: u64,
}

impl Bucket {
    /// Takes one, or says after how many milliseconds there will be one.
    ///
    /// # Errors
    /// The milliseconds to wait.
    pub(crate) fn take(&mut self, now: Now, rate: Rate) -> Result<(), u32> {
        let now_us = now.monotonic_ms.saturating_mul(1000);
        let each_us = 1_000_000 / u64::from(rate.per_second.max(1));
        let room_us = each_us.saturating_mul(u64::from(rate.burst.max(1)));
        let filled_to_us = self.empty_at_us.max(now_us).saturating_add(each_us);
        let over_us = filled_to_us.saturating_sub(now_us.saturating_add(room_us));
        if over_us > 0 {
            return Err(u32::try_from(over_us.div_ceil(1000)).unwrap_or(u32::MAX));
        }
        self.empty_at_us = filled_to_us;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { per_second: 10, burst: 3 };

    fn at(monotonic_ms: u64) -> Now {
        Now { monotonic_ms, wall_ms: 0 }
    }

    #[test]
    fn a_burst_passes_and_the_next_one_waits_for_its_turn() {
        let mut bucket = Bucket::default();
        assert!((0..3).all(|_| bucket.take(at(1000), RATE).is_ok()));
        assert_eq!(bucket.take(at(1000), RATE), Err(100));
        assert_eq!(bucket.take(at(1099), RATE), Err(1));
        assert_eq!(bucket.take(at(1100), RATE), Ok(()));
        assert_eq!(bucket.take(at(1100), RATE), Err(100));
    }

    #[test]
    fn what_was_saved_up_has_a_limit() {
        let mut bucket = Bucket::default();
        assert_eq!((0..10).filter(|_| bucket.take(at(1_000_000), RATE).is_ok()).count(), 3);
    }
}
