//! What the server may know of a room's group: its public state. With it every change of keys is checked before it is
//! accepted, so that no member can break a room for the others, and nobody comes in whom the room does not have.
//!
//! Bytes in, bytes out: a store calls this inside its own transaction and keeps what comes out. There is no secret here
//! and nothing with which one could open an envelope. Nothing panics on what strangers send; decoding needs no thread of
//! its own, because the library (0.9.1 and later) bounds the depth of everything that nests and the sizes are bounded
//! here first: the deepest accepted input needs a few KiB of stack.
//!
//! One thing comes from outside that no argument says: the library holds the lifetime of a leaf that is *added* against
//! this machine's clock. Leaves are dated back by 7 days and live 84, so a clock may be that wrong; one that is further
//! off refuses additions (`commit.invalid`) until it is right, and nothing else.
//!
//! - [`found()`]: a new room. Its first commit starts from epoch 0, in which nobody but the creator is, so there is nothing
//!   to check it against: the group info with the tree beside it is the state.
//! - [`check()`]: every later commit.
//! - [`check_message`]: whether the members can still open what somebody sends.
//! - [`check_key_package`]: what a device leaves for others to add it by.
//! - [`with_tree`]: a welcome or group info as it is handed out, with the tree beside it.

mod check;
mod credential;
mod envelope;
mod found;
mod group_info;
mod key_package;
mod leaves;
mod memory;
mod message;
mod refused;
mod state;
mod verifier;

pub use check::{Asked, Checked, check};
pub use credential::{Credential, Leaf};
pub use envelope::{PAST_EPOCHS, check_message};
pub use found::found;
pub use key_package::{KeyPackageFacts, check_key_package};
pub use leaves::Roster;
pub use refused::Refused;
pub use state::{State, leaves, with_tree};

/// The one suite of version 1: MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519.
pub const SUITE: u16 = 0x0003;
