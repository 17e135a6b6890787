//! Groups as people live them: our wrapper against our server's checks, against mls-rs, against liars, crashes and loss.
#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "tests")]

mod flows;
mod interop;
mod lies;
mod other;
mod server;
mod simulation;
mod storage;
mod world;
