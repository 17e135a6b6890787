//! What an envelope holds before it is sealed: a version, a kind, when it was written, and the text.
//!
//! ```text
//! 01                      version
//! 01                      kind: text
//! 00 00 01 a1 ee 56 5e 00 sent, Unix milliseconds, by the sender's clock
//! ...                     UTF-8
//! ```
//!
//! Sealing will slip in where a content becomes a payload and back, and nowhere else.
use bytes::Bytes;
use sotto_protocol::{Octets, Title, Wrong, limits::TITLE_MAX};

/// Bytes of one text. Sealing needs some room of its own within an envelope.
pub const TEXT_MAX: usize = 64 * 1024;
const VERSION: u8 = 1;
const TEXT: u8 = 1;
const HEAD: usize = 10;

/// What somebody wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A text.
    Text {
        /// by the sender's clock, Unix milliseconds
        sent_ms: u64,
        /// as it was written
        text: String,
    },
    /// A newer program wrote it, or it is damaged: kept, but not understood.
    Unknown,
}

/// Longer than one text may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the text has {found} bytes where {TEXT_MAX} are allowed")]
pub struct TooLong {
    /// bytes found
    pub found: usize,
}

impl Content {
    /// The bytes of a text.
    ///
    /// # Errors
    /// [`TooLong`].
    pub fn text_payload(text: &str, sent_ms: u64) -> Result<Vec<u8>, TooLong> {
        if text.len() > TEXT_MAX {
            return Err(TooLong { found: text.len() });
        }
        let mut payload = Vec::with_capacity(HEAD + text.len());
        payload.extend_from_slice(&[VERSION, TEXT]);
        payload.extend_from_slice(&sent_ms.to_be_bytes());
        payload.extend_from_slice(text.as_bytes());
        Ok(payload)
    }

    /// Reads what somebody sent. It never fails: what is not understood is [`Content::Unknown`].
    #[must_use]
    pub fn from_payload(payload: &[u8]) -> Self {
        let Some(([VERSION, TEXT], rest)) = payload.split_first_chunk::<2>() else { return Self::Unknown };
        let Some((sent, text)) = rest.split_first_chunk::<8>() else { return Self::Unknown };
        match str::from_utf8(text) {
            Ok(text) if text.len() <= TEXT_MAX => {
                Self::Text { sent_ms: u64::from_be_bytes(*sent), text: text.to_owned() }
            }
            Ok(_) | Err(_) => Self::Unknown,
        }
    }
}

/// A room's title as its members keep it: a version, then UTF-8.
///
/// # Errors
/// [`Wrong::Length`] when it is too long.
pub fn title_payload(title: &str) -> Result<Title, Wrong> {
    if title.is_empty() {
        return Ok(Title::default());
    }
    if title.len() >= TITLE_MAX {
        return Err(Wrong::Length { found: title.len(), min: 0, max: TITLE_MAX - 1 });
    }
    let payload: Bytes = [&[VERSION], title.as_bytes()].concat().into();
    Octets::new(payload)
}

/// Reads a room's title; empty when there is none or it is not understood.
#[must_use]
pub fn title_text(title: &[u8]) -> String {
    match title.split_first() {
        Some((&VERSION, text)) => str::from_utf8(text).unwrap_or_default().to_owned(),
        Some(_) | None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_text_is_these_bytes_and_no_others() {
        let payload = Content::text_payload("你好", 1_795_000_000_000).unwrap();
        let hex: String = payload.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "0101000001a1ee565e00e4bda0e5a5bd");
    }

    #[test]
    fn one_byte_more_than_a_text_may_have_is_refused() {
        assert!(Content::text_payload(&"x".repeat(TEXT_MAX), 0).is_ok());
        assert_eq!(Content::text_payload(&"x".repeat(TEXT_MAX + 1), 0), Err(TooLong { found: TEXT_MAX + 1 }));
    }

    #[test]
    fn what_is_newer_or_damaged_is_kept_but_not_understood() {
        for payload in [
            &[][..],
            &[2, 1],
            &[1, 2, 0, 0, 0, 0, 0, 0, 0, 0],
            &[1, 1, 0],
            &[1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF],
        ] {
            assert_eq!(Content::from_payload(payload), Content::Unknown);
        }
    }

    #[test]
    fn a_title_reads_back() {
        assert_eq!(title_text(&title_payload("家 family").unwrap()), "家 family");
        assert_eq!(title_text(&title_payload("").unwrap()), "");
        assert!(title_payload(&"x".repeat(TITLE_MAX)).is_err());
        assert_eq!(title_text(&[9, 9]), "");
    }

    proptest! {
        #[test]
        fn a_text_reads_back(text in ".{0,200}", sent_ms: u64) {
            let payload = Content::text_payload(&text, sent_ms).unwrap();
            prop_assert_eq!(Content::from_payload(&payload), Content::Text { sent_ms, text });
        }
        #[test]
        fn no_bytes_make_it_fail(payload in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _read = Content::from_payload(&payload);
        }
    }
}
