//! Every message as one row of a table, so that one property is tried on all of them.
use bytes::{Bytes, BytesMut};
use proptest::test_runner::{TestError, TestRunner};
use sotto_protocol::*;

use crate::any::Any;

/// One message, its type forgotten.
pub(crate) struct Kind {
    /// As in the `.proto` files.
    pub name: &'static str,
    /// The sample, encoded.
    pub sample: fn() -> Bytes,
    /// The largest value, encoded.
    pub largest: fn() -> Bytes,
    /// Decodes, and encodes what came of it.
    pub reread: fn(Bytes) -> Result<Bytes, Malformed>,
    /// Tries `decode(encode(x)) == x`.
    pub round_trip: fn(&mut TestRunner) -> Result<(), String>,
}

/// A message that can be decoded on its own.
pub(crate) trait Payload: Any + PartialEq {
    fn read(payload: Bytes) -> Result<Self, Malformed>;
    fn bytes(self) -> Bytes;
}

fn encoded(write: impl FnOnce(&mut BytesMut)) -> Bytes {
    let mut out = BytesMut::new();
    write(&mut out);
    out.freeze()
}

fn round_trip<T: Payload>(runner: &mut TestRunner) -> Result<(), String> {
    let outcome = runner.run(&T::any(), |value| {
        proptest::prop_assert_eq!(T::read(value.clone().bytes()), Ok(value));
        Ok(())
    });
    outcome.map_err(|fault: TestError<T>| fault.to_string())
}

macro_rules! kinds {
    ($($name:ident)*) => {
        $(impl Payload for $name {
            fn read(payload: Bytes) -> Result<Self, Malformed> {
                Self::decode(payload)
            }
            fn bytes(self) -> Bytes {
                kinds!(@bytes self $name)
            }
        })*

        /// Every message of the wire that is a payload or part of one.
        pub(crate) const KINDS: &[Kind] = &[$(Kind {
            name: stringify!($name),
            sample: || <$name as Any>::sample().bytes(),
            largest: || <$name as Any>::largest().bytes(),
            reread: |payload| <$name as Payload>::read(payload).map(Payload::bytes),
            round_trip: round_trip::<$name>,
        }),*];
    };
    (@bytes $value:ident InboxEvent) => { $value.to_bytes() };
    (@bytes $value:ident $name:ident) => { encoded(|out| $value.encode(out)) };
}

kinds! {
    Hello Welcome Limits Auth SignedIn AccessToken Ping Pong Done Bye Refusal DeviceCertificate
    PasswordStart PasswordChallenge PasswordRecord Register LoginStart LoginChallenge LoginFinish
    LoginProved Enrol SignOut AccountShow AccountInfo ProfileChange PasswordChange AccountDelete
    DeviceList Devices DeviceInfo DeviceRename DeviceRevoke TokenCreate TokenCreated TokenList Tokens
    TokenInfo TokenRevoke InviteCreate InviteCreated InviteList Invites InviteInfo InviteRevoke Person
    Contact ContactRequest ContactAccept ContactDecline ContactBlock ContactUnblock ContactRemove
    ContactEdit Labels PersonShow ContactList Contacts PeopleSearch People PresenceSet PresenceGet
    Presences Presence Reachable Typing Seat Commit RoomCreate RoomCreated RoomChange RoomLeave RoomList
    Rooms Room RoomMembers Members Member Append Accepted Deliver Gap Ack Read Marks Change ContactEvent
    RoomEvent Tombstone DeviceEvent AccountEvent NoticeEvent KeyPackagesPut KeyStockShow KeyStock
    KeyPackagesClaim ClaimedPackages ClaimedPackage GroupInfoGet GroupInfo BlobOpen BlobState Range
    BlobCommit BlobGet BlobPut InboxEvent
}

/// The row of this message.
pub(crate) fn kind(name: &str) -> &'static Kind {
    KINDS.iter().find(|kind| kind.name == name).unwrap()
}

#[test]
fn what_is_encoded_decodes_to_the_same_value() {
    for kind in KINDS {
        let config =
            proptest::test_runner::Config { cases: 64, failure_persistence: None, ..Default::default() };
        if let Err(fault) = (kind.round_trip)(&mut TestRunner::new(config)) {
            panic!("{}: {fault}", kind.name);
        }
    }
}

#[test]
fn a_message_may_be_as_large_as_its_fields_say() {
    for kind in KINDS {
        let largest = (kind.largest)();
        assert_eq!((kind.reread)(largest.clone()).as_ref(), Ok(&largest), "{}", kind.name);
    }
}

#[test]
fn a_message_that_was_cut_off_is_never_mistaken_for_a_whole_one() {
    for kind in KINDS {
        let sample = (kind.sample)();
        for end in 0..sample.len() {
            // What is cut off between two fields may be valid, but then it says something else.
            if let Ok(again) = (kind.reread)(sample.slice(..end)) {
                assert_ne!(again, sample, "{} cut at {end}", kind.name);
            }
        }
    }
}

#[test]
fn nothing_that_arrives_makes_a_decoder_panic() {
    let config =
        proptest::test_runner::Config { cases: 512, failure_persistence: None, ..Default::default() };
    let chance = proptest::collection::vec(proptest::arbitrary::any::<u8>(), 0..200);
    let damage = proptest::collection::vec((0_usize..400, proptest::arbitrary::any::<u8>()), 1..4);
    let strategy = (0..KINDS.len(), chance, damage);
    TestRunner::new(config)
        .run(&strategy, |(index, chance, damage)| {
            let kind = &KINDS[index];
            let _ = (kind.reread)(chance.into());
            let mut sample = (kind.sample)().to_vec();
            for (at, byte) in damage {
                if let Some(place) = sample.get_mut(at) {
                    *place = byte;
                }
            }
            if let Ok(once) = (kind.reread)(sample.into()) {
                proptest::prop_assert_eq!((kind.reread)(once.clone()), Ok(once));
            }
            Ok(())
        })
        .unwrap();
}
