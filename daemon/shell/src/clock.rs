//! The two times that the deciding code is told.
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use daemon_core::Now;

/// Reads both clocks of the machine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    start: Instant,
}

impl Clock {
    /// A clock whose monotonic time begins now.
    #[must_use]
    pub(crate) fn start() -> Self {
        Self { start: Instant::now() }
    }

    /// This moment.
    #[must_use]
    pub(crate) fn now(&self) -> Now {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Now { monotonic_ms: whole_ms(self.start.elapsed()), wall_ms: whole_ms(wall) }
    }

    /// The instant of a monotonic millisecond.
    #[must_use]
    pub(crate) fn instant(&self, monotonic_ms: u64) -> Instant {
        // A century from now is never.
        self.start + Duration::from_millis(monotonic_ms.min(100 * 365 * 24 * 60 * 60 * 1000))
    }

    /// How long the process has been running.
    #[must_use]
    pub(crate) fn uptime(&self) -> Duration {
        self.start.elapsed()
    }
}

fn whole_ms(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
