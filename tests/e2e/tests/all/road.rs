//! The road that everybody takes: join, befriend, talk, go away, come back, while the server restarts.
use std::time::Duration;

use sotto_kit::{Daemon, Person, Setup, World, message};
use sotto_protocol::{
    Append, ContactAccept, ContactList, ContactRequest, ContactStatus, Invite, Listed, Note, Reason, Role,
    RoomCreate, RoomId, RoomKind, Seat, Title,
};

use crate::ear::{next_message, next_text};

async fn by_invites() -> Daemon {
    let setup = Setup { config: String::new(), ..Setup::default() };
    tokio::task::spawn_blocking(|| Daemon::start(setup)).await.unwrap().unwrap()
}

#[tokio::test]
async fn two_people_join_by_the_printed_invites_and_talk_across_absence_and_restart() {
    let mut daemon = by_invites().await;
    let invites: Vec<Invite> =
        daemon.startup().invites.iter().map(|text| Invite::parse(text).unwrap()).collect();
    assert_eq!(invites.len(), 2, "two people are invited at the first start");
    assert!(invites.iter().all(|invite| invite.pin == daemon.door().pin));
    let door = daemon.door().clone();
    let (anna, mut of_anna) = Person::register(&door, "anna", invites[0].code, None).await.unwrap();
    let (bo, mut of_bo) = Person::register(&door, "bo", invites[1].code, None).await.unwrap();

    // An invite lets one person in, once.
    let again = Person::register(&door, "eve", invites[0].code, None).await.map(drop).unwrap_err();
    assert!(format!("{again:#}").contains("invite.used"), "{again:#}");
    let without = Person::register(&door, "eve", None, None).await.map(drop).unwrap_err();
    assert!(format!("{without:#}").contains("invite.required"), "{without:#}");

    // Friends.
    let asked = ContactRequest { account: bo.account(), note: Note::new("it is me").unwrap() };
    assert_eq!(of_anna.link.ask(asked).await.unwrap().status, ContactStatus::Requested);
    let contacts = of_bo.link.ask(ContactList { after: None, limit: 0 }).await.unwrap();
    assert_eq!(contacts.contacts[0].status, ContactStatus::Asked);
    let accepted = of_bo.link.ask(ContactAccept { account: anna.account() }).await.unwrap();
    assert_eq!(accepted.status, ContactStatus::Accepted);

    // They talk.
    let seats = Listed::new(vec![Seat { account: bo.account(), role: Role::Member }]).unwrap();
    let envelope_id = sotto_kit::new_envelope_id();
    let (room, kind) = (RoomId::new([7; 16]), RoomKind::Direct);
    let create =
        RoomCreate { room, kind, seats, title: Title::default(), envelope_id, commit: None, suite: 0 };
    let room = of_anna.link.ask(create).await.unwrap().room;
    of_anna.link.ask(message(room, "你好")).await.unwrap();
    assert_eq!(next_text(&mut of_bo, room).await.unwrap(), "你好");
    of_bo.link.ask(message(room, "hello")).await.unwrap();
    assert_eq!(next_text(&mut of_anna, room).await.unwrap(), "hello");

    // One goes; the other writes on; the server restarts in good order and in bad.
    of_bo.link.close().await;
    let sent = of_anna.link.ask(message(room, "are you there?")).await.unwrap();
    daemon.stop().unwrap();
    daemon.revive().unwrap();
    let of_anna = anna.online().await.unwrap();
    let next = of_anna.link.ask(message(room, "good night")).await.unwrap();
    assert_eq!(next.sequence, sent.sequence + 1);
    daemon.kill().unwrap();
    daemon.revive().unwrap();
    let mut of_bo = bo.online().await.unwrap();
    let first = next_message(&mut of_bo, room.into()).await.unwrap();
    assert_eq!((first.sequence, &first.sealed[..]), (sent.sequence, &b"are you there?"[..]));
    assert_eq!(next_text(&mut of_bo, room).await.unwrap(), "good night");
    assert!(daemon.startup().invites.is_empty(), "nobody is invited by a restart");
}

#[tokio::test]
async fn a_message_that_is_sent_again_after_a_restart_gets_the_first_answer_again() {
    let mut world = World::open().await.unwrap();
    let (anna, bo) = (world.person("anna").await.unwrap(), world.person("bo").await.unwrap());
    let room = world.talk(&anna, &bo).await.unwrap();
    let envelope = message(room, "once");
    let first = anna.online().await.unwrap().link.ask(envelope.clone()).await.unwrap();
    world.daemon.kill().unwrap();
    world.daemon.revive().unwrap();
    let of_anna = anna.online().await.unwrap();
    let second = of_anna.link.ask(envelope.clone()).await.unwrap();
    assert!(second.duplicate);
    assert_eq!((second.sequence, second.at_ms), (first.sequence, first.at_ms));
    let elsewhere = world.group(&anna, &[]).await.unwrap();
    let of_anna = anna.online().await.unwrap();
    let other = Append { log: elsewhere.into(), ..envelope };
    let refused = of_anna.link.ask(other).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::EnvelopeConflict));
    let mut of_bo = bo.online().await.unwrap();
    assert_eq!(next_text(&mut of_bo, room).await.unwrap(), "once");
    let more = tokio::time::timeout(Duration::from_millis(300), next_text(&mut of_bo, room)).await;
    assert!(more.is_err(), "it came twice: {more:?}");
}
