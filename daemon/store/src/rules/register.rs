//! A new account with its first device.
use std::net::IpAddr;

use daemon_core::store::{Actor, Answer, News, Resume, hashed};
use sotto_protocol::{AccountId, ContactEvent, ContactStatus, InboxEvent, Reason, Register, Visibility};

use super::{
    Step,
    contacts::no_note,
    inbox::Whom,
    sign_in::NewDevice,
    work::{Work, contact},
};
use crate::tables::{AccountRow, ContactRow, InviteRow, Kept, Password, Tables};

/// Makes an account. The same request again (same account, device, key and name) signs in again, and uses no invite.
pub(crate) fn register<T: Tables>(
    work: &mut Work<'_, T>,
    request: &Register,
    invite_needed: bool,
    source: IpAddr,
) -> Step<Answer> {
    if let Some(resume) = repeated(work, request, source)? {
        return Ok(Answer::SignedIn(Box::new(resume)));
    }
    let invite = invite(work, request, invite_needed)?;
    names_are_free(work, request)?;
    if !work.id_is_free(request.device.device)? {
        return Err(Reason::DeviceExists.into());
    }
    if let Some(mut invite) = invite.clone() {
        invite.used += 1;
        work.tables.invite_put(&invite)?;
    }
    let row = new_account(work, request, source);
    work.tables.account_put(&row)?;
    let actor = Actor { account: request.account, device: request.device.device };
    let device = NewDevice {
        account: request.account,
        certificate: request.device.clone(),
        name: request.device_name.clone(),
        source,
    };
    work.cause = work.add_device(device)?;
    if let Some(inviter) = invite.and_then(|invite| invite.account) {
        befriend_inviter(work, inviter, &row)?;
    }
    let token = work.new_device_token(actor)?;
    let resume = work.resume(actor, Some(token), None)?;
    Ok(Answer::SignedIn(Box::new(resume)))
}

fn repeated<T: Tables>(work: &mut Work<'_, T>, request: &Register, source: IpAddr) -> Step<Option<Resume>> {
    let Some(account) = work.tables.account(request.account)? else { return Ok(None) };
    let device = work.tables.device(request.device.device)?;
    let same = device.is_some_and(|device| {
        device.account == account.account
            && device.certificate.device_key == request.device.device_key
            && !device.signed_out
    });
    if !same || account.user_name != request.user_name || account.identity_key != request.identity_key {
        return Err(Reason::AccountExists.into());
    }
    if account.disabled {
        return Err(Reason::AuthDisabled.into());
    }
    let actor = Actor { account: request.account, device: request.device.device };
    let token = work.new_device_token(actor)?;
    work.tables.device_seen(actor.device, work.wall_ms, &source.to_string())?;
    Ok(Some(work.resume(actor, Some(token), None)?))
}

/// A code that is given is checked and counted, even where none is needed.
fn invite<T: Tables>(work: &Work<'_, T>, request: &Register, invite_needed: bool) -> Step<Option<InviteRow>> {
    let Some(code) = &request.invite else {
        return if invite_needed { Err(Reason::InviteRequired.into()) } else { Ok(None) };
    };
    let invite = work.tables.invite(&hashed(code.as_bytes()))?.ok_or(Reason::InviteUnknown)?;
    if invite.used >= invite.uses {
        return Err(Reason::InviteUsed.into());
    }
    if work.wall_ms >= invite.expires_ms {
        return Err(Reason::InviteExpired.into());
    }
    Ok(Some(invite))
}

fn names_are_free<T: Tables>(work: &Work<'_, T>, request: &Register) -> Step<()> {
    if work.tables.account_named(&request.user_name)?.is_some() {
        return Err(Reason::UserNameTaken.into());
    }
    if let Some(email) = &request.email
        && work.tables.email_owner(email)?.is_some()
    {
        return Err(Reason::EmailTaken.into());
    }
    Ok(())
}

fn new_account<T: Tables>(work: &Work<'_, T>, request: &Register, source: IpAddr) -> AccountRow {
    let password = request.password.clone().map(|password| Password {
        file: password.upload.into_inner(),
        recovery_blob: password.recovery_blob.into_inner(),
    });
    AccountRow {
        account: request.account,
        user_name: request.user_name.clone(),
        display_name: request.display_name.clone(),
        email: request.email.clone(),
        identity_key: request.identity_key,
        created_ms: work.wall_ms,
        source: source.to_string(),
        visibility: Visibility::Listed,
        shares_last_seen: true,
        open_to_all: false,
        disabled: false,
        password,
        roster_revision: 0,
        rooms_revision: 0,
    }
}

/// Who was invited by a member knows that member at once, and is known.
fn befriend_inviter<T: Tables>(work: &mut Work<'_, T>, inviter: AccountId, new: &AccountRow) -> Kept<()> {
    if work.tables.account(inviter)?.is_none() {
        return Ok(());
    }
    let accepted = ContactStatus::Accepted;
    let theirs = ContactRow::new(inviter, new.account, accepted, work.wall_ms)?;
    let mine = ContactRow::new(new.account, inviter, accepted, work.wall_ms)?;
    work.tables.contact_put(&theirs)?;
    work.tables.contact_put(&mine)?;
    work.roster_changed(inviter)?;
    work.roster_changed(new.account)?;
    work.news.push(News::Befriended(inviter, new.account));
    let event = ContactEvent { contact: contact(&theirs, new), note: no_note()?, gone: false };
    work.tell(Whom::All(inviter), &InboxEvent::Contact(event))
}
