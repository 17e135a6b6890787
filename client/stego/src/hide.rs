//! Putting words into a cover.

use rand_core::{CryptoRng, RngCore};

use crate::carriers::{Bits, Carriers};
use crate::cover::Cover;
use crate::key::{Key, PictureKey, SALT_BYTES};
use crate::ladder::{HARD_PERCENT, SAFE_PERCENT};
use crate::pixels::Pixels;
use crate::png_file::{self, PngError};
use crate::reveal::{Revealed, reveal_with};
use crate::sealed::{self, OVERHEAD_BYTES};
use crate::stc::{self, Columns, Shape, WET, cheapest_flips};
use crate::{ladder, moves};

/// How often another salt is tried when the dry pixels of an odd cover cannot carry one.
const TRIES: usize = 8;

/// How much of a picture may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rate {
    /// 0.05 bits a pixel: what the detectors we know do no better than guess at.
    Safe,
    /// 0.3 bits a pixel: room for more, and a trained detector gains on it.
    Hard,
}

impl Rate {
    pub(crate) fn percent(self) -> usize {
        match self {
            Self::Safe => SAFE_PERCENT,
            Self::Hard => HARD_PERCENT,
        }
    }
}

/// Why words were not hidden.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HideError {
    /// More words than the cover holds at this rate.
    #[error(
        "the text has {bytes} bytes and this picture holds {capacity}; shorten it or choose a larger picture"
    )]
    TooLong {
        /// The text's length.
        bytes: usize,
        /// The most that would fit.
        capacity: usize,
    },
    /// The usable pixels lie so that the words cannot be coded.
    #[error("this picture has too little grain for so many words; choose another")]
    NoRoom,
    /// Argon2id did not get its 64 MiB.
    #[error("there is not enough memory to stretch the passphrase (64 MiB are needed)")]
    Memory,
    /// The finished picture did not give the words back; it was thrown away.
    #[error("the picture did not give the words back and was thrown away; this is a bug")]
    ReadBack,
    /// The encoder failed.
    #[error(transparent)]
    Png(#[from] PngError),
}

/// Hides the words and returns a PNG file. Before it is returned, the file is read back with the key.
///
/// Every call takes a fresh salt from `rng`, so the same words in the same cover change other pixels each time. That
/// does not make it wise to send one cover twice: see [`Fingerprint`](crate::Fingerprint).
///
/// # Errors
///
/// [`HideError::TooLong`] for more than [`Cover::capacity`] at this rate; the others as they say.
pub fn hide(
    cover: &Cover,
    words: &[u8],
    key: &Key,
    rate: Rate,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<Vec<u8>, HideError> {
    let step = step_for(cover, words.len(), rate)?;
    for _ in 0..TRIES {
        let mut salt = [0; SALT_BYTES];
        rng.fill_bytes(&mut salt);
        // Stretching comes first: its memory is given back before ours is taken.
        let picture_key = key.for_picture(&salt).ok_or(HideError::Memory)?;
        let sealed = sealed::seal(words, step, &picture_key).ok_or(HideError::NoRoom)?;
        if let Some(picture) = embed(cover, &salt, &sealed, &picture_key, rng) {
            let file = png_file::write(&picture)?;
            drop(picture);
            return read_back(file, words, &salt, picture_key);
        }
    }
    Err(HideError::NoRoom)
}

fn step_for(cover: &Cover, bytes: usize, rate: Rate) -> Result<usize, HideError> {
    let most = cover.step_at_most(rate);
    ladder::steps(cover.pixels().count())
        .into_iter()
        .find(|step| bytes + OVERHEAD_BYTES <= *step && *step <= most)
        .ok_or(HideError::TooLong { bytes, capacity: cover.capacity(rate) })
}

/// The cover with the salt and the sealed words in it; `None` if its dry pixels cannot say that.
fn embed(
    cover: &Cover,
    salt: &[u8; SALT_BYTES],
    sealed: &[u8],
    key: &PictureKey,
    rng: &mut (impl RngCore + CryptoRng),
) -> Option<Pixels> {
    let bits = Bits::of_picture(cover.pixels());
    let mut carriers = Carriers::deal(bits.size());
    carriers.shuffle(&key.order);
    let mut changed = flips(cover, &bits, carriers.public(), salt)?;
    changed.extend(flips(cover, &bits, carriers.private(), sealed)?);
    drop((bits, carriers));
    let mut picture = cover.pixels().clone();
    for pixel in changed {
        picture.nudge(pixel as usize, moves::is_up(pixel as usize, cover.lean(), rng));
    }
    Some(picture)
}

/// The pixels of `part` whose carrier has to change for it to say `bytes`.
fn flips(cover: &Cover, bits: &Bits, part: &[u32], bytes: &[u8]) -> Option<Vec<u32>> {
    let mut target = sealed::to_bits(bytes);
    let shape = Shape::new(part.len(), target.len())?;
    let columns = Columns::new(shape.width_max());
    let present = stc::extract(&bits.of(part), shape, &columns);
    target.iter_mut().zip(present).for_each(|(wanted, present)| *wanted ^= present);
    let costs = in_steps(part, cover.costs(), target.len());
    let chosen = cheapest_flips(&costs, &target, shape, &columns)?;
    Some(chosen.into_iter().filter_map(|at| part.get(at as usize).copied()).collect())
}

/// Costs as small whole numbers, finest where the choice will fall: around what the dearest of the changes will cost.
#[expect(clippy::cast_possible_truncation, reason = "clamped to COST_MAX first")]
fn in_steps(part: &[u32], costs: &[f32], bits: usize) -> Vec<i16> {
    const COST_OF_INTEREST: f32 = 400.0;
    const COST_MAX: f32 = 2400.0;
    let cost_of = |pixel: &u32| costs.get(*pixel as usize).copied().unwrap_or(f32::INFINITY);
    let mut sample: Vec<f32> = part.iter().map(cost_of).filter(|cost| cost.is_finite()).collect();
    if sample.is_empty() {
        return vec![WET; part.len()];
    }
    let nth = bits.min(sample.len() - 1);
    let (_, interest, _) = sample.select_nth_unstable_by(nth, f32::total_cmp);
    let scale = COST_OF_INTEREST / *interest;
    let step = |cost: f32| if cost.is_finite() { (cost * scale).clamp(1.0, COST_MAX) as i16 } else { WET };
    part.iter().map(|pixel| step(cost_of(pixel))).collect()
}

/// Goes the reader's way through the finished file. Only the stretching of a passphrase is not done again: it has
/// the same answer for the same salt, and any other salt fails here.
fn read_back(
    file: Vec<u8>,
    words: &[u8],
    salt: &[u8; SALT_BYTES],
    key: PictureKey,
) -> Result<Vec<u8>, HideError> {
    match reveal_with(&file, |found| (found == salt).then_some(key)) {
        Ok(Revealed::Words(found)) if *found == words => Ok(file),
        _ => Err(HideError::ReadBack),
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;

    /// A name, and the cost at a place between 0 and 1.
    type Profile = (&'static str, fn(f64) -> f64);

    const BOUND_TIMES: f64 = 1.25;

    /// The least mean cost at which this many bits can be carried by any code (Filler, Judas, Fridrich 2011).
    fn bound(costs: &[f32], bits: usize) -> f64 {
        let at = |lambda: f64| {
            costs.iter().fold((0.0, 0.0), |(entropy, cost), rho| {
                let p = 1.0 / (1.0 + (lambda * f64::from(*rho)).exp());
                let h = if p < 1e-12 { 0.0 } else { -p * p.log2() - (1.0 - p) * (1.0 - p).log2() };
                (entropy + h, cost + p * f64::from(*rho))
            })
        };
        let (mut low, mut high) = (0.0, 1e4);
        for _ in 0..60 {
            let middle = (low + high) / 2.0;
            if at(middle).0 > bits as f64 { low = middle } else { high = middle }
        }
        at(low).1
    }

    fn cost_over_bound(costs: &[f32], bits: usize, rng: &mut ChaCha20Rng) -> f64 {
        let part: Vec<u32> = (0..u32::try_from(costs.len()).unwrap()).collect();
        let shape = Shape::new(part.len(), bits).unwrap();
        let target: Vec<u8> = (0..bits).map(|_| (rng.next_u32() & 1) as u8).collect();
        let steps = in_steps(&part, costs, bits);
        let flips = cheapest_flips(&steps, &target, shape, &Columns::new(shape.width_max())).unwrap();
        flips.iter().map(|at| f64::from(costs[*at as usize])).sum::<f64>() / bound(costs, bits)
    }

    #[test]
    fn coding_costs_at_most_a_quarter_more_than_the_bound() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let mut unit = || f64::from(rng.next_u32()) / f64::from(u32::MAX);
        let profiles: [Profile; 3] = [
            ("constant", |_| 1.0),
            ("linear", |x| x.max(1e-3)),
            // What HILL gives on a photograph is near to this: few cheap pixels, a long dear tail.
            ("exponential", |x| (4.0 * x).exp()),
        ];
        for (name, profile) in profiles {
            let costs: Vec<f32> = (0..60_000).map(|_| profile(unit()) as f32).collect();
            for percent in [2, 5, 15, 30] {
                let mut rng = ChaCha20Rng::seed_from_u64(percent);
                let bits = costs.len() * usize::try_from(percent).unwrap() / 100;
                let ratio = cost_over_bound(&costs, bits, &mut rng);
                println!("{name} profile, {percent} % of a bit a carrier: {ratio:.3} times the bound");
                assert!((1.0..=BOUND_TIMES).contains(&ratio), "{name}, {percent} %: {ratio:.3}");
            }
        }
    }
}
