//! Before sign-in: what a stranger may say, how long, and what it costs them.
use bytes::Bytes;
use daemon_core::{
    gate::Offence,
    policy::Policy,
    session::{Effect, Input},
};
use sotto_protocol::{
    AccountShow, Bye, Frame, FrameError, FrameKind, FrameType, Header, Ping, Response, ServerPush, limits,
};

use crate::world::{Did, Line, hello, refusals};

fn bye(reason: &str, reconnect_after_ms: u32) -> Did {
    Did::Pushed(ServerPush::Bye(Bye { reason: reason.into(), reconnect_after_ms }))
}

#[test]
fn a_hello_is_answered_with_the_limits() {
    let mut line = Line::open(Policy::default());
    let did = line.ask(hello(0, 3));
    let [Did::Answered(1, Response::Welcome(welcome))] = did.as_slice() else { panic!("{did:?}") };
    assert_eq!(welcome.minor, 0);
    assert_eq!(welcome.limits.frame_max, limits::FRAME_MAX);
    assert_eq!(welcome.limits.requests_in_flight, limits::REQUESTS_IN_FLIGHT_MAX);
}

#[test]
fn whoever_begins_with_anything_but_hello_is_sent_away() {
    let mut line = Line::open(Policy::default());
    assert_eq!(
        line.ask(Ping {}),
        [
            Did::Refused(1, "hello.expected"),
            bye("hello.expected", limits::RECONNECT_FIRST_MS),
            Did::Wished(Effect::Offence(Offence::BadProtocol)),
            Did::Wished(Effect::Close),
        ]
    );
    assert_eq!(line.ask(hello(0, 0)), []);
    assert!(!line.session.takes_frames());
}

#[test]
fn versions_that_do_not_meet_are_refused_and_may_try_again() {
    let mut line = Line::open(Policy::default());
    assert_eq!(line.ask(hello(1, 9)), [Did::Refused(1, "version.unsupported")]);
    assert!(matches!(line.ask(hello(0, 9)).as_slice(), [Did::Answered(3, Response::Welcome(_))]));
}

#[test]
fn a_second_hello_is_out_of_place() {
    assert_eq!(refusals(&Line::greeted(Policy::default()).ask(hello(0, 0))), ["request.out_of_place"]);
}

#[test]
fn a_hello_that_does_not_decode_is_malformed() {
    let mut line = Line::open(Policy::default());
    let did = line.ask_raw(FrameType::Hello.number(), Bytes::from_static(&[0xFF; 9]));
    assert_eq!(did, [Did::Refused(1, "request.malformed")]);
}

#[test]
fn a_request_before_sign_in_is_refused_and_the_connection_stays() {
    let mut line = Line::greeted(Policy::default());
    assert_eq!(line.ask(AccountShow {}), [Did::Refused(3, "auth.required")]);
    assert!(matches!(line.ask(Ping {}).as_slice(), [Did::Answered(5, Response::Pong(_))]));
}

#[test]
fn an_unknown_type_is_refused_and_the_connection_stays() {
    let mut line = Line::greeted(Policy::default());
    assert_eq!(line.ask_raw(0x7E12, Bytes::new()), [Did::Refused(3, "type.unknown")]);
    assert!(line.session.takes_frames());
}

#[test]
fn streams_must_be_odd_and_rising() {
    let mut line = Line::greeted(Policy::default());
    let mut ask = |stream| {
        let header =
            Header { type_number: FrameType::Ping.number(), kind: FrameKind::Request, more: false, stream };
        refusals(&line.tell(Input::Frame(Frame { header, payload: Bytes::new() })))
    };
    assert_eq!(ask(4), ["stream.invalid"]);
    assert_eq!(ask(0), ["stream.invalid"]);
    assert_eq!(ask(9), [""; 0]);
    assert_eq!(ask(9), ["stream.invalid"]);
    assert_eq!(ask(7), ["stream.invalid"]);
    assert_eq!(ask(11), [""; 0]);
}

#[test]
fn a_length_that_cannot_be_followed_ends_the_connection() {
    for (fault, reason) in [
        (FrameError::TooLong { length: 1 << 20, max: 16384 }, "frame.too_large"),
        (FrameError::TooShort { length: 3 }, "frame.malformed"),
    ] {
        let mut line = Line::greeted(Policy::default());
        assert_eq!(
            line.tell(Input::BadFrame(fault)),
            [
                Did::Refused(0, reason),
                bye(reason, limits::RECONNECT_FIRST_MS),
                Did::Wished(Effect::Offence(Offence::BadProtocol)),
                Did::Wished(Effect::Close),
            ]
        );
    }
}

#[test]
fn a_stranger_has_ten_seconds_to_say_hello_and_ten_more_to_sign_in() {
    let mut line = Line::open(Policy::default());
    assert_eq!(line.session.next_wake(), Some(11_000));
    line.later(9_999);
    assert_eq!(line.tell(Input::Wake), []);
    line.ask(hello(0, 0));
    assert_eq!(line.session.next_wake(), Some(20_999));
    line.later(10_000);
    assert_eq!(
        line.tell(Input::Wake),
        [
            bye("hello.deadline", limits::RECONNECT_FIRST_MS),
            Did::Wished(Effect::Offence(Offence::Silent)),
            Did::Wished(Effect::Close),
        ]
    );
}

#[test]
fn before_sign_in_a_frame_may_have_16_kib() {
    assert_eq!(Line::greeted(Policy::default()).session.frame_max(), 16 * 1024);
}

#[test]
fn a_server_that_stops_says_when_to_come_back() {
    let mut line = Line::greeted(Policy::default());
    let did = line.tell(Input::Stop { reconnect_after_ms: 1500 });
    assert_eq!(did, [bye("server.stopping", 1500), Did::Wished(Effect::Close)]);
}

#[test]
fn answers_from_a_client_are_ignored_because_nobody_asked() {
    let mut line = Line::greeted(Policy::default());
    for kind in [FrameKind::Response, FrameKind::Refusal] {
        let header = Header { type_number: 3, kind, more: false, stream: 2 };
        assert_eq!(line.tell(Input::Frame(Frame { header, payload: Bytes::new() })), []);
    }
}
