//! The way from `tracing` to the systemd journal: each field of an event becomes a field of the journal.
use std::fmt::{Debug, Write as _};

use systemd_journal_logger::{JournalLog, connected_to_journal};
use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{Layer, layer::Context};

/// Sends events to the journal.
pub(super) struct Journal(JournalLog);

impl Journal {
    /// The journal, if stderr leads there.
    pub(super) fn connect() -> Option<Self> {
        let log = connected_to_journal().then(JournalLog::new)?.ok()?;
        Some(Self(log.with_syslog_identifier("sottod".to_owned())))
    }
}

impl<S: Subscriber> Layer<S> for Journal {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut said = Said::default();
        event.record(&mut said);
        let fields: Vec<(&str, &str)> =
            said.fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let about = event.metadata();
        // A journal that does not take a line must not stop the program.
        drop(
            self.0.journal_send(
                &log::Record::builder()
                    .level(level(*about.level()))
                    .target(about.target())
                    .file(about.file())
                    .line(about.line())
                    .args(format_args!("{}", said.message))
                    .key_values(&fields)
                    .build(),
            ),
        );
    }
}

const fn level(level: Level) -> log::Level {
    match level {
        Level::ERROR => log::Level::Error,
        Level::WARN => log::Level::Warn,
        Level::INFO => log::Level::Info,
        Level::DEBUG => log::Level::Debug,
        Level::TRACE => log::Level::Trace,
    }
}

/// An event in words.
#[derive(Default)]
struct Said {
    message: String,
    fields: Vec<(&'static str, String)>,
}

impl Visit for Said {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => value.clone_into(&mut self.message),
            name => self.fields.push((name, value.to_owned())),
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = write!(text, "{value:?}");
        self.record_str(field, &text);
    }
}
