//! Bytes that nobody honest sends. Whatever they are, they are refused, and the daemon lives.
#![expect(clippy::unwrap_used, reason = "tests")]

use daemon_groups::{
    Asked, Credential, Leaf, Refused, Roster, State, check, check_key_package, check_message, found,
};
use proptest::prelude::*;
use sotto_protocol::{
    AccountId, Commit, DeviceId, DeviceKey, GroupBytes, IdentityKey, Listed, Role, RoomId,
    limits::{GROUP_BYTES_MAX, KEY_PACKAGE_MAX, SEALED_MAX},
};

const ROOM: RoomId = RoomId::new([7; 16]);

/// Knows nobody.
struct Nobody;
impl Roster for Nobody {
    fn device(&self, _: DeviceId) -> Option<Leaf> {
        None
    }
    fn role(&self, _: AccountId) -> Option<Role> {
        None
    }
}

fn asked() -> Asked<'static> {
    Asked { account: AccountId::new([1; 16]), device: DeviceId::new([2; 16]), add: &[], remove: &[] }
}

fn leaf() -> Leaf {
    let (account, device) = (AccountId::new([1; 16]), DeviceId::new([2; 16]));
    Leaf { account, device, identity: IdentityKey::new([3; 32]), key: DeviceKey::new([4; 32]) }
}

fn commit(commit: &[u8], group_info: &[u8]) -> Commit {
    Commit {
        epoch: 0,
        commit: GroupBytes::new(commit.to_vec()).unwrap(),
        group_info: GroupBytes::new(group_info.to_vec()).unwrap(),
        welcome: GroupBytes::default(),
        welcome_devices: Listed::new(vec![]).unwrap(),
    }
}

/// Everything that decodes, on a stack of 256 KiB: a thread of the daemon has eight times as much.
fn all_refuse(bytes: Vec<u8>) {
    let thread = std::thread::Builder::new().stack_size(256 * 1024);
    let all = move || {
        assert!(check_key_package(&bytes, &leaf(), 1_795_000_000_000).is_err());
        assert!(check_message(ROOM, 0, &bytes).is_err());
        assert!(Credential::from_bytes(&bytes).is_err());
        assert!(
            check(ROOM, &State::from_bytes(bytes.clone()), &asked(), &commit(&[], &[]), &Nobody).is_err()
        );
        if bytes.len() <= GROUP_BYTES_MAX {
            assert!(found(ROOM, &asked(), &commit(&bytes, &bytes), &Nobody).is_err());
            assert!(found(ROOM, &asked(), &commit(&FRAMED_COMMIT, &bytes), &Nobody).is_err());
        }
    };
    thread.spawn(all).unwrap().join().unwrap();
}

/// A commit as far as its frame goes: version, public message, this room, epoch 0, a member, no data; an empty commit.
const FRAMED_COMMIT: [u8; 42] = {
    let mut bytes = [0; 42];
    let start = [0, 1, 0, 1, 16, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7];
    let mut at = 0;
    while at < start.len() {
        bytes[at] = start[at];
        at += 1;
    }
    bytes[29] = 1; // sender: member 0
    bytes[35] = 3; // commit: no proposals, no path, no signature, no tag
    bytes
};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn noise_is_refused(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        all_refuse(bytes);
    }

    #[test]
    fn noise_that_begins_well_is_refused(
        format in 0_u8..8,
        bytes in proptest::collection::vec(prop_oneof![Just(0_u8), Just(1), Just(16), any::<u8>()], 0..600),
    ) {
        all_refuse([&[0, 1, 0, format], bytes.as_slice()].concat());
    }

    #[test]
    fn a_state_that_is_not_one_is_our_trouble(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let state = State::from_bytes([&[1], bytes.as_slice()].concat());
        prop_assert_eq!(daemon_groups::leaves(ROOM, &state).unwrap_err(), Refused::State);
    }
}

#[test]
fn one_byte_too_many_is_refused_before_it_is_decoded() {
    let too_large = |max| Refused::TooLarge { found: max + 1, max };
    let package = check_key_package(&vec![0; KEY_PACKAGE_MAX + 1], &leaf(), 0);
    assert_eq!(package.unwrap_err(), too_large(KEY_PACKAGE_MAX));
    let message = check_message(ROOM, 0, &vec![0; SEALED_MAX + 1]);
    assert_eq!(message.unwrap_err(), too_large(SEALED_MAX));
}

#[test]
fn lengths_that_promise_too_much_reserve_nothing() {
    // A vector that says it has a gigabyte, at every place where a length can stand first.
    for format in 1..=5 {
        for at in 0..80 {
            let mut bytes = vec![0, 1, 0, format];
            bytes.extend(std::iter::repeat_n(0, at));
            bytes.extend([0xBF, 0xFF, 0xFF, 0xFF, 1, 2, 3]);
            all_refuse(bytes);
        }
    }
}

#[test]
fn a_tree_within_a_tree_within_a_tree_ends_somewhere() {
    // A leaf may have extensions, one of which is a tree, whose leaf may have extensions …
    for depth in [1, 2, 10, 100, 1000, 2500] {
        let mut tree = Vec::new();
        for _ in 0..depth {
            tree = ratchet_tree(&tree);
        }
        let info = group_info(&tree);
        assert!(info.len() <= GROUP_BYTES_MAX, "{depth}: {}", info.len());
        let beside = [group_info(&[]), tree.clone()].concat();
        all_refuse(info);
        all_refuse(beside);
        all_refuse(key_package(&tree));
    }
}

/// `<V>` of RFC 9420: a length of one, two or four bytes, and the bytes.
fn vector(bytes: &[u8]) -> Vec<u8> {
    let len = u32::try_from(bytes.len()).unwrap();
    let head = match len {
        0..64 => vec![u8::try_from(len).unwrap()],
        64..16384 => (u16::try_from(len).unwrap() | 0x4000).to_be_bytes().to_vec(),
        _ => (len | 0x8000_0000).to_be_bytes().to_vec(),
    };
    [head, bytes.to_vec()].concat()
}

fn extension_of_tree(tree: &[u8]) -> Vec<u8> {
    if tree.is_empty() { vec![] } else { [&[0, 2], vector(tree).as_slice()].concat() }
}

/// A leaf with empty keys, a basic credential, no capabilities, from an update; with this tree among its extensions.
fn leaf_node(tree: &[u8]) -> Vec<u8> {
    [&[0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 2], vector(&extension_of_tree(tree)).as_slice(), &[0]].concat()
}

/// A tree of one leaf.
fn ratchet_tree(inner: &[u8]) -> Vec<u8> {
    vector(&[&[1, 1], leaf_node(inner).as_slice()].concat())
}

/// A group info with empty hashes and this tree among its extensions.
fn group_info(tree: &[u8]) -> Vec<u8> {
    let context =
        [&[0, 1, 0, 3], vector(ROOM.as_bytes()).as_slice(), &[0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]].concat();
    let extensions = vector(&extension_of_tree(tree));
    [&[0, 1, 0, 4], context.as_slice(), &extensions, &[0, 0, 0, 0, 0, 0]].concat()
}

fn key_package(tree: &[u8]) -> Vec<u8> {
    [&[0, 1, 0, 5, 0, 1, 0, 3, 0], leaf_node(tree).as_slice(), &[0, 0]].concat()
}
