//! The frame: a 12-byte big-endian header, then the payload.
use bytes::{Buf, BufMut, Bytes, BytesMut};

/// Bytes of the header, its own length field included.
pub const HEADER_BYTES: usize = 12;
/// Bytes of the header that the length field counts.
const COUNTED: u32 = 8;
const KIND_MASK: u8 = 0b011;
const MORE: u8 = 0b100;
/// Bits of the flags that mean nothing.
pub(crate) const GREASED_FLAGS: u8 = !(KIND_MASK | MORE);

/// What a frame is to the one who asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FrameKind {
    /// Wants an answer with the same stream.
    Request,
    /// The answer.
    Response,
    /// Nobody asked; stream is 0.
    Push,
    /// The answer is no.
    Refusal,
}

/// What stands before the payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Number of the frame's type; it may be one that nobody knows.
    pub type_number: u16,
    /// Request, response, push or refusal.
    pub kind: FrameKind,
    /// More frames follow on this stream.
    pub more: bool,
    /// Ties an answer to its request.
    pub stream: u32,
}

/// A whole frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// What stands before the payload.
    pub header: Header,
    /// The rest, undecoded.
    pub payload: Bytes,
}

/// The length field cannot be followed; the connection is beyond repair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// Longer than this connection may send now.
    #[error("frame of {length} bytes where {max} are allowed")]
    TooLong {
        /// what the field says
        length: u32,
        /// what is allowed
        max: u32,
    },
    /// Shorter than its own header.
    #[error("frame of {length} bytes is shorter than its header")]
    TooShort {
        /// what the field says
        length: u32,
    },
}

impl FrameKind {
    const fn bits(self) -> u8 {
        match self {
            Self::Request => 0,
            Self::Response => 1,
            Self::Push => 2,
            Self::Refusal => 3,
        }
    }
    const fn from_bits(flags: u8) -> Self {
        match flags & KIND_MASK {
            0 => Self::Request,
            1 => Self::Response,
            2 => Self::Push,
            _ => Self::Refusal,
        }
    }
}

/// Takes one frame from the front of `buffer`, or says `None`: not all of it is here yet.
///
/// `length_max` bounds the length field. Nothing is reserved for a frame that was only announced: the buffer holds what
/// has really arrived.
///
/// # Errors
/// [`FrameError`] when the length field is out of bounds.
pub fn decode_frame(buffer: &mut BytesMut, length_max: u32) -> Result<Option<Frame>, FrameError> {
    let Some((mut length_field, _)) = buffer.split_at_checked(4) else { return Ok(None) };
    let length = length_field.get_u32();
    if length > length_max {
        return Err(FrameError::TooLong { length, max: length_max });
    }
    if length < COUNTED {
        return Err(FrameError::TooShort { length });
    }
    let whole = length as usize + 4;
    if buffer.len() < whole {
        return Ok(None);
    }
    let mut frame = buffer.split_to(whole).freeze();
    frame.advance(4);
    let type_number = frame.get_u16();
    let flags = frame.get_u8();
    let _reserved = frame.get_u8();
    let stream = frame.get_u32();
    let header = Header { type_number, kind: FrameKind::from_bits(flags), more: flags & MORE != 0, stream };
    Ok(Some(Frame { header, payload: frame }))
}

/// Appends a frame with this payload.
pub fn encode_frame(header: Header, payload: &[u8], out: &mut BytesMut) {
    encode_message(header, out, |out| out.put_slice(payload));
}

/// Appends a frame whose payload `write` appends, without a copy in between.
pub fn encode_message(header: Header, out: &mut BytesMut, write: impl FnOnce(&mut BytesMut)) {
    let start = out.len();
    out.reserve(HEADER_BYTES);
    out.put_u32(0);
    out.put_u16(header.type_number);
    out.put_u8(header.kind.bits() | if header.more { MORE } else { 0 });
    out.put_u8(0);
    out.put_u32(header.stream);
    write(out);
    let length = u32::try_from(out.len() - start - 4).unwrap_or(u32::MAX);
    if let Some(field) = out.get_mut(start..start + 4) {
        field.copy_from_slice(&length.to_be_bytes());
    }
}
