//! The way to what is remembered: the engine over the file, its sink, and its numbers.
use std::{path::Path, sync::Arc};

use daemon_core::{
    password::PasswordServer,
    session::{SessionKey, Ticket},
    store::{Fault, Identity, Lazy, Page, Query, StoreLimits, Write},
};
use daemon_store::{Done, Engine, EngineOptions, SqliteOptions, SqliteStore, Store as _};
use prometheus_client::{metrics::counter::ConstCounter, registry::Registry};
use sotto_protocol::LogId;
use tokio::sync::oneshot;

use crate::{certificate::Certificate, clock::Clock, exit::Failure, hub::Hub, metrics::gauge};

/// The database's name in the daemon's directory.
const FILE: &str = "sotto.db";

/// Who asked.
pub(crate) type Asker = (SessionKey, Ticket);

/// What is remembered. Answers come to the hub, in the order of the commits.
pub(crate) struct Store {
    engine: Engine<Asker>,
}

impl Store {
    /// Opens the file, or makes it together with this server's identity. What ends the store is told by the future.
    ///
    /// # Errors
    /// [`Failure::Machine`] when the file cannot be used, in words for the admin.
    pub(crate) fn open(
        directory: &Path,
        limits: StoreLimits,
        clock: Clock,
        hub: &Arc<Hub>,
    ) -> Result<(Self, Identity, impl Future<Output = String> + use<>), Failure> {
        let path = directory.join(FILE);
        let fail = |fault: Fault| Failure::machine(format_args!("opening {}", path.display()), fault);
        let mut store = SqliteStore::open(&path, limits, SqliteOptions::default()).map_err(fail)?;
        let identity = match store.identity().map_err(fail)? {
            Some(identity) => identity,
            None => {
                let identity = new_identity()?;
                store.set_identity(&identity).map_err(fail)?;
                identity
            }
        };
        let (breaks, broken) = oneshot::channel();
        let breaks = std::sync::Mutex::new(Some(breaks));
        let sink = {
            let hub = Arc::clone(hub);
            move |batch: Vec<Done<Asker>>| {
                hub.publish(clock.now(), batch.into_iter().map(|done| (done.tag, done.outcome)));
            }
        };
        let tell = move |fault: &Fault| {
            let breaks = breaks.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
            let _nobody_listens = breaks.map(|breaks| breaks.send(fault.to_string()));
        };
        let engine = Engine::start(store, EngineOptions::default(), sink, tell).map_err(fail)?;
        let broken = async move {
            match broken.await {
                Ok(why) => why,
                // The engine stopped in peace: nothing breaks any more.
                Err(_) => std::future::pending().await,
            }
        };
        Ok((Self { engine }, identity, broken))
    }

    /// Changes something.
    pub(crate) fn write(&self, asker: Asker, write: Write) {
        self.engine.write(asker, write);
    }

    /// Asks something.
    pub(crate) fn query(&self, asker: Asker, query: Query) {
        self.engine.query(asker, query);
    }

    /// Writes something some time.
    pub(crate) fn lazy(&self, lazy: Lazy) {
        self.engine.lazy(lazy);
    }

    /// What follows a cursor, if it is all in memory.
    pub(crate) fn recent(&self, log: LogId, after: u64, entries_max: u32, bytes_max: u32) -> Option<Page> {
        self.engine.recent(log, after, entries_max, bytes_max)
    }

    /// Adds the engine's numbers.
    pub(crate) fn register(&self, registry: &mut Registry) {
        let now = self.engine.stats();
        let counters = [
            ("store_commits", "Transactions that were synced", now.commits),
            ("store_writes", "Writes in them", now.writes),
            ("store_lazies", "What was put off and then written", now.lazies),
            ("store_queries", "Questions answered by readers", now.queries),
            ("store_refused_full", "Writes refused because the disk is full", now.refused_full),
            ("store_commit_microseconds", "Time from transaction to sync, summed", now.commit_us),
        ];
        for (name, help, count) in counters {
            registry.register(name, help, ConstCounter::new(count));
        }
        gauge(registry, "store_commit_microseconds_max", "The longest of these", now.commit_max_us);
        gauge(registry, "store_full", "Whether the disk is full", u64::from(now.full));
        gauge(registry, "store_tail_bytes", "Recent entries kept in memory", now.tail_bytes);
    }

    /// Finishes what is queued and closes the file.
    pub(crate) fn stop(&self) {
        self.engine.stop();
    }
}

/// Makes what a server is known by.
fn new_identity() -> Result<Identity, Failure> {
    let certificate = Certificate::make()?;
    let first = certificate.chain.first().map(|first| first.to_vec()).unwrap_or_default();
    Ok(Identity {
        pin: certificate.pin(),
        certificate: first.into(),
        certificate_key: certificate.key.secret_der().to_vec().into(),
        opaque_setup: PasswordServer::generate(&mut rand::thread_rng()),
        incarnation: 1,
    })
}
