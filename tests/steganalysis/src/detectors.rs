//! The detectors that need no training. Each gives a number that grows with the length of what was hidden by replacing
//! lowest bits; means are taken over the three channels.

mod chi_square;
mod rs;
mod sample_pairs;
mod weighted_stego;

use crate::picture::{Picture, Plane};

/// A detector from the literature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detector {
    /// Dumitrescu, Wu, Wang 2003.
    SamplePairs,
    /// Fridrich, Goljan, Du 2001: regular and singular groups.
    Rs,
    /// Fridrich, Goljan 2004; Ker, Böhme 2008.
    WeightedStego,
    /// Westfeld, Pfitzmann 1999.
    ChiSquare,
}

impl Detector {
    pub(crate) const ALL: [Self; 4] = [Self::SamplePairs, Self::Rs, Self::WeightedStego, Self::ChiSquare];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::SamplePairs => "sample pairs",
            Self::Rs => "RS",
            Self::WeightedStego => "weighted stego",
            Self::ChiSquare => "chi-square",
        }
    }

    /// The picture's score: higher is more suspicious.
    pub(crate) fn score(self, picture: &Picture) -> f64 {
        let of = |plane: &Plane| match self {
            Self::SamplePairs => sample_pairs::estimate(plane),
            Self::Rs => rs::estimate(plane),
            Self::WeightedStego => weighted_stego::estimate(plane),
            Self::ChiSquare => chi_square::score(plane),
        };
        picture.channels().iter().map(of).sum::<f64>() / 3.0
    }
}

/// The root of `a x² + b x + c` that lies nearer to zero; where there is none, the point nearest to being one.
fn nearer_root(a: f64, b: f64, c: f64) -> f64 {
    if a.abs() < f64::EPSILON {
        return if b.abs() < f64::EPSILON { 0.0 } else { -c / b };
    }
    let root = (b * b - 4.0 * a * c).max(0.0).sqrt();
    let (one, other) = ((-b + root) / (2.0 * a), (-b - root) / (2.0 * a));
    if one.abs() < other.abs() { one } else { other }
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;
    use crate::hiders::Hider;
    use crate::photographs::Tile;
    use crate::synthetic;

    #[test]
    fn each_length_estimator_sees_replaced_bits_and_is_near_nothing_without() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let tile = Tile::of_clean(synthetic::photo(400, 400, 1));
        let stego = Hider::LsbReplacement.hide(&tile, 150, &mut rng).unwrap();
        for detector in [Detector::SamplePairs, Detector::Rs, Detector::WeightedStego] {
            let (clean, found) = (detector.score(&tile.clean), detector.score(&stego));
            assert!(clean.abs() < 0.1, "{detector:?}: {clean}");
            // Half a bit a sample was hidden.
            assert!((0.35..0.65).contains(&found), "{detector:?}: {found}");
        }
    }

    #[test]
    fn chi_square_sees_pairs_that_were_made_even() {
        let mut rng = ChaCha20Rng::seed_from_u64(2);
        let tile = Tile::of_clean(synthetic::photo(400, 400, 2));
        let stego = Hider::LsbReplacement.hide(&tile, 300, &mut rng).unwrap();
        assert!(Detector::ChiSquare.score(&stego) > Detector::ChiSquare.score(&tile.clean));
    }

    #[test]
    fn the_nearer_root_is_found() {
        assert!((nearer_root(1.0, -5.0, 4.0) - 1.0).abs() < 1e-9);
        assert!((nearer_root(0.0, 2.0, -4.0) - 2.0).abs() < 1e-9);
        assert!((nearer_root(1.0, -2.0, 5.0) - 1.0).abs() < 1e-9);
    }
}
