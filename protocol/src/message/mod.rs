//! The messages, a family a file: what is valid of each, beside the generated shape of the same name.
mod account;
mod connection;
mod keys;
mod people;
mod room;

pub use account::*;
pub use connection::*;
pub use keys::*;
pub use people::*;
pub use room::*;

/// Anything that can be a frame's payload.
pub trait Encode {
    /// Appends the payload.
    fn encode_payload(self, out: &mut bytes::BytesMut);
}
