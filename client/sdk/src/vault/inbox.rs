//! Receiving: a batch of deliveries is one transaction, in which every entry is stored together with the cursor that
//! passes it. Only what this has returned may be acknowledged.
use rusqlite::{OptionalExtension as _, Transaction};
use sotto_protocol::{
    Change, ContactEvent, Deliver, EntryKind, Gap, InboxEvent, LogId, Marks, RoomEvent, RoomId,
};

use super::{
    Id, Keys, Vault, VaultError,
    history::kind_number,
    int, natural,
    people::{put_contact, put_person},
    rooms::put_room,
    seal,
};
use crate::pure::{Place, Verdict};

/// What came from the server and must be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::large_enum_variant, reason = "deliveries are what there is most of")]
pub enum Received {
    /// An entry of a log.
    Deliver(Deliver),
    /// A stretch of a log that will not come.
    Gap(Gap),
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Which log.
    pub log: LogId,
    /// Where this device stands in it now: may be acknowledged.
    pub cursor: u64,
    /// Bytes that it had.
    pub bytes: usize,
    /// What is new; `None` for a repetition.
    pub news: Option<News>,
}

/// What is new.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// A message: its number in [`Vault::message`].
    Message(u64),
    /// Who is in a room, or what it is called.
    Change(RoomId, Change),
    /// Something for the account or this device.
    Event(InboxEvent),
    /// Entries that will not come.
    Gap(Gap),
    /// An entry that this program does not understand: passed, and kept where it has a room.
    Unknown,
}

impl Vault {
    /// Stores what came, in one transaction.
    ///
    /// # Errors
    /// [`VaultError`]; nothing of it is stored then, and nothing may be acknowledged.
    pub fn receive(&mut self, batch: Vec<Received>) -> Result<Vec<Stored>, VaultError> {
        let (transaction, keys) = self.transaction()?;
        let mut stored = Vec::with_capacity(batch.len());
        for received in batch {
            stored.push(match received {
                Received::Deliver(deliver) => take(&transaction, keys, deliver)?,
                Received::Gap(gap) => pass(&transaction, gap)?,
            });
        }
        transaction.commit()?;
        Ok(stored)
    }
}

fn take(transaction: &Transaction<'_>, keys: &Keys, deliver: Deliver) -> Result<Stored, VaultError> {
    let mut place = load_place(transaction, deliver.log)?;
    let verdict = place.deliver(deliver.sequence);
    store_place(transaction, deliver.log, &place)?;
    let (log, bytes) = (deliver.log, deliver.sealed.len());
    let cursor = place.cursor().unwrap_or(deliver.sequence);
    let news = match verdict {
        Verdict::Duplicate => None,
        Verdict::Next => Some(read(transaction, keys, deliver)?),
        Verdict::Jump { unknown } => {
            if unknown > 0 {
                tracing::debug!(%log, sequence = deliver.sequence, unknown, "a delivery jumps");
            }
            Some(read(transaction, keys, deliver)?)
        }
    };
    Ok(Stored { log, cursor, bytes, news })
}

fn pass(transaction: &Transaction<'_>, gap: Gap) -> Result<Stored, VaultError> {
    let mut place = load_place(transaction, gap.log)?;
    let news = place.gone(gap.to);
    store_place(transaction, gap.log, &place)?;
    let (log, cursor) = (gap.log, place.cursor().unwrap_or(gap.to));
    Ok(Stored { log, cursor, bytes: 0, news: news.then_some(News::Gap(gap)) })
}

fn read(transaction: &Transaction<'_>, keys: &Keys, deliver: Deliver) -> Result<News, VaultError> {
    Ok(match deliver.kind {
        EntryKind::Message => News::Message(keep(transaction, keys, &deliver)?),
        EntryKind::Change => {
            keep(transaction, keys, &deliver)?;
            match Change::decode(deliver.sealed.into_inner()) {
                Ok(change) => News::Change(deliver.log.into(), change),
                Err(_) => News::Unknown,
            }
        }
        EntryKind::Commit => News::Unknown,
        EntryKind::Event => match InboxEvent::decode(deliver.sealed.into_inner()) {
            Ok(event) => {
                apply(transaction, keys, &event)?;
                News::Event(event)
            }
            Err(_) => News::Unknown,
        },
    })
}

fn keep(transaction: &Transaction<'_>, keys: &Keys, deliver: &Deliver) -> Result<u64, VaultError> {
    let name = deliver.envelope_id.as_bytes();
    transaction
        .prepare_cached(
            "INSERT INTO messages (room, sequence, envelope, account, device, kind, at_ms, payload)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING",
        )?
        .execute((
            deliver.log.as_bytes(),
            int(deliver.sequence),
            name,
            deliver.account.as_bytes(),
            deliver.device.as_bytes(),
            kind_number(deliver.kind),
            int(deliver.at_ms),
            seal(&keys.messages, &deliver.sealed, name),
        ))?;
    Ok(natural(transaction.last_insert_rowid()))
}

fn apply(transaction: &Transaction<'_>, keys: &Keys, event: &InboxEvent) -> Result<(), VaultError> {
    match event {
        InboxEvent::Contact(ContactEvent { contact, gone: true, .. }) => {
            transaction
                .execute("DELETE FROM contacts WHERE account = ?1", [contact.person.account.as_bytes()])?;
        }
        InboxEvent::Contact(ContactEvent { contact, .. }) => put_contact(transaction, keys, contact)?,
        InboxEvent::Room(RoomEvent { room, gone: true, .. }) => {
            transaction.execute("DELETE FROM rooms WHERE room = ?1", [room.as_bytes()])?;
            // Whoever comes back begins anew.
            transaction.execute("DELETE FROM cursors WHERE log = ?1", [room.as_bytes()])?;
            transaction.execute("DELETE FROM own WHERE log = ?1", [room.as_bytes()])?;
        }
        InboxEvent::Room(RoomEvent { state: Some(room), .. }) => {
            put_room(transaction, keys, room)?;
        }
        InboxEvent::Account(event) => {
            if let Some(person) = &event.person {
                put_person(transaction, keys, person)?;
            }
        }
        InboxEvent::Room(_) | InboxEvent::Tombstone(_) | InboxEvent::Device(_) | InboxEvent::Notice(_) => {}
    }
    Ok(())
}

pub(super) fn load_place(transaction: &Transaction<'_>, log: LogId) -> Result<Place, VaultError> {
    let cursor: Option<i64> = transaction
        .prepare_cached("SELECT cursor FROM cursors WHERE log = ?1")?
        .query_row([log.as_bytes()], |row| row.get(0))
        .optional()?;
    let mut statement = transaction.prepare_cached("SELECT sequence FROM own WHERE log = ?1")?;
    let own: Result<Vec<i64>, _> = statement.query_map([log.as_bytes()], |row| row.get(0))?.collect();
    Ok(Place::new(cursor.map(natural), own?.into_iter().map(natural)))
}

pub(super) fn store_place(
    transaction: &Transaction<'_>,
    log: LogId,
    place: &Place,
) -> Result<(), VaultError> {
    if let Some(cursor) = place.cursor() {
        transaction
            .prepare_cached(
                "INSERT INTO cursors (log, cursor) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET cursor = ?2",
            )?
            .execute((log.as_bytes(), int(cursor)))?;
        transaction
            .prepare_cached("DELETE FROM own WHERE log = ?1 AND sequence <= ?2")?
            .execute((log.as_bytes(), int(cursor)))?;
    }
    for sequence in place.own() {
        transaction
            .prepare_cached("INSERT INTO own (log, sequence) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
            .execute((log.as_bytes(), int(sequence)))?;
    }
    Ok(())
}

/// The rooms in which somebody's marks may still change what is shown of a message of ours.
impl Vault {
    /// Rooms with messages of this device that not everybody has read, as far as is known; the busiest last.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn unsettled_rooms(
        &self,
        device: sotto_protocol::DeviceId,
        at_most: u32,
    ) -> Result<Vec<RoomId>, VaultError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT m.room FROM messages m JOIN rooms r ON r.room = m.room
             WHERE m.device = ?1 AND m.sequence IS NOT NULL
             GROUP BY m.room
             HAVING max(m.sequence) > coalesce((SELECT min(k.read) FROM marks k WHERE k.room = m.room), 0)
             ORDER BY max(m.number) DESC LIMIT ?2",
        )?;
        let rooms = statement.query_map((device.as_bytes(), at_most), |row| row.get::<_, Id>(0))?;
        Ok(rooms.collect::<Result<Vec<_>, _>>()?.into_iter().map(|id| RoomId::new(id.0)).collect())
    }

    /// Remembers what a list of members says about how far they are.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn set_members(
        &mut self,
        room: RoomId,
        members: &[sotto_protocol::Member],
    ) -> Result<Vec<Marks>, VaultError> {
        let mut news = Vec::new();
        for member in members {
            self.set_person(&member.person)?;
            let account = member.person.account;
            let marks = Marks { room, account, delivered: member.delivered, read: member.read };
            if self.set_marks(&marks)? {
                news.push(marks);
            }
        }
        Ok(news)
    }
}
