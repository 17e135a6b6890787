//! One connection to the server: requests out, answers and pushes in.
//!
//! ```text
//! Dialer::dial → (Link, Pushes)
//! link.ask(request).await        one request, its answer
//! link.send(request).await       a request on its way; await what it returns for the answer
//! pushes.next().await            what the server says unasked; ends with the reason why the connection ended
//! ```
//!
//! A link is one task and one buffer. Frames that several callers have queued leave together. It sends nothing twice
//! and never reconnects: that is the business of whoever holds it.

mod ask;
mod dial;
mod driver;
mod error;
mod grease;
mod shared;
mod tls;

use std::sync::Arc;

use sotto_protocol::{Ack, Exporter, Pin, ServerPush, Typing, Welcome};
use tokio::sync::mpsc;

pub use ask::{Ask, Pending};
pub use dial::Dialer;
pub use error::{LinkError, Refusal};
pub use tls::ALPN;

use shared::Shared;

/// A connection. Clones share it; it closes when the last one is dropped.
#[derive(Clone)]
pub struct Link(Arc<Handle>);

struct Handle {
    shared: Arc<Shared>,
    pin: Pin,
    exporter: Exporter,
    welcome: Welcome,
}

/// What the server says without being asked.
pub struct Pushes {
    received: mpsc::Receiver<ServerPush>,
    shared: Arc<Shared>,
}

impl Link {
    fn new(shared: Arc<Shared>, pin: Pin, exporter: Exporter, welcome: Welcome) -> Self {
        Self(Arc::new(Handle { shared, pin, exporter, welcome }))
    }

    /// Sends a request and waits for its answer.
    ///
    /// # Errors
    /// [`LinkError::Refused`] when the server says no; anything else when the connection is over.
    pub async fn ask<A: Ask>(&self, request: A) -> Result<A::Answer, LinkError> {
        self.send(request).await?.await
    }

    /// Sends a request and gives a future of its answer, so that many can be under way. Waits while as many are in
    /// flight as the server takes. Requests leave in the order in which this returns.
    ///
    /// # Errors
    /// The reason for which the connection is over.
    pub async fn send<A: Ask>(&self, request: A) -> Result<Pending<A>, LinkError> {
        Ok(Pending::new(self.0.shared.request(request.into()).await?))
    }

    /// Tells the server that everything up to here is stored.
    pub fn ack(&self, ack: Ack) {
        self.0.shared.ack(ack);
    }

    /// Tells a room that its owner is writing; may be lost.
    pub fn typing(&self, typing: Typing) {
        self.0.shared.typing(typing);
    }

    /// Says good-bye, writes what is queued, and waits for the end.
    pub async fn close(self) {
        self.0.shared.close();
        self.0.shared.ended().await;
    }

    /// Waits until the connection is over.
    pub async fn ended(&self) -> LinkError {
        self.0.shared.ended().await
    }

    /// What only the two ends of this connection know: device proofs are bound to it.
    #[must_use]
    pub fn exporter(&self) -> &Exporter {
        &self.0.exporter
    }

    /// The server's pin, as it was checked.
    #[must_use]
    pub fn pin(&self) -> Pin {
        self.0.pin
    }

    /// The server's first words: its limits, its name.
    #[must_use]
    pub fn welcome(&self) -> &Welcome {
        &self.0.welcome
    }
}

impl Pushes {
    fn new(received: mpsc::Receiver<ServerPush>, shared: Arc<Shared>) -> Self {
        Self { received, shared }
    }

    /// Waits for the next push.
    ///
    /// # Errors
    /// When all have been read and the connection is over: why.
    pub async fn next(&mut self) -> Result<ServerPush, LinkError> {
        match self.received.recv().await {
            Some(push) => Ok(push),
            None => Err(self.shared.ended().await),
        }
    }

    /// Gives the next push if it is here already.
    pub fn try_next(&mut self) -> Option<ServerPush> {
        self.received.try_recv().ok()
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.shared.close();
    }
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Link({})", self.0.pin)
    }
}

impl std::fmt::Debug for Pushes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pushes(…)")
    }
}
