//! A greeted connection that has not signed in: it may prove a key, prove a password, or make an account.
use bytes::Bytes;
use sotto_protocol::{
    AccountId, Auth, Exporter, Frame, FrameType, Header, IdentityKey, LoginFinish, LoginProved, LoginStart,
    Octets, PasswordChallenge, PasswordStart, Pong, Reason, Refused, Register, Registration, Request,
    UserName,
};

use super::{Context, Effect, Moment, State, Ticket, enrolling::Enrolling, ready::Ready};
use crate::{
    gate::Offence,
    password::{Challenged, PasswordServer},
    proof,
    store::{Actor, Answer, Change, DeviceRecord, LoginRecord, Query, hashed},
};

/// Has said HELLO.
#[derive(Debug)]
pub(super) struct Stranger {
    pub(super) deadline_ms: u64,
    exporter: Exporter,
    waiting: Option<Waiting>,
    login: Option<Login>,
}

/// What the store has been asked; one thing at a time, and no frames meanwhile.
#[derive(Debug)]
struct Waiting {
    asked: Header,
    what: What,
}

#[derive(Debug)]
enum What {
    Key(Box<Auth>),
    SignIn,
    PasswordStart(Box<PasswordStart>, AccountId),
    Login(Box<LoginStart>),
}

/// A login whose challenge has been sent.
#[derive(Debug)]
struct Login {
    challenged: Challenged,
    /// `None` for a name that is not known here: its proof cannot be right.
    record: Option<Box<LoginRecord>>,
}

impl Stranger {
    pub(super) const fn new(deadline_ms: u64, exporter: Exporter) -> Self {
        Self { deadline_ms, exporter, waiting: None, login: None }
    }

    pub(super) const fn is_busy(&self) -> bool {
        self.waiting.is_some()
    }

    pub(super) fn request(
        mut self: Box<Self>,
        ctx: &mut Context,
        moment: &mut Moment<'_>,
        frame: Frame,
    ) -> State {
        let asked = frame.header;
        let Some(kind) = FrameType::from_number(asked.type_number) else {
            moment.refuse(asked, Reason::TypeUnknown);
            return State::Stranger(self);
        };
        let request = match kind {
            FrameType::Auth
            | FrameType::Hello
            | FrameType::Ping
            | FrameType::PasswordStart
            | FrameType::Register
            | FrameType::LoginStart
            | FrameType::LoginFinish => Request::decode(kind, frame.payload),
            _ => {
                moment.refuse(asked, Reason::AuthRequired);
                return State::Stranger(self);
            }
        };
        match request {
            Err(fault) => moment.refuse(asked, fault),
            Ok(Some(Request::Ping(_))) => moment.reply(asked, Pong { time_ms: moment.now.wall_ms }),
            Ok(Some(Request::Auth(auth))) => self.auth(ctx, moment, asked, auth),
            Ok(Some(Request::PasswordStart(start))) => self.password_start(moment, asked, start),
            Ok(Some(Request::Register(register))) => self.register(ctx, moment, asked, register),
            Ok(Some(Request::LoginStart(start))) => self.login_start(moment, asked, start),
            Ok(Some(Request::LoginFinish(finish))) => return self.login_finish(moment, asked, &finish),
            Ok(_) => moment.refuse(asked, Reason::RequestOutOfPlace),
        }
        State::Stranger(self)
    }

    pub(super) fn answered(
        mut self: Box<Self>,
        ctx: &mut Context,
        moment: &mut Moment<'_>,
        answer: Result<Answer, Refused>,
    ) -> State {
        let Some(Waiting { asked, what }) = self.waiting.take() else { return State::Stranger(self) };
        match (what, answer) {
            (_, Err(refused)) => {
                if matches!(refused.reason, Reason::InviteUnknown) {
                    moment.effects.wish(Effect::Offence(Offence::BadInvite));
                }
                moment.refuse(asked, refused);
            }
            (What::Key(auth), Ok(Answer::Device(record))) => {
                self.check_key(ctx, moment, asked, &auth, record)
            }
            (What::SignIn, Ok(Answer::SignedIn(resume))) => return Ready::enter(ctx, moment, asked, *resume),
            (What::PasswordStart(start, account), Ok(Answer::Taken(taken))) => {
                if taken {
                    moment.refuse(asked, Reason::AccountExists);
                } else {
                    ctx.answer_password_start(moment, asked, account, &start);
                }
            }
            (What::Login(start), Ok(Answer::Login(record))) => {
                self.challenge(ctx, moment, asked, &start, record)
            }
            (_, Ok(_)) => moment.refuse(asked, Reason::Internal),
        }
        State::Stranger(self)
    }

    fn wait(&mut self, asked: Header, what: What) -> Ticket {
        self.waiting = Some(Waiting { asked, what });
        Ticket(asked.stream)
    }

    /// A device shows its key, or a bot its token.
    fn auth(&mut self, ctx: &Context, moment: &mut Moment<'_>, asked: Header, auth: Auth) {
        let actor = Actor { account: auth.account, device: auth.device };
        match (auth.signature, auth.token) {
            (Some(_), _) => {
                let ticket = self.wait(asked, What::Key(Box::new(auth)));
                moment.effects.wish(Effect::Query(ticket, Query::Device(actor)));
            }
            (None, Some(token)) => {
                let change = Change::BotSignIn { actor, token: hashed(token.as_bytes()), source: ctx.source };
                let ticket = self.wait(asked, What::SignIn);
                let write = ctx.write(moment, change);
                moment.effects.wish(Effect::Write(ticket, write));
            }
            (None, None) => moment.refuse(asked, Reason::AuthFailed),
        }
    }

    /// An unknown device and a wrong signature sound the same.
    fn check_key(
        &mut self,
        ctx: &Context,
        moment: &mut Moment<'_>,
        asked: Header,
        auth: &Auth,
        record: Option<DeviceRecord>,
    ) {
        let proved = record.zip(auth.signature).is_some_and(|(record, signature)| {
            proof::is_present(
                record.key,
                &self.exporter,
                ctx.shared.pin,
                auth.account,
                auth.device,
                signature,
            )
        });
        let Some(record) = record.filter(|_| proved) else {
            moment.effects.wish(Effect::Offence(Offence::BadProof));
            return moment.refuse(asked, Reason::AuthFailed);
        };
        if record.disabled {
            return moment.refuse(asked, Reason::AuthDisabled);
        }
        if record.signed_out {
            return moment.refuse(asked, Reason::AuthSignedOut);
        }
        let change = Change::SignIn {
            actor: Actor { account: auth.account, device: auth.device },
            token: auth.token.map(|token| hashed(token.as_bytes())),
            source: ctx.source,
        };
        let ticket = self.wait(asked, What::SignIn);
        let write = ctx.write(moment, change);
        moment.effects.wish(Effect::Write(ticket, write));
    }

    /// Only for an account that does not exist: else this would answer guesses at other people's passwords without
    /// counting them.
    fn password_start(&mut self, moment: &mut Moment<'_>, asked: Header, start: PasswordStart) {
        let Some(account) = start.account else {
            let refused = Refused::new(Reason::RequestMalformed).with("field", "account");
            return moment.refuse(asked, refused);
        };
        let ticket = self.wait(asked, What::PasswordStart(Box::new(start), account));
        moment.effects.wish(Effect::Query(ticket, Query::AccountTaken(account)));
    }

    fn register(&mut self, ctx: &Context, moment: &mut Moment<'_>, asked: Header, register: Register) {
        if let Err(reason) = self.may_register(ctx, &register) {
            if reason == Reason::AuthFailed {
                moment.effects.wish(Effect::Offence(Offence::BadProof));
            }
            return moment.refuse(asked, reason);
        }
        let change = Change::Register {
            request: Box::new(register),
            invite_needed: ctx.shared.policy.registration != Registration::Open,
            source: ctx.source,
        };
        let ticket = self.wait(asked, What::SignIn);
        let write = ctx.write(moment, change);
        moment.effects.wish(Effect::Write(ticket, write));
    }

    fn may_register(&self, ctx: &Context, register: &Register) -> Result<(), Reason> {
        let Register { account, identity_key, device, proof: shown, password, .. } = register;
        if ctx.shared.policy.registration == Registration::Closed {
            return Err(Reason::RegistrationClosed);
        }
        if !proof::is_certified(device, *account, *identity_key) {
            return Err(Reason::CertificateInvalid);
        }
        let present = proof::is_present(
            device.device_key,
            &self.exporter,
            ctx.shared.pin,
            *account,
            device.device,
            *shown,
        );
        if !present {
            return Err(Reason::AuthFailed);
        }
        match password {
            Some(record) if !PasswordServer::is_upload(&record.upload) => Err(Reason::RequestMalformed),
            Some(_) | None => Ok(()),
        }
    }

    fn login_start(&mut self, moment: &mut Moment<'_>, asked: Header, start: LoginStart) {
        self.login = None;
        let name = start.user_name.clone();
        let ticket = self.wait(asked, What::Login(Box::new(start)));
        moment.effects.wish(Effect::TryPassword(ticket, name));
    }

    fn challenge(
        &mut self,
        ctx: &Context,
        moment: &mut Moment<'_>,
        asked: Header,
        start: &LoginStart,
        record: Option<Box<LoginRecord>>,
    ) {
        let known = record.as_ref().map(|record| (record.account, record.password_file.as_ref()));
        let name: &UserName = &start.user_name;
        match ctx.shared.passwords.challenge(moment.chance, name, known, &start.request) {
            Ok((challenged, response)) => {
                self.login = Some(Login { challenged, record });
                moment.reply(asked, sotto_protocol::LoginChallenge { response });
            }
            Err(_) => moment.refuse(asked, Refused::new(Reason::RequestMalformed).with("field", "request")),
        }
    }

    fn login_finish(
        mut self: Box<Self>,
        moment: &mut Moment<'_>,
        asked: Header,
        finish: &LoginFinish,
    ) -> State {
        let Some(Login { challenged, record }) = self.login.take() else {
            moment.refuse(asked, Reason::RequestOutOfPlace);
            return State::Stranger(self);
        };
        let proved = challenged.check(&finish.finish).is_ok();
        let Some(record) = record.filter(|_| proved) else {
            moment.effects.wish(Effect::Offence(Offence::BadProof));
            moment.refuse(asked, Reason::AuthFailed);
            return State::Stranger(self);
        };
        if record.disabled {
            moment.refuse(asked, Reason::AuthDisabled);
            return State::Stranger(self);
        }
        let (account, identity) = (record.account, record.identity_key);
        let Some(proved) = proved_as(account, identity, record.recovery_blob) else {
            moment.refuse(asked, Reason::Internal);
            return State::Stranger(self);
        };
        moment.reply(asked, proved);
        State::Enrolling(Box::new(Enrolling::new(self.deadline_ms, self.exporter, account, identity)))
    }
}

impl Context {
    /// Answers the first half of an OPAQUE registration, for whoever may ask it.
    pub(super) fn answer_password_start(
        &self,
        moment: &mut Moment<'_>,
        asked: Header,
        account: AccountId,
        start: &PasswordStart,
    ) {
        match self.shared.passwords.start_registration(account, &start.request) {
            Ok(response) => moment.reply(asked, PasswordChallenge { response }),
            Err(_) => moment.refuse(asked, Refused::new(Reason::RequestMalformed).with("field", "request")),
        }
    }
}

fn proved_as(account: AccountId, identity_key: IdentityKey, recovery_blob: Bytes) -> Option<LoginProved> {
    Some(LoginProved { account, identity_key, recovery_blob: Octets::new(recovery_blob).ok()? })
}
