//! Which pixel carries what: a public sixteenth for the salt, in an order that anyone can compute, and the rest for
//! the sealed words, in an order that only the key gives.

use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};
use sha2::{Digest, Sha256};

use crate::pixels::{Pixels, Size};

const PUBLIC_SHARE: usize = 16;
const PUBLIC_ORDER: &[u8] = b"sotto/stego/1 public carriers";

/// Every pixel of a picture of some size, dealt into the two parts.
pub(crate) struct Carriers {
    pixels: Vec<u32>,
    public_count: usize,
}

impl Carriers {
    /// Deals the pixels of a picture of this size. Only the size decides, so both sides deal the same way.
    pub(crate) fn deal((width, height): Size) -> Self {
        let mut hash = Sha256::new_with_prefix(PUBLIC_ORDER);
        hash.update((width as u64).to_be_bytes());
        hash.update((height as u64).to_be_bytes());
        let mut rng = ChaCha20Rng::from_seed(hash.finalize().into());
        let count = u32::try_from(width * height).unwrap_or(u32::MAX);
        let mut pixels: Vec<u32> = (0..count).collect();
        let public_count = pixels.len() / PUBLIC_SHARE;
        shuffle_front(&mut pixels, public_count, &mut rng);
        Self { pixels, public_count }
    }

    /// Puts the private part into the key's order.
    pub(crate) fn shuffle(&mut self, seed: &[u8; 32]) {
        let mut rng = ChaCha20Rng::from_seed(*seed);
        let private = &mut self.pixels[self.public_count..];
        let count = private.len();
        shuffle_front(private, count, &mut rng);
    }

    /// The pixels that hold the salt.
    pub(crate) fn public(&self) -> &[u32] {
        &self.pixels[..self.public_count]
    }

    /// The pixels that hold the words.
    pub(crate) fn private(&self) -> &[u32] {
        &self.pixels[self.public_count..]
    }
}

/// The carrier bit of every pixel: green's lowest.
pub(crate) struct Bits {
    size: Size,
    bits: Vec<u8>,
}

impl Bits {
    pub(crate) fn of_picture(picture: &Pixels) -> Self {
        Self { size: picture.size(), bits: picture.iter().map(|[_, green, _]| green & 1).collect() }
    }

    pub(crate) fn size(&self) -> Size {
        self.size
    }

    /// Those of these pixels, in their order.
    pub(crate) fn of(&self, pixels: &[u32]) -> Vec<u8> {
        pixels.iter().map(|pixel| self.bits.get(*pixel as usize).copied().unwrap_or(0)).collect()
    }
}

/// Fisher and Yates, stopped after `count`: the front is then a random draw, in random order.
fn shuffle_front(items: &mut [u32], count: usize, rng: &mut ChaCha20Rng) {
    for at in 0..count.min(items.len()) {
        let left = (items.len() - at) as u128;
        // Multiplying a 64-bit draw down leaves a bias of 2^-43 at most: nothing next to what a shuffle must hide.
        let offset = (u128::from(rng.next_u64()) * left) >> 64;
        items.swap(at, at + usize::try_from(offset).unwrap_or(0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pixel_is_dealt_once() {
        let mut carriers = Carriers::deal((60, 41));
        carriers.shuffle(&[7; 32]);
        let mut all: Vec<u32> = carriers.public().iter().chain(carriers.private()).copied().collect();
        all.sort_unstable();
        assert_eq!(all, (0..60 * 41).collect::<Vec<u32>>());
        assert_eq!(carriers.public().len(), 60 * 41 / 16);
    }

    #[test]
    fn the_size_alone_decides_the_public_part_and_the_key_the_other() {
        let (mut one, mut two) = (Carriers::deal((60, 41)), Carriers::deal((60, 41)));
        assert_ne!(one.public(), Carriers::deal((41, 60)).public());
        one.shuffle(&[1; 32]);
        two.shuffle(&[2; 32]);
        assert_eq!(one.public(), two.public());
        assert_ne!(one.private(), two.private());
    }
}
