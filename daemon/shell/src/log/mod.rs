//! Where the log goes: to the journal with its fields when systemd listens, else to stderr as plain lines.

mod crowd;
mod journal;

use std::io::{self, IsTerminal as _};

use tracing_subscriber::{
    Layer, Registry,
    filter::LevelFilter,
    fmt,
    layer::SubscriberExt as _,
    reload::{self, Handle},
    util::SubscriberInitExt as _,
};

pub(crate) use crowd::{Crowd, TurnedAway};

use crate::config::Level;

/// Changes how much is logged while the program runs.
#[derive(Clone, Debug)]
pub(crate) struct Volume(Option<Handle<LevelFilter, Registry>>);

/// Begins to log.
pub(crate) fn begin(level: Level) -> Volume {
    let (filter, handle) = reload::Layer::new(filter(level));
    let begun = Registry::default().with(filter).with(target()).try_init();
    Volume(begun.is_ok().then_some(handle))
}

impl Volume {
    /// Logs this much from now on.
    pub(crate) fn set(&self, level: Level) {
        if let Some(handle) = &self.0 {
            // The only failure is that nobody logs any more.
            drop(handle.reload(filter(level)));
        }
    }
}

fn target<S>() -> Box<dyn Layer<S> + Send + Sync>
where
    S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
{
    match journal::Journal::connect() {
        Some(journal) => Box::new(journal),
        None => fmt::layer()
            .with_writer(io::stderr)
            .with_ansi(io::stderr().is_terminal())
            .with_target(false)
            .compact()
            .boxed(),
    }
}

const fn filter(level: Level) -> LevelFilter {
    match level {
        Level::Error => LevelFilter::ERROR,
        Level::Warn => LevelFilter::WARN,
        Level::Info => LevelFilter::INFO,
        Level::Debug => LevelFilter::DEBUG,
        Level::Trace => LevelFilter::TRACE,
    }
}
