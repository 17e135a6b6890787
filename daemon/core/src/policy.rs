//! What the admin has decided, as numbers that the deciding code keeps to.
use sotto_protocol::{Registration, ServerName, limits};

/// Everything that configuration can change about the server's decisions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// What the server calls itself.
    pub server_name: ServerName,
    /// How one comes by an account here.
    pub registration: Registration,
    /// Lines for people, shown at sign-in.
    pub notices: Vec<String>,
    /// Bytes of a frame after sign-in.
    pub frame_max: u32,
    /// Requests of one session that wait for an answer.
    pub requests_in_flight: u32,
    /// Envelopes delivered and not yet acknowledged.
    pub envelopes_unacknowledged: u32,
    /// Their bytes.
    pub bytes_unacknowledged: u32,
    /// Milliseconds of silence before PING.
    pub ping_after_ms: u32,
    /// Milliseconds of silence before the end.
    pub dead_after_ms: u32,
    /// Milliseconds until HELLO, and from there until sign-in.
    pub hello_deadline_ms: u32,
    /// Bytes of one blob.
    pub blob_max: u64,
    /// Members of a room.
    pub room_members_max: u32,
    /// What one session may do how fast.
    pub rates: Rates,
}

/// What one session may do how fast: a steady rate and what may be saved up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rates {
    /// Writes to logs.
    pub appends: Rate,
    /// Searches, look-ups of people, claims of key packages: what a stranger's list could be made from.
    pub lookups: Rate,
    /// Everything else.
    pub requests: Rate,
}

/// A steady rate and what may be saved up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many a second.
    pub per_second: u32,
    /// How many at once after a pause.
    pub burst: u32,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            server_name: ServerName::new("sotto").unwrap_or_else(|_| unreachable!("a printable name")),
            registration: Registration::Invite,
            notices: Vec::new(),
            frame_max: limits::FRAME_MAX,
            requests_in_flight: limits::REQUESTS_IN_FLIGHT_MAX,
            envelopes_unacknowledged: limits::UNACKNOWLEDGED_MAX,
            bytes_unacknowledged: limits::UNACKNOWLEDGED_BYTES_MAX,
            ping_after_ms: limits::PING_AFTER_MS,
            dead_after_ms: limits::DEAD_AFTER_MS,
            hello_deadline_ms: limits::HELLO_DEADLINE_MS,
            blob_max: limits::BLOB_MAX,
            room_members_max: 1000,
            rates: Rates {
                appends: Rate { per_second: 500, burst: 1000 },
                lookups: Rate { per_second: 10, burst: 60 },
                requests: Rate { per_second: 200, burst: 400 },
            },
        }
    }
}
