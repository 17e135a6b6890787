//! What waits for one session. Nothing is allocated while nothing waits, and no sender can make it grow without bound:
//! answers are as many as the session asked for, bells are one a log, and what may be lost is dropped oldest first.
use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use daemon_core::session::{Input, Told};
use sotto_protocol::LogId;

/// Things that may be lost, in one mailbox.
const TOLD_MAX: usize = 256;

/// One session's mailbox.
#[derive(Debug, Default)]
pub(crate) struct Mailbox {
    inside: Mutex<Inside>,
}

#[derive(Debug, Default)]
struct Inside {
    mail: Mail,
    reader: Option<Waker>,
}

/// What was in a mailbox, to be handled in this order.
#[derive(Debug, Default)]
pub(crate) struct Mail {
    orderly: VecDeque<Input>,
    bells: Vec<(LogId, u64)>,
    told: VecDeque<Told>,
}

/// What became of a posted input.
#[must_use = "the reader sleeps until it is woken"]
#[derive(Debug, Default)]
pub(crate) struct Posted {
    /// Who must be woken, after all locks are released.
    pub(crate) reader: Option<Waker>,
    /// Something older had to go for it.
    pub(crate) dropped: bool,
}

impl Mailbox {
    /// Puts something in.
    pub(crate) fn post(&self, input: Input) -> Posted {
        let mut inside = self.lock();
        let dropped = inside.mail.add(input);
        Posted { reader: inside.reader.take(), dropped }
    }

    /// Takes everything out; if nothing is there, the task is woken when something comes.
    pub(crate) fn poll_take(&self, task: &Context<'_>) -> Poll<Mail> {
        let mut inside = self.lock();
        if inside.mail.is_empty() {
            if !inside.reader.as_ref().is_some_and(|reader| reader.will_wake(task.waker())) {
                inside.reader = Some(task.waker().clone());
            }
            return Poll::Pending;
        }
        Poll::Ready(std::mem::take(&mut inside.mail))
    }

    /// A poisoned mailbox is still in order: nothing in here can stop half-way.
    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Mail {
    fn is_empty(&self) -> bool {
        self.orderly.is_empty() && self.bells.is_empty() && self.told.is_empty()
    }

    /// Whether something older had to go for it.
    fn add(&mut self, input: Input) -> bool {
        match input {
            Input::Bell { log, head } => {
                match self.bells.iter_mut().find(|(known, _)| *known == log) {
                    Some((_, known)) => *known = head.max(*known),
                    None => self.bells.push((log, head)),
                }
                false
            }
            Input::Told(told) => self.tell(told),
            other => {
                self.orderly.push_back(other);
                false
            }
        }
    }

    fn tell(&mut self, told: Told) -> bool {
        if let Some(older) = self.told.iter_mut().find(|older| older.key() == told.key()) {
            *older = newer(older, told);
            return false;
        }
        let is_full = self.told.len() >= TOLD_MAX;
        if is_full {
            self.told.pop_front();
        }
        self.told.push_back(told);
        is_full
    }
}

impl Iterator for Mail {
    type Item = Input;

    fn next(&mut self) -> Option<Input> {
        self.orderly
            .pop_front()
            .or_else(|| self.bells.pop().map(|(log, head)| Input::Bell { log, head }))
            .or_else(|| self.told.pop_front().map(Input::Told))
    }
}

/// What is left of two with the same key. Marks only rise, and each says one half: the other must not be lost with it.
fn newer(older: &Told, newer: Told) -> Told {
    match (older, newer) {
        (
            Told::Marks { delivered: old_delivered, read: old_read, .. },
            Told::Marks { room, account, delivered, read },
        ) => {
            Told::Marks { room, account, delivered: delivered.max(*old_delivered), read: read.max(*old_read) }
        }
        (_, newer) => newer,
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{
            Arc,
            atomic::{AtomicU32, Ordering::Relaxed},
        },
        task::Wake,
    };

    use daemon_core::session::Ticket;
    use sotto_protocol::{AccountId, Reason, Refused, RoomId};

    use super::*;

    #[derive(Default)]
    struct Woken(AtomicU32);
    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Relaxed);
        }
    }

    fn post(mailbox: &Mailbox, input: Input) -> bool {
        let posted = mailbox.post(input);
        if let Some(reader) = posted.reader {
            reader.wake();
        }
        posted.dropped
    }

    fn answer(number: u32) -> Input {
        Input::Answer(Ticket(number), Err(Refused::new(Reason::LimitRate)))
    }

    fn bell(log: u8, head: u64) -> Input {
        Input::Bell { log: LogId::new([log; 16]), head }
    }

    fn marks(account: u16, delivered: u64, read: u64) -> Input {
        let mut id = [0; 16];
        id[..2].copy_from_slice(&account.to_be_bytes());
        Input::Told(Told::Marks { room: RoomId::new([1; 16]), account: AccountId::new(id), delivered, read })
    }

    fn taken(mailbox: &Mailbox) -> Vec<String> {
        match mailbox.poll_take(&Context::from_waker(Waker::noop())) {
            Poll::Ready(mail) => mail.map(|input| format!("{input:?}")).collect(),
            Poll::Pending => Vec::new(),
        }
    }

    fn shown(inputs: &[Input]) -> Vec<String> {
        inputs.iter().map(|input| format!("{input:?}")).collect()
    }

    #[test]
    fn answers_keep_their_order_and_come_before_bells() {
        let mailbox = Mailbox::default();
        for input in [bell(1, 5), answer(2), answer(1), Input::Out(Reason::SessionReplaced)] {
            post(&mailbox, input);
        }
        let expected = [answer(2), answer(1), Input::Out(Reason::SessionReplaced), bell(1, 5)];
        assert_eq!(taken(&mailbox), shown(&expected));
        assert_eq!(taken(&mailbox), shown(&[]));
    }

    #[test]
    fn a_thousand_bells_of_one_log_are_one_with_the_highest_number() {
        let mailbox = Mailbox::default();
        (1..=1000).for_each(|head| assert!(!post(&mailbox, bell(7, head))));
        post(&mailbox, bell(7, 3));
        assert_eq!(taken(&mailbox), shown(&[bell(7, 1000)]));
    }

    #[test]
    fn of_what_may_be_lost_the_oldest_goes_first() {
        let mailbox = Mailbox::default();
        let max = u16::try_from(TOLD_MAX).unwrap();
        (0..max).for_each(|account| assert!(!post(&mailbox, marks(account, 1, 0))));
        assert!(post(&mailbox, marks(max, 1, 0)));
        let taken = taken(&mailbox);
        assert_eq!(taken.len(), TOLD_MAX);
        assert_eq!(taken.first(), shown(&[marks(1, 1, 0)]).first());
    }

    #[test]
    fn two_marks_of_one_account_become_one_that_loses_neither_half() {
        let mailbox = Mailbox::default();
        post(&mailbox, marks(1, 9, 0));
        post(&mailbox, marks(1, 0, 4));
        assert_eq!(taken(&mailbox), shown(&[marks(1, 9, 4)]));
    }

    #[test]
    fn a_batch_wakes_its_reader_once() {
        let (mailbox, woken) = (Mailbox::default(), Arc::new(Woken::default()));
        let waker = Waker::from(Arc::clone(&woken));
        assert!(mailbox.poll_take(&Context::from_waker(&waker)).is_pending());
        (0..10).for_each(|number| assert!(!post(&mailbox, answer(number))));
        assert_eq!(woken.0.load(Relaxed), 1);
        assert!(mailbox.poll_take(&Context::from_waker(&waker)).is_ready());
        assert!(mailbox.poll_take(&Context::from_waker(&waker)).is_pending());
        post(&mailbox, answer(11));
        assert_eq!(woken.0.load(Relaxed), 2);
    }
}
