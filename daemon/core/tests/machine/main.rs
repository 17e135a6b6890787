//! The session machine: what comes in, and exactly what must go out.
#![allow(clippy::unwrap_used, clippy::panic, unreachable_pub, missing_docs)]
mod delivery;
mod presence;
mod ready;
mod router;
mod sign_in;
mod strangers;
mod world;
