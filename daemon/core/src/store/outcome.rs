//! What the store answers, and what follows for others.
use bytes::Bytes;
use sotto_protocol::{
    AccessToken, AccountId, DeviceId, DeviceKey, IdentityKey, LogId, Reason, Refused, Response, RoomId,
};

use super::{Actor, LogState, Page};

/// The result of one write or query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What the asker gets.
    pub answer: Result<Answer, Refused>,
    /// What others who are here now must hear, in order. Empty after a refusal.
    pub news: Vec<News>,
}

impl Outcome {
    /// A refusal: nothing has changed.
    #[must_use]
    pub fn refused(refused: impl Into<Refused>) -> Self {
        Self { answer: Err(refused.into()), news: Vec::new() }
    }
    /// An answer that nobody else needs to hear of.
    #[must_use]
    pub const fn quiet(answer: Answer) -> Self {
        Self { answer: Ok(answer), news: Vec::new() }
    }
}

/// What the asker gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Goes to the client as it is.
    Reply(Box<Response>),
    /// A device is signed in.
    SignedIn(Box<Resume>),
    /// To check a proof.
    Device(Option<DeviceRecord>),
    /// To check a password.
    Login(Option<Box<LoginRecord>>),
    /// Whether an id is taken.
    Taken(bool),
    /// Entries.
    Page(Page),
    /// How many entries a sweep removed; more remain when it equals what was allowed.
    Swept(u32),
    /// Numbers for the admin.
    Counts(Counts),
}

/// What is in the store, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Accounts.
    pub accounts: u64,
    /// Devices.
    pub devices: u64,
    /// Rooms.
    pub rooms: u64,
    /// Entries that wait for somebody.
    pub entries: u64,
    /// Bytes of the database, its log included.
    pub bytes: u64,
    /// Unix milliseconds of the oldest entry; 0: none.
    pub oldest_entry_ms: u64,
    /// Open invites.
    pub invites: u64,
    /// Blobs.
    pub blobs: u64,
}

/// A device, as far as its sign-in needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceRecord {
    /// To check its proof.
    pub key: DeviceKey,
    /// It signed out and must come back by password.
    pub signed_out: bool,
    /// Its account is disabled.
    pub disabled: bool,
}

/// An account, as far as a login by password needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginRecord {
    /// The account.
    pub account: AccountId,
    /// Its identity key.
    pub identity_key: IdentityKey,
    /// OPAQUE's password file.
    pub password_file: Bytes,
    /// The identity key's secret half, sealed.
    pub recovery_blob: Bytes,
    /// The account is disabled.
    pub disabled: bool,
}

/// Everything that a session needs to go on where its device stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resume {
    /// Who.
    pub actor: Actor,
    /// Set where a token was made.
    pub token: Option<AccessToken>,
    /// For a bot's session: what it may do; `None` for a device, which may do everything.
    pub scopes: Option<Vec<String>>,
    /// Every log that the device reads, in the order of their ids.
    pub logs: Vec<LogState>,
    /// Accepted contacts of both sides, in the order of their ids: who may see this account, and be seen.
    pub friends: Vec<Friend>,
    /// Whether friends may see when it was last here.
    pub shares_last_seen: bool,
    /// Of the contacts.
    pub roster_revision: u64,
    /// Of the rooms.
    pub rooms_revision: u64,
    /// Single-use key packages left.
    pub key_packages: u32,
    /// The server's.
    pub incarnation: u64,
}

/// An accepted contact, as far as presence needs them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Friend {
    /// Who.
    pub account: AccountId,
    /// When one of their devices was last here, Unix milliseconds; 0: never, or not shared.
    pub last_seen_ms: u64,
}

/// What others who are here now must hear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// A log has a new last sequence.
    Grown {
        /// Which log.
        log: LogId,
        /// Its last sequence.
        head: u64,
    },
    /// An account's devices read a log from now on; they start after `head`.
    Joined {
        /// Which log.
        log: LogId,
        /// Whose devices.
        account: AccountId,
        /// Where they start.
        head: u64,
    },
    /// An account's devices no longer read a log.
    Left {
        /// Which log.
        log: LogId,
        /// Whose devices.
        account: AccountId,
    },
    /// Two accounts may see each other from now on.
    Befriended(AccountId, AccountId),
    /// Two accounts may no longer see each other.
    Parted(AccountId, AccountId),
    /// An account shares when it was last seen, or no longer.
    LastSeenShared(AccountId, bool),
    /// A device is out: its sessions end with this reason.
    DeviceOut(DeviceId, Reason),
    /// All devices of an account are out.
    AccountOut(AccountId, Reason),
    /// Somebody has seen a room up to here, and lets the others know.
    HasRead {
        /// Which room.
        room: RoomId,
        /// Who.
        account: AccountId,
        /// The last sequence seen.
        read: u64,
    },
}

/// The store's own trouble. It is logged once, here; the client hears a refusal without details.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// No room left. What was accepted is safe; new things are refused until there is room again.
    #[error("the disk is full: {0}")]
    Full(String),
    /// The file cannot be reached or locked just now.
    #[error("the store is not available: {0}")]
    Unavailable(String),
    /// A sync failed: what was not confirmed may or may not be on disk. The process must end and start from the disk.
    #[error("the disk did not confirm what was written: {0}")]
    Unconfirmed(String),
    /// The file is damaged. It is kept as it is for a person to look at.
    #[error("the store is damaged: {0}")]
    Damaged(String),
    /// A newer program wrote this store.
    #[error("the store has version {found}, this program knows {known}: install the newer program again")]
    TooNew {
        /// of the file
        found: u32,
        /// of the program
        known: u32,
    },
    /// Something that cannot be, and was.
    #[error("a mistake in the program: {0}")]
    Bug(String),
}

impl Fault {
    /// What the client hears.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        match self {
            Self::Full(_) => Reason::StoreFull,
            Self::Unavailable(_) | Self::Unconfirmed(_) => Reason::StoreUnavailable,
            Self::Damaged(_) | Self::TooNew { .. } | Self::Bug(_) => Reason::Internal,
        }
    }
}
