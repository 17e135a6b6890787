//! Facts about ourselves: which server, which account, the last token, what was heard last.
use rusqlite::OptionalExtension as _;
use sotto_protocol::{Pin, Token, UserName};

use super::{Vault, VaultError, open, seal};

/// The server that this profile has joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// What it is known by.
    pub pin: Pin,
    /// Where it may be, most likely first.
    pub addresses: Vec<String>,
    /// What it calls itself; empty until it has said so.
    pub name: String,
}

/// What the server's lists were like when they were fetched last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Revisions {
    /// Of the contacts.
    pub roster: u64,
    /// Of the rooms.
    pub rooms: u64,
    /// The server's incarnation.
    pub incarnation: u64,
}

impl Vault {
    /// Remembers where the server is.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn set_server(&mut self, server: &Server) -> Result<(), VaultError> {
        let mut lines = vec![server.pin.to_string(), server.name.clone()];
        lines.extend(server.addresses.iter().cloned());
        self.set_fact("server", lines.join("\n").as_bytes())
    }

    /// The server, if one was joined.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn server(&self) -> Result<Option<Server>, VaultError> {
        let Some(fact) = self.fact("server")? else { return Ok(None) };
        let text = String::from_utf8_lossy(&fact).into_owned();
        let mut lines = text.lines();
        let pin = lines.next().and_then(pin_from_hex);
        let name = lines.next().unwrap_or_default().to_owned();
        Ok(pin.map(|pin| Server { pin, name, addresses: lines.map(str::to_owned).collect() }))
    }

    /// Remembers the user name that the account was made with, once the server knows it.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn set_joined(&mut self, user_name: &UserName) -> Result<(), VaultError> {
        self.set_fact("user name", user_name.as_str().as_bytes())
    }

    /// My user name, if this profile has an account.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn joined(&self) -> Result<Option<UserName>, VaultError> {
        let fact = self.fact("user name")?;
        Ok(fact.and_then(|name| str::from_utf8(&name).ok().and_then(|name| UserName::new(name).ok())))
    }

    /// Remembers the access token.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn set_token(&mut self, token: Option<&Token>) -> Result<(), VaultError> {
        self.set_fact("token", token.map_or(&[][..], |token| token.as_bytes()))
    }

    /// The access token of the last sign-in.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn token(&self) -> Result<Option<Token>, VaultError> {
        Ok(self.fact("token")?.and_then(|fact| Token::from_slice(&fact)))
    }

    /// Remembers what the server's lists were like.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn set_revisions(&mut self, revisions: Revisions) -> Result<(), VaultError> {
        let numbers = [revisions.roster, revisions.rooms, revisions.incarnation];
        self.set_fact("revisions", &numbers.map(u64::to_be_bytes).concat())
    }

    /// What the server's lists were like; `None`: never fetched.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn revisions(&self) -> Result<Option<Revisions>, VaultError> {
        let Some(fact) = self.fact("revisions")? else { return Ok(None) };
        let mut numbers = fact.chunks_exact(8).map(|chunk| chunk.try_into().map_or(0, u64::from_be_bytes));
        let (Some(roster), Some(rooms), Some(incarnation)) = (numbers.next(), numbers.next(), numbers.next())
        else {
            return Ok(None);
        };
        Ok(Some(Revisions { roster, rooms, incarnation }))
    }

    /// Remembers up to which message a listener has been told.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn set_heard(&mut self, number: u64) -> Result<(), VaultError> {
        self.set_fact("heard", &number.to_be_bytes())
    }

    /// Up to which message a listener has been told.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn heard(&self) -> Result<u64, VaultError> {
        let fact = self.fact("heard")?;
        Ok(fact.and_then(|fact| fact.as_slice().try_into().ok().map(u64::from_be_bytes)).unwrap_or(0))
    }

    pub(super) fn set_fact(&mut self, name: &str, value: &[u8]) -> Result<(), VaultError> {
        let sealed = seal(&self.keys.facts, value, name.as_bytes());
        self.connection.execute(
            "INSERT INTO facts (name, value) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = ?2",
            (name, sealed),
        )?;
        Ok(())
    }

    pub(super) fn fact(&self, name: &str) -> Result<Option<zeroize::Zeroizing<Vec<u8>>>, VaultError> {
        let sealed: Option<Vec<u8>> = self
            .connection
            .query_row("SELECT value FROM facts WHERE name = ?1", [name], |row| row.get(0))
            .optional()?;
        sealed.map(|sealed| open(&self.keys.facts, &sealed, name.as_bytes())).transpose()
    }
}

fn pin_from_hex(text: &str) -> Option<Pin> {
    let bytes: Option<Vec<u8>> = (0..32)
        .map(|index| text.get(2 * index..2 * index + 2).and_then(|two| u8::from_str_radix(two, 16).ok()))
        .collect();
    bytes.and_then(|bytes| Pin::from_slice(&bytes))
}
