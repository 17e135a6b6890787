//! Accounts.
use bytes::Bytes;
use sotto_protocol::{AccountId, DisplayName, Email, IdentityKey, UserName, Visibility};

use super::Kept;

/// What is kept of a password: nothing that can be tried without an Argon2id a guess.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Password {
    pub(crate) file: Bytes,
    pub(crate) recovery_blob: Bytes,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AccountRow {
    pub(crate) account: AccountId,
    pub(crate) user_name: UserName,
    pub(crate) display_name: DisplayName,
    pub(crate) email: Option<Email>,
    pub(crate) identity_key: IdentityKey,
    pub(crate) created_ms: u64,
    /// The address that it was made from.
    pub(crate) source: String,
    pub(crate) visibility: Visibility,
    pub(crate) shares_last_seen: bool,
    pub(crate) open_to_all: bool,
    pub(crate) disabled: bool,
    pub(crate) password: Option<Password>,
    pub(crate) roster_revision: u64,
    pub(crate) rooms_revision: u64,
}

/// Which of an account's two lists has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Revision {
    Roster,
    Rooms,
}

/// Who looks for whom.
#[derive(Clone, Debug)]
pub(crate) struct Search<'a> {
    /// Never found by itself, nor may it find whoever blocked it.
    pub(crate) seeker: AccountId,
    /// Folded.
    pub(crate) text: &'a str,
    pub(crate) after: Option<&'a UserName>,
    pub(crate) limit: u32,
}

/// A text as it is compared when case does not matter.
pub(crate) fn folded(text: &str) -> String {
    text.to_lowercase()
}

pub(crate) trait Accounts {
    fn account(&self, account: AccountId) -> Kept<Option<AccountRow>>;
    fn account_named(&self, name: &UserName) -> Kept<Option<AccountRow>>;
    /// Compares without case.
    fn email_owner(&self, email: &Email) -> Kept<Option<AccountId>>;
    /// In the order of the user names.
    fn accounts_found(&self, search: &Search<'_>) -> Kept<Vec<AccountRow>>;
    fn account_count(&self) -> Kept<u64>;
    fn account_put(&mut self, row: &AccountRow) -> Kept<()>;
    fn account_drop(&mut self, account: AccountId) -> Kept<()>;
    fn revise(&mut self, account: AccountId, which: Revision) -> Kept<()>;
}
