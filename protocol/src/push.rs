//! What either side says without being asked.
use bytes::Bytes;

use crate::{FrameType, Malformed, message, request::bound};

/// A push from a client.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ClientPush {
    Ack(message::Ack),
    Typing(message::Typing),
    Bye(message::Bye),
}

impl ClientPush {
    /// Reads a push of this type; `None` for a type that clients do not push, which is ignored.
    ///
    /// # Errors
    /// [`Malformed`] when the payload does not decode or is not valid.
    pub fn decode(kind: FrameType, payload: Bytes) -> Result<Option<Self>, Malformed> {
        Ok(Some(match kind {
            FrameType::Ack => {
                bound(kind, &payload)?;
                Self::Ack(message::Ack::decode(payload)?)
            }
            FrameType::Typing => {
                bound(kind, &payload)?;
                Self::Typing(message::Typing::decode(payload)?)
            }
            FrameType::Bye => {
                bound(kind, &payload)?;
                Self::Bye(message::Bye::decode(payload)?)
            }
            _ => return Ok(None),
        }))
    }
}

/// A push from the server.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, clippy::large_enum_variant)]
pub enum ServerPush {
    Deliver(message::Deliver),
    Gap(message::Gap),
    Marks(message::Marks),
    Typing(message::Typing),
    Presence(message::Presence),
    Bye(message::Bye),
}

impl ServerPush {
    /// Reads a push of this type; `None` for a type that servers do not push, which is ignored.
    ///
    /// # Errors
    /// [`Malformed`] when the payload does not decode or is not valid.
    pub fn decode(kind: FrameType, payload: Bytes) -> Result<Option<Self>, Malformed> {
        Ok(Some(match kind {
            FrameType::Deliver => Self::Deliver(message::Deliver::decode(payload)?),
            FrameType::Gap => Self::Gap(message::Gap::decode(payload)?),
            FrameType::Marks => Self::Marks(message::Marks::decode(payload)?),
            FrameType::Typing => Self::Typing(message::Typing::decode(payload)?),
            FrameType::Presence => Self::Presence(message::Presence::decode(payload)?),
            FrameType::Bye => Self::Bye(message::Bye::decode(payload)?),
            _ => return Ok(None),
        }))
    }
}
