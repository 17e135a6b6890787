//! Who is here, what they read, and who must hear what. The store is the truth; the router only rings.
//!
//! It is told the store's outcomes in the order of the commits, sign-ins among them: between a sign-in and the first
//! bell after it there is no gap that anything could fall through.

mod presence;

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
};

use sotto_protocol::{AccountId, DeviceId, LogId, Reason, RoomId, limits};

use self::presence::Present;
use crate::{
    Now,
    session::{Input, Route, SessionKey, Ticket, Told},
    store::{Actor, Answer, LogState, News, Outcome, Resume},
};

/// Where an input goes: into the mailbox of a session.
pub type Deliver<'a> = dyn FnMut(SessionKey, Input) + 'a;

/// Everybody who is here. Hash maps, because nothing of their order is seen from outside: inputs for one session come
/// in the order of the commits, and sessions do not see each other.
#[derive(Debug, Default)]
pub struct Router {
    sessions: HashMap<SessionKey, Seat>,
    devices: HashMap<DeviceId, SessionKey>,
    accounts: HashMap<AccountId, Present>,
    /// Rooms only: an inbox is read by the device whose id it has.
    readers: HashMap<LogId, Vec<SessionKey>>,
    /// When accounts that have left since the start were last here.
    last_seen: HashMap<AccountId, u64>,
}

/// One session: a guest until it is signed in.
#[derive(Debug)]
struct Seat {
    source: SocketAddr,
    /// Where it listens for direct paths; 0: nowhere.
    port: u16,
    member: Option<Member>,
}

#[derive(Debug)]
struct Member {
    actor: Actor,
    rooms: Vec<LogId>,
}

impl Router {
    /// Nobody is here.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A connection is here; nothing is known of it yet.
    pub fn introduce(&mut self, session: SessionKey, source: SocketAddr) {
        self.sessions.insert(session, Seat { source, port: 0, member: None });
    }

    /// Hands an outcome of the store to whoever asked, and its news to whoever must hear.
    pub fn publish(
        &mut self,
        now: Now,
        (session, ticket): (SessionKey, Ticket),
        outcome: Outcome,
        deliver: &mut Deliver<'_>,
    ) {
        let entering = match &outcome.answer {
            Ok(Answer::SignedIn(resume)) if self.sessions.contains_key(&session) => {
                Some(self.enter(session, resume))
            }
            Ok(_) | Err(_) => None,
        };
        if let Some(replaced) = entering.flatten() {
            deliver(replaced, Input::Out(Reason::SessionReplaced));
            self.leave(now, replaced, deliver);
        }
        let greeted = match &outcome.answer {
            Ok(Answer::SignedIn(resume)) if entering.is_some() => {
                Some((resume.actor.account, resume.friends.clone(), resume.shares_last_seen))
            }
            Ok(_) | Err(_) => None,
        };
        deliver(session, Input::Answer(ticket, outcome.answer));
        if let Some((account, friends, shares)) = greeted {
            self.arrive(session, account, &friends, shares, deliver);
        }
        for news in outcome.news {
            self.spread(now, news, deliver);
        }
    }

    /// A session wants others to hear something, or to hear of others.
    pub fn route(&mut self, from: SessionKey, route: Route, deliver: &mut Deliver<'_>) {
        let Some(actor) = self.actor(from) else { return };
        match route {
            Route::SetPresence { status, port } => {
                if let Some(seat) = self.sessions.get_mut(&from) {
                    seat.port = port;
                }
                self.set_status(actor.account, status, deliver);
            }
            Route::GetPresence(ticket, accounts) => {
                let presences = self.presences_for(actor.account, &accounts);
                deliver(from, Input::Presences(ticket, presences));
            }
            Route::Typing(room) => {
                let told = Told::Typing { room, account: actor.account };
                self.tell_room(room, actor.account, &told, deliver);
            }
            Route::Stored { room, upto } => {
                let told = Told::Marks { room, account: actor.account, delivered: upto, read: 0 };
                self.tell_room(room, actor.account, &told, deliver);
            }
        }
    }

    /// A session is gone, or is as good as gone.
    pub fn leave(&mut self, now: Now, session: SessionKey, deliver: &mut Deliver<'_>) {
        let Some(Seat { member: Some(member), .. }) = self.sessions.remove(&session) else { return };
        for room in &member.rooms {
            self.stop_reading(*room, session);
        }
        if self.devices.get(&member.actor.device) == Some(&session) {
            self.devices.remove(&member.actor.device);
        }
        self.depart(now, session, member.actor.account, deliver);
    }

    /// How many sessions are signed in.
    #[must_use]
    pub fn signed_in(&self) -> usize {
        self.devices.len()
    }

    /// Where a signed-in session comes from, and whose it is.
    pub fn members(&self) -> impl Iterator<Item = (SessionKey, Actor, IpAddr)> + '_ {
        self.sessions.iter().filter_map(|(key, seat)| {
            seat.member.as_ref().map(|member| (*key, member.actor, seat.source.ip()))
        })
    }

    fn actor(&self, session: SessionKey) -> Option<Actor> {
        self.sessions.get(&session)?.member.as_ref().map(|member| member.actor)
    }

    /// Notes what a session reads from now on; gives the session of the same device that it replaces.
    fn enter(&mut self, session: SessionKey, resume: &Resume) -> Option<SessionKey> {
        let inbox = LogId::from(resume.actor.device);
        let rooms: Vec<LogId> =
            resume.logs.iter().map(|LogState { log, .. }| *log).filter(|log| *log != inbox).collect();
        for room in &rooms {
            self.start_reading(*room, session);
        }
        if let Some(seat) = self.sessions.get_mut(&session) {
            seat.member = Some(Member { actor: resume.actor, rooms });
        }
        self.devices.insert(resume.actor.device, session).filter(|before| *before != session)
    }

    fn spread(&mut self, now: Now, news: News, deliver: &mut Deliver<'_>) {
        match news {
            News::Grown { log, head } => self.ring(log, head, deliver),
            News::Joined { log, account, head } => self.join(log, account, head, deliver),
            News::Left { log, account } => self.part_from(log, account, deliver),
            News::Befriended(a, b) => self.befriend(a, b, deliver),
            News::Parted(a, b) => self.part(a, b, deliver),
            News::LastSeenShared(account, shares) => self.set_shares_last_seen(account, shares, deliver),
            News::DeviceOut(device, reason) => {
                if let Some(session) = self.devices.get(&device).copied() {
                    deliver(session, Input::Out(reason));
                    self.leave(now, session, deliver);
                }
            }
            News::AccountOut(account, reason) => {
                for session in self.sessions_of(account) {
                    deliver(session, Input::Out(reason));
                    self.leave(now, session, deliver);
                }
            }
            News::HasRead { room, account, read } => {
                let told = Told::Marks { room, account, delivered: 0, read };
                self.tell_room(room, account, &told, deliver);
            }
        }
    }

    fn ring(&self, log: LogId, head: u64, deliver: &mut Deliver<'_>) {
        if let Some(session) =
            DeviceId::from_slice(log.as_bytes()).and_then(|device| self.devices.get(&device))
        {
            return deliver(*session, Input::Bell { log, head });
        }
        for session in self.readers.get(&log).into_iter().flatten() {
            deliver(*session, Input::Bell { log, head });
        }
    }

    fn join(&mut self, log: LogId, account: AccountId, head: u64, deliver: &mut Deliver<'_>) {
        for session in self.sessions_of(account) {
            let Some(member) = self.sessions.get_mut(&session).and_then(|seat| seat.member.as_mut()) else {
                continue;
            };
            if !member.rooms.contains(&log) {
                member.rooms.push(log);
                self.start_reading(log, session);
            }
            deliver(session, Input::Joined { log, head });
        }
    }

    fn part_from(&mut self, log: LogId, account: AccountId, deliver: &mut Deliver<'_>) {
        for session in self.sessions_of(account) {
            if let Some(member) = self.sessions.get_mut(&session).and_then(|seat| seat.member.as_mut()) {
                member.rooms.retain(|room| *room != log);
            }
            self.stop_reading(log, session);
            deliver(session, Input::Left { log });
        }
    }

    /// Tells a room's readers, but for the account that it is about. In a crowd nobody is told: it would cost the
    /// crowd's square.
    fn tell_room(&self, room: RoomId, about: AccountId, told: &Told, deliver: &mut Deliver<'_>) {
        let Some(readers) = self.readers.get(&room.into()) else { return };
        if readers.len() > limits::TELLING_ROOM_MAX {
            return;
        }
        for session in readers {
            if self.actor(*session).is_some_and(|actor| actor.account != about) {
                deliver(*session, Input::Told(told.clone()));
            }
        }
    }

    fn sessions_of(&self, account: AccountId) -> Vec<SessionKey> {
        self.accounts.get(&account).map(|present| present.sessions.clone()).unwrap_or_default()
    }

    fn start_reading(&mut self, log: LogId, session: SessionKey) {
        let readers = self.readers.entry(log).or_default();
        if !readers.contains(&session) {
            readers.reserve_exact(1);
            readers.push(session);
        }
    }

    fn stop_reading(&mut self, log: LogId, session: SessionKey) {
        if let Some(readers) = self.readers.get_mut(&log) {
            readers.retain(|reader| *reader != session);
            if readers.is_empty() {
                self.readers.remove(&log);
            }
        }
    }
}
