//! What either side says without being asked.
use bytes::{Bytes, BytesMut};

use crate::{
    FrameType, Malformed,
    bound::{bound, bound_from_server},
    message,
};

macro_rules! pushes {
    ($(#[$meta:meta])* $set:ident by $bound:expr => $($name:ident)*) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[allow(missing_docs, clippy::large_enum_variant)]
        pub enum $set { $($name(message::$name),)* }

        impl $set {
            /// Reads a push of this type; `None` for a type that this side does not push, which is ignored.
            ///
            /// # Errors
            /// [`Malformed`] when the payload does not decode or is not valid.
            pub fn decode(kind: FrameType, payload: Bytes) -> Result<Option<Self>, Malformed> {
                let bound: fn(FrameType, &[u8]) -> Result<(), Malformed> = $bound;
                Ok(Some(match kind {
                    $(FrameType::$name => {
                        bound(kind, &payload)?;
                        Self::$name(message::$name::decode(payload)?)
                    })*
                    _ => return Ok(None),
                }))
            }
            /// The type of the frame that carries it.
            #[must_use]
            pub const fn frame_type(&self) -> FrameType {
                match self { $(Self::$name(_) => FrameType::$name,)* }
            }
            /// Appends it as a frame's payload.
            pub fn encode(self, out: &mut BytesMut) {
                match self { $(Self::$name(inner) => inner.encode(out),)* }
            }
        }
        impl message::Encode for $set {
            fn encode_payload(self, out: &mut BytesMut) {
                self.encode(out);
            }
        }
        $(impl From<message::$name> for $set {
            fn from(inner: message::$name) -> Self {
                Self::$name(inner)
            }
        })*
    };
}

pushes! {
    /// A push from a client.
    ClientPush by bound => Ack Typing Bye
}

pushes! {
    /// A push from the server.
    ServerPush by |_, payload| bound_from_server(payload) => Deliver Gap Marks Typing Presence Bye
}
