//! Where sessions meet: the router and everybody's mailbox, behind one lock.
//!
//! One lock, asked aloud: the router's order is the order of the commits, so whoever publishes must publish alone; the
//! store does it once a batch, a session only when it comes, goes or says something about itself. Under the lock
//! nothing waits, nothing touches a socket or the disk, and nobody is woken: wakers are gathered and woken after it.
use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    task::Waker,
};

use daemon_core::{
    Now,
    router::Router,
    session::{Input, Route, SessionKey, Ticket},
    store::{Actor, Answer, Outcome},
};
use sotto_protocol::Refused;
use tokio::sync::oneshot;

use crate::net::Mailbox;

/// Who asks the store when no session does: the control socket, the housekeeping.
const OWN: SessionKey = SessionKey(0);

/// What the store says to a question of our own.
type OwnAnswer = Result<Answer, Refused>;

/// Where sessions meet.
#[derive(Debug, Default)]
pub(crate) struct Hub {
    inside: Mutex<Inside>,
    last_key: AtomicU64,
    dropped: AtomicU64,
}

#[derive(Debug, Default)]
struct Inside {
    router: Router,
    mailboxes: HashMap<SessionKey, Arc<Mailbox>>,
    own: HashMap<Ticket, oneshot::Sender<OwnAnswer>>,
    last_own: u32,
}

/// Somebody who is signed in, for the admin's eyes.
#[derive(Clone, Debug)]
pub(crate) struct Present {
    /// Who.
    pub(crate) actor: Actor,
    /// From where.
    pub(crate) source: std::net::IpAddr,
}

impl Hub {
    /// A connection has come.
    pub(crate) fn open(&self, source: SocketAddr) -> (SessionKey, Arc<Mailbox>) {
        let key = SessionKey(self.last_key.fetch_add(1, Relaxed) + 1);
        let mailbox = Arc::new(Mailbox::default());
        let mut inside = self.lock();
        inside.router.introduce(key, source);
        inside.mailboxes.insert(key, Arc::clone(&mailbox));
        (key, mailbox)
    }

    /// A connection has gone.
    pub(crate) fn close(&self, now: Now, key: SessionKey) {
        self.deliver(|router, deliver| router.leave(now, key, deliver));
        self.lock().mailboxes.remove(&key);
    }

    /// The store has committed these, in this order.
    pub(crate) fn publish(
        &self,
        now: Now,
        outcomes: impl IntoIterator<Item = ((SessionKey, Ticket), Outcome)>,
    ) {
        self.deliver(|router, deliver| {
            for (asker, outcome) in outcomes {
                router.publish(now, asker, outcome, deliver);
            }
        });
    }

    /// A session wants others to hear something.
    pub(crate) fn route(&self, from: SessionKey, route: Route) {
        self.deliver(|router, deliver| router.route(from, route, deliver));
    }

    /// Everybody gets this.
    pub(crate) fn tell_all(&self, input: &Input) {
        let everybody: Vec<SessionKey> = self.lock().mailboxes.keys().copied().collect();
        self.deliver(|_, deliver| {
            for key in everybody {
                deliver(key, input.clone());
            }
        });
    }

    /// A question of our own: what to ask the store with, and where the answer will come.
    pub(crate) fn ask(&self) -> ((SessionKey, Ticket), oneshot::Receiver<OwnAnswer>) {
        let (sender, receiver) = oneshot::channel();
        let mut inside = self.lock();
        inside.last_own = inside.last_own.wrapping_add(1);
        let ticket = Ticket(inside.last_own);
        inside.own.insert(ticket, sender);
        ((OWN, ticket), receiver)
    }

    /// Connections that are past their TLS handshake.
    pub(crate) fn sessions(&self) -> usize {
        self.lock().mailboxes.len()
    }

    /// Sessions that are signed in.
    pub(crate) fn signed_in(&self) -> usize {
        self.lock().router.signed_in()
    }

    /// Everybody who is signed in.
    pub(crate) fn present(&self) -> Vec<(SessionKey, Present)> {
        let inside = self.lock();
        inside.router.members().map(|(key, actor, source)| (key, Present { actor, source })).collect()
    }

    /// Things that may be lost, and were.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.load(Relaxed)
    }

    fn deliver(&self, act: impl FnOnce(&mut Router, &mut dyn FnMut(SessionKey, Input))) {
        let mut readers: Vec<Waker> = Vec::new();
        let mut dropped = 0;
        {
            let mut inside = self.lock();
            let Inside { router, mailboxes, own, .. } = &mut *inside;
            act(router, &mut |key, input| {
                if let Some(mailbox) = mailboxes.get(&key) {
                    let posted = mailbox.post(input);
                    readers.extend(posted.reader);
                    dropped += u64::from(posted.dropped);
                } else if let (OWN, Input::Answer(ticket, answer)) = (key, input) {
                    // Who asked may have given up; then nobody misses the answer.
                    drop(own.remove(&ticket).map(|asker| asker.send(answer)));
                }
            });
        }
        readers.into_iter().for_each(Waker::wake);
        self.dropped.fetch_add(dropped, Relaxed);
    }

    /// A panic under the lock is a mistake in the router, which may have forgotten somebody; bells and pages come from
    /// the store, so going on loses nothing that a reconnect does not bring back.
    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Poll};

    use sotto_protocol::Reason;

    use super::*;

    const NOW: Now = Now { monotonic_ms: 1, wall_ms: 1 };

    fn hub_with_one() -> (Hub, SessionKey, Arc<Mailbox>) {
        let hub = Hub::default();
        let (key, mailbox) = hub.open(([127, 0, 0, 1], 9).into());
        (hub, key, mailbox)
    }

    fn refused() -> Outcome {
        Outcome::refused(Reason::LimitRate)
    }

    #[test]
    fn an_answer_finds_the_mailbox_of_its_asker() {
        let (hub, key, mailbox) = hub_with_one();
        hub.publish(NOW, [((key, Ticket(7)), refused())]);
        let Poll::Ready(mut mail) = mailbox.poll_take(&Context::from_waker(Waker::noop())) else {
            panic!("nothing came")
        };
        assert!(matches!(mail.next(), Some(Input::Answer(Ticket(7), Err(_)))));
    }

    #[test]
    fn a_session_that_has_gone_gets_nothing_and_is_forgotten() {
        let (hub, key, mailbox) = hub_with_one();
        hub.close(NOW, key);
        hub.publish(NOW, [((key, Ticket(7)), refused())]);
        assert!(mailbox.poll_take(&Context::from_waker(Waker::noop())).is_pending());
        assert_eq!((hub.sessions(), hub.signed_in()), (0, 0));
    }

    #[test]
    fn our_own_questions_are_answered_to_us() {
        let hub = Hub::default();
        let (asker, mut answer) = hub.ask();
        hub.publish(NOW, [(asker, refused())]);
        assert_eq!(answer.try_recv().unwrap(), Err(Refused::new(Reason::LimitRate)));
    }
}
