//! The disk: crashes at every step, rollbacks, a file that somebody looked into, and one of an older version.
use client_crypto::group::{GroupError, Groups, Received, StorageError};
use rusqlite::Connection;

use crate::world::{Device, Person, ROOM, anybody, room_of};

/// Does it, and dies before the commit. What was there before is there again.
fn dies(device: &mut Device, work: impl FnOnce(&Groups<'_>) -> Result<(), GroupError>) {
    let died = device.with(|groups| {
        work(groups)?;
        Err::<(), _>(GroupError::NothingPending)
    });
    assert!(matches!(died, Err(GroupError::NothingPending)), "{died:?}");
}

#[test]
fn a_crash_at_any_step_costs_nothing() {
    let people = [Person::new(1), Person::new(2), Person::new(3)];
    let [mut ann, mut bob, mut cy] = people.map(|person| person.device(1));
    room_of(&mut [&mut ann, &mut bob]);
    for round in 0..10_u8 {
        let binding = ann.binding(ROOM);
        dies(&mut ann, |groups| groups.room(ROOM)?.unwrap().seal(b"never sent", &binding).map(drop));
        let words = ann.seal(&[round]);
        dies(&mut bob, |groups| groups.room(ROOM)?.unwrap().receive(&words.1, &words.0, &anybody).map(drop));
        assert_eq!(bob.reads(&words), [round]);

        let binding = ann.binding(ROOM);
        dies(&mut ann, |groups| groups.room(ROOM)?.unwrap().change(&[], &[], &binding, &anybody).map(drop));
        let (binding, commit) = ann.changes(&mut [], &[]);
        dies(&mut ann, |groups| groups.room(ROOM)?.unwrap().accepted().map(drop));
        dies(&mut ann, |groups| groups.room(ROOM)?.unwrap().stale());
        ann.accepted();
        dies(&mut bob, |groups| {
            groups.room(ROOM)?.unwrap().receive(&commit.commit, &binding, &anybody).map(drop)
        });
        bob.receive(&binding, &commit.commit).unwrap();
        assert_eq!(ann.authenticator(), bob.authenticator());
    }
    let (binding, commit) = ann.changes(&mut [&mut cy], &[]);
    ann.accepted();
    bob.receive(&binding, &commit.commit).unwrap();
    let welcome = [commit.welcome.as_ref(), &crate::world::tree_of_group(&mut ann)].concat();
    dies(&mut cy, |groups| groups.join(ROOM, &welcome, &anybody).map(drop));
    cy.with(|groups| groups.join(ROOM, &welcome, &anybody).map(drop)).unwrap();

    let info = [commit.group_info.as_ref(), &crate::world::tree_of_group(&mut ann)].concat();
    let binding = cy.binding(ROOM);
    dies(&mut cy, |groups| groups.rejoin(&info, &binding, &anybody).map(drop));
    let back = cy.with(|groups| groups.rejoin(&info, &binding, &anybody)).unwrap();
    dies(&mut cy, |groups| groups.rejoin_accepted(ROOM).map(drop));
    cy.with(|groups| groups.rejoin_accepted(ROOM).map(drop)).unwrap();
    assert!(matches!(ann.receive(&binding, &back.commit).unwrap(), Received::Change(_)));
    assert_eq!(cy.reads(&ann.seal(b"all there")), b"all there");
}

#[test]
fn a_state_that_went_back_is_noticed_by_who_reads() {
    let (ann, bob) = (Person::new(1), Person::new(2));
    let (mut ann, mut bob) = (ann.device(1), bob.device(1));
    room_of(&mut [&mut ann, &mut bob]);
    let mut old = Connection::open_in_memory().unwrap();
    copy(&ann.db, &mut old);
    let first = ann.seal(b"first");
    ann.db = old;
    let second = ann.seal(b"second");
    assert_eq!(bob.reads(&first), b"first");
    assert!(matches!(bob.receive(&second.0, &second.1), Err(GroupError::Unreadable(_))));
}

#[test]
fn nothing_on_the_disk_says_who_or_what() {
    let (ann, bob) = (Person::new(1), Person::new(2));
    let (mut ann, mut bob) = (ann.device(1), bob.device(1));
    room_of(&mut [&mut ann, &mut bob]);
    ann.seal(b"a planted word");
    let mut found = Vec::new();
    let mut statement = ann.db.prepare("SELECT scope, key, value FROM mls").unwrap();
    let mut rows = statement.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        for at in 0..3 {
            found.extend(row.get::<_, Vec<u8>>(at).unwrap());
        }
    }
    let names = [
        ROOM.as_bytes().to_vec(),
        bob.id().as_bytes().to_vec(),
        ann.id().as_bytes().to_vec(),
        ann.credential.account.as_bytes().to_vec(),
        ann.secret.key().as_bytes().to_vec(),
        b"planted".to_vec(),
    ];
    for name in names {
        assert!(!found.windows(name.len()).any(|window| window == name.as_slice()), "{name:02x?}");
    }
}

#[test]
fn a_value_that_was_changed_or_moved_is_not_read() {
    let (ann, bob) = (Person::new(1), Person::new(2));
    let (mut ann, mut bob) = (ann.device(1), bob.device(1));
    room_of(&mut [&mut ann, &mut bob]);
    ann.db
        .execute("UPDATE mls SET value = (SELECT value FROM mls WHERE kind = 12) WHERE kind = 9", [])
        .unwrap();
    let done = ann.with(|groups| Ok(groups.room(ROOM)?.is_some()));
    assert!(matches!(done, Err(GroupError::Storage(StorageError::Sealed))), "{done:?}");
    bob.vault = client_crypto::VaultKey::from_bytes(&[0; 32]);
    assert!(!bob.with(|groups| Ok(groups.room(ROOM)?.is_some())).unwrap(), "another key knows no names");
}

/// The database of the first version, with the room of epoch 1 between Ann 1 and Bob 1 of these tests. It was written
/// once by the test below and is never written again: a program that cannot read it locks people out.
const FIRST: &str = include_str!("fixtures/first.sql");

#[test]
fn a_database_of_the_first_version_still_opens() {
    let (ann, bob) = (Person::new(1), Person::new(2));
    let (mut ann, mut bob) = (ann.device(1), bob.device(1));
    for (device, name) in [(&mut ann, "ann"), (&mut bob, "bob")] {
        device.db = Connection::open_in_memory().unwrap();
        Groups::prepare(&device.db).unwrap();
        for row in FIRST.lines().filter_map(|line| line.strip_prefix(&format!("{name}: "))) {
            device.db.execute_batch(row).unwrap();
        }
    }
    assert_eq!((ann.epoch(), ann.authenticator()), (1, bob.authenticator()));
    assert_eq!(bob.reads(&ann.seal(b"after all these years")), b"after all these years");
    let (binding, commit) = bob.changes(&mut [], &[]);
    bob.accepted();
    ann.receive(&binding, &commit.commit).unwrap();
    assert_eq!(ann.authenticator(), bob.authenticator());
}

#[test]
#[ignore = "writes the fixture of a new version: only when the form of the table changes on purpose"]
fn write_the_fixture() {
    let (ann, bob) = (Person::new(1), Person::new(2));
    let (mut ann, mut bob) = (ann.device(1), bob.device(1));
    room_of(&mut [&mut ann, &mut bob]);
    let mut text = String::new();
    for (device, name) in [(&ann, "ann"), (&bob, "bob")] {
        let mut statement = device
            .db
            .prepare("SELECT hex(scope), candidate, kind, hex(key), hex(value) FROM mls ORDER BY 1, 2, 3, 4")
            .unwrap();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let blob = |at| row.get::<_, String>(at).unwrap();
            let number = |at| row.get::<_, u8>(at).unwrap();
            text += &format!(
                "{name}: INSERT INTO mls VALUES (x'{}', {}, {}, x'{}', x'{}');\n",
                blob(0),
                number(1),
                number(2),
                blob(3),
                blob(4)
            );
        }
    }
    std::fs::write("tests/groups/fixtures/first.sql", text).unwrap();
}

fn copy(from: &Connection, to: &mut Connection) {
    Groups::prepare(to).unwrap();
    let mut statement = from.prepare("SELECT scope, candidate, kind, key, value FROM mls").unwrap();
    let mut rows = statement.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        let values: Vec<rusqlite::types::Value> = (0..5).map(|at| row.get(at).unwrap()).collect();
        to.execute("INSERT INTO mls VALUES (?1, ?2, ?3, ?4, ?5)", rusqlite::params_from_iter(values))
            .unwrap();
    }
}
