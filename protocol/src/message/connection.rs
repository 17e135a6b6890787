//! How a connection begins, proves itself, stays alive and ends.
use crate::{
    AccountId, DeviceId, Listed, Malformed, Octets, ServerName, SessionId, Signature, Token, Wire, Wrong,
    limits::{FEATURE_BYTES_MAX, FEATURES_MAX},
    wire::{message, numbered},
};

/// A feature, a client's name: short, printable ASCII, never shown to a terminal unchecked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag(Box<str>);

impl Tag {
    /// Checks the text: at most 64 bytes of printable ASCII.
    ///
    /// # Errors
    /// [`Wrong`] says which rule it breaks.
    pub fn new(text: &str) -> Result<Self, Wrong> {
        if text.len() > FEATURE_BYTES_MAX {
            return Err(Wrong::Length { found: text.len(), min: 0, max: FEATURE_BYTES_MAX });
        }
        match text.chars().find(|c| !(c.is_ascii_graphic() || *c == ' ')) {
            Some(c) => Err(Wrong::Character { found: u32::from(c) }),
            None => Ok(Self(text.into())),
        }
    }
    /// A feature that nobody has, so that nobody comes to refuse what is new to them.
    #[must_use]
    pub fn grease(chance: u32) -> Self {
        Self(format!("grease-{chance:08x}").into())
    }
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Wire<String> for Tag {
    fn from_wire(wire: String) -> Result<Self, Malformed> {
        Ok(Self::new(&wire)?)
    }
    fn into_wire(self) -> String {
        self.0.into()
    }
}

numbered! {
    /// How one comes by an account here.
    Registration else Invite {
        /// With an invite.
        Invite,
        /// Anybody.
        Open,
        /// Nobody.
        Closed,
    }
    /// What an access token is good for.
    TokenType else Device {
        /// Only together with its device's signature.
        Device,
        /// Alone, within its scopes.
        Bot,
    }
}

message! {
    /// A client's first word.
    Hello {
        /// The lowest minor version that it speaks.
        min_minor: u32,
        /// The highest.
        max_minor: u32,
        /// Abilities; unknown ones are ignored.
        features: Listed<Tag, FEATURES_MAX>,
        /// Name and version, for the admin's eyes only.
        client: Tag,
        /// Which language the person reads.
        language: Tag,
    }
    /// The server's answer to [`Hello`].
    Welcome {
        /// The minor version that both speak.
        minor: u32,
        /// Abilities.
        features: Listed<Tag, FEATURES_MAX>,
        /// What this server takes at most.
        limits: Limits,
        /// What it calls itself.
        server_name: ServerName,
        /// Its clock, Unix milliseconds; for showing only.
        time_ms: u64,
        /// How one comes by an account.
        registration: Registration,
        /// Lines for people, from the admin.
        notices: Listed<String, 8>,
    }
    /// What a server takes at most, see [`crate::limits`].
    Limits {
        /// Bytes of a frame after sign-in.
        frame_max: u32,
        /// Requests without an answer.
        requests_in_flight: u32,
        /// Envelopes without an acknowledgement.
        envelopes_unacknowledged: u32,
        /// Their bytes.
        bytes_unacknowledged: u32,
        /// Silence before PING, milliseconds.
        ping_after_ms: u32,
        /// Silence before the end, milliseconds.
        dead_after_ms: u32,
        /// Bytes of an envelope's payload.
        sealed_max: u32,
        /// Bytes of a blob.
        blob_max: u64,
        /// Members of a room.
        room_members_max: u32,
    }
    /// A known device signs in.
    Auth {
        /// Whose device.
        account: AccountId,
        /// Which.
        device: DeviceId,
        /// By the device key over [`crate::device_proof`]; a bot's token needs none.
        signature: Option<Signature>,
        /// The access token of the last sign-in.
        token: Option<Token>,
    }
    /// The device is signed in.
    SignedIn {
        /// Whose device.
        account: AccountId,
        /// Which.
        device: DeviceId,
        /// This connection, by a name that the admin sees too.
        session: SessionId,
        /// An access token, only when it is new.
        token: Option<AccessToken>,
        /// Changes with every change of the contacts.
        roster_revision: u64,
        /// Changes with every change of the rooms.
        rooms_revision: u64,
        /// Single-use key packages left.
        key_packages: u32,
        /// Raised when the server came back from a backup.
        incarnation: u64,
    }
    /// A secret that stands for a sign-in.
    AccessToken {
        /// The secret.
        token: Token,
        /// What it is good for.
        token_type: TokenType,
        /// Unix milliseconds; slides with use.
        expires_ms: u64,
        /// What a bot may do with it.
        scopes: Listed<Tag, 8>,
    }
    /// Are you there?
    Ping {}
    /// I am.
    Pong {
        /// The server's clock, Unix milliseconds.
        time_ms: u64,
    }
    /// It is done, and there is nothing to add.
    Done {}
    /// The last frame of a connection.
    Bye {
        /// A refusal's key.
        reason: String,
        /// Milliseconds; `u32::MAX`: do not come back by yourself.
        reconnect_after_ms: u32,
    }
    /// A *no* as it came over the wire; [`crate::Refused`] is how it is made.
    Refusal {
        /// gRPC's canonical number.
        code: u32,
        /// Stable; may be one that this build does not know.
        reason: String,
        /// The same bytes may be sent again.
        retryable: bool,
        /// When.
        retry_after_ms: u32,
        /// Facts.
        detail: std::collections::BTreeMap<String, String>,
        /// English, for logs.
        message: String,
    }
}

impl Wire<String> for String {
    fn from_wire(wire: String) -> Result<Self, Malformed> {
        Ok(wire)
    }
    fn into_wire(self) -> String {
        self
    }
}

impl Wire<std::collections::BTreeMap<String, String>> for std::collections::BTreeMap<String, String> {
    fn from_wire(wire: Self) -> Result<Self, Malformed> {
        Ok(wire)
    }
    fn into_wire(self) -> Self {
        self
    }
}

/// An OPAQUE message (RFC 9807): the server's cryptography looks into it, nobody else.
pub type Opaque = Octets<1, { crate::limits::OPAQUE_MAX }>;
