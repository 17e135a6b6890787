//! Every limit: at its maximum all is well, one past it is refused, and the refusal names the field.
use prost::Message as _;
use prost_reflect::{FieldDescriptor, Value};
use sotto_protocol::{FrameType, Presence, Presences, Request, Wrong, limits};

use crate::{
    any::Any as _,
    kinds::{KINDS, Payload as _, kind},
    schema::{changed, open},
};

/// What only the server writes has no limit of its own but the frame's; the client shows none of it unchecked.
const SERVERS_OWN: &[&str] = &[
    "Welcome.notices",
    "Bye.reason",
    "Refusal.reason",
    "Refusal.message",
    "Refusal.detail",
    "DeviceInfo.last_address",
    "TokenInfo.name",
    "InviteInfo.name",
    "Reachable.address",
    "DeviceEvent.name",
    "DeviceEvent.address",
    "NoticeEvent.text",
    "Devices.devices",
    "Tokens.tokens",
    "TokenInfo.scopes",
    "Invites.invites",
    "Contacts.contacts",
    "People.people",
    "Presences.presences",
    "Rooms.rooms",
    "Members.members",
    "ClaimedPackages.packages",
];

fn is_limited(field: &FieldDescriptor) -> bool {
    !SERVERS_OWN.contains(&format!("{}.{}", field.parent_message().name(), field.name()).as_str())
}

fn one_more(field: &FieldDescriptor, value: &Value) -> Option<Value> {
    match value {
        Value::List(items) => {
            let more = items.iter().chain(items.first()).cloned().collect();
            is_limited(field).then_some(Value::List(more))
        }
        Value::Bytes(bytes) => is_limited(field).then(|| Value::Bytes([bytes, &[1][..]].concat().into())),
        Value::String(text) => {
            // A list of the server's own may still hold items that have a limit.
            let limited = is_limited(field) || field.full_name() == "sotto.v1.TokenInfo.scopes";
            limited.then(|| Value::String(format!("{text}a")))
        }
        _ => None,
    }
}

#[test]
fn one_past_any_limit_is_refused_and_the_refusal_names_the_field() {
    let mut tried = 0;
    for kind in KINDS {
        if kind.name == "BlobPut" {
            continue;
        }
        for (path, message) in changed(&open(kind.name, (kind.largest)()), &one_more) {
            let fault = (kind.reread)(message.encode_to_vec().into()).unwrap_err();
            // The events of an inbox stand in a oneof, whose arms the path leaves out.
            let path =
                if kind.name == "InboxEvent" { path.split_once('.').unwrap().1.to_owned() } else { path };
            assert_eq!(fault.field, path, "{}: {fault}", kind.name);
            assert!(
                matches!(fault.wrong, Wrong::Length { .. } | Wrong::Items { .. }),
                "{}: {fault}",
                kind.name
            );
            tried += 1;
        }
    }
    assert!(tried > 250, "{tried} limits were found");
}

#[test]
fn a_chunk_keeps_to_its_size_and_its_place() {
    let largest = (kind("BlobPut").largest)();
    assert_eq!(largest.len(), FrameType::BlobPut.payload_max() as usize);
    let reread = kind("BlobPut").reread;
    assert!(reread(largest.clone()).is_ok());
    let one_more = [&largest[..], &[0]].concat();
    assert_eq!(reread(one_more.into()).unwrap_err().field, "data");
    let mut out_of_step = largest.to_vec();
    out_of_step[39] = 1;
    assert_eq!(reread(out_of_step.into()).unwrap_err().field, "offset");
    for short in [0, 31, 32, 39, 40] {
        assert!(reread(largest.slice(..short)).is_err(), "{short} bytes");
    }
}

/// Requests that carry sealed bytes beside a commit: their fields can be at their limits one at a time only.
const FRAME_DECIDES: &[FrameType] = &[FrameType::RoomCreate, FrameType::RoomChange, FrameType::Append];

#[test]
fn a_request_with_every_field_at_its_limit_is_not_too_long_for_its_type() {
    for kind in FrameType::ALL {
        let Some(row) = KINDS.iter().find(|row| row.name == kind.name()) else { continue };
        let payload = (row.largest)();
        if FRAME_DECIDES.contains(kind) || Request::decode(*kind, bytes::Bytes::new()) == Ok(None) {
            continue;
        }
        assert!(matches!(Request::decode(*kind, payload), Ok(Some(_))), "{}", kind.name());
    }
}

#[test]
fn a_payload_is_refused_one_byte_past_what_its_type_may_have() {
    for kind in FrameType::ALL {
        if Request::decode(*kind, bytes::Bytes::new()) == Ok(None) {
            continue;
        }
        let max = kind.payload_max() as usize;
        let fault = Request::decode(*kind, vec![0; max + 1].into()).unwrap_err();
        assert_eq!(fault.wrong, Wrong::Length { found: max + 1, min: 0, max }, "{}", kind.name());
        if let Err(fault) = Request::decode(*kind, vec![0; max].into()) {
            assert_ne!(fault.wrong, Wrong::Length { found: max, min: 0, max }, "{}", kind.name());
        }
    }
}

#[test]
fn whatever_the_server_says_fits_one_frame() {
    let from_clients = |name: &str| FRAME_DECIDES.iter().any(|kind| kind.name() == name) || name == "Commit";
    for kind in KINDS.iter().filter(|kind| !from_clients(kind.name)) {
        let bytes = (kind.largest)().len();
        assert!(bytes + 8 <= limits::FRAME_MAX as usize, "{}: {bytes} bytes", kind.name);
    }
    let presences = Presences { presences: vec![Presence::largest(); limits::ITEMS_MAX] }.bytes().len();
    assert!(presences + 8 <= limits::FRAME_MAX as usize, "{presences} bytes");
}

#[test]
fn what_the_server_writes_into_a_log_fits_one_entry() {
    for name in ["Change", "InboxEvent", "RoomEvent", "ContactEvent", "AccountEvent"] {
        let bytes = (kind(name).largest)().len();
        assert!(bytes <= limits::SEALED_MAX, "{name}: {bytes} bytes");
    }
}

#[test]
fn a_type_that_is_no_request_is_none_whatever_its_payload_is() {
    for kind in FrameType::ALL {
        if Request::decode(*kind, bytes::Bytes::new()) == Ok(None) {
            assert_eq!(Request::decode(*kind, vec![0xFF; 100_000].into()), Ok(None), "{}", kind.name());
        }
    }
}
