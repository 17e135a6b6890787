//! Liars: a server that swaps, repeats, reorders and forges; a member that takes what is not theirs.
use client_crypto::{
    DeviceSecret,
    group::{Addition, Binding, Change, CredentialError, DeviceCredential, GroupError, Trust},
};
use daemon_groups::{Leaf, Refused};
use mls_rs::{ExtensionList, MlsMessage, client_builder::MlsConfig};
use sotto_protocol::{AccountId, Commit, DeviceId, EnvelopeId, IdentityKey, Role, RoomId};

use crate::{
    interop::ours_and_theirs,
    other::{Other, other, signing, thief, with_credential},
    server::{Answer, Server},
    world::{Device, Person, ROOM, anybody, room_of},
};

/// Knows the people of these tests by their keys.
fn pinned(account: AccountId, identity: IdentityKey) -> bool {
    Person::new(account.as_bytes()[0]).identity.public() == identity
}

/// Neither the member nor the server takes it, and the member is where it was.
fn nobody_takes(
    ann: &mut Device,
    server: &mut Server,
    (binding, commit): &(Binding, Commit),
    add: &[AccountId],
    wrong: &Refused,
) -> GroupError {
    let before = ann.authenticator();
    let fault = ann.receive_by(binding, &commit.commit, &pinned).unwrap_err();
    assert_eq!(ann.authenticator(), before);
    assert_eq!(server.change(*binding, commit, add, &[]), Answer::Refused(wrong.clone()));
    fault
}

fn package_of(device: &mut Device) -> MlsMessage {
    MlsMessage::from_bytes(&device.key_package()).unwrap()
}

#[test]
fn an_impostor_with_a_certificate_of_their_own_is_seen() {
    let (mut server, mut ann, mut bob) = ours_and_theirs();
    // Mallory says that she is Cy, and signs for it with a key of her own.
    let mallory = Person { account: AccountId::new([3; 16]), identity: Person::new(66).identity };
    let mut mallory = mallory.device(1);
    let package = package_of(&mut mallory);
    let lie = bob.changes(ROOM, &[mallory.id()], |builder| builder.add_member(package).unwrap());
    server.roles.insert(bob.leaf.account, Role::Admin);
    let account = mallory.credential.account;
    let fault = nobody_takes(&mut ann, &mut server, &lie, &[account], &Refused::Device(mallory.id()));
    assert!(matches!(fault, GroupError::Credential(CredentialError::Identity(who)) if who == account));
}

#[test]
fn a_foreign_certificate_is_worth_nothing() {
    let (mut server, mut ann, mut bob) = ours_and_theirs();
    let cy = Person::new(3).device(1);
    let mallory = with_credential(&[66; 32], cy.leaf(), &cy.credential);
    server.directory.insert(cy.id(), cy.leaf());
    let package = MlsMessage::from_bytes(&mallory.key_package()).unwrap();
    let lie = bob.changes(ROOM, &[cy.id()], |builder| builder.add_member(package).unwrap());
    let fault = nobody_takes(&mut ann, &mut server, &lie, &[cy.leaf().account], &Refused::Certificate);
    assert!(matches!(fault, GroupError::Credential(CredentialError::LeafKey)));
}

#[test]
fn a_device_is_in_a_group_once() {
    let (mut server, mut ann, mut bob) = ours_and_theirs();
    // The same device with another leaf key would need another certificate: the account makes one.
    let person = Person::new(1);
    let twin = DeviceSecret::from_parts(ann.id(), &[77; 32], &[9; 32]);
    let certificate = person.identity.certify(&twin, person.account, 1_795_000_000_001);
    let identity = person.identity.public();
    let credential = DeviceCredential { account: person.account, identity, certificate };
    let leaf = Leaf { account: person.account, device: twin.id(), identity, key: twin.key() };
    let twin = with_credential(&[77; 32], leaf, &credential);
    let package = MlsMessage::from_bytes(&twin.key_package()).unwrap();
    let lie = bob.changes(ROOM, &[leaf.device], |builder| builder.add_member(package).unwrap());
    let fault = nobody_takes(&mut ann, &mut server, &lie, &[], &Refused::Device(leaf.device));
    assert!(matches!(fault, GroupError::Credential(CredentialError::Twice(who)) if who == ann.id()));
}

#[test]
fn nobody_comes_in_from_outside_uninvited() {
    let (mut server, mut ann, _) = ours_and_theirs();
    // Even a device that Bob's account has certified must be added by a member.
    let mut second = other(&Person::new(2), 0xB2);
    server.directory.insert(second.leaf.device, second.leaf);
    let lie = second.comes(ROOM, &server.group_info(), None);
    let fault = nobody_takes(&mut ann, &mut server, &lie, &[], &Refused::Rejoin);
    assert!(matches!(fault, GroupError::Forbidden(_)));
}

#[test]
fn nobody_takes_the_place_of_another_from_outside() {
    let (mut server, mut ann, mut bob) = ours_and_theirs();
    let mut second = thief(&Person::new(2), 0xB2);
    server.directory.insert(second.leaf.device, second.leaf);
    let place = bob.index_of(bob.leaf.device);
    let lie = second.comes(ROOM, &server.group_info(), Some(place));
    let fault = nobody_takes(&mut ann, &mut server, &lie, &[], &Refused::Rejoin);
    assert!(matches!(fault, GroupError::Forbidden(_)));
}

#[test]
fn a_leaf_does_not_become_somebody_else() {
    let (mut server, mut ann, mut bob) = ours_and_theirs();
    let second = Person::new(2).device(9);
    let secret = [0x42; 32];
    let key = DeviceSecret::from_parts(second.id(), &secret, &[9; 32]);
    let person = Person::new(2);
    let certificate = person.identity.certify(&key, person.account, 1);
    let identity = person.identity.public();
    let credential = DeviceCredential { account: person.account, identity, certificate };
    let (identity_of, signer) = signing(&secret, &credential);
    let leaf = Leaf { account: person.account, device: key.id(), identity, key: key.key() };
    server.directory.insert(leaf.device, leaf);
    let lie = bob.changes(ROOM, &[], |builder| builder.set_new_signing_identity(signer, identity_of));
    let before = ann.authenticator();
    assert!(ann.receive_by(&lie.0, &lie.1.commit, &pinned).is_err());
    assert_eq!(ann.authenticator(), before);
    assert!(matches!(server.change(lie.0, &lie.1, &[], &[]), Answer::Refused(_)));
}

#[test]
fn a_change_adds_and_removes_and_does_nothing_else() {
    let (mut server, mut ann, mut bob) = ours_and_theirs();
    let lie = bob.changes(ROOM, &[], |builder| builder.set_group_context_ext(ExtensionList::new()).unwrap());
    let fault = nobody_takes(&mut ann, &mut server, &lie, &[], &Refused::Proposal);
    assert!(matches!(fault, GroupError::Forbidden(_)));
}

#[test]
fn the_server_cannot_exchange_key_packages() {
    let (ann, bob) = (Person::new(1), Person::new(2));
    let (mut ann, mut bob) = (ann.device(1), bob.device(1));
    room_of(&mut [&mut ann, &mut bob]);
    let cy = Person::new(3).device(1);
    // Mallory's own, Mallory's in Cy's name, and another device of Cy.
    let own = Person::new(66).device(1);
    let in_name = Person { account: AccountId::new([3; 16]), identity: Person::new(66).identity }.device(1);
    let second = Person::new(3).device(2);
    for mut swapped in [own, in_name, second] {
        let package = swapped.key_package();
        let add = Addition { account: cy.credential.account, device: cy.id(), package: &package };
        let binding = ann.binding(ROOM);
        let done = ann.room(ROOM, |room| room.change(&[add], &[], &binding, &pinned));
        assert!(matches!(done, Err(GroupError::Credential(_))), "{done:?}");
    }
}

#[test]
fn the_server_cannot_say_that_an_envelope_is_another_one() {
    let (ann, bob) = (Person::new(1), Person::new(2));
    let (mut ann, mut bob) = (ann.device(1), bob.device(1));
    room_of(&mut [&mut ann, &mut bob]);
    let sealed = ann.seal(b"yes");
    let truth = sealed.0;
    let lies = [
        Binding { room: RoomId::new([1; 16]), ..truth },
        Binding { envelope: EnvelopeId::new([1; 16]), ..truth },
        Binding { account: AccountId::new([9; 16]), ..truth },
        Binding { device: DeviceId::new([9; 16]), ..truth },
    ];
    for lie in lies {
        assert!(matches!(bob.receive(&lie, &sealed.1), Err(GroupError::Binding)));
    }
    let (_, commit) = ann.changes(&mut [], &[]);
    for lie in lies {
        assert!(matches!(bob.receive(&lie, &commit.commit), Err(GroupError::Binding)));
    }
    assert_eq!(bob.reads(&sealed), b"yes");
}

#[test]
fn a_member_cannot_speak_as_another() {
    let (_, mut ann, mut bob) = ours_and_theirs();
    let mut binding = ann.binding(ROOM);
    // Bob's program binds the words to Ann's device; the leaf that signs is still Bob's.
    let bytes = bob.group().encrypt_application_message(b"I am Ann", binding.to_bytes()).unwrap();
    let bytes = bytes.to_bytes().unwrap();
    assert!(matches!(ann.receive(&binding, &bytes), Err(GroupError::Binding)));
    binding.device = bob.leaf.device;
    assert!(matches!(ann.receive(&binding, &bytes), Err(GroupError::Binding)));
}

#[test]
fn what_is_repeated_reordered_or_withheld_is_seen() {
    let (ann, bob) = (Person::new(1), Person::new(2));
    let (mut ann, mut bob) = (ann.device(1), bob.device(1));
    room_of(&mut [&mut ann, &mut bob]);
    let words = ann.seal(b"once");
    assert_eq!(bob.reads(&words), b"once");
    assert!(matches!(bob.receive(&words.0, &words.1), Err(GroupError::Unreadable(_))));

    let first = ann.changes(&mut [], &[]);
    ann.accepted();
    let second = ann.changes(&mut [], &[]);
    ann.accepted();
    let later = ann.seal(b"later");
    assert!(matches!(bob.receive(&second.0, &second.1.commit), Err(GroupError::Ahead { epoch: 2 })));
    assert!(matches!(bob.receive(&later.0, &later.1), Err(GroupError::Ahead { epoch: 3 })));
    bob.receive(&first.0, &first.1.commit).unwrap();
    assert!(matches!(bob.receive(&first.0, &first.1.commit), Err(GroupError::Past { epoch: 1 })));
    bob.receive(&second.0, &second.1.commit).unwrap();
    assert_eq!(bob.reads(&later), b"later");
}

#[test]
fn no_byte_can_be_forged() {
    let (ann, bob) = (Person::new(1), Person::new(2));
    let (mut ann, mut bob) = (ann.device(1), bob.device(1));
    room_of(&mut [&mut ann, &mut bob]);
    let words = ann.seal(b"true");
    let (binding, commit) = ann.changes(&mut [], &[]);
    for (binding, good) in [(words.0, words.1.clone()), (binding, commit.commit.to_vec())] {
        for at in (0..good.len()).step_by(7) {
            let mut bad = good.clone();
            bad[at] ^= 1;
            assert!(bob.receive(&binding, &bad).is_err(), "byte {at}");
        }
        assert!(bob.receive(&binding, &good[..good.len() - 1]).is_err());
        assert!(bob.receive(&binding, &[good.as_slice(), &[0]].concat()).is_err());
    }
    assert_eq!(bob.reads(&words), b"true");
    bob.receive(&binding, &commit.commit).unwrap();
}

#[test]
fn an_old_group_info_does_not_take_anybody_back() {
    let (ann, bob) = (Person::new(1), Person::new(2));
    let (mut ann, mut bob) = (ann.device(1), bob.device(1));
    room_of(&mut [&mut ann, &mut bob]);
    let (binding, old) = ann.changes(&mut [], &[]);
    ann.accepted();
    bob.receive(&binding, &old.commit).unwrap();
    let stale = [old.group_info.as_ref(), &crate::world::tree_of_group(&mut ann)].concat();
    let (binding, new) = ann.changes(&mut [], &[]);
    ann.accepted();
    bob.receive(&binding, &new.commit).unwrap();
    let binding = bob.binding(ROOM);
    let back = bob.with(|groups| groups.rejoin(&stale, &binding, &anybody).map(drop));
    assert!(matches!(back, Err(GroupError::Past { epoch: 2 })), "{back:?}");
    // With the tree of another epoch, or with none, there is no way in either.
    let mixed = [old.group_info.as_ref(), &crate::world::tree_of_group(&mut ann)].concat();
    assert!(bob.with(|groups| groups.rejoin(&mixed, &binding, &anybody).map(drop)).is_err());
    assert!(bob.with(|groups| groups.rejoin(&new.group_info, &binding, &anybody).map(drop)).is_err());
}

#[test]
fn who_is_not_in_the_group_does_not_come_back() {
    let (server, _, _) = ours_and_theirs();
    let mut cy = Person::new(3).device(1);
    let (binding, info) = (cy.binding(ROOM), server.group_info());
    let back = cy.with(|groups| groups.rejoin(&info, &binding, &anybody).map(drop));
    assert!(matches!(back, Err(GroupError::NotMember)), "{back:?}");
}

#[test]
fn one_who_is_in_a_group_is_not_drawn_into_another_of_its_name() {
    let (ann, bob) = (Person::new(1), Person::new(2));
    let (mut ann, mut bob) = (ann.device(1), bob.device(1));
    room_of(&mut [&mut ann, &mut bob]);
    let mut mallory = Person::new(66).device(1);
    mallory.with(|groups| groups.create(ROOM, crate::world::now_ms()).map(drop)).unwrap();
    let (_, commit) = mallory.changes(&mut [&mut bob], &[]);
    let welcome = [commit.welcome.as_ref(), &crate::world::tree_of(&commit)].concat();
    let drawn = bob.with(|groups| groups.join(ROOM, &welcome, &anybody).map(drop));
    assert!(matches!(drawn, Err(GroupError::Exists)));
    assert_eq!(bob.reads(&ann.seal(b"still ours")), b"still ours");
}

/// Allows nobody to be added.
struct Closed;
impl Trust for Closed {
    fn knows(&self, _: AccountId, _: IdentityKey) -> bool {
        true
    }
    fn allows(&self, change: &Change) -> bool {
        change.added.is_empty()
    }
}

#[test]
fn what_the_caller_does_not_allow_does_not_happen() {
    let people = [Person::new(1), Person::new(2), Person::new(3)];
    let [mut ann, mut bob, mut cy] = people.map(|person| person.device(1));
    room_of(&mut [&mut ann, &mut bob]);
    let (binding, commit) = ann.changes(&mut [&mut cy], &[]);
    let refused = bob.receive_by(&binding, &commit.commit, &Closed);
    assert!(matches!(refused, Err(GroupError::Forbidden(_))));
    assert_eq!(bob.epoch(), 1);
}

#[test]
fn too_much_is_not_even_decoded() {
    let (ann, bob) = (Person::new(1), Person::new(2));
    let (mut ann, mut bob) = (ann.device(1), bob.device(1));
    room_of(&mut [&mut ann, &mut bob]);
    let binding = ann.binding(ROOM);
    let much = vec![0; sotto_protocol::limits::SEALED_MAX + 1];
    assert!(matches!(bob.receive(&binding, &much), Err(GroupError::TooLarge)));
    let package = vec![0; sotto_protocol::limits::KEY_PACKAGE_MAX + 1];
    let add =
        Addition { account: AccountId::new([3; 16]), device: DeviceId::new([3; 16]), package: &package };
    let done = ann.room(ROOM, |room| room.change(&[add], &[], &binding, &anybody));
    assert!(matches!(done, Err(GroupError::TooLarge)));
    let many = vec![add; client_crypto::group::ADDED_AT_ONCE_MAX + 1];
    let done = ann.room(ROOM, |room| room.change(&many, &[], &binding, &anybody));
    assert!(matches!(done, Err(GroupError::TooLarge)));
}

// What only the server can know.

fn update(bob: &mut Other<impl MlsConfig>) -> (Binding, Commit) {
    bob.changes(ROOM, &[], |builder| builder)
}

#[test]
fn the_server_takes_a_commit_from_its_own_sender_for_its_own_epoch() {
    let (mut server, ann, mut bob) = ours_and_theirs();
    let (binding, commit) = update(&mut bob);
    let as_ann = Binding { account: ann.credential.account, device: ann.id(), ..binding };
    assert_eq!(server.change(as_ann, &commit, &[], &[]), Answer::Refused(Refused::Sender));
    let wrong = Commit { epoch: 2, ..commit.clone() };
    assert_eq!(server.change(binding, &wrong, &[], &[]), Answer::Stale(1));
    assert_eq!(server.change(binding, &commit, &[], &[]), Answer::Accepted(2));
    let again = Binding { envelope: EnvelopeId::new([1; 16]), ..binding };
    assert_eq!(server.change(again, &commit, &[], &[]), Answer::Stale(2));
}

#[test]
fn the_server_wants_the_commit_to_do_what_the_request_says() {
    let (mut server, ann, mut bob) = ours_and_theirs();
    server.roles.insert(bob.leaf.account, Role::Owner);
    let (binding, commit) = update(&mut bob);
    let cy = AccountId::new([3; 16]);
    assert_eq!(server.change(binding, &commit, &[cy], &[]), Answer::Refused(Refused::Undone(cy)));
    let account = ann.credential.account;
    let answer = server.change(binding, &commit, &[], &[account]);
    assert_eq!(answer, Answer::Refused(Refused::Undone(account)));
    bob.group().clear_pending_commit();
    let index = bob.index_of(ann.id());
    let (binding, commit) = bob.changes(ROOM, &[], |builder| builder.remove_member(index).unwrap());
    assert_eq!(server.change(binding, &commit, &[], &[]), Answer::Refused(Refused::Unasked(ann.id())));
    // Once Ann's device is revoked, anybody's next commit may take its leaf away.
    server.directory.remove(&ann.id());
    assert_eq!(server.change(binding, &commit, &[], &[]), Answer::Accepted(2));
}

#[test]
fn the_server_keeps_roles() {
    let (mut server, mut ann, mut bob) = ours_and_theirs();
    let account = ann.credential.account;
    let index = bob.index_of(ann.id());
    let (binding, commit) = bob.changes(ROOM, &[], |builder| builder.remove_member(index).unwrap());
    for role in [Role::Member, Role::Admin] {
        server.roles.insert(bob.leaf.account, role);
        let answer = server.change(binding, &commit, &[], &[account]);
        assert_eq!(answer, Answer::Refused(Refused::Role), "{role:?} removes an owner");
    }
    bob.group().clear_pending_commit();
    let mut cy = Person::new(3).device(1);
    server.directory.insert(cy.id(), cy.leaf());
    server.roles.insert(bob.leaf.account, Role::Member);
    let package = package_of(&mut cy);
    let (binding, commit) = bob.changes(ROOM, &[cy.id()], |builder| builder.add_member(package).unwrap());
    let uninvited = server.change(binding, &commit, &[], &[]);
    assert_eq!(uninvited, Answer::Refused(Refused::Stranger(cy.credential.account)));
    let answer = server.change(binding, &commit, &[cy.credential.account], &[]);
    assert_eq!(answer, Answer::Refused(Refused::Role));
    ann.receive(&binding, &commit.commit).unwrap();
}

#[test]
fn the_server_hears_no_revoked_device() {
    let (mut server, _, mut bob) = ours_and_theirs();
    let (binding, commit) = update(&mut bob);
    server.directory.remove(&bob.leaf.device);
    let answer = server.change(binding, &commit, &[], &[]);
    assert_eq!(answer, Answer::Refused(Refused::Device(bob.leaf.device)));
}

#[test]
fn the_server_wants_the_group_info_and_the_welcome_that_belong_to_the_commit() {
    let (mut server, _, mut bob) = ours_and_theirs();
    let (binding, first) = update(&mut bob);
    bob.group().clear_pending_commit();
    let (_, second) = update(&mut bob);
    let mixed = Commit { group_info: second.group_info.clone(), ..first.clone() };
    assert_eq!(server.change(binding, &mixed, &[], &[]), Answer::Refused(Refused::GroupInfo));
    let welcomed =
        Commit { welcome_devices: sotto_protocol::Listed::new(vec![bob.leaf.device]).unwrap(), ..first };
    assert_eq!(server.change(binding, &welcomed, &[], &[]), Answer::Refused(Refused::Welcome));
}

#[test]
fn the_server_takes_key_packages_of_the_device_itself() {
    let (server, ann, bob) = ours_and_theirs();
    let package = bob.key_package();
    assert!(server.put_key_package(&bob.leaf, &package));
    assert!(!server.put_key_package(&ann.leaf(), &package), "another device's");
    for at in (0..package.len()).step_by(5) {
        let mut bad = package.clone();
        bad[at] ^= 1;
        assert!(!server.put_key_package(&bob.leaf, &bad), "byte {at}");
    }
}

#[test]
fn the_server_takes_words_that_members_can_still_open() {
    let (mut server, mut ann, _) = ours_and_theirs();
    let (binding, words) = ann.seal(b"words");
    for _ in 0..6 {
        let (binding, commit) = ann.changes(&mut [], &[]);
        assert!(matches!(server.change(binding, &commit, &[], &[]), Answer::Accepted(_)));
        ann.accepted();
    }
    assert_eq!(server.append(binding, &words), Answer::Stale(7));
    let (binding, commit) = ann.changes(&mut [], &[]);
    assert_eq!(server.append(binding, &commit.commit), Answer::Refused(Refused::Form));
}
