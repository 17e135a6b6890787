//! Rooms, and how far everybody is in them.
use bytes::{Bytes, BytesMut};
use rusqlite::{OptionalExtension as _, Transaction};
use sotto_protocol::{AccountId, LogId, Marks, Room, RoomId, RoomKind};

use super::{Keys, Vault, VaultError, int, natural, open, people::put_person, seal};

impl Vault {
    /// Replaces the rooms by the server's whole list. Gives the logs of which the server believes that more is stored
    /// here than is: this file is older than it should be, and what lies between will not come again.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn set_rooms(&mut self, rooms: &[Room]) -> Result<Vec<(RoomId, u64, u64)>, VaultError> {
        let (transaction, keys) = self.transaction()?;
        transaction.execute("DELETE FROM rooms", [])?;
        let mut lost = Vec::new();
        for room in rooms {
            lost.extend(put_room(&transaction, keys, room)?);
        }
        transaction.commit()?;
        Ok(lost)
    }

    /// The server came back from a backup: it has forgotten what came after, and will use those sequences again. What is
    /// here stays, without its place; what was ours and is lost there says so.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn rewind(&mut self, rooms: &[Room], inbox: LogId) -> Result<(), VaultError> {
        let (transaction, _) = self.transaction()?;
        transaction.execute("DELETE FROM cursors WHERE log = ?1", [inbox.as_bytes()])?;
        transaction.execute("DELETE FROM own", [])?;
        for room in rooms {
            let id = room.room.as_bytes();
            transaction.execute(
                "UPDATE messages SET sequence = NULL, failed = 'server.rewound' WHERE room = ?1 AND sequence > ?2",
                (id, int(room.head)),
            )?;
            transaction.execute(
                "UPDATE cursors SET cursor = ?2 WHERE log = ?1 AND cursor > ?2",
                (id, int(room.cursor)),
            )?;
            transaction.execute(
                "UPDATE marks SET delivered = min(delivered, ?2), read = min(read, ?2) WHERE room = ?1",
                (id, int(room.head)),
            )?;
        }
        Ok(transaction.commit()?)
    }

    /// Remembers one room.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn set_room(&mut self, room: &Room) -> Result<(), VaultError> {
        let (transaction, keys) = self.transaction()?;
        put_room(&transaction, keys, room)?;
        Ok(transaction.commit()?)
    }

    /// Forgets a room that I am no longer in; what was said there stays.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn remove_room(&mut self, room: RoomId) -> Result<(), VaultError> {
        self.connection.execute("DELETE FROM rooms WHERE room = ?1", [room.as_bytes()])?;
        Ok(())
    }

    /// A room that I am in.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn room(&self, room: RoomId) -> Result<Option<Room>, VaultError> {
        let sealed: Option<Vec<u8>> = self
            .connection
            .prepare_cached("SELECT card FROM rooms WHERE room = ?1")?
            .query_row([room.as_bytes()], |row| row.get(0))
            .optional()?;
        let Some(sealed) = sealed else { return Ok(None) };
        let card = open(&self.keys.rooms, &sealed, room.as_bytes())?;
        Ok(Room::decode(Bytes::copy_from_slice(&card)).ok())
    }

    /// The rooms that I am in.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn rooms(&self) -> Result<Vec<Room>, VaultError> {
        let cards = self.cards("SELECT room, card FROM rooms", &self.keys.rooms)?;
        Ok(cards.into_iter().filter_map(|card| Room::decode(card).ok()).collect())
    }

    /// The direct room with somebody, if there is one.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn direct_room(&self, peer: AccountId) -> Result<Option<Room>, VaultError> {
        let with_peer = |room: &Room| {
            room.kind == RoomKind::Direct && room.peer.as_ref().is_some_and(|person| person.account == peer)
        };
        Ok(self.rooms()?.into_iter().find(with_peer))
    }

    /// Remembers how far somebody is. `false`: nothing new.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn set_marks(&mut self, marks: &Marks) -> Result<bool, VaultError> {
        let changed = self
            .connection
            .prepare_cached(
                "INSERT INTO marks (room, account, delivered, read) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT DO UPDATE SET delivered = max(delivered, ?3), read = max(read, ?4)
                 WHERE delivered < ?3 OR read < ?4",
            )?
            .execute((
                marks.room.as_bytes(),
                marks.account.as_bytes(),
                int(marks.delivered.max(marks.read)),
                int(marks.read),
            ))?;
        Ok(changed > 0)
    }

    /// Up to where this log is stored here.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn cursor(&self, log: LogId) -> Result<Option<u64>, VaultError> {
        let cursor: Option<i64> = self
            .connection
            .query_row("SELECT cursor FROM cursors WHERE log = ?1", [log.as_bytes()], |row| row.get(0))
            .optional()?;
        Ok(cursor.map(natural))
    }
}

/// Remembers a room. A log that is new here begins where the server says that this device begins; one that is behind
/// what the server heard is moved there, and the hole is given.
pub(super) fn put_room(
    transaction: &Transaction<'_>,
    keys: &Keys,
    room: &Room,
) -> Result<Option<(RoomId, u64, u64)>, VaultError> {
    let mut card = BytesMut::new();
    room.clone().encode(&mut card);
    let sealed = seal(&keys.rooms, &card, room.room.as_bytes());
    transaction
        .prepare_cached("INSERT INTO rooms (room, card) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET card = ?2")?
        .execute((room.room.as_bytes(), sealed))?;
    if let Some(peer) = &room.peer {
        put_person(transaction, keys, peer)?;
    }
    let log = LogId::from(room.room);
    let cursor: Option<i64> = transaction
        .prepare_cached("SELECT cursor FROM cursors WHERE log = ?1")?
        .query_row([log.as_bytes()], |row| row.get(0))
        .optional()?;
    let lost = match cursor.map(natural) {
        Some(cursor) if cursor >= room.cursor => return Ok(None),
        Some(cursor) => Some((room.room, cursor + 1, room.cursor)),
        None => None,
    };
    transaction
        .prepare_cached(
            "INSERT INTO cursors (log, cursor) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET cursor = ?2",
        )?
        .execute((log.as_bytes(), int(room.cursor)))?;
    Ok(lost)
}
