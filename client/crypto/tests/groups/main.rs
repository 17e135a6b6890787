//! Groups as people live them: our wrapper against our server's checks, against mls-rs, against liars, crashes and loss.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod flows;
mod world;
