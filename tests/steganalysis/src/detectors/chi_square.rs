//! Chi-square on pairs of values: replacing lowest bits evens out how often 2k and 2k + 1 occur.

use crate::picture::Plane;

/// How even the pairs are: the statistic a degree of freedom, turned around.
pub(super) fn score(plane: &Plane) -> f64 {
    let mut counts = [0.0f64; 256];
    for value in &plane.values {
        if let Some(count) = usize::try_from(*value).ok().and_then(|value| counts.get_mut(value)) {
            *count += 1.0;
        }
    }
    let frequent = counts.as_chunks::<2>().0.iter().filter(|[even, odd]| even + odd >= 10.0);
    let terms: Vec<f64> = frequent.map(|[even, odd]| (even - odd).powi(2) / (even + odd)).collect();
    let pairs = f64::from(u32::try_from(terms.len().max(1)).unwrap_or(u32::MAX));
    -terms.iter().sum::<f64>() / pairs
}
