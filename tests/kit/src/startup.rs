//! What the daemon says of itself when it starts with `--json`: one line.
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use serde::Deserialize;
use sotto_protocol::Pin;

use crate::Door;

/// Where it is, and how to join.
#[derive(Clone, Debug, Deserialize)]
pub struct Startup {
    /// Its process.
    pub pid: u32,
    /// What it listens on.
    pub listening: Vec<String>,
    /// The hash of its certificate, hexadecimal.
    pub pin: String,
    /// The socket for its admin.
    pub control: PathBuf,
    /// How the first people get in.
    pub invites: Vec<String>,
}

impl Startup {
    /// Reads the line.
    ///
    /// # Errors
    /// When it is no such line.
    pub fn parse(line: &str) -> Result<Self> {
        serde_json::from_str(line).with_context(|| format!("While reading the daemon's first line: {line}"))
    }

    /// The first address, and the pin.
    ///
    /// # Errors
    /// When one of them is not there or makes no sense.
    pub fn door(&self) -> Result<Door> {
        let address = self.listening.first().context("the daemon listens nowhere")?.clone();
        let bytes = (0..self.pin.len()).step_by(2);
        let bytes: Option<Vec<u8>> =
            bytes.map(|at| u8::from_str_radix(self.pin.get(at..at + 2)?, 16).ok()).collect();
        let pin = bytes.and_then(|bytes| Pin::from_slice(&bytes)).context("the daemon's pin is none")?;
        Ok(Door { address, pin })
    }
}
