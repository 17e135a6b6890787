//! What arrives costs a bounded multiple of its size, whatever it is. Alone in its file: it counts every allocation.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

use std::alloc::System;

use bytes::{Bytes, BytesMut};
use sotto_protocol::{
    ClientPush, FrameType, Request, Response, ServerPush, decode_frame,
    limits::{FIELDS_MAX, FRAME_BEFORE_SIGN_IN_MAX, FRAME_MAX},
};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static COUNTED: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Bytes allocated while `work` ran, freed or not.
fn cost(work: impl FnOnce()) -> usize {
    let region = Region::new(COUNTED);
    work();
    region.change().bytes_allocated
}

/// Payloads made to become large: empty items of every field, in a row, nested, behind what is skipped.
fn attacks(length: usize) -> Vec<(String, Vec<u8>)> {
    let mut all = vec![
        ("a length of four billion".to_owned(), vec![0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F]),
        ("nothing but tags".to_owned(), vec![0x0A; length]),
    ];
    let nested = |number: u8, inner: Vec<u8>| {
        let mut field = vec![number << 3 | 2];
        let mut rest = inner.len();
        while rest >= 0x80 {
            field.push(u8::try_from(rest & 0x7F).unwrap() | 0x80);
            rest >>= 7;
        }
        field.push(u8::try_from(rest).unwrap());
        [field, inner].concat()
    };
    for number in 1..=8_u8 {
        let items = |length: usize| [number << 3 | 2, 0].repeat(length / 2);
        all.push((format!("empty items of field {number}"), items(length)));
        all.push((
            format!("the same behind a group, {number}"),
            [&[0xC3, 1, 0xC4, 1], &items(length - 4)[..]].concat(),
        ));
        for outer in 1..=8_u8 {
            all.push((format!("{outer} holds empty items of {number}"), nested(outer, items(length - 8))));
            let half = nested(outer, items(length / 2 - 8));
            all.push((format!("{outer} twice holds empty items of {number}"), half.repeat(2)));
        }
    }
    all
}

#[test]
fn what_arrives_costs_a_bounded_multiple_of_its_size() {
    let mut worst_request = (0, String::new());
    let mut worst_answer = (0, String::new());
    for kind in FrameType::ALL {
        let length = (kind.payload_max() as usize).clamp(16, FRAME_MAX as usize - 8);
        for (name, payload) in attacks(length) {
            let payload = Bytes::from(payload);
            let bytes = cost(|| {
                let _ = Request::decode(*kind, payload.clone());
                let _ = ClientPush::decode(*kind, payload.clone());
            });
            // A list's items take up to 40 bytes, and a growing vector holds its old self beside the new one.
            assert!(bytes <= FIELDS_MAX * 40 * 4, "{}: {name} costs {bytes} bytes", kind.name());
            worst_request = worst_request.max((bytes, format!("{}, {name}", kind.name())));
        }
        for (name, payload) in attacks(FRAME_MAX as usize - 8) {
            let payload = Bytes::from(payload);
            let size = payload.len();
            let bytes = cost(|| {
                let _ = Response::decode(*kind, payload.clone());
                let _ = ServerPush::decode(*kind, payload);
            });
            assert!(bytes <= size * 64 + 4096, "{}: {name} costs {bytes} bytes", kind.name());
            worst_answer = worst_answer.max((bytes, format!("{}, {name}", kind.name())));
        }
    }
    println!("dearest from a client: {worst_request:?}; from a server: {worst_answer:?}");

    let mut announced = BytesMut::with_capacity(16);
    announced.extend_from_slice(&FRAME_BEFORE_SIGN_IN_MAX.to_be_bytes());
    let bytes = cost(|| assert_eq!(decode_frame(&mut announced, FRAME_BEFORE_SIGN_IN_MAX), Ok(None)));
    assert_eq!(bytes, 0, "a frame that was only announced costs nothing");
}
