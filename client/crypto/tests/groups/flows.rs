//! What people do every day.
use client_crypto::group::{GroupError, Received, SUITE};

use crate::world::{Person, ROOM, anybody, now_ms, room_of, tree_of};

#[test]
fn two_people_talk() {
    let (ann, bob) = (Person::new(1), Person::new(2));
    let (mut ann, mut bob) = (ann.device(1), bob.device(1));
    room_of(&mut [&mut ann, &mut bob]);
    assert_eq!(ann.authenticator(), bob.authenticator());
    let hello = ann.seal(b"hello");
    assert_eq!(bob.reads(&hello), b"hello");
    let answer = bob.seal(b"hi");
    assert_eq!(ann.reads(&answer), b"hi");
    assert_eq!(ann.room(ROOM, |room| Ok(room.suite())).unwrap(), SUITE);
}

#[test]
fn the_key_for_hidden_words_is_the_same_for_all_and_another_in_each_epoch() {
    let (ann, bob) = (Person::new(1), Person::new(2));
    let (mut ann, mut bob) = (ann.device(1), bob.device(1));
    room_of(&mut [&mut ann, &mut bob]);
    let before = ann.room(ROOM, |room| room.hidden_words_key()).unwrap();
    assert_eq!(bob.room(ROOM, |room| room.hidden_words_key()).unwrap(), before);
    let (binding, update) = ann.changes(&mut [], &[]);
    ann.accepted();
    bob.receive(&binding, &update.commit).unwrap();
    let after = bob.room(ROOM, |room| room.hidden_words_key()).unwrap();
    assert_ne!(after, before);
    assert_eq!(ann.room(ROOM, |room| room.hidden_words_key()).unwrap(), after);
}

#[test]
fn somebody_comes_and_somebody_goes() {
    let people = [Person::new(1), Person::new(2), Person::new(3)];
    let [mut ann, mut bob, mut cy] = people.map(|person| person.device(1));
    room_of(&mut [&mut ann, &mut bob]);
    let (binding, commit) = bob.changes(&mut [&mut cy], &[]);
    assert_eq!(commit.welcome_devices.to_vec(), [cy.id()]);
    bob.accepted();
    let Received::Change(change) = ann.receive(&binding, &commit.commit).unwrap() else { panic!() };
    assert_eq!((change.epoch, change.by.device.device), (2, bob.id()));
    assert_eq!(change.added[0].device.device, cy.id());
    let tree = crate::world::tree_of_group(&mut ann);
    let welcome = [commit.welcome.as_ref(), &tree].concat();
    cy.with(|groups| groups.join(ROOM, &welcome, &anybody).map(drop)).unwrap();
    assert_eq!(cy.reads(&ann.seal(b"welcome")), b"welcome");
    assert_eq!(ann.members(), cy.members());

    let (binding, commit) = ann.changes(&mut [], &[bob.id()]);
    ann.accepted();
    cy.receive(&binding, &commit.commit).unwrap();
    let Received::Change(change) = bob.receive(&binding, &commit.commit).unwrap() else { panic!() };
    assert!(change.me_removed);
    let later = ann.seal(b"he is gone");
    assert_eq!(cy.reads(&later), b"he is gone");
    assert!(matches!(bob.receive(&later.0, &later.1), Err(GroupError::NotMember)));
    let binding = bob.binding(ROOM);
    assert!(matches!(bob.room(ROOM, |room| room.seal(b"no", &binding)), Err(GroupError::NotMember)));
}

#[test]
fn who_was_removed_can_be_added_again() {
    let (ann, bob) = (Person::new(1), Person::new(2));
    let (mut ann, mut bob) = (ann.device(1), bob.device(1));
    room_of(&mut [&mut ann, &mut bob]);
    let (binding, commit) = ann.changes(&mut [], &[bob.id()]);
    ann.accepted();
    bob.receive(&binding, &commit.commit).unwrap();
    let (_, commit) = ann.changes(&mut [&mut bob], &[]);
    ann.accepted();
    let welcome = [commit.welcome.as_ref(), &crate::world::tree_of_group(&mut ann)].concat();
    bob.with(|groups| groups.join(ROOM, &welcome, &anybody).map(drop)).unwrap();
    assert_eq!(bob.reads(&ann.seal(b"again")), b"again");
}

#[test]
fn a_change_that_lost_the_race_is_made_anew() {
    let (ann, bob) = (Person::new(1), Person::new(2));
    let (mut ann, mut bob) = (ann.device(1), bob.device(1));
    room_of(&mut [&mut ann, &mut bob]);
    let (_, lost) = ann.changes(&mut [], &[]);
    let (binding, won) = bob.changes(&mut [], &[]);
    bob.accepted();
    assert_eq!((lost.epoch, won.epoch), (1, 1));
    ann.room(ROOM, |room| room.stale()).unwrap();
    ann.receive(&binding, &won.commit).unwrap();
    let (binding, again) = ann.changes(&mut [], &[]);
    ann.accepted();
    bob.receive(&binding, &again.commit).unwrap();
    assert_eq!((ann.epoch(), ann.authenticator()), (3, bob.authenticator()));
}

#[test]
fn an_own_change_that_comes_back_is_in_force() {
    let (ann, bob) = (Person::new(1), Person::new(2));
    let (mut ann, mut bob) = (ann.device(1), bob.device(1));
    room_of(&mut [&mut ann, &mut bob]);
    let (binding, commit) = ann.changes(&mut [], &[]);
    let Received::Change(change) = ann.receive(&binding, &commit.commit).unwrap() else { panic!() };
    assert_eq!((change.epoch, ann.epoch()), (2, 2));
    let own = ann.seal(b"mine");
    assert_eq!(ann.receive(&own.0, &own.1).unwrap(), Received::Mine);
}

#[test]
fn a_lost_device_comes_back_in_the_place_of_its_old_leaf() {
    let (ann, bob) = (Person::new(1), Person::new(2));
    let (mut ann, mut bob) = (ann.device(1), bob.device(1));
    room_of(&mut [&mut ann, &mut bob]);
    let (binding, commit) = ann.changes(&mut [], &[]);
    ann.accepted();
    bob.receive(&binding, &commit.commit).unwrap();
    bob.with(|groups| Ok(groups.forget(ROOM)?)).unwrap();

    let info = [commit.group_info.as_ref(), &crate::world::tree_of_group(&mut ann)].concat();
    let binding = bob.binding(ROOM);
    let back = bob.with(|groups| groups.rejoin(&info, &binding, &anybody)).unwrap();
    assert!(
        bob.with(|groups| Ok(groups.room(ROOM)?.is_none())).unwrap(),
        "not in force before it is accepted"
    );
    let Received::Change(change) = ann.receive(&binding, &back.commit).unwrap() else { panic!() };
    assert!(change.rejoined && change.added.is_empty() && change.removed.is_empty());
    bob.with(|groups| groups.rejoin_accepted(ROOM).map(drop)).unwrap();
    assert_eq!(ann.authenticator(), bob.authenticator());
    assert_eq!(bob.reads(&ann.seal(b"back")), b"back");
    assert_eq!(ann.reads(&bob.seal(b"yes")), b"yes");
    assert_eq!(ann.members().len(), 2);
}

#[test]
fn a_rejoin_that_lost_the_race_leaves_what_was_there() {
    let (ann, bob) = (Person::new(1), Person::new(2));
    let (mut ann, mut bob) = (ann.device(1), bob.device(1));
    room_of(&mut [&mut ann, &mut bob]);
    let (binding, commit) = ann.changes(&mut [], &[]);
    ann.accepted();
    let info = [commit.group_info.as_ref(), &crate::world::tree_of_group(&mut ann)].concat();
    let back = bob.binding(ROOM);
    bob.with(|groups| groups.rejoin(&info, &back, &anybody)).unwrap();
    bob.with(|groups| Ok(groups.rejoin_stale(ROOM)?)).unwrap();
    let refused = bob.with(|groups| groups.rejoin_accepted(ROOM).map(drop));
    assert!(matches!(refused, Err(GroupError::NothingPending)));
    bob.receive(&binding, &commit.commit).unwrap();
    assert_eq!(bob.reads(&ann.seal(b"still here")), b"still here");
}

#[test]
fn words_overtake_each_other_and_changes() {
    let (ann, bob) = (Person::new(1), Person::new(2));
    let (mut ann, mut bob) = (ann.device(1), bob.device(1));
    room_of(&mut [&mut ann, &mut bob]);
    let words: Vec<_> = (0..40_u8).map(|at| ann.seal(&[at])).collect();
    for _ in 0..5 {
        let (binding, update) = ann.changes(&mut [], &[]);
        ann.accepted();
        bob.receive(&binding, &update.commit).unwrap();
    }
    for (at, sealed) in words.iter().enumerate().rev() {
        assert_eq!(usize::from(bob.reads(sealed)[0]), at);
    }
}

#[test]
fn a_last_resort_is_used_more_than_once_and_others_are_not() {
    let (ann, bob) = (Person::new(1), Person::new(2));
    let (mut ann, mut bob) = (ann.device(1), bob.device(1));
    let last = bob.with(|groups| groups.last_resort(now_ms())).unwrap();
    let once = bob.key_package();
    for (package, times) in [(last, 2), (once, 1)] {
        for time in 0..2 {
            bob.with(|groups| Ok(groups.forget(ROOM)?)).unwrap();
            ann.with(|groups| Ok(groups.forget(ROOM)?)).unwrap();
            ann.with(|groups| groups.create(ROOM, now_ms()).map(drop)).unwrap();
            let binding = ann.binding(ROOM);
            let leaf = bob.leaf();
            let add = client_crypto::group::Addition {
                account: leaf.account,
                device: leaf.device,
                package: &package,
            };
            let commit = ann.room(ROOM, |room| room.change(&[add], &[], &binding, &anybody)).unwrap();
            let welcome = [commit.welcome.as_ref(), &tree_of(&commit)].concat();
            let joined = bob.with(|groups| groups.join(ROOM, &welcome, &anybody).map(drop));
            match joined {
                Ok(()) => assert!(time < times),
                Err(GroupError::NoKeyPackage) => assert!(time >= times),
                Err(other) => panic!("{other}"),
            }
        }
    }
}

#[test]
fn sizes_tell_little() {
    let (ann, bob) = (Person::new(1), Person::new(2));
    let (mut ann, mut bob) = (ann.device(1), bob.device(1));
    room_of(&mut [&mut ann, &mut bob]);
    let lengths: Vec<_> = [1, 20, 100].map(|len| ann.seal(&vec![7; len]).1.len()).to_vec();
    assert!(lengths.windows(2).all(|pair| pair[0] == pair[1]), "{lengths:?}");
    let binding = ann.binding(ROOM);
    let largest = vec![7; client_crypto::group::CONTENT_MAX];
    let sealed = ann.room(ROOM, |room| room.seal(&largest, &binding)).unwrap();
    assert!(sealed.len() <= sotto_protocol::limits::SEALED_MAX, "{}", sealed.len());
    let larger = [largest, vec![7]].concat();
    assert!(matches!(ann.room(ROOM, |room| room.seal(&larger, &binding)), Err(GroupError::TooLarge)));
}
