//! Secrets that a person types: wiped when dropped, never printed.
use std::fmt;

use zeroize::{Zeroize, Zeroizing};

macro_rules! typed {
    ($($(#[$meta:meta])* $name:ident)*) => { $(
        $(#[$meta])*
        #[derive(Clone)]
        pub struct $name(Zeroizing<String>);

        impl $name {
            /// Takes the text over.
            #[must_use]
            pub fn new(text: String) -> Self {
                Self(Zeroizing::new(text))
            }
            /// Whether nothing was typed.
            #[must_use]
            pub fn is_empty(&self) -> bool {
                self.0.is_empty()
            }
            pub(crate) fn as_bytes(&self) -> &[u8] {
                self.0.as_bytes()
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                *self.0 == *other.0
            }
        }
        impl Eq for $name {}
    )* };
}

typed! {
    /// Of an account: lets a new device in. The server never sees it.
    Password
    /// Of a key file on this computer. It never leaves it.
    Passphrase
}

/// 32 secret bytes.
#[derive(Clone)]
pub(crate) struct Key32(Zeroizing<[u8; 32]>);

impl Key32 {
    pub(crate) fn new(mut bytes: [u8; 32]) -> Self {
        let key = Self(Zeroizing::new(bytes));
        bytes.zeroize();
        key
    }
    pub(crate) fn random(rng: &mut (impl rand_core::RngCore + rand_core::CryptoRng)) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        rng.fill_bytes(bytes.as_mut());
        Self(bytes)
    }
    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_print_itself() {
        assert_eq!(format!("{:?}", Password::new("hunter2".into())), "Password(…)");
        assert_eq!(format!("{:?}", Passphrase::new("hunter2".into())), "Passphrase(…)");
    }
}
