//! Threads that answer questions.
use std::sync::{Mutex, PoisonError, mpsc::Receiver};

use daemon_core::store::{Outcome, Query};

use super::{Done, Sink, Stats};
use crate::Reader;

/// Questions that one thread takes at a time, so that one call of the sink may serve several.
const TAKEN_AT_ONCE: usize = 32;

pub(super) fn run<T: Copy>(
    mut reader: impl Reader,
    asked: &Mutex<Receiver<(T, Query)>>,
    sink: &Sink<T>,
    stats: &Stats,
) {
    while let Some(questions) = take(asked) {
        let answer = |(tag, query): (T, Query)| {
            let outcome = reader.ask(&query).unwrap_or_else(|fault| {
                tracing::error!(%fault, "a question could not be answered");
                Outcome::refused(fault.reason())
            });
            Done { tag, outcome }
        };
        stats.asked(questions.len());
        sink(questions.into_iter().map(answer).collect());
    }
}

/// Waits for a question and takes a fair share of what else is there; `None`: no more will come.
fn take<T>(asked: &Mutex<Receiver<(T, Query)>>) -> Option<Vec<(T, Query)>> {
    let asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
    let mut questions = vec![asked.recv().ok()?];
    questions.extend(asked.try_iter().take(TAKEN_AT_ONCE - 1));
    Some(questions)
}
