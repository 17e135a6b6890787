//! A short hash for short ids.
//!
//! Ids are chosen by clients, so the hash has keys that differ from process to process and are never seen outside: one
//! folded multiplication a word, where the standard hash spends twenty times as long on protecting longer texts.
use std::{
    collections::HashMap,
    hash::{BuildHasher, Hasher, RandomState},
};

/// A map by ids or numbers.
pub(crate) type IdMap<K, V> = HashMap<K, V, Keys>;

/// The keys of this process's maps.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keys {
    start: u64,
    factor: u64,
}

impl Default for Keys {
    fn default() -> Self {
        let chance = RandomState::new();
        Self { start: chance.hash_one(1_u8), factor: chance.hash_one(2_u8) | 1 }
    }
}

impl BuildHasher for Keys {
    type Hasher = IdHasher;
    fn build_hasher(&self) -> IdHasher {
        IdHasher { state: self.start, factor: self.factor }
    }
}

pub(crate) struct IdHasher {
    state: u64,
    factor: u64,
}

impl IdHasher {
    fn fold(&mut self, word: u64) {
        let wide = u128::from(self.state ^ word).wrapping_mul(u128::from(self.factor));
        let [low, high] =
            [wide, wide >> 64].map(|half| u64::try_from(half & u128::from(u64::MAX)).unwrap_or(0));
        self.state = (low ^ high).rotate_left(29) ^ word;
    }
}

impl Hasher for IdHasher {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.fold(u64::from_le_bytes(word));
        }
    }
    fn write_u32(&mut self, number: u32) {
        self.fold(u64::from(number));
    }
    /// The length of an id says nothing: all have the same.
    fn write_usize(&mut self, _length: usize) {}
    fn finish(&self) -> u64 {
        self.state.wrapping_mul(self.factor)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn neighbours_are_spread_over_high_and_low_bits() {
        let keys = Keys { start: 0x243F_6A88_85A3_08D3, factor: 0x1319_8A2E_0370_7345 };
        let hashes: Vec<u64> = (0..4096_u32).map(|number| keys.hash_one(number)).collect();
        let low: BTreeSet<u64> = hashes.iter().map(|hash| hash & 0xFFF).collect();
        let high: BTreeSet<u64> = hashes.iter().map(|hash| hash >> 57).collect();
        assert!(low.len() > 2400 && high.len() == 128, "{} {}", low.len(), high.len());
        let ids: BTreeSet<u64> = (0..4096_u32)
            .map(|number| {
                let mut id = [7_u8; 16];
                id[12..].copy_from_slice(&number.to_be_bytes());
                keys.hash_one(id) & 0xFFF
            })
            .collect();
        assert!(ids.len() > 2400, "{}", ids.len());
    }
}
