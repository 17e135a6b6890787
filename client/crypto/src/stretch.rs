//! Argon2id: what makes guessing a password expensive for the guesser. The cost is fixed here, never by a server.
use argon2::{Algorithm, Argon2, Params, Version};
use opaque_ke::{
    errors::InternalError,
    generic_array::{ArrayLength, GenericArray},
    ksf::Ksf,
};
use zeroize::Zeroizing;

use crate::secret::Key32;

/// How much one guess costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretching {
    memory_kib: u32,
    passes: u32,
}

impl Stretching {
    /// RFC 9106's second recommendation with one lane: 64 MiB, 3 passes; a quarter of a second on a laptop, and still
    /// possible on the smallest boards.
    pub const STANDARD: Self = Self { memory_kib: 64 * 1024, passes: 3 };

    /// For load generators that make accounts by the thousand. A person's password must never go through it.
    #[doc(hidden)]
    pub const LOAD_TEST_ONLY: Self = Self { memory_kib: 64, passes: 1 };

    /// Stretches a passphrase to a key.
    pub(crate) fn key(self, secret: &[u8], salt: &[u8; 16]) -> Key32 {
        let mut key = Zeroizing::new([0; 32]);
        #[expect(
            clippy::expect_used,
            reason = "only parameters out of range are refused; ours are constants"
        )]
        self.into(secret, salt, key.as_mut()).expect("parameters within Argon2's range");
        Key32::new(*key)
    }

    fn into(self, secret: &[u8], salt: &[u8], out: &mut [u8]) -> Option<()> {
        let params = Params::new(self.memory_kib, self.passes, 1, Some(out.len())).ok()?;
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into(secret, salt, out).ok()
    }
}

impl Default for Stretching {
    fn default() -> Self {
        Self::STANDARD
    }
}

impl Ksf for Stretching {
    /// As RFC 9807 recommends: a salt of zeros, because the input is already blinded by the server's own key.
    fn hash<L: ArrayLength<u8>>(
        &self,
        input: GenericArray<u8, L>,
    ) -> Result<GenericArray<u8, L>, InternalError> {
        let mut output = GenericArray::default();
        let done = Self::into(*self, &input, &[0; argon2::RECOMMENDED_SALT_LEN], &mut output);
        done.map(|()| output).ok_or(InternalError::KsfError)
    }
}
