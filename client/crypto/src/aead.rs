//! XChaCha20-Poly1305 with a random nonce in front: the one way in which this crate seals.
use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305, XNonce,
    aead::{Aead as _, Payload},
};
use rand_core::{CryptoRng, RngCore};
use zeroize::Zeroizing;

use crate::secret::Key32;

const NONCE: usize = 24;

/// The key, the sealed bytes or what they are bound to is not the right one. Which, nobody can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CannotOpen;

/// Seals `plain` and binds it to `bound_to`: nonce, ciphertext, tag.
pub(crate) fn seal(
    key: &Key32,
    plain: &[u8],
    bound_to: &[u8],
    rng: &mut (impl RngCore + CryptoRng),
) -> Vec<u8> {
    let mut nonce = [0_u8; NONCE];
    rng.fill_bytes(&mut nonce);
    let cipher = XChaCha20Poly1305::new(key.as_bytes().into());
    let sealed = cipher.encrypt(XNonce::from_slice(&nonce), Payload { msg: plain, aad: bound_to });
    #[expect(clippy::expect_used, reason = "it refuses 256 GiB and more; what is sealed here fits a frame")]
    let sealed = sealed.expect("shorter than 256 GiB");
    [nonce.as_slice(), &sealed].concat()
}

/// Opens what [`seal`] made.
pub(crate) fn open(key: &Key32, sealed: &[u8], bound_to: &[u8]) -> Result<Zeroizing<Vec<u8>>, CannotOpen> {
    let (nonce, sealed) = sealed.split_at_checked(NONCE).ok_or(CannotOpen)?;
    XChaCha20Poly1305::new(key.as_bytes().into())
        .decrypt(XNonce::from_slice(nonce), Payload { msg: sealed, aad: bound_to })
        .map(Zeroizing::new)
        .map_err(|_| CannotOpen)
}
