//! Rooms as MLS groups (RFC 9420). All of OpenMLS stands behind this module; outside there are only our own types.
//!
//! A [`Groups`] lives within one transaction of the caller's, and a [`Room`] that it gives out no longer than that. So
//! what is in memory can never be ahead of what is on disk: after a rollback there is nothing in memory. The rules:
//!
//! - *Receive* in one transaction: skip what is at or below the cursor, [`Room::receive`], store the words and the
//!   cursor, commit; then acknowledge.
//! - *Send*: [`Room::seal`], store the sealed bytes and the words in the outbox, commit; then send those bytes until
//!   they are accepted.
//! - *Change*: [`Room::change`], store the bytes, commit; send them; on accepted [`Room::accepted`], on stale
//!   [`Room::stale`], catch up, and do it anew.
//! - *Heal*: on the server's own word that this device is behind, and on nothing else, [`Groups::rejoin`].
//!
//! Nobody proposes. Who may change something commits it, and who leaves tells the server, which stops delivery at once
//! and lets the next commit remove what is left: a proposal that waits would keep everybody from sending.

mod binding;
mod bytes;
mod check;
mod commit;
mod credential;
mod envelope;
mod error;
mod join;
mod key_packages;
mod me;
mod provider;
mod room;
mod settings;
mod storage;
mod trust;

pub use self::{
    binding::Binding,
    credential::{CredentialError, DeviceCredential, Member},
    envelope::Received,
    error::GroupError,
    key_packages::Addition,
    me::{Groups, Me},
    room::Room,
    settings::{ADDED_AT_ONCE_MAX, CONTENT_MAX, PAST_EPOCHS, SUITE},
    storage::StorageError,
    trust::{Change, Trust},
};
