//! Times, for programs and for people.
use jiff::{Timestamp, tz::TimeZone};

/// ISO 8601 in UTC, with milliseconds.
pub(crate) fn iso(ms: u64) -> String {
    timestamp(ms).map_or_else(String::new, |timestamp| format!("{timestamp:.3}"))
}

/// Short, in local time: the hour today, the day before.
pub(crate) fn short(ms: u64, now_ms: u64) -> String {
    let zone = TimeZone::system();
    let (Some(then), Some(now)) = (timestamp(ms), timestamp(now_ms)) else { return String::new() };
    let (then, now) = (then.to_zoned(zone.clone()), now.to_zoned(zone));
    let format = if then.date() == now.date() { "%H:%M" } else { "%Y-%m-%d %H:%M" };
    then.strftime(format).to_string()
}

/// Unix milliseconds, as this computer believes them.
pub(crate) fn now_ms() -> u64 {
    u64::try_from(Timestamp::now().as_millisecond()).unwrap_or(0)
}

fn timestamp(ms: u64) -> Option<Timestamp> {
    i64::try_from(ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_read_utc_with_milliseconds() {
        assert_eq!(iso(1_795_000_000_120), "2026-11-18T11:06:40.120Z");
    }
}
