//! Why a change of keys, or a key package, is not accepted.
use sotto_protocol::{AccountId, DeviceId};

/// Why not. The epoch's is the `epoch.stale` of the wire, a key package's is `key_package.invalid`, all others are
/// `commit.invalid`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Larger than such a thing may be.
    #[error("{found} bytes where at most {max} may be")]
    TooLarge {
        /// How many there are.
        found: usize,
        /// How many there may be.
        max: usize,
    },
    /// Not the message that belongs here.
    #[error("these bytes are not the MLS message that belongs here")]
    Form,
    /// Another room's.
    #[error("it belongs to another group")]
    OtherGroup,
    /// Another suite than the room's.
    #[error("it is for another suite")]
    Suite,
    /// It starts from another epoch than the current one.
    #[error("it starts from another epoch, the current one is {current}")]
    Epoch {
        /// The current one.
        current: u64,
    },
    /// MLS itself says no.
    #[error("MLS refuses it: {0}")]
    Mls(String),
    /// It does something that is no business of a commit here.
    #[error("a commit adds and removes devices, and nothing else")]
    Proposal,
    /// Its sender is not the device that sent the request.
    #[error("its sender is not the device that has sent it")]
    Sender,
    /// A leaf is not certified by its account.
    #[error("a leaf is not a device that its account has certified")]
    Certificate,
    /// The directory knows no such device, or not with these keys.
    #[error("device {0} is not known, or not with these keys")]
    Device(DeviceId),
    /// A device twice.
    #[error("device {0} would be in the group twice")]
    Twice(DeviceId),
    /// A device of somebody who is not in the room.
    #[error("account {0} is not in the room")]
    Stranger(AccountId),
    /// A device is removed whose account stays and has not revoked it.
    #[error("device {0} has every right to be in the group")]
    Unasked(DeviceId),
    /// Somebody comes or goes by the request, and the commit does not do it.
    #[error("the commit leaves account {0} where the request does not")]
    Undone(AccountId),
    /// The sender's role does not allow to add or remove people.
    #[error("the sender's role does not allow that")]
    Role,
    /// A commit from outside that does not remove exactly the sender's own old leaf.
    #[error("who comes back removes exactly its own old leaf")]
    Rejoin,
    /// The group info does not fit the state after the commit.
    #[error("the group info does not fit the commit")]
    GroupInfo,
    /// The welcome is not for exactly the devices that are added.
    #[error("the welcome is not for exactly the devices that are added")]
    Welcome,
    /// A key package that lives too long, or does not live now.
    #[error("the key package's lifetime is out of bounds")]
    Lifetime,
    /// What was stored as public state cannot be read: our trouble, not the peer's.
    #[error("the stored public state cannot be read")]
    State,
}
