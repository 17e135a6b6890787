//! The configuration file, as it is written: every key with its default.
use std::{net::SocketAddr, path::PathBuf};

use serde::Deserialize;
use toml::Spanned;

/// How one comes by an account.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum RegistrationWord {
    /// With an invite.
    #[default]
    Invite,
    /// Anybody who reaches the server.
    Open,
    /// Nobody.
    Closed,
}

/// What is logged.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// What is broken.
    Error,
    /// What should wake someone.
    Warn,
    /// What an admin reads in the evening.
    #[default]
    Info,
    /// Every connection, with its address.
    Debug,
    /// Every frame.
    Trace,
}

macro_rules! section {
    ($($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $ty:ty = $default:expr),* $(,)? })*) => { $(
        $(#[$meta])*
        #[derive(Clone, Debug, Deserialize, PartialEq)]
        #[serde(deny_unknown_fields, default)]
        pub struct $name { $($(#[$field_meta])* pub $field: $ty,)* }
        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default,)* }
            }
        }
    )* };
}

section! {
    /// `sottod.toml`. Every key has a default; an unknown key is a mistake.
    File {
        /// What the server calls itself; the host's name if absent.
        server_name: Option<Spanned<String>> = None,
        /// How one comes by an account.
        registration: RegistrationWord = RegistrationWord::Invite,
        /// Lines for people, shown at sign-in.
        notices: Spanned<Vec<Spanned<String>>> = unplaced(Vec::new()),
        /// Where it listens, and for whom.
        listen: Listen = Listen::default(),
        /// What it keeps, and how long.
        store: Store = Store::default(),
        /// What an account may have.
        accounts: Accounts = Accounts::default(),
        /// What a connection may do.
        limits: Limits = Limits::default(),
        /// What it says.
        log: Log = Log::default(),
        /// How the admin talks to it.
        control: Control = Control::default(),
        /// How it runs.
        process: Process = Process::default(),
    }
    /// Where it listens, and for whom.
    Listen {
        /// Addresses with ports.
        addresses: Spanned<Vec<SocketAddr>> = unplaced(super::default_addresses().to_vec()),
        /// Whether peers from outside private networks are served.
        public: bool = false,
        /// PEM, instead of the certificate that the server made itself.
        certificate: Option<Spanned<PathBuf>> = None,
        /// PEM, its key.
        key: Option<Spanned<PathBuf>> = None,
        /// Connections at once, strangers included.
        connections_max: Spanned<u32> = unplaced(12_000),
    }
    /// What it keeps, and how long.
    Store {
        /// Where.
        directory: Option<Spanned<PathBuf>> = None,
        /// How long a message waits for a device.
        retention_days: Spanned<u32> = unplaced(30),
        /// Recent messages kept in memory.
        tail_cache_mib: Spanned<u32> = unplaced(4),
        /// What may wait in one room.
        room_queue_mib: Spanned<u32> = unplaced(256),
        /// What of one account may wait for others.
        account_queue_mib: Spanned<u32> = unplaced(256),
        /// Attachments of one account.
        account_blobs_mib: Spanned<u32> = unplaced(1024),
        /// One attachment.
        blob_max_mib: Spanned<u32> = unplaced(100),
        /// How long attachments stay.
        blob_days: Spanned<u32> = unplaced(14),
    }
    /// What an account may have.
    Accounts {
        /// Devices.
        devices_max: Spanned<u32> = unplaced(8),
        /// Contacts.
        contacts_max: Spanned<u32> = unplaced(1000),
        /// Rooms.
        rooms_max: Spanned<u32> = unplaced(256),
        /// Members of one room.
        room_members_max: Spanned<u32> = unplaced(1000),
        /// Open invites; 0: only the admin invites.
        member_invites_max: Spanned<u32> = unplaced(5),
        /// How long an invite is good.
        invite_hours: Spanned<u32> = unplaced(24),
    }
    /// What a connection may do.
    Limits {
        /// Connections that have not signed in.
        strangers_max: Spanned<u32> = unplaced(128),
        /// Of those, from one address.
        strangers_per_source_max: Spanned<u32> = unplaced(16),
        /// Messages of one session, steadily; twice as many at once after a pause.
        appends_per_second: Spanned<u32> = unplaced(500),
        /// Other requests of one session, likewise.
        requests_per_second: Spanned<u32> = unplaced(200),
    }
    /// What it says.
    Log {
        /// How much.
        level: Level = Level::Info,
    }
    /// How the admin talks to it.
    Control {
        /// The Unix socket.
        socket: Option<Spanned<PathBuf>> = None,
        /// A group that may use it.
        group: Option<Spanned<String>> = None,
    }
    /// How it runs.
    Process {
        /// Threads that carry connections.
        threads: Spanned<u32> = unplaced(2),
    }
}

/// A value that stands in no file.
fn unplaced<T>(value: T) -> Spanned<T> {
    Spanned::new(0..0, value)
}
