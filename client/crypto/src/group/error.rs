//! Why something with a group was not done. After any of these the caller rolls its transaction back.
use openmls::prelude::{ProcessMessageError, ValidationError};

use super::{CredentialError, StorageError};

/// Why it was not done. Nothing may be kept of it: the transaction is rolled back, and the room with it.
#[derive(Debug, thiserror::Error)]
pub enum GroupError {
    /// More bytes, or more devices at once, than is allowed.
    #[error("that is larger than what may be sent or taken")]
    TooLarge,
    /// Not the bytes that belong here.
    #[error("these bytes are not what belongs here")]
    Form,
    /// A leaf is not what it claims to be.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// It is bound to another room, envelope or sender than the server says.
    #[error("it is bound to another room, envelope or sender than the server says")]
    Binding,
    /// It belongs to a later epoch: changes are missing here.
    #[error("it belongs to epoch {epoch}, which is ahead of ours")]
    Ahead {
        /// Its epoch.
        epoch: u64,
    },
    /// It belongs to an epoch whose keys are gone.
    #[error("it belongs to epoch {epoch}, whose keys are gone")]
    Past {
        /// Its epoch.
        epoch: u64,
    },
    /// It cannot be opened: forged, repeated, or from a sender whose state went back.
    #[error("it cannot be opened: {0}")]
    Unreadable(String),
    /// The group's own rules forbid it.
    #[error("it is not valid: {0}")]
    Invalid(String),
    /// Our rules forbid it.
    #[error("it breaks a rule: {0}")]
    Forbidden(&'static str),
    /// A change of our own waits for its answer.
    #[error("a change of our own waits for its answer")]
    Pending,
    /// No change of our own waits for an answer.
    #[error("no change of our own waits for an answer")]
    NothingPending,
    /// This device is in the room already.
    #[error("this device is in the room already")]
    Exists,
    /// The welcome is for a key package that this device does not have (any more).
    #[error("the welcome is for a key package that this device does not have")]
    NoKeyPackage,
    /// This device is not in the group.
    #[error("this device is not in the group")]
    NotMember,
    /// The state could not be kept.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The library failed where it should not.
    #[error("the MLS library failed: {0}")]
    Library(&'static str),
}

/// Anything that the library's rules say no to.
pub(crate) fn invalid(fault: impl std::fmt::Display) -> GroupError {
    GroupError::Invalid(fault.to_string())
}

impl From<ProcessMessageError<StorageError>> for GroupError {
    fn from(fault: ProcessMessageError<StorageError>) -> Self {
        match fault {
            ProcessMessageError::StorageError(fault) => Self::Storage(fault),
            ProcessMessageError::ValidationError(ValidationError::UnableToDecrypt(fault)) => {
                Self::Unreadable(fault.to_string())
            }
            other => invalid(other),
        }
    }
}
