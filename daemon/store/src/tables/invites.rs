//! Invites, by the hashes of their codes.
use daemon_core::store::Hashed;
use sotto_protocol::{AccountId, InviteId};

use super::Kept;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InviteRow {
    pub(crate) hash: Hashed,
    /// Who invites; `None`: the admin.
    pub(crate) account: Option<AccountId>,
    pub(crate) name: String,
    pub(crate) uses: u32,
    pub(crate) used: u32,
    pub(crate) created_ms: u64,
    pub(crate) expires_ms: u64,
}

impl InviteRow {
    /// How many accounts may still be made with it.
    pub(crate) const fn left(&self, now_ms: u64) -> u32 {
        if now_ms >= self.expires_ms { 0 } else { self.uses.saturating_sub(self.used) }
    }
}

pub(crate) trait Invites {
    fn invite(&self, hash: &Hashed) -> Kept<Option<InviteRow>>;
    fn invite_by_id(&self, id: InviteId) -> Kept<Option<InviteRow>>;
    /// In the order of their hashes; `None`: the admin's.
    fn invites_of(&self, account: Option<AccountId>) -> Kept<Vec<InviteRow>>;
    /// Those with uses left that have not expired at this time.
    fn invites_open(&self, now_ms: u64) -> Kept<u64>;
    fn invite_put(&mut self, row: &InviteRow) -> Kept<()>;
    fn invite_drop(&mut self, hash: &Hashed) -> Kept<()>;
    /// Drops those that expired before this.
    fn invites_expired_drop(&mut self, before_ms: u64) -> Kept<()>;
}
