//! The way to what is remembered: the SQLite store on its engine, and what the box knows of itself.
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use daemon_core::{
    password::PasswordServer,
    session::{SessionKey, Ticket},
    store::{Fault, Identity, Lazy, Page, Query, StoreLimits, Write},
};
use daemon_store::{
    BATCH_STEPS, Done, Engine, EngineOptions, SYNC_STEPS_US, SqliteOptions, SqliteStore, Store as _,
};
use prometheus_client::{
    metrics::{
        counter::{ConstCounter, Counter},
        family::Family,
    },
    registry::Registry,
};
use sotto_protocol::LogId;
use tokio::sync::oneshot;

use crate::{certificate::Certificate, clock::Clock, exit::Failure, hub::Hub, metrics::gauge};

/// Who asked.
pub(crate) type Asker = (SessionKey, Ticket);

/// Bytes of frames that may wait for the store, all sessions together. Beyond it a wish is refused at once, and may be
/// repeated: a disk that hangs must not fill the memory.
const QUEUED_BYTES_MAX: usize = 64 * 1024 * 1024;
/// What a wish costs beside its frame.
const AROUND: usize = 1024;

/// The store.
#[derive(Debug)]
pub(crate) struct Store {
    engine: Engine<Tag>,
    queue: Arc<Queue>,
}

/// What a question carries through the engine.
#[derive(Clone, Copy, Debug)]
struct Tag {
    asker: Asker,
    bytes: usize,
}

/// What waits for the store.
#[derive(Debug, Default)]
struct Queue {
    bytes: AtomicUsize,
}

/// Too much waits already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Busy;

/// What opening gives.
pub(crate) struct Opened {
    /// The store, at work.
    pub(crate) store: Store,
    /// What the box knows of itself.
    pub(crate) identity: Identity,
    /// Hears of trouble that must end the process.
    pub(crate) broken: oneshot::Receiver<String>,
}

const FILE: &str = "sotto.db";

impl Store {
    /// Opens the store in this directory, and makes what the box needs if this is its first start.
    ///
    /// # Errors
    /// [`Failure::Machine`] when the file cannot be used.
    pub(crate) fn open(
        directory: &Path,
        limits: StoreLimits,
        clock: Clock,
        hub: &Arc<Hub>,
    ) -> Result<Opened, Failure> {
        let path = directory.join(FILE);
        let failure =
            |fault: Fault| Failure::machine(format_args!("opening the store {}", path.display()), fault);
        let mut store = SqliteStore::open(&path, limits, SqliteOptions::default()).map_err(failure)?;
        let identity = match store.identity().map_err(failure)? {
            Some(identity) => identity,
            None => {
                let identity = first_identity()?;
                store.set_identity(&identity).map_err(failure)?;
                tracing::info!("a new server: its certificate and secrets were made and stored");
                identity
            }
        };
        let (tell, broken) = oneshot::channel();
        let tell = Mutex::new(Some(tell));
        let queue = Arc::new(Queue::default());
        let publish = publisher(Arc::clone(hub), clock, Arc::clone(&queue));
        let engine = Engine::start(store, EngineOptions::default(), publish, move |fault| {
            if let Some(tell) = tell.lock().unwrap_or_else(PoisonError::into_inner).take() {
                // If nobody hears it, the process is ending anyway.
                drop(tell.send(fault.to_string()));
            }
        });
        Ok(Opened { store: Self { engine: engine.map_err(failure)?, queue }, identity, broken })
    }

    /// Changes something; the outcome comes through the hub. `frame_bytes` is what the wish holds in memory.
    ///
    /// # Errors
    /// [`Busy`]: nothing will come.
    pub(crate) fn write(&self, asker: Asker, write: Write, frame_bytes: usize) -> Result<(), Busy> {
        let bytes = self.queue.enter(frame_bytes)?;
        self.engine.write(Tag { asker, bytes }, write);
        Ok(())
    }

    /// Asks something; the outcome comes through the hub.
    ///
    /// # Errors
    /// [`Busy`]: nothing will come.
    pub(crate) fn query(&self, asker: Asker, query: Query, frame_bytes: usize) -> Result<(), Busy> {
        let bytes = self.queue.enter(frame_bytes)?;
        self.engine.query(Tag { asker, bytes }, query);
        Ok(())
    }

    /// Writes something some time.
    pub(crate) fn lazy(&self, lazy: Lazy) {
        self.engine.lazy(lazy);
    }

    /// What was said lately in a log, if all that is asked for is in memory.
    pub(crate) fn recent(&self, log: LogId, after: u64, entries_max: u32, bytes_max: u32) -> Option<Page> {
        self.engine.recent(log, after, entries_max, bytes_max)
    }

    /// Finishes what was begun, and closes the file.
    pub(crate) fn stop(&self) {
        self.engine.stop();
    }

    /// Adds the store's numbers to the metrics.
    pub(crate) fn register(&self, registry: &mut Registry) {
        let now = self.engine.stats();
        let counters = [
            ("commits", "Transactions that were synced", now.commits),
            ("writes", "Changes in them", now.writes),
            ("lazies", "Cursors and sightings in them", now.lazies),
            ("queries", "Questions to the store", now.queries),
            ("refused_full", "Changes refused because the disk is full", now.refused_full),
            ("commit_microseconds", "Time spent in transactions until they were synced", now.commit_us),
        ];
        for (name, help, value) in counters {
            registry.register(name, help, ConstCounter::new(value));
        }
        gauge(registry, "commit_microseconds_max", "The longest transaction", now.commit_max_us);
        gauge(
            registry,
            "disk_is_full",
            "1 while new things are refused for want of room",
            u64::from(now.full),
        );
        gauge(registry, "queued_bytes", "What waits for the store", self.queue.bytes.load(Relaxed) as u64);
        gauge(registry, "tail_bytes", "Recent messages in memory", now.tail_bytes);
        registry.register(
            "commits_by_writes",
            "Transactions by their changes",
            steps(&BATCH_STEPS, &now.batches),
        );
        registry.register(
            "commits_by_microseconds",
            "Transactions by their time",
            steps(&SYNC_STEPS_US, &now.times),
        );
    }
}

impl Queue {
    fn enter(&self, frame_bytes: usize) -> Result<usize, Busy> {
        let bytes = frame_bytes + AROUND;
        if self.bytes.fetch_add(bytes, Relaxed) + bytes > QUEUED_BYTES_MAX {
            self.leave(bytes);
            return Err(Busy);
        }
        Ok(bytes)
    }

    fn leave(&self, bytes: usize) {
        self.bytes.fetch_sub(bytes, Relaxed);
    }
}

/// A router that panics must not take the writer with it: what is stored stays stored, and who misses an answer asks
/// again.
fn publisher(
    hub: Arc<Hub>,
    clock: Clock,
    queue: Arc<Queue>,
) -> impl Fn(Vec<Done<Tag>>) + Send + Sync + 'static {
    move |done| {
        queue.leave(done.iter().map(|done| done.tag.bytes).sum());
        let outcomes = done.into_iter().map(|done| (done.tag.asker, done.outcome));
        if catch_unwind(AssertUnwindSafe(|| hub.publish(clock.now(), outcomes))).is_err() {
            tracing::error!("what was stored could not be told");
        }
    }
}

fn first_identity() -> Result<Identity, Failure> {
    let certificate = Certificate::make()?;
    let own = certificate.chain.first().map(|own| own.to_vec()).unwrap_or_default();
    Ok(Identity {
        pin: certificate.pin(),
        certificate: own.into(),
        certificate_key: certificate.key.secret_der().to_vec().into(),
        opaque_setup: PasswordServer::generate(&mut rand::thread_rng()),
        incarnation: 1,
    })
}

/// How often it took up to so much.
type Steps = Family<[(&'static str, String); 1], Counter>;

fn steps(steps: &[u64], counts: &[u64]) -> Steps {
    let family = Steps::default();
    let names = steps.iter().map(u64::to_string).chain(["more".to_owned()]);
    for (name, count) in names.zip(counts) {
        family.get_or_create(&[("up_to", name)]).inc_by(*count);
    }
    family
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_much_may_wait_for_the_store_and_not_one_byte_more() {
        let queue = Queue::default();
        let most = QUEUED_BYTES_MAX - AROUND;
        assert_eq!(queue.enter(most + 1), Err(Busy));
        let bytes = queue.enter(most).unwrap();
        assert_eq!(queue.enter(0), Err(Busy));
        queue.leave(bytes);
        assert_eq!(queue.enter(0), Ok(AROUND));
    }
}
