//! GREASE (RFC 8701): saying things that must be ignored, always, so that nobody ever forgets to ignore them.
use bytes::BytesMut;
use rand_core::RngCore;

/// Cheap chance of one connection. It decides nothing that matters.
pub(super) struct Grease(u64);

/// Bits of the flags byte that mean nothing yet.
const FREE_FLAGS: u8 = 0b1111_1000;

impl Grease {
    pub(super) fn new(rng: &mut impl RngCore) -> Self {
        Self(rng.next_u64() | 1)
    }

    /// Fills the reserved bits of the frame that begins at `start`.
    pub(super) fn smear(&mut self, frames: &mut BytesMut, start: usize) {
        let [flags, reserved, ..] = self.next().to_be_bytes();
        if let Some([in_flags, in_reserved]) = frames.get_mut(start + 6..start + 8) {
            *in_flags |= flags & FREE_FLAGS;
            *in_reserved = reserved;
        }
    }

    /// A request type out of the experiments' range, which no server knows.
    pub(super) fn type_number(&mut self) -> u16 {
        0x7E00 | u16::from(self.next().to_be_bytes()[0])
    }

    /// A feature that no server knows.
    pub(super) fn feature(&mut self) -> String {
        format!("grease-{:08x}", self.next() >> 32)
    }

    /// xorshift64*.
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }
}

#[cfg(test)]
mod tests {
    use rand_core::OsRng;
    use sotto_protocol::{FrameKind, Header, decode_frame, encode_frame};

    use super::*;

    #[test]
    fn a_smeared_frame_reads_like_a_clean_one() {
        let mut grease = Grease::new(&mut OsRng);
        for kind in [FrameKind::Request, FrameKind::Push] {
            for _ in 0..256 {
                let header = Header { type_number: 3, kind, more: false, stream: 1 };
                let mut out = BytesMut::from(&b"before"[..]);
                encode_frame(header, b"payload", &mut out);
                grease.smear(&mut out, 6);
                let mut frames = out.split_off(6);
                assert_eq!(out, b"before"[..]);
                let frame = decode_frame(&mut frames, 1024).unwrap().unwrap();
                assert_eq!((frame.header, frame.payload.as_ref()), (header, &b"payload"[..]));
            }
        }
    }

    #[test]
    fn its_types_are_experiments() {
        let mut grease = Grease::new(&mut OsRng);
        assert!((0..1000).all(|_| (0x7E00..=0x7EFF).contains(&grease.type_number())));
    }
}
