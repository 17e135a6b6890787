//! Every frame type, once: its number, its name, and how long its payload may be.
use crate::limits::{CHUNK_MAX, FRAME_BEFORE_SIGN_IN_MAX, FRAME_MAX};

/// What most requests need at the very most.
const SHORT: u32 = 16 * 1024;
/// Before sign-in nothing needs more.
const STRANGER: u32 = 4 * 1024;
const PUT: u32 = 32 + 8 + 64 * 1024;
const _: () = assert!(
    PUT as usize == 32 + 8 + CHUNK_MAX
        && STRANGER <= FRAME_BEFORE_SIGN_IN_MAX
        && PUT <= FRAME_MAX
        && SHORT <= FRAME_MAX
);

macro_rules! frame_types {
    ($($(#[$meta:meta])* $name:ident = $number:literal [$payload_max:expr])*) => {
        /// The type of a frame. A response or refusal has its request's type.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u16)]
        pub enum FrameType { $($(#[$meta])* $name = $number,)* }

        impl FrameType {
            /// Every type, in the order of its number.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The type with this number.
            #[must_use]
            pub const fn from_number(number: u16) -> Option<Self> {
                match number { $($number => Some(Self::$name),)* _ => None }
            }
            /// The number in the header.
            #[must_use]
            pub const fn number(self) -> u16 {
                self as u16
            }
            /// The name in the specification.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }
            /// Bytes of payload that a client may send with this type, checked before anything is decoded.
            #[must_use]
            pub const fn payload_max(self) -> u32 {
                match self { $(Self::$name => $payload_max,)* }
            }
        }
    };
}

frame_types! {
    /// Request: the first frame of a connection.
    Hello = 0x0001 [STRANGER]
    /// Request: a known device signs in, resumes and subscribes.
    Auth = 0x0002 [STRANGER]
    /// Request, either way: are you there?
    Ping = 0x0003 [64]
    /// Push, either way: the last frame.
    Bye = 0x0004 [256]

    /// Request: OPAQUE registration, first half.
    PasswordStart = 0x0101 [STRANGER]
    /// Request: a new account with its first device.
    Register = 0x0102 [STRANGER]
    /// Request: OPAQUE login, KE1.
    LoginStart = 0x0103 [STRANGER]
    /// Request: OPAQUE login, KE3.
    LoginFinish = 0x0104 [STRANGER]
    /// Request: a new device after a login.
    Enrol = 0x0105 [STRANGER]
    /// Request: this device is done here.
    SignOut = 0x0106 [64]
    /// Request: my own account.
    AccountShow = 0x0107 [64]
    /// Request: change my profile.
    ProfileChange = 0x0108 [STRANGER]
    /// Request: a new password, or none.
    PasswordChange = 0x0109 [STRANGER]
    /// Request: my account goes, for good.
    AccountDelete = 0x010A [256]
    /// Request: an account's devices.
    DeviceList = 0x0110 [256]
    /// Request: name one of my devices.
    DeviceRename = 0x0111 [256]
    /// Request: one of my devices goes.
    DeviceRevoke = 0x0112 [256]
    /// Request: a token for a bot of mine.
    TokenCreate = 0x0118 [STRANGER]
    /// Request: my tokens.
    TokenList = 0x0119 [64]
    /// Request: a token goes.
    TokenRevoke = 0x011A [256]
    /// Request: an invite.
    InviteCreate = 0x0120 [1024]
    /// Request: my invites.
    InviteList = 0x0121 [64]
    /// Request: an invite goes.
    InviteRevoke = 0x0122 [256]

    /// Request: ask somebody to be a contact.
    ContactRequest = 0x0130 [1024]
    /// Request: say yes.
    ContactAccept = 0x0131 [256]
    /// Request: say no.
    ContactDecline = 0x0132 [256]
    /// Request: hear nothing of somebody.
    ContactBlock = 0x0133 [256]
    /// Request: hear of them again.
    ContactUnblock = 0x0134 [256]
    /// Request: end it.
    ContactRemove = 0x0135 [256]
    /// Request: my remark and labels.
    ContactEdit = 0x0136 [STRANGER]
    /// Request: a page of my contacts.
    ContactList = 0x0137 [256]
    /// Request: a page of people.
    PeopleSearch = 0x0140 [1024]
    /// Request: one person.
    PersonShow = 0x0141 [256]
    /// Request: how I want to be seen.
    PresenceSet = 0x0148 [64]
    /// Request: how some contacts are.
    PresenceGet = 0x0149 [SHORT]
    /// Push from the server: a contact's presence.
    Presence = 0x014A [0]

    /// Request: the one write.
    Append = 0x0201 [FRAME_MAX]
    /// Push from the server: one entry of a log.
    Deliver = 0x0202 [0]
    /// Push from the client: stored up to here.
    Ack = 0x0203 [256]
    /// Push from the server: these will not come.
    Gap = 0x0204 [0]
    /// Request: my read mark.
    Read = 0x0205 [256]
    /// Push from the server: how far somebody is.
    Marks = 0x0206 [0]
    /// Push, either way: somebody is writing.
    Typing = 0x0207 [256]

    /// Request: key packages of this device.
    KeyPackagesPut = 0x0301 [FRAME_MAX]
    /// Request: how many are left.
    KeyStockShow = 0x0302 [64]
    /// Request: a key package of each of their devices.
    KeyPackagesClaim = 0x0303 [STRANGER]
    /// Request: what is needed to rejoin a room.
    GroupInfoGet = 0x0304 [256]

    /// Request: a new room.
    RoomCreate = 0x0401 [FRAME_MAX]
    /// Request: who is in a room, and what it is called.
    RoomChange = 0x0402 [FRAME_MAX]
    /// Request: I go.
    RoomLeave = 0x0403 [256]
    /// Request: a page of my rooms.
    RoomList = 0x0404 [256]
    /// Request: a page of a room's members.
    RoomMembers = 0x0405 [256]

    /// Request: a new attachment, or how far it has come.
    BlobOpen = 0x0501 [256]
    /// Request, raw payload: a chunk.
    BlobPut = 0x0502 [PUT]
    /// Request, raw response: a piece.
    BlobGet = 0x0503 [256]
    /// Request: it is whole.
    BlobCommit = 0x0504 [256]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_leads_back_to_its_type() {
        for kind in FrameType::ALL {
            assert_eq!(FrameType::from_number(kind.number()), Some(*kind));
        }
        assert_eq!(FrameType::from_number(0x7E00), None);
    }
}
