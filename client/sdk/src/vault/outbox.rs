//! The outbox on disk: a message is in it before anything is sent, and leaves it in the transaction that records the
//! server's answer.
use rusqlite::{OptionalExtension as _, Transaction};
use sotto_protocol::{Accepted, AccountId, DeviceId, EntryKind, EnvelopeId, LogId, RoomId};

use super::{
    Id, Vault, VaultError,
    history::kind_number,
    inbox::{load_place, store_place},
    int, open, seal,
};
use crate::pure::Lane;

/// One envelope of ours, before it leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Made once; every repetition has it.
    pub envelope: EnvelopeId,
    /// Where to.
    pub lane: Lane,
    /// From whom: me.
    pub account: AccountId,
    /// From which device: this one.
    pub device: DeviceId,
    /// When it was written, by this computer's clock.
    pub at_ms: u64,
    /// What.
    pub payload: Vec<u8>,
}

impl Vault {
    /// Keeps a message and puts it into the outbox, in one step.
    ///
    /// # Errors
    /// [`VaultError`]; nothing is kept then.
    pub fn post(&mut self, outgoing: &Outgoing) -> Result<(), VaultError> {
        let (transaction, keys) = self.transaction()?;
        let (room, peer) = columns(outgoing.lane);
        let name = outgoing.envelope.as_bytes();
        transaction.execute(
            "INSERT INTO messages (room, peer, envelope, account, device, kind, at_ms, payload)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            (
                room,
                peer,
                name,
                outgoing.account.as_bytes(),
                outgoing.device.as_bytes(),
                kind_number(EntryKind::Message),
                int(outgoing.at_ms),
                seal(&keys.messages, &outgoing.payload, name),
            ),
        )?;
        transaction.execute(
            "INSERT INTO outbox (envelope, room, peer, payload) VALUES (?1, ?2, ?3, ?4)",
            (name, room, peer, seal(&keys.outbox, &outgoing.payload, name)),
        )?;
        Ok(transaction.commit()?)
    }

    /// What waits, oldest first.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn waiting(&self) -> Result<Vec<(EnvelopeId, Lane)>, VaultError> {
        let mut statement =
            self.connection.prepare("SELECT envelope, room, peer FROM outbox ORDER BY number")?;
        let rows = statement.query_map([], |row| {
            Ok((row.get::<_, Id>(0)?, row.get::<_, Option<Id>>(1)?, row.get::<_, Option<Id>>(2)?))
        })?;
        let mut waiting = Vec::new();
        for row in rows {
            match row? {
                (envelope, Some(room), _) => {
                    waiting.push((EnvelopeId::new(envelope.0), Lane::Room(RoomId::new(room.0))));
                }
                (envelope, None, Some(peer)) => {
                    waiting.push((EnvelopeId::new(envelope.0), Lane::Person(AccountId::new(peer.0))));
                }
                (_, None, None) => {}
            }
        }
        Ok(waiting)
    }

    /// The bytes of an envelope that waits; `None`: it no longer does.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn waiting_payload(&self, envelope: EnvelopeId) -> Result<Option<Vec<u8>>, VaultError> {
        let sealed: Option<Vec<u8>> = self
            .connection
            .prepare_cached("SELECT payload FROM outbox WHERE envelope = ?1")?
            .query_row([envelope.as_bytes()], |row| row.get(0))
            .optional()?;
        sealed.map(|sealed| Ok(open(&self.keys.outbox, &sealed, envelope.as_bytes())?.to_vec())).transpose()
    }

    /// There is a room now with somebody: what waited for one moves in.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn house(&mut self, person: AccountId, room: RoomId) -> Result<(), VaultError> {
        let (transaction, _) = self.transaction()?;
        for table in ["messages", "outbox"] {
            transaction.execute(
                &format!("UPDATE {table} SET room = ?1 WHERE peer = ?2 AND room IS NULL"),
                (room.as_bytes(), person.as_bytes()),
            )?;
        }
        Ok(transaction.commit()?)
    }

    /// The server has it: the message gets its sequence, leaves the outbox, and counts as delivered to this device.
    /// Gives the cursor, if it moved.
    ///
    /// # Errors
    /// [`VaultError`]; it will be sent again then, under the same name.
    pub fn accepted(&mut self, envelope: EnvelopeId, accepted: &Accepted) -> Result<Option<u64>, VaultError> {
        let (transaction, _) = self.transaction()?;
        transaction.execute(
            "UPDATE messages SET room = ?1, sequence = ?2, at_ms = ?3
             WHERE envelope = ?4 AND sequence IS NULL AND EXISTS (SELECT 1 FROM outbox WHERE envelope = ?4)",
            (accepted.log.as_bytes(), int(accepted.sequence), int(accepted.at_ms), envelope.as_bytes()),
        )?;
        transaction.execute("DELETE FROM outbox WHERE envelope = ?1", [envelope.as_bytes()])?;
        let moved = mine(&transaction, accepted.log, accepted.sequence)?;
        transaction.commit()?;
        Ok(moved)
    }

    /// A change of a room that this device made was accepted: its sequence will not be delivered here.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn own_change(&mut self, log: LogId, sequence: u64) -> Result<Option<u64>, VaultError> {
        let (transaction, _) = self.transaction()?;
        let moved = mine(&transaction, log, sequence)?;
        transaction.commit()?;
        Ok(moved)
    }

    /// Takes a message back that waits. `false`: it no longer does.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn withdraw(&mut self, envelope: EnvelopeId) -> Result<bool, VaultError> {
        let (transaction, _) = self.transaction()?;
        let waited =
            transaction.execute("DELETE FROM outbox WHERE envelope = ?1", [envelope.as_bytes()])? > 0;
        if waited {
            transaction.execute(
                "DELETE FROM messages WHERE envelope = ?1 AND sequence IS NULL",
                [envelope.as_bytes()],
            )?;
        }
        transaction.commit()?;
        Ok(waited)
    }

    /// The server refused it for good: the message stays, with the reason, and leaves the outbox.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn failed(&mut self, envelope: EnvelopeId, reason: &str) -> Result<(), VaultError> {
        let (transaction, _) = self.transaction()?;
        transaction.execute(
            "UPDATE messages SET failed = ?1 WHERE envelope = ?2 AND sequence IS NULL",
            (reason, envelope.as_bytes()),
        )?;
        transaction.execute("DELETE FROM outbox WHERE envelope = ?1", [envelope.as_bytes()])?;
        Ok(transaction.commit()?)
    }
}

fn mine(transaction: &Transaction<'_>, log: LogId, sequence: u64) -> Result<Option<u64>, VaultError> {
    let mut place = load_place(transaction, log)?;
    let before = place.cursor();
    place.accepted(sequence);
    store_place(transaction, log, &place)?;
    Ok(place.cursor().filter(|_| place.cursor() != before))
}

fn columns(lane: Lane) -> (Option<[u8; 16]>, Option<[u8; 16]>) {
    match lane {
        Lane::Room(room) => (Some(*room.as_bytes()), None),
        Lane::Person(person) => (None, Some(*person.as_bytes())),
    }
}
