//! Contacts in memory.
use daemon_core::store::Friend;
use sotto_protocol::{AccountId, ContactStatus};

use super::MemoryTables;
use crate::tables::{ContactRow, Contacts, Kept};

impl Contacts for MemoryTables {
    fn contact(&self, account: AccountId, peer: AccountId) -> Kept<Option<ContactRow>> {
        Ok(self.contacts.get(&(account, peer)).cloned())
    }
    fn contacts_page(
        &self,
        account: AccountId,
        after: Option<AccountId>,
        limit: u32,
    ) -> Kept<Vec<ContactRow>> {
        let rows = self.contacts.values().filter(|row| row.account == account);
        let rows = rows.filter(|row| after.is_none_or(|after| row.peer > after));
        Ok(rows.take(limit as usize).cloned().collect())
    }
    fn contact_count(&self, account: AccountId) -> Kept<u64> {
        Ok(self.contacts.values().filter(|row| row.account == account).count() as u64)
    }
    fn friends(&self, account: AccountId) -> Kept<Vec<AccountId>> {
        let accepted = |one, other| {
            self.contacts.get(&(one, other)).is_some_and(|row| row.status == ContactStatus::Accepted)
        };
        let peers = self.contacts.values().filter(|row| row.account == account).map(|row| row.peer);
        Ok(peers.filter(|peer| accepted(account, *peer) && accepted(*peer, account)).collect())
    }
    fn friends_seen(&self, account: AccountId) -> Kept<Vec<Friend>> {
        let seen = |friend: AccountId| {
            let shared = self.accounts.get(&friend).is_some_and(|row| row.shares_last_seen);
            let devices = self.devices.values().filter(|device| shared && device.account == friend);
            devices.map(|device| device.last_seen_ms).max().unwrap_or(0)
        };
        let friends = self.friends(account)?.into_iter();
        Ok(friends.map(|friend| Friend { account: friend, last_seen_ms: seen(friend) }).collect())
    }
    fn known_by(&self, account: AccountId) -> Kept<Vec<AccountId>> {
        Ok(self.contacts.values().filter(|row| row.peer == account).map(|row| row.account).collect())
    }
    fn contact_put(&mut self, row: &ContactRow) -> Kept<()> {
        self.contacts.insert((row.account, row.peer), row.clone());
        Ok(())
    }
    fn contact_drop(&mut self, account: AccountId, peer: AccountId) -> Kept<()> {
        self.contacts.remove(&(account, peer));
        Ok(())
    }
    fn contacts_drop(&mut self, account: AccountId) -> Kept<()> {
        self.contacts.retain(|(one, other), _| *one != account && *other != account);
        Ok(())
    }
}
