//! Strangers who do not speak Sotto, or speak it wrongly: each is told so and goes; the daemon goes on.
use std::{net::Ipv4Addr, time::Duration};

use rand::RngCore as _;
use sotto_kit::{Answer, Wire, World};
use sotto_protocol::{AccountShow, Bye, FrameKind, FrameType, Hello, Listed, Reason, Refusal, Tag};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::{chance::chance, ear::PATIENCE, limits::ordinary};

/// Sends what is queued and reads until the server closes; gives the reasons of its refusals and of its BYE.
pub(crate) async fn the_end(wire: &mut Wire) -> Vec<String> {
    // The server may have closed before all was sent.
    drop(wire.flush().await);
    let mut reasons = Vec::new();
    while let Ok(Some(frame)) = timeout(PATIENCE, wire.frame()).await.expect("the server does not close") {
        match frame.header.kind {
            FrameKind::Refusal => reasons.push(Refusal::decode(frame.payload).unwrap().reason),
            FrameKind::Push if frame.header.type_number == FrameType::Bye.number() => {
                reasons.push(Bye::decode(frame.payload).unwrap().reason);
            }
            FrameKind::Request | FrameKind::Response | FrameKind::Push => {}
        }
    }
    reasons
}

/// A stranger from an address of their own: what is held against one is not held against another.
async fn stranger(world: &World, number: u8) -> Wire {
    Wire::connect_from(world.daemon.door(), Ipv4Addr::new(127, 0, 8, number)).await.unwrap()
}

fn hello() -> Hello {
    let tag = |text| Tag::new(text).unwrap();
    Hello { min_minor: 0, max_minor: 0, features: Listed::default(), client: tag("rude"), language: tag("") }
}

#[tokio::test]
async fn a_request_before_hello_and_before_sign_in_is_told_what_is_missing() {
    let world = ordinary().await;
    let mut first = stranger(&world, 1).await;
    first.ask(AccountShow {});
    assert_eq!(the_end(&mut first).await, ["hello.expected", "hello.expected"]);

    let mut second = stranger(&world, 2).await;
    second.ask(hello());
    let stream = second.ask(AccountShow {});
    match second.answer(stream, FrameType::AccountShow).await.unwrap() {
        Answer::No(refusal) => assert_eq!(refusal.reason, Reason::AuthRequired.as_str()),
        Answer::Yes(answer) => panic!("a stranger is told {answer:?}"),
    }
    let stream = second.ask(hello());
    match second.answer(stream, FrameType::Hello).await.unwrap() {
        Answer::No(refusal) => assert_eq!(refusal.reason, Reason::RequestOutOfPlace.as_str()),
        Answer::Yes(answer) => panic!("a second HELLO is answered {answer:?}"),
    }
}

#[tokio::test]
async fn a_peer_that_speaks_no_tls_is_told_so_or_closed() {
    let world = ordinary().await;
    let mut browser = TcpStream::connect(&world.daemon.door().address).await.unwrap();
    browser.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut said = String::new();
    timeout(PATIENCE, browser.read_to_string(&mut said)).await.unwrap().unwrap();
    assert!(said.contains("sotto port"), "{said:?}");

    let mut chance = chance("garbage");
    for _ in 0..20 {
        let mut garbage = [0; 300];
        chance.fill_bytes(&mut garbage);
        let mut peer = TcpStream::connect(&world.daemon.door().address).await.unwrap();
        drop(peer.write_all(&garbage).await);
        let mut said = Vec::new();
        // Closed or reset: gone is gone.
        drop(timeout(PATIENCE, peer.read_to_end(&mut said)).await.expect("the server does not close"));
    }
}

#[tokio::test]
async fn garbage_inside_tls_and_a_frame_that_is_cut_off_harm_nobody() {
    let mut world = ordinary().await;
    let mut chance = chance("garbage inside");
    for number in 0..20 {
        let mut wire = stranger(&world, 10 + number).await;
        let mut garbage = [0; 300];
        chance.fill_bytes(&mut garbage);
        // A length that is out of bounds, whatever follows.
        garbage[0] |= 0x80;
        wire.raw(&garbage);
        assert_eq!(the_end(&mut wire).await, ["frame.too_large", "frame.too_large"]);
    }
    for number in 0..20 {
        let mut wire = stranger(&world, 40 + number).await;
        wire.hello();
        wire.raw(&[0, 0, 1, 0, 0, 1, 0, 0, 0]);
        wire.flush().await.unwrap();
        drop(wire);
    }
    assert!(world.daemon.is_alive().unwrap());
    // A payload that is none, under a type that exists.
    let mut wire = stranger(&world, 70).await;
    wire.raw(&[0, 0, 0, 12, 0, 1, 0, 0, 0, 0, 0, 1, 0xFF, 0xFF, 0xFF, 0xFF]);
    wire.flush().await.unwrap();
    let frame = timeout(PATIENCE, wire.frame()).await.unwrap().unwrap().unwrap();
    assert_eq!(frame.header.kind, FrameKind::Refusal);
    assert_eq!(Refusal::decode(frame.payload).unwrap().reason, Reason::RequestMalformed.as_str());
}

#[tokio::test]
async fn who_guesses_is_slowed_down_and_the_owner_is_not() {
    let world = ordinary().await;
    let (anna, mallory) = (world.person("anna").await.unwrap(), world.person("mallory").await.unwrap());
    let source = Ipv4Addr::new(127, 0, 8, 200);
    let mut turned_away = false;
    for _ in 0..8 {
        // Penalised sources may find the connection closed before TLS.
        let Ok(mut wire) = Wire::connect_from(world.daemon.door(), source).await else {
            turned_away = true;
            break;
        };
        wire.hello();
        let signature =
            Some(mallory.keys.device.prove(wire.exporter(), world.daemon.door().pin, anna.account()));
        let stream = wire.ask(sotto_protocol::Auth {
            account: anna.account(),
            device: anna.device(),
            signature,
            token: anna.token(),
        });
        match wire.answer(stream, FrameType::Auth).await {
            Ok(Answer::No(refusal)) => assert_eq!(refusal.reason, Reason::AuthFailed.as_str()),
            Ok(Answer::Yes(answer)) => panic!("mallory is in: {answer:?}"),
            Err(_) => turned_away = true,
        }
    }
    assert!(turned_away, "guessing goes on at full speed");
    let began = std::time::Instant::now();
    anna.online().await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(5));
}
