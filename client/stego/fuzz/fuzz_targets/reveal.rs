//! Any bytes as a picture to look for words in: an answer or an error, never a panic, and memory stays bounded.
//! `cargo +nightly fuzz run reveal client/stego/fuzz/corpus`

#![no_main]

use client_stego::{Key, reveal};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|file: &[u8]| {
    let _ = reveal(file, &Key::from_secret([7; 32]));
});
