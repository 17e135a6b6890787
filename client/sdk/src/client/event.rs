//! What happens, for whoever shows it.
use sotto_protocol::{
    AccountEvent, AccountId, Change, Contact, DeviceEvent, EnvelopeId, Gap, Marks, Note, Presence, RoomEvent,
    RoomId, Tombstone,
};

use crate::{LinkError, vault::Message};

/// Something has happened. What must not be missed is in the vault as well.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::large_enum_variant, reason = "an event lives for a moment")]
pub enum Event {
    /// The connection stands and the lists are fresh.
    Online {
        /// what the server calls itself
        server_name: String,
    },
    /// There is no connection; another try follows by itself.
    Offline {
        /// why
        why: LinkError,
        /// when, milliseconds from now
        retry_ms: u64,
    },
    /// There is no connection, and another try makes no sense until somebody decides something.
    Ended(LinkError),
    /// Somebody wrote.
    Message(Message),
    /// The server has a message of ours.
    Sent {
        /// which
        envelope: EnvelopeId,
        /// where
        room: RoomId,
        /// where in it
        sequence: u64,
    },
    /// The server refused a message of ours for good.
    Failed {
        /// which
        envelope: EnvelopeId,
        /// a refusal's key
        reason: String,
    },
    /// Somebody is further in a room than before.
    Marks(Marks),
    /// A contact has changed, or is gone.
    Contact {
        /// as it is now
        contact: Contact,
        /// what they wrote when they asked
        note: Note,
        /// no longer there
        gone: bool,
    },
    /// I came to a room, or went.
    Room(RoomEvent),
    /// Who is in a room, or what it is called, has changed.
    Change(RoomId, Change),
    /// How a contact is.
    Presence(Presence),
    /// Somebody is writing.
    Typing {
        /// where
        room: RoomId,
        /// who
        account: AccountId,
    },
    /// Entries that will not come.
    Gap(Gap),
    /// A message of ours expired before everybody had it.
    Tombstone(Tombstone),
    /// Something happened to one of my devices.
    Device(DeviceEvent),
    /// Something happened to an account that I know.
    Account(AccountEvent),
    /// A line from the admin.
    Notice(String),
}
