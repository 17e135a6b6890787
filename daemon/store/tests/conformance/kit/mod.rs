//! Worlds in a line: a store of either kind, people in it, and what they say.
#![allow(dead_code, unused_imports, reason = "each family uses its part")]

mod any;
pub(crate) mod people;
pub(crate) mod rooms;

use daemon_core::store::{
    Actor, AdminChange, Answer, Change, Counts, Lazy, News, Outcome, Page, Query, Seed, StoreLimits, Sweep,
    Write, is_change,
};
use daemon_store::Reader as _;
use sotto_protocol::{
    Deliver, DeviceId, InboxEvent, LogId, Reason, Refused, Request, Response, decode_frame, limits::FRAME_MAX,
};

pub(crate) use any::{AnyReader, AnyStore, open};
pub(crate) use people::{account, device_id};
pub(crate) use rooms::{room_id, sealed};

/// The moment at which every world begins.
pub(crate) const START_MS: u64 = 1_800_000_000_000;
pub(crate) const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// Which store a test is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum New {
    Memory,
    Sqlite,
}

impl New {
    pub(crate) fn world(self) -> World {
        self.limited(|_| {})
    }
    pub(crate) fn limited(self, change: impl FnOnce(&mut StoreLimits)) -> World {
        let mut limits = StoreLimits::default();
        change(&mut limits);
        World::new(self, limits)
    }
}

/// A store, a clock and a source of chance.
pub(crate) struct World {
    pub(crate) store: AnyStore,
    reader: AnyReader,
    limits: StoreLimits,
    pub(crate) now_ms: u64,
    seeds: u32,
    people: u8,
    envelopes: u32,
    rooms: u8,
}

impl World {
    pub(crate) fn new(new: New, limits: StoreLimits) -> Self {
        let store = AnyStore::new(new, limits);
        let reader = store.reader().expect("a reader");
        Self { store, reader, limits, now_ms: START_MS, seeds: 0, people: 0, envelopes: 0, rooms: 0 }
    }

    /// Closes the file and opens it again; a store in memory goes on.
    pub(crate) fn reopen(&mut self) {
        self.store.reopen(self.limits);
        self.reader = self.store.reader().expect("a reader");
    }

    pub(crate) fn prepared(&mut self, change: Change) -> Write {
        self.seeds += 1;
        let mut seed = [0; 32];
        seed[..4].copy_from_slice(&self.seeds.to_be_bytes());
        Write { wall_ms: self.now_ms, seed: Seed(seed), change }
    }

    pub(crate) fn write(&mut self, change: Change) -> Outcome {
        let write = self.prepared(change);
        let mut outcomes = self.store.commit(&[], &[write]).expect("a commit");
        assert_eq!(outcomes.len(), 1);
        outcomes.remove(0)
    }

    pub(crate) fn query(&mut self, query: &Query) -> Outcome {
        self.reader.ask(query).expect("an answer")
    }

    /// Asks, by the door that the request goes through.
    pub(crate) fn ask(&mut self, actor: Actor, request: impl Into<Request>) -> Outcome {
        let request = Box::new(request.into());
        if is_change(&request) {
            self.write(Change::Ask { actor, request })
        } else {
            self.query(&Query::Ask { actor, request })
        }
    }

    /// What the asker gets, which is not a refusal.
    pub(crate) fn reply(&mut self, actor: Actor, request: impl Into<Request>) -> Response {
        response(self.ask(actor, request))
    }

    /// What others hear of something that is not refused.
    pub(crate) fn news(&mut self, actor: Actor, request: impl Into<Request>) -> Vec<News> {
        let outcome = self.ask(actor, request);
        assert!(outcome.answer.is_ok(), "{outcome:?}");
        outcome.news
    }

    pub(crate) fn refusal(&mut self, actor: Actor, request: impl Into<Request>) -> Refused {
        refused(self.ask(actor, request))
    }

    pub(crate) fn reason(&mut self, actor: Actor, request: impl Into<Request>) -> Reason {
        self.refusal(actor, request).reason
    }

    pub(crate) fn admin(&mut self, change: AdminChange) -> Outcome {
        self.write(Change::Admin(change))
    }

    pub(crate) fn lazy(&mut self, lazies: &[Lazy]) {
        assert_eq!(self.store.commit(lazies, &[]).expect("a commit"), []);
    }

    pub(crate) fn ack(&mut self, device: DeviceId, log: impl Into<LogId>, upto: u64) {
        self.lazy(&[Lazy::Advance { device, log: log.into(), upto }]);
    }

    /// Everything after a cursor, as a device would get it.
    pub(crate) fn page(&mut self, log: impl Into<LogId>, after: u64) -> Page {
        let query = Query::Page { log: log.into(), after, entries_max: 10_000, bytes_max: u32::MAX };
        match self.query(&query).answer {
            Ok(Answer::Page(page)) => page,
            other => panic!("no page: {other:?}"),
        }
    }

    pub(crate) fn entries(&mut self, log: impl Into<LogId>) -> Vec<Deliver> {
        let page = self.page(log, 0);
        page.entries.iter().map(|entry| delivered(&entry.frame)).collect()
    }

    /// Everything in a device's inbox.
    pub(crate) fn inbox(&mut self, device: DeviceId) -> Vec<InboxEvent> {
        let entries = self.entries(device);
        entries
            .into_iter()
            .map(|entry| InboxEvent::decode((*entry.sealed).clone()).expect("an event"))
            .collect()
    }

    pub(crate) fn counts(&mut self) -> Counts {
        match self.query(&Query::Counts).answer {
            Ok(Answer::Counts(counts)) => counts,
            other => panic!("no counts: {other:?}"),
        }
    }

    /// What came into an inbox since it was looked at last.
    pub(crate) fn fresh(&mut self, device: DeviceId) -> Vec<InboxEvent> {
        let events = self.inbox(device);
        let head = self.page(device, 0).head;
        self.ack(device, device, head);
        self.sweep_read();
        events
    }

    /// Takes away what everybody has read, and nothing else.
    pub(crate) fn sweep_read(&mut self) {
        let sweep = Sweep { entries_before_ms: 0, now_ms: 0, at_most: 10_000 };
        self.sweep(sweep);
    }

    pub(crate) fn sweep(&mut self, sweep: Sweep) -> u32 {
        match self.write(Change::Sweep(sweep)).answer {
            Ok(Answer::Swept(count)) => count,
            other => panic!("no sweep: {other:?}"),
        }
    }
}

pub(crate) fn response(outcome: Outcome) -> Response {
    match outcome.answer {
        Ok(Answer::Reply(response)) => *response,
        other => panic!("no reply: {other:?}"),
    }
}

pub(crate) fn refused(outcome: Outcome) -> Refused {
    assert_eq!(outcome.news, [], "a refusal has no news");
    match outcome.answer {
        Err(refused) => refused,
        Ok(answer) => panic!("not refused: {answer:?}"),
    }
}

pub(crate) fn delivered(frame: &bytes::Bytes) -> Deliver {
    let mut buffer = bytes::BytesMut::from(&frame[..]);
    let frame = decode_frame(&mut buffer, FRAME_MAX).expect("a frame").expect("a whole frame");
    Deliver::decode(frame.payload).expect("a delivery")
}

/// Takes the inner of a reply.
#[macro_export]
macro_rules! reply {
    ($kind:ident, $response:expr) => {
        match $response {
            sotto_protocol::Response::$kind(inner) => inner,
            other => panic!("not {}: {other:?}", stringify!($kind)),
        }
    };
}

/// Runs each test over both stores. A test that is not named here is dead code, and the build says so.
#[macro_export]
macro_rules! both {
    ($($name:ident),* $(,)?) => {
        mod memory { $( #[test] fn $name() { super::$name($crate::kit::New::Memory); } )* }
        mod sqlite { $( #[test] fn $name() { super::$name($crate::kit::New::Sqlite); } )* }
    };
}
