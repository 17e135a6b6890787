//! Weighted stego: how far each sample leans towards its other value, seen from its neighbours; calm regions count
//! more.

use crate::picture::Plane;

/// The hidden length in bits a sample.
pub(super) fn estimate(plane: &Plane) -> f64 {
    let (mut sum, mut weights) = (0.0, 0.0);
    let rows: Vec<&[i16]> = plane.rows().collect();
    for three in rows.windows(3) {
        for x in 1..plane.width.saturating_sub(1) {
            let value = three[1][x];
            let straight = [three[0][x], three[2][x], three[1][x - 1], three[1][x + 1]];
            let corners = [three[0][x - 1], three[0][x + 1], three[2][x - 1], three[2][x + 1]];
            let mean_of = |four: [i16; 4]| f64::from(four.iter().sum::<i16>()) / 4.0;
            let expected = 2.0 * mean_of(straight) - mean_of(corners);
            let mean = mean_of(straight);
            let spread = straight.iter().map(|s| (f64::from(*s) - mean).powi(2)).sum::<f64>() / 4.0;
            let weight = 1.0 / (5.0 + spread);
            sum += weight * f64::from(value - (value ^ 1)) * (f64::from(value) - expected);
            weights += weight;
        }
    }
    2.0 * sum / weights
}
