//! Names made of bytes: a type for every id and every key, so that none can stand in another's place.
use bytes::Bytes;

use crate::{Malformed, Wire, Wrong};

macro_rules! fixed {
    ($($(#[$meta:meta])* $name:ident [$len:literal] $shown:tt)*) => { $(
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; $len]);

        impl $name {
            /// How many bytes it has.
            pub const LEN: usize = $len;

            /// Wraps the bytes.
            #[must_use]
            pub const fn new(bytes: [u8; $len]) -> Self {
                Self(bytes)
            }
            /// The bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; $len] {
                &self.0
            }
            /// Wraps a slice of exactly the right length.
            #[must_use]
            pub fn from_slice(bytes: &[u8]) -> Option<Self> {
                bytes.try_into().ok().map(Self)
            }
        }
        impl Wire<Bytes> for $name {
            fn from_wire(wire: Bytes) -> Result<Self, Malformed> {
                Self::from_slice(&wire)
                    .ok_or(Wrong::Length { found: wire.len(), min: $len, max: $len }.into())
            }
            fn into_wire(self) -> Bytes {
                Bytes::copy_from_slice(&self.0)
            }
        }
        /// Absent is the empty byte string.
        impl Wire<Bytes> for Option<$name> {
            fn from_wire(wire: Bytes) -> Result<Self, Malformed> {
                if wire.is_empty() { Ok(None) } else { $name::from_wire(wire).map(Some) }
            }
            fn into_wire(self) -> Bytes {
                self.map_or_else(Bytes::new, Wire::into_wire)
            }
        }
        fixed!(@show $name $shown);
    )* };
    (@show $name:ident shown) => {
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(self, f)
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }
    };
    (@show $name:ident hidden) => {
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}

fixed! {
    /// An account on this server.
    AccountId [16] shown
    /// One key holder of an account.
    DeviceId [16] shown
    /// An ordered log that its members write to and read from.
    RoomId [16] shown
    /// Any log: a room's has the room's id, an inbox has its device's.
    LogId [16] shown
    /// Made once by the sender and kept with the draft (a UUIDv7, so that neighbours in time are neighbours on disk).
    EnvelopeId [16] shown
    /// One live connection of one device.
    SessionId [16] shown
    /// An access token's public handle: the first half of its SHA-256.
    TokenId [16] shown
    /// An invite's public handle.
    InviteId [16] shown
    /// The SHA-256 of an attachment's sealed bytes, which is its name.
    BlobId [32] shown
    /// The SHA-256 of the server's certificate (DER).
    Pin [32] shown
    /// Public Ed25519 key of an account.
    IdentityKey [32] shown
    /// Public Ed25519 key of a device.
    DeviceKey [32] shown
    /// Public X25519 key of a device.
    AgreementKey [32] shown
    /// An Ed25519 signature.
    Signature [64] shown
    /// The secret of an access token.
    Token [32] hidden
    /// The secret of an invite.
    InviteCode [16] hidden
}

impl From<RoomId> for LogId {
    fn from(room: RoomId) -> Self {
        Self(room.0)
    }
}

impl From<DeviceId> for LogId {
    /// The device's inbox.
    fn from(device: DeviceId) -> Self {
        Self(device.0)
    }
}

impl From<LogId> for RoomId {
    /// The room of this log, if the log is a room's: whoever looks it up will see.
    fn from(log: LogId) -> Self {
        Self(log.0)
    }
}
