//! A store on threads of its own: one writer, some readers, and a sink for what is done.
//!
//! The writer takes whatever queued up while it synced, and commits it once: under load a sync serves hundreds of
//! writes, and alone a write waits for nobody. No timer is needed. All outcomes of a commit go to the sink in one call,
//! in the order of the writes, after the sync.

mod full;
mod lazy;
mod readers;
mod stats;
mod writer;

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, Sender},
    },
    thread::JoinHandle,
    time::Duration,
};

use daemon_core::store::{Fault, Lazy, Outcome, Page, Query, Write};
use sotto_protocol::LogId;

pub use stats::{BATCH_STEPS, SYNC_STEPS_US, Stats, StatsNow};

use crate::{Store, Tail};
use lazy::LazySet;

/// How an engine works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EngineOptions {
    /// Writes in one commit.
    pub batch_max: usize,
    /// Threads that answer questions.
    pub readers: usize,
    /// How long what may be put off waits for a commit that happens anyway.
    pub lazy_pause: Duration,
    /// How often a full disk is tried again.
    pub full_pause: Duration,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            batch_max: 1024,
            readers: 2,
            lazy_pause: Duration::from_secs(5),
            full_pause: Duration::from_secs(1),
        }
    }
}

/// Something is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done<T> {
    /// Whose it is, as the asker named it.
    pub tag: T,
    /// How it went.
    pub outcome: Outcome,
}

/// Takes what is done. It runs on the engine's threads and must not wait for anything.
pub(crate) type Sink<T> = Arc<dyn Fn(Vec<Done<T>>) + Send + Sync>;

/// Hears of trouble that ends the process.
pub(crate) type Broken = Arc<dyn Fn(&Fault) + Send + Sync>;

pub(crate) enum Job<T> {
    Write(T, Box<Write>),
    /// Something was put off: look at the clock.
    Wake,
    Stop,
}

/// A store at work.
pub struct Engine<T> {
    writer: Sender<Job<T>>,
    readers: Mutex<Option<Sender<(T, Query)>>>,
    lazies: Arc<LazySet>,
    tail: Arc<Tail>,
    stats: Arc<Stats>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl<T: Copy + Send + 'static> Engine<T> {
    /// Starts the threads. `sink` gets everything that is done; `broken` hears of a disk that did not confirm a sync, or
    /// of damage, after which nothing is confirmed any more: the process should end and start from the disk.
    ///
    /// # Errors
    /// [`Fault::Unavailable`] when a reader or a thread cannot be had.
    pub fn start<S: Store + Send + 'static>(
        store: S,
        options: EngineOptions,
        sink: impl Fn(Vec<Done<T>>) + Send + Sync + 'static,
        broken: impl Fn(&Fault) + Send + Sync + 'static,
    ) -> Result<Self, Fault> {
        let sink: Sink<T> = Arc::new(sink);
        let broken: Broken = Arc::new(broken);
        let stats = Arc::new(Stats::default());
        let lazies = Arc::new(LazySet::default());
        let tail = store.tail();
        let (questions, asked) = mpsc::channel();
        let asked = Arc::new(Mutex::new(asked));
        let mut threads = Vec::with_capacity(options.readers + 1);
        for at in 0..options.readers.max(1) {
            let reader = store.reader()?;
            let (sink, stats, asked) = (Arc::clone(&sink), Arc::clone(&stats), Arc::clone(&asked));
            threads.push(spawn(&format!("store-read-{at}"), move || {
                readers::run(reader, &asked, &sink, &stats)
            })?);
        }
        let (writer, jobs) = mpsc::channel();
        let work =
            writer::Writer::new(store, options, jobs, Arc::clone(&lazies), sink, broken, Arc::clone(&stats));
        threads.push(spawn("store-write", move || work.run())?);
        let readers = Mutex::new(Some(questions));
        Ok(Self { writer, readers, lazies, tail, stats, threads: Mutex::new(threads) })
    }

    /// Queues a write. Its outcome comes to the sink, unless the engine is stopping.
    pub fn write(&self, tag: T, write: Write) {
        let _stopped = self.writer.send(Job::Write(tag, Box::new(write)));
    }

    /// Queues a question. Its outcome comes to the sink, unless the engine is stopping.
    pub fn query(&self, tag: T, query: Query) {
        let readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(readers) = readers.as_ref() {
            let _stopped = readers.send((tag, query));
        }
    }

    /// Puts something off: it is written along with the next commit, or after a pause. Of one device and log the newest
    /// wins.
    pub fn lazy(&self, lazy: Lazy) {
        if self.lazies.add(lazy) {
            let _stopped = self.writer.send(Job::Wake);
        }
    }

    /// What follows a cursor, if it is all in memory: at once, on the asker's own thread. Otherwise ask
    /// [`Query::Page`].
    #[must_use]
    pub fn recent(&self, log: LogId, after: u64, entries_max: u32, bytes_max: u32) -> Option<Page> {
        self.tail.recent(log, after, entries_max, bytes_max)
    }

    /// Numbers for the metrics.
    #[must_use]
    pub fn stats(&self) -> StatsNow {
        self.stats.now(self.tail.bytes())
    }

    /// Finishes everything that is queued, writes what was put off, and closes the store. Stopping twice does no harm.
    pub fn stop(&self) {
        let _stopped = self.writer.send(Job::Stop);
        self.readers.lock().unwrap_or_else(PoisonError::into_inner).take();
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("a thread of the store panicked");
            }
        }
    }
}

impl<T> std::fmt::Debug for Engine<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, Fault> {
    let builder = std::thread::Builder::new().name(name.to_owned());
    builder.spawn(run).map_err(|error| Fault::Unavailable(format!("no thread {name}: {error}")))
}
