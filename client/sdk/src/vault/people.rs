//! People and contacts, as the server described them last.
use bytes::{Bytes, BytesMut};
use rusqlite::{OptionalExtension as _, Transaction};
use sotto_protocol::{AccountId, Contact, Person};

use super::{Id, Keys, Vault, VaultError, open, seal};

impl Vault {
    /// Remembers a person.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn set_person(&mut self, person: &Person) -> Result<(), VaultError> {
        let (transaction, keys) = self.transaction()?;
        put_person(&transaction, keys, person)?;
        Ok(transaction.commit()?)
    }

    /// Somebody, if anything is known.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn person(&self, account: AccountId) -> Result<Option<Person>, VaultError> {
        let sealed: Option<Vec<u8>> = self
            .connection
            .prepare_cached("SELECT card FROM people WHERE account = ?1")?
            .query_row([account.as_bytes()], |row| row.get(0))
            .optional()?;
        let Some(sealed) = sealed else { return Ok(None) };
        let card = open(&self.keys.people, &sealed, account.as_bytes())?;
        Ok(Person::decode(Bytes::copy_from_slice(&card)).ok())
    }

    /// Everybody who is known.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn people(&self) -> Result<Vec<Person>, VaultError> {
        let cards = self.cards("SELECT account, card FROM people", &self.keys.people)?;
        Ok(cards.into_iter().filter_map(|card| Person::decode(card).ok()).collect())
    }

    /// Replaces the contacts by the server's whole list.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn set_contacts(&mut self, contacts: &[Contact]) -> Result<(), VaultError> {
        let (transaction, keys) = self.transaction()?;
        transaction.execute("DELETE FROM contacts", [])?;
        for contact in contacts {
            put_contact(&transaction, keys, contact)?;
        }
        Ok(transaction.commit()?)
    }

    /// Remembers one contact.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn set_contact(&mut self, contact: &Contact) -> Result<(), VaultError> {
        let (transaction, keys) = self.transaction()?;
        put_contact(&transaction, keys, contact)?;
        Ok(transaction.commit()?)
    }

    /// Forgets one contact.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn remove_contact(&mut self, account: AccountId) -> Result<(), VaultError> {
        self.connection.execute("DELETE FROM contacts WHERE account = ?1", [account.as_bytes()])?;
        Ok(())
    }

    /// My contacts, in the order of their user names.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn contacts(&self) -> Result<Vec<Contact>, VaultError> {
        let cards = self.cards("SELECT account, card FROM contacts", &self.keys.contacts)?;
        let mut contacts: Vec<_> = cards.into_iter().filter_map(|card| Contact::decode(card).ok()).collect();
        contacts.sort_by(|one, other| one.person.user_name.cmp(&other.person.user_name));
        Ok(contacts)
    }

    /// All sealed cards of a table, opened.
    pub(super) fn cards(
        &self,
        select: &str,
        key: &client_crypto::Compartment,
    ) -> Result<Vec<Bytes>, VaultError> {
        let mut statement = self.connection.prepare_cached(select)?;
        let rows = statement.query_map([], |row| Ok((row.get::<_, Id>(0)?, row.get::<_, Vec<u8>>(1)?)))?;
        let mut cards = Vec::new();
        for row in rows {
            let (id, sealed) = row?;
            cards.push(Bytes::copy_from_slice(&open(key, &sealed, &id.0)?));
        }
        Ok(cards)
    }
}

pub(super) fn put_person(
    transaction: &Transaction<'_>,
    keys: &Keys,
    person: &Person,
) -> Result<(), VaultError> {
    let mut card = BytesMut::new();
    person.clone().encode(&mut card);
    let sealed = seal(&keys.people, &card, person.account.as_bytes());
    transaction
        .prepare_cached(
            "INSERT INTO people (account, card) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET card = ?2",
        )?
        .execute((person.account.as_bytes(), sealed))?;
    Ok(())
}

pub(super) fn put_contact(
    transaction: &Transaction<'_>,
    keys: &Keys,
    contact: &Contact,
) -> Result<(), VaultError> {
    put_person(transaction, keys, &contact.person)?;
    let mut card = BytesMut::new();
    contact.clone().encode(&mut card);
    let account = contact.person.account;
    let sealed = seal(&keys.contacts, &card, account.as_bytes());
    transaction
        .prepare_cached(
            "INSERT INTO contacts (account, card) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET card = ?2",
        )?
        .execute((account.as_bytes(), sealed))?;
    Ok(())
}
