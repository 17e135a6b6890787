//! Why the process ended, as a number that an init system can read.
use std::{fmt::Display, io, path::Path};

use crate::config::ConfigFault;

/// Everything that ends the process before its time.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The command line makes no sense: 64.
    #[error("{0}")]
    Usage(String),
    /// A mistake of the program: 70.
    #[error("A mistake in the program: {0}")]
    Bug(String),
    /// The machine does not give what is needed (disk, sockets): 74.
    #[error("{0}")]
    Machine(String),
    /// The configuration is wrong: 78.
    #[error("{0}")]
    Config(#[from] ConfigFault),
}

impl Failure {
    /// The machine refused something; `doing` is what was tried, as in "While reading …".
    pub(crate) fn machine(doing: impl Display, why: impl Display) -> Self {
        Self::Machine(format!("While {doing}: {why}"))
    }

    /// A file could not be used.
    #[must_use]
    pub(crate) fn file(doing: &str, path: &Path, why: &io::Error) -> Self {
        Self::machine(format_args!("{doing} {}", path.display()), why)
    }

    /// The number, after `sysexits.h`.
    #[must_use]
    pub(crate) const fn code(&self) -> u8 {
        match self {
            Self::Usage(_) => 64,
            Self::Bug(_) => 70,
            Self::Machine(_) => 74,
            Self::Config(_) => 78,
        }
    }
}
