//! A device that writes, with many requests under way.
use std::collections::VecDeque;

use anyhow::{Context as _, Result, bail};
use sotto_kit::{Person, message};
use sotto_protocol::{Frame, FrameKind, LogId, Refusal, limits::REQUESTS_IN_FLIGHT_MAX};
use tokio_rustls::TlsConnector;

use super::{Body, Reader};

/// A device that writes.
pub(crate) struct Sender {
    reader: Reader,
    /// Streams that wait for an answer, in the order in which they were asked, with when.
    asked: VecDeque<(u32, u64)>,
}

impl Sender {
    /// Signs somebody in.
    pub(crate) async fn sign_in(person: &Person, connector: &TlsConnector) -> Result<Self> {
        Ok(Self { reader: Reader::sign_in(person, connector).await?, asked: VecDeque::new() })
    }

    /// Whether the server takes one more request now.
    pub(crate) fn may_ask(&self) -> bool {
        self.asked.len() < REQUESTS_IN_FLIGHT_MAX as usize
    }

    /// Requests under way.
    pub(crate) fn in_flight(&self) -> usize {
        self.asked.len()
    }

    /// Queues a message.
    pub(crate) fn write(&mut self, log: LogId, body: Body, bytes: usize) {
        let stream = self.reader.wire().ask(message(log, body.to_bytes(bytes)));
        self.asked.push_back((stream, body.sent_ns));
    }

    /// Sends what is queued.
    pub(crate) async fn flush(&mut self) -> Result<()> {
        self.reader.wire().flush().await
    }

    /// Waits until something has come. May be abandoned and called again.
    pub(crate) async fn wait(&mut self) -> Result<()> {
        self.reader.wire().read().await?.then_some(()).context("the server closed a sender's connection")
    }

    /// Handles what is here: `accepted` hears when each message that is now accepted was sent.
    pub(crate) async fn handle(&mut self, mut accepted: impl FnMut(u64)) -> Result<()> {
        while let Some(Frame { header, payload }) = self.reader.wire().arrived_frame()? {
            match header.kind {
                FrameKind::Response => {
                    let place = self.asked.iter().position(|(stream, _)| *stream == header.stream);
                    let (_, sent_ns) =
                        place.and_then(|place| self.asked.remove(place)).context("who asked that?")?;
                    accepted(sent_ns);
                }
                FrameKind::Refusal => bail!("refused: {:?}", Refusal::decode(payload)?),
                // What is delivered to a sender (contacts, marks) does not matter here.
                FrameKind::Request | FrameKind::Push => {}
            }
        }
        Ok(())
    }
}
