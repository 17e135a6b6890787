//! The client without a face.
//!
//! [`Client`] is what a program for people or bots stands on. Below it: [`link`] is one connection, [`sign_in`] is how
//! an account and its devices come to be on it, [`vault`] is what is remembered, [`pure`] is what is decided.

pub mod client;
mod clock;
pub mod content;
pub mod link;
pub mod profile;
pub mod pure;
pub mod sign_in;
pub mod vault;

pub use client::{Client, ClientError, Event};
pub use link::{Ask, Dialer, Link, LinkError, Pending, Pushes, Refusal};
