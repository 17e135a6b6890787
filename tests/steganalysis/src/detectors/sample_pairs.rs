//! Sample pairs: neighbours that differ by an odd number change sides when lowest bits are replaced.

use super::nearer_root;
use crate::picture::Plane;

/// The hidden length in bits a sample.
pub(super) fn estimate(plane: &Plane) -> f64 {
    let (mut x, mut y, mut same, mut all) = (0.0, 0.0, 0.0, 0.0);
    for lines in [plane, &plane.transposed()] {
        for pair in lines.rows().flat_map(|row| row.windows(2)) {
            let (first, second) = (pair[0], pair[1]);
            let odd = second & 1 == 1;
            if first != second {
                if (first < second) != odd {
                    x += 1.0;
                } else {
                    y += 1.0;
                }
            }
            if first >> 1 == second >> 1 {
                same += 1.0;
            }
            all += 1.0;
        }
    }
    2.0 * nearer_root(2.0 * same, 2.0 * (2.0 * x - all), y - x)
}
