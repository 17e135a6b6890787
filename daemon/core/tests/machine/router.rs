//! The router: who must hear what, in the order of the commits.
use daemon_core::{
    Now,
    router::Router,
    session::{Input, Route, SessionKey, Ticket, Told},
    store::{Answer, LogState, News, Outcome, Resume},
};
use sotto_protocol::{Done, LogId, Reason, Response, RoomId, limits};

use crate::world::{Somebody, log};

const NOW: Now = Now { monotonic_ms: 0, wall_ms: 1_700_000_000_000 };

/// A router, and who was told what.
#[derive(Default)]
pub struct Hall {
    router: Router,
    next: u64,
}

/// What a session was told, without what the tests need not see.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard {
    Answer,
    Bell(LogId, u64),
    Joined(LogId, u64),
    Left(LogId),
    Out(Reason),
    Told(Told),
    Presences(usize),
}

fn heard(input: Input) -> Heard {
    match input {
        Input::Answer(..) => Heard::Answer,
        Input::Bell { log, head } => Heard::Bell(log, head),
        Input::Joined { log, head } => Heard::Joined(log, head),
        Input::Left { log } => Heard::Left(log),
        Input::Out(reason) => Heard::Out(reason),
        Input::Told(told) => Heard::Told(told),
        Input::Presences(_, presences) => Heard::Presences(presences.presences.len()),
        other => panic!("the router does not say {other:?}"),
    }
}

impl Hall {
    pub fn enter(&mut self, resume: Resume) -> (SessionKey, Vec<(SessionKey, Heard)>) {
        self.next += 1;
        let key = SessionKey(self.next);
        self.router.introduce(key, "192.168.1.9:4711".parse().unwrap());
        let said = self.publish(key, Outcome::quiet(Answer::SignedIn(Box::new(resume))));
        (key, said)
    }
    pub fn publish(&mut self, key: SessionKey, outcome: Outcome) -> Vec<(SessionKey, Heard)> {
        let mut said = Vec::new();
        self.router.publish(NOW, (key, Ticket(1)), outcome, &mut |to, input| said.push((to, heard(input))));
        said
    }
    pub fn news(&mut self, news: News) -> Vec<(SessionKey, Heard)> {
        let nobody = SessionKey(u64::MAX);
        let answer = Ok(Answer::Reply(Box::new(Response::Done(Done {}))));
        let mut said = self.publish(nobody, Outcome { answer, news: vec![news] });
        said.retain(|(to, _)| *to != nobody);
        said
    }
    pub fn route(&mut self, from: SessionKey, route: Route) -> Vec<(SessionKey, Heard)> {
        let mut said = Vec::new();
        self.router.route(from, route, &mut |to, input| said.push((to, heard(input))));
        said
    }
    pub fn leave(&mut self, key: SessionKey) -> Vec<(SessionKey, Heard)> {
        let mut said = Vec::new();
        self.router.leave(NOW, key, &mut |to, input| said.push((to, heard(input))));
        said
    }
}

fn reads(who: &Somebody, logs: &[LogId]) -> Resume {
    who.resume(logs.iter().map(|log| LogState { log: *log, head: 0, cursor: 0 }).collect())
}

#[test]
fn a_log_that_grows_rings_those_who_read_it() {
    let mut hall = Hall::default();
    let (alice, _) = hall.enter(reads(&Somebody::new(1), &[log(5)]));
    let (_bob, _) = hall.enter(reads(&Somebody::new(2), &[log(6)]));
    let (carol, _) = hall.enter(reads(&Somebody::new(3), &[log(5), log(6)]));
    let bell = || Heard::Bell(log(5), 9);
    assert_eq!(hall.news(News::Grown { log: log(5), head: 9 }), [(alice, bell()), (carol, bell())]);
    hall.leave(alice);
    assert_eq!(hall.news(News::Grown { log: log(5), head: 9 }), [(carol, bell())]);
}

#[test]
fn an_inbox_rings_its_own_device_alone() {
    let mut hall = Hall::default();
    let somebody = Somebody::new(1);
    let inbox = LogId::from(somebody.device);
    let (alice, _) = hall.enter(reads(&somebody, &[inbox, log(5)]));
    assert_eq!(hall.news(News::Grown { log: inbox, head: 1 }), [(alice, Heard::Bell(inbox, 1))]);
}

#[test]
fn between_a_sign_in_and_the_next_commit_nothing_falls_through() {
    let mut hall = Hall::default();
    let alice = Somebody::new(1);
    hall.router.introduce(SessionKey(1), "10.0.0.1:1".parse().unwrap());
    let resume = Outcome::quiet(Answer::SignedIn(Box::new(reads(&alice, &[log(5)]))));
    assert_eq!(hall.publish(SessionKey(1), resume), [(SessionKey(1), Heard::Answer)]);
    let rung = hall.news(News::Grown { log: log(5), head: 1 });
    assert_eq!(rung, [(SessionKey(1), Heard::Bell(log(5), 1))]);
}

#[test]
fn a_connection_that_went_before_its_answer_came_is_not_here() {
    let mut hall = Hall::default();
    hall.router.introduce(SessionKey(1), "10.0.0.1:1".parse().unwrap());
    hall.leave(SessionKey(1));
    hall.publish(
        SessionKey(1),
        Outcome::quiet(Answer::SignedIn(Box::new(reads(&Somebody::new(1), &[log(5)])))),
    );
    assert_eq!(hall.news(News::Grown { log: log(5), head: 1 }), []);
    assert_eq!(hall.router.signed_in(), 0);
}

#[test]
fn a_device_that_signs_in_again_replaces_its_older_session() {
    let mut hall = Hall::default();
    let alice = Somebody::new(1);
    let (old, _) = hall.enter(reads(&alice, &[log(5)]));
    let (new, said) = hall.enter(reads(&alice, &[log(5)]));
    assert_eq!(said, [(old, Heard::Out(Reason::SessionReplaced)), (new, Heard::Answer)]);
    assert_eq!(hall.leave(old), [], "it is no longer here");
    assert_eq!(hall.news(News::Grown { log: log(5), head: 1 }), [(new, Heard::Bell(log(5), 1))]);
}

#[test]
fn whoever_comes_to_a_room_is_rung_and_whoever_goes_is_not() {
    let mut hall = Hall::default();
    let somebody = Somebody::new(1);
    let (alice, _) = hall.enter(reads(&somebody, &[]));
    let joined = hall.news(News::Joined { log: log(5), account: somebody.account, head: 3 });
    assert_eq!(joined, [(alice, Heard::Joined(log(5), 3))]);
    assert_eq!(hall.news(News::Grown { log: log(5), head: 4 }), [(alice, Heard::Bell(log(5), 4))]);
    let left = hall.news(News::Left { log: log(5), account: somebody.account });
    assert_eq!(left, [(alice, Heard::Left(log(5)))]);
    assert_eq!(hall.news(News::Grown { log: log(5), head: 5 }), []);
}

#[test]
fn a_device_or_account_that_is_out_hears_it_at_once() {
    let mut hall = Hall::default();
    let (one, two) = (Somebody::new(1), Somebody::new(2));
    let (alice, _) = hall.enter(reads(&one, &[log(5)]));
    let (bob, _) = hall.enter(reads(&two, &[log(5)]));
    let out = hall.news(News::DeviceOut(one.device, Reason::AuthRevoked));
    assert_eq!(out, [(alice, Heard::Out(Reason::AuthRevoked))]);
    let out = hall.news(News::AccountOut(two.account, Reason::AccountUnknown));
    assert_eq!(out, [(bob, Heard::Out(Reason::AccountUnknown))]);
    assert_eq!(hall.news(News::Grown { log: log(5), head: 1 }), []);
}

#[test]
fn marks_and_typing_go_to_the_others_in_a_small_room() {
    let mut hall = Hall::default();
    let (one, two) = (Somebody::new(1), Somebody::new(2));
    let room = RoomId::new([5; 16]);
    let (alice, _) = hall.enter(reads(&one, &[log(5)]));
    let (bob, _) = hall.enter(reads(&two, &[log(5)]));
    let typing = Told::Typing { room, account: one.account };
    assert_eq!(hall.route(alice, Route::Typing(room)), [(bob, Heard::Told(typing))]);
    let marks = Told::Marks { room, account: two.account, delivered: 4, read: 0 };
    assert_eq!(hall.route(bob, Route::Stored { room, upto: 4 }), [(alice, Heard::Told(marks))]);
    let marks = Told::Marks { room, account: two.account, delivered: 0, read: 3 };
    let said = hall.news(News::HasRead { room, account: two.account, read: 3 });
    assert_eq!(said, [(alice, Heard::Told(marks))]);
}

#[test]
fn in_a_crowd_nobody_is_told_what_one_of_them_types() {
    let mut hall = Hall::default();
    let room = RoomId::new([0xEE; 16]);
    let mut last = SessionKey(0);
    for number in 0..=limits::TELLING_ROOM_MAX {
        let somebody = Somebody::new(u8::try_from(number + 1).unwrap());
        (last, _) = hall.enter(reads(&somebody, &[log(0xEE)]));
    }
    assert_eq!(hall.route(last, Route::Typing(room)), []);
    hall.leave(SessionKey(1));
    assert_eq!(hall.route(last, Route::Typing(room)).len(), limits::TELLING_ROOM_MAX - 1);
}

#[test]
fn a_guest_routes_nothing() {
    let mut hall = Hall::default();
    hall.router.introduce(SessionKey(1), "10.0.0.1:1".parse().unwrap());
    assert_eq!(hall.route(SessionKey(1), Route::Typing(RoomId::new([5; 16]))), []);
}
