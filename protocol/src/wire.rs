//! From what fits on the wire to what is valid, and back: parse once at the edge, never check again.
use bytes::Bytes;

/// A value that has a shape `P` on the wire.
pub trait Wire<P>: Sized {
    /// Checks and takes over what came from the wire.
    ///
    /// # Errors
    /// [`Malformed`] names the field and what is wrong with it.
    fn from_wire(wire: P) -> Result<Self, Malformed>;

    /// Gives the shape that goes on the wire.
    fn into_wire(self) -> P;
}

/// A message that means nothing valid: which field, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {wrong}")]
pub struct Malformed {
    /// Dotted path of field names, as in the `.proto` files.
    pub field: String,
    /// What is wrong.
    pub wrong: Wrong,
}

/// What can be wrong with one field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// The bytes are no protobuf message of this type.
    #[error("not a message of this type")]
    Undecodable,
    /// The field must be there.
    #[error("missing")]
    Missing,
    /// A byte string or text of another length than allowed.
    #[error("{found} bytes where {min} to {max} are allowed")]
    Length {
        /// bytes found
        found: usize,
        /// fewest bytes allowed
        min: usize,
        /// most bytes allowed
        max: usize,
    },
    /// More items than a list may have.
    #[error("{found} items where {max} are allowed")]
    Items {
        /// items found
        found: usize,
        /// most items allowed
        max: usize,
    },
    /// A number outside its range, or an enum value without meaning here.
    #[error("{found} is not allowed here")]
    Value {
        /// the number found
        found: u64,
    },
    /// A character that this kind of text must not have.
    #[error("character U+{found:04X} is not allowed")]
    Character {
        /// the code point found
        found: u32,
    },
    /// Text of a shape that is not allowed, such as leading white space.
    #[error("not of the expected form")]
    Form,
}

impl Malformed {
    /// A fault of the message as a whole.
    #[must_use]
    pub const fn whole(wrong: Wrong) -> Self {
        Self { field: String::new(), wrong }
    }

    /// The same fault, seen from the message that holds the field.
    #[must_use]
    pub fn at(mut self, field: &str) -> Self {
        self.field = if self.field.is_empty() { field.to_owned() } else { format!("{field}.{}", self.field) };
        self
    }
}

impl From<Wrong> for Malformed {
    fn from(wrong: Wrong) -> Self {
        Self::whole(wrong)
    }
}

macro_rules! as_it_is {
    ($($plain:ty),*) => { $(
        impl Wire<$plain> for $plain {
            fn from_wire(wire: $plain) -> Result<Self, Malformed> {
                Ok(wire)
            }
            fn into_wire(self) -> $plain {
                self
            }
        }
    )* };
}
as_it_is!(u32, u64, bool, Bytes);

impl<P, T: Wire<P>> Wire<Option<P>> for Option<T> {
    fn from_wire(wire: Option<P>) -> Result<Self, Malformed> {
        wire.map(T::from_wire).transpose()
    }
    fn into_wire(self) -> Option<P> {
        self.map(T::into_wire)
    }
}

impl<P, T: Wire<P>> Wire<Vec<P>> for Vec<T> {
    fn from_wire(wire: Vec<P>) -> Result<Self, Malformed> {
        wire.into_iter().map(T::from_wire).collect()
    }
    fn into_wire(self) -> Vec<P> {
        self.into_iter().map(T::into_wire).collect()
    }
}

/// Declares a message: the valid struct, and its way from and to the generated one of the same name.
macro_rules! message {
    ($($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $ty:ty),* $(,)? })*) => { $(
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name { $($(#[$field_meta])* pub $field: $ty,)* }

        impl $crate::Wire<$crate::pb::$name> for $name {
            #[allow(unused_variables)]
            fn from_wire(wire: $crate::pb::$name) -> Result<Self, $crate::Malformed> {
                Ok(Self {
                    $($field: $crate::Wire::from_wire(wire.$field).map_err(|fault| fault.at(stringify!($field)))?,)*
                })
            }
            fn into_wire(self) -> $crate::pb::$name {
                $crate::pb::$name { $($field: $crate::Wire::into_wire(self.$field),)* }
            }
        }
        impl $crate::Wire<Option<$crate::pb::$name>> for $name {
            fn from_wire(wire: Option<$crate::pb::$name>) -> Result<Self, $crate::Malformed> {
                $crate::Wire::from_wire(wire.ok_or($crate::Wrong::Missing)?)
            }
            fn into_wire(self) -> Option<$crate::pb::$name> {
                Some($crate::Wire::into_wire(self))
            }
        }
        impl $name {
            /// Reads the message from a frame's payload.
            ///
            /// # Errors
            /// [`Malformed`](crate::Malformed) when the bytes do not decode or a field is not valid.
            pub fn decode(payload: bytes::Bytes) -> Result<Self, $crate::Malformed> {
                let wire = <$crate::pb::$name as prost::Message>::decode(payload)
                    .map_err(|_| $crate::Wrong::Undecodable)?;
                $crate::Wire::from_wire(wire)
            }
            /// Appends the message as a frame's payload.
            pub fn encode(self, out: &mut bytes::BytesMut) {
                use prost::Message as _;
                let wire: $crate::pb::$name = $crate::Wire::into_wire(self);
                out.reserve(wire.encoded_len());
                wire.encode_raw(out);
            }
        }
        impl $crate::message::Encode for $name {
            fn encode_payload(self, out: &mut bytes::BytesMut) {
                self.encode(out);
            }
        }
    )* };
}

/// Declares an enum whose number zero (and any that is unknown) has a defined meaning.
macro_rules! numbered {
    ($($(#[$meta:meta])* $name:ident else $default:ident { $($(#[$vmeta:meta])* $variant:ident),* $(,)? })*) => { $(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$vmeta])* $variant,)* }
        impl $crate::Wire<i32> for $name {
            fn from_wire(wire: i32) -> Result<Self, $crate::Malformed> {
                Ok(match $crate::pb::$name::try_from(wire) {
                    $(Ok($crate::pb::$name::$variant) => Self::$variant,)*
                    Ok($crate::pb::$name::Unspecified) | Err(_) => Self::$default,
                })
            }
            fn into_wire(self) -> i32 {
                match self { $(Self::$variant => $crate::pb::$name::$variant as i32,)* }
            }
        }
    )* };
}

/// Declares an enum of which every unknown number is refused.
macro_rules! numbered_strictly {
    ($($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident),* $(,)? })*) => { $(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$vmeta])* $variant,)* }
        impl $crate::Wire<i32> for $name {
            fn from_wire(wire: i32) -> Result<Self, $crate::Malformed> {
                match $crate::pb::$name::try_from(wire) {
                    $(Ok($crate::pb::$name::$variant) => Ok(Self::$variant),)*
                    Ok($crate::pb::$name::Unspecified) | Err(_) => {
                        Err($crate::Wrong::Value { found: u64::from(wire.unsigned_abs()) }.into())
                    }
                }
            }
            fn into_wire(self) -> i32 {
                match self { $(Self::$variant => $crate::pb::$name::$variant as i32,)* }
            }
        }
    )* };
}

pub(crate) use {message, numbered, numbered_strictly};
