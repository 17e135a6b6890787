//! Words that somebody sends: sealed, and not sealed so long ago that nobody has the keys any more.
use openmls::prelude::{ContentType, MlsMessageBodyIn, ProtocolMessage};
use sotto_protocol::{RoomId, limits::SEALED_MAX};

use crate::{Refused, message};

/// Epochs for which members keep the keys of messages that were under way. A client that keeps fewer loses words.
pub const PAST_EPOCHS: u64 = 5;

/// Checks what a message says on its outside: it is sealed, for this room, and its epoch is one that members still open.
/// An older one gets [`Refused::Epoch`]: its sender seals it anew, with the same envelope id, after catching up.
///
/// # Errors
/// [`Refused`] says what is wrong. What is inside nobody can see from here.
pub fn check_message(room: RoomId, current: u64, sealed: &[u8]) -> Result<(), Refused> {
    let MlsMessageBodyIn::PrivateMessage(message) = message::exactly(sealed, SEALED_MAX)? else {
        return Err(Refused::Form);
    };
    let message = ProtocolMessage::from(message);
    if message.group_id().as_slice() != room.as_bytes() {
        return Err(Refused::OtherGroup);
    }
    if message.content_type() != ContentType::Application {
        return Err(Refused::Form);
    }
    let epoch = message.epoch().as_u64();
    if (current.saturating_sub(PAST_EPOCHS)..=current).contains(&epoch) {
        Ok(())
    } else {
        Err(Refused::Epoch { current })
    }
}
