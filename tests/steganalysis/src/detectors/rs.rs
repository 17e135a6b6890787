//! Regular and singular groups: flipping lowest bits makes some groups of four rougher and some smoother; in a clean
//! picture flipping the other way does so just as often.

use super::nearer_root;
use crate::picture::Plane;

/// The hidden length in bits a sample.
pub(super) fn estimate(plane: &Plane) -> f64 {
    let flipped = Plane {
        width: plane.width,
        height: plane.height,
        values: plane.values.iter().map(|value| value ^ 1).collect(),
    };
    let (d0, d0_minus) = (surplus(plane, up), surplus(plane, down));
    let (d1, d1_minus) = (surplus(&flipped, up), surplus(&flipped, down));
    let x = nearer_root(2.0 * (d1 + d0), d0_minus - d1_minus - d1 - 3.0 * d0, d0 - d0_minus);
    x / (x - 0.5)
}

/// The share of regular groups less that of singular ones.
fn surplus(plane: &Plane, flip: fn(i16) -> i16) -> f64 {
    let (mut regular, mut singular, mut all) = (0.0, 0.0, 0.0);
    for group in plane.rows().flat_map(|row| row.as_chunks::<4>().0) {
        let [a, b, c, d] = *group;
        let (before, after) = (roughness([a, b, c, d]), roughness([a, flip(b), flip(c), d]));
        if after > before {
            regular += 1.0;
        } else if after < before {
            singular += 1.0;
        }
        all += 1.0;
    }
    (regular - singular) / all
}

fn roughness([a, b, c, d]: [i16; 4]) -> i16 {
    (a - b).abs() + (b - c).abs() + (c - d).abs()
}

fn up(value: i16) -> i16 {
    value ^ 1
}

/// 2k − 1 and 2k change places.
fn down(value: i16) -> i16 {
    ((value + 1) ^ 1) - 1
}
