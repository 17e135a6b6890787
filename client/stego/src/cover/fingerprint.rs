//! What a client remembers of a used cover: two pictures that differ only in hidden words show them to whoever has
//! both, so no cover serves twice.

use sha2::{Digest, Sha256};

use crate::pixels::Pixels;

const GRID: usize = 16;
const LOOK_BYTES: usize = GRID * GRID / 8;

/// Looks that differ in no more than this many of their 256 bits are one picture.
const LOOK_DISTANCE_MAX: u32 = 12;

/// Tells a picture again, also when it was scaled, saved anew or already carries words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    exact: [u8; 32],
    look: [u8; LOOK_BYTES],
}

impl Fingerprint {
    /// Bytes of a stored fingerprint.
    pub const BYTES: usize = 32 + LOOK_BYTES;

    pub(super) fn of(pixels: &Pixels) -> Self {
        let mut hash = Sha256::new();
        hash.update((pixels.width() as u64).to_be_bytes());
        hash.update(pixels.rgb());
        Self { exact: hash.finalize().into(), look: look(pixels) }
    }

    /// Whether both are of the same picture.
    pub fn is_same_picture(&self, other: &Self) -> bool {
        let apart: u32 = self.look.iter().zip(other.look).map(|(a, b)| (a ^ b).count_ones()).sum();
        self.exact == other.exact || apart <= LOOK_DISTANCE_MAX
    }

    /// The form to store.
    pub fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        bytes[..32].copy_from_slice(&self.exact);
        bytes[32..].copy_from_slice(&self.look);
        bytes
    }

    /// Reads the stored form.
    pub fn from_bytes(bytes: [u8; Self::BYTES]) -> Self {
        let (mut exact, mut look) = ([0; 32], [0; LOOK_BYTES]);
        exact.copy_from_slice(&bytes[..32]);
        look.copy_from_slice(&bytes[32..]);
        Self { exact, look }
    }
}

/// For each cell of a grid, whether it is brighter than its right neighbour; the last one wraps to the first.
fn look(pixels: &Pixels) -> [u8; LOOK_BYTES] {
    let mut sums = [0u64; GRID * GRID];
    let mut counts = [0u64; GRID * GRID];
    for (at, pixel) in pixels.iter().enumerate() {
        let (x, y) = (at % pixels.width(), at / pixels.width());
        let cell = y * GRID / pixels.height() * GRID + x * GRID / pixels.width();
        sums[cell] += pixel.iter().map(|channel| u64::from(*channel)).sum::<u64>();
        counts[cell] += 1;
    }
    let mean = |cell: usize| sums[cell] * 16 / counts[cell].max(1);
    let mut bits = [0; LOOK_BYTES];
    for cell in 0..GRID * GRID {
        let right = cell / GRID * GRID + (cell + 1) % GRID;
        bits[cell / 8] |= u8::from(mean(cell) > mean(right)) << (cell % 8);
    }
    bits
}
