//! Any bytes as a cover: read, judged, and scaled, or refused with a reason.
//! `cargo +nightly fuzz run cover client/stego/fuzz/corpus`

#![no_main]

use client_stego::{Cover, judge};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|file: &[u8]| {
    if let Err(refusal) = judge(file) {
        assert!(!refusal.to_string().is_empty());
    }
    let _ = Cover::read_scaled(file, 300);
});
