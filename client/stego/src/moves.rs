//! Which way a changed pixel goes. Its carrier only says that green must change by one; the rest is free.

use rand_core::{CryptoRng, RngCore};

use crate::lean::Lean;

/// Whether a changed pixel goes up or down, all channels together: the differences between colours are the smoothest
/// thing in a photograph and stay as they were. A pixel that was rounded here goes where it leaned, one that came as it
/// is goes by chance.
pub(crate) fn is_up(pixel: usize, lean: Option<&Lean>, rng: &mut (impl RngCore + CryptoRng)) -> bool {
    match lean {
        Some(lean) => lean.is_up(pixel),
        None => rng.next_u32() & 1 == 1,
    }
}
