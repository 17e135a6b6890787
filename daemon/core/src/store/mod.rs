//! What the deciding code asks of the store, and what the store answers: the contract that both stores keep.
//!
//! A [`Write`] is one step of a transaction: it happens whole or not at all, and its [`Outcome`] is given only after the
//! commit that holds it is synced. Checks that need a durable fact (still a member? name free? epoch current?) are the
//! store's, made inside the transaction. What follows for others who are here now comes back as [`News`], in the order
//! of the commits.

mod log;
mod outcome;

use std::net::IpAddr;

use bytes::Bytes;
use sotto_protocol::{AccountId, DeviceId, Enrol, LogId, Pin, Register, Request, TokenId, UserName};

pub use log::{Entry, LogState, Missing, Page};
pub use outcome::{Answer, Counts, DeviceRecord, Fault, Friend, LoginRecord, News, Outcome, Resume};

/// Who asks: a signed-in device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Actor {
    /// Whose device.
    pub account: AccountId,
    /// Which.
    pub device: DeviceId,
}

/// 32 bytes of chance that come with every write. Whatever the store must make up (ids, codes, tokens) it derives from
/// them with [`Seed::derive`], so that two stores that are told the same answer the same.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Seed(pub [u8; 32]);

impl Seed {
    /// The `counter`-th 32 bytes made from this seed for this purpose: SHA-256 of seed, purpose, counter.
    #[must_use]
    pub fn derive(&self, purpose: &str, counter: u32) -> [u8; 32] {
        use sha2::Digest as _;
        let mut hash = sha2::Sha256::new();
        hash.update(self.0);
        hash.update(purpose.as_bytes());
        hash.update(counter.to_be_bytes());
        hash.finalize().into()
    }
}

impl std::fmt::Debug for Seed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seed(…)")
    }
}

/// SHA-256 of a secret (a token, an invite's code): what the store keeps instead of it.
pub type Hashed = [u8; 32];

/// The public handle of a token or invite: the first half of its hash.
#[must_use]
pub fn handle_of(hashed: &Hashed) -> [u8; 16] {
    let mut handle = [0; 16];
    handle.copy_from_slice(&hashed[..16]);
    handle
}

/// SHA-256 of a secret.
#[must_use]
pub fn hashed(secret: &[u8]) -> Hashed {
    use sha2::Digest as _;
    sha2::Sha256::digest(secret).into()
}

/// A wish to change something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// Unix milliseconds at which it was decided.
    pub wall_ms: u64,
    /// Chance.
    pub seed: Seed,
    /// What.
    pub change: Change,
}

/// What shall change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A new account with its first device, signed in at once. The certificate and the proof were checked; the invite,
    /// the names and the ids are for the store. Answers [`Answer::SignedIn`]. Repeating the same account, device and key
    /// answers the same again, so that a lost answer loses nothing.
    Register {
        /// What was asked.
        request: Box<Register>,
        /// Whether an invite is needed.
        invite_needed: bool,
        /// From where.
        source: IpAddr,
    },
    /// A device whose account proved its password. Certificate and proof were checked. A device of the account with the
    /// same id and key that was signed out comes back. Answers [`Answer::SignedIn`]; tells the account's other devices.
    Enrol {
        /// Whose.
        account: AccountId,
        /// What was asked.
        request: Box<Enrol>,
        /// From where.
        source: IpAddr,
    },
    /// A device that proved its key. Answers [`Answer::SignedIn`]. With a token that is still good nothing is written;
    /// without one (or past half of its life) a new one is made, and the account's other devices hear of the sign-in.
    SignIn {
        /// Who.
        actor: Actor,
        /// The hash of the token that was shown.
        token: Option<Hashed>,
        /// From where.
        source: IpAddr,
    },
    /// A bot, by its token alone. Answers [`Answer::SignedIn`].
    BotSignIn {
        /// Who it says it is: the device that the token was made for.
        actor: Actor,
        /// The hash of its token.
        token: Hashed,
        /// From where.
        source: IpAddr,
    },
    /// A signed-in device's request, of those that change something ([`is_change`]). Answers [`Answer::Reply`] with
    /// the response of the request's type.
    Ask {
        /// Who.
        actor: Actor,
        /// What.
        request: Box<Request>,
    },
    /// The admin's wish.
    Admin(AdminChange),
    /// Housekeeping: what is too old, too much, or passed by everybody goes; see [`Sweep`]. Answers [`Answer::Swept`].
    Sweep(Sweep),
}

/// What the admin may change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AdminChange {
    /// A new invite from nobody in particular. Answers [`Answer::Reply`] with `InviteCreated`.
    InviteCreate(sotto_protocol::InviteCreate),
    /// An invite goes. Answers [`Answer::Reply`] with `Done`.
    InviteRevoke(sotto_protocol::InviteRevoke),
    /// An account may no longer sign in (or may again). Answers [`Answer::Reply`] with `Done`.
    SetDisabled {
        /// Which account.
        account: AccountId,
        /// Whether it is disabled.
        disabled: bool,
    },
    /// An account goes, as if its owner had deleted it. Answers [`Answer::Reply`] with `Done`.
    AccountDelete(AccountId),
    /// One of anybody's devices goes. Answers [`Answer::Reply`] with `Done`.
    DeviceRevoke(DeviceId),
    /// A line into every inbox. Answers [`Answer::Reply`] with `Done`.
    Announce(String),
}

/// What is too old and what is too much, decided by policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sweep {
    /// Entries accepted before this (Unix milliseconds) expire.
    pub entries_before_ms: u64,
    /// Blobs whose time ended before this expire.
    pub now_ms: u64,
    /// At most this many entries go in one step, so that nobody waits long.
    pub at_most: u32,
}

/// What may be put off: no answer, newest wins, written with the next commit or after a few seconds. Losing one to a
/// power cut costs a repetition, never a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lazy {
    /// A device has stored everything of a log up to here.
    Advance {
        /// Which device.
        device: DeviceId,
        /// Which log.
        log: LogId,
        /// The last sequence.
        upto: u64,
    },
    /// A device was here.
    Seen {
        /// Which device.
        device: DeviceId,
        /// When, Unix milliseconds.
        wall_ms: u64,
        /// From where.
        source: IpAddr,
    },
}

/// A question that changes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Query {
    /// The key of a device, to check its proof. Answers [`Answer::Device`]; unknown ones get `None`.
    Device(Actor),
    /// What is needed for a login by password. Answers [`Answer::Login`]; unknown names and accounts without a password
    /// get `None`.
    Login(UserName),
    /// Whether an account id is taken. Answers [`Answer::Taken`].
    AccountTaken(AccountId),
    /// Entries of a log after a cursor. Answers [`Answer::Page`].
    Page {
        /// Which log.
        log: LogId,
        /// After which sequence.
        after: u64,
        /// How many entries at most.
        entries_max: u32,
        /// How many bytes of frames at most; one entry always fits.
        bytes_max: u32,
    },
    /// A signed-in device's request, of those that change nothing. Answers [`Answer::Reply`].
    Ask {
        /// Who.
        actor: Actor,
        /// What.
        request: Box<Request>,
    },
    /// Numbers for the admin. Answers [`Answer::Counts`].
    Counts,
}

/// Whether a request goes to the store as a change (else as a query).
#[must_use]
pub const fn is_change(request: &Request) -> bool {
    !matches!(
        request,
        Request::AccountShow(_)
            | Request::DeviceList(_)
            | Request::TokenList(_)
            | Request::InviteList(_)
            | Request::ContactList(_)
            | Request::PeopleSearch(_)
            | Request::PersonShow(_)
            | Request::KeyStockShow(_)
            | Request::GroupInfoGet(_)
            | Request::RoomList(_)
            | Request::RoomMembers(_)
            | Request::BlobGet(_)
    )
}

/// What the store keeps to, decided by policy and configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreLimits {
    /// Devices of an account.
    pub devices: u32,
    /// Contacts of an account.
    pub contacts: u32,
    /// Rooms of an account.
    pub rooms: u32,
    /// Members of a room.
    pub room_members: u32,
    /// Tokens of an account.
    pub tokens: u32,
    /// Open invites that a member may have; 0: only the admin invites.
    pub member_invites: u32,
    /// Default life of an invite, milliseconds.
    pub invite_lifetime_ms: u64,
    /// Life of an access token, milliseconds; slides with use.
    pub token_lifetime_ms: u64,
    /// Envelopes of one account that wait for somebody.
    pub account_entries: u64,
    /// Their bytes.
    pub account_bytes: u64,
    /// Envelopes that wait in one room.
    pub room_entries: u64,
    /// Their bytes.
    pub room_bytes: u64,
    /// Bytes of all blobs of one account.
    pub account_blob_bytes: u64,
    /// Bytes of one blob.
    pub blob_bytes: u64,
    /// Life of a blob, milliseconds.
    pub blob_lifetime_ms: u64,
    /// How long an envelope's id is remembered at least, milliseconds.
    pub envelope_id_memory_ms: u64,
    /// Bytes of recent entries that are kept in memory.
    pub tail_cache_bytes: u64,
}

impl Default for StoreLimits {
    fn default() -> Self {
        const DAY_MS: u64 = 24 * 60 * 60 * 1000;
        Self {
            devices: 8,
            contacts: 1000,
            rooms: 256,
            room_members: 1000,
            tokens: 32,
            member_invites: 5,
            invite_lifetime_ms: DAY_MS,
            token_lifetime_ms: 30 * DAY_MS,
            account_entries: 100_000,
            account_bytes: 256 * 1024 * 1024,
            room_entries: 100_000,
            room_bytes: 256 * 1024 * 1024,
            account_blob_bytes: 1024 * 1024 * 1024,
            blob_bytes: 100 * 1024 * 1024,
            blob_lifetime_ms: 14 * DAY_MS,
            envelope_id_memory_ms: 7 * DAY_MS,
            tail_cache_bytes: 4 * 1024 * 1024,
        }
    }
}

/// What the store knows of the box itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The TLS certificate and its key, DER, as made at the first start.
    pub certificate: Bytes,
    /// PKCS#8.
    pub certificate_key: Bytes,
    /// The pin that follows from the certificate.
    pub pin: Pin,
    /// OPAQUE's server setup, serialised.
    pub opaque_setup: Bytes,
    /// Raised when this server came back from a backup.
    pub incarnation: u64,
}

/// Names the token that a handle stands for.
#[must_use]
pub fn token_id(hashed: &Hashed) -> TokenId {
    TokenId::new(handle_of(hashed))
}
