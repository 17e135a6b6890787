//! The password was right: this device may become one of the account's.
use sotto_protocol::{
    AccountId, Exporter, Frame, FrameType, Header, IdentityKey, Pong, Reason, Refused, Request,
};

use super::{Context, Effect, Moment, State, Ticket, ready::Ready};
use crate::{
    gate::Offence,
    proof,
    store::{Answer, Change},
};

/// Has proved a password, and has no key here yet.
#[derive(Debug)]
pub(super) struct Enrolling {
    pub(super) deadline_ms: u64,
    exporter: Exporter,
    account: AccountId,
    identity: IdentityKey,
    waiting: Option<Header>,
}

impl Enrolling {
    pub(super) const fn new(
        deadline_ms: u64,
        exporter: Exporter,
        account: AccountId,
        identity: IdentityKey,
    ) -> Self {
        Self { deadline_ms, exporter, account, identity, waiting: None }
    }

    pub(super) const fn is_busy(&self) -> bool {
        self.waiting.is_some()
    }

    pub(super) fn request(
        mut self: Box<Self>,
        ctx: &Context,
        moment: &mut Moment<'_>,
        frame: Frame,
    ) -> State {
        let asked = frame.header;
        let Some(kind) = FrameType::from_number(asked.type_number) else {
            moment.refuse(asked, Reason::TypeUnknown);
            return State::Enrolling(self);
        };
        if !matches!(kind, FrameType::Enrol | FrameType::Ping) {
            moment.refuse(asked, Reason::AuthRequired);
            return State::Enrolling(self);
        }
        match Request::decode(kind, frame.payload) {
            Err(fault) => moment.refuse(asked, fault),
            Ok(Some(Request::Enrol(enrol))) => self.enrol(ctx, moment, asked, enrol),
            Ok(_) => moment.reply(asked, Pong { time_ms: moment.now.wall_ms }),
        }
        State::Enrolling(self)
    }

    fn enrol(&mut self, ctx: &Context, moment: &mut Moment<'_>, asked: Header, enrol: sotto_protocol::Enrol) {
        let device = &enrol.device;
        if !proof::is_certified(device, self.account, self.identity) {
            return moment.refuse(asked, Reason::CertificateInvalid);
        }
        let (key, id) = (device.device_key, device.device);
        if !proof::is_present(key, &self.exporter, ctx.shared.pin, self.account, id, enrol.proof) {
            moment.effects.wish(Effect::Offence(Offence::BadProof));
            return moment.refuse(asked, Reason::AuthFailed);
        }
        self.waiting = Some(asked);
        let change = Change::Enrol { account: self.account, request: Box::new(enrol), source: ctx.source };
        let write = ctx.write(moment, change);
        moment.effects.wish(Effect::Write(Ticket(asked.stream), write));
    }

    pub(super) fn answered(
        mut self: Box<Self>,
        ctx: &mut Context,
        moment: &mut Moment<'_>,
        answer: Result<Answer, Refused>,
    ) -> State {
        let Some(asked) = self.waiting.take() else { return State::Enrolling(self) };
        match answer {
            Ok(Answer::SignedIn(resume)) => return Ready::enter(ctx, moment, asked, *resume),
            Ok(_) => moment.refuse(asked, Reason::Internal),
            Err(refused) => moment.refuse(asked, refused),
        }
        State::Enrolling(self)
    }
}
