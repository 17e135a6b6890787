//! Every request, read once from its frame: what exists here has been checked and is bounded.
use bytes::Bytes;

use crate::{FrameType, Malformed, Wrong, bound::bound, message};

macro_rules! requests {
    ($($name:ident($inner:ty))*) => {
        /// A valid request.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[allow(missing_docs, clippy::large_enum_variant)]
        pub enum Request { $($name($inner),)* }

        impl Request {
            /// Reads a request of this type; `None` for a type that is no request.
            ///
            /// # Errors
            /// [`Malformed`] when the payload is too long for its type, has too many fields, does not decode or is not
            /// valid.
            pub fn decode(kind: FrameType, payload: Bytes) -> Result<Option<Self>, Malformed> {
                Ok(Some(match kind {
                    $(FrameType::$name => {
                        bound(kind, &payload)?;
                        Self::$name(<$inner>::decode(payload)?)
                    })*
                    FrameType::Bye | FrameType::Presence | FrameType::Deliver | FrameType::Ack | FrameType::Gap
                    | FrameType::Marks | FrameType::Typing => return Ok(None),
                }))
            }
            /// The type of the frame that carries it.
            #[must_use]
            pub const fn frame_type(&self) -> FrameType {
                match self { $(Self::$name(_) => FrameType::$name,)* }
            }
            /// Appends it as a frame's payload.
            pub fn encode(self, out: &mut bytes::BytesMut) {
                match self { $(Self::$name(inner) => inner.encode(out),)* }
            }
        }
        $(impl From<$inner> for Request {
            fn from(inner: $inner) -> Self {
                Self::$name(inner)
            }
        })*
    };
}

requests! {
    Hello(message::Hello) Auth(message::Auth) Ping(message::Ping)
    PasswordStart(message::PasswordStart) Register(message::Register) LoginStart(message::LoginStart)
    LoginFinish(message::LoginFinish) Enrol(message::Enrol) SignOut(message::SignOut)
    AccountShow(message::AccountShow) ProfileChange(message::ProfileChange)
    PasswordChange(message::PasswordChange) AccountDelete(message::AccountDelete)
    DeviceList(message::DeviceList) DeviceRename(message::DeviceRename) DeviceRevoke(message::DeviceRevoke)
    TokenCreate(message::TokenCreate) TokenList(message::TokenList) TokenRevoke(message::TokenRevoke)
    InviteCreate(message::InviteCreate) InviteList(message::InviteList) InviteRevoke(message::InviteRevoke)
    ContactRequest(message::ContactRequest) ContactAccept(message::ContactAccept)
    ContactDecline(message::ContactDecline) ContactBlock(message::ContactBlock)
    ContactUnblock(message::ContactUnblock) ContactRemove(message::ContactRemove)
    ContactEdit(message::ContactEdit) ContactList(message::ContactList)
    PeopleSearch(message::PeopleSearch) PersonShow(message::PersonShow)
    PresenceSet(message::PresenceSet) PresenceGet(message::PresenceGet)
    Append(message::Append) Read(message::Read)
    KeyPackagesPut(message::KeyPackagesPut) KeyStockShow(message::KeyStockShow)
    KeyPackagesClaim(message::KeyPackagesClaim) GroupInfoGet(message::GroupInfoGet)
    RoomCreate(message::RoomCreate) RoomChange(message::RoomChange) RoomLeave(message::RoomLeave)
    RoomList(message::RoomList) RoomMembers(message::RoomMembers)
    BlobOpen(message::BlobOpen) BlobPut(message::BlobPut) BlobGet(message::BlobGet) BlobCommit(message::BlobCommit)
}

impl message::PersonShow {
    /// Reads the message from a frame's payload.
    ///
    /// # Errors
    /// [`Malformed`] when the bytes do not decode or a field is not valid.
    pub fn decode(payload: Bytes) -> Result<Self, Malformed> {
        let wire =
            <crate::pb::PersonShow as prost::Message>::decode(payload).map_err(|_| Wrong::Undecodable)?;
        crate::Wire::from_wire(wire)
    }
    /// Appends the message as a frame's payload.
    pub fn encode(self, out: &mut bytes::BytesMut) {
        use prost::Message as _;
        let wire = crate::Wire::<crate::pb::PersonShow>::into_wire(self);
        out.reserve(wire.encoded_len());
        wire.encode_raw(out);
    }
}

impl message::Encode for Request {
    fn encode_payload(self, out: &mut bytes::BytesMut) {
        self.encode(out);
    }
}
