//! Everything that fuzzing ever starts from or found is tried again on every run, and so is damage to good pictures.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod pictures;

use std::path::Path;

use client_stego::{Cover, Key, judge, reveal};
use pictures::{Drawing, times};
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};

fn survive(file: &[u8]) {
    let _ = reveal(file, &Key::from_secret([7; 32]));
    if let Err(refusal) = judge(file) {
        assert!(!refusal.to_string().is_empty());
    }
    let _ = Cover::read_scaled(file, 300);
}

#[test]
fn the_corpus_is_survived() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        survive(&std::fs::read(entry.unwrap().path()).unwrap());
        count += 1;
    }
    assert!(count >= 10, "{count}");
}

#[test]
fn good_pictures_with_damage_anywhere_are_survived() {
    let drawing = Drawing::photo(270, 260, 1);
    let files = [drawing.png(), drawing.jpeg(), drawing.webp(), drawing.bmp()];
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let mut below = |end: usize| usize::try_from(rng.next_u32()).unwrap() % end;
    for _ in 0..times(60) {
        let mut file = files[below(4)].clone();
        // Headers decide most, so half of the damage goes there.
        for _ in 0..1 + below(4) {
            let end = if below(2) == 0 { 64 } else { file.len() };
            let at = below(end);
            file[at] = u8::try_from(below(256)).unwrap();
        }
        if below(4) == 0 {
            file.truncate(below(file.len()));
        }
        survive(&file);
    }
}
