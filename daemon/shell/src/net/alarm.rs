//! One connection's alarm clock. It is set again only when it must ring earlier or has rung: most of the time a deadline
//! only moves further away, and then nothing is to be done.
use std::{
    pin::Pin,
    task::{Context, Poll},
};

use tokio::time::{Instant, Sleep, sleep_until};

use crate::clock::Clock;

/// An alarm clock that is not set.
#[derive(Debug, Default)]
pub(super) struct Alarm {
    sleep: Option<Pin<Box<Sleep>>>,
    set_for_ms: Option<u64>,
}

impl Alarm {
    /// Ready if the time has come; otherwise the task is woken then, or earlier.
    pub(super) fn poll_due(
        &mut self,
        task: &mut Context<'_>,
        due_ms: Option<u64>,
        clock: &Clock,
    ) -> Poll<()> {
        let Some(due_ms) = due_ms else { return Poll::Pending };
        let now_ms = clock.now().monotonic_ms;
        if due_ms <= now_ms {
            self.set_for_ms = None;
            return Poll::Ready(());
        }
        if self.set_for_ms.is_some_and(|set_for_ms| now_ms < set_for_ms && set_for_ms <= due_ms) {
            return Poll::Pending;
        }
        let at = Instant::from_std(clock.instant(due_ms));
        let sleep = match &mut self.sleep {
            Some(sleep) => {
                sleep.as_mut().reset(at);
                sleep
            }
            None => self.sleep.insert(Box::pin(sleep_until(at))),
        };
        self.set_for_ms = Some(due_ms);
        sleep.as_mut().poll(task)
    }
}
