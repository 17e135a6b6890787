//! A device that is delivered to, remembers nothing but numbers, and acknowledges as the SPEC says.
use std::{collections::BTreeMap, time::Duration};

use anyhow::{Context as _, Result, bail};
use sotto_kit::{Person, Wire};
use sotto_protocol::{
    Ack, Deliver, EntryKind, Frame, FrameKind, FrameType, LogId,
    limits::{ACK_AFTER_MS, ACK_EVERY},
};
use tokio::time::{Instant, sleep_until};
use tokio_rustls::TlsConnector;

use super::Body;

/// A device that is delivered to.
pub(crate) struct Reader {
    wire: Wire,
    /// What is stored and not yet acknowledged.
    unacknowledged: BTreeMap<LogId, u64>,
    count: usize,
    due: Option<Instant>,
}

impl Reader {
    /// Signs somebody in.
    pub(crate) async fn sign_in(person: &Person, connector: &TlsConnector) -> Result<Self> {
        let mut wire = Wire::connect_with(person.door(), connector).await?;
        wire.sign_in(&person.keys, person.token()).await?;
        Ok(Self { wire, unacknowledged: BTreeMap::new(), count: 0, due: None })
    }

    /// The connection.
    pub(crate) fn wire(&mut self) -> &mut Wire {
        &mut self.wire
    }

    /// Waits until something has come or an acknowledgement is due. May be abandoned and called again.
    pub(crate) async fn wait(&mut self) -> Result<()> {
        tokio::select! {
            read = self.wire.read() => if read? { Ok(()) } else { bail!("the server closed a reader's connection") },
            () = sleep_until(self.due.unwrap_or_else(Instant::now)), if self.due.is_some() => Ok(()),
        }
    }

    /// Handles what is here: `seen` hears of messages, everything is acknowledged in time. Gives how many there were.
    pub(crate) async fn handle(&mut self, mut seen: impl FnMut(Body)) -> Result<usize> {
        let mut messages = 0;
        while let Some(Frame { header, payload }) = self.wire.arrived_frame()? {
            match header.kind {
                FrameKind::Push if header.type_number == FrameType::Deliver.number() => {
                    let entry = Deliver::decode(payload)?;
                    self.unacknowledged.insert(entry.log, entry.sequence);
                    self.count += 1;
                    if entry.kind == EntryKind::Message {
                        let body = Body::read(&entry.sealed).context("a message that is not of the load")?;
                        seen(body);
                        messages += 1;
                    }
                }
                FrameKind::Push if header.type_number == FrameType::Bye.number() => {
                    bail!("the server said good-bye")
                }
                FrameKind::Push if header.type_number == FrameType::Gap.number() => {
                    bail!("the server lost messages")
                }
                FrameKind::Request | FrameKind::Response | FrameKind::Push | FrameKind::Refusal => {}
            }
        }
        let now = Instant::now();
        if self.count >= ACK_EVERY as usize || self.due.is_some_and(|due| due <= now) {
            self.acknowledge().await?;
        } else if self.count > 0 && self.due.is_none() {
            self.due = Some(now + Duration::from_millis(u64::from(ACK_AFTER_MS)));
        }
        Ok(messages)
    }

    /// Acknowledges everything now.
    pub(crate) async fn acknowledge(&mut self) -> Result<()> {
        for (log, upto) in std::mem::take(&mut self.unacknowledged) {
            self.wire.push(Ack { log, upto });
        }
        (self.count, self.due) = (0, None);
        self.wire.flush().await
    }
}
