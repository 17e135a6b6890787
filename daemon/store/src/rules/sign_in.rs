//! Devices come: with a key that is known, with a bot's token, or new after a password.
use std::net::IpAddr;

use daemon_core::store::{Actor, Answer, Hashed, Resume, hashed};
use sotto_protocol::{
    AccessToken, AccountId, DeviceCertificate, DeviceEvent, DeviceEventKind, DeviceId, DeviceName, Enrol,
    InboxEvent, Listed, Reason, Refused, Token, TokenType,
};

use super::{Step, inbox::Whom, work::Work};
use crate::{
    index::Shape,
    tables::{CursorRow, DeviceRow, Kept, Tables, TokenRow},
};

/// What is known of a device that comes for the first time.
pub(super) struct NewDevice {
    pub(super) account: AccountId,
    pub(super) certificate: DeviceCertificate,
    pub(super) name: DeviceName,
    pub(super) source: IpAddr,
}

/// A device that proved its key. Its token is kept while it is good, and replaced when half of its life is over;
/// without one the sign-in is a new one, and the account's other devices hear of it.
pub(super) fn sign_in<T: Tables>(
    work: &mut Work<'_, T>,
    actor: Actor,
    shown: Option<&Hashed>,
    source: IpAddr,
) -> Step<Answer> {
    let device = present_device(work, actor)?;
    work.cause = device.number;
    let good = match shown {
        Some(hash) => work.tables.token(hash)?.filter(|token| {
            token.device == actor.device
                && token.token_type == TokenType::Device
                && work.wall_ms < token.expires_ms
        }),
        None => None,
    };
    let token = match &good {
        Some(token) if !work.past_half(token) => None,
        Some(_) | None => {
            work.tables.device_seen(actor.device, work.wall_ms, &source.to_string())?;
            Some(work.new_device_token(actor)?)
        }
    };
    if good.is_none() {
        work.tell_others_of(&device, DeviceEventKind::SignedIn, source)?;
    }
    let resume = work.resume(actor, token, None)?;
    Ok(Answer::SignedIn(Box::new(resume)))
}

/// A bot, by its token alone; using it makes it last.
pub(super) fn bot_sign_in<T: Tables>(
    work: &mut Work<'_, T>,
    actor: Actor,
    shown: &Hashed,
    _source: IpAddr,
) -> Step<Answer> {
    let token = work.tables.token(shown)?.ok_or(Reason::AuthFailed)?;
    let fits = token.token_type == TokenType::Bot
        && token.device == actor.device
        && token.account == actor.account
        && work.wall_ms < token.expires_ms;
    if !fits {
        return Err(Reason::AuthFailed.into());
    }
    work.cause = present_device(work, actor)?.number;
    if work.past_half(&token) {
        let expires_ms = work.wall_ms.saturating_add(work.limits.token_lifetime_ms);
        work.tables.token_put(&TokenRow { expires_ms, ..token.clone() })?;
    }
    let scopes = token.scopes.iter().map(|scope| scope.as_str().to_owned()).collect();
    let resume = work.resume(actor, None, Some(scopes))?;
    Ok(Answer::SignedIn(Box::new(resume)))
}

fn present_device<T: Tables>(work: &Work<'_, T>, actor: Actor) -> Step<DeviceRow> {
    let device = work.tables.device(actor.device)?.filter(|device| device.account == actor.account);
    let device = device.ok_or(Reason::AuthFailed)?;
    if work.own_account(actor.account)?.disabled {
        return Err(Reason::AuthDisabled.into());
    }
    if device.signed_out {
        return Err(Reason::AuthSignedOut.into());
    }
    Ok(device)
}

/// A device after a login by password: a new one, or one that was here before. Who signed out starts at the ends of its
/// logs; repeating the request of a device that is here changes only its token.
pub(super) fn enrol<T: Tables>(
    work: &mut Work<'_, T>,
    account: AccountId,
    request: &Enrol,
    source: IpAddr,
) -> Step<Answer> {
    let row = work.tables.account(account)?.ok_or(Reason::AuthFailed)?;
    if row.disabled {
        return Err(Reason::AuthDisabled.into());
    }
    let actor = Actor { account, device: request.device.device };
    match work.tables.device(actor.device)? {
        Some(device) => come_back(work, &device, actor, request, source)?,
        None => come_new(work, actor, request, source)?,
    }
    let token = work.new_device_token(actor)?;
    let resume = work.resume(actor, Some(token), None)?;
    Ok(Answer::SignedIn(Box::new(resume)))
}

fn come_new<T: Tables>(work: &mut Work<'_, T>, actor: Actor, request: &Enrol, source: IpAddr) -> Step<()> {
    if !work.id_is_free(actor.device)? {
        return Err(Reason::DeviceExists.into());
    }
    let limit = work.limits.devices;
    if work.tables.devices_of(actor.account)?.len() >= limit as usize {
        return Err(Refused::new(Reason::LimitDevices).with("limit", limit).into());
    }
    let device = NewDevice {
        account: actor.account,
        certificate: request.device.clone(),
        name: request.device_name.clone(),
        source,
    };
    work.cause = work.add_device(device)?;
    let device = work.tables.device(actor.device)?.ok_or(Reason::DeviceUnknown)?;
    Ok(work.tell_others_of(&device, DeviceEventKind::Enrolled, source)?)
}

fn come_back<T: Tables>(
    work: &mut Work<'_, T>,
    device: &DeviceRow,
    actor: Actor,
    request: &Enrol,
    source: IpAddr,
) -> Step<()> {
    if device.account != actor.account || device.certificate.device_key != request.device.device_key {
        return Err(Reason::DeviceExists.into());
    }
    work.cause = device.number;
    let was_out = device.signed_out;
    let device = DeviceRow {
        certificate: request.device.clone(),
        name: request.device_name.clone(),
        signed_out: false,
        last_seen_ms: work.wall_ms,
        last_address: source.to_string(),
        ..device.clone()
    };
    work.tables.device_put(&device)?;
    if was_out {
        work.join_all_logs(&device)?;
        work.tell_others_of(&device, DeviceEventKind::SignedIn, source)?;
    }
    Ok(())
}

impl<T: Tables> Work<'_, T> {
    /// Whether neither a device nor a room has this id: both name logs.
    pub(super) fn id_is_free(&self, device: DeviceId) -> Kept<bool> {
        Ok(self.index.log(device.into()).is_none() && self.tables.device(device)?.is_none())
    }

    /// A device of an account that is there: it reads its own inbox and every room, from their ends on.
    pub(super) fn add_device(&mut self, new: NewDevice) -> Kept<u32> {
        let actor = Actor { account: new.account, device: new.certificate.device };
        let number = self.index.add_device(actor);
        self.tables.actor_put(number, actor)?;
        let row = DeviceRow {
            account: new.account,
            number,
            certificate: new.certificate,
            name: new.name,
            signed_out: false,
            last_seen_ms: self.wall_ms,
            last_address: new.source.to_string(),
        };
        self.tables.device_put(&row)?;
        self.index.add_log(actor.device.into(), Shape::Inbox);
        self.save_log(actor.device.into())?;
        self.join_all_logs(&row)?;
        Ok(number)
    }

    fn join_all_logs(&mut self, device: &DeviceRow) -> Kept<()> {
        let rooms = self.tables.rooms_page(device.account, None, u32::MAX)?;
        let logs = rooms.iter().map(|member| member.room.into()).chain([device.id().into()]);
        for log in logs {
            self.join(log, device.number)?;
        }
        Ok(())
    }

    /// A device reads a log from its end on.
    pub(super) fn join(&mut self, log: sotto_protocol::LogId, device: u32) -> Kept<()> {
        let Some(upto) = self.index.join(log, device) else { return Ok(()) };
        let Some(number) = self.index.log(log).map(|log| log.number) else { return Ok(()) };
        self.tables.cursor_put(CursorRow { log: number, device, upto })
    }

    /// A device no longer reads a log, and no longer holds it back.
    pub(super) fn leave(&mut self, log: sotto_protocol::LogId, device: u32) -> Kept<()> {
        if !self.index.leave(log, device) {
            return Ok(());
        }
        let Some(number) = self.index.log(log).map(|log| log.number) else { return Ok(()) };
        self.tables.cursor_drop(number, device)
    }

    /// A token in place of the device's old one.
    pub(super) fn new_device_token(&mut self, actor: Actor) -> Kept<AccessToken> {
        let token = Token::new(self.seed.derive("token", 0));
        let expires_ms = self.wall_ms.saturating_add(self.limits.token_lifetime_ms);
        self.tables.tokens_of_device_drop(actor.device, Some(TokenType::Device))?;
        self.tables.token_put(&TokenRow {
            hash: hashed(token.as_bytes()),
            account: actor.account,
            device: actor.device,
            token_type: TokenType::Device,
            name: String::new(),
            scopes: Vec::new(),
            created_ms: self.wall_ms,
            expires_ms,
        })?;
        Ok(AccessToken { token, token_type: TokenType::Device, expires_ms, scopes: Listed::default() })
    }

    fn past_half(&self, token: &TokenRow) -> bool {
        token.expires_ms.saturating_sub(self.wall_ms) < self.limits.token_lifetime_ms / 2
    }

    /// Everything that a session needs to go on where its device stopped.
    pub(super) fn resume(
        &self,
        actor: Actor,
        token: Option<AccessToken>,
        scopes: Option<Vec<String>>,
    ) -> Kept<Resume> {
        let account = self.own_account(actor.account)?;
        Ok(Resume {
            actor,
            token,
            scopes,
            logs: self.logs_of(actor)?,
            friends: self.tables.friends_seen(actor.account)?,
            shares_last_seen: account.shares_last_seen,
            roster_revision: account.roster_revision,
            rooms_revision: account.rooms_revision,
            key_packages: self.tables.key_package_count(actor.device)?,
            incarnation: self.index.incarnation,
        })
    }

    pub(super) fn tell_others_of(
        &mut self,
        device: &DeviceRow,
        kind: DeviceEventKind,
        source: IpAddr,
    ) -> Kept<()> {
        let event = DeviceEvent {
            device: device.id(),
            name: device.name.as_str().to_owned(),
            kind,
            address: source.to_string(),
        };
        self.tell(Whom::Others(device.account), &InboxEvent::Device(event))
    }
}
