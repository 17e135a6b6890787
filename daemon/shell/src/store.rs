//! The way to what is remembered.
use crate::{certificate::Certificate, clock::Clock, exit::Failure, hub::Hub};
use daemon_core::{
    password::PasswordServer,
    session::{SessionKey, Ticket},
    store::{Identity, Lazy, Outcome, Page, Query, StoreLimits, Write},
};
use prometheus_client::registry::Registry;
use sotto_protocol::{LogId, Reason};
use std::{path::Path, sync::Arc};

/// Who asked.
pub(crate) type Asker = (SessionKey, Ticket);

/// The store.
pub(crate) struct Store {
    hub: Arc<Hub>,
    clock: Clock,
}

impl Store {
    pub(crate) fn open(
        _d: &Path,
        _l: StoreLimits,
        clock: Clock,
        hub: &Arc<Hub>,
    ) -> Result<(Self, Identity, std::future::Pending<String>), Failure> {
        let c = Certificate::make()?;
        let identity = Identity {
            pin: c.pin(),
            certificate: c.chain[0].to_vec().into(),
            certificate_key: c.key.secret_der().to_vec().into(),
            opaque_setup: PasswordServer::generate(&mut rand::thread_rng()),
            incarnation: 1,
        };
        Ok((Self { hub: Arc::clone(hub), clock }, identity, std::future::pending()))
    }
    pub(crate) fn write(&self, asker: Asker, _write: Write) {
        self.hub.publish(self.clock.now(), [(asker, Outcome::refused(Reason::StoreUnavailable))])
    }
    pub(crate) fn query(&self, asker: Asker, _query: Query) {
        self.hub.publish(self.clock.now(), [(asker, Outcome::refused(Reason::StoreUnavailable))])
    }
    pub(crate) fn lazy(&self, _lazy: Lazy) {}
    pub(crate) fn recent(
        &self,
        _log: LogId,
        _after: u64,
        _entries_max: u32,
        _bytes_max: u32,
    ) -> Option<Page> {
        None
    }
    pub(crate) fn register(&self, _registry: &mut Registry) {}
    pub(crate) fn stop(&self) {}
}
