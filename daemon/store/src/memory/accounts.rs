//! Accounts in memory.
use sotto_protocol::{AccountId, ContactStatus, Email, UserName, Visibility};

use super::MemoryTables;
use crate::tables::{AccountRow, Accounts, Kept, Revision, Search, folded};

impl MemoryTables {
    fn finds(&self, search: &Search<'_>, row: &AccountRow) -> bool {
        let blocked = self
            .contacts
            .get(&(row.account, search.seeker))
            .is_some_and(|contact| contact.status == ContactStatus::Blocked);
        let fits = match row.visibility {
            Visibility::Hidden => false,
            Visibility::Exact => row.user_name.as_str() == search.text,
            Visibility::Listed => {
                row.user_name.as_str().starts_with(search.text)
                    || folded(row.display_name.as_str()).contains(search.text)
            }
        };
        fits && !blocked && !row.disabled && row.account != search.seeker
    }
}

impl Accounts for MemoryTables {
    fn account(&self, account: AccountId) -> Kept<Option<AccountRow>> {
        Ok(self.accounts.get(&account).cloned())
    }
    fn account_named(&self, name: &UserName) -> Kept<Option<AccountRow>> {
        Ok(self.accounts.values().find(|row| row.user_name == *name).cloned())
    }
    fn email_owner(&self, email: &Email) -> Kept<Option<AccountId>> {
        let wanted = folded(email.as_str());
        let has =
            |row: &&AccountRow| row.email.as_ref().is_some_and(|email| folded(email.as_str()) == wanted);
        Ok(self.accounts.values().find(has).map(|row| row.account))
    }
    fn accounts_found(&self, search: &Search<'_>) -> Kept<Vec<AccountRow>> {
        let mut found: Vec<AccountRow> = self
            .accounts
            .values()
            .filter(|row| search.after.is_none_or(|after| row.user_name > *after) && self.finds(search, row))
            .cloned()
            .collect();
        found.sort_unstable_by(|one, other| one.user_name.cmp(&other.user_name));
        found.truncate(search.limit as usize);
        Ok(found)
    }
    fn account_count(&self) -> Kept<u64> {
        Ok(self.accounts.len() as u64)
    }
    fn account_put(&mut self, row: &AccountRow) -> Kept<()> {
        self.accounts.insert(row.account, row.clone());
        Ok(())
    }
    fn account_drop(&mut self, account: AccountId) -> Kept<()> {
        self.accounts.remove(&account);
        Ok(())
    }
    fn revise(&mut self, account: AccountId, which: Revision) -> Kept<()> {
        if let Some(row) = self.accounts.get_mut(&account) {
            match which {
                Revision::Roster => row.roster_revision += 1,
                Revision::Rooms => row.rooms_revision += 1,
            }
        }
        Ok(())
    }
}
