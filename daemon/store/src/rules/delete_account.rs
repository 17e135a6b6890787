//! An account goes, for good.
use daemon_core::store::{Actor, News};
use sotto_protocol::{AccountDelete, AccountEvent, AccountEventKind, AccountId, Done, InboxEvent, Reason};

use super::{Step, devices::erase, inbox::Whom, profile::acquaintances, work::Work};
use crate::tables::Tables;

/// Its owner spelt out its name, so that no slip deletes a life.
pub(super) fn by_owner<T: Tables>(
    work: &mut Work<'_, T>,
    actor: Actor,
    request: &AccountDelete,
) -> Step<Done> {
    if work.own_account(actor.account)?.user_name != request.user_name {
        return Err(Reason::AccountNameMismatch.into());
    }
    delete(work, actor.account)
}

/// Everything that is the account's own is erased. What it wrote stays for who has not read it yet; who knew it, or wrote
/// with it, hears that it is gone.
pub(super) fn delete<T: Tables>(work: &mut Work<'_, T>, account: AccountId) -> Step<Done> {
    let friends = work.tables.friends(account)?;
    let known_by = work.tables.known_by(account)?;
    let told = acquaintances(work.tables, account)?;
    work.leave_all_rooms(account)?;
    for device in work.tables.devices_of(account)? {
        erase(work, &device)?;
    }
    for token in work.tables.tokens_of(account)? {
        work.tables.token_drop(&token.hash)?;
    }
    for invite in work.tables.invites_of(Some(account))? {
        work.tables.invite_drop(&invite.hash)?;
    }
    for blob in work.tables.blob_owner_drop(account)? {
        work.tables.blob_drop(blob)?;
    }
    work.tables.contacts_drop(account)?;
    work.tables.account_drop(account)?;
    work.news.push(News::AccountOut(account, Reason::AccountUnknown));
    work.news.extend(friends.into_iter().map(|friend| News::Parted(account, friend)));
    for peer in &known_by {
        work.roster_changed(*peer)?;
    }
    let kind = AccountEventKind::Deleted;
    let event = InboxEvent::Account(AccountEvent { account, kind, person: None });
    for peer in told {
        work.tell(Whom::All(peer), &event)?;
    }
    Ok(Done {})
}
