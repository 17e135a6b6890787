//! One connection's machine: what happened goes in, wishes and bytes come out.
//!
//! ```text
//! Greeting --HELLO--> Stranger --AUTH, REGISTER--> Ready
//!                        \--LOGIN_FINISH--> Enrolling --ENROL--> Ready
//! ```
//!
//! Call [`Session::handle`] for everything that happens, then send [`Effects::out`] and grant the wishes in order. Feed
//! frames only while [`Session::takes_frames`]; come back with [`Input::Wake`] when [`Session::next_wake`] has come.

mod delivery;
mod enrolling;
mod greeting;
mod input;
mod ready;
mod reply;
mod scope;
mod stranger;

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use rand_core::CryptoRngCore;
use sotto_protocol::{Exporter, Frame, FrameKind, Pin, Reason, limits};

pub use input::{Effect, Effects, Input, Route, SessionKey, Ticket, Told};

use self::{enrolling::Enrolling, greeting::Greeting, ready::Ready, stranger::Stranger};
use crate::{
    Now,
    gate::Offence,
    password::{NotProved, PasswordServer},
    policy::Policy,
    store::{Actor, Identity, Seed, Write},
};

/// What all sessions share. A reload makes a new one for those who come after it.
#[derive(Debug)]
pub struct Shared {
    /// What the admin has decided.
    pub policy: Policy,
    pin: Pin,
    passwords: PasswordServer,
}

impl Shared {
    /// Puts policy and identity together.
    ///
    /// # Errors
    /// [`NotProved`] when the identity's OPAQUE setup is none.
    pub fn new(policy: Policy, identity: &Identity) -> Result<Self, NotProved> {
        Ok(Self { policy, pin: identity.pin, passwords: PasswordServer::new(&identity.opaque_setup)? })
    }
}

/// What is known of a connection before it says a word.
#[derive(Clone, Copy, Debug)]
pub struct Opening {
    /// Where it comes from.
    pub source: SocketAddr,
    /// What only the two ends of its TLS know (RFC 9266).
    pub exporter: Exporter,
}

/// The machine of one connection.
#[derive(Debug)]
pub struct Session {
    ctx: Context,
    state: State,
}

/// What every state needs.
#[derive(Debug)]
struct Context {
    shared: Arc<Shared>,
    source: IpAddr,
    last_stream: u32,
    heard_ms: u64,
}

/// One struct a state, consumed by its own handler. Boxed, because an idle connection should not carry the largest.
#[derive(Debug)]
enum State {
    Greeting(Box<Greeting>),
    Stranger(Box<Stranger>),
    Enrolling(Box<Enrolling>),
    Ready(Box<Ready>),
    Closed,
}

/// What a handler is given for one input.
struct Moment<'a> {
    now: Now,
    chance: &'a mut dyn CryptoRngCore,
    effects: &'a mut Effects,
}

impl Session {
    /// A connection whose TLS handshake is done.
    #[must_use]
    pub fn new(shared: Arc<Shared>, opening: Opening, now: Now) -> Self {
        let deadline_ms = now.monotonic_ms + u64::from(shared.policy.hello_deadline_ms);
        let ctx = Context {
            shared,
            source: opening.source.ip().to_canonical(),
            last_stream: 0,
            heard_ms: now.monotonic_ms,
        };
        Self { ctx, state: State::Greeting(Box::new(Greeting { deadline_ms, exporter: opening.exporter })) }
    }

    /// Handles what happened.
    pub fn handle(&mut self, now: Now, chance: &mut dyn CryptoRngCore, input: Input, effects: &mut Effects) {
        let mut moment = Moment { now, chance, effects };
        let state = std::mem::replace(&mut self.state, State::Closed);
        self.state = match (state, input) {
            (State::Closed, _) => State::Closed,
            (_, Input::Gone) => {
                moment.effects.wish(Effect::Close);
                State::Closed
            }
            (_, Input::Stop { reconnect_after_ms }) => {
                self.ctx.bye(&mut moment, Reason::ServerStopping, reconnect_after_ms)
            }
            (_, Input::Out(reason)) => self.ctx.bye(&mut moment, reason, come_back_after_ms(reason)),
            (_, Input::BadFrame(fault)) => self.ctx.bad_frame(&mut moment, fault),
            (state, Input::Frame(frame)) => {
                self.ctx.heard_ms = now.monotonic_ms;
                self.ctx.frame(&mut moment, state, frame)
            }
            (state, Input::Wake) => self.ctx.wake(&mut moment, state),
            (State::Stranger(state), Input::Answer(_, answer)) => {
                state.answered(&mut self.ctx, &mut moment, answer)
            }
            (State::Enrolling(state), Input::Answer(_, answer)) => {
                state.answered(&mut self.ctx, &mut moment, answer)
            }
            (State::Ready(state), input) => state.told(&self.ctx, &mut moment, input),
            (state, _) => state,
        };
    }

    /// The monotonic millisecond at which [`Input::Wake`] is due.
    #[must_use]
    pub fn next_wake(&self) -> Option<u64> {
        match &self.state {
            State::Greeting(state) => Some(state.deadline_ms),
            State::Stranger(state) => Some(state.deadline_ms),
            State::Enrolling(state) => Some(state.deadline_ms),
            State::Ready(state) => {
                let dead_ms = self.ctx.heard_ms + u64::from(self.ctx.shared.policy.dead_after_ms);
                Some(state.retry_ms().map_or(dead_ms, |retry_ms| retry_ms.min(dead_ms)))
            }
            State::Closed => None,
        }
    }

    /// Whether the next frame may be fed. While a sign-in waits for its answer, what was pipelined behind it waits too.
    #[must_use]
    pub const fn takes_frames(&self) -> bool {
        match &self.state {
            State::Greeting(_) => true,
            State::Stranger(state) => !state.is_busy(),
            State::Enrolling(state) => !state.is_busy(),
            State::Ready(_) => true,
            State::Closed => false,
        }
    }

    /// The greatest length field that is followed now.
    #[must_use]
    pub fn frame_max(&self) -> u32 {
        match &self.state {
            State::Ready(_) => self.ctx.shared.policy.frame_max,
            State::Greeting(_) | State::Stranger(_) | State::Enrolling(_) | State::Closed => {
                limits::FRAME_BEFORE_SIGN_IN_MAX
            }
        }
    }

    /// Who is signed in.
    #[must_use]
    pub const fn actor(&self) -> Option<Actor> {
        match &self.state {
            State::Ready(state) => Some(state.actor()),
            State::Greeting(_) | State::Stranger(_) | State::Enrolling(_) | State::Closed => None,
        }
    }
}

impl Context {
    /// Sorts a frame by its kind, and holds requests to the rules of streams.
    fn frame(&mut self, moment: &mut Moment<'_>, state: State, frame: Frame) -> State {
        match frame.header.kind {
            FrameKind::Request => {
                let stream = frame.header.stream;
                if stream.is_multiple_of(2) || stream <= self.last_stream {
                    moment.refuse(frame.header, Reason::StreamInvalid);
                    return state;
                }
                self.last_stream = stream;
                match state {
                    State::Greeting(state) => state.request(self, moment, frame),
                    State::Stranger(state) => state.request(self, moment, frame),
                    State::Enrolling(state) => state.request(self, moment, frame),
                    State::Ready(state) => state.request(self, moment, frame),
                    State::Closed => State::Closed,
                }
            }
            FrameKind::Push => match state {
                State::Greeting(state) => state.push(moment),
                State::Ready(state) => state.push(self, moment, frame),
                State::Stranger(_) | State::Enrolling(_) | State::Closed => state,
            },
            // The server asks nothing of its clients, so there is nothing that these could answer.
            FrameKind::Response | FrameKind::Refusal => state,
        }
    }

    fn wake(&self, moment: &mut Moment<'_>, state: State) -> State {
        let deadline_ms = match &state {
            State::Greeting(state) => state.deadline_ms,
            State::Stranger(state) => state.deadline_ms,
            State::Enrolling(state) => state.deadline_ms,
            State::Ready(_) => self.heard_ms + u64::from(self.shared.policy.dead_after_ms),
            State::Closed => return state,
        };
        if moment.now.monotonic_ms < deadline_ms {
            return match state {
                State::Ready(state) => state.retry(self, moment),
                state => state,
            };
        }
        if matches!(state, State::Ready(_)) {
            return self.bye(moment, Reason::SessionIdle, 0);
        }
        moment.effects.wish(Effect::Offence(Offence::Silent));
        self.bye(moment, Reason::HelloDeadline, limits::RECONNECT_FIRST_MS)
    }

    fn write(&self, moment: &mut Moment<'_>, change: crate::store::Change) -> Write {
        let mut seed = [0; 32];
        moment.chance.fill_bytes(&mut seed);
        Write { wall_ms: moment.now.wall_ms, seed: Seed(seed), change }
    }
}

/// When a client should come back after a BYE with this reason; never by itself where only a person can help.
const fn come_back_after_ms(reason: Reason) -> u32 {
    match reason {
        Reason::AuthRevoked
        | Reason::AuthSignedOut
        | Reason::AuthDisabled
        | Reason::AuthFailed
        | Reason::AccountUnknown
        | Reason::SessionReplaced => u32::MAX,
        _ => limits::RECONNECT_FIRST_MS,
    }
}
