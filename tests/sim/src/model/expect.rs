//! Who may do what: what the answer to a change has to be.
use daemon_core::store::Actor;
use sotto_protocol::{
    AccountId, ContactStatus, EntryKind, Reason, Request, Role, RoomChange, RoomCreate, RoomId, RoomKind,
};

use super::{Model, Standing, people::whom};
use ContactStatus::{Accepted, Asked, Blocked};

/// What the answer must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expect {
    /// It must be allowed, limits aside.
    Yes,
    /// It must be refused, for this.
    No(&'static str),
    /// The reference does not say.
    Either,
}

/// Refusals that say "too much" or "not now" and not "you may not".
pub(super) const fn soft(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::QuotaAccount
            | Reason::QuotaRoom
            | Reason::QuotaBlobs
            | Reason::LimitRooms
            | Reason::LimitContacts
            | Reason::RoomFull
            | Reason::EpochStale
            | Reason::StoreFull
            | Reason::StoreUnavailable
    )
}

fn when(allowed: bool, why: &'static str) -> Expect {
    if allowed { Expect::Yes } else { Expect::No(why) }
}

impl Model {
    pub(super) fn expect(&self, actor: Actor, request: &Request) -> Expect {
        let stands = self
            .devices
            .get(&actor.device)
            .is_some_and(|device| device.account == actor.account && device.standing == Standing::In);
        if !stands {
            return Expect::No("the device is out");
        }
        match request {
            Request::Append(append) => {
                let known = self.sent.get(&(actor.device, append.envelope_id));
                match known {
                    Some(sent) if self.may_forget(sent) || self.dropped.contains(&sent.log) => Expect::Either,
                    Some(sent) => when(sent.log == append.log, "the id was used elsewhere"),
                    None => self.may_write(actor, RoomId::from(append.log), append.kind),
                }
            }
            Request::RoomCreate(create) => self.may_create(actor.account, create),
            Request::RoomChange(change) => {
                if self.sent.contains_key(&(actor.device, change.envelope_id)) {
                    return Expect::Either;
                }
                self.may_change(actor.account, change)
            }
            Request::RoomLeave(leave) => {
                if self.sent.contains_key(&(actor.device, leave.envelope_id)) {
                    return Expect::Either;
                }
                let room = self.rooms.get(&leave.room);
                let Some(room) = room.filter(|room| room.members.contains_key(&actor.account)) else {
                    return Expect::No("they are not in the room");
                };
                let may = room.kind == RoomKind::Group || room.members.len() == 1;
                when(may, "a direct room is not left while the other is there")
            }
            Request::DeviceRevoke(revoke) => {
                let mine = self.devices.get(&revoke.device).is_some_and(|device| {
                    device.account == actor.account && device.standing != Standing::Gone
                });
                when(mine, "it is not their device")
            }
            Request::SignOut(_) => Expect::Yes,
            Request::AccountDelete(delete) => {
                let right = self.accounts.get(&actor.account).is_some_and(|a| a.name == delete.user_name);
                when(right, "the name is another one")
            }
            Request::Read(read) => {
                let is_in = self.is_in(read.room, actor.account);
                let head = self.logs.get(&read.room.into()).map_or(0, super::Log::head);
                when(is_in && read.upto <= head, "they are not in the room, or it is shorter")
            }
            request => self.may_know(actor.account, request),
        }
    }

    pub(crate) fn is_in(&self, room: RoomId, account: AccountId) -> bool {
        self.rooms.get(&room).is_some_and(|room| room.members.contains_key(&account))
    }

    fn may_write(&self, actor: Actor, id: RoomId, kind: EntryKind) -> Expect {
        let Some(room) = self.rooms.get(&id).filter(|room| room.members.contains_key(&actor.account)) else {
            return Expect::No("they are not in the room");
        };
        if kind == EntryKind::Commit {
            return Expect::Either;
        }
        if room.kind == RoomKind::Group {
            return Expect::Yes;
        }
        let other = room.members.keys().find(|member| **member != actor.account);
        match other {
            None => Expect::No("nobody else is there"),
            Some(other) => {
                let blocked = [(actor.account, *other), (*other, actor.account)]
                    .into_iter()
                    .any(|(one, two)| self.status(one, two) == Some(Blocked));
                when(!blocked, "one of the two has blocked the other")
            }
        }
    }

    fn may_create(&self, me: AccountId, create: &RoomCreate) -> Expect {
        if let Some(room) = self.rooms.get(&create.room) {
            let again = room.creator == me && room.kind == create.kind && room.members.contains_key(&me);
            return when(again, "the room's id is taken");
        }
        if create.kind == RoomKind::Direct && create.seats.len() == 1 {
            let them = create.seats.first().map(|seat| seat.account);
            let mine = |room: &&super::Room| {
                room.kind == RoomKind::Direct && room.members.contains_key(&me) && them != Some(me)
            };
            let with = |room: &super::Room| them.is_some_and(|them| room.members.contains_key(&them));
            if self.rooms.values().filter(mine).any(with) {
                return Expect::Yes;
            }
            // Somebody who is gone for good is still the other one of a direct room.
            if them.is_some_and(|them| !self.accounts.contains_key(&them)) {
                return Expect::Either;
            }
        }
        if self.dropped.contains(&create.room.into()) {
            return Expect::No(
                "a log of that id was there, and devices would take its first entries for old ones",
            );
        }
        let mut seen = vec![me];
        for seat in create.seats.iter() {
            let blocks = create.kind == RoomKind::Direct && self.status(me, seat.account) == Some(Blocked);
            if seen.contains(&seat.account) || !self.may_meet(me, seat.account) || blocks {
                return Expect::No("somebody may not be seated by them");
            }
            seen.push(seat.account);
        }
        when(create.kind == RoomKind::Group || create.seats.len() == 1, "two make a direct room")
    }

    fn may_change(&self, me: AccountId, change: &RoomChange) -> Expect {
        let Some(room) = self.rooms.get(&change.room) else { return Expect::No("there is no such room") };
        let Some(role) = room.members.get(&me) else { return Expect::No("they are not in the room") };
        let people = change.add.len() + change.remove.len() + change.roles.len() > 0;
        if room.kind == RoomKind::Direct {
            return if people { Expect::No("a direct room has its two") } else { Expect::Either };
        }
        let touches_rank = !change.roles.is_empty()
            || change.add.iter().any(|seat| seat.role != Role::Member)
            || change.remove.iter().any(|account| room.members.get(account) > Some(&Role::Member));
        match role {
            Role::Member if people || change.title.is_some() => return Expect::No("a member changes nobody"),
            Role::Admin if touches_rank => return Expect::No("an admin changes no rank"),
            Role::Member | Role::Admin | Role::Owner => {}
        }
        let strangers = change
            .add
            .iter()
            .any(|seat| room.members.contains_key(&seat.account) || !self.may_meet(me, seat.account));
        if strangers {
            return Expect::No("somebody may not be seated by them");
        }
        if change.remove.iter().any(|account| !room.members.contains_key(account)) {
            return Expect::No("who goes is not in");
        }
        let owners_change = touches_rank && *role == Role::Owner;
        if owners_change { Expect::Either } else { Expect::Yes }
    }

    fn may_know(&self, me: AccountId, request: &Request) -> Expect {
        let Some(them) = whom(request) else { return Expect::Either };
        if !self.accounts.contains_key(&them) || me == them {
            return Expect::No("there is nobody of that id, or it is oneself");
        }
        let mine = self.status(me, them);
        match request {
            Request::ContactRequest(_) => when(mine != Some(Blocked), "they blocked them themselves"),
            Request::ContactAccept(_) => when(matches!(mine, Some(Accepted | Asked)), "nobody asked"),
            Request::ContactDecline(_) => when(mine == Some(Asked), "nobody asked"),
            Request::ContactUnblock(_) => when(mine == Some(Blocked), "there is no block"),
            Request::ContactRemove(_) => {
                when(mine.is_some() && mine != Some(Blocked), "there is no such contact")
            }
            Request::ContactEdit(_) => when(mine.is_some(), "there is no such contact"),
            _ => Expect::Yes,
        }
    }
}
