//! The real binaries and everything that may happen to them: absence, restarts, kills, abuse, a full disk, a thief.
#![allow(
    clippy::cast_possible_truncation,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    missing_docs
)]

mod abuse;
mod accounts;
mod blobs;
mod chance;
mod cli;
mod crowd;
mod disk;
mod ear;
mod kill;
mod limits;
mod middle;
mod road;
mod slow;
