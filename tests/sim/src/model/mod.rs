//! The reference: what must be true, said once more and simply. It sees what was committed, in the order of the
//! commits, and knows nothing of pages, bells, windows and tables.

mod expect;
mod log;
mod people;
mod rooms;
mod sign_in;

use std::collections::{BTreeMap, BTreeSet};

use daemon_core::store::{Actor, AdminChange, Answer, Change, Outcome, Write};
use sotto_protocol::{
    AccountId, ContactStatus, DeviceId, EnvelopeId, LogId, Request, Response, RoomId, UserName,
};

pub(crate) use log::{EntryNote, Log};
pub(crate) use rooms::Room;

use self::expect::{Expect, soft};

/// Something is not as it must be.
pub(crate) type Held<T = ()> = Result<T, String>;

/// An account that exists.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) name: UserName,
    pub(crate) open_to_all: bool,
    pub(crate) disabled: bool,
}

/// Where a device stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    In,
    SignedOut,
    Gone,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Device {
    pub(crate) account: AccountId,
    pub(crate) standing: Standing,
}

/// The first answer to an envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) log: LogId,
    pub(crate) sequence: u64,
    pub(crate) at_ms: u64,
}

/// The world as it is on disk.
#[derive(Debug, Default)]
pub(crate) struct Model {
    pub(crate) accounts: BTreeMap<AccountId, Account>,
    pub(crate) devices: BTreeMap<DeviceId, Device>,
    pub(crate) roster: BTreeMap<(AccountId, AccountId), ContactStatus>,
    pub(crate) rooms: BTreeMap<RoomId, Room>,
    pub(crate) logs: BTreeMap<LogId, Log>,
    pub(crate) sent: BTreeMap<(DeviceId, EnvelopeId), Sent>,
    /// Entries before this may have expired.
    pub(crate) expired_before_ms: u64,
    /// When two accounts were last friends, by the monotonic clock.
    parted_ms: BTreeMap<(AccountId, AccountId), u64>,
    /// The latest time that the server's clock ever showed.
    latest_ms: u64,
    /// Durable cursors, at the least.
    acknowledged: BTreeMap<(DeviceId, LogId), u64>,
    /// What devices have stored, at the most.
    stored: BTreeMap<(DeviceId, LogId), u64>,
    /// Rooms that were dropped with their last member.
    pub(crate) dropped: BTreeSet<LogId>,
}

/// How long an envelope's id is remembered at least.
const MEMORY_MS: u64 = 7 * 24 * 60 * 60 * 1000;

impl Model {
    /// Judges what a commit answered to one write, and takes it over.
    pub(crate) fn observe(&mut self, now_ms: u64, write: &Write, outcome: &Outcome) -> Held {
        self.latest_ms = self.latest_ms.max(write.wall_ms);
        match (&write.change, &outcome.answer) {
            (Change::Ask { actor, request }, answer) => {
                self.asked(now_ms, write.wall_ms, *actor, request, answer)
            }
            (Change::Sweep(sweep), Ok(_)) => {
                self.expired_before_ms = self.expired_before_ms.max(sweep.entries_before_ms);
                Ok(())
            }
            (Change::Register { request, .. }, Ok(Answer::SignedIn(_))) => {
                self.accounts.entry(request.account).or_insert(Account {
                    name: request.user_name.clone(),
                    open_to_all: false,
                    disabled: false,
                });
                self.device_in(request.account, request.device.device);
                Ok(())
            }
            (Change::Enrol { account, request, .. }, Ok(Answer::SignedIn(_))) => {
                self.device_in(*account, request.device.device);
                Ok(())
            }
            (Change::SignIn { actor, .. }, Ok(Answer::SignedIn(resume))) => match self.may_sign_in(*actor) {
                true => self.resumed(resume),
                false => Err(format!("{} signed in, and may not", actor.device)),
            },
            (Change::SignIn { .. }, Ok(other)) => Err(format!("{other:?} answers no sign-in")),
            (Change::SignIn { actor, .. }, Err(refused)) => match self.may_sign_in(*actor) {
                true => Err(format!("{} may sign in, and heard {}", actor.device, refused.reason.as_str())),
                false => Ok(()),
            },
            (Change::Admin(change), Ok(_)) => {
                self.governed(now_ms, change);
                Ok(())
            }
            (
                Change::Register { .. }
                | Change::Enrol { .. }
                | Change::BotSignIn { .. }
                | Change::Admin(_)
                | Change::Sweep(_),
                _,
            ) => Ok(()),
        }
    }

    /// The admin's wishes.
    fn governed(&mut self, now_ms: u64, change: &AdminChange) {
        match change {
            AdminChange::SetDisabled { account, disabled } => {
                if let Some(account) = self.accounts.get_mut(account) {
                    account.disabled = *disabled;
                }
            }
            AdminChange::AccountDelete(account) => self.account_gone(now_ms, *account),
            AdminChange::DeviceRevoke(device) => self.device_out(*device, Standing::Gone),
            AdminChange::InviteCreate(_) | AdminChange::InviteRevoke(_) | AdminChange::Announce(_) => {}
        }
    }

    pub(crate) fn may_sign_in(&self, actor: Actor) -> bool {
        let stands = self
            .devices
            .get(&actor.device)
            .is_some_and(|device| device.account == actor.account && device.standing == Standing::In);
        stands && self.accounts.get(&actor.account).is_some_and(|account| !account.disabled)
    }

    /// The devices of an account that are signed in.
    pub(crate) fn devices_of(&self, account: AccountId) -> Vec<DeviceId> {
        let is_in =
            |(_, device): &(&DeviceId, &Device)| device.account == account && device.standing == Standing::In;
        self.devices.iter().filter(is_in).map(|(id, _)| *id).collect()
    }

    fn asked(
        &mut self,
        now_ms: u64,
        wall_ms: u64,
        actor: Actor,
        request: &Request,
        answer: &Result<Answer, sotto_protocol::Refused>,
    ) -> Held {
        let response = match answer {
            Ok(Answer::Reply(response)) => Ok(response.as_ref()),
            Ok(other) => return Err(format!("{other:?} answers no request")),
            Err(refused) => Err(refused),
        };
        let (device, what) = (actor.device, request.frame_type().name());
        match (self.expect(actor, request), response) {
            (Expect::No(why), Ok(_)) => Err(format!("{what} of {device} was allowed, though {why}")),
            (Expect::Yes, Err(refused)) if !soft(refused.reason) => {
                Err(format!("{what} of {device} was refused with {}", refused.reason.as_str()))
            }
            (Expect::Yes | Expect::Either, Ok(response)) => {
                self.take_over(now_ms, wall_ms, actor, request, response)
            }
            (_, Err(_)) => Ok(()),
        }
    }

    fn take_over(
        &mut self,
        now_ms: u64,
        wall_ms: u64,
        actor: Actor,
        request: &Request,
        response: &Response,
    ) -> Held {
        match (request, response) {
            (Request::Append(append), Response::Accepted(accepted)) => {
                if let Some(commit) = append.commit.as_ref().filter(|_| !accepted.duplicate) {
                    self.turn(append.log.into(), commit)?;
                }
                let entry = EntryNote::appended(actor, append, accepted.at_ms);
                self.written(actor.device, append.envelope_id, accepted, Some(entry)).map(|_| ())
            }
            (Request::RoomCreate(create), Response::RoomCreated(created)) => {
                self.room_created(wall_ms, actor, create, created)
            }
            (Request::RoomChange(change), Response::Accepted(accepted)) => {
                self.room_changed(wall_ms, actor, change, accepted)
            }
            (Request::RoomLeave(leave), Response::Accepted(accepted)) => {
                self.room_left(actor, leave, accepted)
            }
            (Request::SignOut(_), _) => {
                self.device_out(actor.device, Standing::SignedOut);
                Ok(())
            }
            (Request::DeviceRevoke(revoke), _) => {
                self.device_out(revoke.device, Standing::Gone);
                Ok(())
            }
            (Request::AccountDelete(_), _) => {
                self.account_gone(now_ms, actor.account);
                Ok(())
            }
            (Request::ProfileChange(change), _) => {
                if let (Some(account), Some(open)) =
                    (self.accounts.get_mut(&actor.account), change.open_to_all)
                {
                    account.open_to_all = open;
                }
                Ok(())
            }
            _ => self.contact_changed(now_ms, actor.account, request, response),
        }
    }

    /// An answer to a write: the first one, or the first one again. Says whether it is new.
    fn written(
        &mut self,
        device: DeviceId,
        envelope: EnvelopeId,
        accepted: &sotto_protocol::Accepted,
        entry: Option<EntryNote>,
    ) -> Held<bool> {
        let sent = Sent { log: accepted.log, sequence: accepted.sequence, at_ms: accepted.at_ms };
        let known = self.sent.get(&(device, envelope)).copied();
        match known {
            Some(first) if accepted.duplicate && first == sent => return Ok(false),
            Some(first) if accepted.duplicate => {
                return Err(format!("{envelope} was answered with {first:?}, and now with {sent:?}"));
            }
            Some(first) if !self.may_forget(&first) => {
                return Err(format!("{envelope} of {device} was taken twice: {first:?}, {sent:?}"));
            }
            Some(_) => {}
            None if accepted.duplicate => return Err(format!("{envelope} is new and called a duplicate")),
            None => {}
        }
        self.sent.insert((device, envelope), sent);
        let Some(log) = self.logs.get_mut(&accepted.log) else { return Ok(true) };
        log.grow(accepted.sequence, entry)?;
        Ok(true)
    }

    /// Ids are remembered for a week by the server's clock, whatever time it showed.
    pub(super) fn may_forget(&self, sent: &Sent) -> bool {
        sent.at_ms < self.latest_ms.saturating_sub(MEMORY_MS)
    }

    fn device_in(&mut self, account: AccountId, id: DeviceId) {
        let was_in = self.devices.get(&id).is_some_and(|device| device.standing == Standing::In);
        self.devices.insert(id, Device { account, standing: Standing::In });
        if was_in {
            return;
        }
        self.logs.entry(id.into()).or_default().open(id);
        let rooms = self.rooms.iter().filter(|(_, room)| room.members.contains_key(&account));
        for room in rooms.map(|(room, _)| LogId::from(*room)).collect::<Vec<_>>() {
            self.logs.entry(room).or_default().open(id);
        }
    }

    fn device_out(&mut self, id: DeviceId, standing: Standing) {
        if let Some(device) = self.devices.get_mut(&id) {
            device.standing = standing;
        }
        for log in self.logs.values_mut() {
            log.close(id);
        }
    }

    fn account_gone(&mut self, now_ms: u64, account: AccountId) {
        let rooms: Vec<RoomId> = self.rooms.keys().copied().collect();
        for room in rooms {
            if self.rooms.get(&room).is_some_and(|found| found.members.contains_key(&account)) {
                self.take_leave(room, account);
            }
        }
        let devices: Vec<DeviceId> =
            self.devices.iter().filter(|(_, device)| device.account == account).map(|(id, _)| *id).collect();
        for device in devices {
            self.device_out(device, Standing::Gone);
        }
        self.forget_contacts(now_ms, account);
        self.accounts.remove(&account);
    }
}
