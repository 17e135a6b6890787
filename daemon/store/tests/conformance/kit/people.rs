//! People and their devices.
use std::net::{IpAddr, Ipv4Addr};

use daemon_core::store::{Actor, Answer, Change, Outcome, Resume, hashed};
use sotto_protocol::{
    AccountId, AgreementKey, ContactAccept, ContactRequest, DeviceCertificate, DeviceId, DeviceKey,
    DeviceName, DisplayName, Enrol, IdentityKey, InviteCreate, Note, Octets, PasswordRecord, Register,
    Signature, Token, UserName,
};

use super::{START_MS, World};

pub(crate) const HERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 168, 1, 20));

pub(crate) fn account(number: u8) -> AccountId {
    AccountId::new([number; 16])
}

/// A person's devices are told apart by their first byte.
pub(crate) fn device_id(number: u8, device: u8) -> DeviceId {
    let mut id = [number; 16];
    id[0] = 0x80 | device;
    DeviceId::new(id)
}

pub(crate) fn certificate(device: DeviceId) -> DeviceCertificate {
    DeviceCertificate {
        device,
        device_key: DeviceKey::new([device.as_bytes()[1]; 32]),
        agreement_key: AgreementKey::new([4; 32]),
        created_ms: START_MS,
        signature: Signature::new([5; 64]),
    }
}

pub(crate) fn registration(number: u8, name: &str) -> Register {
    Register {
        invite: None,
        account: account(number),
        user_name: UserName::new(name).expect("a user name"),
        display_name: DisplayName::new(&format!("{name} of this world")).expect("a display name"),
        email: None,
        identity_key: IdentityKey::new([number; 32]),
        device: certificate(device_id(number, 1)),
        device_name: DeviceName::new("first").expect("a device name"),
        proof: Signature::new([6; 64]),
        password: Some(PasswordRecord {
            upload: Octets::new(vec![1, 2, 3]).expect("an upload"),
            recovery_blob: Octets::new(vec![4, 5, 6]).expect("a blob"),
        }),
    }
}

pub(crate) fn signed_in(outcome: Outcome) -> Resume {
    match outcome.answer {
        Ok(Answer::SignedIn(resume)) => *resume,
        other => panic!("not signed in: {other:?}"),
    }
}

pub(crate) fn token_of(resume: &Resume) -> &Token {
    &resume.token.as_ref().expect("a token").token
}

impl World {
    pub(crate) fn register(&mut self, request: Register, invite_needed: bool) -> Outcome {
        self.write(Change::Register { request: Box::new(request), invite_needed, source: HERE })
    }

    /// A new person with one device.
    pub(crate) fn person(&mut self, name: &str) -> Actor {
        self.people += 1;
        let request = registration(self.people, name);
        signed_in(self.register(request, false)).actor
    }

    pub(crate) fn enrol_request(device: DeviceId) -> Enrol {
        Enrol {
            device: certificate(device),
            device_name: DeviceName::new("another").expect("a device name"),
            proof: Signature::new([6; 64]),
        }
    }

    pub(crate) fn enrol(&mut self, account: AccountId, device: DeviceId) -> Outcome {
        let request = Box::new(Self::enrol_request(device));
        self.write(Change::Enrol { account, request, source: HERE })
    }

    /// One more device of somebody.
    pub(crate) fn device(&mut self, of: Actor, number: u8) -> Actor {
        let device = device_id(of.account.as_bytes()[1], number);
        signed_in(self.enrol(of.account, device)).actor
    }

    pub(crate) fn sign_in(&mut self, actor: Actor, token: Option<&Token>) -> Outcome {
        let token = token.map(|token| hashed(token.as_bytes()));
        self.write(Change::SignIn { actor, token, source: HERE })
    }

    pub(crate) fn invite_create(&self, uses: u32, lifetime_ms: u64) -> InviteCreate {
        InviteCreate { name: Note::new("for a friend").expect("a note"), uses, lifetime_ms }
    }

    pub(crate) fn befriend(&mut self, one: Actor, other: Actor) {
        let note = Note::new("").expect("a note");
        self.reply(one, ContactRequest { account: other.account, note });
        self.reply(other, ContactAccept { account: one.account });
    }

    /// Two people who know each other, with empty inboxes.
    pub(crate) fn friends(&mut self, one: &str, other: &str) -> (Actor, Actor) {
        let (one, other) = (self.person(one), self.person(other));
        self.befriend(one, other);
        self.fresh(one.device);
        self.fresh(other.device);
        (one, other)
    }
}
