//! The first word.
use sotto_protocol::{
    Exporter, Frame, FrameType, Hello, Limits, Listed, Malformed, Reason, Refused, Request, Tag, Welcome,
    limits,
};

use super::{Context, Effect, Moment, State, stranger::Stranger};
use crate::gate::Offence;

/// The one minor version that this build speaks.
const MINOR: u32 = 0;
/// What this build can do beyond the minor version.
const FEATURES: [&str; 0] = [];

/// Waits for HELLO, and for nothing else.
#[derive(Debug)]
pub(super) struct Greeting {
    pub(super) deadline_ms: u64,
    pub(super) exporter: Exporter,
}

impl Greeting {
    pub(super) fn request(self, ctx: &Context, moment: &mut Moment<'_>, frame: Frame) -> State {
        if frame.header.type_number != FrameType::Hello.number() {
            moment.refuse(frame.header, Reason::HelloExpected);
            moment.effects.wish(Effect::Offence(Offence::BadProtocol));
            return ctx.bye(moment, Reason::HelloExpected, limits::RECONNECT_FIRST_MS);
        }
        let hello = match Request::decode(FrameType::Hello, frame.payload) {
            Ok(Some(Request::Hello(hello))) => hello,
            Ok(_) => return State::Greeting(Box::new(self)),
            Err(fault) => {
                moment.refuse(frame.header, fault);
                return State::Greeting(Box::new(self));
            }
        };
        if !speaks(&hello) {
            let refused = Refused::new(Reason::VersionUnsupported).with("minor", MINOR);
            moment.refuse(frame.header, refused);
            return State::Greeting(Box::new(self));
        }
        match welcome(ctx, moment) {
            Ok(welcome) => moment.reply(frame.header, welcome),
            Err(fault) => moment.refuse(frame.header, fault),
        }
        let deadline_ms = moment.now.monotonic_ms + u64::from(ctx.shared.policy.hello_deadline_ms);
        State::Stranger(Box::new(Stranger::new(deadline_ms, self.exporter)))
    }

    /// A push before HELLO is as little a first word as any other.
    pub(super) fn push(self: Box<Self>, moment: &mut Moment<'_>) -> State {
        moment.effects.wish(Effect::Offence(Offence::BadProtocol));
        State::Greeting(self)
    }
}

fn speaks(hello: &Hello) -> bool {
    (hello.min_minor..=hello.max_minor).contains(&MINOR)
}

fn welcome(ctx: &Context, moment: &mut Moment<'_>) -> Result<Welcome, Malformed> {
    let policy = &ctx.shared.policy;
    // GREASE: a feature that nobody knows, so that nobody forgets to ignore those.
    let grease = format!("grease-{:04x}", moment.chance.next_u32() & 0xFFFF);
    let features =
        FEATURES.into_iter().chain([grease.as_str()]).map(Tag::new).collect::<Result<Vec<_>, _>>()?;
    Ok(Welcome {
        minor: MINOR,
        features: Listed::new(features)?,
        limits: Limits {
            frame_max: policy.frame_max,
            requests_in_flight: policy.requests_in_flight,
            envelopes_unacknowledged: policy.envelopes_unacknowledged,
            bytes_unacknowledged: policy.bytes_unacknowledged,
            ping_after_ms: policy.ping_after_ms,
            dead_after_ms: policy.dead_after_ms,
            sealed_max: u32::try_from(limits::SEALED_MAX).unwrap_or(u32::MAX),
            blob_max: policy.blob_max,
            room_members_max: policy.room_members_max,
        },
        server_name: policy.server_name.clone(),
        time_ms: moment.now.wall_ms,
        registration: policy.registration,
        notices: Listed::new(policy.notices.iter().take(8).cloned().collect())?,
    })
}
