//! The trial: hide in every tile in every way, let every detector look, and see how well it told them apart.

use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};

use crate::detectors::Detector;
use crate::ensemble::Ensemble;
use crate::hiders::Hider;
use crate::photographs::Tile;
use crate::picture::Picture;
use crate::rich::{self, Classes, PLANE_FEATURES};
use crate::roc::Separation;
use crate::work::in_parallel;

/// A way of hiding and its rate in hundredths of a bit a pixel.
pub(crate) type Case = (Hider, usize);

/// Every tile after hiding in one way.
pub(crate) fn hide_all(
    tiles: &[Tile],
    (hider, percent): Case,
    threads: usize,
) -> anyhow::Result<Vec<Picture>> {
    let numbered: Vec<(u64, &Tile)> = (0..).zip(tiles).collect();
    let hide = |(nth, tile): &(u64, &Tile)| {
        // A stream of its own for each, so that neither order nor threads change the outcome.
        let mut rng = ChaCha20Rng::seed_from_u64(nth * 1000 + percent as u64);
        hider.hide(tile, percent, &mut rng)
    };
    in_parallel(&numbered, threads, hide).into_iter().collect()
}

/// The scores that one detector gives to each picture.
pub(crate) fn scores(pictures: &[Picture], detector: Detector, threads: usize) -> Vec<f64> {
    in_parallel(pictures, threads, |picture| detector.score(picture))
}

/// The rich model's features of each picture.
pub(crate) fn features(pictures: &[Picture], threads: usize) -> Vec<Vec<f32>> {
    let classes = Classes::new();
    in_parallel(pictures, threads, |picture| rich::features(picture, &classes))
}

/// What the trained detector looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum View {
    /// Green and both differences of colours.
    Colour,
    /// Green alone: what someone chooses who knows how we hide.
    Green,
    /// Green, red and blue, each for itself.
    Channels,
}

impl View {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Colour => "learned, colour",
            Self::Green => "learned, green alone",
            Self::Channels => "learned, three channels",
        }
    }

    fn of(self, features: &[f32]) -> Vec<f32> {
        let planes: &[usize] = match self {
            Self::Colour => &[0, 1, 2],
            Self::Green => &[0],
            Self::Channels => &[0, 3, 4],
        };
        let of_plane = |plane: &usize| features.iter().skip(plane * PLANE_FEATURES).take(PLANE_FEATURES);
        planes.iter().flat_map(of_plane).copied().collect()
    }
}

/// Trains on half of the photographs and tries on the others, a few times over.
pub(crate) fn learn(
    tiles: &[Tile],
    clean: &[Vec<f32>],
    stego: &[Vec<f32>],
    view: View,
    splits: u64,
    threads: usize,
) -> Separation {
    let seeds: Vec<u64> = (0..splits).collect();
    let outcomes = in_parallel(&seeds, threads, |seed| {
        let mut rng = ChaCha20Rng::seed_from_u64(*seed);
        let trains = half_of_photographs(tiles, &mut rng);
        let (training, trial): (Vec<usize>, Vec<usize>) =
            (0..tiles.len()).partition(|at| trains[tiles[*at].photograph]);
        let rows =
            |set: &[Vec<f32>]| -> Vec<Vec<f32>> { training.iter().map(|at| view.of(&set[*at])).collect() };
        let ensemble = Ensemble::train(&rows(clean), &rows(stego), &mut rng);
        let score =
            |set: &[Vec<f32>]| trial.iter().map(|at| ensemble.score(&view.of(&set[*at]))).collect::<Vec<_>>();
        Separation::of(&score(clean), &score(stego))
    });
    Separation::mean(&outcomes)
}

/// For each photograph, whether it is trained on.
fn half_of_photographs(tiles: &[Tile], rng: &mut ChaCha20Rng) -> Vec<bool> {
    let count = tiles.iter().map(|tile| tile.photograph + 1).max().unwrap_or(0);
    let mut order: Vec<(u32, usize)> = (0..count).map(|nth| (rng.next_u32(), nth)).collect();
    order.sort_unstable();
    let mut trains = vec![false; count];
    order.iter().take(count / 2).for_each(|(_, nth)| trains[*nth] = true);
    trains
}
