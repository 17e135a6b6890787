//! What comes from a newer peer: unknown fields are skipped, unknown numbers mean what the `.proto` files say.
use std::{fs, path::Path};

use bytes::Bytes;
use proptest::prelude::*;
use prost::Message as _;
use prost_reflect::{Kind as FieldKind, Value};
use sotto_protocol::{GREASE_FIELD, grease_field};

use crate::{
    kinds::KINDS,
    schema::{changed, message_names, open},
};

#[test]
fn every_message_of_the_proto_files_has_its_valid_twin() {
    let known: Vec<_> = KINDS.iter().map(|kind| kind.name).collect();
    for name in message_names() {
        assert!(known.contains(&name.as_str()), "{name} is not in the table of the tests");
    }
}

fn unknown_field() -> impl Strategy<Value = Vec<u8>> {
    let number = prop_oneof![100_u32..=199, Just(GREASE_FIELD), Just(536_870_911)];
    (number, prop_oneof![Just(0_u8), Just(1), Just(2), Just(5)], any::<u64>()).prop_map(
        |(number, wire, chance)| {
            let mut field = Vec::new();
            prost::encoding::encode_varint(u64::from(number) << 3 | u64::from(wire), &mut field);
            match wire {
                0 => prost::encoding::encode_varint(chance, &mut field),
                1 => field.extend(chance.to_le_bytes()),
                2 => field.extend([3, 0xFF, 0x00, 0x80]),
                _ => field.extend(&chance.to_le_bytes()[..4]),
            }
            field
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn unknown_fields_are_skipped_wherever_they_stand(before in unknown_field(), after in unknown_field()) {
        for kind in KINDS.iter().filter(|kind| kind.name != "BlobPut") {
            let sample = (kind.sample)();
            let greased = [&before[..], &sample[..], &after[..]].concat();
            prop_assert_eq!((kind.reread)(greased.into()), Ok(sample), "{}", kind.name);
        }
    }
}

#[test]
fn the_grease_field_is_one_that_nobody_uses() {
    let field = grease_field(0xFF);
    let mut rest = &field[..];
    let tag = prost::encoding::decode_varint(&mut rest).unwrap();
    assert_eq!((tag >> 3, tag & 7), (u64::from(GREASE_FIELD), 0));
    assert_eq!(rest, [0x7F]);
}

/// `(enum, what its unknown numbers mean)`, as the comments of the `.proto` files say.
fn meanings() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("proto/sotto/v1");
    let mut found = Vec::new();
    for file in fs::read_dir(root).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        for line in text.lines().filter(|line| line.contains("_UNSPECIFIED = 0;")) {
            let (prefix, rest) = line.trim().split_once("_UNSPECIFIED = 0; // ").unwrap();
            found.push((prefix.to_owned(), rest.trim_start_matches("treat as ").to_owned()));
        }
    }
    found
}

fn meaning_of(prefix: &str) -> String {
    meanings().into_iter().find(|(known, _)| known == prefix).unwrap().1
}

#[test]
fn unknown_numbers_mean_what_the_proto_files_say() {
    let mut tried = 0;
    for kind in KINDS.iter().filter(|kind| kind.name != "BlobPut") {
        let sample = open(kind.name, (kind.sample)());
        let with = |number: &dyn Fn(&prost_reflect::EnumDescriptor) -> i32| {
            changed(&sample, &|field, value| match (field.kind(), value) {
                (FieldKind::Enum(of), Value::EnumNumber(_)) => Some(Value::EnumNumber(number(&of))),
                _ => None,
            })
            .into_iter()
            .map(|(path, message)| (path, Bytes::from(message.encode_to_vec())))
        };
        let prefix = |of: &prost_reflect::EnumDescriptor| {
            of.get_value(0).unwrap().name().trim_end_matches("_UNSPECIFIED").to_owned()
        };
        let meant = with(&|of| {
            let prefix = prefix(of);
            let meaning = meaning_of(&prefix);
            of.values().find(|v| v.name() == format!("{prefix}_{meaning}")).map_or(-7, |v| v.number())
        });
        for (((path, meant), (_, zero)), (_, unknown)) in meant.zip(with(&|_| 0)).zip(with(&|_| 77)) {
            tried += 1;
            let meant = (kind.reread)(meant);
            let (zero, unknown) = ((kind.reread)(zero), (kind.reread)(unknown));
            if meant.is_err() {
                let path = path.replace("tombstone.", "");
                assert_eq!(zero.unwrap_err().field, path, "{}", kind.name);
                assert_eq!(unknown.unwrap_err().field, path, "{}", kind.name);
            } else {
                assert_eq!((&zero, &unknown), (&meant, &meant), "{}.{path}", kind.name);
            }
        }
    }
    assert!(tried > 25, "{tried} enum fields were found");
}

#[test]
fn only_two_enums_refuse_what_they_do_not_know() {
    let refusing: Vec<_> =
        meanings().into_iter().filter(|(_, meaning)| meaning == "refused").map(|(of, _)| of).collect();
    let mut refusing = refusing;
    refusing.sort();
    assert_eq!(refusing, ["ENTRY_KIND", "ROOM_KIND"]);
}
