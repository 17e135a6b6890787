//! What a session is told, and what it wishes.
use bytes::BytesMut;
use sotto_protocol::{
    AccountId, Frame, FrameError, LogId, Presence, PresenceStatus, Presences, Reason, Refused, RoomId,
    UserName,
};

use crate::{
    gate::Offence,
    store::{Answer, Lazy, Query, Write},
};

/// Names a session within this process; never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionKey(pub u64);

/// Ties an answer to the wish that it answers, within a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ticket(pub u32);

impl Ticket {
    /// Of the one page that a session fetches at a time. Every other ticket is its request's stream.
    pub const PAGE: Self = Self(0);
}

/// What happened.
#[derive(Clone, Debug)]
pub enum Input {
    /// The peer sent a frame. Only while [`super::Session::takes_frames`].
    Frame(Frame),
    /// The peer's length field cannot be followed.
    BadFrame(FrameError),
    /// The peer closed its side.
    Gone,
    /// A wish was granted, or refused.
    Answer(Ticket, Result<Answer, Refused>),
    /// The router answers a wish for presence.
    Presences(Ticket, Presences),
    /// A log has grown: there is something up to here.
    Bell {
        /// Which log.
        log: LogId,
        /// Its last sequence.
        head: u64,
    },
    /// This device reads another log from now on.
    Joined {
        /// Which log.
        log: LogId,
        /// It starts after this.
        head: u64,
    },
    /// This device no longer reads a log.
    Left {
        /// Which log.
        log: LogId,
    },
    /// Something that may be lost: newest wins.
    Told(Told),
    /// The session must end.
    Out(Reason),
    /// [`super::Session::next_wake`] has come.
    Wake,
    /// The server stops.
    Stop {
        /// When to come back, milliseconds.
        reconnect_after_ms: u32,
    },
}

/// What is pushed and may be lost; of two with the same [`Told::key`] the newer one wins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// How a contact is.
    Presence(Presence),
    /// Somebody is writing.
    Typing {
        /// Where.
        room: RoomId,
        /// Who.
        account: AccountId,
    },
    /// How far somebody is.
    Marks {
        /// Where.
        room: RoomId,
        /// Who.
        account: AccountId,
        /// Stored by one of their devices; 0: nothing new.
        delivered: u64,
        /// Seen by them; 0: nothing new.
        read: u64,
    },
}

/// What a session wishes. Bytes for the peer stand apart, in [`Effects::out`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Change something; answer with this ticket.
    Write(Ticket, Write),
    /// Ask something; answer with this ticket. A page may be answered at once from memory.
    Query(Ticket, Query),
    /// Ask the gate whether a password may be tried at this name, then ask the store for [`Query::Login`]; answer with
    /// this ticket, the gate's no being `limit.rate`.
    TryPassword(Ticket, UserName),
    /// Write some time.
    Lazy(Lazy),
    /// Tell the router.
    Route(Route),
    /// Hold something against the peer's source.
    Offence(Offence),
    /// The session is signed in: the gate may count it out.
    SignedIn,
    /// Send what is in [`Effects::out`], then close.
    Close,
}

/// What a session tells the router.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// How this account wants to be seen, and where this device listens for direct paths.
    SetPresence {
        /// How.
        status: PresenceStatus,
        /// 0: nowhere.
        port: u16,
    },
    /// How are these? Answered with [`Input::Presences`].
    GetPresence(Ticket, Vec<AccountId>),
    /// I am writing.
    Typing(RoomId),
    /// This device has stored a room up to here.
    Stored {
        /// Which room.
        room: RoomId,
        /// The last sequence.
        upto: u64,
    },
}

/// What comes of one or more inputs; reused, so that nothing is allocated where nothing happens.
#[derive(Debug, Default)]
pub struct Effects {
    /// Whole frames for the peer, in order.
    pub out: BytesMut,
    /// Everything else, in order.
    pub wishes: Vec<Effect>,
}

impl Effects {
    /// Adds a wish.
    pub fn wish(&mut self, effect: Effect) {
        self.wishes.push(effect);
    }
}

impl Told {
    /// What a newer one must share to stand in this one's place.
    #[must_use]
    pub fn key(&self) -> (u8, [u8; 16], [u8; 16]) {
        match self {
            Self::Presence(presence) => (0, *presence.account.as_bytes(), [0; 16]),
            Self::Typing { room, account } => (1, *room.as_bytes(), *account.as_bytes()),
            Self::Marks { room, account, .. } => (2, *room.as_bytes(), *account.as_bytes()),
        }
    }
}
