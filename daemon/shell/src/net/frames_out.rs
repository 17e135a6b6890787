//! Counting what goes out: frames, and among them the refusals by their reasons.
use bytes::Bytes;
use sotto_protocol::{HEADER_BYTES, Reason, Refusal};

/// Bits 0 and 1 of the flags, and what they say of a refusal.
const KIND_MASK: u8 = 0b11;
const REFUSAL: u8 = 3;

/// Walks over whole frames; gives their number, and each refusal to `refused`.
pub(super) fn count(mut frames: &[u8], mut refused: impl FnMut(Reason)) -> u64 {
    let mut count = 0;
    while let Some((header, _)) = frames.split_at_checked(HEADER_BYTES) {
        let length = u32::from_be_bytes([header[0], header[1], header[2], header[3]]) as usize;
        let Some((frame, rest)) = frames.split_at_checked(length + 4) else { break };
        if frame[6] & KIND_MASK == REFUSAL
            && let Ok(refusal) = Refusal::decode(Bytes::copy_from_slice(&frame[HEADER_BYTES..]))
            && let Some(reason) = Reason::from_key(&refusal.reason)
        {
            refused(reason);
        }
        count += 1;
        frames = rest;
    }
    count
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;
    use sotto_protocol::{FrameKind, FrameType, Header, Refused, encode_message};

    use super::*;

    #[test]
    fn frames_are_counted_and_refusals_named() {
        let header = |kind| Header { type_number: FrameType::Ping.number(), kind, more: false, stream: 1 };
        let mut out = BytesMut::new();
        encode_message(header(FrameKind::Response), &mut out, |_| ());
        encode_message(header(FrameKind::Refusal), &mut out, |out| {
            Refused::new(Reason::LimitRate).encode(out)
        });
        encode_message(header(FrameKind::Push), &mut out, |_| ());
        let mut refused = Vec::new();
        assert_eq!(count(&out, |reason| refused.push(reason)), 3);
        assert_eq!(refused, [Reason::LimitRate]);
    }
}
