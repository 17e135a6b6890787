//! Up or down: a carrier's bit says only that its pixel changes. The direction is free.

use rand_core::{CryptoRng, RngCore};

use crate::pixels::Pixels;

/// Gives every changed pixel its direction.
pub(crate) fn choose(
    changed: &[u32],
    _picture: &Pixels,
    rng: &mut (impl RngCore + CryptoRng),
) -> Vec<(usize, bool)> {
    changed.iter().map(|pixel| (*pixel as usize, rng.next_u32() & 1 == 1)).collect()
}
