//! Strangers who were turned away, counted and told once a while: a stranger must not be able to write the log.
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Why somebody was turned away before sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TurnedAway {
    /// From outside the private networks.
    FarAway,
    /// Too many strangers.
    Crowded,
    /// Has offended.
    Penalised,
    /// Too many connections altogether.
    Full,
    /// Spoke plain text, as a browser does.
    PlainText,
    /// Spoke nothing that we know.
    Garbage,
    /// TLS failed: version, protocol name, or worse.
    BadTls,
    /// Said nothing, or not in time.
    Silent,
}

impl TurnedAway {
    /// All of them, in the order of their numbers.
    pub(crate) const ALL: [Self; 8] = [
        Self::FarAway,
        Self::Crowded,
        Self::Penalised,
        Self::Full,
        Self::PlainText,
        Self::Garbage,
        Self::BadTls,
        Self::Silent,
    ];

    /// One word for logs and metrics.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::FarAway => "far_away",
            Self::Crowded => "crowded",
            Self::Penalised => "penalised",
            Self::Full => "full",
            Self::PlainText => "plain_text",
            Self::Garbage => "garbage",
            Self::BadTls => "bad_tls",
            Self::Silent => "silent",
        }
    }
}

/// How many were turned away, and how many of them the log already knows of.
#[derive(Debug, Default)]
pub(crate) struct Crowd {
    counts: [Count; TurnedAway::ALL.len()],
}

#[derive(Debug, Default)]
struct Count {
    all: AtomicU64,
    told: AtomicU64,
}

impl Crowd {
    /// Somebody was turned away.
    pub(crate) fn count(&self, why: TurnedAway) {
        if let Some(count) = self.counts.get(why as usize) {
            count.all.fetch_add(1, Relaxed);
        }
    }

    /// How many there were since the start.
    pub(crate) fn total(&self, why: TurnedAway) -> u64 {
        self.counts.get(why as usize).map_or(0, |count| count.all.load(Relaxed))
    }

    /// What happened since this was asked last, in words; `None` if nothing did.
    pub(crate) fn news(&self) -> Option<String> {
        let mut parts = Vec::new();
        for (why, count) in TurnedAway::ALL.iter().zip(&self.counts) {
            let all = count.all.load(Relaxed);
            let new = all.saturating_sub(count.told.swap(all, Relaxed));
            if new > 0 {
                parts.push(format!("{new} {}", why.word()));
            }
        }
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_strangers_are_one_line_and_then_silence() {
        let crowd = Crowd::default();
        assert_eq!(crowd.news(), None);
        (0..1000).for_each(|_| crowd.count(TurnedAway::Garbage));
        crowd.count(TurnedAway::Silent);
        assert_eq!(crowd.news().as_deref(), Some("1000 garbage, 1 silent"));
        assert_eq!(crowd.news(), None);
        assert_eq!(crowd.total(TurnedAway::Garbage), 1000);
    }

    #[test]
    fn every_reason_has_its_own_place() {
        for (index, why) in TurnedAway::ALL.into_iter().enumerate() {
            assert_eq!(why as usize, index);
        }
    }
}
