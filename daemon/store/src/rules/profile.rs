//! What an account says of itself, and its password.
use std::collections::BTreeSet;

use daemon_core::store::{Actor, News};
use sotto_protocol::{
    AccountEvent, AccountEventKind, AccountId, ContactStatus, Done, InboxEvent, PasswordChange,
    ProfileChange, Reason,
};

use super::{
    Step,
    inbox::Whom,
    work::{Work, person, status},
};
use crate::tables::{Kept, Password, Tables};

/// Others hear of it only when what they see has changed; my other devices hear of everything.
pub(super) fn change<T: Tables>(work: &mut Work<'_, T>, actor: Actor, request: &ProfileChange) -> Step<Done> {
    let before = work.own_account(actor.account)?;
    if let Some(Some(email)) = &request.email
        && work.tables.email_owner(email)?.is_some_and(|owner| owner != actor.account)
    {
        return Err(Reason::EmailTaken.into());
    }
    let mut row = before.clone();
    if let Some(name) = &request.display_name {
        row.display_name = name.clone();
    }
    if let Some(email) = &request.email {
        row.email.clone_from(email);
    }
    row.visibility = request.visibility.unwrap_or(row.visibility);
    row.shares_last_seen = request.shares_last_seen.unwrap_or(row.shares_last_seen);
    row.open_to_all = request.open_to_all.unwrap_or(row.open_to_all);
    if row == before {
        return Ok(Done {});
    }
    work.tables.account_put(&row)?;
    if row.shares_last_seen != before.shares_last_seen {
        work.news.push(News::LastSeenShared(actor.account, row.shares_last_seen));
    }
    let kind = AccountEventKind::Profile;
    let event =
        InboxEvent::Account(AccountEvent { account: actor.account, kind, person: Some(person(&row)) });
    work.tell(Whom::Others(actor.account), &event)?;
    if row.display_name != before.display_name {
        for peer in acquaintances(work.tables, actor.account)? {
            work.roster_changed(peer)?;
            work.tell(Whom::All(peer), &event)?;
        }
    }
    Ok(Done {})
}

/// Who hears of an account's changes: accepted contacts and the others of direct rooms, but nobody who blocked it.
pub(super) fn acquaintances<T: Tables>(tables: &T, account: AccountId) -> Kept<BTreeSet<AccountId>> {
    let mut peers: BTreeSet<AccountId> = tables.friends(account)?.into_iter().collect();
    for peer in tables.direct_peers(account)? {
        if status(tables, peer, account)? != Some(ContactStatus::Blocked) {
            peers.insert(peer);
        }
    }
    Ok(peers)
}

pub(super) fn password<T: Tables>(
    work: &mut Work<'_, T>,
    actor: Actor,
    request: &PasswordChange,
) -> Step<Done> {
    let mut row = work.own_account(actor.account)?;
    row.password = request.password.clone().map(|password| Password {
        file: password.upload.into_inner(),
        recovery_blob: password.recovery_blob.into_inner(),
    });
    work.tables.account_put(&row)?;
    let kind = AccountEventKind::Password;
    let event = AccountEvent { account: actor.account, kind, person: Some(person(&row)) };
    work.tell(Whom::Others(actor.account), &InboxEvent::Account(event))?;
    Ok(Done {})
}
