//! One past every limit that a connection can reach: each gets its refusal, and the connection goes on, or ends as the
//! SPEC says.
use std::net::Ipv4Addr;

use bytes::BytesMut;
use prost::Message as _;
use sotto_kit::{Answer, Person, Setup, Wire, World, message};
use sotto_protocol::{
    ContactList, FrameKind, FrameType, Header, ProfileChange, Reason, Response, RoomMembers, encode_message,
    limits::{PAGE_MAX, REQUESTS_IN_FLIGHT_MAX},
    pb,
};

use crate::{abuse::the_end, ear::PATIENCE};

/// A world with the limits that everybody has who configures nothing, but where anybody may register.
pub(crate) async fn ordinary() -> World {
    let config = "registration = \"open\"\n".to_owned();
    World::with(Setup { config, ..Setup::default() }).await.unwrap()
}

async fn signed_in(person: &Person) -> Wire {
    let mut wire = Wire::connect(person.door()).await.unwrap();
    wire.sign_in(&person.keys, person.token()).await.unwrap();
    wire
}

#[tokio::test]
async fn a_frame_that_is_too_long_or_too_short_ends_the_connection_with_its_reason() {
    let world = ordinary().await;
    let anna = world.person("anna").await.unwrap();
    // Each comes from elsewhere: this is held against a source.
    for (source, length, reason) in [
        (1, 163_841_u32, "frame.too_large"),
        (2, u32::MAX, "frame.too_large"),
        (3, 7, "frame.malformed"),
        (4, 0, "frame.malformed"),
    ] {
        let source = Ipv4Addr::new(127, 0, 9, source);
        let mut wire = Wire::connect_from(world.daemon.door(), source).await.unwrap();
        wire.sign_in(&anna.keys, anna.token()).await.unwrap();
        wire.raw(&length.to_be_bytes());
        wire.raw(&[0x5A; 100]);
        assert_eq!(the_end(&mut wire).await, [reason, reason], "length {length}");
    }
    // Before sign-in less is allowed.
    let mut stranger = Wire::connect_from(world.daemon.door(), Ipv4Addr::new(127, 0, 9, 5)).await.unwrap();
    stranger.hello();
    stranger.raw(&16_385_u32.to_be_bytes());
    assert_eq!(the_end(&mut stranger).await, ["frame.too_large", "frame.too_large"]);
    signed_in(&anna).await;
}

#[tokio::test]
async fn the_request_after_the_most_in_flight_is_refused_and_the_others_are_served() {
    let world = ordinary().await;
    let (anna, bo) = (world.person("anna").await.unwrap(), world.person("bo").await.unwrap());
    let room = world.talk(&anna, &bo).await.unwrap();
    let mut wire = signed_in(&anna).await;
    let asked = REQUESTS_IN_FLIGHT_MAX + 8;
    for number in 0..asked {
        wire.ask(message(room, format!("{number}")));
    }
    // All in one packet: the server has read them all before the disk has answered the first.
    wire.flush().await.unwrap();
    let (mut accepted, mut refused) = (0, Vec::new());
    while accepted + refused.len() < asked as usize {
        let frame = tokio::time::timeout(PATIENCE, wire.frame()).await.unwrap().unwrap().unwrap();
        match frame.header.kind {
            FrameKind::Response => accepted += 1,
            FrameKind::Refusal => refused.push(sotto_protocol::Refusal::decode(frame.payload).unwrap()),
            FrameKind::Request | FrameKind::Push => {}
        }
    }
    assert!(accepted >= REQUESTS_IN_FLIGHT_MAX as usize, "{accepted} accepted");
    assert!(!refused.is_empty(), "all {asked} were accepted");
    assert!(
        refused.iter().all(|refusal| refusal.reason == Reason::LimitInFlight.as_str() && refusal.retryable)
    );
    let stream = wire.ask(message(room, "and on"));
    assert!(matches!(
        wire.answer(stream, FrameType::Append).await.unwrap(),
        Answer::Yes(Response::Accepted(_))
    ));
}

#[tokio::test]
async fn a_name_that_reads_otherwise_than_it_is_written_is_refused() {
    let world = ordinary().await;
    let anna = world.person("anna").await.unwrap();
    let mut wire = signed_in(&anna).await;
    for name in ["safe\u{202E}txt.exe", "an\u{200B}na", "\u{7}bell", " anna", "", &"x".repeat(129)] {
        let change = pb::ProfileChange { display_name: Some(name.to_owned()), ..Default::default() };
        let stream = wire.next_stream();
        let header = Header {
            type_number: FrameType::ProfileChange.number(),
            kind: FrameKind::Request,
            more: false,
            stream,
        };
        let mut frame = BytesMut::new();
        encode_message(header, &mut frame, |out| change.encode_raw(out));
        wire.raw(&frame);
        match wire.answer(stream, FrameType::ProfileChange).await.unwrap() {
            Answer::No(refusal) => {
                assert_eq!(refusal.reason, Reason::RequestMalformed.as_str());
                assert_eq!(refusal.detail.get("field").map(String::as_str), Some("display_name"), "{name:?}");
            }
            Answer::Yes(_) => panic!("{name:?} is a name now"),
        }
    }
    // The connection goes on, and a name in any script is a name.
    let (email, visibility, shares_last_seen, open_to_all) = (None, None, None, None);
    let display_name = Some(sotto_protocol::DisplayName::new("安娜").unwrap());
    let stream = wire.ask(ProfileChange { display_name, email, visibility, shares_last_seen, open_to_all });
    assert!(matches!(wire.answer(stream, FrameType::ProfileChange).await.unwrap(), Answer::Yes(_)));
}

#[tokio::test]
async fn a_page_of_a_thousand_million_has_as_many_items_as_a_page_has() {
    let world = World::open().await.unwrap();
    let owner = world.person("owner").await.unwrap();
    let members = world.people("member", PAGE_MAX as usize + 6).await.unwrap();
    let room = world.group(&owner, &members).await.unwrap();
    let mut wire = signed_in(&owner).await;
    let stream = wire.ask(RoomMembers { room, after: None, limit: 1_000_000_000 });
    match wire.answer(stream, FrameType::RoomMembers).await.unwrap() {
        Answer::Yes(Response::Members(page)) => {
            assert_eq!((page.members.len(), page.more), (PAGE_MAX as usize, true));
        }
        other => panic!("{other:?}"),
    }
    let stream = wire.ask(ContactList { after: None, limit: u32::MAX });
    assert!(matches!(wire.answer(stream, FrameType::ContactList).await.unwrap(), Answer::Yes(_)));
}
