//! How well a score tells two sets apart.

use serde::Serialize;

/// What is said of one detector against one way of hiding.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Separation {
    /// Area under the receiver's operating curve: 0.5 is guessing, 1 is certainty.
    pub(crate) auc: f64,
    /// The lowest mean of missed and false alarms: 0.5 is guessing, 0 is certainty.
    pub(crate) error: f64,
    /// The share detected when a twentieth of clean pictures may be accused.
    pub(crate) detected_at_5: f64,
}

impl Separation {
    /// Compares the scores of clean pictures with those of pictures with words in them.
    pub(crate) fn of(clean: &[f64], stego: &[f64]) -> Self {
        let mut all: Vec<(f64, bool)> = clean
            .iter()
            .map(|score| (*score, false))
            .chain(stego.iter().map(|score| (*score, true)))
            .collect();
        all.sort_by(|a, b| b.0.total_cmp(&a.0));
        let (clean_count, stego_count) = (clean.len() as f64, stego.len() as f64);
        let (mut alarms, mut found, mut area) = (0.0, 0.0, 0.0);
        let (mut error, mut detected_at_5): (f64, f64) = (0.5, 0.0);
        for tie in all.chunk_by(|a, b| a.0 == b.0) {
            let stego_here = tie.iter().filter(|(_, stego)| *stego).count() as f64 / stego_count;
            let clean_here = tie.iter().filter(|(_, stego)| !stego).count() as f64 / clean_count;
            area += clean_here * (found + stego_here / 2.0);
            alarms += clean_here;
            found += stego_here;
            error = error.min((alarms + 1.0 - found) / 2.0);
            if alarms <= 0.05 {
                detected_at_5 = found;
            }
        }
        Self { auc: area, error, detected_at_5 }
    }

    /// The mean of several.
    pub(crate) fn mean(of: &[Self]) -> Self {
        let mean = |part: fn(&Self) -> f64| of.iter().map(part).sum::<f64>() / of.len().max(1) as f64;
        Self { auc: mean(|s| s.auc), error: mean(|s| s.error), detected_at_5: mean(|s| s.detected_at_5) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_apart_are_certain_and_equal_sets_a_guess() {
        let apart = Separation::of(&[1.0, 2.0, 3.0], &[4.0, 5.0]);
        assert_eq!(apart, Separation { auc: 1.0, error: 0.0, detected_at_5: 1.0 });
        let equal = Separation::of(&[1.0, 2.0], &[1.0, 2.0]);
        assert!((equal.auc - 0.5).abs() < 1e-9);
        let turned = Separation::of(&[4.0, 5.0], &[1.0, 2.0]);
        assert!(turned.auc.abs() < 1e-9 && (turned.error - 0.5).abs() < 1e-9);
    }
}
