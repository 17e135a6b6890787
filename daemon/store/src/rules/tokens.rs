//! Tokens for bots, and the end of any token.
use daemon_core::store::{Actor, News, hashed, token_id};
use sotto_protocol::{
    AccessToken, Done, Listed, Reason, Refused, Tag, Token, TokenCreate, TokenCreated, TokenRevoke, TokenType,
};

use super::{Step, malformed, work::Work};
use crate::tables::{Tables, TokenRow};

/// A token that counts alone, within its scopes. Only these count against the limit: a device's own is one a device.
pub(super) fn create<T: Tables>(
    work: &mut Work<'_, T>,
    actor: Actor,
    request: &TokenCreate,
) -> Step<TokenCreated> {
    let limit = work.limits.tokens;
    let tokens = work.tables.tokens_of(actor.account)?;
    if tokens.iter().filter(|token| token.token_type == TokenType::Bot).count() >= limit as usize {
        return Err(Refused::new(Reason::LimitTokens).with("limit", limit).into());
    }
    let scopes: Result<Vec<Tag>, _> = request.scopes.iter().map(|scope| Tag::new(scope.as_str())).collect();
    let scopes = scopes.map_err(|wrong| malformed("scopes", wrong))?;
    let token = Token::new(work.seed.derive("token", 0));
    let hash = hashed(token.as_bytes());
    let expires_ms = work.wall_ms.saturating_add(work.limits.token_lifetime_ms);
    work.tables.token_put(&TokenRow {
        hash,
        account: actor.account,
        device: actor.device,
        token_type: TokenType::Bot,
        name: request.name.as_str().to_owned(),
        scopes: scopes.clone(),
        created_ms: work.wall_ms,
        expires_ms,
    })?;
    let scopes = Listed::new(scopes).map_err(|wrong| malformed("scopes", wrong))?;
    let token = AccessToken { token, token_type: TokenType::Bot, expires_ms, scopes };
    Ok(TokenCreated { token_id: token_id(&hash), token })
}

/// A token goes. A device's sign-in must then be proved anew; a bot is out at once.
pub(super) fn revoke<T: Tables>(work: &mut Work<'_, T>, actor: Actor, request: &TokenRevoke) -> Step<Done> {
    let token = work.tables.token_by_id(request.token_id)?.filter(|token| token.account == actor.account);
    let token = token.ok_or(Reason::TokenUnknown)?;
    work.tables.token_drop(&token.hash)?;
    if token.token_type == TokenType::Bot {
        work.news.push(News::DeviceOut(token.device, Reason::AuthRequired));
    }
    Ok(Done {})
}
