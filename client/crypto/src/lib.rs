//! The client's cryptography: identity and device keys, passwords, and what is kept sealed on disk or on the server.
//!
//! It wraps libraries in our own types and does nothing else: no file, no socket, no clock. Chance comes in as an
//! argument, so that every test can repeat itself. A secret of ours is a type of its own and never prints itself; what
//! belongs to others (public keys, signatures) are the wire's types.

mod aead;
mod device;
pub mod group;
mod identity;
mod keyfile;
mod password;
mod recovery;
mod secret;
mod stretch;
mod vault_key;

pub use device::{DeviceSecret, ProofError, TheirDevice, check_proof};
pub use identity::{CertificateError, IdentitySecret, check_certificate};
pub use keyfile::{DeviceKeys, KeyFileError, Protection, open_key_file, protection_of, write_key_file};
pub use password::{
    ExportKey, LoginAttempt, PasswordError, PasswordProof, PasswordRegistration, PasswordUpload,
};
pub use recovery::{RecoveryError, open_identity, seal_identity};
pub use secret::{Passphrase, Password};
pub use stretch::Stretching;
pub use vault_key::{Compartment, Unreadable, VaultKey};
