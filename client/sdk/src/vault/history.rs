//! What was said, and what became of what we said.
use rusqlite::{OptionalExtension as _, Row};
use sotto_protocol::{AccountId, DeviceId, EntryKind, EnvelopeId, RoomId};

use super::{Id, Vault, VaultError, int, natural, open};
use crate::{content::Content, pure::Lane};

/// One entry of a room, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// In the order in which they came to be here.
    pub number: u64,
    /// Which room; `None`: there is none yet with this person.
    pub room: Option<RoomId>,
    /// To whom, where it was written before there was a room.
    pub peer: Option<AccountId>,
    /// Where in the room's log; `None`: the server does not have it yet.
    pub sequence: Option<u64>,
    /// Its name.
    pub envelope: EnvelopeId,
    /// From whom.
    pub account: AccountId,
    /// From which device.
    pub device: DeviceId,
    /// When: the server's clock, or ours until it was accepted.
    pub at_ms: u64,
    /// What.
    pub body: MessageBody,
    /// Refused for good, with this reason.
    pub failed: Option<String>,
}

/// What an entry holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MessageBody {
    /// Something that a member wrote.
    Content(Content),
    /// A change of the room: the wire's `Change`, undecoded.
    Change(Vec<u8>),
    /// Of another kind.
    Other,
}

/// Which part of a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slice {
    /// The last so many.
    Last(u32),
    /// At most so many, with numbers greater than this.
    After(u64, u32),
}

/// What became of a message of ours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Delivery {
    /// Only on this device.
    #[default]
    Waiting,
    /// On the server's disk.
    Sent,
    /// At least one device of at least one other member stored it.
    Delivered,
    /// At least one other member has read it.
    Read,
}

const COLUMNS: &str = "number, room, peer, sequence, envelope, account, device, kind, at_ms, payload, failed";

impl Vault {
    /// One message.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn message(&self, number: u64) -> Result<Option<Message>, VaultError> {
        let found =
            self.select(&format!("SELECT {COLUMNS} FROM messages WHERE number = ?1"), (int(number),))?;
        Ok(found.into_iter().next())
    }

    /// One message of this device.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn own_message(&self, envelope: EnvelopeId, device: DeviceId) -> Result<Option<Message>, VaultError> {
        let select = format!("SELECT {COLUMNS} FROM messages WHERE envelope = ?1 AND device = ?2");
        Ok(self.select(&select, (envelope.as_bytes(), device.as_bytes()))?.into_iter().next())
    }

    /// What was said in a room or with a person, oldest first.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn history(&self, lane: Lane, slice: Slice) -> Result<Vec<Message>, VaultError> {
        let (column, id) = match lane {
            Lane::Room(room) => ("room", *room.as_bytes()),
            Lane::Person(person) => ("peer", *person.as_bytes()),
        };
        match slice {
            Slice::Last(limit) => {
                let select = format!(
                    "SELECT {COLUMNS} FROM messages WHERE {column} = ?1 ORDER BY number DESC LIMIT ?2"
                );
                let mut messages = self.select(&select, (id, limit))?;
                messages.reverse();
                Ok(messages)
            }
            Slice::After(number, limit) => {
                let select = format!(
                    "SELECT {COLUMNS} FROM messages WHERE {column} = ?1 AND number > ?2 ORDER BY number LIMIT ?3"
                );
                self.select(&select, (id, int(number), limit))
            }
        }
    }

    /// Everything from others that came after this number, oldest first.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn from_others(&self, me: DeviceId, after: u64, limit: u32) -> Result<Vec<Message>, VaultError> {
        let select = format!(
            "SELECT {COLUMNS} FROM messages WHERE number > ?1 AND device <> ?2 AND kind = ?3
             ORDER BY number LIMIT ?4"
        );
        self.select(&select, (int(after), me.as_bytes(), kind_number(EntryKind::Message), limit))
    }

    /// What became of a message of this device.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn delivery(&self, message: &Message) -> Result<Delivery, VaultError> {
        let (Some(room), Some(sequence)) = (message.room, message.sequence) else {
            return Ok(Delivery::Waiting);
        };
        let furthest: Option<(Option<i64>, Option<i64>)> = self
            .connection
            .prepare_cached("SELECT max(delivered), max(read) FROM marks WHERE room = ?1 AND account <> ?2")?
            .query_row((room.as_bytes(), message.account.as_bytes()), |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let (delivered, read) = furthest.unwrap_or_default();
        let reached = |mark: Option<i64>| mark.is_some_and(|mark| natural(mark) >= sequence);
        Ok(match (reached(delivered), reached(read)) {
            (_, true) => Delivery::Read,
            (true, false) => Delivery::Delivered,
            (false, false) => Delivery::Sent,
        })
    }

    /// How many messages from others in a room lie beyond a read mark.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn unread(&self, room: RoomId, me: AccountId, read: u64) -> Result<u64, VaultError> {
        let count: i64 = self
            .connection
            .prepare_cached(
                "SELECT count(*) FROM messages WHERE room = ?1 AND sequence > ?2 AND account <> ?3 AND kind = ?4",
            )?
            .query_row(
                (room.as_bytes(), int(read), me.as_bytes(), kind_number(EntryKind::Message)),
                |row| row.get(0),
            )?;
        Ok(natural(count))
    }

    fn select(&self, select: &str, parameters: impl rusqlite::Params) -> Result<Vec<Message>, VaultError> {
        let mut statement = self.connection.prepare_cached(select)?;
        let mut rows = statement.query(parameters)?;
        let mut messages = Vec::new();
        while let Some(row) = rows.next()? {
            messages.push(self.message_of(row)?);
        }
        Ok(messages)
    }

    fn message_of(&self, row: &Row<'_>) -> Result<Message, VaultError> {
        let envelope: Id = row.get(4)?;
        let sealed: Vec<u8> = row.get(9)?;
        let payload = open(&self.keys.messages, &sealed, &envelope.0)?;
        let kind: i64 = row.get(7)?;
        let body = match kind {
            1 => MessageBody::Content(Content::from_payload(&payload)),
            2 => MessageBody::Change(payload.to_vec()),
            _ => MessageBody::Other,
        };
        Ok(Message {
            number: natural(row.get(0)?),
            room: row.get::<_, Option<Id>>(1)?.map(|id| RoomId::new(id.0)),
            peer: row.get::<_, Option<Id>>(2)?.map(|id| AccountId::new(id.0)),
            sequence: row.get::<_, Option<i64>>(3)?.map(natural),
            envelope: EnvelopeId::new(envelope.0),
            account: AccountId::new(row.get::<_, Id>(5)?.0),
            device: DeviceId::new(row.get::<_, Id>(6)?.0),
            at_ms: natural(row.get(8)?),
            body,
            failed: row.get(10)?,
        })
    }
}

/// The wire's numbers, which are also the file's.
pub(super) const fn kind_number(kind: EntryKind) -> i64 {
    match kind {
        EntryKind::Message => 1,
        EntryKind::Change => 2,
        EntryKind::Commit => 3,
        EntryKind::Event => 4,
    }
}
