//! Texts that people wrote, each with its own rule. Never truncated: accepted whole or refused.
use std::fmt;

use crate::{Malformed, Wire, Wrong};

/// Characters that change how the text around them is shown, or that nobody sees.
const fn is_deceptive(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{180E}' | '\u{200B}' | '\u{200E}' | '\u{200F}'
        | '\u{202A}'..='\u{202E}' | '\u{2028}' | '\u{2029}' | '\u{2060}'..='\u{206F}' | '\u{3164}'
        | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

fn printable(text: &str) -> Result<(), Wrong> {
    match text.chars().find(|c| c.is_control() || is_deceptive(*c)) {
        Some(c) => Err(Wrong::Character { found: u32::from(c) }),
        None if text.trim() != text => Err(Wrong::Form),
        None => Ok(()),
    }
}

fn user_name(text: &str) -> Result<(), Wrong> {
    let stranger = |c: &char| !matches!(c, 'a'..='z' | '0'..='9' | '.' | '_' | '-');
    match text.chars().find(stranger) {
        Some(c) => Err(Wrong::Character { found: u32::from(c) }),
        None if text.starts_with(|c: char| c.is_ascii_lowercase()) => Ok(()),
        None => Err(Wrong::Form),
    }
}

fn email(text: &str) -> Result<(), Wrong> {
    printable(text)?;
    let well_formed = text.split_once('@').is_some_and(|(local, host)| {
        !local.is_empty() && !host.is_empty() && !host.contains('@') && !text.contains(char::is_whitespace)
    });
    if well_formed { Ok(()) } else { Err(Wrong::Form) }
}

fn token_like(text: &str) -> Result<(), Wrong> {
    match text.chars().find(|c| !c.is_ascii_graphic()) {
        Some(c) => Err(Wrong::Character { found: u32::from(c) }),
        None => Ok(()),
    }
}

macro_rules! text {
    ($($(#[$meta:meta])* $name:ident [$min:literal..=$max:literal] by $rule:ident)*) => { $(
        $(#[$meta])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            /// The fewest bytes of UTF-8.
            pub const MIN: usize = $min;
            /// The most bytes of UTF-8.
            pub const MAX: usize = $max;

            /// Checks the text.
            ///
            /// # Errors
            /// [`Wrong`] says which rule it breaks.
            pub fn new(text: &str) -> Result<Self, Wrong> {
                if !($min..=$max).contains(&text.len()) {
                    return Err(Wrong::Length { found: text.len(), min: $min, max: $max });
                }
                $rule(text)?;
                Ok(Self(text.into()))
            }
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
        impl Wire<String> for $name {
            fn from_wire(wire: String) -> Result<Self, Malformed> {
                Ok(Self::new(&wire)?)
            }
            fn into_wire(self) -> String {
                self.0.into()
            }
        }
        /// Absent is the empty text.
        impl Wire<String> for Option<$name> {
            fn from_wire(wire: String) -> Result<Self, Malformed> {
                if wire.is_empty() { Ok(None) } else { <$name as Wire<String>>::from_wire(wire).map(Some) }
            }
            fn into_wire(self) -> String {
                self.map_or_else(String::new, <$name as Wire<String>>::into_wire)
            }
        }
    )* };
}

text! {
    /// What is typed and compared: `[a-z][a-z0-9._-]{1,31}`, unique on the server.
    UserName [2..=32] by user_name
    /// What others see: any script.
    DisplayName [1..=128] by printable
    /// An e-mail address, unique on the server. Not verified: it is a hint for people.
    Email [3..=254] by email
    /// What a person calls one of their devices.
    DeviceName [1..=64] by printable
    /// My own name for a contact.
    Remark [0..=256] by printable
    /// A word that contacts are sorted by.
    Label [1..=64] by printable
    /// A line that goes with a contact request, a ban or an invite.
    Note [0..=256] by printable
    /// What is searched for.
    Query [1..=64] by printable
    /// What the server calls itself.
    ServerName [1..=64] by printable
    /// BCP 47, or nothing.
    Language [0..=35] by token_like
    /// What a bot's token may be used for.
    BotScope [1..=32] by token_like
}
