//! The sealed message: a length, the words, zeros up to the step of the ladder, and a seal over all of it. To anyone
//! without the key it is noise from its first bit to its last.

use chacha20poly1305::aead::{AeadInPlace, KeyInit};
use chacha20poly1305::{Tag, XChaCha20Poly1305};
use zeroize::Zeroizing;

use crate::key::PictureKey;

/// Bytes that the length and the seal take of every step.
pub(crate) const OVERHEAD_BYTES: usize = LENGTH_BYTES + TAG_BYTES;

const LENGTH_BYTES: usize = 4;
const TAG_BYTES: usize = 16;
const CONTEXT: &[u8] = b"sotto/stego/1";

/// Seals the words into exactly `step` bytes; `None` if they do not fit.
pub(crate) fn seal(words: &[u8], step: usize, key: &PictureKey) -> Option<Vec<u8>> {
    let mut body = Zeroizing::new(Vec::with_capacity(step));
    body.extend_from_slice(&u32::try_from(words.len()).ok()?.to_be_bytes());
    body.extend_from_slice(words);
    if body.len() + TAG_BYTES > step {
        return None;
    }
    body.resize(step - TAG_BYTES, 0);
    let cipher = XChaCha20Poly1305::new((&key.seal).into());
    let tag = cipher.encrypt_in_place_detached((&key.nonce).into(), CONTEXT, &mut body).ok()?;
    let mut sealed = body.to_vec();
    sealed.extend_from_slice(&tag);
    Some(sealed)
}

/// Opens what [`seal`] made; `None` for anything else.
pub(crate) fn open(mut sealed: Vec<u8>, key: &PictureKey) -> Option<Zeroizing<Vec<u8>>> {
    let tag = sealed.split_off(sealed.len().checked_sub(TAG_BYTES)?);
    let cipher = XChaCha20Poly1305::new((&key.seal).into());
    let nonce = (&key.nonce).into();
    cipher.decrypt_in_place_detached(nonce, CONTEXT, &mut sealed, Tag::from_slice(&tag)).ok()?;
    let sealed = Zeroizing::new(sealed);
    let (length, rest) = sealed.split_first_chunk::<LENGTH_BYTES>()?;
    let words = rest.get(..usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    Some(Zeroizing::new(words.to_vec()))
}

/// Bits, first the highest of the first byte.
pub(crate) fn to_bits(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().flat_map(|byte| (0..8).rev().map(move |at| byte >> at & 1)).collect()
}

/// The inverse of [`to_bits`].
pub(crate) fn to_bytes(bits: &[u8]) -> Vec<u8> {
    bits.chunks_exact(8).map(|eight| eight.iter().fold(0, |byte, bit| byte << 1 | bit & 1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::Key;

    fn key(salt: u8) -> PictureKey {
        Key::from_secret([3; 32]).for_picture(&[salt; 16]).unwrap()
    }

    #[test]
    fn what_was_sealed_opens_and_has_the_length_of_its_step() {
        for length in [0, 1, 43, 44] {
            let sealed = seal(&vec![b'x'; length], 64, &key(1)).unwrap();
            assert_eq!(sealed.len(), 64);
            assert_eq!(*open(sealed, &key(1)).unwrap(), vec![b'x'; length]);
        }
    }

    #[test]
    fn one_byte_past_the_step_does_not_fit() {
        assert!(seal(&[0; 64 - OVERHEAD_BYTES], 64, &key(1)).is_some());
        assert!(seal(&[0; 64 - OVERHEAD_BYTES + 1], 64, &key(1)).is_none());
    }

    #[test]
    fn another_key_or_one_changed_bit_opens_nothing() {
        let sealed = seal(b"hello", 64, &key(1)).unwrap();
        assert!(open(sealed.clone(), &key(2)).is_none());
        for at in 0..64 {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(open(changed, &key(1)).is_none());
        }
        assert!(open(vec![0; 3], &key(1)).is_none());
    }

    #[test]
    fn bits_and_bytes_are_inverse() {
        assert_eq!(to_bits(&[0b1010_0001]), [1, 0, 1, 0, 0, 0, 0, 1]);
        assert_eq!(to_bytes(&to_bits(b"any bytes")), b"any bytes");
    }
}
