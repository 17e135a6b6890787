//! The server: real sessions, router, gate and store, and between them the shell's duties in virtual time.

mod mail;
pub(crate) mod store;
mod tap;
mod writer;

use std::{
    collections::{BTreeMap, VecDeque},
    net::SocketAddr,
    sync::Arc,
};

use bytes::{Bytes, BytesMut};
use daemon_core::{
    gate::{Admission, Gate, GateLimits},
    policy::Policy,
    router::Router,
    session::{Effect, Effects, Input, Opening, Route, Session, SessionKey, Shared, Ticket},
    store::{Answer, Lazy, Outcome, Query, Write},
};
use sotto_protocol::{Pin, Refused, decode_frame};

use self::{mail::Mail, store::Keeper, tap::Tap};
use crate::{
    model::{Held, Model},
    nature::{Event, Line, Nature},
    report::Counted,
    sabotage::Sabotage,
};

/// Who asked the store, and what it said.
type Answered = ((SessionKey, Ticket), Outcome);

pub(crate) struct Server {
    pub(crate) up: bool,
    pub(crate) counted: Counted,
    shared: Arc<Shared>,
    pub(crate) pin: Pin,
    router: Router,
    gate: Gate,
    seats: BTreeMap<Line, Seat>,
    store: Box<dyn Keeper>,
    writes: VecDeque<(SessionKey, Ticket, Write)>,
    lazies: Vec<Lazy>,
    unpublished: VecDeque<Vec<Answered>>,
    commit_planned: bool,
    sabotage: Sabotage,
}

/// One connection.
struct Seat {
    session: Session,
    shared: Arc<Shared>,
    source: SocketAddr,
    inbound: BytesMut,
    mail: Mail,
    tap: Tap,
    /// The gate counts it as a stranger.
    is_stranger: bool,
    wake_ms: Option<u64>,
}

impl Seat {
    fn is_idle(&self) -> bool {
        self.mail.is_empty() && self.tap.is_idle() && self.inbound.is_empty()
    }
}

impl Server {
    pub(crate) fn new(store: Box<dyn Keeper>, policy: Policy, sabotage: Sabotage) -> Held<Self> {
        let identity = store.identity();
        let shared = Shared::new(policy, &identity).map_err(|fault| fault.to_string())?;
        Ok(Self {
            up: true,
            counted: Counted::default(),
            shared: Arc::new(shared),
            pin: identity.pin,
            router: Router::new(),
            gate: Gate::new(GateLimits::default()),
            seats: BTreeMap::new(),
            store,
            writes: VecDeque::new(),
            lazies: Vec::new(),
            unpublished: VecDeque::new(),
            commit_planned: false,
            sabotage,
        })
    }

    /// A connection is past its handshake, if the gate lets it in.
    pub(crate) fn accept(&mut self, nature: &mut Nature, line: Line, source: SocketAddr) -> bool {
        let Some(exporter) = nature.exporter(line).filter(|_| self.up) else { return false };
        let chance = u32::try_from(nature.chance.below(1 << 32)).unwrap_or(0);
        if self.gate.admit(nature.now(), source.ip().into(), chance) != Admission::Welcome {
            return false;
        }
        self.router.introduce(line, source);
        let shared = Arc::clone(&self.shared);
        let session = Session::new(Arc::clone(&shared), Opening { source, exporter }, nature.now());
        let seat = Seat {
            session,
            shared,
            source,
            inbound: BytesMut::new(),
            mail: Mail::default(),
            tap: Tap::default(),
            is_stranger: true,
            wake_ms: None,
        };
        self.seats.insert(line, seat);
        self.set_alarm(nature, line);
        true
    }

    pub(crate) fn hear(&mut self, nature: &mut Nature, model: &Model, line: Line, bytes: &Bytes) -> Held {
        let Some(seat) = self.seats.get_mut(&line) else { return Ok(()) };
        seat.inbound.extend_from_slice(bytes);
        self.feed(nature, model, line)
    }

    /// Feeds whole frames for as long as the session takes them.
    fn feed(&mut self, nature: &mut Nature, model: &Model, line: Line) -> Held {
        loop {
            let Some(seat) = self.seats.get_mut(&line).filter(|seat| seat.session.takes_frames()) else {
                return Ok(());
            };
            match decode_frame(&mut seat.inbound, seat.session.frame_max()) {
                Ok(None) => return Ok(()),
                Ok(Some(frame)) => self.handle(nature, model, line, Input::Frame(frame))?,
                Err(fault) => self.handle(nature, model, line, Input::BadFrame(fault))?,
            }
        }
    }

    pub(crate) fn gone(&mut self, nature: &mut Nature, model: &Model, line: Line) -> Held {
        self.handle(nature, model, line, Input::Gone)
    }

    pub(crate) fn read_mail(&mut self, nature: &mut Nature, model: &Model, line: Line) -> Held {
        let Some(seat) = self.seats.get_mut(&line) else { return Ok(()) };
        let mut mail = std::mem::take(&mut seat.mail);
        while let Some(input) = mail.next() {
            self.handle(nature, model, line, input)?;
        }
        self.feed(nature, model, line)
    }

    pub(crate) fn wake(&mut self, nature: &mut Nature, model: &Model, line: Line) -> Held {
        let Some(seat) = self.seats.get_mut(&line) else { return Ok(()) };
        seat.wake_ms = None;
        let due = seat.session.next_wake().is_some_and(|at_ms| at_ms <= nature.now_ms);
        if due {
            self.handle(nature, model, line, Input::Wake)?;
        }
        self.set_alarm(nature, line);
        Ok(())
    }

    /// A reader looks for an answer; it sees what is synced, whether the router has heard of it or not.
    pub(crate) fn look(&mut self, nature: &mut Nature, line: Line, ticket: Ticket, query: &Query) {
        if !self.seats.contains_key(&line) {
            return;
        }
        let answer = match self.store.ask(query) {
            _ if nature.trouble(100) => Err(sotto_protocol::Reason::StoreUnavailable.into()),
            Ok(outcome) => outcome.answer,
            Err(fault) => Err(Refused::from(fault.reason())),
        };
        let within_ms = if nature.chance.one_in(4) { 60 } else { 0 };
        nature.soon(within_ms, Event::Found(line, ticket, Box::new(answer)));
    }

    pub(crate) fn found(
        &mut self,
        nature: &mut Nature,
        model: &Model,
        line: Line,
        (ticket, answer): (Ticket, Result<Answer, Refused>),
    ) -> Held {
        self.handle(nature, model, line, Input::Answer(ticket, answer))?;
        self.feed(nature, model, line)
    }

    /// One input, and everything that comes of it.
    fn handle(&mut self, nature: &mut Nature, model: &Model, line: Line, input: Input) -> Held {
        let Some(seat) = self.seats.get_mut(&line) else { return Ok(()) };
        let now = nature.now();
        let mut effects = Effects::default();
        seat.tap.told(&input);
        seat.session.handle(now, nature.chance.source(), input, &mut effects);
        let policy = &seat.shared.policy;
        let judged = effects.wishes.iter().try_for_each(|wish| seat.tap.wished(policy, wish));
        judged.map_err(|why| format!("{line:?}: {why}"))?;
        let said = seat.tap.said(nature.now_ms, policy, model, &effects.out);
        said.map_err(|why| format!("{line:?}: {why}"))?;
        if !effects.out.is_empty() {
            nature.send_to_client(line, effects.out.freeze());
        }
        for wish in effects.wishes {
            self.grant(nature, line, wish);
        }
        self.set_alarm(nature, line);
        Ok(())
    }

    fn grant(&mut self, nature: &mut Nature, line: Line, wish: Effect) {
        match wish {
            Effect::Write(ticket, write) => self.write(nature, line, ticket, write),
            Effect::Query(ticket, query) => {
                if let Some(page) = self.store.recent(&query).filter(|_| nature.chance.one_in(2)) {
                    return nature.plan(0, Event::Found(line, ticket, Box::new(Ok(Answer::Page(page)))));
                }
                nature.soon(20, Event::Look(line, ticket, Box::new(query)));
            }
            Effect::TryPassword(ticket, name) => match self.gate.try_password(nature.now(), &name) {
                Ok(()) => nature.soon(20, Event::Look(line, ticket, Box::new(Query::Login(name)))),
                Err(wait_ms) => {
                    let refused = Refused::new(sotto_protocol::Reason::LimitRate).retry_after(wait_ms);
                    nature.soon(5, Event::Found(line, ticket, Box::new(Err(refused))));
                }
            },
            Effect::Lazy(lazy) => {
                self.lazies.push(lazy);
                self.plan_commit(nature, 1500);
            }
            Effect::Route(route) => self.route(nature, line, route),
            Effect::Offence(offence) => {
                if let Some(seat) = self.seats.get(&line) {
                    self.gate.offend(nature.now(), seat.source.ip().into(), offence);
                }
            }
            Effect::SignedIn => self.count_out(nature, line),
            Effect::Close => {
                nature.end_for_client(line);
                self.leave(nature, line);
            }
        }
    }

    fn route(&mut self, nature: &mut Nature, line: Line, route: Route) {
        let mut post = Vec::new();
        self.router.route(line, route, &mut |key, input| post.push((key, input)));
        self.post(nature, post);
    }

    fn leave(&mut self, nature: &mut Nature, line: Line) {
        self.count_out(nature, line);
        if let Some(seat) = self.seats.remove(&line) {
            self.counted.deliveries += seat.tap.deliveries;
            self.counted.gaps += seat.tap.gaps;
        }
        let mut post = Vec::new();
        self.router.leave(nature.now(), line, &mut |key, input| post.push((key, input)));
        self.post(nature, post);
    }

    fn count_out(&mut self, nature: &Nature, line: Line) {
        if let Some(seat) = self.seats.get_mut(&line)
            && std::mem::take(&mut seat.is_stranger)
        {
            self.gate.leave(nature.now(), seat.source.ip().into());
        }
    }

    fn post(&mut self, nature: &mut Nature, post: Vec<(SessionKey, Input)>) {
        for (line, input) in post {
            if self.sabotage.swallows(&input) {
                continue;
            }
            let Some(seat) = self.seats.get_mut(&line) else { continue };
            if seat.mail.is_empty() {
                nature.soon(30, Event::Mail(line));
            }
            seat.mail.post(input);
        }
    }

    fn set_alarm(&mut self, nature: &mut Nature, line: Line) {
        let Some(seat) = self.seats.get_mut(&line) else { return };
        let Some(at_ms) = seat.session.next_wake() else { return };
        if seat.wake_ms.is_none_or(|planned_ms| at_ms < planned_ms) {
            seat.wake_ms = Some(at_ms);
            nature.plan(at_ms.saturating_sub(nature.now_ms), Event::Wake(line));
        }
    }

    /// A new policy for those who come from now on.
    pub(crate) fn reload(&mut self, policy: Policy) -> Held {
        let shared = Shared::new(policy, &self.store.identity()).map_err(|fault| fault.to_string())?;
        self.shared = Arc::new(shared);
        Ok(())
    }

    /// The process dies: what is not committed is gone, and everybody's connection with it.
    pub(crate) fn crash(&mut self, nature: &mut Nature) -> Held {
        self.counted.crashes += 1;
        for (line, seat) in std::mem::take(&mut self.seats) {
            self.counted.deliveries += seat.tap.deliveries;
            self.counted.gaps += seat.tap.gaps;
            nature.cut(line);
        }
        self.router = Router::new();
        self.gate = Gate::new(GateLimits::default());
        self.writes.clear();
        self.lazies.clear();
        self.unpublished.clear();
        self.up = false;
        self.store.restart().map_err(|fault| format!("the store does not come back: {fault}"))?;
        nature.soon(3_000, Event::ServerStarts);
        Ok(())
    }

    /// The process is asked to end: it says goodbye, commits what it has, and is back soon.
    pub(crate) fn stop(&mut self, nature: &mut Nature, model: &mut Model) -> Held {
        for line in self.seats.keys().copied().collect::<Vec<_>>() {
            self.handle(nature, model, line, Input::Stop { reconnect_after_ms: 500 })?;
        }
        self.commit(nature, model)?;
        match self.up {
            true => self.crash(nature),
            false => Ok(()),
        }
    }

    /// The process is back; what others asked of it meanwhile has waited.
    pub(crate) fn start(&mut self, nature: &mut Nature) {
        self.up = true;
        self.plan_commit(nature, 30);
    }

    /// What keeps it from rest, in words.
    pub(crate) fn described(&self) -> String {
        let (writes, lazies, unpublished) = (self.writes.len(), self.lazies.len(), self.unpublished.len());
        let busy = self.seats.iter().filter(|(_, seat)| !seat.is_idle());
        let busy: Vec<String> =
            busy.map(|(line, seat)| format!("{line:?}: {:?} {:?}", seat.tap, seat.session)).collect();
        format!("up {}, {writes} writes, {lazies} lazies, {unpublished} unpublished, {busy:?}", self.up)
    }

    /// Nothing waits anywhere.
    pub(crate) fn is_idle(&self) -> bool {
        self.up
            && self.writes.is_empty()
            && self.lazies.is_empty()
            && self.unpublished.is_empty()
            && self.seats.values().all(Seat::is_idle)
    }
}

impl Server {
    /// The numbers that the store tells the admin are those of the reference.
    pub(crate) fn agrees(&mut self, model: &Model) -> Held {
        let counts = self.counts()?;
        let devices = model.devices.values().filter(|d| d.standing != crate::model::Standing::Gone).count();
        let found = (counts.accounts, counts.devices, counts.rooms);
        let right = (model.accounts.len() as u64, devices as u64, model.rooms.len() as u64);
        if found != right {
            return Err(format!("accounts, devices and rooms are {found:?}, not {right:?}"));
        }
        let waiting = model.waits_for_the_absent();
        match counts.entries <= waiting {
            true => Ok(()),
            false => Err(format!("{} entries wait, and nobody needs more than {waiting}", counts.entries)),
        }
    }

    /// Nobody is here, and nothing is remembered of who was.
    pub(crate) fn is_empty(&self) -> Held {
        let left = (self.seats.len(), self.router.signed_in(), self.router.members().count());
        let strangers = self.gate.strangers();
        let memory = format!("{:?}", self.router);
        let empty = ["sessions: {}", "devices: {}", "accounts: {}", "readers: {}"];
        let forgets = empty.iter().all(|list| memory.contains(list));
        match left == (0, 0, 0) && strangers == 0 && forgets {
            true => Ok(()),
            false => Err(format!("all have left, and there are {left:?}, {strangers} strangers, {memory}")),
        }
    }
}
