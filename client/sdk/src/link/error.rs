//! What can go wrong between a request and its answer.
use std::collections::BTreeMap;

use sotto_protocol::{Malformed, Pin, Reason};

/// Why there is no answer, or no connection.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// Nobody answers there.
    #[error("no answer from {address}: {why}")]
    Unreachable {
        /// `host:port`
        address: String,
        /// in the system's words
        why: String,
    },
    /// Somebody answers, but it is not the server whose pin we know. Never go on.
    #[error("this is not the server you joined: its identity is {found}, expected {expected}")]
    WrongServer {
        /// what the invite said
        expected: Pin,
        /// what was shown
        found: Pin,
    },
    /// Somebody answers, but does not speak Sotto.
    #[error("{address} does not speak Sotto: {why}")]
    NotSotto {
        /// `host:port`
        address: String,
        /// what the handshake said
        why: String,
    },
    /// The server said no to this request; the connection goes on.
    #[error("refused: {0}")]
    Refused(Box<Refusal>),
    /// The server ended the connection and said why.
    #[error("the server said good-bye: {reason}")]
    Bye {
        /// a refusal's key
        reason: String,
        /// when to come back; `u32::MAX`: not by itself
        reconnect_after_ms: u32,
    },
    /// Nothing was heard for too long.
    #[error("nothing was heard from the server for {after_ms} ms")]
    Silent {
        /// how long
        after_ms: u64,
    },
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// We closed it ourselves.
    #[error("the connection was closed")]
    Closed,
    /// The server sent what a server must not send.
    #[error("the server sent something that makes no sense: {0}")]
    Nonsense(String),
}

/// A *no* from the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Why, if this build knows the key.
    pub reason: Option<Reason>,
    /// Why: the stable key.
    pub key: String,
    /// gRPC's canonical number.
    pub code: u32,
    /// The same request may be sent again.
    pub retryable: bool,
    /// When; 0: not known.
    pub retry_after_ms: u32,
    /// Facts.
    pub detail: BTreeMap<String, String>,
}

impl LinkError {
    /// The server's reason, where it said no.
    #[must_use]
    pub fn reason(&self) -> Option<Reason> {
        match self {
            Self::Refused(refusal) => refusal.reason,
            Self::Bye { reason, .. } => Reason::from_key(reason),
            Self::Unreachable { .. }
            | Self::WrongServer { .. }
            | Self::NotSotto { .. }
            | Self::Silent { .. }
            | Self::Broken(_)
            | Self::Closed
            | Self::Nonsense(_) => None,
        }
    }

    /// Whether the connection still stands.
    #[must_use]
    pub const fn is_refusal(&self) -> bool {
        matches!(self, Self::Refused(_))
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.key)?;
        self.detail.iter().try_for_each(|(key, value)| write!(f, " {key}={value}"))
    }
}

impl From<sotto_protocol::Refusal> for Refusal {
    fn from(wire: sotto_protocol::Refusal) -> Self {
        Self {
            reason: Reason::from_key(&wire.reason),
            key: wire.reason,
            code: wire.code,
            retryable: wire.retryable,
            retry_after_ms: wire.retry_after_ms,
            detail: wire.detail,
        }
    }
}

impl From<Refusal> for LinkError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(Box::new(refusal))
    }
}

impl From<Malformed> for LinkError {
    fn from(fault: Malformed) -> Self {
        Self::Nonsense(fault.to_string())
    }
}
