//! Every answer, by the request that it belongs to.
use bytes::{Bytes, BytesMut};

use crate::{FrameType, Malformed, bound::bound_from_server, message};

macro_rules! responses {
    ($($name:ident: $($kind:ident)|+;)*) => {
        /// A valid answer. Which one a request gets is fixed by its type.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[allow(missing_docs, clippy::large_enum_variant)]
        pub enum Response {
            $($name(message::$name),)*
            /// A piece of a blob, raw.
            Piece(Bytes),
        }

        impl Response {
            /// Reads the answer to a request of this type; `None` for a type that is no request.
            ///
            /// # Errors
            /// [`Malformed`] when the payload has too many fields, does not decode or is not valid.
            pub fn decode(kind: FrameType, payload: Bytes) -> Result<Option<Self>, Malformed> {
                Ok(Some(match kind {
                    $($(FrameType::$kind)|+ => {
                        bound_from_server(&payload)?;
                        Self::$name(message::$name::decode(payload)?)
                    })*
                    FrameType::BlobGet => Self::Piece(payload),
                    FrameType::Bye | FrameType::Presence | FrameType::Deliver | FrameType::Ack | FrameType::Gap
                    | FrameType::Marks | FrameType::Typing => return Ok(None),
                }))
            }
            /// Appends it as a frame's payload.
            pub fn encode(self, out: &mut BytesMut) {
                match self {
                    $(Self::$name(inner) => inner.encode(out),)*
                    Self::Piece(bytes) => out.extend_from_slice(&bytes),
                }
            }
        }
        impl message::Encode for Response {
            fn encode_payload(self, out: &mut BytesMut) {
                self.encode(out);
            }
        }
        $(impl From<message::$name> for Response {
            fn from(inner: message::$name) -> Self {
                Self::$name(inner)
            }
        })*
    };
}

responses! {
    Welcome: Hello;
    SignedIn: Auth | Register | Enrol;
    Pong: Ping;
    PasswordChallenge: PasswordStart;
    LoginChallenge: LoginStart;
    LoginProved: LoginFinish;
    Done: SignOut | ProfileChange | PasswordChange | AccountDelete | DeviceRename | DeviceRevoke | TokenRevoke
        | InviteRevoke | ContactDecline | ContactBlock | ContactUnblock | ContactRemove | PresenceSet | Read | BlobPut;
    AccountInfo: AccountShow;
    Devices: DeviceList;
    TokenCreated: TokenCreate;
    Tokens: TokenList;
    InviteCreated: InviteCreate;
    Invites: InviteList;
    Contact: ContactRequest | ContactAccept | ContactEdit;
    Contacts: ContactList;
    People: PeopleSearch;
    Person: PersonShow;
    Presences: PresenceGet;
    Accepted: Append | RoomChange | RoomLeave;
    KeyStock: KeyPackagesPut | KeyStockShow;
    ClaimedPackages: KeyPackagesClaim;
    GroupInfo: GroupInfoGet;
    RoomCreated: RoomCreate;
    Rooms: RoomList;
    Members: RoomMembers;
    BlobState: BlobOpen | BlobCommit;
}
