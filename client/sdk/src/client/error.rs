//! Why something could not be done.
use sotto_protocol::{UserName, Wrong};

use crate::{LinkError, content::TooLong, profile::ProfileError, sign_in::SignInError, vault::VaultError};

/// Why something could not be done.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The server said no, or is not there.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The local store said no.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The profile cannot be used.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// The password or what belongs to it is not right.
    #[error(transparent)]
    SignIn(SignInError),
    /// This profile has an account already.
    #[error("this profile belongs to {0} already")]
    AlreadyJoined(UserName),
    /// This profile has no account.
    #[error("this profile has not joined a server yet")]
    NotJoined,
    /// Nobody of this name is known, here or on the server.
    #[error("no one called {0:?}")]
    NoSuchPerson(String),
    /// I am in no room of this name.
    #[error("no group called {0:?}")]
    NoSuchRoom(String),
    /// Several groups have this name.
    #[error("several groups are called {0:?}")]
    Ambiguous(String),
    /// A text of a kind that is not allowed there.
    #[error("{what} is not allowed like that: {wrong}")]
    Text {
        /// which text
        what: &'static str,
        /// what is wrong with it
        wrong: Wrong,
    },
    /// More than one message may hold.
    #[error(transparent)]
    TooLong(#[from] TooLong),
    /// It did not happen in time.
    #[error("it did not happen in time")]
    TimedOut,
}

impl From<SignInError> for ClientError {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::Link(error) => Self::Link(error),
            SignInError::Password(_) | SignInError::Recovery(_) => Self::SignIn(error),
        }
    }
}

impl ClientError {
    /// For `map_err`: this text is not allowed.
    pub(crate) fn text(what: &'static str) -> impl Fn(Wrong) -> Self {
        move |wrong| Self::Text { what, wrong }
    }
}
