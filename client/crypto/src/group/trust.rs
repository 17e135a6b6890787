//! What the caller knows and the library cannot: who people are, and who may change what.
use sotto_protocol::{AccountId, IdentityKey};

use super::Member;

/// The caller's judgement. It is asked about every leaf that comes in, by whatever way, and about every change before
/// it takes effect.
pub trait Trust {
    /// Whether this is the identity key that the caller knows (or, at first sight, accepts) for this account.
    fn knows(&self, account: AccountId, identity: IdentityKey) -> bool;

    /// Whether this change may be: roles, and what the server said that it is. By default, it may.
    fn allows(&self, change: &Change) -> bool {
        let _ = change;
        true
    }
}

impl<F: Fn(AccountId, IdentityKey) -> bool> Trust for F {
    fn knows(&self, account: AccountId, identity: IdentityKey) -> bool {
        self(account, identity)
    }
}

/// One epoch became the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The epoch after it.
    pub epoch: u64,
    /// Whose commit it was.
    pub by: Member,
    /// Devices that came.
    pub added: Vec<Member>,
    /// Devices that went.
    pub removed: Vec<Member>,
    /// The committer came back with a new leaf in the place of its old one (which then is in neither list).
    pub rejoined: bool,
    /// This device went.
    pub me_removed: bool,
}
