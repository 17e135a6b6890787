//! The wall clock, asked in one place.
use std::time::{SystemTime, UNIX_EPOCH};

/// Unix milliseconds, as this computer believes them.
pub(crate) fn wall_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
