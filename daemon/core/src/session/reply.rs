//! How answers, refusals and the last word become bytes.
use sotto_protocol::{
    Bye, FrameError, FrameKind, FrameType, Header, Reason, Refused, Response, encode_message,
};

use super::{Context, Effect, Moment, State};
use crate::gate::Offence;

impl Moment<'_> {
    /// Answers a request.
    pub(super) fn reply(&mut self, asked: Header, response: impl Into<Response>) {
        let response = response.into();
        let header = Header { kind: FrameKind::Response, more: false, ..asked };
        encode_message(header, &mut self.effects.out, |out| response.encode(out));
    }

    /// Says no to a request.
    pub(super) fn refuse(&mut self, asked: Header, refused: impl Into<Refused>) {
        let refused = refused.into();
        let header = Header { kind: FrameKind::Refusal, more: false, ..asked };
        encode_message(header, &mut self.effects.out, |out| refused.encode(out));
    }

    /// Says something that nobody asked for.
    pub(super) fn push(&mut self, kind: FrameType, write: impl FnOnce(&mut bytes::BytesMut)) {
        let header = Header { type_number: kind.number(), kind: FrameKind::Push, more: false, stream: 0 };
        encode_message(header, &mut self.effects.out, write);
    }
}

impl Context {
    /// Says goodbye and closes.
    pub(super) fn bye(&self, moment: &mut Moment<'_>, reason: Reason, reconnect_after_ms: u32) -> State {
        let bye = Bye { reason: reason.as_str().to_owned(), reconnect_after_ms };
        moment.push(FrameType::Bye, |out| bye.encode(out));
        moment.effects.wish(Effect::Close);
        State::Closed
    }

    /// The length field cannot be followed: nothing that comes after it can be read.
    pub(super) fn bad_frame(&self, moment: &mut Moment<'_>, fault: FrameError) -> State {
        let refused = match fault {
            FrameError::TooLong { max, .. } => Refused::new(Reason::FrameTooLarge).with("limit", max),
            FrameError::TooShort { .. } => Refused::new(Reason::FrameMalformed),
        };
        let nowhere =
            Header { type_number: FrameType::Bye.number(), kind: FrameKind::Refusal, more: false, stream: 0 };
        let reason = refused.reason;
        moment.refuse(nowhere, refused);
        moment.effects.wish(Effect::Offence(Offence::BadProtocol));
        self.bye(moment, reason, sotto_protocol::limits::RECONNECT_FIRST_MS)
    }
}
