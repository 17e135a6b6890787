//! What a message of the load says: its number, and when it was sent.
use std::{sync::OnceLock, time::Instant};

use bytes::{BufMut as _, Bytes, BytesMut};

/// The first bytes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Body {
    /// Who sent it.
    pub(crate) sender: u32,
    /// From 0, counted by its sender for its receiver.
    pub(crate) number: u32,
    /// By [`now_ns`].
    pub(crate) sent_ns: u64,
}

impl Body {
    const BYTES: usize = 16;

    /// The message, with this many bytes at least.
    pub(crate) fn to_bytes(self, bytes: usize) -> Bytes {
        let mut out = BytesMut::with_capacity(bytes.max(Self::BYTES));
        out.put_u32(self.sender);
        out.put_u32(self.number);
        out.put_u64(self.sent_ns);
        out.resize(bytes.max(Self::BYTES), 0x5A);
        out.freeze()
    }

    /// Reads it back.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let (head, _) = bytes.split_first_chunk::<{ Self::BYTES }>()?;
        let [s0, s1, s2, s3, n0, n1, n2, n3, sent @ ..] = *head;
        Some(Self {
            sender: u32::from_be_bytes([s0, s1, s2, s3]),
            number: u32::from_be_bytes([n0, n1, n2, n3]),
            sent_ns: u64::from_be_bytes(sent),
        })
    }
}

/// Nanoseconds since this program first asked.
pub(crate) fn now_ns() -> u64 {
    static BEGAN: OnceLock<Instant> = OnceLock::new();
    u64::try_from(BEGAN.get_or_init(Instant::now).elapsed().as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_reads_back() {
        let body = Body { sender: 7, number: 9, sent_ns: 1 << 40 };
        let bytes = body.to_bytes(256);
        assert_eq!((bytes.len(), Body::read(&bytes)), (256, Some(body)));
        assert_eq!(Body::read(&bytes[..15]), None);
    }
}
