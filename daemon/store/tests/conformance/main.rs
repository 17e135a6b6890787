//! What every store must do, over both of them.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::needless_pass_by_value,
    clippy::cast_possible_truncation,
    clippy::large_enum_variant,
    reason = "these are tests: what goes wrong shall stop them"
)]

#[macro_use]
mod kit;

mod append;
