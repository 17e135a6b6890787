//! Access tokens, by their hashes.
use daemon_core::store::Hashed;
use sotto_protocol::{AccountId, DeviceId, Tag, TokenId, TokenType};

use super::Kept;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TokenRow {
    pub(crate) hash: Hashed,
    pub(crate) account: AccountId,
    pub(crate) device: DeviceId,
    pub(crate) token_type: TokenType,
    pub(crate) name: String,
    pub(crate) scopes: Vec<Tag>,
    pub(crate) created_ms: u64,
    pub(crate) expires_ms: u64,
}

pub(crate) trait Tokens {
    fn token(&self, hash: &Hashed) -> Kept<Option<TokenRow>>;
    fn token_by_id(&self, id: TokenId) -> Kept<Option<TokenRow>>;
    /// In the order of their hashes.
    fn tokens_of(&self, account: AccountId) -> Kept<Vec<TokenRow>>;
    fn token_put(&mut self, row: &TokenRow) -> Kept<()>;
    fn token_drop(&mut self, hash: &Hashed) -> Kept<()>;
    /// Drops all of a device's tokens, or those of one type.
    fn tokens_of_device_drop(&mut self, device: DeviceId, only: Option<TokenType>) -> Kept<()>;
    fn tokens_expired_drop(&mut self, now_ms: u64) -> Kept<()>;
}
