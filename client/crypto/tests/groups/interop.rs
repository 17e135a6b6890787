//! Ours and mls-rs in one room, every change through the server's checks.
use client_crypto::group::{Addition, Received};
use mls_rs::{
    client_builder::MlsConfig,
    group::{CommitEffect, ReceivedMessage},
};
use sotto_protocol::Role;

use crate::{
    other::{Other, other, parted},
    server::{Answer, Server},
    world::{Device, Person, ROOM, anybody, now_ms},
};

/// Ann (ours) and Bob (theirs) in a room that Ann has made.
pub(crate) fn ours_and_theirs() -> (Server, Device, Other<impl MlsConfig>) {
    let (ann, bob) = (Person::new(1), Person::new(2));
    let (mut ann, mut bob) = (ann.device(1), other(&bob, 0xB1));
    let mut server = Server::default();
    server.directory.extend([(ann.id(), ann.leaf()), (bob.leaf.device, bob.leaf)]);
    ann.with(|groups| groups.create(ROOM, now_ms()).map(drop)).unwrap();
    let package = bob.key_package();
    assert!(server.put_key_package(&bob.leaf, &package), "the server takes their key package");
    let binding = ann.binding(ROOM);
    let add = Addition { account: bob.leaf.account, device: bob.leaf.device, package: &package };
    let commit = ann.room(ROOM, |room| room.change(&[add], &[], &binding, &anybody)).unwrap();
    assert_eq!(server.found(binding, &commit, &[bob.leaf.account]), Answer::Accepted(1));
    ann.accepted();
    let (welcome, tree) = parted(&server.welcome(bob.leaf.device).unwrap().bytes);
    bob.join(&welcome, &tree);
    (server, ann, bob)
}

#[test]
fn they_join_by_our_welcome_and_both_talk() {
    let (_, mut ann, mut bob) = ours_and_theirs();
    assert_eq!(ann.authenticator(), bob.authenticator());
    let hello = ann.seal(b"hello");
    assert_eq!(bob.reads(&hello), b"hello");
    let answer = bob.seal(b"hi", ROOM);
    assert_eq!(ann.reads(&answer), b"hi");
}

#[test]
fn both_change_the_keys_and_agree() {
    let (mut server, mut ann, mut bob) = ours_and_theirs();
    for round in 0..3 {
        let (binding, commit) = ann.changes(&mut [], &[]);
        assert!(matches!(server.change(binding, &commit, &[], &[]), Answer::Accepted(_)));
        ann.accepted();
        bob.receive(&commit.commit);
        assert_eq!(ann.authenticator(), bob.authenticator(), "ours, round {round}");

        let (binding, commit) = bob.changes(ROOM, &[], |builder| builder);
        assert!(matches!(server.change(binding, &commit, &[], &[]), Answer::Accepted(_)));
        bob.accepted();
        ann.receive(&binding, &commit.commit).unwrap();
        assert_eq!(ann.authenticator(), bob.authenticator(), "theirs, round {round}");
        assert_eq!(ann.reads(&bob.seal(b"round", ROOM)), b"round");
        assert_eq!(bob.reads(&ann.seal(b"round")), b"round");
    }
}

#[test]
fn they_add_one_of_ours() {
    let (mut server, mut ann, mut bob) = ours_and_theirs();
    let mut cy = Person::new(3).device(1);
    server.directory.insert(cy.id(), cy.leaf());
    server.roles.insert(bob.leaf.account, Role::Admin);
    let package = mls_rs::MlsMessage::from_bytes(&cy.key_package()).unwrap();
    let (binding, commit) = bob.changes(ROOM, &[cy.id()], |builder| builder.add_member(package).unwrap());
    let answer = server.change(binding, &commit, &[cy.credential.account], &[]);
    assert!(matches!(answer, Answer::Accepted(_)), "{answer:?}");
    bob.accepted();
    ann.receive(&binding, &commit.commit).unwrap();
    let welcome = server.welcome(cy.id()).unwrap().bytes.clone();
    cy.with(|groups| groups.join(ROOM, &welcome, &anybody).map(drop)).unwrap();
    let authenticators = [ann.authenticator(), bob.authenticator(), cy.authenticator()];
    assert!(authenticators.windows(2).all(|pair| pair[0] == pair[1]));
    assert_eq!(cy.reads(&bob.seal(b"welcome", ROOM)), b"welcome");
}

#[test]
fn we_remove_them_and_they_see_it() {
    let (mut server, mut ann, mut bob) = ours_and_theirs();
    let (binding, commit) = ann.changes(&mut [], &[bob.leaf.device]);
    assert!(matches!(server.change(binding, &commit, &[], &[bob.leaf.account]), Answer::Accepted(_)));
    ann.accepted();
    let ReceivedMessage::Commit(seen) = bob.receive(&commit.commit) else { panic!() };
    assert!(matches!(seen.effect, CommitEffect::Removed { .. }));
    assert_eq!(ann.members(), [ann.id()]);
}

#[test]
fn they_come_back_from_outside() {
    let (mut server, mut ann, mut bob) = ours_and_theirs();
    let old = bob.index_of(bob.leaf.device);
    let (binding, commit) = bob.comes(ROOM, &server.group_info(), Some(old));
    let answer = server.change(binding, &commit, &[], &[]);
    assert!(matches!(answer, Answer::Accepted(_)), "{answer:?}");
    let Received::Change(change) = ann.receive(&binding, &commit.commit).unwrap() else { panic!() };
    assert!(change.rejoined);
    assert_eq!(ann.authenticator(), bob.authenticator());
    assert_eq!(bob.reads(&ann.seal(b"back")), b"back");
    assert_eq!(ann.reads(&bob.seal(b"yes", ROOM)), b"yes");
}

#[test]
fn we_come_back_from_outside_to_them() {
    let (mut server, mut ann, mut bob) = ours_and_theirs();
    ann.with(|groups| Ok(groups.forget(ROOM)?)).unwrap();
    let (binding, info) = (ann.binding(ROOM), server.group_info());
    let commit = ann.with(|groups| groups.rejoin(&info, &binding, &anybody)).unwrap();
    assert!(matches!(server.change(binding, &commit, &[], &[]), Answer::Accepted(_)));
    ann.with(|groups| groups.rejoin_accepted(ROOM).map(drop)).unwrap();
    bob.receive(&commit.commit);
    assert_eq!(ann.authenticator(), bob.authenticator());
    assert_eq!(bob.reads(&ann.seal(b"back")), b"back");
}
