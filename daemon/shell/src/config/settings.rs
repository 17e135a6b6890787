//! The configuration after it was checked: what the rest of the program works with.
use std::{net::SocketAddr, ops::RangeInclusive, path::PathBuf};

use daemon_core::{
    gate::GateLimits,
    policy::{Policy, Rate, Rates},
    store::StoreLimits,
};
use sotto_protocol::{Registration, ServerName, limits};
use toml::Spanned;

use super::{File, Level, RegistrationWord, default_addresses, host_name};

/// Everything that an admin can decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// For the sessions.
    pub policy: Policy,
    /// For newcomers.
    pub gate: GateLimits,
    /// For the store.
    pub store: StoreLimits,
    /// Where to listen.
    pub addresses: Vec<SocketAddr>,
    /// Whether peers from outside private networks are served.
    pub public: bool,
    /// The admin's own certificate and its key, PEM.
    pub certificate: Option<(PathBuf, PathBuf)>,
    /// Connections at once.
    pub connections_max: u32,
    /// Where everything is kept, if decided.
    pub directory: Option<PathBuf>,
    /// How long a message waits for a device, milliseconds.
    pub retention_ms: u64,
    /// What is logged.
    pub level: Level,
    /// The control socket, if decided.
    pub control_socket: Option<PathBuf>,
    /// Who besides the owner may use it.
    pub control_group: Option<String>,
    /// Threads that carry connections.
    pub threads: usize,
}

/// A mistake: the bytes that hold it, and what it is.
pub(super) type Mistake = (std::ops::Range<usize>, String);

impl Settings {
    /// Checks what the file says.
    pub(super) fn of(file: &File) -> Result<Self, Mistake> {
        let (store, accounts, connection) = (&file.store, &file.accounts, &file.limits);
        let blob_bytes = mib(&store.blob_max_mib, 1..=4096)?;
        let room_members = within(&accounts.room_members_max, 2..=most(limits::ROOM_MEMBERS_MAX))?;
        let settings = Self {
            policy: Policy {
                server_name: server_name(file)?,
                registration: registration(file.registration),
                notices: notices(&file.notices)?,
                blob_max: blob_bytes,
                room_members_max: room_members,
                rates: Rates {
                    appends: rate(&connection.appends_per_second)?,
                    requests: rate(&connection.requests_per_second)?,
                    ..Policy::default().rates
                },
                ..Policy::default()
            },
            gate: gate(file)?,
            store: StoreLimits {
                devices: within(&accounts.devices_max, 1..=most(limits::DEVICES_MAX))?,
                contacts: within(&accounts.contacts_max, 1..=10_000)?,
                rooms: within(&accounts.rooms_max, 1..=10_000)?,
                room_members,
                member_invites: within(&accounts.member_invites_max, 0..=1000)?,
                invite_lifetime_ms: HOUR_MS * u64::from(within(&accounts.invite_hours, 1..=24 * 365)?),
                account_bytes: mib(&store.account_queue_mib, 1..=1_048_576)?,
                room_bytes: mib(&store.room_queue_mib, 1..=1_048_576)?,
                account_blob_bytes: mib(&store.account_blobs_mib, 1..=1_048_576)?,
                blob_bytes,
                blob_lifetime_ms: DAY_MS * u64::from(within(&store.blob_days, 1..=3650)?),
                tail_cache_bytes: mib(&store.tail_cache_mib, 0..=4096)?,
                ..StoreLimits::default()
            },
            addresses: addresses(&file.listen.addresses)?,
            public: file.listen.public,
            certificate: certificate(file)?,
            connections_max: within(&file.listen.connections_max, 16..=1_000_000)?,
            directory: file.store.directory.as_ref().map(absolute).transpose()?,
            retention_ms: DAY_MS * u64::from(within(&store.retention_days, 1..=3650)?),
            level: file.log.level,
            control_socket: file.control.socket.as_ref().map(absolute).transpose()?,
            control_group: file.control.group.as_ref().map(|group| group.get_ref().clone()),
            threads: within(&file.process.threads, 1..=64)? as usize,
        };
        Ok(settings)
    }

    /// Whether the addresses are what nobody has decided: then one that the machine lacks is no mistake.
    #[must_use]
    pub fn addresses_are_default(&self) -> bool {
        self.addresses == default_addresses()
    }
}

const HOUR_MS: u64 = 60 * 60 * 1000;
const DAY_MS: u64 = 24 * HOUR_MS;

fn gate(file: &File) -> Result<GateLimits, Mistake> {
    let strangers = within(&file.limits.strangers_max, 1..=100_000)?;
    Ok(GateLimits {
        strangers,
        strangers_per_source: within(&file.limits.strangers_per_source_max, 1..=100_000)?,
        early_drop_from: strangers.div_ceil(2),
        ..GateLimits::default()
    })
}

fn server_name(file: &File) -> Result<ServerName, Mistake> {
    match &file.server_name {
        Some(name) => ServerName::new(name.get_ref()).map_err(|wrong| {
            (name.span(), format!("this is no name for a server: {wrong}; 1 to 64 bytes of printable text"))
        }),
        None => Ok(ServerName::new(&host_name()).unwrap_or_else(|_| Policy::default().server_name)),
    }
}

const fn registration(word: RegistrationWord) -> Registration {
    match word {
        RegistrationWord::Invite => Registration::Invite,
        RegistrationWord::Open => Registration::Open,
        RegistrationWord::Closed => Registration::Closed,
    }
}

fn notices(notices: &Spanned<Vec<Spanned<String>>>) -> Result<Vec<String>, Mistake> {
    const NOTICES_MAX: usize = 8;
    const NOTICE_BYTES_MAX: usize = 500;
    let lines = notices.get_ref();
    if lines.len() > NOTICES_MAX {
        return Err((notices.span(), format!("at most {NOTICES_MAX} notices, not {}", lines.len())));
    }
    let fits = |text: &str| text.len() <= NOTICE_BYTES_MAX && !text.chars().any(char::is_control);
    match lines.iter().find(|line| !fits(line.get_ref())) {
        Some(line) => Err((line.span(), format!("a notice is one line of at most {NOTICE_BYTES_MAX} bytes"))),
        None => Ok(lines.iter().map(|line| line.get_ref().clone()).collect()),
    }
}

fn addresses(addresses: &Spanned<Vec<SocketAddr>>) -> Result<Vec<SocketAddr>, Mistake> {
    match addresses.get_ref().as_slice() {
        [] => Err((addresses.span(), "at least one address, or nobody can connect".to_owned())),
        some if some.len() > 16 => Err((addresses.span(), "at most 16 addresses".to_owned())),
        some => Ok(some.to_vec()),
    }
}

fn certificate(file: &File) -> Result<Option<(PathBuf, PathBuf)>, Mistake> {
    match (&file.listen.certificate, &file.listen.key) {
        (None, None) => Ok(None),
        (Some(certificate), Some(key)) => Ok(Some((absolute(certificate)?, absolute(key)?))),
        (Some(alone), None) => Err((alone.span(), "a certificate needs its `key` beside it".to_owned())),
        (None, Some(alone)) => Err((alone.span(), "a key needs its `certificate` beside it".to_owned())),
    }
}

fn absolute(path: &Spanned<PathBuf>) -> Result<PathBuf, Mistake> {
    if path.get_ref().is_absolute() {
        Ok(path.get_ref().clone())
    } else {
        Err((path.span(), "a path must begin with `/`".to_owned()))
    }
}

fn rate(per_second: &Spanned<u32>) -> Result<Rate, Mistake> {
    let per_second = within(per_second, 1..=1_000_000)?;
    Ok(Rate { per_second, burst: per_second * 2 })
}

fn mib(value: &Spanned<u32>, range: RangeInclusive<u32>) -> Result<u64, Mistake> {
    Ok(u64::from(within(value, range)?) * 1024 * 1024)
}

fn within(value: &Spanned<u32>, range: RangeInclusive<u32>) -> Result<u32, Mistake> {
    let found = *value.get_ref();
    if range.contains(&found) {
        return Ok(found);
    }
    Err((value.span(), format!("{found} is not between {} and {}", range.start(), range.end())))
}

fn most(limit: usize) -> u32 {
    u32::try_from(limit).unwrap_or(u32::MAX)
}
