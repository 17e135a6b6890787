//! Golden vectors: what is on the wire today is on the wire for ever. `SOTTO_BLESS=1` writes them anew.
use std::{fs, path::PathBuf};

use bytes::{Bytes, BytesMut};
use serde_json::{Value, json};
use sotto_protocol::*;

use crate::{any::Any, schema::open};

/// Compares with a file of `vectors/`, or writes it.
pub(crate) fn compare(file: &str, what: &str, vectors: &[Value]) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors").join(file);
    let fresh = json!({ "what": what, "vectors": vectors });
    if std::env::var_os("SOTTO_BLESS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, serde_json::to_string_pretty(&fresh).unwrap() + "\n").unwrap();
    }
    let committed: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap_or("{}".into())).unwrap();
    let pinned = committed["vectors"].as_array().cloned().unwrap_or_default();
    for (index, vector) in vectors.iter().enumerate() {
        assert_eq!(pinned.get(index), Some(vector), "{file}, {}", vector["name"]);
    }
    assert_eq!(committed, fresh, "{file}");
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn frame(kind: FrameKind, of: FrameType, payload: &[u8]) -> Vec<u8> {
    let stream = if kind == FrameKind::Push { 0 } else { 1 };
    let mut out = BytesMut::new();
    encode_frame(Header { type_number: of.number(), kind, more: false, stream }, payload, &mut out);
    out.to_vec()
}

fn vector(kind: FrameKind, of: FrameType, message: &str, payload: &Bytes) -> Value {
    let raw = matches!(message, "BlobPut" | "Piece");
    let fields =
        if raw { Value::Null } else { serde_json::to_value(open(message, payload.clone())).unwrap() };
    json!({
        "name": format!("{} {}", of.name(), format!("{kind:?}").to_lowercase()),
        "message": if raw { Value::Null } else { json!(message) },
        "frame": hex(&frame(kind, of, payload)),
        "fields": fields,
    })
}

fn encoded(write: impl FnOnce(&mut BytesMut)) -> Bytes {
    let mut out = BytesMut::new();
    write(&mut out);
    out.freeze()
}

macro_rules! samples {
    ($set:ident: $($name:ident)*) => {
        vec![$(($set::from(<$name as Any>::sample()), stringify!($name))),*]
    };
}

/// A sample of every request.
pub(crate) fn requests() -> Vec<(Request, &'static str)> {
    samples! { Request:
        Hello Auth Ping PasswordStart Register LoginStart LoginFinish Enrol SignOut AccountShow ProfileChange
        PasswordChange AccountDelete DeviceList DeviceRename DeviceRevoke TokenCreate TokenList TokenRevoke InviteCreate
        InviteList InviteRevoke ContactRequest ContactAccept ContactDecline ContactBlock ContactUnblock ContactRemove
        ContactEdit ContactList PeopleSearch PersonShow PresenceSet PresenceGet Append Read KeyPackagesPut KeyStockShow
        KeyPackagesClaim GroupInfoGet RoomCreate RoomChange RoomLeave RoomList RoomMembers BlobOpen BlobPut BlobGet
        BlobCommit
    }
}

#[test]
fn requests_are_what_they_always_were() {
    let vectors: Vec<_> = requests()
        .into_iter()
        .map(|(request, name)| {
            let of = request.frame_type();
            assert_eq!(of.name(), name);
            let payload = encoded(|out| request.clone().encode(out));
            assert_eq!(Request::decode(of, payload.clone()), Ok(Some(request)));
            vector(FrameKind::Request, of, name, &payload)
        })
        .collect();
    let is_request = |of: &&FrameType| Request::decode(**of, Bytes::new()) != Ok(None);
    assert_eq!(vectors.len(), FrameType::ALL.iter().filter(is_request).count());
    compare("requests.json", WHAT, &vectors);
}

/// A sample of the answer to every request, by the request's type.
pub(crate) fn responses() -> Vec<(FrameType, Response, &'static str)> {
    let answers = samples! { Response:
        Welcome SignedIn Pong PasswordChallenge LoginChallenge LoginProved Done AccountInfo Devices TokenCreated Tokens
        InviteCreated Invites Contact Contacts People Person Presences Accepted KeyStock ClaimedPackages GroupInfo
        RoomCreated Rooms Members BlobState
    };
    let mut all = Vec::new();
    for (request, _) in requests() {
        let of = request.frame_type();
        if of == FrameType::BlobGet {
            all.push((of, Response::Piece(Bytes::from_static(b"a piece of the blob")), "Piece"));
            continue;
        }
        // The one whose variant the decoder gives for this request.
        let found = answers.iter().find(|(answer, _)| {
            let payload = encoded(|out| answer.clone().encode(out));
            Response::decode(of, payload).is_ok_and(|read| read.as_ref() == Some(answer))
        });
        let (answer, name) = found.unwrap();
        all.push((of, answer.clone(), name));
    }
    all
}

#[test]
fn responses_are_what_they_always_were() {
    let vectors: Vec<_> = responses()
        .into_iter()
        .map(|(of, response, name)| {
            vector(FrameKind::Response, of, name, &encoded(|out| response.encode(out)))
        })
        .collect();
    compare("responses.json", WHAT, &vectors);
}

#[test]
fn pushes_are_what_they_always_were() {
    let mut vectors = Vec::new();
    for (push, name) in samples! { ClientPush: Ack Typing Bye } {
        let of = push.frame_type();
        let payload = encoded(|out| push.clone().encode(out));
        assert_eq!(ClientPush::decode(of, payload.clone()), Ok(Some(push)));
        vectors.push(vector(FrameKind::Push, of, name, &payload));
    }
    for (push, name) in samples! { ServerPush: Deliver Gap Marks Presence } {
        let of = push.frame_type();
        let payload = encoded(|out| push.clone().encode(out));
        assert_eq!(ServerPush::decode(of, payload.clone()), Ok(Some(push)));
        vectors.push(vector(FrameKind::Push, of, name, &payload));
    }
    compare("pushes.json", WHAT, &vectors);
}

#[test]
fn what_the_server_writes_into_logs_is_what_it_always_was() {
    let events = [
        InboxEvent::Contact(Any::sample()),
        InboxEvent::Room(Any::sample()),
        InboxEvent::Tombstone(Any::sample()),
        InboxEvent::Device(Any::sample()),
        InboxEvent::Account(Any::sample()),
        InboxEvent::Notice(Any::sample()),
    ];
    let mut vectors: Vec<_> = events
        .into_iter()
        .map(|event| {
            let payload = event.clone().to_bytes();
            assert_eq!(InboxEvent::decode(payload.clone()), Ok(event));
            json!({ "message": "InboxEvent", "payload": hex(&payload),
                    "fields": serde_json::to_value(open("InboxEvent", payload)).unwrap() })
        })
        .collect();
    let change = encoded(|out| Change::sample().encode(out));
    vectors.push(json!({ "message": "Change", "payload": hex(&change),
                         "fields": serde_json::to_value(open("Change", change)).unwrap() }));
    compare(
        "entries.json",
        "Payloads of CHANGE and EVENT entries; fields in protobuf's JSON mapping.",
        &vectors,
    );
}

#[test]
fn refusals_are_what_they_always_were() {
    let refused = [
        Refused::new(Reason::TypeUnknown),
        Refused::new(Reason::LimitRate).retry_after(1500),
        Refused::new(Reason::EpochStale).with("epoch", 7),
        Refused::from(Hello::decode(Bytes::from_static(&[0x2A, 1, 7])).unwrap_err()),
    ];
    let vectors: Vec<_> = refused
        .iter()
        .map(|refused| {
            vector(FrameKind::Refusal, FrameType::Append, "Refusal", &encoded(|out| refused.encode(out)))
        })
        .collect();
    compare("refusals.json", WHAT, &vectors);
}

const WHAT: &str = "Whole frames in hex (stream 1; pushes have stream 0), the message of the payload, and its fields in \
                    protobuf's JSON mapping (bytes as base64). Raw payloads have no message.";
