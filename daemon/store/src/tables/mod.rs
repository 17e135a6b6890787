//! Rows, and where they are kept: the small contract below the rules.
//!
//! The rules (what is allowed, what follows for whom) exist once, in [`crate::rules`]. A store is the rules over one
//! implementation of these traits. What takes `&self` reads and what takes `&mut self` writes, so a query, which is
//! handed a `&T`, cannot change anything.

mod accounts;
mod blobs;
mod contacts;
mod devices;
mod entries;
mod invites;
mod keys;
mod rooms;
mod tokens;

use daemon_core::store::{Fault, Identity};

pub(crate) use accounts::{AccountRow, Accounts, Password, Revision, Search, folded};
pub(crate) use blobs::{BlobRow, Blobs};
pub(crate) use contacts::{ContactRow, Contacts};
pub(crate) use devices::{DeviceRow, Devices};
pub(crate) use entries::{CursorRow, Entries, EntryRow, LogRow, SentRow};
pub(crate) use invites::{InviteRow, Invites};
pub(crate) use keys::KeyPackages;
pub(crate) use rooms::{MemberRow, RoomRow, Rooms, pair};
pub(crate) use tokens::{TokenRow, Tokens};

/// What a table answers.
pub(crate) type Kept<T> = Result<T, Fault>;

/// The box itself.
pub(crate) trait Server {
    fn identity(&self) -> Kept<Option<Identity>>;
    fn identity_put(&mut self, identity: &Identity) -> Kept<()>;
    /// Bytes on disk.
    fn bytes(&self) -> Kept<u64>;
}

/// Everything that is remembered.
pub(crate) trait Tables:
    Accounts + Devices + Tokens + Invites + Contacts + Rooms + Entries + KeyPackages + Blobs + Server
{
}

impl<T> Tables for T where
    T: Accounts + Devices + Tokens + Invites + Contacts + Rooms + Entries + KeyPackages + Blobs + Server
{
}
