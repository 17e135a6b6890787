//! Where the server is, and how it is known.
use sotto_protocol::Pin;

/// An address and a pin: all that a client needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Door {
    /// `host:port`
    pub address: String,
    /// The hash of the server's certificate.
    pub pin: Pin,
}
