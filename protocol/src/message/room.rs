//! Rooms and logs: the one write, its delivery, cursors and marks.
use super::{Contact, Person};
use crate::{
    AccountId, DeviceId, EnvelopeId, Listed, LogId, Malformed, Note, Octets, RoomId, Wire, Wrong,
    limits::{GROUP_BYTES_MAX, ITEMS_MAX, SEALED_MAX, TITLE_MAX},
    pb,
    wire::{message, numbered, numbered_strictly},
};

/// A room's title, sealed by its members.
pub type Title = Octets<0, TITLE_MAX>;
/// Part of a group's public state, or of its change.
pub type GroupBytes = Octets<0, GROUP_BYTES_MAX>;
/// What only the members can read.
pub type Sealed = Octets<0, SEALED_MAX>;

numbered_strictly! {
    /// What kind of room.
    RoomKind {
        /// Two people; there is one for each pair.
        Direct,
        /// Any number of people.
        Group,
    }
    /// What kind of entry in a log.
    EntryKind {
        /// Sealed by a member.
        Message,
        /// Who is in, what it is called: written by the server.
        Change,
        /// A change of the group's keys alone.
        Commit,
        /// In an inbox: written by the server.
        Event,
    }
}

numbered! {
    /// What a member may do.
    Role else Member {
        /// Write and read.
        Member,
        /// Also add, remove and rename.
        Admin,
        /// Also choose admins and owners.
        Owner,
    }
    /// Why entries are gone.
    GapReason else Expired {
        /// Too old.
        Expired,
        /// Too many.
        Evicted,
    }
    /// What happened to one of my devices.
    DeviceEventKind else SignedIn {
        /// It is new.
        Enrolled,
        /// It signed in from somewhere.
        SignedIn,
        /// It signed out.
        SignedOut,
        /// It was removed.
        Revoked,
    }
    /// What happened to an account.
    AccountEventKind else Profile {
        /// Its names.
        Profile,
        /// Its password.
        Password,
        /// Its identity key.
        Identity,
        /// It is gone.
        Deleted,
    }
}

message! {
    /// An account and its role in a room.
    Seat {
        /// Who.
        account: AccountId,
        /// As what.
        role: Role,
    }
    /// What turns one epoch of a room's keys into the next.
    Commit {
        /// The epoch that it starts from.
        epoch: u64,
        /// The commit.
        commit: GroupBytes,
        /// What a device needs to rejoin.
        group_info: GroupBytes,
        /// One welcome for all the devices that it adds.
        welcome: GroupBytes,
        /// Those devices.
        welcome_devices: Listed<DeviceId, ITEMS_MAX>,
    }
    /// A new room; the creator owns it.
    RoomCreate {
        /// Made by the client: repeating is safe.
        room: RoomId,
        /// Direct or group.
        kind: RoomKind,
        /// The others.
        seats: Listed<Seat, ITEMS_MAX>,
        /// Sealed.
        title: Title,
        /// Of the log's first entry.
        envelope_id: EnvelopeId,
        /// The group's first epoch.
        commit: Option<Commit>,
        /// Of the room's sealing; 0: none.
        suite: u32,
    }
    /// The answer to [`RoomCreate`].
    RoomCreated {
        /// The room: of a direct one, perhaps the one that was there.
        room: RoomId,
        /// Of the first entry, 0 when the room existed.
        sequence: u64,
        /// It was there before.
        existed: bool,
    }
    /// Every change of who is in a room and of what it is called.
    RoomChange {
        /// Which.
        room: RoomId,
        /// Of the entry that tells it.
        envelope_id: EnvelopeId,
        /// Who comes.
        add: Listed<Seat, ITEMS_MAX>,
        /// Who goes.
        remove: Listed<AccountId, ITEMS_MAX>,
        /// Who changes role.
        roles: Listed<Seat, ITEMS_MAX>,
        /// What it is called now.
        title: Option<Title>,
        /// The change of keys that goes with it.
        commit: Option<Commit>,
    }
    /// I go.
    RoomLeave {
        /// Whence.
        room: RoomId,
        /// Of the entry that tells it.
        envelope_id: EnvelopeId,
    }
    /// A page of my rooms.
    RoomList {
        /// The last room of the page before.
        after: Option<RoomId>,
        /// How many.
        limit: u32,
    }
    /// The answer to [`RoomList`], in the order of the rooms' ids.
    Rooms {
        /// The page.
        rooms: Vec<Room>,
        /// There is another one.
        more: bool,
        /// Changes with every change of the rooms.
        revision: u64,
    }
    /// A room, as one member's device sees it.
    Room {
        /// Which.
        room: RoomId,
        /// Direct or group.
        kind: RoomKind,
        /// My role.
        role: Role,
        /// How many.
        members: u32,
        /// Of its keys.
        epoch: u64,
        /// Last sequence of its log.
        head: u64,
        /// What this device has acknowledged, as the server heard it.
        cursor: u64,
        /// My read mark.
        read: u64,
        /// Sealed.
        title: Title,
        /// Unix milliseconds.
        created_ms: u64,
        /// Of its sealing; 0: none.
        suite: u32,
        /// In a direct room: the other one.
        peer: Option<Person>,
    }
    /// A page of a room's members.
    RoomMembers {
        /// Which room.
        room: RoomId,
        /// The last account of the page before.
        after: Option<AccountId>,
        /// How many.
        limit: u32,
    }
    /// The answer to [`RoomMembers`], in the order of the accounts' ids.
    Members {
        /// The page.
        members: Vec<Member>,
        /// There is another one.
        more: bool,
    }
    /// A member of a room.
    Member {
        /// Who.
        person: Person,
        /// As what.
        role: Role,
        /// Unix milliseconds.
        joined_ms: u64,
        /// The furthest that one of their devices has stored.
        delivered: u64,
        /// How far they have seen, where they tell.
        read: u64,
    }
    /// The one write.
    Append {
        /// Where.
        log: LogId,
        /// Made once by the sender and kept with the draft.
        envelope_id: EnvelopeId,
        /// [`EntryKind::Message`] or [`EntryKind::Commit`].
        kind: EntryKind,
        /// With a message.
        sealed: Sealed,
        /// With a commit.
        commit: Option<Commit>,
    }
    /// The answer to every write to a log: it is on disk.
    Accepted {
        /// Where in the log.
        sequence: u64,
        /// When, by the server's clock, Unix milliseconds.
        at_ms: u64,
        /// It had been accepted before; this is the first answer again.
        duplicate: bool,
        /// Which log.
        log: LogId,
    }
    /// One entry of one log.
    Deliver {
        /// Which log.
        log: LogId,
        /// Where in it.
        sequence: u64,
        /// The sender's name for it.
        envelope_id: EnvelopeId,
        /// What kind.
        kind: EntryKind,
        /// Whose.
        account: AccountId,
        /// From which device.
        device: DeviceId,
        /// When the server took it, Unix milliseconds.
        at_ms: u64,
        /// The payload.
        sealed: Sealed,
    }
    /// These sequences are gone and will not come.
    Gap {
        /// Which log.
        log: LogId,
        /// The first that is missing.
        from: u64,
        /// The last that is missing.
        to: u64,
        /// Why.
        why: GapReason,
    }
    /// Everything up to here is stored on this device.
    Ack {
        /// Which log.
        log: LogId,
        /// The last sequence.
        upto: u64,
    }
    /// My read mark.
    Read {
        /// Which room.
        room: RoomId,
        /// The last sequence seen.
        upto: u64,
        /// Whether the others may know.
        tell: bool,
    }
    /// How far somebody is.
    Marks {
        /// Which room.
        room: RoomId,
        /// Who.
        account: AccountId,
        /// Stored by one of their devices.
        delivered: u64,
        /// Seen by them.
        read: u64,
    }
    /// The payload of a [`EntryKind::Change`] entry.
    Change {
        /// Who came.
        add: Listed<Seat, ITEMS_MAX>,
        /// Who went.
        remove: Listed<AccountId, ITEMS_MAX>,
        /// Who changed role.
        roles: Listed<Seat, ITEMS_MAX>,
        /// What it is called now.
        title: Option<Title>,
        /// The change of keys that went with it.
        commit: GroupBytes,
        /// The epoch after it.
        epoch: u64,
    }
    /// A contact has changed.
    ContactEvent {
        /// As it is now.
        contact: Contact,
        /// What they wrote when they asked.
        note: Note,
        /// It is no longer there.
        gone: bool,
    }
    /// I came to a room, or went.
    RoomEvent {
        /// Which.
        room: RoomId,
        /// I am no longer in it.
        gone: bool,
        /// Who did it.
        by: Option<AccountId>,
        /// The welcome, where this device has one.
        welcome: GroupBytes,
        /// The room, as it is.
        state: Option<Room>,
    }
    /// An envelope of mine is gone, and some had not read it.
    Tombstone {
        /// From which log.
        log: LogId,
        /// Which envelope.
        envelope_id: EnvelopeId,
        /// Where it was.
        sequence: u64,
        /// Why.
        why: GapReason,
    }
    /// Something happened to one of my devices.
    DeviceEvent {
        /// Which.
        device: DeviceId,
        /// What I call it.
        name: String,
        /// What happened.
        kind: DeviceEventKind,
        /// From where.
        address: String,
    }
    /// Something happened to an account that I know.
    AccountEvent {
        /// Which.
        account: AccountId,
        /// What happened.
        kind: AccountEventKind,
        /// As it is now.
        person: Option<Person>,
    }
    /// A line from the admin.
    NoticeEvent {
        /// The line.
        text: String,
    }
}

/// The payload of an [`EntryKind::Event`] entry of an inbox.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, clippy::large_enum_variant)]
pub enum InboxEvent {
    Contact(ContactEvent),
    Room(RoomEvent),
    Tombstone(Tombstone),
    Device(DeviceEvent),
    Account(AccountEvent),
    Notice(NoticeEvent),
}

impl Wire<pb::InboxEvent> for InboxEvent {
    fn from_wire(wire: pb::InboxEvent) -> Result<Self, Malformed> {
        use pb::inbox_event::Event;
        Ok(match wire.event.ok_or_else(|| Malformed::whole(Wrong::Missing).at("event"))? {
            Event::Contact(event) => Self::Contact(Wire::from_wire(event)?),
            Event::Room(event) => Self::Room(Wire::from_wire(event)?),
            Event::Tombstone(event) => Self::Tombstone(Wire::from_wire(event)?),
            Event::Device(event) => Self::Device(Wire::from_wire(event)?),
            Event::Account(event) => Self::Account(Wire::from_wire(event)?),
            Event::Notice(event) => Self::Notice(Wire::from_wire(event)?),
        })
    }
    fn into_wire(self) -> pb::InboxEvent {
        use pb::inbox_event::Event;
        pb::InboxEvent {
            event: Some(match self {
                Self::Contact(event) => Event::Contact(event.into_wire()),
                Self::Room(event) => Event::Room(event.into_wire()),
                Self::Tombstone(event) => Event::Tombstone(event.into_wire()),
                Self::Device(event) => Event::Device(event.into_wire()),
                Self::Account(event) => Event::Account(event.into_wire()),
                Self::Notice(event) => Event::Notice(event.into_wire()),
            }),
        }
    }
}

impl InboxEvent {
    /// Reads the event from a delivered payload.
    ///
    /// # Errors
    /// [`Malformed`] when the bytes do not decode or a field is not valid.
    pub fn decode(payload: bytes::Bytes) -> Result<Self, Malformed> {
        let wire = <pb::InboxEvent as prost::Message>::decode(payload).map_err(|_| Wrong::Undecodable)?;
        Wire::from_wire(wire)
    }
    /// The event as the payload of an inbox entry.
    #[must_use]
    pub fn to_bytes(self) -> bytes::Bytes {
        prost::Message::encode_to_vec(&self.into_wire()).into()
    }
}
