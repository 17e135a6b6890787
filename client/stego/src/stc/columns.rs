//! The columns of the trellis code's small matrix. They are part of the format: changing them makes old pictures
//! unreadable, so a test pins them.

use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};

use super::HEIGHT;

const SEED: [u8; 32] = *b"sotto/stego/1 trellis columns...";

/// One column for each carrier of a row; a shorter row uses the first ones.
#[derive(Debug)]
pub(crate) struct Columns(Vec<u16>);

impl Columns {
    /// Makes the first `count` columns: each touches its own row and the furthest one, and none comes twice before
    /// all have come.
    pub(crate) fn new(count: usize) -> Self {
        let mut rng = ChaCha20Rng::from_seed(SEED);
        let mut columns = Vec::with_capacity(count);
        let mut deck: Vec<u16> = Vec::new();
        while columns.len() < count {
            if deck.is_empty() {
                deck = (0..1u16 << (HEIGHT - 2)).collect();
            }
            let pick = rng.next_u32() as usize % deck.len();
            columns.push(1 | deck.swap_remove(pick) << 1 | 1 << (HEIGHT - 1));
        }
        Self(columns)
    }

    pub(crate) fn as_slice(&self) -> &[u16] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_pinned() {
        assert_eq!(Columns::new(4).as_slice(), Columns::new(300).as_slice().split_at(4).0);
    }

    #[test]
    fn a_column_touches_its_own_row_and_the_furthest() {
        assert!(Columns::new(700).as_slice().iter().all(|c| c & 1 == 1 && c >> (HEIGHT - 1) == 1));
    }
}
