//! What the callers and the connection's task share: bytes to be written, and who waits for which answer.
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::{BufMut as _, BytesMut};
use sotto_protocol::{
    Ack, Bye, FrameKind, FrameType, Header, Reason, Refused, Request, Response, Typing, encode_message,
};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, oneshot};

use super::{LinkError, grease::Grease};

/// Bytes waiting to be written above which a push that may be lost is lost.
const CROWDED: usize = 64 * 1024;

pub(super) struct Shared {
    state: Mutex<State>,
    /// Rings when there is something to write.
    pub(super) bell: Notify,
    /// Rings once, at the end.
    ended: Notify,
    /// One for each request that may wait for an answer.
    in_flight: Arc<Semaphore>,
}

struct State {
    out: BytesMut,
    waiting: HashMap<u32, Waiting>,
    next_stream: u32,
    grease: Grease,
    closing: bool,
    ended: Option<LinkError>,
}

struct Waiting {
    kind: Option<FrameType>,
    answer: Option<oneshot::Sender<Result<Response, LinkError>>>,
    permit: Option<OwnedSemaphorePermit>,
}

impl Shared {
    /// HELLO had stream 1.
    pub(super) fn new(grease: Grease, requests_in_flight: usize) -> Self {
        let state = State {
            out: BytesMut::new(),
            waiting: HashMap::new(),
            next_stream: 3,
            grease,
            closing: false,
            ended: None,
        };
        Self {
            state: Mutex::new(state),
            bell: Notify::new(),
            ended: Notify::new(),
            in_flight: Arc::new(Semaphore::new(requests_in_flight)),
        }
    }

    /// Queues a request as soon as one more may be in flight.
    pub(super) async fn request(
        &self,
        request: Request,
    ) -> Result<oneshot::Receiver<Result<Response, LinkError>>, LinkError> {
        let permit = Arc::clone(&self.in_flight).acquire_owned().await.map_err(|_| self.why())?;
        let (answer, receiver) = oneshot::channel();
        let kind = request.frame_type();
        let waiting = Waiting { kind: Some(kind), answer: Some(answer), permit: Some(permit) };
        self.state().ask(kind.number(), waiting, |out| request.encode(out))?;
        self.bell.notify_one();
        Ok(receiver)
    }

    /// Asks whether anybody is there, if a request may be sent now.
    pub(super) fn ping(&self) {
        if let Ok(permit) = Arc::clone(&self.in_flight).try_acquire_owned() {
            let waiting = Waiting { kind: Some(FrameType::Ping), answer: None, permit: Some(permit) };
            // A connection that has just ended needs no ping.
            let _ended = self.state().ask(FrameType::Ping.number(), waiting, |_| ());
        }
    }

    pub(super) fn ack(&self, ack: Ack) {
        self.push(FrameType::Ack, |out| ack.encode(out));
    }

    pub(super) fn typing(&self, typing: Typing) {
        if self.state().out.len() < CROWDED {
            self.push(FrameType::Typing, |out| typing.encode(out));
        }
    }

    /// Answers a request of the server.
    pub(super) fn answer(&self, type_number: u16, stream: u32, pong_ms: Option<u64>) {
        let mut state = self.state();
        match pong_ms {
            Some(time_ms) => state.frame(type_number, FrameKind::Response, stream, |out| {
                sotto_protocol::Pong { time_ms }.encode(out);
            }),
            None => state.frame(type_number, FrameKind::Refusal, stream, |out| {
                Refused::new(Reason::TypeUnknown).encode(out);
            }),
        }
        drop(state);
        self.bell.notify_one();
    }

    /// Hands an answer to who waits for it.
    pub(super) fn settle(
        &self,
        stream: u32,
        read: impl FnOnce(Option<FrameType>) -> Result<Response, LinkError>,
    ) {
        let Some(mut waiting) = self.state().waiting.remove(&stream) else { return };
        let response = read(waiting.kind);
        if matches!(response, Ok(Response::SignedIn(_))) {
            // Once a session, in the place of the request that has just been answered.
            let grease = Waiting { kind: None, answer: None, permit: waiting.permit.take() };
            let mut state = self.state();
            let type_number = state.grease.type_number();
            let _ended = state.ask(type_number, grease, |out| out.put_slice(b"grease"));
        }
        if let Some(answer) = waiting.answer {
            // Whoever asked may have stopped waiting.
            let _forgotten = answer.send(response);
        }
    }

    /// Gives everything that is to be written; `true`: and after it the end.
    pub(super) fn take_outgoing(&self, out: &mut BytesMut) -> bool {
        let mut state = self.state();
        std::mem::swap(&mut state.out, out);
        state.closing
    }

    /// No more than what is queued will be written.
    pub(super) fn close(&self) {
        let mut state = self.state();
        if state.closing {
            return;
        }
        state.frame(FrameType::Bye.number(), FrameKind::Push, 0, |out| {
            Bye { reason: String::new(), reconnect_after_ms: u32::MAX }.encode(out);
        });
        state.closing = true;
        drop(state);
        self.bell.notify_one();
    }

    /// The connection is over: everybody who waits hears why.
    pub(super) fn end(&self, why: &LinkError) {
        let mut state = self.state();
        state.ended = Some(why.clone());
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        self.in_flight.close();
        for answer in waiting.into_values().filter_map(|waiting| waiting.answer) {
            let _forgotten = answer.send(Err(why.clone()));
        }
        self.ended.notify_waiters();
    }

    pub(super) async fn ended(&self) -> LinkError {
        loop {
            let rung = self.ended.notified();
            if let Some(why) = self.state().ended.clone() {
                return why;
            }
            rung.await;
        }
    }

    pub(super) fn why(&self) -> LinkError {
        self.state().ended.clone().unwrap_or(LinkError::Closed)
    }

    fn push(&self, kind: FrameType, write: impl FnOnce(&mut BytesMut)) {
        let mut state = self.state();
        if state.ended.is_none() {
            state.frame(kind.number(), FrameKind::Push, 0, write);
        }
        drop(state);
        self.bell.notify_one();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn ask(
        &mut self,
        type_number: u16,
        waiting: Waiting,
        write: impl FnOnce(&mut BytesMut),
    ) -> Result<(), LinkError> {
        if let Some(why) = &self.ended {
            return Err(why.clone());
        }
        let stream = self.next_stream;
        // Two thousand million requests: the next connection begins again.
        self.next_stream = stream.checked_add(2).ok_or(LinkError::Closed)?;
        self.waiting.insert(stream, waiting);
        self.frame(type_number, FrameKind::Request, stream, write);
        Ok(())
    }

    fn frame(&mut self, type_number: u16, kind: FrameKind, stream: u32, write: impl FnOnce(&mut BytesMut)) {
        let start = self.out.len();
        encode_message(Header { type_number, kind, more: false, stream }, &mut self.out, write);
        self.grease.smear(&mut self.out, start);
    }
}
