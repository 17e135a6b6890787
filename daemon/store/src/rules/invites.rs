//! Invites are made and taken back.
use daemon_core::store::{handle_of, hashed};
use sotto_protocol::{
    AccountId, Done, InviteCode, InviteCreate, InviteCreated, InviteId, InviteRevoke, Reason, Refused,
};

use super::{Step, work::Work};
use crate::tables::{InviteRow, Tables};

/// No invite lives longer.
const LIFETIME_MAX_MS: u64 = 30 * 24 * 60 * 60 * 1000;

/// A new invite; `None`: from the admin, who may make any number. A member's open invites together may let in as many
/// people as the limit says: one invite with many uses counts as many.
pub(super) fn create<T: Tables>(
    work: &mut Work<'_, T>,
    account: Option<AccountId>,
    request: &InviteCreate,
) -> Step<InviteCreated> {
    let uses = request.uses.max(1);
    if account.is_some() {
        let limit = work.limits.member_invites;
        let open = work.tables.invites_of(account)?;
        let open: u64 = open.iter().map(|invite| u64::from(invite.left(work.wall_ms))).sum();
        if open + u64::from(uses) > u64::from(limit) {
            return Err(Refused::new(Reason::LimitInvites).with("limit", limit).into());
        }
    }
    let lifetime_ms = match request.lifetime_ms {
        0 => work.limits.invite_lifetime_ms,
        asked => asked.min(LIFETIME_MAX_MS),
    };
    let mut code = [0; 16];
    code.copy_from_slice(&work.seed.derive("invite code", 0)[..16]);
    let hash = hashed(&code);
    let expires_ms = work.wall_ms.saturating_add(lifetime_ms);
    work.tables.invite_put(&InviteRow {
        hash,
        account,
        name: request.name.as_str().to_owned(),
        uses,
        used: 0,
        created_ms: work.wall_ms,
        expires_ms,
    })?;
    Ok(InviteCreated { invite_id: InviteId::new(handle_of(&hash)), code: InviteCode::new(code), expires_ms })
}

/// An invite goes: a member's own, or for the admin (`None`) anybody's.
pub(super) fn revoke<T: Tables>(
    work: &mut Work<'_, T>,
    account: Option<AccountId>,
    request: &InviteRevoke,
) -> Step<Done> {
    let invite = work.tables.invite_by_id(request.invite_id)?;
    let invite = invite.filter(|invite| account.is_none() || invite.account == account);
    let invite = invite.ok_or(Reason::InviteUnknown)?;
    work.tables.invite_drop(&invite.hash)?;
    Ok(Done {})
}
