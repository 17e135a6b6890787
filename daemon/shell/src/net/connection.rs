//! One connection's task: feeds its session with what happens, carries out its wishes, and moves bytes.
//!
//! It is written as one future by hand and not as an `async fn`, so that an idle connection weighs no more than its
//! fields, and it owns its session alone: no lock, no channel, no second task. A turn handles everything that is there
//! and then writes once: many answers become few TLS records.
use std::{
    cell::RefCell,
    io,
    net::SocketAddr,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::BytesMut;
use daemon_core::{
    Now,
    session::{Effect, Effects, Input, Session, SessionKey, Ticket},
    store::{Answer, Query},
};
use sotto_protocol::{Reason, Refused, decode_frame};
use tokio::io::{AsyncRead as _, ReadBuf};

use super::{
    Mailbox,
    alarm::Alarm,
    channel::{Channel, Opened},
    frames_out,
    writer::{Pushed, Then, Writer},
};
use crate::{
    metrics::add,
    shell::{Shell, Visitor},
    store::Busy,
};

/// Bytes that wait for a peer who does not read; beyond them it is not served, and its mail stays in the mailbox.
const WAITING_MAX: usize = 256 * 1024;
/// A peer that has taken nothing for so long is given up. What waits for it is on disk.
const STALL_MS: u64 = 30_000;
/// After the last frame the peer has this long to read it and close.
const LINGER_MS: u64 = 2_000;
/// When the store has too much to do, what it cannot take may be tried again after this.
const BUSY_MS: u32 = 1_000;

/// One connection.
pub(super) struct Connection {
    shell: Arc<Shell>,
    visitor: Visitor,
    channel: Channel,
    session: Session,
    key: SessionKey,
    mailbox: Arc<Mailbox>,
    /// What has come and is no whole frame yet, or waits for the session to take frames.
    inbox: BytesMut,
    writer: Writer,
    alarm: Alarm,
    stage: Stage,
}

/// How far a connection has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// It lives.
    Open,
    /// The peer has closed its side, and the session knows.
    Deserted,
    /// The last frame is on its way.
    Closing,
    /// All is said; what the peer still sends is thrown away, so that the kernel does not throw away our last frame.
    Lingering { until_ms: u64 },
}

/// Why gathering has ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gathered {
    /// Nothing is left, and the task is woken when something comes.
    All,
    /// Enough waits for the peer.
    UntilFull,
}

thread_local! {
    /// What a turn works with; one a thread, because a turn never waits.
    static EFFECTS: RefCell<Effects> = RefCell::new(Effects::default());
}

impl Connection {
    pub(super) fn new(
        shell: Arc<Shell>,
        visitor: Visitor,
        opened: Opened,
        session: Session,
        source: SocketAddr,
    ) -> Self {
        let (key, mailbox) = shell.hub.open(source);
        add(&shell.tally.opened, 1);
        tracing::debug!(session = key.0, %source, "connected");
        Self {
            shell,
            visitor,
            channel: opened.channel,
            session,
            key,
            mailbox,
            inbox: opened.said,
            writer: Writer::default(),
            alarm: Alarm::default(),
            stage: Stage::Open,
        }
    }

    /// Does all that can be done now; ready when the connection is over.
    fn turn(&mut self, task: &mut Context<'_>, effects: &mut Effects) -> Poll<()> {
        loop {
            let now = self.shell.clock.now();
            let gathered = self.gather(task, now, effects);
            if let Poll::Ready(end) = self.send(task, now, effects) {
                return Poll::Ready(end);
            }
            if gathered == Gathered::UntilFull && self.writer.waiting() == 0 {
                continue;
            }
            // What is due at this very moment has been handled in this turn.
            let due_ms = self.due_ms().map(|due_ms| due_ms.max(now.monotonic_ms + 1));
            if self.alarm.poll_due(task, due_ms, &self.shell.clock).is_pending() {
                return Poll::Pending;
            }
        }
    }

    /// Handles everything that is there, until nothing is or too much waits for the peer.
    fn gather(&mut self, task: &mut Context<'_>, now: Now, effects: &mut Effects) -> Gathered {
        if self.is_served() && self.session.next_wake().is_some_and(|due_ms| due_ms <= now.monotonic_ms) {
            self.handle(now, Input::Wake, effects);
        }
        while self.is_served() {
            if self.writer.waiting() + effects.out.len() > WAITING_MAX {
                return Gathered::UntilFull;
            }
            let mail = self.mailbox.poll_take(task);
            let has_mail = mail.is_ready();
            if let Poll::Ready(mail) = mail {
                mail.for_each(|input| self.handle(now, input, effects));
            }
            self.take_frames(now, effects);
            if self.read(task, now, effects).is_pending() && !has_mail {
                break;
            }
        }
        Gathered::All
    }

    /// Reads what the peer has sent, if the session is ready for it.
    fn read(&mut self, task: &mut Context<'_>, now: Now, effects: &mut Effects) -> Poll<()> {
        if self.stage != Stage::Open || !self.session.takes_frames() {
            return Poll::Pending;
        }
        let before = self.inbox.len();
        let read = ready!(self.channel.poll_read(task, &mut self.inbox));
        add(&self.shell.tally.bytes_in, (self.inbox.len() - before) as u64);
        self.take_frames(now, effects);
        if !read.unwrap_or(false) {
            self.stage = Stage::Deserted;
            self.handle(now, Input::Gone, effects);
        }
        Poll::Ready(())
    }

    /// Hands over the whole frames that are there.
    fn take_frames(&mut self, now: Now, effects: &mut Effects) {
        while self.is_served() && self.session.takes_frames() && !self.inbox.is_empty() {
            match decode_frame(&mut self.inbox, self.session.frame_max()) {
                Ok(Some(frame)) => {
                    add(&self.shell.tally.frames_in, 1);
                    self.handle(now, Input::Frame(frame), effects);
                }
                Ok(None) => break,
                Err(fault) => {
                    self.inbox.clear();
                    self.handle(now, Input::BadFrame(fault), effects);
                }
            }
        }
        if self.inbox.is_empty() {
            self.inbox = BytesMut::new();
        }
    }

    /// Tells the session, and carries out what it wishes.
    fn handle(&mut self, now: Now, input: Input, effects: &mut Effects) {
        let chance = &mut rand::thread_rng();
        let frame_bytes = if let Input::Frame(frame) = &input { frame.payload.len() } else { 0 };
        self.session.handle(now, chance, input, effects);
        while !effects.wishes.is_empty() {
            let mut wishes = std::mem::take(&mut effects.wishes);
            for wish in wishes.drain(..) {
                if let Some(input) = self.grant(now, wish, frame_bytes) {
                    self.session.handle(now, chance, input, effects);
                }
            }
            if effects.wishes.is_empty() {
                // Only to use its memory again.
                effects.wishes = wishes;
                return;
            }
        }
    }

    /// Grants a wish; gives the answer where it is there at once.
    fn grant(&mut self, now: Now, wish: Effect, frame_bytes: usize) -> Option<Input> {
        match wish {
            Effect::Write(ticket, write) => {
                let queued = self.shell.store.write((self.key, ticket), write, frame_bytes);
                queued.err().map(|Busy| busy(ticket))
            }
            Effect::Query(ticket, query) => self.ask(ticket, query, frame_bytes),
            Effect::TryPassword(ticket, name) => {
                // The guard must not be held while the store is asked.
                let tried = self.shell.gate().try_password(now, &name);
                match tried {
                    Ok(()) => self.ask(ticket, Query::Login(name), frame_bytes),
                    Err(wait_ms) => {
                        Some(refusal(ticket, Refused::new(Reason::LimitRate).retry_after(wait_ms)))
                    }
                }
            }
            Effect::Lazy(lazy) => {
                self.shell.store.lazy(lazy);
                None
            }
            Effect::Route(route) => {
                self.shell.hub.route(self.key, route);
                None
            }
            Effect::Offence(offence) => {
                self.visitor.offend(offence);
                None
            }
            Effect::SignedIn => {
                self.visitor.signed_in();
                add(&self.shell.tally.signed_in, 1);
                None
            }
            Effect::Close => {
                self.stage = Stage::Closing;
                None
            }
        }
    }

    /// A page of what was said lately is in memory; everything else is the store's to find.
    fn ask(&self, ticket: Ticket, query: Query, frame_bytes: usize) -> Option<Input> {
        let (store, tally) = (&self.shell.store, &self.shell.tally);
        if let Query::Page { log, after, entries_max, bytes_max } = query {
            if let Some(page) = store.recent(log, after, entries_max, bytes_max) {
                add(&tally.tail_hits, 1);
                return Some(Input::Answer(ticket, Ok(Answer::Page(page))));
            }
            add(&tally.tail_misses, 1);
        }
        store.query((self.key, ticket), query, frame_bytes).err().map(|Busy| busy(ticket))
    }

    /// Writes what there is to write, and ends the connection when its time has come.
    fn send(&mut self, task: &mut Context<'_>, now: Now, effects: &mut Effects) -> Poll<()> {
        if !effects.out.is_empty() {
            let tally = &self.shell.tally;
            let frames = frames_out::count(&effects.out, |reason| tally.refused(reason));
            add(&tally.frames_out, frames);
            add(&tally.bytes_out, effects.out.len() as u64);
        }
        if let Stage::Lingering { until_ms } = self.stage {
            return self.linger(task, now, until_ms);
        }
        let then = if self.stage == Stage::Closing { Then::Close } else { Then::Stay };
        match self.writer.push(task, now, &mut self.channel, &mut effects.out, then) {
            Pushed::Broken => return Poll::Ready(()),
            Pushed::Stuck { since_ms } if now.monotonic_ms >= since_ms + STALL_MS => {
                add(&self.shell.tally.stalled, 1);
                return Poll::Ready(());
            }
            Pushed::Stuck { .. } => return Poll::Pending,
            Pushed::All if then == Then::Stay => return Poll::Pending,
            Pushed::All => {}
        }
        let until_ms = now.monotonic_ms + LINGER_MS;
        self.stage = Stage::Lingering { until_ms };
        self.linger(task, now, until_ms)
    }

    fn linger(&mut self, task: &mut Context<'_>, now: Now, until_ms: u64) -> Poll<()> {
        if now.monotonic_ms >= until_ms {
            return Poll::Ready(());
        }
        let stream = self.channel.stream();
        let mut bin = [0; 1024];
        loop {
            let mut buffer = ReadBuf::new(&mut bin);
            let read: io::Result<()> = ready!(Pin::new(&mut *stream).poll_read(task, &mut buffer));
            if read.is_err() || buffer.filled().is_empty() {
                return Poll::Ready(());
            }
        }
    }

    /// When something must happen even if nothing comes.
    fn due_ms(&self) -> Option<u64> {
        let patience = match self.stage {
            Stage::Lingering { until_ms } => Some(until_ms),
            Stage::Open | Stage::Deserted | Stage::Closing => {
                self.writer.stuck_since_ms().map(|since_ms| since_ms + STALL_MS)
            }
        };
        let wake = self.session.next_wake().filter(|_| self.is_served());
        [patience, wake].into_iter().flatten().min()
    }

    const fn is_served(&self) -> bool {
        matches!(self.stage, Stage::Open | Stage::Deserted)
    }
}

fn busy(ticket: Ticket) -> Input {
    refusal(ticket, Refused::new(Reason::StoreUnavailable).retry_after(BUSY_MS))
}

const fn refusal(ticket: Ticket, refused: Refused) -> Input {
    Input::Answer(ticket, Err(refused))
}

impl Future for Connection {
    type Output = ();

    /// A panic is a mistake of ours; it ends this connection and no other.
    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<()> {
        let connection = self.get_mut();
        let turn = || EFFECTS.with_borrow_mut(|effects| connection.turn(task, effects));
        catch_unwind(AssertUnwindSafe(turn)).unwrap_or_else(|_| {
            EFFECTS.set(Effects::default());
            add(&connection.shell.tally.panics, 1);
            Poll::Ready(())
        })
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.shell.hub.close(self.shell.clock.now(), self.key);
        tracing::debug!(session = self.key.0, "gone");
    }
}
