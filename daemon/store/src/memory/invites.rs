//! Invites in memory.
use daemon_core::store::{Hashed, handle_of};
use sotto_protocol::{AccountId, InviteId};

use super::MemoryTables;
use crate::tables::{InviteRow, Invites, Kept};

impl Invites for MemoryTables {
    fn invite(&self, hash: &Hashed) -> Kept<Option<InviteRow>> {
        Ok(self.invites.get(hash).cloned())
    }
    fn invite_by_id(&self, id: InviteId) -> Kept<Option<InviteRow>> {
        Ok(self.invites.values().find(|row| handle_of(&row.hash) == *id.as_bytes()).cloned())
    }
    fn invites_of(&self, account: Option<AccountId>) -> Kept<Vec<InviteRow>> {
        Ok(self.invites.values().filter(|row| row.account == account).cloned().collect())
    }
    fn invites_open(&self, now_ms: u64) -> Kept<u64> {
        Ok(self.invites.values().filter(|row| row.left(now_ms) > 0).count() as u64)
    }
    fn invite_put(&mut self, row: &InviteRow) -> Kept<()> {
        self.invites.insert(row.hash, row.clone());
        Ok(())
    }
    fn invite_drop(&mut self, hash: &Hashed) -> Kept<()> {
        self.invites.remove(hash);
        Ok(())
    }
    fn invites_expired_drop(&mut self, before_ms: u64) -> Kept<()> {
        self.invites.retain(|_, row| row.expires_ms >= before_ms);
        Ok(())
    }
}
