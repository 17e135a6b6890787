//! Tests with the real binaries; all of them are in `tests/all`. `cargo test -p sotto-e2e`.
//!
//! `SOTTO_ROUNDS` sets how many times the daemon is killed, `SOTTO_SEED` repeats a run of chance.
