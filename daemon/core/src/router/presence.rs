//! How people are, as their contacts may see it. Newest wins, nothing is stored, nothing is queued.
use sotto_protocol::{
    AccountId, Listed, Presence, PresenceStatus, Presences, Reachable, limits::LAST_SEEN_ROUNDING_MS,
};

use super::{Deliver, Router};
use crate::{
    Now,
    session::{Input, SessionKey, Told},
    store::Friend,
};

/// An account of which at least one device is here.
#[derive(Debug)]
pub(super) struct Present {
    pub(super) sessions: Vec<SessionKey>,
    status: PresenceStatus,
    friends: Vec<AccountId>,
    shares_last_seen: bool,
}

impl Router {
    /// A session has signed in: its friends hear of it, and it hears of them.
    pub(super) fn arrive(
        &mut self,
        session: SessionKey,
        account: AccountId,
        friends: &[Friend],
        shares_last_seen: bool,
        deliver: &mut Deliver<'_>,
    ) {
        let present = self.accounts.entry(account).or_insert_with(|| Present {
            sessions: Vec::with_capacity(1),
            status: PresenceStatus::Online,
            friends: Vec::new(),
            shares_last_seen,
        });
        present.sessions.push(session);
        present.friends = friends.iter().map(|friend| friend.account).collect();
        present.shares_last_seen = shares_last_seen;
        self.tell_friends(account, deliver);
        for friend in friends {
            let presence = if self.accounts.contains_key(&friend.account) {
                self.presence_of(friend.account)
            } else {
                offline(friend.account, friend.last_seen_ms)
            };
            if presence.status != PresenceStatus::Offline || presence.last_seen_ms != 0 {
                deliver(session, Input::Told(Told::Presence(presence)));
            }
        }
    }

    /// A session has gone.
    pub(super) fn depart(
        &mut self,
        now: Now,
        session: SessionKey,
        account: AccountId,
        deliver: &mut Deliver<'_>,
    ) {
        let Some(present) = self.accounts.get_mut(&account) else { return };
        present.sessions.retain(|here| *here != session);
        if !present.sessions.is_empty() {
            return self.tell_friends(account, deliver);
        }
        let was_seen = present.status != PresenceStatus::Invisible;
        let Some(present) = self.accounts.remove(&account) else { return };
        if was_seen && present.shares_last_seen {
            self.last_seen.insert(account, now.wall_ms - now.wall_ms % LAST_SEEN_ROUNDING_MS);
        }
        let presence = self.presence_of(account);
        for friend in present.friends {
            self.tell(friend, &presence, deliver);
        }
    }

    pub(super) fn set_status(
        &mut self,
        account: AccountId,
        status: PresenceStatus,
        deliver: &mut Deliver<'_>,
    ) {
        if let Some(present) = self.accounts.get_mut(&account) {
            // Nobody who is here is offline: who wants to be seen so is invisible.
            present.status =
                if status == PresenceStatus::Offline { PresenceStatus::Invisible } else { status };
            self.tell_friends(account, deliver);
        }
    }

    pub(super) fn set_shares_last_seen(
        &mut self,
        account: AccountId,
        shares: bool,
        deliver: &mut Deliver<'_>,
    ) {
        if !shares {
            self.last_seen.remove(&account);
        }
        if let Some(present) = self.accounts.get_mut(&account) {
            present.shares_last_seen = shares;
            self.tell_friends(account, deliver);
        }
    }

    pub(super) fn befriend(&mut self, a: AccountId, b: AccountId, deliver: &mut Deliver<'_>) {
        for (one, other) in [(a, b), (b, a)] {
            if let Some(present) = self.accounts.get_mut(&one) {
                if !present.friends.contains(&other) {
                    present.friends.push(other);
                }
                let presence = self.presence_of(other);
                self.tell(one, &presence, deliver);
            }
        }
    }

    pub(super) fn part(&mut self, a: AccountId, b: AccountId, deliver: &mut Deliver<'_>) {
        for (one, other) in [(a, b), (b, a)] {
            if let Some(present) = self.accounts.get_mut(&one) {
                present.friends.retain(|friend| *friend != other);
                self.tell(one, &offline(other, 0), deliver);
            }
        }
    }

    /// Of those that were asked for, the friends.
    pub(super) fn presences_for(&self, account: AccountId, asked: &[AccountId]) -> Presences {
        let friends =
            self.accounts.get(&account).map(|present| present.friends.as_slice()).unwrap_or_default();
        let seen = asked.iter().filter(|other| friends.contains(other));
        Presences { presences: seen.map(|other| self.presence_of(*other)).collect() }
    }

    /// How an account looks to its friends.
    fn presence_of(&self, account: AccountId) -> Presence {
        let last_seen_ms = self.last_seen.get(&account).copied().unwrap_or(0);
        match self.accounts.get(&account) {
            Some(present) if present.status != PresenceStatus::Invisible => Presence {
                account,
                status: present.status,
                last_seen_ms: 0,
                devices: self.reachable(present),
            },
            Some(_) | None => offline(account, last_seen_ms),
        }
    }

    fn reachable(&self, present: &Present) -> Listed<Reachable, { sotto_protocol::limits::DEVICES_MAX }> {
        let devices = present
            .sessions
            .iter()
            .filter_map(|session| self.sessions.get(session))
            .filter_map(|seat| {
                let device = seat.member.as_ref()?.actor.device;
                let address = seat.source.ip().to_canonical().to_string();
                Some(Reachable { device, address, port: seat.port.into() })
            })
            .take(sotto_protocol::limits::DEVICES_MAX)
            .collect();
        Listed::new(devices).unwrap_or_default()
    }

    fn tell_friends(&self, account: AccountId, deliver: &mut Deliver<'_>) {
        let Some(present) = self.accounts.get(&account) else { return };
        let presence = self.presence_of(account);
        for friend in &present.friends {
            self.tell(*friend, &presence, deliver);
        }
    }

    fn tell(&self, friend: AccountId, presence: &Presence, deliver: &mut Deliver<'_>) {
        for session in self.accounts.get(&friend).into_iter().flat_map(|present| &present.sessions) {
            deliver(*session, Input::Told(Told::Presence(presence.clone())));
        }
    }
}

fn offline(account: AccountId, last_seen_ms: u64) -> Presence {
    Presence { account, status: PresenceStatus::Offline, last_seen_ms, devices: Listed::default() }
}
