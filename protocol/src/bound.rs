//! What is looked at before anything is decoded: a payload's size and how many fields it has.
//!
//! Decoding turns two bytes into an item of some forty. So a message's fields are counted first, without allocating.
use crate::{
    FrameType, Malformed, Wrong,
    limits::{FIELDS_MAX, FRAME_MAX},
};

const VARINT: u64 = 0;
const FIXED_64: u64 = 1;
const LENGTH_DELIMITED: u64 = 2;
const FIXED_32: u64 = 5;

/// Holds what a client sends to its type's size and to a number of fields.
pub(crate) fn bound(kind: FrameType, payload: &[u8]) -> Result<(), Malformed> {
    let max = kind.payload_max() as usize;
    if payload.len() > max {
        return Err(Wrong::Length { found: payload.len(), min: 0, max }.into());
    }
    match kind {
        FrameType::BlobPut => Ok(()),
        FrameType::RoomCreate => count_fields(payload, Some(6)),
        FrameType::RoomChange => count_fields(payload, Some(7)),
        FrameType::Append => count_fields(payload, Some(5)),
        _ => count_fields(payload, None),
    }
}

/// Holds what a server sends to a frame's size and to a number of fields.
pub(crate) fn bound_from_server(payload: &[u8]) -> Result<(), Malformed> {
    let max = FRAME_MAX as usize;
    if payload.len() > max {
        return Err(Wrong::Length { found: payload.len(), min: 0, max }.into());
    }
    count_fields(payload, None)
}

/// Counts the fields of a message, and those of its commit, which is the one nested message with a list.
///
/// Occurrences of one nested message are merged by the decoder, so they are counted together.
fn count_fields(payload: &[u8], commit: Option<u64>) -> Result<(), Malformed> {
    let (mut top, mut nested) = (0_usize, 0_usize);
    let mut rest = payload;
    while !rest.is_empty() {
        let (number, content) = next_field(&mut rest).ok_or(Wrong::Undecodable)?;
        top += 1;
        if commit == Some(number) {
            let mut inner = content;
            while !inner.is_empty() {
                next_field(&mut inner).ok_or(Wrong::Undecodable)?;
                nested += 1;
            }
        }
        let found = top.max(nested);
        if found > FIELDS_MAX {
            return Err(Wrong::Items { found, max: FIELDS_MAX }.into());
        }
    }
    Ok(())
}

/// Takes one field from the front: its number, and its content if that is a run of bytes.
///
/// Groups are refused: proto3 has none, and a decoder that skips them must recurse.
fn next_field<'a>(rest: &mut &'a [u8]) -> Option<(u64, &'a [u8])> {
    let tag = varint(rest)?;
    let length = match tag & 7 {
        VARINT => {
            varint(rest)?;
            0
        }
        FIXED_64 => 8,
        FIXED_32 => 4,
        LENGTH_DELIMITED => usize::try_from(varint(rest)?).ok()?,
        _ => return None,
    };
    let (content, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some((tag >> 3, content))
}

fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        value |= u64::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNDECODABLE: Malformed = Malformed::whole(Wrong::Undecodable);

    #[test]
    fn a_message_may_have_as_many_fields_as_the_limit_says_and_not_one_more() {
        assert_eq!(bound(FrameType::Append, &[0x08, 0].repeat(FIELDS_MAX)), Ok(()));
        assert_eq!(
            bound(FrameType::Append, &[0x08, 0].repeat(FIELDS_MAX + 1)),
            Err(Malformed::whole(Wrong::Items { found: FIELDS_MAX + 1, max: FIELDS_MAX }))
        );
    }

    #[test]
    fn a_group_does_not_hide_the_fields_behind_it() {
        let group = [0xC3, 0x01, 0xC4, 0x01];
        assert_eq!(bound(FrameType::KeyPackagesPut, &group), Err(UNDECODABLE));
    }

    #[test]
    fn the_fields_of_a_commit_count_however_it_is_cut_up() {
        for (kind, tag) in [(FrameType::RoomCreate, 6), (FrameType::RoomChange, 7), (FrameType::Append, 5)] {
            let commit = |devices: usize| {
                let mut field = vec![tag << 3 | 2, 0x80 | u8::try_from(2 * devices % 128).unwrap()];
                field.push(u8::try_from(2 * devices / 128).unwrap());
                field.extend([0x2A, 0].repeat(devices));
                field
            };
            assert_eq!(bound(kind, &commit(FIELDS_MAX)), Ok(()));
            assert!(bound(kind, &commit(FIELDS_MAX + 1)).is_err());
            assert!(bound(kind, &[commit(FIELDS_MAX), commit(1)].concat()).is_err());
        }
    }

    #[test]
    fn what_is_cut_off_is_refused_at_every_byte() {
        let message = [0x08, 0x96, 0x01, 0x12, 0x02, 0x68, 0x69, 0x19, 1, 2, 3, 4, 5, 6, 7, 8];
        let whole = [0, 3, 7, 16];
        for end in 0..=message.len() {
            let expected = if whole.contains(&end) { Ok(()) } else { Err(UNDECODABLE) };
            assert_eq!(bound(FrameType::Append, &message[..end]), expected, "{end}");
        }
    }
}
