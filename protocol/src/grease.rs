//! GREASE: harmless noise in every place that a receiver must ignore, so that nobody comes to rely on it being still.
use crate::{FrameType, Header, frame::GREASED_FLAGS};

/// A field number that no message uses: one varint with it goes into every greased HELLO.
pub const GREASE_FIELD: u32 = 199;
/// Types that nobody will ever define: a request of one is answered with `type.unknown`, a push of one is ignored.
pub const GREASE_TYPES: std::ops::RangeInclusive<u16> = 0x7E00..=0x7EFF;

/// Fills the bits of an encoded frame that mean nothing: bits 3 to 7 of its flags, and the reserved byte.
pub fn grease_frame(frame: &mut [u8], chance: u16) {
    if let Some([flags, reserved]) = frame.get_mut(6..8) {
        let [high, low] = chance.to_be_bytes();
        *flags = (*flags & !GREASED_FLAGS) | (high & GREASED_FLAGS);
        *reserved = low;
    }
}

/// The bytes of an unknown field, to be appended to a payload.
#[must_use]
pub const fn grease_field(chance: u8) -> [u8; 3] {
    // Field 199, wire type varint: 199 << 3 = 0x638, which is B8 0C as a varint.
    [0xB8, 0x0C, chance & 0x7F]
}

/// The header of a request or push that nobody knows.
#[must_use]
pub const fn grease_type(header: Header, chance: u8) -> Header {
    Header { type_number: *GREASE_TYPES.start() + chance as u16, ..header }
}

const _: () = assert!(FrameType::from_number(*GREASE_TYPES.start()).is_none());
