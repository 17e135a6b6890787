//! A signed-in device.
mod request;

use sotto_protocol::{
    ClientPush, Frame, FrameType, Gap, Header, LogId, Reason, Refused, Response, RoomId, SessionId, SignedIn,
};

use super::{
    Context, Effect, Input, Moment, Route, State, Ticket, Told,
    delivery::{Delivery, Piece, Window},
};
use crate::{
    rate::Bucket,
    store::{Actor, Answer, Lazy, Page, Resume},
};

/// Everything that a signed-in session knows.
#[derive(Debug)]
pub(super) struct Ready {
    actor: Actor,
    /// What a bot may do; `None`: everything.
    scopes: Option<Box<[String]>>,
    delivery: Delivery,
    /// Requests that wait for an answer.
    pending: Vec<Header>,
    appends: Bucket,
    lookups: Bucket,
    requests: Bucket,
    typing: Bucket,
    /// A page could not be had: the monotonic millisecond at which it is asked for again.
    retry_ms: Option<u64>,
}

/// Milliseconds until a page that could not be had is asked for again.
const RETRY_AFTER_MS: u64 = 1000;

impl Ready {
    /// Signs in: answers the request that led here, and starts to deliver.
    pub(super) fn enter(ctx: &mut Context, moment: &mut Moment<'_>, asked: Header, resume: Resume) -> State {
        let actor = resume.actor;
        let mut session = [0; 16];
        moment.chance.fill_bytes(&mut session);
        moment.reply(
            asked,
            SignedIn {
                account: actor.account,
                device: actor.device,
                session: SessionId::new(session),
                token: resume.token,
                roster_revision: resume.roster_revision,
                rooms_revision: resume.rooms_revision,
                key_packages: resume.key_packages,
                incarnation: resume.incarnation,
            },
        );
        moment.effects.wish(Effect::SignedIn);
        moment.effects.wish(Effect::Lazy(seen(ctx, moment, actor)));
        let mut ready = Self {
            actor,
            scopes: resume.scopes.map(Into::into),
            delivery: Delivery::new(actor.device, resume.logs),
            pending: Vec::new(),
            appends: Bucket::default(),
            lookups: Bucket::default(),
            requests: Bucket::default(),
            typing: Bucket::default(),
            retry_ms: None,
        };
        ready.fetch(ctx, moment);
        State::Ready(Box::new(ready))
    }

    pub(super) const fn actor(&self) -> Actor {
        self.actor
    }

    /// When a page that could not be had is asked for again.
    pub(super) const fn retry_ms(&self) -> Option<u64> {
        self.retry_ms
    }

    /// Asks again for a page that could not be had, when it is time.
    pub(super) fn retry(mut self: Box<Self>, ctx: &Context, moment: &mut Moment<'_>) -> State {
        if self.retry_ms.is_some_and(|retry_ms| retry_ms <= moment.now.monotonic_ms) {
            self.retry_ms = None;
            self.fetch(ctx, moment);
        }
        State::Ready(self)
    }

    /// Hears what the client says without being asked. What makes no sense is ignored: nobody waits for an answer.
    pub(super) fn push(mut self: Box<Self>, ctx: &Context, moment: &mut Moment<'_>, frame: Frame) -> State {
        let Some(kind) = FrameType::from_number(frame.header.type_number) else { return State::Ready(self) };
        let Ok(Some(push)) = ClientPush::decode(kind, frame.payload) else { return State::Ready(self) };
        match push {
            ClientPush::Ack(ack) if self.allows("receive") => {
                self.acknowledged(ctx, moment, ack.log, ack.upto)
            }
            ClientPush::Typing(typing) if self.allows("send") => self.types(moment, typing.room),
            ClientPush::Ack(_) | ClientPush::Typing(_) => {}
            ClientPush::Bye(_) => {
                moment.effects.wish(Effect::Lazy(seen(ctx, moment, self.actor)));
                moment.effects.wish(Effect::Close);
                return State::Closed;
            }
        }
        State::Ready(self)
    }

    /// Hears what happened elsewhere.
    pub(super) fn told(mut self: Box<Self>, ctx: &Context, moment: &mut Moment<'_>, input: Input) -> State {
        match input {
            Input::Answer(Ticket::PAGE, Ok(Answer::Page(page))) => self.page(moment, &page),
            Input::Answer(Ticket::PAGE, _) => {
                self.delivery.page_failed();
                self.retry_ms = Some(moment.now.monotonic_ms + RETRY_AFTER_MS);
            }
            Input::Answer(ticket, answer) => self.answered(moment, ticket, answer),
            Input::Presences(ticket, presences) => {
                self.answered(moment, ticket, Ok(Answer::Reply(Box::new(presences.into()))));
            }
            Input::Bell { log, head } => self.delivery.ring(log, head),
            Input::Joined { log, head } => self.delivery.join(log, head),
            Input::Left { log } => self.delivery.leave(log),
            Input::Told(told) => self.tell(moment, told),
            // These are handled for every state alike, before a state is asked.
            Input::Frame(_)
            | Input::BadFrame(_)
            | Input::Gone
            | Input::Out(_)
            | Input::Wake
            | Input::Stop { .. } => {}
        }
        self.fetch(ctx, moment);
        State::Ready(self)
    }

    /// Matches an answer with its request.
    fn answered(&mut self, moment: &mut Moment<'_>, ticket: Ticket, answer: Result<Answer, Refused>) {
        let Some(place) = self.pending.iter().position(|asked| asked.stream == ticket.0) else { return };
        let asked = self.pending.swap_remove(place);
        if self.pending.is_empty() {
            self.pending = Vec::new();
        }
        match answer {
            Ok(Answer::Reply(response)) => {
                if let Response::Accepted(accepted) = response.as_ref() {
                    self.delivery.wrote(accepted.log, accepted.sequence);
                }
                moment.reply(asked, *response);
            }
            Ok(_) => moment.refuse(asked, Reason::Internal),
            Err(refused) => moment.refuse(asked, refused),
        }
    }

    fn page(&mut self, moment: &mut Moment<'_>, page: &Page) {
        if !self.allows("receive") {
            return self.delivery.page_failed();
        }
        self.delivery.page(page, |piece| match piece {
            Piece::Frame(frame) => moment.effects.out.extend_from_slice(frame),
            Piece::Gap { from, to, why } => {
                moment.push(FrameType::Gap, |out| Gap { log: page.log, from, to, why }.encode(out));
            }
        });
    }

    fn acknowledged(&mut self, ctx: &Context, moment: &mut Moment<'_>, log: LogId, upto: u64) {
        let Some(upto) = self.delivery.acknowledge(log, upto) else { return };
        let device = self.actor.device;
        moment.effects.wish(Effect::Lazy(Lazy::Advance { device, log, upto }));
        if log != LogId::from(device) {
            moment.effects.wish(Effect::Route(Route::Stored { room: RoomId::from(log), upto }));
        }
        self.fetch(ctx, moment);
    }

    fn types(&mut self, moment: &mut Moment<'_>, room: RoomId) {
        const AT_MOST: crate::policy::Rate = crate::policy::Rate { per_second: 1, burst: 3 };
        if self.delivery.reads(room.into()) && self.typing.take(moment.now, AT_MOST).is_ok() {
            moment.effects.wish(Effect::Route(Route::Typing(room)));
        }
    }

    fn tell(&self, moment: &mut Moment<'_>, told: Told) {
        match told {
            Told::Presence(presence) => moment.push(FrameType::Presence, |out| presence.encode(out)),
            Told::Typing { room, account } => {
                let typing = sotto_protocol::Typing { room, account: Some(account) };
                moment.push(FrameType::Typing, |out| typing.encode(out));
            }
            Told::Marks { room, account, delivered, read } => {
                let marks = sotto_protocol::Marks { room, account, delivered, read };
                moment.push(FrameType::Marks, |out| marks.encode(out));
            }
        }
    }

    /// Fetches the next page where the window allows one.
    fn fetch(&mut self, ctx: &Context, moment: &mut Moment<'_>) {
        if self.retry_ms.is_some() || !self.allows("receive") {
            return;
        }
        let policy = &ctx.shared.policy;
        let window =
            Window { envelopes: policy.envelopes_unacknowledged, bytes: policy.bytes_unacknowledged };
        if let Some(query) = self.delivery.next_fetch(window) {
            moment.effects.wish(Effect::Query(Ticket::PAGE, query));
        }
    }

    fn allows(&self, scope: &str) -> bool {
        self.scopes.as_ref().is_none_or(|scopes| scopes.iter().any(|has| has == scope))
    }
}

fn seen(ctx: &Context, moment: &Moment<'_>, actor: Actor) -> Lazy {
    Lazy::Seen { device: actor.device, wall_ms: moment.now.wall_ms, source: ctx.source }
}
