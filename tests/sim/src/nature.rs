//! What everybody in the world is subject to: time, chance, and a network that delays, cuts and forgets.
use std::collections::BTreeMap;

use bytes::Bytes;
use daemon_core::{
    Now,
    session::{SessionKey, Ticket},
    store::{Answer, Query},
};
use sotto_protocol::{Exporter, Refused};

use crate::{calendar::Calendar, chance::Chance, trace::Trace};

/// 2023-11-14.
const BEGINNING_MS: u64 = 1_700_000_000_000;

/// A connection: its session's number, for the server and the world alike.
pub(crate) type Line = SessionKey;

/// What may happen.
#[derive(Debug)]
pub(crate) enum Event {
    /// Somebody does something.
    Act,
    ToServer(Line, Bytes),
    ToClient(Line, Bytes),
    GoneAtServer(Line),
    GoneAtClient(Line),
    /// A session reads its mail.
    Mail(Line),
    /// A session's alarm.
    Wake(Line),
    /// The writer thread takes what has gathered.
    Commit,
    /// The router hears of the oldest commit that it has not heard of.
    Publish,
    /// A reader looks for an answer.
    Look(Line, Ticket, Box<Query>),
    /// And brings it back.
    Found(Line, Ticket, Box<Result<Answer, Refused>>),
    ServerStarts,
    /// A device tries to connect.
    Knock(usize),
    /// A device's database commits.
    Save(usize),
    /// A device sends again what was refused for now.
    Again(usize),
    /// A device lets hear of itself.
    Ping(usize, Line),
}

/// One connection's cable.
#[derive(Debug)]
struct Cable {
    to_server_ms: u64,
    to_client_ms: u64,
    exporter: Exporter,
}

#[derive(Debug)]
pub(crate) struct Nature {
    pub(crate) now_ms: u64,
    clock_ms: i64,
    pub(crate) chance: Chance,
    pub(crate) trace: Trace,
    /// No trouble for now.
    pub(crate) calm: bool,
    calendar: Calendar<Event>,
    cables: BTreeMap<Line, Cable>,
    lines: u64,
    in_flight: usize,
}

impl Nature {
    pub(crate) fn new(seed: u64, listens: bool) -> Self {
        Self {
            now_ms: 1_000,
            clock_ms: 0,
            chance: Chance::new(seed),
            trace: Trace::new(listens),
            calm: true,
            calendar: Calendar::new(),
            cables: BTreeMap::new(),
            lines: 0,
            in_flight: 0,
        }
    }

    pub(crate) fn now(&self) -> Now {
        let wall_ms = BEGINNING_MS.saturating_add(self.now_ms).saturating_add_signed(self.clock_ms);
        Now { monotonic_ms: self.now_ms, wall_ms }
    }

    /// Somebody sets the clock.
    pub(crate) fn jump(&mut self, by_ms: i64) {
        self.clock_ms = self.clock_ms.saturating_add(by_ms);
    }

    pub(crate) fn tell(&mut self, line: impl FnOnce() -> String) {
        self.trace.tell(self.now_ms, line);
    }

    pub(crate) fn plan(&mut self, after_ms: u64, event: Event) {
        self.calendar.plan(self.now_ms + after_ms, event);
    }

    /// Some time soon: at the latest after so many milliseconds.
    pub(crate) fn soon(&mut self, within_ms: u64, event: Event) {
        let after_ms = self.chance.between(0, within_ms);
        self.plan(after_ms, event);
    }

    /// Goes on to what happens next.
    pub(crate) fn next(&mut self) -> Option<Event> {
        let (at_ms, event) = self.calendar.next()?;
        self.now_ms = self.now_ms.max(at_ms);
        if matches!(event, Event::ToServer(..) | Event::ToClient(..)) {
            self.in_flight -= 1;
        }
        Some(event)
    }

    /// Whether something goes wrong now.
    pub(crate) fn trouble(&mut self, one_in: u64) -> bool {
        !self.calm && self.chance.one_in(one_in)
    }

    pub(crate) const fn is_silent(&self) -> bool {
        self.in_flight == 0
    }

    pub(crate) fn events(&self) -> usize {
        self.calendar.len()
    }

    /// A new connection.
    pub(crate) fn connect(&mut self) -> (Line, Exporter) {
        self.lines += 1;
        let (line, exporter) = (SessionKey(self.lines), self.chance.bytes());
        let cable = Cable { to_server_ms: self.now_ms, to_client_ms: self.now_ms, exporter };
        self.cables.insert(line, cable);
        (line, exporter)
    }

    pub(crate) fn exporter(&self, line: Line) -> Option<Exporter> {
        self.cables.get(&line).map(|cable| cable.exporter)
    }

    pub(crate) fn send_to_server(&mut self, line: Line, bytes: Bytes) {
        self.carry(line, bytes, Event::ToServer, |cable| &mut cable.to_server_ms);
    }

    pub(crate) fn send_to_client(&mut self, line: Line, bytes: Bytes) {
        self.carry(line, bytes, Event::ToClient, |cable| &mut cable.to_client_ms);
    }

    /// In order, in pieces, late, and perhaps never to the end.
    fn carry(
        &mut self,
        line: Line,
        mut bytes: Bytes,
        event: fn(Line, Bytes) -> Event,
        arrived: fn(&mut Cable) -> &mut u64,
    ) {
        let is_cut = self.trouble(250);
        if is_cut {
            bytes.truncate(self.chance.index(bytes.len() + 1));
        }
        while !bytes.is_empty() {
            let whole = self.calm || self.chance.one_in(2);
            let len = if whole { bytes.len() } else { 1 + self.chance.index(bytes.len()) };
            let slow = if self.trouble(30) { 1500 } else { 40 };
            let at_ms = self.now_ms + self.chance.between(0, slow);
            let Some(cable) = self.cables.get_mut(&line) else { return };
            let last_ms = arrived(cable);
            *last_ms = at_ms.max(*last_ms);
            self.calendar.plan(*last_ms, event(line, bytes.split_to(len)));
            self.in_flight += 1;
        }
        if is_cut {
            self.cut(line);
        }
    }

    /// What is on its way still arrives, then the client sees the end.
    pub(crate) fn end_for_client(&mut self, line: Line) {
        if let Some(cable) = self.cables.get(&line) {
            self.calendar.plan(cable.to_client_ms.max(self.now_ms), Event::GoneAtClient(line));
        }
    }

    /// What is on its way still arrives, then the server sees the end.
    pub(crate) fn end_for_server(&mut self, line: Line) {
        if let Some(cable) = self.cables.get(&line) {
            self.calendar.plan(cable.to_server_ms.max(self.now_ms), Event::GoneAtServer(line));
        }
    }

    /// The cable breaks: nothing arrives any more. The client sees it; the server sometimes only long after.
    pub(crate) fn cut(&mut self, line: Line) {
        if self.cables.remove(&line).is_none() {
            return;
        }
        self.tell(|| format!("{line:?} breaks"));
        self.soon(50, Event::GoneAtClient(line));
        let late = if self.trouble(3) { 20_000 } else { 100 };
        self.soon(late, Event::GoneAtServer(line));
    }

    pub(crate) fn is_up(&self, line: Line) -> bool {
        self.cables.contains_key(&line)
    }

    pub(crate) fn forget(&mut self, line: Line) {
        self.cables.remove(&line);
    }
}
