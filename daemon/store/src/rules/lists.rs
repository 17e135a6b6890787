//! Questions about one's own account, and about others' devices.
use daemon_core::store::{Actor, Answer, DeviceRecord, LoginRecord, token_id};
use sotto_protocol::{
    AccountInfo, ContactStatus, DeviceInfo, DeviceList, Devices, InviteId, InviteInfo, Invites, Reason,
    TokenInfo, Tokens, UserName,
};

use super::{
    Step,
    work::{Look, status},
};
use crate::tables::{DeviceRow, Tables};

pub(super) fn device<T: Tables>(look: &Look<'_, T>, actor: Actor) -> Step<Answer> {
    let device = look.tables.device(actor.device)?.filter(|device| device.account == actor.account);
    let Some(device) = device else { return Ok(Answer::Device(None)) };
    let disabled = look.tables.account(actor.account)?.is_some_and(|account| account.disabled);
    let key = device.certificate.device_key;
    Ok(Answer::Device(Some(DeviceRecord { key, signed_out: device.signed_out, disabled })))
}

pub(super) fn login<T: Tables>(look: &Look<'_, T>, name: &UserName) -> Step<Answer> {
    let record = look.tables.account_named(name)?.and_then(|row| {
        let password = row.password?;
        Some(Box::new(LoginRecord {
            account: row.account,
            identity_key: row.identity_key,
            password_file: password.file,
            recovery_blob: password.recovery_blob,
            disabled: row.disabled,
        }))
    });
    Ok(Answer::Login(record))
}

pub(super) fn account<T: Tables>(look: &Look<'_, T>, actor: Actor) -> Step<AccountInfo> {
    let row = look.tables.account(actor.account)?.ok_or(Reason::AccountUnknown)?;
    Ok(AccountInfo {
        account: row.account,
        user_name: row.user_name,
        display_name: row.display_name,
        email: row.email,
        identity_key: row.identity_key,
        created_ms: row.created_ms,
        visibility: row.visibility,
        has_password: row.password.is_some(),
        shares_last_seen: row.shares_last_seen,
        open_to_all: row.open_to_all,
    })
}

/// My own devices with everything; of somebody whom I know only what is needed to check their keys. Who is not known is
/// as good as absent.
pub(super) fn devices<T: Tables>(look: &Look<'_, T>, actor: Actor, request: &DeviceList) -> Step<Devices> {
    let account = request.account.unwrap_or(actor.account);
    let own = account == actor.account;
    if !own {
        let knows = status(look.tables, actor.account, account)?.is_some()
            && status(look.tables, account, actor.account)? != Some(ContactStatus::Blocked);
        if !knows && !look.tables.share_a_room(actor.account, account)? {
            return Err(Reason::PersonUnknown.into());
        }
    }
    let rows = look.tables.devices_of(account)?;
    let info = |row: DeviceRow| if own { whole(row) } else { certificate_only(row) };
    Ok(Devices { devices: rows.into_iter().map(info).collect() })
}

fn whole(row: DeviceRow) -> DeviceInfo {
    DeviceInfo {
        certificate: row.certificate,
        name: Some(row.name),
        last_seen_ms: row.last_seen_ms,
        last_address: row.last_address,
        signed_out: row.signed_out,
    }
}

fn certificate_only(row: DeviceRow) -> DeviceInfo {
    DeviceInfo {
        certificate: row.certificate,
        name: None,
        last_seen_ms: 0,
        last_address: String::new(),
        signed_out: false,
    }
}

pub(super) fn tokens<T: Tables>(look: &Look<'_, T>, actor: Actor) -> Step<Tokens> {
    let rows = look.tables.tokens_of(actor.account)?;
    let info = |row: crate::tables::TokenRow| TokenInfo {
        token_id: token_id(&row.hash),
        token_type: row.token_type,
        name: row.name,
        device: row.device,
        scopes: row.scopes,
        created_ms: row.created_ms,
        expires_ms: row.expires_ms,
    };
    Ok(Tokens { tokens: rows.into_iter().map(info).collect() })
}

/// All of mine that are kept, used or not.
pub(super) fn invites<T: Tables>(look: &Look<'_, T>, actor: Actor) -> Step<Invites> {
    let rows = look.tables.invites_of(Some(actor.account))?;
    let info = |row: crate::tables::InviteRow| InviteInfo {
        invite_id: InviteId::new(daemon_core::store::handle_of(&row.hash)),
        name: row.name,
        uses: row.uses,
        used: row.used,
        created_ms: row.created_ms,
        expires_ms: row.expires_ms,
    };
    Ok(Invites { invites: rows.into_iter().map(info).collect() })
}
