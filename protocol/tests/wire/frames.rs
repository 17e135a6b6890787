//! The frame: pinned bytes, every cut, both ends of the length.
use bytes::{Bytes, BytesMut};
use proptest::prelude::*;
use serde_json::{Value, json};
use sotto_protocol::*;

use crate::vectors::{compare, hex};

/// HELLO as the specification's first page shows it.
const HELLO: &str = "00000025000100000000000110031a0c696e626f782d637572736f72220b7079736f74746f2f302e31";

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn outcome(bytes: &[u8], length_max: u32) -> Value {
    let mut buffer = BytesMut::from(bytes);
    match decode_frame(&mut buffer, length_max) {
        Ok(None) => json!({ "outcome": "wait for more" }),
        Ok(Some(Frame { header, payload })) => json!({
            "outcome": "a frame",
            "type": header.type_number,
            "kind": format!("{:?}", header.kind).to_lowercase(),
            "more": header.more,
            "stream": header.stream,
            "payload": hex(&payload),
            "left": buffer.len(),
        }),
        Err(FrameError::TooLong { .. }) => json!({ "outcome": "frame.too_large, then the connection ends" }),
        Err(FrameError::TooShort { .. }) => json!({ "outcome": "frame.malformed, then the connection ends" }),
    }
}

#[test]
fn frames_are_what_they_always_were() {
    let cases = [
        ("HELLO of the specification's first page", HELLO.to_owned(), limits::FRAME_BEFORE_SIGN_IN_MAX),
        ("an empty request, PING on stream 3", "00000008000300000000000 3".replace(' ', ""), 16384),
        ("GREASE: every bit that means nothing is set", "000000080003f8ff00000003".into(), 16384),
        ("a response of which more follow", "00000008040405ff00000007".into(), 16384),
        ("a push", "0000000902020200000000000a".into(), 16384),
        ("a refusal with stream 0xffffffff", "0000000802010300ffffffff".into(), 16384),
        ("a type that nobody knows, from the range for GREASE", "000000087e2a000000000005".into(), 16384),
        (
            "two frames in one read: the second is left over",
            "000000080003000000000003000000080003000000000005".into(),
            16384,
        ),
        ("nothing", String::new(), 16384),
        ("three bytes of a length", "000000".into(), 16384),
        ("a length and nothing behind it", "00000008".into(), 16384),
        ("all but the last byte", HELLO[..HELLO.len() - 2].to_owned(), 16384),
        ("a length of 7 is shorter than the header that it counts", "00000007000300000000".into(), 16384),
        ("a length of 0", "00000000".into(), 16384),
        ("the longest frame that a stranger may announce", "00004000".into(), 16384),
        ("one byte more", "00004001".into(), 16384),
        ("the longest that a signed-in device may announce", "00028000".into(), limits::FRAME_MAX),
        ("one byte more", "00028001".into(), limits::FRAME_MAX),
        ("four billion bytes", "ffffffff".into(), limits::FRAME_MAX),
        ("plain HTTP", hex(b"GET / HTTP/1.1\r\n\r\n"), 16384),
    ];
    let vectors: Vec<_> = cases
        .iter()
        .map(|(name, hex, max)| json!({ "name": name, "bytes": hex, "length_max": max, "is": outcome(&bytes(hex), *max) }))
        .collect();
    compare(
        "frames.json",
        "Bytes as they arrive, the greatest length allowed then, and what they are.",
        &vectors,
    );
}

#[test]
fn the_first_page_says_what_it_says() {
    let hello = Hello {
        min_minor: 0,
        max_minor: 3,
        features: Listed::new(vec![Tag::new("inbox-cursor").unwrap()]).unwrap(),
        client: Tag::new("pysotto/0.1").unwrap(),
        language: Tag::new("").unwrap(),
    };
    let header =
        Header { type_number: FrameType::Hello.number(), kind: FrameKind::Request, more: false, stream: 1 };
    let mut out = BytesMut::new();
    encode_message(header, &mut out, |out| hello.encode(out));
    assert_eq!(hex(&out), HELLO);
    let spec = include_str!("../../SPEC.md").replace([' ', '\n'], "");
    let shown = [
        "00000025|0001|00|00|00000001",
        "1003",
        "1a0c696e626f782d637572736f72",
        "220b7079736f74746f2f302e31",
    ];
    for line in shown {
        assert!(spec.contains(line), "SPEC.md does not show {line}");
    }
    assert_eq!(shown.concat().replace('|', ""), HELLO);
}

#[test]
fn a_frame_is_waited_for_until_its_last_byte() {
    let whole = bytes(HELLO);
    for end in 0..whole.len() {
        let mut buffer = BytesMut::from(&whole[..end]);
        assert_eq!(decode_frame(&mut buffer, 16384), Ok(None), "after {end} bytes");
        assert_eq!(buffer.len(), end, "nothing is taken away");
    }
}

#[test]
fn nothing_is_reserved_for_a_frame_that_was_only_announced() {
    let mut buffer = BytesMut::with_capacity(64);
    buffer.extend_from_slice(&limits::FRAME_MAX.to_be_bytes());
    assert_eq!(decode_frame(&mut buffer, limits::FRAME_MAX), Ok(None));
    assert_eq!(buffer.capacity(), 64);
}

fn header() -> impl Strategy<Value = Header> {
    let kind = prop_oneof![
        Just(FrameKind::Request),
        Just(FrameKind::Response),
        Just(FrameKind::Push),
        Just(FrameKind::Refusal)
    ];
    (any::<u16>(), kind, any::<bool>(), any::<u32>()).prop_map(|(type_number, kind, more, stream)| Header {
        type_number,
        kind,
        more,
        stream,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn frames_read_back_however_the_network_cuts_them(
        frames in proptest::collection::vec((header(), proptest::collection::vec(any::<u8>(), 0..60), any::<u16>()), 1..5),
        cuts in proptest::collection::vec(1_usize..40, 1..40),
    ) {
        let mut stream = BytesMut::new();
        for (header, payload, grease) in &frames {
            let start = stream.len();
            encode_frame(*header, payload, &mut stream);
            grease_frame(&mut stream[start..], *grease);
        }
        let (mut stream, mut buffer, mut read) = (stream.freeze(), BytesMut::new(), Vec::new());
        let mut cuts = cuts.into_iter().cycle();
        while !stream.is_empty() {
            let next = cuts.next().unwrap_or(1).min(stream.len());
            buffer.extend_from_slice(&stream.split_to(next));
            while let Some(frame) = decode_frame(&mut buffer, limits::FRAME_MAX).unwrap() {
                read.push(frame);
            }
        }
        let sent: Vec<_> = frames
            .into_iter()
            .map(|(header, payload, _)| Frame { header, payload: Bytes::from(payload) })
            .collect();
        prop_assert_eq!(read, sent);
        prop_assert!(buffer.is_empty());
    }

    #[test]
    fn no_bytes_make_the_frame_decoder_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        let mut buffer = BytesMut::from(&bytes[..]);
        while let Ok(Some(_)) = decode_frame(&mut buffer, limits::FRAME_BEFORE_SIGN_IN_MAX) {}
    }
}
