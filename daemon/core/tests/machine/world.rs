//! A session in three lines: a machine, a moved clock, and what it says in words that tests can compare.
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use daemon_core::{
    Now,
    password::PasswordServer,
    policy::Policy,
    session::{Effect, Effects, Input, Opening, Session, Shared, Ticket},
    store::{Actor, Answer, Identity, LogState, Resume},
};
use ed25519_dalek::{Signer as _, SigningKey};
use rand_chacha::{ChaCha12Rng, rand_core::SeedableRng as _};
use sotto_protocol::{
    AccountId, AgreementKey, Auth, ClientPush, DeviceCertificate, DeviceId, DeviceKey, Exporter, Frame,
    FrameKind, FrameType, Header, Hello, IdentityKey, Listed, LogId, Pin, Refusal, Request, Response,
    ServerPush, Signature, Tag, decode_frame, device_proof,
};

pub const EXPORTER: Exporter = [9; 32];
pub const PIN: Pin = Pin::new([7; 32]);

/// What a session did, in order: bytes first, then wishes.
#[derive(Clone, Debug, PartialEq)]
pub enum Did {
    Answered(u32, Response),
    Refused(u32, &'static str),
    Pushed(ServerPush),
    Wished(Effect),
}

/// Somebody with keys.
pub struct Somebody {
    pub account: AccountId,
    pub device: DeviceId,
    pub identity: SigningKey,
    pub key: SigningKey,
}

impl Somebody {
    pub fn new(number: u8) -> Self {
        Self {
            account: AccountId::new([number; 16]),
            device: DeviceId::new([number | 0x80; 16]),
            identity: SigningKey::from_bytes(&[number; 32]),
            key: SigningKey::from_bytes(&[number | 0x80; 32]),
        }
    }
    pub fn actor(&self) -> Actor {
        Actor { account: self.account, device: self.device }
    }
    pub fn identity_key(&self) -> IdentityKey {
        IdentityKey::new(self.identity.verifying_key().to_bytes())
    }
    pub fn device_key(&self) -> DeviceKey {
        DeviceKey::new(self.key.verifying_key().to_bytes())
    }
    pub fn certificate(&self) -> DeviceCertificate {
        let mut certificate = DeviceCertificate {
            device: self.device,
            device_key: self.device_key(),
            agreement_key: AgreementKey::new([3; 32]),
            created_ms: 1,
            signature: Signature::new([0; 64]),
        };
        let signed = certificate.signed_bytes(self.account, self.identity_key());
        certificate.signature = Signature::new(self.identity.sign(&signed).to_bytes());
        certificate
    }
    pub fn proof(&self, exporter: &Exporter, pin: Pin) -> Signature {
        let signed = device_proof(exporter, pin, self.account, self.device);
        Signature::new(self.key.sign(&signed).to_bytes())
    }
    pub fn auth(&self) -> Auth {
        let signature = Some(self.proof(&EXPORTER, PIN));
        Auth { account: self.account, device: self.device, signature, token: None }
    }
    pub fn resume(&self, logs: Vec<LogState>) -> Resume {
        Resume {
            actor: self.actor(),
            token: None,
            scopes: None,
            logs,
            friends: Vec::new(),
            shares_last_seen: true,
            roster_revision: 1,
            rooms_revision: 1,
            key_packages: 0,
            incarnation: 1,
        }
    }
}

/// One connection and its clock.
pub struct Line {
    pub session: Session,
    pub now: Now,
    chance: ChaCha12Rng,
    stream: u32,
}

pub fn shared(policy: Policy) -> Arc<Shared> {
    let mut chance = ChaCha12Rng::seed_from_u64(1);
    let identity = Identity {
        certificate: Bytes::new(),
        certificate_key: Bytes::new(),
        pin: PIN,
        opaque_setup: PasswordServer::generate(&mut chance),
        incarnation: 1,
    };
    Arc::new(Shared::new(policy, &identity).unwrap())
}

impl Line {
    pub fn open(policy: Policy) -> Self {
        let now = Now { monotonic_ms: 1_000, wall_ms: 1_700_000_000_000 };
        let opening = Opening { source: "192.168.1.9:4711".parse().unwrap(), exporter: EXPORTER };
        Self {
            session: Session::new(shared(policy), opening, now),
            now,
            chance: ChaCha12Rng::seed_from_u64(2),
            stream: 0,
        }
    }

    /// Greeted.
    pub fn greeted(policy: Policy) -> Self {
        let mut line = Self::open(policy);
        let did = line.ask(hello(0, 0));
        assert!(matches!(did.as_slice(), [Did::Answered(_, Response::Welcome(_))]), "{did:?}");
        line
    }

    /// Signed in as somebody who reads these logs.
    pub fn ready(policy: Policy, who: &Somebody, logs: Vec<LogState>) -> Self {
        Self::ready_as(policy, who, who.resume(logs)).0
    }

    /// Signed in with this to go on from; also what the session did at the end.
    pub fn ready_as(policy: Policy, who: &Somebody, resume: Resume) -> (Self, Vec<Did>) {
        let mut line = Self::greeted(policy);
        line.ask(who.auth());
        let ticket = Ticket(line.stream);
        let record =
            daemon_core::store::DeviceRecord { key: who.device_key(), signed_out: false, disabled: false };
        line.tell(Input::Answer(ticket, Ok(Answer::Device(Some(record)))));
        let did = line.tell(Input::Answer(ticket, Ok(Answer::SignedIn(Box::new(resume)))));
        assert_eq!(line.session.actor(), Some(who.actor()));
        (line, did)
    }

    /// The stream of the last request.
    pub fn stream(&self) -> u32 {
        self.stream
    }

    pub fn ask(&mut self, request: impl Into<Request>) -> Vec<Did> {
        let request = request.into();
        let type_number = request.frame_type().number();
        let mut payload = BytesMut::new();
        request.encode(&mut payload);
        self.ask_raw(type_number, payload.freeze())
    }

    pub fn ask_raw(&mut self, type_number: u16, payload: Bytes) -> Vec<Did> {
        self.stream = if self.stream == 0 { 1 } else { self.stream + 2 };
        let header = Header { type_number, kind: FrameKind::Request, more: false, stream: self.stream };
        self.tell(Input::Frame(Frame { header, payload }))
    }

    pub fn push(&mut self, push: ClientPush) -> Vec<Did> {
        let mut payload = BytesMut::new();
        let kind = match push {
            ClientPush::Ack(ack) => {
                ack.encode(&mut payload);
                FrameType::Ack
            }
            ClientPush::Typing(typing) => {
                typing.encode(&mut payload);
                FrameType::Typing
            }
            ClientPush::Bye(bye) => {
                bye.encode(&mut payload);
                FrameType::Bye
            }
        };
        let header = Header { type_number: kind.number(), kind: FrameKind::Push, more: false, stream: 0 };
        self.tell(Input::Frame(Frame { header, payload: payload.freeze() }))
    }

    pub fn tell(&mut self, input: Input) -> Vec<Did> {
        let mut effects = Effects::default();
        self.session.handle(self.now, &mut self.chance, input, &mut effects);
        let mut did = Vec::new();
        while let Some(frame) = decode_frame(&mut effects.out, u32::MAX).unwrap() {
            did.push(heard(frame));
        }
        assert!(effects.out.is_empty(), "half a frame is left");
        did.extend(effects.wishes.into_iter().map(Did::Wished));
        did
    }

    pub fn later(&mut self, ms: u64) {
        self.now.monotonic_ms += ms;
        self.now.wall_ms += ms;
    }
}

fn heard(Frame { header, payload }: Frame) -> Did {
    let kind = FrameType::from_number(header.type_number);
    match header.kind {
        FrameKind::Response => {
            Did::Answered(header.stream, Response::decode(kind.unwrap(), payload).unwrap().unwrap())
        }
        FrameKind::Refusal => {
            let refusal = Refusal::decode(payload).unwrap();
            let reason = sotto_protocol::Reason::from_key(&refusal.reason).unwrap();
            assert_eq!(refusal.code, reason.code() as u32);
            Did::Refused(header.stream, reason.as_str())
        }
        FrameKind::Push => Did::Pushed(ServerPush::decode(kind.unwrap(), payload).unwrap().unwrap()),
        FrameKind::Request => panic!("the server asks nothing"),
    }
}

pub fn hello(min_minor: u32, max_minor: u32) -> Hello {
    let tag = |text| Tag::new(text).unwrap();
    Hello { min_minor, max_minor, features: Listed::default(), client: tag("test/1"), language: tag("") }
}

pub fn log(number: u8) -> LogId {
    LogId::new([number; 16])
}

/// The reasons of what was refused, wishes left out.
pub fn refusals(did: &[Did]) -> Vec<&'static str> {
    did.iter()
        .filter_map(|did| if let Did::Refused(_, reason) = did { Some(*reason) } else { None })
        .collect()
}

/// What was wished, bytes left out.
pub fn wishes(did: &[Did]) -> Vec<Effect> {
    did.iter()
        .filter_map(|did| if let Did::Wished(effect) = did { Some(effect.clone()) } else { None })
        .collect()
}

/// The one write that was wished.
pub fn written(did: &[Did]) -> (Ticket, daemon_core::store::Write) {
    match wishes(did).as_slice() {
        [Effect::Write(ticket, write)] => (*ticket, write.clone()),
        other => panic!("one write was expected: {other:?}"),
    }
}
