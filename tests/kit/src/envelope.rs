//! Envelopes for tests: an id and some bytes.
use bytes::Bytes;
use sotto_protocol::{Append, EntryKind, EnvelopeId, LogId, Sealed};
use uuid::Uuid;

/// A name for an envelope that nobody else makes: a UUIDv7.
#[must_use]
pub fn new_envelope_id() -> EnvelopeId {
    EnvelopeId::new(*Uuid::now_v7().as_bytes())
}

/// A message with a new name; what does not fit an envelope is left out.
#[must_use]
pub fn message(log: impl Into<LogId>, text: impl Into<Bytes>) -> Append {
    Append {
        log: log.into(),
        envelope_id: new_envelope_id(),
        kind: EntryKind::Message,
        sealed: Sealed::new(text).unwrap_or_default(),
        commit: None,
    }
}
