//! A refusal: a *no* that goes on the wire, with a number and a stable reason.
use std::{collections::BTreeMap, fmt};

use bytes::BytesMut;
use prost::Message as _;

use crate::{Malformed, pb};

include!("generated/reason.rs");

/// gRPC's canonical codes, as far as they are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
#[allow(missing_docs)]
pub enum Code {
    InvalidArgument = 3,
    DeadlineExceeded = 4,
    NotFound = 5,
    AlreadyExists = 6,
    PermissionDenied = 7,
    ResourceExhausted = 8,
    FailedPrecondition = 9,
    Aborted = 10,
    OutOfRange = 11,
    Unimplemented = 12,
    Internal = 13,
    Unavailable = 14,
    Unauthenticated = 16,
}

/// A reason with what this one case adds to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Why.
    pub reason: Reason,
    /// Milliseconds after which the same request may succeed; 0 where waiting does not help or is not known.
    pub retry_after_ms: u32,
    /// Facts that programs may use: `field`, `limit`, `epoch`.
    pub detail: BTreeMap<String, String>,
}

impl Refused {
    /// The bare reason.
    #[must_use]
    pub const fn new(reason: Reason) -> Self {
        Self { reason, retry_after_ms: 0, detail: BTreeMap::new() }
    }
    /// Adds a fact.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl fmt::Display) -> Self {
        self.detail.insert(key.to_owned(), value.to_string());
        self
    }
    /// Says when to try again.
    #[must_use]
    pub const fn retry_after(mut self, ms: u32) -> Self {
        self.retry_after_ms = ms;
        self
    }
    /// Appends the refusal as a frame's payload.
    pub fn encode(&self, out: &mut BytesMut) {
        let wire = pb::Refusal {
            code: self.reason.code() as u32,
            reason: self.reason.as_str().to_owned(),
            retryable: self.reason.retryable(),
            retry_after_ms: self.retry_after_ms,
            detail: self.detail.clone(),
            message: self.reason.english().to_owned(),
        };
        out.reserve(wire.encoded_len());
        wire.encode_raw(out);
    }
}

impl From<Reason> for Refused {
    fn from(reason: Reason) -> Self {
        Self::new(reason)
    }
}

impl From<Malformed> for Refused {
    fn from(fault: Malformed) -> Self {
        Self::new(Reason::RequestMalformed).with("field", &fault.field).with("wrong", fault.wrong)
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason.as_str())?;
        self.detail.iter().try_for_each(|(key, value)| write!(f, " {key}={value}"))
    }
}

impl std::error::Error for Refused {}
