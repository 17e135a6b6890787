//! Everything about sockets that people connect to.

mod accept;
mod alarm;
mod bind;
mod channel;
mod connection;
mod door;
mod first_byte;
mod frames_out;
mod mailbox;
mod near;
mod writer;

pub(crate) use accept::accept;
pub(crate) use bind::bind;
pub(crate) use mailbox::Mailbox;
pub(crate) use near::is_near;
