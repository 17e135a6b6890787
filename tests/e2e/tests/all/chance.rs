//! Chance that can be repeated: the seed is printed, and `SOTTO_SEED` brings it back.
use rand::{SeedableRng as _, rngs::StdRng};

/// Chance for this test.
pub(crate) fn chance(test: &str) -> StdRng {
    let seed =
        std::env::var("SOTTO_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or_else(rand::random);
    eprintln!("{test}: SOTTO_SEED={seed}");
    StdRng::seed_from_u64(seed)
}
