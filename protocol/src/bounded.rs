//! Lists and byte strings that carry their maximum in their type.
use std::ops::Deref;

use bytes::Bytes;

use crate::{Malformed, Wire, Wrong};

/// At most `MAX` items.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed<T, const MAX: usize>(Vec<T>);

impl<T, const MAX: usize> Listed<T, MAX> {
    /// Takes the items over.
    ///
    /// # Errors
    /// [`Wrong::Items`] when there are more than `MAX`.
    pub fn new(items: Vec<T>) -> Result<Self, Wrong> {
        if items.len() > MAX { Err(Wrong::Items { found: items.len(), max: MAX }) } else { Ok(Self(items)) }
    }

    /// Gives the items back.
    #[must_use]
    pub fn into_inner(self) -> Vec<T> {
        self.0
    }
}

impl<T, const MAX: usize> Default for Listed<T, MAX> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T, const MAX: usize> Deref for Listed<T, MAX> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<P, T: Wire<P>, const MAX: usize> Wire<Vec<P>> for Listed<T, MAX> {
    fn from_wire(wire: Vec<P>) -> Result<Self, Malformed> {
        if wire.len() > MAX {
            return Err(Wrong::Items { found: wire.len(), max: MAX }.into());
        }
        Ok(Self(Wire::from_wire(wire)?))
    }
    fn into_wire(self) -> Vec<P> {
        self.0.into_wire()
    }
}

/// A byte string of `MIN` to `MAX` bytes that the server does not look into.
#[derive(Clone, PartialEq, Eq)]
pub struct Octets<const MIN: usize, const MAX: usize>(Bytes);

impl<const MIN: usize, const MAX: usize> Octets<MIN, MAX> {
    /// Takes the bytes over.
    ///
    /// # Errors
    /// [`Wrong::Length`] when there are fewer than `MIN` or more than `MAX`.
    pub fn new(bytes: impl Into<Bytes>) -> Result<Self, Wrong> {
        let bytes = bytes.into();
        if (MIN..=MAX).contains(&bytes.len()) {
            Ok(Self(bytes))
        } else {
            Err(Wrong::Length { found: bytes.len(), min: MIN, max: MAX })
        }
    }

    /// Gives the bytes back.
    #[must_use]
    pub fn into_inner(self) -> Bytes {
        self.0
    }
}

impl<const MAX: usize> Default for Octets<0, MAX> {
    fn default() -> Self {
        Self(Bytes::new())
    }
}

impl<const MIN: usize, const MAX: usize> Deref for Octets<MIN, MAX> {
    type Target = Bytes;
    fn deref(&self) -> &Bytes {
        &self.0
    }
}

impl<const MIN: usize, const MAX: usize> std::fmt::Debug for Octets<MIN, MAX> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

impl<const MIN: usize, const MAX: usize> Wire<Bytes> for Octets<MIN, MAX> {
    fn from_wire(wire: Bytes) -> Result<Self, Malformed> {
        Ok(Self::new(wire)?)
    }
    fn into_wire(self) -> Bytes {
        self.0
    }
}
