//! A signed-in device's requests: bounded by the session, decided by the store.
use bytes::Bytes;
use daemon_core::{
    policy::{Policy, Rate, Rates},
    session::{Effect, Input, Route, Ticket, Told},
    store::{Answer, Change, Query, Resume},
};
use sotto_protocol::{
    AccountId, AccountShow, Append, BlobOpen, BotScope, Bye, ClientPush, ContactRequest, Done, EntryKind,
    EnvelopeId, FrameType, Label, Labels, Listed, Malformed, Marks, Note, PasswordChange, PasswordRecord,
    PeopleSearch, Ping, PresenceGet, PresenceSet, PresenceStatus, Presences, Query as Words, Reason, Refused,
    Request, Response, RoomId, Sealed, ServerPush, SignOut, TokenCreate, Typing, limits, pb,
};

use crate::world::{Did, Line, Somebody, hello, log, refusals, wishes, written};

fn ready() -> Line {
    Line::ready(Policy::default(), &Somebody::new(1), vec![])
}

fn append() -> Append {
    Append {
        log: log(5),
        envelope_id: EnvelopeId::new([1; 16]),
        kind: EntryKind::Message,
        sealed: Sealed::new(&b"hi"[..]).unwrap(),
        commit: None,
    }
}

#[test]
fn a_change_goes_to_the_writer_and_a_question_to_a_reader() {
    let (alice, mut line) = (Somebody::new(1), ready());
    let (ticket, write) = written(&line.ask(append()));
    assert_eq!(ticket, Ticket(line.stream()));
    assert_eq!(write.wall_ms, line.now.wall_ms);
    let request = Box::new(Request::Append(append()));
    assert_eq!(write.change, Change::Ask { actor: alice.actor(), request });
    let request = Box::new(Request::AccountShow(AccountShow {}));
    assert_eq!(
        line.ask(AccountShow {}),
        [Did::Wished(Effect::Query(Ticket(line.stream()), Query::Ask { actor: alice.actor(), request }))]
    );
}

#[test]
fn answers_find_their_requests_in_any_order() {
    let mut line = ready();
    line.ask(SignOut {});
    let first = line.stream();
    line.ask(append());
    let second = line.stream();
    let refused = Err(Refused::new(Reason::RoomUnknown));
    assert_eq!(line.tell(Input::Answer(Ticket(second), refused)), [Did::Refused(second, "room.unknown")]);
    let done = Ok(Answer::Reply(Box::new(Response::Done(Done {}))));
    assert_eq!(
        line.tell(Input::Answer(Ticket(first), done.clone())),
        [Did::Answered(first, Response::Done(Done {}))]
    );
    assert_eq!(line.tell(Input::Answer(Ticket(first), done)), [], "an answer is given once");
}

#[test]
fn the_33rd_request_in_flight_is_refused_and_the_32_go_on() {
    let mut line = ready();
    for _ in 0..limits::REQUESTS_IN_FLIGHT_MAX {
        assert_eq!(refusals(&line.ask(append())), [""; 0]);
    }
    assert_eq!(refusals(&line.ask(append())), ["limit.in_flight"]);
    let refused = Err(Refused::new(Reason::RoomUnknown));
    line.tell(Input::Answer(Ticket(line.stream() - 2), refused));
    assert_eq!(refusals(&line.ask(append())), [""; 0]);
}

#[test]
fn whoever_writes_too_fast_is_told_how_long_to_wait() {
    let slow = Rate { per_second: 1, burst: 2 };
    let rates = Rates { appends: slow, lookups: slow, requests: slow };
    let mut line = Line::ready(Policy { rates, ..Policy::default() }, &Somebody::new(1), vec![]);
    let search = || PeopleSearch { query: Words::new("bo").unwrap(), after: None, limit: 0 };
    assert_eq!((0..3).map(|_| refusals(&line.ask(append())).len()).collect::<Vec<_>>(), [0, 0, 1]);
    assert_eq!((0..3).map(|_| refusals(&line.ask(search())).len()).collect::<Vec<_>>(), [0, 0, 1]);
    assert_eq!((0..3).map(|_| refusals(&line.ask(AccountShow {})).len()).collect::<Vec<_>>(), [0, 0, 1]);
    assert_eq!(refusals(&line.ask(append())), ["limit.rate"]);
    line.later(1000);
    assert_eq!(refusals(&line.ask(append())), [""; 0]);
}

#[test]
fn what_belongs_before_sign_in_is_out_of_place_after_it() {
    let mut line = ready();
    assert_eq!(refusals(&line.ask(hello(0, 0))), ["request.out_of_place"]);
    assert_eq!(refusals(&line.ask(Somebody::new(1).auth())), ["request.out_of_place"]);
}

#[test]
fn a_request_that_is_not_valid_names_the_field() {
    let mut line = ready();
    let wire = pb::ContactRequest { account: Bytes::from_static(&[1; 15]), note: String::new() };
    let did = line.ask_raw(FrameType::ContactRequest.number(), prost::Message::encode_to_vec(&wire).into());
    assert_eq!(refusals(&did), ["request.malformed"]);
    let bidi = pb::ContactRequest { account: Bytes::from_static(&[1; 16]), note: "\u{202E}evil".into() };
    let did = line.ask_raw(FrameType::ContactRequest.number(), prost::Message::encode_to_vec(&bidi).into());
    assert_eq!(refusals(&did), ["request.malformed"]);
    let fault = ContactRequest::decode(prost::Message::encode_to_vec(&bidi).into()).unwrap_err();
    assert_eq!(
        fault,
        Malformed { field: "note".into(), wrong: sotto_protocol::Wrong::Character { found: 0x202E } }
    );
}

#[test]
fn a_type_that_nobody_knows_is_refused_after_sign_in_too() {
    assert_eq!(refusals(&ready().ask_raw(0x7E77, Bytes::new())), ["type.unknown"]);
    assert_eq!(refusals(&ready().ask_raw(FrameType::Deliver.number(), Bytes::new())), ["type.unknown"]);
}

#[test]
fn a_ping_is_answered_at_once() {
    let mut line = ready();
    let did = line.ask(Ping {});
    assert!(
        matches!(did.as_slice(), [Did::Answered(_, Response::Pong(pong))] if pong.time_ms == line.now.wall_ms)
    );
}

#[test]
fn silence_for_75_seconds_ends_the_session_and_any_frame_is_life() {
    let mut line = ready();
    line.later(74_000);
    assert_eq!(line.tell(Input::Wake), []);
    line.ask(Ping {});
    line.later(74_999);
    assert_eq!(line.tell(Input::Wake), []);
    line.later(1);
    let did = line.tell(Input::Wake);
    let bye = Bye { reason: "session.idle".into(), reconnect_after_ms: 0 };
    assert_eq!(did, [Did::Pushed(ServerPush::Bye(bye)), Did::Wished(Effect::Close)]);
}

#[test]
fn a_session_that_is_out_hears_why_and_whether_to_come_back() {
    for (reason, reconnect_after_ms) in [
        (Reason::AuthRevoked, u32::MAX),
        (Reason::SessionReplaced, u32::MAX),
        (Reason::AuthDisabled, u32::MAX),
        (Reason::ServerStopping, limits::RECONNECT_FIRST_MS),
    ] {
        let bye = Bye { reason: reason.as_str().into(), reconnect_after_ms };
        let did = ready().tell(Input::Out(reason));
        assert_eq!(did, [Did::Pushed(ServerPush::Bye(bye)), Did::Wished(Effect::Close)]);
    }
}

#[test]
fn a_client_that_says_goodbye_is_let_go() {
    let mut line = ready();
    let did = line.push(ClientPush::Bye(Bye { reason: String::new(), reconnect_after_ms: 0 }));
    assert!(matches!(wishes(&did).as_slice(), [Effect::Lazy(_), Effect::Close]));
    assert_eq!(line.session.actor(), None);
}

#[test]
fn presence_goes_to_the_router_and_comes_back_from_it() {
    let mut line = ready();
    let did = line.ask(PresenceSet { status: PresenceStatus::Busy, port: 4000 });
    let route = Route::SetPresence { status: PresenceStatus::Busy, port: 4000 };
    assert_eq!(
        did,
        [Did::Answered(line.stream(), Response::Done(Done {})), Did::Wished(Effect::Route(route))]
    );
    let did = line.ask(PresenceSet { status: PresenceStatus::Busy, port: 65_536 });
    assert_eq!(refusals(&did), ["request.malformed"]);
    let whom = vec![AccountId::new([2; 16])];
    let did = line.ask(PresenceGet { accounts: Listed::new(whom.clone()).unwrap() });
    let ticket = Ticket(line.stream());
    assert_eq!(did, [Did::Wished(Effect::Route(Route::GetPresence(ticket, whom)))]);
    let presences = Presences { presences: vec![] };
    let did = line.tell(Input::Presences(ticket, presences.clone()));
    assert_eq!(did, [Did::Answered(ticket.0, Response::Presences(presences))]);
}

#[test]
fn typing_is_told_where_one_is_and_not_too_often() {
    let room = RoomId::new([5; 16]);
    let mut line = ready();
    let typing = || ClientPush::Typing(Typing { room, account: Some(AccountId::new([9; 16])) });
    assert_eq!(line.push(typing()), [], "not in that room");
    line.tell(Input::Joined { log: log(5), head: 0 });
    assert_eq!((0..9).map(|_| line.push(typing()).len()).sum::<usize>(), 3);
}

#[test]
fn what_others_do_is_pushed() {
    let (room, account) = (RoomId::new([5; 16]), AccountId::new([2; 16]));
    let mut line = ready();
    let did = line.tell(Input::Told(Told::Typing { room, account }));
    assert_eq!(did, [Did::Pushed(ServerPush::Typing(Typing { room, account: Some(account) }))]);
    let did = line.tell(Input::Told(Told::Marks { room, account, delivered: 4, read: 2 }));
    assert_eq!(did, [Did::Pushed(ServerPush::Marks(Marks { room, account, delivered: 4, read: 2 }))]);
}

#[test]
fn a_bot_does_what_its_token_is_meant_for_and_no_more() {
    let bot = Somebody::new(1);
    let resume = Resume { scopes: Some(vec!["send".into()]), ..bot.resume(vec![]) };
    let (mut line, _) = Line::ready_as(Policy::default(), &bot, resume);
    assert_eq!(refusals(&line.ask(append())), [""; 0]);
    assert_eq!(refusals(&line.ask(PresenceSet { status: PresenceStatus::Away, port: 0 })), ["auth.scope"]);
    let create = TokenCreate { name: Note::new("").unwrap(), scopes: Listed::default() };
    assert_eq!(refusals(&line.ask(create)), ["auth.scope"]);
    line.tell(Input::Joined { log: log(5), head: 0 });
    assert_eq!(line.tell(Input::Bell { log: log(5), head: 1 }), [], "it may not receive");
}

#[test]
fn a_token_with_a_scope_that_does_not_exist_is_not_made() {
    let scopes = Listed::new(vec![BotScope::new("everything").unwrap()]).unwrap();
    let did = ready().ask(TokenCreate { name: Note::new("").unwrap(), scopes });
    assert_eq!(refusals(&did), ["request.malformed"]);
}

#[test]
fn a_new_password_that_is_none_is_refused() {
    let record = PasswordRecord {
        upload: sotto_protocol::Opaque::new(vec![0; 10]).unwrap(),
        recovery_blob: sotto_protocol::Octets::new(vec![0]).unwrap(),
    };
    assert_eq!(refusals(&ready().ask(PasswordChange { password: Some(record) })), ["request.malformed"]);
}

#[test]
fn lists_one_past_their_limit_are_refused() {
    assert!(Listed::<AccountId, 256>::new(vec![AccountId::new([1; 16]); 257]).is_err());
    let labels = vec![Label::new("a").unwrap(); limits::LABELS_MAX + 1];
    assert!(Listed::<Label, { limits::LABELS_MAX }>::new(labels).is_err());
    let _ = Labels { labels: Listed::default() };
    let wire = pb::PresenceGet { accounts: vec![Bytes::from_static(&[1; 16]); 257] };
    let did = ready().ask_raw(FrameType::PresenceGet.number(), prost::Message::encode_to_vec(&wire).into());
    assert_eq!(refusals(&did), ["request.malformed"]);
}

#[test]
fn a_refusal_of_the_store_reaches_the_client_as_it_is() {
    let mut line = ready();
    line.ask(BlobOpen { blob: sotto_protocol::BlobId::new([1; 32]), size: 1 });
    let refused = Refused::new(Reason::StoreFull).retry_after(5000);
    let ticket = Ticket(line.stream());
    assert_eq!(line.tell(Input::Answer(ticket, Err(refused))), [Did::Refused(ticket.0, "store.full")]);
}
