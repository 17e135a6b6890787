//! The client without a face.
//!
//! [`link`] is one connection; [`sign_in`] is how an account and its devices come to be on it.

mod clock;
pub mod link;
pub mod sign_in;

pub use link::{Ask, Dialer, Link, LinkError, Pending, Pushes, Refusal};
