//! Hiding bytes in pictures, and finding them again.
//!
//! ```text
//! file ── Cover::read ──► Cover ── hide(words, key, rate, rng) ──► PNG file ── reveal(key) ──► words
//!         decode, upright,         seal, code, change the            or nothing, or why it cannot
//!         scale, judge             cheapest pixels, read back        hold any
//! ```
//!
//! The crate is pure: randomness comes in as an argument, and there is no clock and no file in it. What it hides from
//! whom, and what not, is in `docs/HIDING.md`.

#![cfg_attr(
    test,
    allow(
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "tests draw with small numbers"
    )
)]

mod carriers;
mod cost;
mod cover;
mod hide;
mod key;
mod ladder;
mod lean;
mod moves;
mod pixels;
mod png_file;
mod reveal;
mod sealed;
mod stc;
mod verdict;

pub use cover::{Cover, CoverError, FILE_BYTES_MAX, Fingerprint, Format, PIXELS_MAX, SIDE_MAX, SIDE_MIN};
pub use hide::{HideError, Rate, hide};
pub use key::{EmptyPassphrase, Key};
pub use png_file::PngError;
pub use reveal::{Recompressed, RevealError, Revealed, reveal};
pub use verdict::{OutputError, Risk, Verdict, check_output_name, judge};
