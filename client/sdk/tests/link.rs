//! The link against a server that does what the test says.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod fake;

use std::{future::poll_fn, pin::pin, task::Poll};

use bytes::Bytes;
use client_sdk::{Dialer, Link, LinkError, Pushes};
use fake::{FakeServer, Oddity, Peer, usual_limits};
use sotto_protocol::{
    AccountId, AccountShow, Ack, Auth, Bye, Deliver, DeviceId, Done, EntryKind, EnvelopeId, FrameKind,
    FrameType, InviteList, Invites, KeyStock, KeyStockShow, Limits, LogId, Pin, Ping, Pong, Reason, Refused,
    RoomId, ServerPush, SessionId, SignOut, SignedIn, TokenList, Tokens, Typing,
};

async fn connected(limits: Limits) -> (Link, Pushes, Peer) {
    let server = FakeServer::start().await;
    let dialer = Dialer::new(server.pin).unwrap();
    let (dialed, peer) = tokio::join!(dialer.dial(&server.address), server.welcome(limits));
    let (link, pushes) = dialed.unwrap();
    (link, pushes, peer)
}

fn signed_in() -> SignedIn {
    SignedIn {
        account: AccountId::new([1; 16]),
        device: DeviceId::new([2; 16]),
        session: SessionId::new([3; 16]),
        token: None,
        roster_revision: 0,
        rooms_revision: 0,
        key_packages: 0,
        incarnation: 0,
    }
}

fn deliver(sequence: u64) -> Deliver {
    Deliver {
        log: LogId::new([7; 16]),
        sequence,
        envelope_id: EnvelopeId::new([8; 16]),
        kind: EntryKind::Message,
        account: AccountId::new([1; 16]),
        device: DeviceId::new([2; 16]),
        at_ms: 1,
        sealed: Default::default(),
    }
}

#[tokio::test]
async fn a_request_gets_its_answer() {
    let (link, _pushes, mut peer) = connected(usual_limits()).await;
    let server = async {
        let frame = peer.request(FrameType::KeyStockShow).await;
        assert_eq!(frame.header.stream, 3);
        peer.respond(&frame, KeyStock { packages: 7, last_resort: true }).await;
    };
    let (answer, ()) = tokio::join!(link.ask(KeyStockShow {}), server);
    assert_eq!(answer.unwrap(), KeyStock { packages: 7, last_resort: true });
    assert_eq!(link.welcome().server_name.as_str(), "fake");
}

#[tokio::test]
async fn another_server_is_told_as_such() {
    let server = FakeServer::start().await;
    let expected = Pin::new([9; 32]);
    let dialer = Dialer::new(expected).unwrap();
    let (dialed, _) = tokio::join!(dialer.dial(&server.address), server.accept());
    assert_eq!(dialed.unwrap_err(), LinkError::WrongServer { expected, found: server.pin });
}

#[tokio::test]
async fn a_copied_certificate_without_its_key_is_not_enough() {
    let server = FakeServer::odd(Oddity::AnothersKey).await;
    let dialer = Dialer::new(server.pin).unwrap();
    let (dialed, _) = tokio::join!(dialer.dial(&server.address), server.accept());
    assert!(matches!(dialed.unwrap_err(), LinkError::NotSotto { .. }));
}

#[tokio::test]
async fn a_server_without_sotto_is_told_as_such() {
    let server = FakeServer::odd(Oddity::NoAlpn).await;
    let dialer = Dialer::new(server.pin).unwrap();
    let (dialed, _) = tokio::join!(dialer.dial(&server.address), server.accept());
    assert!(matches!(dialed.unwrap_err(), LinkError::NotSotto { .. }));
}

#[tokio::test]
async fn the_right_address_is_found_among_others() {
    let wrong = FakeServer::start().await;
    let right = FakeServer::start().await;
    let dialer = Dialer::new(right.pin).unwrap();
    let addresses = vec!["127.0.0.1:1".to_owned(), wrong.address.clone(), right.address.clone()];
    let (dialed, _, _) =
        tokio::join!(dialer.dial_any(&addresses), wrong.accept(), right.welcome(usual_limits()));
    assert_eq!(dialed.unwrap().2, right.address);
    let (dialed, _) = tokio::join!(dialer.dial_any(&addresses[..2]), wrong.accept());
    assert!(matches!(dialed.unwrap_err(), LinkError::WrongServer { .. }));
}

#[tokio::test]
async fn answers_in_any_order_reach_who_asked() {
    let (link, _pushes, mut peer) = connected(usual_limits()).await;
    let first = link.send(KeyStockShow {}).await.unwrap();
    let second = link.send(TokenList {}).await.unwrap();
    let third = link.send(InviteList {}).await.unwrap();
    let frames = [peer.frame().await, peer.frame().await, peer.frame().await];
    assert_eq!(frames.each_ref().map(|frame| frame.header.stream), [3, 5, 7]);
    peer.respond(&frames[2], Invites { invites: vec![] }).await;
    peer.respond(&frames[0], KeyStock { packages: 1, last_resort: false }).await;
    peer.respond(&frames[1], Tokens { tokens: vec![] }).await;
    assert_eq!(third.await.unwrap().invites.len(), 0);
    assert_eq!(second.await.unwrap().tokens.len(), 0);
    assert_eq!(first.await.unwrap().packages, 1);
}

#[tokio::test]
async fn no_more_requests_are_in_flight_than_the_server_takes() {
    let (link, _pushes, mut peer) = connected(Limits { requests_in_flight: 2, ..usual_limits() }).await;
    let first = link.send(TokenList {}).await.unwrap();
    let _second = link.send(TokenList {}).await.unwrap();
    let mut third = pin!(link.send(TokenList {}));
    assert!(poll_fn(|context| Poll::Ready(third.as_mut().poll(context).is_pending())).await);
    let frame = peer.frame().await;
    peer.respond(&frame, Tokens { tokens: vec![] }).await;
    first.await.unwrap();
    let _third = third.await.unwrap();
}

#[tokio::test]
async fn a_refusal_comes_with_its_facts_and_the_connection_goes_on() {
    let (link, _pushes, mut peer) = connected(usual_limits()).await;
    let answer = link.send(AccountShow {}).await.unwrap();
    let frame = peer.frame().await;
    peer.refuse(&frame, Refused::new(Reason::LimitRate).retry_after(1500).with("limit", 20)).await;
    let LinkError::Refused(refusal) = answer.await.unwrap_err() else { panic!("a refusal") };
    assert_eq!((refusal.reason, refusal.key.as_str()), (Some(Reason::LimitRate), "limit.rate"));
    assert_eq!((refusal.retryable, refusal.retry_after_ms, refusal.code), (true, 1500, 8));
    assert_eq!(refusal.detail["limit"], "20");
    let next = link.send(SignOut {}).await.unwrap();
    let frame = peer.frame().await;
    peer.respond(&frame, Done {}).await;
    next.await.unwrap();
}

#[tokio::test]
async fn grease_is_spread_once_a_session_and_harms_nobody() {
    let (link, _pushes, mut peer) = connected(usual_limits()).await;
    let features = peer.hello.clone().unwrap().features;
    assert!(features.iter().any(|feature| feature.as_str().starts_with("grease-")));
    let auth = Auth {
        account: AccountId::new([1; 16]),
        device: DeviceId::new([2; 16]),
        signature: None,
        token: None,
    };
    for time in 0..2 {
        let answer = link.send(auth.clone()).await.unwrap();
        let frame = peer.request(FrameType::Auth).await;
        peer.respond(&frame, signed_in()).await;
        answer.await.unwrap();
        let grease = peer.frame().await;
        assert_eq!(grease.header.type_number & 0xFF00, 0x7E00, "time {time}");
        assert_eq!(grease.header.kind, FrameKind::Request);
        peer.refuse_unknown(&grease).await;
    }
    let mut flags = Vec::new();
    for _ in 0..16 {
        let answer = link.send(TokenList {}).await.unwrap();
        let frame = peer.request(FrameType::TokenList).await;
        flags.push(peer.last_header_bytes);
        peer.respond(&frame, Tokens { tokens: vec![] }).await;
        answer.await.unwrap();
    }
    flags.dedup();
    assert!(flags.len() > 8, "the reserved bits are random: {flags:?}");
}

#[tokio::test]
async fn pushes_arrive_in_order_and_unknown_ones_are_ignored() {
    let (_link, mut pushes, mut peer) = connected(usual_limits()).await;
    peer.push(FrameType::Deliver, deliver(1)).await;
    peer.push_raw(0x7E11, Bytes::from_static(b"anything")).await;
    peer.push_raw(FrameType::Append.number(), Bytes::from_static(b"not a push")).await;
    peer.push(FrameType::Deliver, deliver(2)).await;
    for expected in 1..=2 {
        let ServerPush::Deliver(got) = pushes.next().await.unwrap() else { panic!("a delivery") };
        assert_eq!(got.sequence, expected);
    }
}

#[tokio::test]
async fn a_flood_of_what_may_be_lost_is_lost_and_the_deliveries_are_not() {
    let (link, mut pushes, mut peer) = connected(usual_limits()).await;
    for _ in 0..3000 {
        let typing = Typing { room: RoomId::new([1; 16]), account: None };
        peer.push(FrameType::Typing, typing).await;
    }
    peer.push(FrameType::Deliver, deliver(1)).await;
    let answer = link.send(TokenList {}).await.unwrap();
    let frame = peer.frame().await;
    peer.respond(&frame, Tokens { tokens: vec![] }).await;
    answer.await.unwrap();
    let mut typings = 0;
    loop {
        match pushes.next().await.unwrap() {
            ServerPush::Typing(_) => typings += 1,
            ServerPush::Deliver(_) => break,
            other => panic!("{other:?}"),
        }
    }
    assert!(typings < 1024);
}

#[tokio::test]
async fn acknowledgements_and_typing_go_out_without_an_answer() {
    let (link, _pushes, mut peer) = connected(usual_limits()).await;
    let ack = Ack { log: LogId::new([7; 16]), upto: 16 };
    link.ack(ack.clone());
    let frame = peer.frame().await;
    assert_eq!((frame.header.kind, frame.header.stream), (FrameKind::Push, 0));
    assert_eq!(Ack::decode(frame.payload).unwrap(), ack);
    link.typing(Typing { room: RoomId::new([1; 16]), account: None });
    assert_eq!(peer.frame().await.header.type_number, FrameType::Typing.number());
}

#[tokio::test]
async fn silence_is_broken_by_a_ping_and_ends_the_link_when_nobody_answers() {
    let limits = Limits { ping_after_ms: 100, dead_after_ms: 400, ..usual_limits() };
    let (_link, mut pushes, mut peer) = connected(limits).await;
    let ping = peer.request(FrameType::Ping).await;
    peer.respond(&ping, Pong { time_ms: 5 }).await;
    peer.request(FrameType::Ping).await;
    assert!(matches!(pushes.next().await.unwrap_err(), LinkError::Silent { after_ms } if after_ms >= 400));
}

#[tokio::test]
async fn a_ping_of_the_server_is_answered_and_its_grease_refused() {
    let (_link, _pushes, mut peer) = connected(usual_limits()).await;
    let mut out = bytes::BytesMut::new();
    let header = sotto_protocol::Header {
        type_number: FrameType::Ping.number(),
        kind: FrameKind::Request,
        more: false,
        stream: 2,
    };
    sotto_protocol::encode_message(header, &mut out, |out| Ping {}.encode(out));
    sotto_protocol::encode_frame(
        sotto_protocol::Header { type_number: 0x7E01, stream: 4, ..header },
        b"",
        &mut out,
    );
    peer.raw(&out).await;
    let pong = peer.frame().await;
    assert_eq!((pong.header.kind, pong.header.stream), (FrameKind::Response, 2));
    assert!(Pong::decode(pong.payload).unwrap().time_ms > 0);
    let refused = peer.frame().await;
    assert_eq!((refused.header.kind, refused.header.stream), (FrameKind::Refusal, 4));
}

#[tokio::test]
async fn a_good_bye_says_why_to_everybody_who_waits() {
    let (link, mut pushes, mut peer) = connected(usual_limits()).await;
    let answer = link.send(TokenList {}).await.unwrap();
    peer.frame().await;
    peer.push(FrameType::Bye, Bye { reason: "server.stopping".into(), reconnect_after_ms: 700 }).await;
    let bye = LinkError::Bye { reason: "server.stopping".into(), reconnect_after_ms: 700 };
    assert_eq!(answer.await.unwrap_err(), bye);
    assert_eq!(pushes.next().await.unwrap_err(), bye);
    assert_eq!(link.ask(TokenList {}).await.unwrap_err(), bye);
    assert_eq!(bye.reason(), Some(Reason::ServerStopping));
}

#[tokio::test]
async fn a_broken_connection_and_a_mad_frame_are_told_apart() {
    let (_link, mut pushes, peer) = connected(usual_limits()).await;
    drop(peer);
    assert!(matches!(pushes.next().await.unwrap_err(), LinkError::Broken(_)));
    let (_link, mut pushes, mut peer) = connected(usual_limits()).await;
    peer.raw(&[0xFF; 12]).await;
    assert!(matches!(pushes.next().await.unwrap_err(), LinkError::Nonsense(_)));
}

#[tokio::test]
async fn closing_writes_what_is_queued_and_says_good_bye() {
    let (link, mut pushes, mut peer) = connected(usual_limits()).await;
    link.ack(Ack { log: LogId::new([7; 16]), upto: 1 });
    let server = async {
        assert_eq!(peer.frame().await.header.type_number, FrameType::Ack.number());
        assert_eq!(peer.frame().await.header.type_number, FrameType::Bye.number());
        assert!(peer.try_frame().await.is_none());
    };
    tokio::join!(link.close(), server);
    assert_eq!(pushes.next().await.unwrap_err(), LinkError::Closed);
}

#[tokio::test]
async fn the_last_dropped_clone_closes_the_connection() {
    let (link, _pushes, mut peer) = connected(usual_limits()).await;
    let clone = link.clone();
    drop(link);
    clone.ack(Ack { log: LogId::new([7; 16]), upto: 1 });
    assert_eq!(peer.frame().await.header.type_number, FrameType::Ack.number());
    drop(clone);
    assert_eq!(peer.frame().await.header.type_number, FrameType::Bye.number());
}
