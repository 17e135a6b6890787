//! One connection, from the client's side: streams, and how far each log has come in this process.
use std::collections::{BTreeMap, BTreeSet};

use bytes::{Bytes, BytesMut};
use sotto_protocol::{
    ClientPush, EnvelopeId, Frame, FrameKind, FrameType, Header, LogId, Refusal, Request, Response,
    ServerPush, decode_frame, encode_message,
};

use crate::{model::Held, nature::Line};

/// What a stream is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Hello,
    Auth,
    Draft(EnvelopeId),
    Other,
}

/// What the server said.
pub(super) enum Heard {
    Nothing,
    Push(ServerPush),
    Answer(Asked, Box<Response>),
    Refusal(Asked, Refusal),
}

#[derive(Debug)]
pub(super) struct Link {
    pub(super) line: Line,
    pub(super) signed_in: bool,
    pub(super) out: BytesMut,
    pub(super) waiting: BTreeMap<u32, Asked>,
    pub(super) in_flight_max: usize,
    inbound: BytesMut,
    stream: u32,
    cursors: BTreeMap<LogId, u64>,
    own: BTreeSet<(LogId, u64)>,
}

impl Link {
    pub(super) fn new(line: Line, cursors: BTreeMap<LogId, u64>) -> Self {
        Self {
            line,
            signed_in: false,
            out: BytesMut::new(),
            waiting: BTreeMap::new(),
            in_flight_max: 4,
            inbound: BytesMut::new(),
            stream: 1,
            cursors,
            own: BTreeSet::new(),
        }
    }

    pub(super) fn ask(&mut self, request: Request, asked: Asked) {
        let type_number = request.frame_type().number();
        let header = Header { type_number, kind: FrameKind::Request, more: false, stream: self.stream };
        encode_message(header, &mut self.out, |out| request.encode(out));
        self.waiting.insert(self.stream, asked);
        self.stream += 2;
    }

    pub(super) fn push(&mut self, push: ClientPush) {
        let type_number = push.frame_type().number();
        let header = Header { type_number, kind: FrameKind::Push, more: false, stream: 0 };
        encode_message(header, &mut self.out, |out| push.encode(out));
    }

    pub(super) fn asks_for(&self, envelope: EnvelopeId) -> bool {
        self.waiting.values().any(|asked| *asked == Asked::Draft(envelope))
    }

    /// Takes bytes in and gives what they say, frame by frame.
    pub(super) fn take_in(&mut self, bytes: &Bytes) {
        self.inbound.extend_from_slice(bytes);
    }

    pub(super) fn next(&mut self) -> Held<Option<Heard>> {
        match decode_frame(&mut self.inbound, u32::MAX) {
            Ok(None) => Ok(None),
            Ok(Some(frame)) => self.frame(frame).map(Some),
            Err(fault) => Err(format!("the server's frame is none: {fault:?}")),
        }
    }

    fn frame(&mut self, Frame { header, payload }: Frame) -> Held<Heard> {
        let Some(kind) = FrameType::from_number(header.type_number) else { return Ok(Heard::Nothing) };
        match header.kind {
            FrameKind::Push => {
                let push = ServerPush::decode(kind, payload).map_err(|fault| format!("{fault:?}"))?;
                Ok(push.map_or(Heard::Nothing, Heard::Push))
            }
            FrameKind::Response => {
                let Some(asked) = self.waiting.remove(&header.stream) else {
                    return Err(format!("stream {} was answered and not asked", header.stream));
                };
                let response = Response::decode(kind, payload).map_err(|fault| format!("{fault:?}"))?;
                Ok(response.map_or(Heard::Nothing, |response| Heard::Answer(asked, Box::new(response))))
            }
            FrameKind::Refusal => {
                let refusal = Refusal::decode(payload).map_err(|fault| format!("{fault:?}"))?;
                let asked = self.waiting.remove(&header.stream);
                Ok(asked.map_or(Heard::Nothing, |asked| Heard::Refusal(asked, refusal)))
            }
            FrameKind::Request => Err("the server asked something".into()),
        }
    }

    pub(super) fn cursor(&self, log: LogId) -> u64 {
        self.cursors.get(&log).copied().unwrap_or(0)
    }

    /// Has everything of a log up to here, and what it wrote itself beyond.
    pub(super) fn pass(&mut self, log: LogId, upto: u64) {
        let mut cursor = upto.max(self.cursor(log));
        while self.own.contains(&(log, cursor + 1)) {
            cursor += 1;
        }
        self.cursors.insert(log, cursor);
    }

    pub(super) fn wrote(&mut self, log: LogId, sequence: u64) {
        self.own.insert((log, sequence));
        if self.cursors.get(&log).is_some_and(|cursor| cursor + 1 == sequence) {
            self.pass(log, sequence);
        }
    }
}
