//! The ways of hiding that are judged: ours, through its public face, and the two classics that must be caught.

use anyhow::Context;
use client_stego::{Cover, Key, Rate, hide};
use rand_chacha::ChaCha20Rng;
use rand_core::RngCore;

use crate::photographs::Tile;
use crate::picture::Picture;

/// Bytes of a sealed message that are not the message.
const OVERHEAD: usize = 20;

/// A way of hiding random bytes, at a rate in hundredths of a bit a pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Hider {
    /// Overwrites the lowest bits of samples drawn at random.
    LsbReplacement,
    /// Moves samples drawn at random up or down by one where their lowest bit is wrong.
    LsbMatching,
    /// The encoder of this project, on a picture that it scales itself, as it does with every JPEG.
    Ours,
    /// The same on a lossless picture that it takes as it is.
    OursUnscaled,
}

impl Hider {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::LsbReplacement => "LSB replacement",
            Self::LsbMatching => "LSB matching",
            Self::Ours => "sotto",
            Self::OursUnscaled => "sotto, lossless cover",
        }
    }

    /// Hides as many random bits as the rate says.
    pub(crate) fn hide(self, tile: &Tile, percent: usize, rng: &mut ChaCha20Rng) -> anyhow::Result<Picture> {
        let clean = &tile.clean;
        match self {
            Self::LsbReplacement => Ok(classic(clean, percent, rng, |value, _| value ^ 1)),
            Self::LsbMatching => Ok(classic(clean, percent, rng, |value, up| match (value, up) {
                (0, _) => 1,
                (u8::MAX, _) => u8::MAX - 1,
                (value, true) => value + 1,
                (value, false) => value - 1,
            })),
            Self::Ours => ours(&tile.cover()?, percent, rng),
            Self::OursUnscaled => ours(&Cover::read(&clean.to_png()?)?, percent, rng),
        }
    }
}

fn classic(
    tile: &Picture,
    percent: usize,
    rng: &mut ChaCha20Rng,
    change: impl Fn(u8, bool) -> u8,
) -> Picture {
    let mut stego = tile.clone();
    let per_mille_of_samples = u32::try_from(percent * 10 / 3).unwrap_or(0);
    for value in &mut stego.rgb {
        let draw = rng.next_u32();
        let carries = draw % 1000 < per_mille_of_samples;
        // Half of the random bits are there already.
        if carries && draw >> 31 == 1 {
            *value = change(*value, draw >> 30 & 1 == 1);
        }
    }
    stego
}

fn ours(cover: &Cover, percent: usize, rng: &mut ChaCha20Rng) -> anyhow::Result<Picture> {
    // The whole length of the ladder's step is sealed noise; what the seal and the length take is part of it.
    let step = step_max(cover) * percent / 30;
    let mut words = vec![0; step.checked_sub(OVERHEAD).context("The tile is too small for this rate")?];
    let mut secret = [0; 32];
    rng.fill_bytes(&mut words);
    rng.fill_bytes(&mut secret);
    let rate = if percent <= 5 { Rate::Safe } else { Rate::Hard };
    Picture::from_file(&hide(cover, &words, &Key::from_secret(secret), rate, rng)?)
}

/// Whether a cover takes our highest rate; the encoder refuses it to the others, so they cannot be judged at it.
pub(crate) fn takes_all_rates(cover: &Cover) -> bool {
    cover.capacity(Rate::Hard) + OVERHEAD == step_max(cover)
}

fn step_max(cover: &Cover) -> usize {
    let (width, height) = cover.size();
    width * height / 100 * 30 / 8
}
