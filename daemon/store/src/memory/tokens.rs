//! Tokens in memory.
use daemon_core::store::{Hashed, token_id};
use sotto_protocol::{AccountId, DeviceId, TokenId, TokenType};

use super::MemoryTables;
use crate::tables::{Kept, TokenRow, Tokens};

impl Tokens for MemoryTables {
    fn token(&self, hash: &Hashed) -> Kept<Option<TokenRow>> {
        Ok(self.tokens.get(hash).cloned())
    }
    fn token_by_id(&self, id: TokenId) -> Kept<Option<TokenRow>> {
        Ok(self.tokens.values().find(|row| token_id(&row.hash) == id).cloned())
    }
    fn tokens_of(&self, account: AccountId) -> Kept<Vec<TokenRow>> {
        Ok(self.tokens.values().filter(|row| row.account == account).cloned().collect())
    }
    fn token_put(&mut self, row: &TokenRow) -> Kept<()> {
        self.tokens.insert(row.hash, row.clone());
        Ok(())
    }
    fn token_drop(&mut self, hash: &Hashed) -> Kept<()> {
        self.tokens.remove(hash);
        Ok(())
    }
    fn tokens_of_device_drop(&mut self, device: DeviceId, only: Option<TokenType>) -> Kept<()> {
        self.tokens.retain(|_, row| row.device != device || only.is_some_and(|only| row.token_type != only));
        Ok(())
    }
    fn tokens_expired_drop(&mut self, now_ms: u64) -> Kept<()> {
        self.tokens.retain(|_, row| row.expires_ms > now_ms);
        Ok(())
    }
}
