//! The first byte of a connection says what the peer believes to be talking to.

/// What the peer seems to speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FirstByte {
    /// A TLS handshake record.
    Tls,
    /// Text, as a browser or a curious person sends it.
    Text,
    /// Nothing that we know.
    Garbage,
}

/// What text gets for an answer: one line, so that a person knows what they found.
pub(super) const ANSWER_TO_TEXT: &[u8] = b"this is a sotto port: it speaks TLS, with the sotto client\r\n";

impl From<u8> for FirstByte {
    fn from(byte: u8) -> Self {
        match byte {
            0x16 => Self::Tls,
            b'a'..=b'z' | b'A'..=b'Z' => Self::Text,
            _ => Self::Garbage,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_first_byte_has_one_meaning() {
        let count = |meaning| (0..=u8::MAX).filter(|byte| FirstByte::from(*byte) == meaning).count();
        assert_eq!(FirstByte::from(b'G'), FirstByte::Text);
        assert_eq!((count(FirstByte::Tls), count(FirstByte::Text), count(FirstByte::Garbage)), (1, 52, 203));
    }
}
