//! What a bot's token may be used for, by the name of a scope.
use sotto_protocol::FrameType;

/// The scope that a request needs; `None`: every bot may.
#[must_use]
pub(super) const fn needed(kind: FrameType) -> Option<&'static str> {
    Some(match kind {
        FrameType::Ping
        | FrameType::Bye
        | FrameType::Hello
        | FrameType::Auth
        | FrameType::AccountShow
        | FrameType::PersonShow
        | FrameType::RoomList
        | FrameType::RoomMembers
        | FrameType::ContactList
        | FrameType::DeviceList
        | FrameType::KeyPackagesPut
        | FrameType::KeyStockShow
        | FrameType::Presence
        | FrameType::Deliver
        | FrameType::Gap
        | FrameType::Marks => return None,
        FrameType::Append
        | FrameType::Typing
        | FrameType::KeyPackagesClaim
        | FrameType::GroupInfoGet
        | FrameType::BlobOpen
        | FrameType::BlobPut
        | FrameType::BlobCommit => "send",
        FrameType::Ack | FrameType::Read | FrameType::BlobGet => "receive",
        FrameType::RoomCreate | FrameType::RoomChange | FrameType::RoomLeave => "rooms",
        FrameType::ContactRequest
        | FrameType::ContactAccept
        | FrameType::ContactDecline
        | FrameType::ContactBlock
        | FrameType::ContactUnblock
        | FrameType::ContactRemove
        | FrameType::ContactEdit
        | FrameType::PeopleSearch => "contacts",
        FrameType::PresenceSet | FrameType::PresenceGet => "presence",
        FrameType::PasswordStart
        | FrameType::Register
        | FrameType::LoginStart
        | FrameType::LoginFinish
        | FrameType::Enrol
        | FrameType::SignOut
        | FrameType::ProfileChange
        | FrameType::PasswordChange
        | FrameType::AccountDelete
        | FrameType::DeviceRename
        | FrameType::DeviceRevoke
        | FrameType::TokenCreate
        | FrameType::TokenList
        | FrameType::TokenRevoke
        | FrameType::InviteCreate
        | FrameType::InviteList
        | FrameType::InviteRevoke => "account",
    })
}

/// Every scope that there is.
pub(super) const ALL: [&str; 6] = ["send", "receive", "rooms", "contacts", "presence", "account"];
