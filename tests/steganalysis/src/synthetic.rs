//! Pictures drawn from a seed, smooth with grain: enough to test the detectors themselves, not to judge anyone by.

use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};

use crate::picture::Picture;

/// Something like a photograph.
pub(crate) fn photo(width: usize, height: usize, seed: u64) -> Picture {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let unit = |rng: &mut ChaCha20Rng| f64::from(rng.next_u32()) / f64::from(u32::MAX);
    let waves: Vec<[f64; 4]> = (0..6)
        .map(|_| [(); 4].map(|()| unit(&mut rng)))
        .map(|w| [w[0] / 20.0, w[1] / 20.0, w[2] * 6.3, w[3] * 18.0])
        .collect();
    let mut rgb = Vec::with_capacity(width * height * 3);
    for at in 0..width * height {
        let (x, y) = ((at % width) as f64, (at / width) as f64);
        let light: f64 =
            waves.iter().map(|[fx, fy, phase, size]| size * (fx * x + fy * y + phase).sin()).sum();
        let grain = (0..4).map(|_| unit(&mut rng)).sum::<f64>() - 2.0;
        for tint in [0.9, 1.0, 1.1] {
            let own = (0..4).map(|_| unit(&mut rng)).sum::<f64>() - 2.0;
            let value = 128.0 + tint * light + 2.5 * grain + 1.5 * own;
            rgb.push(byte(value));
        }
    }
    Picture { width, height, rgb }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a byte first")]
fn byte(value: f64) -> u8 {
    value.round().clamp(1.0, 254.0) as u8
}
