//! Contacts: directed entries in the rosters.
use daemon_core::store::{Fault, Friend};
use sotto_protocol::{AccountId, ContactStatus, Label, Remark};

use super::Kept;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ContactRow {
    pub(crate) account: AccountId,
    pub(crate) peer: AccountId,
    pub(crate) status: ContactStatus,
    pub(crate) remark: Remark,
    pub(crate) labels: Vec<Label>,
    pub(crate) created_ms: u64,
}

impl ContactRow {
    /// Without remark and labels.
    pub(crate) fn new(
        account: AccountId,
        peer: AccountId,
        status: ContactStatus,
        created_ms: u64,
    ) -> Kept<Self> {
        let remark = Remark::new("").map_err(|wrong| Fault::Bug(format!("no remark: {wrong}")))?;
        Ok(Self { account, peer, status, remark, labels: Vec::new(), created_ms })
    }
}

pub(crate) trait Contacts {
    fn contact(&self, account: AccountId, peer: AccountId) -> Kept<Option<ContactRow>>;
    /// In the order of the peers.
    fn contacts_page(
        &self,
        account: AccountId,
        after: Option<AccountId>,
        limit: u32,
    ) -> Kept<Vec<ContactRow>>;
    fn contact_count(&self, account: AccountId) -> Kept<u64>;
    /// Accepted on both sides, in the order of their ids.
    fn friends(&self, account: AccountId) -> Kept<Vec<AccountId>>;
    /// The same, with when they were last here where they share it.
    fn friends_seen(&self, account: AccountId) -> Kept<Vec<Friend>>;
    /// Everybody in whose roster this account stands, in the order of their ids.
    fn known_by(&self, account: AccountId) -> Kept<Vec<AccountId>>;
    fn contact_put(&mut self, row: &ContactRow) -> Kept<()>;
    fn contact_drop(&mut self, account: AccountId, peer: AccountId) -> Kept<()>;
    /// Drops every row of this account and about it.
    fn contacts_drop(&mut self, account: AccountId) -> Kept<()>;
}
