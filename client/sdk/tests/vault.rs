//! The vault: what it has said it keeps, it keeps, whatever happens to the process.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

use client_crypto::VaultKey;
use client_sdk::{
    content::{Content, title_payload},
    profile::{Profile, ProfileError},
    pure::Lane,
    sign_in::new_keys,
    vault::{Delivery, MessageBody, News, Outgoing, Received, Revisions, Server, Slice, Vault, VaultError},
};
use sotto_protocol::{
    Accepted, AccountId, Contact, ContactStatus, Deliver, DeviceId, DisplayName, EntryKind, EnvelopeId, Gap,
    GapReason, IdentityKey, Listed, LogId, Marks, Octets, Person, Pin, Remark, Role, Room, RoomId, RoomKind,
    Token, UserName,
};

const ME: AccountId = AccountId::new([1; 16]);
const MY_DEVICE: DeviceId = DeviceId::new([2; 16]);
const BOB: AccountId = AccountId::new([3; 16]);
const BOBS_DEVICE: DeviceId = DeviceId::new([4; 16]);
const ROOM: RoomId = RoomId::new([7; 16]);

/// A directory that goes when the test does.
struct Place(PathBuf);

impl Place {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("sotto-vault-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let directory = std::env::temp_dir().join(name);
        fs::create_dir_all(&directory).unwrap();
        Self(directory)
    }
    fn file(&self) -> PathBuf {
        self.0.join("vault.db")
    }
    /// The files as they are on disk now: what a process that is killed in this moment leaves behind.
    fn killed_now(&self) -> Self {
        let copy = Self::new();
        for entry in fs::read_dir(&self.0).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|extension| extension != "db-shm") {
                fs::copy(&path, copy.0.join(path.file_name().unwrap())).unwrap();
            }
        }
        copy
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _gone = fs::remove_dir_all(&self.0);
    }
}

fn key() -> VaultKey {
    VaultKey::from_bytes(&[5; 32])
}

fn open(path: &Path) -> Vault {
    Vault::open(path, &key()).unwrap()
}

fn person(account: AccountId, name: &str) -> Person {
    Person {
        account,
        user_name: UserName::new(name).unwrap(),
        display_name: DisplayName::new("小明").unwrap(),
        identity_key: IdentityKey::new([9; 32]),
        bot: false,
    }
}

fn room(cursor: u64) -> Room {
    Room {
        room: ROOM,
        kind: RoomKind::Direct,
        role: Role::Owner,
        members: 2,
        epoch: 0,
        head: cursor,
        cursor,
        read: 0,
        title: title_payload("").unwrap(),
        created_ms: 1,
        suite: 0,
        peer: Some(person(BOB, "bob")),
    }
}

fn deliver(sequence: u64, text: &str) -> Received {
    let payload = Content::text_payload(text, 1).unwrap();
    let mut name = [8; 16];
    name[..8].copy_from_slice(&sequence.to_be_bytes());
    Received::Deliver(Deliver {
        log: ROOM.into(),
        sequence,
        envelope_id: EnvelopeId::new(name),
        kind: EntryKind::Message,
        account: BOB,
        device: BOBS_DEVICE,
        at_ms: 5,
        sealed: Octets::new(payload).unwrap(),
    })
}

fn outgoing(number: u8, lane: Lane) -> Outgoing {
    Outgoing {
        envelope: EnvelopeId::new([number; 16]),
        lane,
        account: ME,
        device: MY_DEVICE,
        at_ms: 9,
        payload: Content::text_payload("hi", 9).unwrap(),
    }
}

fn accepted(sequence: u64) -> Accepted {
    Accepted { sequence, at_ms: 100, duplicate: false, log: ROOM.into() }
}

fn texts(vault: &Vault) -> Vec<String> {
    let history = vault.history(Lane::Room(ROOM), Slice::Last(100)).unwrap();
    history
        .into_iter()
        .filter_map(|message| match message.body {
            MessageBody::Content(Content::Text { text, .. }) => Some(text),
            _ => None,
        })
        .collect()
}

#[test]
fn facts_come_back_after_closing() {
    let place = Place::new();
    let server = Server {
        pin: Pin::new([0xAB; 32]),
        addresses: vec!["a:1".into(), "[fd00::1]:2".into()],
        name: "home pi".into(),
    };
    let token = Token::new([7; 32]);
    {
        let mut vault = open(&place.file());
        assert_eq!(vault.server().unwrap(), None);
        assert_eq!(vault.joined().unwrap(), None);
        vault.set_server(&server).unwrap();
        vault.set_joined(&UserName::new("alice").unwrap()).unwrap();
        vault.set_token(Some(&token)).unwrap();
        vault.set_revisions(Revisions { roster: 1, rooms: 2, incarnation: 3 }).unwrap();
        vault.set_heard(4).unwrap();
    }
    let vault = open(&place.file());
    assert_eq!(vault.server().unwrap(), Some(server));
    assert_eq!(vault.joined().unwrap().unwrap().as_str(), "alice");
    assert_eq!(vault.token().unwrap(), Some(token));
    assert_eq!(vault.revisions().unwrap(), Some(Revisions { roster: 1, rooms: 2, incarnation: 3 }));
    assert_eq!(vault.heard().unwrap(), 4);
}

#[test]
fn another_key_opens_nothing_and_the_file_holds_no_plain_text() {
    let place = Place::new();
    {
        let mut vault = open(&place.file());
        vault.set_room(&room(0)).unwrap();
        vault.receive(vec![deliver(1, "the eagle has landed")]).unwrap();
        vault.set_token(Some(&Token::new(*b"0123456789abcdef0123456789abcdef"))).unwrap();
    }
    let other = Vault::open(&place.file(), &VaultKey::from_bytes(&[6; 32])).unwrap();
    assert!(matches!(other.token(), Err(VaultError::Unreadable(_))));
    assert!(matches!(other.rooms(), Err(VaultError::Unreadable(_))));
    drop(other);
    for entry in fs::read_dir(&place.0).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        for secret in [&b"eagle"[..], b"0123456789abcdef", "小明".as_bytes()] {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret));
        }
    }
}

#[test]
fn a_newer_file_is_left_alone() {
    let place = Place::new();
    drop(open(&place.file()));
    let raw = rusqlite::Connection::open(place.file()).unwrap();
    raw.execute_batch("PRAGMA user_version = 99").unwrap();
    drop(raw);
    assert!(matches!(Vault::open(&place.file(), &key()), Err(VaultError::TooNew { found: 99, .. })));
}

#[test]
fn an_entry_and_its_cursor_are_stored_together_or_not_at_all() {
    let place = Place::new();
    let mut vault = open(&place.file());
    vault.set_room(&room(0)).unwrap();
    let stored = vault.receive(vec![deliver(1, "one"), deliver(2, "two"), deliver(2, "two")]).unwrap();
    assert_eq!(stored.iter().map(|step| step.cursor).collect::<Vec<_>>(), [1, 2, 2]);
    assert!(stored[2].news.is_none());
    let after = place.killed_now();
    let mut vault = open(&after.file());
    assert_eq!(
        (vault.cursor(ROOM.into()).unwrap(), texts(&vault)),
        (Some(2), vec!["one".into(), "two".into()])
    );
    let again = vault.receive(vec![deliver(1, "one"), deliver(2, "two"), deliver(3, "three")]).unwrap();
    assert_eq!(again.iter().filter(|step| step.news.is_some()).count(), 1);
    assert_eq!(texts(&vault), ["one", "two", "three"]);
}

#[test]
fn what_was_not_committed_never_happened() {
    let place = Place::new();
    {
        let mut vault = open(&place.file());
        vault.set_room(&room(0)).unwrap();
        vault.receive(vec![deliver(1, "one")]).unwrap();
    }
    {
        let mut raw = rusqlite::Connection::open(place.file()).unwrap();
        let transaction = raw.transaction().unwrap();
        transaction.execute_batch("UPDATE cursors SET cursor = 9; DELETE FROM messages;").unwrap();
        std::mem::forget(transaction);
    }
    let vault = open(&place.file());
    assert_eq!((vault.cursor(ROOM.into()).unwrap(), texts(&vault)), (Some(1), vec!["one".into()]));
}

#[test]
fn a_message_waits_on_disk_until_the_server_has_it_and_keeps_its_name() {
    let place = Place::new();
    let mut vault = open(&place.file());
    vault.set_room(&room(4)).unwrap();
    vault.post(&outgoing(1, Lane::Room(ROOM))).unwrap();
    for _ in 0..2 {
        let killed = place.killed_now();
        let vault = open(&killed.file());
        assert_eq!(vault.waiting().unwrap(), [(EnvelopeId::new([1; 16]), Lane::Room(ROOM))]);
        let payload = vault.waiting_payload(EnvelopeId::new([1; 16])).unwrap().unwrap();
        assert_eq!(payload, outgoing(1, Lane::Room(ROOM)).payload);
        assert_eq!(texts(&vault), ["hi"]);
    }
    assert_eq!(vault.accepted(EnvelopeId::new([1; 16]), &accepted(5)).unwrap(), Some(5));
    let killed = place.killed_now();
    let vault = open(&killed.file());
    assert_eq!(vault.waiting().unwrap(), []);
    assert_eq!(texts(&vault), ["hi"]);
    let message = vault.own_message(EnvelopeId::new([1; 16]), MY_DEVICE).unwrap().unwrap();
    assert_eq!((message.sequence, message.at_ms), (Some(5), 100));
}

#[test]
fn an_answer_that_comes_twice_changes_nothing() {
    let place = Place::new();
    let mut vault = open(&place.file());
    vault.set_room(&room(4)).unwrap();
    vault.post(&outgoing(1, Lane::Room(ROOM))).unwrap();
    vault.accepted(EnvelopeId::new([1; 16]), &accepted(5)).unwrap();
    vault.accepted(EnvelopeId::new([1; 16]), &accepted(5)).unwrap();
    assert_eq!((texts(&vault).len(), vault.cursor(ROOM.into()).unwrap()), (1, Some(5)));
}

#[test]
fn our_own_beyond_the_cursor_is_remembered_across_a_restart() {
    let place = Place::new();
    {
        let mut vault = open(&place.file());
        vault.set_room(&room(4)).unwrap();
        vault.post(&outgoing(1, Lane::Room(ROOM))).unwrap();
        assert_eq!(vault.accepted(EnvelopeId::new([1; 16]), &accepted(6)).unwrap(), None);
    }
    let mut vault = open(&place.file());
    let stored = vault.receive(vec![deliver(5, "before yours")]).unwrap();
    assert_eq!(stored[0].cursor, 6);
}

#[test]
fn who_waited_for_a_room_moves_in() {
    let place = Place::new();
    let mut vault = open(&place.file());
    vault.post(&outgoing(1, Lane::Person(BOB))).unwrap();
    assert_eq!(vault.waiting().unwrap(), [(EnvelopeId::new([1; 16]), Lane::Person(BOB))]);
    vault.set_room(&room(1)).unwrap();
    vault.house(BOB, ROOM).unwrap();
    assert_eq!(vault.waiting().unwrap(), [(EnvelopeId::new([1; 16]), Lane::Room(ROOM))]);
    assert_eq!(texts(&vault), ["hi"]);
}

#[test]
fn a_refused_message_stays_with_its_reason_and_a_withdrawn_one_goes() {
    let place = Place::new();
    let mut vault = open(&place.file());
    vault.set_room(&room(1)).unwrap();
    vault.post(&outgoing(1, Lane::Room(ROOM))).unwrap();
    vault.post(&outgoing(2, Lane::Room(ROOM))).unwrap();
    vault.failed(EnvelopeId::new([1; 16]), "quota.room").unwrap();
    assert!(vault.withdraw(EnvelopeId::new([2; 16])).unwrap());
    assert!(!vault.withdraw(EnvelopeId::new([2; 16])).unwrap());
    assert_eq!(vault.waiting().unwrap(), []);
    let history = vault.history(Lane::Room(ROOM), Slice::Last(9)).unwrap();
    assert_eq!(
        history.iter().map(|message| message.failed.as_deref()).collect::<Vec<_>>(),
        [Some("quota.room")]
    );
}

#[test]
fn ticks_follow_the_marks_of_others_and_never_go_back() {
    let place = Place::new();
    let mut vault = open(&place.file());
    vault.set_room(&room(4)).unwrap();
    vault.post(&outgoing(1, Lane::Room(ROOM))).unwrap();
    let state = |vault: &Vault| {
        let message = vault.own_message(EnvelopeId::new([1; 16]), MY_DEVICE).unwrap().unwrap();
        vault.delivery(&message).unwrap()
    };
    let marks = |account, delivered, read| Marks { room: ROOM, account, delivered, read };
    assert_eq!(state(&vault), Delivery::Waiting);
    vault.accepted(EnvelopeId::new([1; 16]), &accepted(5)).unwrap();
    vault.set_marks(&marks(ME, 5, 5)).unwrap();
    assert_eq!(state(&vault), Delivery::Sent, "that I have it myself is no delivery");
    assert!(vault.set_marks(&marks(BOB, 4, 4)).unwrap());
    assert_eq!(state(&vault), Delivery::Sent);
    assert!(vault.set_marks(&marks(BOB, 5, 0)).unwrap());
    assert_eq!(state(&vault), Delivery::Delivered);
    assert!(vault.set_marks(&marks(BOB, 0, 6)).unwrap());
    assert_eq!(state(&vault), Delivery::Read);
    assert!(!vault.set_marks(&marks(BOB, 1, 1)).unwrap());
    assert_eq!(state(&vault), Delivery::Read);
}

#[test]
fn a_gap_is_told_once_and_what_follows_is_taken() {
    let place = Place::new();
    let mut vault = open(&place.file());
    vault.set_room(&room(4)).unwrap();
    let gap = Gap { log: ROOM.into(), from: 5, to: 7, why: GapReason::Expired };
    let stored = vault
        .receive(vec![Received::Gap(gap.clone()), deliver(8, "after"), Received::Gap(gap.clone())])
        .unwrap();
    assert_eq!(stored[0].news, Some(News::Gap(gap)));
    assert!(matches!(stored[1].news, Some(News::Message(_))));
    assert_eq!((stored[2].news.clone(), stored[2].cursor), (None, 8));
}

#[test]
fn a_store_older_than_the_server_knows_says_what_is_lost() {
    let place = Place::new();
    let mut vault = open(&place.file());
    assert_eq!(vault.set_rooms(&[room(4)]).unwrap(), []);
    assert_eq!(vault.set_rooms(&[room(9)]).unwrap(), [(ROOM, 5, 9)]);
    assert_eq!(vault.cursor(ROOM.into()).unwrap(), Some(9));
}

#[test]
fn a_server_back_from_a_backup_may_use_its_sequences_again() {
    let place = Place::new();
    let mut vault = open(&place.file());
    vault.set_room(&room(4)).unwrap();
    vault.receive(vec![deliver(5, "five"), deliver(6, "six")]).unwrap();
    let mut before = room(5);
    before.head = 5;
    vault.rewind(&[before.clone()], LogId::from(MY_DEVICE)).unwrap();
    assert_eq!(vault.set_rooms(&[before]).unwrap(), []);
    let Received::Deliver(again) = deliver(6, "another six") else { unreachable!() };
    let again = Deliver { envelope_id: EnvelopeId::new([0xEE; 16]), ..again };
    let stored = vault.receive(vec![Received::Deliver(again)]).unwrap();
    assert!(matches!(stored[0].news, Some(News::Message(_))));
    assert_eq!(texts(&vault), ["five", "six", "another six"]);
}

#[test]
fn contacts_are_replaced_as_a_whole_and_the_people_stay_known() {
    let place = Place::new();
    let mut vault = open(&place.file());
    let contact = |account, name| Contact {
        person: person(account, name),
        status: ContactStatus::Accepted,
        remark: Remark::new("").unwrap(),
        labels: Listed::default(),
        created_ms: 0,
    };
    vault.set_contacts(&[contact(BOB, "bob"), contact(AccountId::new([6; 16]), "anna")]).unwrap();
    let names = |vault: &Vault| -> Vec<String> {
        vault.contacts().unwrap().iter().map(|contact| contact.person.user_name.to_string()).collect()
    };
    assert_eq!(names(&vault), ["anna", "bob"]);
    vault.set_contacts(&[contact(BOB, "bob")]).unwrap();
    assert_eq!(names(&vault), ["bob"]);
    assert_eq!(vault.people().unwrap().len(), 2);
}

#[test]
fn one_process_owns_a_profile_and_its_files_are_private() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::new();
    let directory = place.0.join("deep/profile");
    let profile = Profile::open(&directory).unwrap();
    assert!(matches!(Profile::open(&directory), Err(ProfileError::Busy { .. })));
    assert!(matches!(profile.keys(None), Err(ProfileError::Empty { .. })));
    let keys = new_keys();
    profile.set_keys(&keys, None).unwrap();
    let mut vault = profile.vault(&keys).unwrap();
    vault.set_heard(1).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&directory), 0o700);
    for entry in fs::read_dir(&directory).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
    drop(vault);
    drop(profile);
    let profile = Profile::open(&directory).unwrap();
    assert_eq!(profile.keys(None).unwrap().account, keys.account);
    profile.erase().unwrap();
    assert!(matches!(profile.keys(None), Err(ProfileError::Empty { .. })));
}
