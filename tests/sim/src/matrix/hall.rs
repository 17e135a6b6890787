//! One session in a small world that is always the same: a group, a room of two with a block in it, and everything that
//! can be asked for.
use std::{net::SocketAddr, sync::Arc};

use bytes::{Bytes, BytesMut};
use daemon_core::{
    Now,
    policy::Policy,
    router::Router,
    session::{Effect, Effects, Input, Opening, Session, SessionKey, Shared},
    store::{Actor, Answer, Change, Outcome, Query, Seed, StoreLimits, Write},
};
use sotto_protocol::{
    AccountId, Append, Auth, BlobCommit, BlobId, BlobOpen, BlobPut, BotScope, ContactAccept, ContactBlock,
    ContactRequest, EntryKind, EnvelopeId, Exporter, Frame, FrameKind, FrameType, Header, Hello,
    InviteCreate, InviteId, Listed, Note, Octets, Pin, Refusal, Registration, Request, Response, Role,
    RoomCreate, RoomId, RoomKind, Sealed, Seat, Tag, Title, Token, TokenCreate, TokenId, Visibility,
    decode_frame,
};

use super::Who;
use crate::{
    chance::Chance,
    person::{DeviceKeys, Person},
    server::store::Keeper,
    stores::{self, StoreKind},
};

pub(super) const GROUP: RoomId = RoomId::new([0x61; 16]);
pub(super) const PAIR: RoomId = RoomId::new([0x62; 16]);
pub(super) const PIECE: &[u8] = b"12345";
pub(super) const EXPORTER: Exporter = [9; 32];
pub(super) const PIN: Pin = Pin::new([7; 32]);
const KEY: SessionKey = SessionKey(1);
const SOURCE: ([u8; 4], u16) = ([10, 0, 0, 9], 4711);

/// Everybody, by their place in [`Hall::people`].
pub(super) const OWNER: usize = 0;
pub(super) const ADMIN: usize = 1;
pub(super) const MEMBER: usize = 2;
pub(super) const OUTSIDER: usize = 3;
pub(super) const BLOCKED: usize = 4;
/// A member without a rank, who can be put out.
pub(super) const GUEST: usize = 5;
/// A friend of all, in no room yet.
pub(super) const FRIEND: usize = 6;
/// Has asked everybody to be a contact.
pub(super) const SUITOR: usize = 7;
/// Not registered.
pub(super) const NEWCOMER: usize = 8;

pub(super) struct Hall {
    pub(super) people: Vec<Person>,
    pub(super) devices: Vec<DeviceKeys>,
    pub(super) token: Option<(TokenId, Token)>,
    pub(super) invite: Option<InviteId>,
    store: Box<dyn Keeper>,
    router: Router,
    session: Session,
    chance: Chance,
    stream: u32,
    out: BytesMut,
}

pub(super) fn text<T>(made: Result<T, sotto_protocol::Wrong>) -> T {
    made.expect("valid")
}

impl Hall {
    /// The world is made, and this one has come in.
    pub(super) fn open(who: Who) -> Self {
        let mut chance = Chance::new(1);
        let store = stores::open(StoreKind::Memory, StoreLimits::default(), &mut chance).expect("a store");
        let people: Vec<Person> = (0..9).map(|number| text(Person::new(number))).collect();
        let devices = people.iter().zip(0..).map(|(person, number)| DeviceKeys::new(person.account, number));
        let policy = Policy { registration: Registration::Open, ..Policy::default() };
        let shared = Arc::new(Shared::new(policy, &store.identity()).expect("an identity"));
        let opening = Opening { source: SocketAddr::from(SOURCE), exporter: EXPORTER };
        let mut router = Router::new();
        router.introduce(KEY, opening.source);
        let mut hall = Self {
            devices: devices.collect(),
            people,
            token: None,
            invite: None,
            store,
            router,
            session: Session::new(shared, opening, now()),
            chance,
            stream: 1,
            out: BytesMut::new(),
        };
        hall.furnish(who);
        hall.come_in(who);
        hall
    }

    pub(super) fn account(&self, person: usize) -> AccountId {
        self.people[person].account
    }

    fn furnish(&mut self, who: Who) {
        for person in 0..NEWCOMER {
            let request = Box::new(text(self.people[person].register(&self.devices[person])));
            self.change(Change::Register { request, invite_needed: false, source: SOURCE.0.into() });
        }
        for (one, other) in [(OWNER, ADMIN), (OWNER, MEMBER), (OWNER, GUEST), (OWNER, BLOCKED)] {
            self.befriend(one, other);
        }
        for one in [OWNER, ADMIN, MEMBER, OUTSIDER, BLOCKED] {
            self.befriend(one, FRIEND);
            let (account, note) = (self.account(one), text(Note::new("")));
            self.asks(SUITOR, ContactRequest { account, note });
        }
        let seat = |person: usize, role| Seat { account: self.people[person].account, role };
        let group = vec![seat(ADMIN, Role::Admin), seat(MEMBER, Role::Member), seat(GUEST, Role::Member)];
        let pair = vec![seat(BLOCKED, Role::Owner)];
        self.asks(OWNER, room_create(GROUP, RoomKind::Group, group));
        self.asks(OWNER, room_create(PAIR, RoomKind::Direct, pair));
        let account = self.account(BLOCKED);
        self.asks(OWNER, ContactBlock { account });
        let blob = blob();
        self.asks(OWNER, BlobOpen { blob, size: PIECE.len() as u64 });
        self.asks(OWNER, BlobPut { blob, offset: 0, data: text(Octets::new(PIECE)) });
        self.asks(OWNER, BlobCommit { blob });
        let listed = sotto_protocol::ProfileChange {
            display_name: None,
            email: None,
            visibility: Some(Visibility::Listed),
            shares_last_seen: None,
            open_to_all: None,
        };
        self.asks(OWNER, listed);
        let name = text(Note::new("mine"));
        let scopes = match who {
            Who::Bot(scope) if !scope.is_empty() => vec![text(BotScope::new(scope))],
            _ => Vec::new(),
        };
        let create = TokenCreate { name: name.clone(), scopes: text(Listed::new(scopes)) };
        if let Response::TokenCreated(created) = self.asks(OWNER, create) {
            self.token = Some((created.token_id, created.token.token));
        }
        if let Response::InviteCreated(created) =
            self.asks(OWNER, InviteCreate { name, uses: 1, lifetime_ms: 0 })
        {
            self.invite = Some(created.invite_id);
        }
    }

    fn befriend(&mut self, one: usize, other: usize) {
        let (asked, asker) = (self.account(other), self.account(one));
        self.asks(one, ContactRequest { account: asked, note: text(Note::new("")) });
        self.asks(other, ContactAccept { account: asker });
    }

    fn asks(&mut self, person: usize, request: impl Into<Request>) -> Response {
        let actor = Actor { account: self.account(person), device: self.devices[person].device };
        let outcome = self.change(Change::Ask { actor, request: Box::new(request.into()) });
        match outcome.answer {
            Ok(Answer::Reply(response)) => *response,
            other => panic!("the world cannot be made: {other:?}"),
        }
    }

    fn change(&mut self, change: Change) -> Outcome {
        let write = Write { wall_ms: now().wall_ms, seed: Seed(self.chance.bytes()), change };
        self.store.commit(&[], &[write]).expect("a commit").remove(0)
    }

    fn come_in(&mut self, who: Who) {
        let tag = |word| text(Tag::new(word));
        let hello = Hello {
            min_minor: 0,
            max_minor: 0,
            features: Listed::default(),
            client: tag("x"),
            language: tag(""),
        };
        self.request(hello.into());
        let person = match who {
            Who::Stranger => return,
            Who::Outsider => OUTSIDER,
            Who::Member => MEMBER,
            Who::Admin => ADMIN,
            Who::Owner | Who::Bot(_) => OWNER,
            Who::Blocked => BLOCKED,
        };
        let keys = &self.devices[person];
        let is_bot = matches!(who, Who::Bot(_));
        let auth = Auth {
            account: keys.account,
            device: keys.device,
            signature: (!is_bot).then(|| keys.proof(&EXPORTER, PIN)),
            token: self.token.filter(|_| is_bot).map(|(_, token)| token),
        };
        assert_eq!(self.request(auth.into()), "yes", "{who:?} comes in");
    }

    fn request(&mut self, request: Request) -> String {
        let kind = request.frame_type();
        let mut payload = BytesMut::new();
        request.encode(&mut payload);
        self.ask(kind, payload.freeze())
    }

    /// Asks, and says what was heard: yes, or the reason of the no.
    pub(super) fn ask(&mut self, kind: FrameType, payload: Bytes) -> String {
        let stream = self.stream;
        self.stream += 2;
        let header = Header { type_number: kind.number(), kind: FrameKind::Request, more: false, stream };
        self.tell(Input::Frame(Frame { header, payload }));
        let mut heard = None;
        while let Some(Frame { header, payload }) = decode_frame(&mut self.out, u32::MAX).expect("a frame") {
            match header.kind {
                FrameKind::Response if header.stream == stream => heard = Some("yes".to_owned()),
                FrameKind::Refusal if header.stream == stream => {
                    heard = Some(Refusal::decode(payload).expect("a refusal").reason);
                }
                FrameKind::Response | FrameKind::Refusal | FrameKind::Push | FrameKind::Request => {}
            }
        }
        heard.unwrap_or_else(|| "silence".to_owned())
    }

    fn tell(&mut self, input: Input) {
        let mut inputs = vec![input];
        while !inputs.is_empty() {
            let mut effects = Effects::default();
            for input in inputs.drain(..) {
                self.session.handle(now(), self.chance.source(), input, &mut effects);
            }
            self.out.extend_from_slice(&effects.out);
            let mut deliver = |_, input| inputs.push(input);
            for wish in effects.wishes {
                match wish {
                    Effect::Write(ticket, write) => {
                        let outcome = self.store.commit(&[], &[write]).expect("a commit").remove(0);
                        self.router.publish(now(), (KEY, ticket), outcome, &mut deliver);
                    }
                    Effect::Query(ticket, query) => {
                        let outcome = self.store.ask(&query).expect("an answer");
                        deliver(KEY, Input::Answer(ticket, outcome.answer));
                    }
                    Effect::TryPassword(ticket, name) => {
                        let outcome = self.store.ask(&Query::Login(name)).expect("an answer");
                        deliver(KEY, Input::Answer(ticket, outcome.answer));
                    }
                    Effect::Route(route) => self.router.route(KEY, route, &mut deliver),
                    Effect::Lazy(_) | Effect::Offence(_) | Effect::SignedIn | Effect::Close => {}
                }
            }
        }
    }
}

/// An attachment of the owner's, whole.
pub(super) fn blob() -> BlobId {
    BlobId::new(daemon_core::store::hashed(PIECE))
}

pub(super) fn room_create(room: RoomId, kind: RoomKind, seats: Vec<Seat>) -> RoomCreate {
    RoomCreate {
        room,
        kind,
        seats: text(Listed::new(seats)),
        title: text(Title::new(Bytes::new())),
        envelope_id: EnvelopeId::new(*room.as_bytes()),
        commit: None,
        suite: 0,
    }
}

pub(super) fn append(room: RoomId) -> Append {
    Append {
        log: room.into(),
        envelope_id: EnvelopeId::new([0x11; 16]),
        kind: EntryKind::Message,
        sealed: text(Sealed::new(Bytes::from_static(b"sealed"))),
        commit: None,
    }
}

const fn now() -> Now {
    Now { monotonic_ms: 1_000, wall_ms: 1_700_000_000_000 }
}
