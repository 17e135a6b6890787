//! Many measurements of the same: how they are spread.
use crate::report::Report;

/// Measurements, microseconds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Spread(Vec<u32>);

impl Spread {
    /// One more.
    pub(crate) fn add_ns(&mut self, ns: u64) {
        self.0.push(u32::try_from(ns / 1000).unwrap_or(u32::MAX));
    }

    /// All of another one.
    pub(crate) fn join(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// How many.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// What this share of the measurements does not exceed, microseconds.
    pub(crate) fn percentile(&mut self, share: f64) -> f64 {
        self.0.sort_unstable();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a rank among fewer than 2^32 measurements"
        )]
        let rank = (self.0.len() as f64 * share).ceil() as usize;
        self.0.get(rank.saturating_sub(1)).copied().map_or(0.0, f64::from)
    }

    /// Adds the usual percentiles to a report.
    pub(crate) fn report_us(&mut self, prefix: &str, report: &mut Report) {
        for (name, share) in [("p50_us", 0.5), ("p99_us", 0.99), ("p999_us", 0.999)] {
            let figure = self.percentile(share);
            report.figure(format!("{prefix}{name}"), figure);
        }
    }

    /// The same in milliseconds, without the last.
    pub(crate) fn report_ms(&mut self, prefix: &str, report: &mut Report) {
        for (name, share) in [("p50_ms", 0.5), ("p99_ms", 0.99)] {
            let figure = self.percentile(share) / 1000.0;
            report.figure(format!("{prefix}{name}"), figure);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_measurements_that_were_made() {
        let mut spread = Spread::default();
        (1..=1000).rev().for_each(|us| spread.add_ns(us * 1000));
        assert_eq!(spread.percentile(0.5), 500.0);
        assert_eq!(spread.percentile(0.99), 990.0);
        assert_eq!(spread.percentile(0.999), 999.0);
        assert_eq!(Spread::default().percentile(0.5), 0.0);
    }
}
