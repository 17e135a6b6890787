//! What a signed-in device asks: bounded here, decided here where the session knows enough, else by the store.
use sotto_protocol::{
    Frame, FrameType, Header, PasswordChange, Pong, PresenceSet, Reason, Refused, Request, TokenCreate,
};

use super::{Context, Effect, Moment, Ready, Route, State, Ticket};
use crate::{
    password::PasswordServer,
    policy::Rate,
    rate::Bucket,
    session::scope,
    store::{Change, Query, is_change},
};

impl Ready {
    /// Handles one request.
    pub(in crate::session) fn request(
        mut self: Box<Self>,
        ctx: &mut Context,
        moment: &mut Moment<'_>,
        frame: Frame,
    ) -> State {
        let asked = frame.header;
        match self.admit(ctx, moment, frame) {
            Ok(request) => self.handle(ctx, moment, asked, request),
            Err(refused) => moment.refuse(asked, refused),
        }
        State::Ready(self)
    }

    /// Decodes a request that may be made, by this device, now.
    fn admit(&mut self, ctx: &Context, moment: &Moment<'_>, frame: Frame) -> Result<Request, Refused> {
        let kind = FrameType::from_number(frame.header.type_number).ok_or(Reason::TypeUnknown)?;
        let max = ctx.shared.policy.requests_in_flight;
        if self.pending.len() >= max as usize {
            return Err(Refused::new(Reason::LimitInFlight).with("limit", max));
        }
        if let Some(scope) = scope::needed(kind).filter(|scope| !self.allows(scope)) {
            return Err(Refused::new(Reason::AuthScope).with("scope", scope));
        }
        let (bucket, rate) = self.rate(ctx, kind);
        bucket
            .take(moment.now, rate)
            .map_err(|wait_ms| Refused::new(Reason::LimitRate).retry_after(wait_ms))?;
        Request::decode(kind, frame.payload)?.ok_or_else(|| Reason::TypeUnknown.into())
    }

    fn rate(&mut self, ctx: &Context, kind: FrameType) -> (&mut Bucket, Rate) {
        let rates = &ctx.shared.policy.rates;
        match kind {
            FrameType::Append => (&mut self.appends, rates.appends),
            FrameType::PeopleSearch | FrameType::PersonShow | FrameType::KeyPackagesClaim => {
                (&mut self.lookups, rates.lookups)
            }
            _ => (&mut self.requests, rates.requests),
        }
    }

    fn handle(&mut self, ctx: &Context, moment: &mut Moment<'_>, asked: Header, request: Request) {
        match request {
            Request::Ping(_) => moment.reply(asked, Pong { time_ms: moment.now.wall_ms }),
            Request::Hello(_)
            | Request::Auth(_)
            | Request::Register(_)
            | Request::LoginStart(_)
            | Request::LoginFinish(_)
            | Request::Enrol(_) => moment.refuse(asked, Reason::RequestOutOfPlace),
            Request::PasswordStart(start) => {
                ctx.answer_password_start(moment, asked, self.actor.account, &start);
            }
            Request::PresenceSet(set) => set_presence(moment, asked, &set),
            Request::PresenceGet(get) => {
                let route = Route::GetPresence(Ticket(asked.stream), get.accounts.into_inner());
                self.pending.push(asked);
                moment.effects.wish(Effect::Route(route));
            }
            Request::PasswordChange(PasswordChange { password: Some(record) })
                if !PasswordServer::is_upload(&record.upload) =>
            {
                moment.refuse(asked, Refused::new(Reason::RequestMalformed).with("field", "password.upload"));
            }
            Request::TokenCreate(create) if unknown_scope(&create) => {
                moment.refuse(asked, Refused::new(Reason::RequestMalformed).with("field", "scopes"));
            }
            request => self.ask_store(ctx, moment, asked, request),
        }
    }

    fn ask_store(&mut self, ctx: &Context, moment: &mut Moment<'_>, asked: Header, request: Request) {
        let (actor, ticket) = (self.actor, Ticket(asked.stream));
        self.pending.push(asked);
        let request_is_change = is_change(&request);
        let request = Box::new(request);
        if request_is_change {
            let write = ctx.write(moment, Change::Ask { actor, request });
            moment.effects.wish(Effect::Write(ticket, write));
        } else {
            moment.effects.wish(Effect::Query(ticket, Query::Ask { actor, request }));
        }
    }
}

fn set_presence(moment: &mut Moment<'_>, asked: Header, set: &PresenceSet) {
    match u16::try_from(set.port) {
        Ok(port) => {
            moment.effects.wish(Effect::Route(Route::SetPresence { status: set.status, port }));
            moment.reply(asked, sotto_protocol::Done {});
        }
        Err(_) => moment.refuse(asked, Refused::new(Reason::RequestMalformed).with("field", "port")),
    }
}

fn unknown_scope(create: &TokenCreate) -> bool {
    create.scopes.iter().any(|scope| !scope::ALL.contains(&scope.as_str()))
}
