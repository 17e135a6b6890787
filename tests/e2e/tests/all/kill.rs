//! `kill -9` of the daemon under load, many times: what was accepted is delivered once, in order, and nothing else is.
//!
//! Senders number their messages, keep each with its envelope id until it is accepted, and send again what was not.
//! Receivers keep a cursor as a client's database does. One receiver is away until the very end.
use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use rand::Rng as _;
use sotto_kit::{Person, World, message, within};
use sotto_protocol::{Ack, Append, Deliver, EntryKind, EnvelopeId, LogId, RoomId, ServerPush};
use tokio::{sync::watch, task::JoinHandle};

use crate::{chance::chance, ear::PATIENCE};

const ROUNDS: usize = 200;
const SENDERS: usize = 4;
/// Receivers who come back after every kill.
const HERE: usize = 2;
/// Messages of one sender under way.
const WINDOW: usize = 16;
/// Between two windows.
const BREATH: Duration = Duration::from_millis(10);

/// What a sender holds in its hands, and what it was told.
struct Sender {
    person: Arc<Person>,
    log: LogId,
    index: usize,
    next: u32,
    unaccepted: Vec<Append>,
    accepted: BTreeMap<u64, EnvelopeId>,
}

/// What a receiver's database holds.
struct Receiver {
    person: Arc<Person>,
    log: LogId,
    cursor: u64,
    entries: Vec<(u64, EnvelopeId, String)>,
    again: u64,
}

/// What everybody watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// The daemon may die at any time.
    Storm,
    /// No new messages: what is left is sent again, and everything arrives.
    Settle {
        /// The last sequence there is, once it is known.
        head: Option<u64>,
    },
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_accepted_survives_every_kill_and_arrives_once_in_order() {
    let rounds = std::env::var("SOTTO_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(ROUNDS);
    let mut chance = chance("kill");
    let mut world = World::open().await.unwrap();
    let (senders, mut receivers) = meet(&world).await.unwrap();
    let (phase, watch) = watch::channel(Phase::Storm);
    let sending: Vec<JoinHandle<Result<Sender>>> =
        senders.into_iter().map(|sender| tokio::spawn(sender.run(watch.clone()))).collect();
    let away = receivers.pop().unwrap();
    let mut receiving: Vec<JoinHandle<Result<Receiver>>> =
        receivers.into_iter().map(|receiver| tokio::spawn(receiver.run(watch.clone()))).collect();

    let began = Instant::now();
    for _ in 0..rounds {
        tokio::time::sleep(Duration::from_millis(chance.gen_range(20..250))).await;
        world.daemon.kill().unwrap();
        world.daemon.revive().unwrap();
    }
    phase.send(Phase::Settle { head: None }).unwrap();

    let mut accepted = BTreeMap::new();
    let mut sent = 0;
    for sender in sending {
        let sender = within(PATIENCE * 4, "a sender", sender).await.unwrap().unwrap();
        sent += sender.next;
        for (sequence, id) in sender.accepted {
            assert_eq!(accepted.insert(sequence, id), None, "sequence {sequence} was given twice");
        }
    }
    assert_eq!(accepted.len(), sent as usize, "every message is accepted in the end, once");
    phase.send(Phase::Settle { head: accepted.keys().next_back().copied() }).unwrap();
    receiving.push(tokio::spawn(away.run(watch)));
    let mut again = 0;
    for receiver in receiving {
        let receiver = within(PATIENCE * 4, "a receiver", receiver).await.unwrap().unwrap();
        receiver.check(&accepted);
        again += receiver.again;
    }
    eprintln!(
        "kill: {rounds} kills in {} s, {sent} messages accepted, 0 lost, 0 doubled to a reader, {again} sent again by \
         the server and dropped by a cursor",
        began.elapsed().as_secs()
    );
}

async fn meet(world: &World) -> Result<(Vec<Sender>, Vec<Receiver>)> {
    let people = world.people("writer", SENDERS).await?;
    let readers = world.people("reader", HERE + 1).await?;
    let owner = world.person("owner").await?;
    let members: Vec<_> = people.iter().chain(&readers).cloned().collect();
    let room: RoomId = world.group(&owner, &members).await?;
    let senders = people.into_iter().enumerate().map(|(index, person)| Sender {
        person,
        log: room.into(),
        index,
        next: 0,
        unaccepted: Vec::new(),
        accepted: BTreeMap::new(),
    });
    let receivers = readers.into_iter().map(|person| Receiver {
        person,
        log: room.into(),
        cursor: 0,
        entries: Vec::new(),
        again: 0,
    });
    Ok((senders.collect(), receivers.collect()))
}

impl Sender {
    async fn run(mut self, mut phase: watch::Receiver<Phase>) -> Result<Self> {
        loop {
            // The connection ends with every kill: that is no failure.
            if self.write_until_the_end(&mut phase).await.is_ok() {
                return Ok(self);
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Sends again what was not accepted, in its order, then what is new; ends well only when all is settled.
    async fn write_until_the_end(&mut self, phase: &mut watch::Receiver<Phase>) -> Result<()> {
        let online = self.person.online().await?;
        loop {
            if *phase.borrow() == Phase::Storm {
                while self.unaccepted.len() < WINDOW {
                    self.unaccepted.push(message(self.log, format!("{} {}", self.index, self.next)));
                    self.next += 1;
                }
            } else if self.unaccepted.is_empty() {
                return Ok(());
            }
            let mut pending = Vec::with_capacity(self.unaccepted.len());
            for append in &self.unaccepted {
                pending.push(online.link.send(append.clone()).await?);
            }
            for answer in pending {
                let accepted = answer.await?;
                let append = self.unaccepted.remove(0);
                self.accepted.insert(accepted.sequence, append.envelope_id);
            }
            // Enough load to be killed in the middle of something; not so much that the end takes minutes.
            tokio::time::sleep(BREATH).await;
        }
    }
}

impl Receiver {
    async fn run(mut self, mut phase: watch::Receiver<Phase>) -> Result<Self> {
        loop {
            match self.listen_until_the_end(&mut phase).await {
                Ok(()) => return Ok(self),
                Err(error) if error.is::<Wrong>() => return Err(error),
                Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        }
    }

    async fn listen_until_the_end(&mut self, phase: &mut watch::Receiver<Phase>) -> Result<()> {
        let mut online = self.person.online().await?;
        loop {
            let head = match *phase.borrow_and_update() {
                Phase::Settle { head } => head,
                Phase::Storm => None,
            };
            if head.is_some_and(|head| self.cursor >= head) {
                return Ok(());
            }
            tokio::select! {
                push = online.pushes.next() => match push? {
                    ServerPush::Deliver(entry) => {
                        let ack = Ack { log: entry.log, upto: entry.sequence };
                        if entry.log == self.log {
                            self.store(&entry)?;
                        }
                        online.link.ack(ack);
                    }
                    ServerPush::Gap(gap) => return Err(Wrong(format!("messages are gone: {gap:?}")).into()),
                    ServerPush::Marks(_) | ServerPush::Typing(_) | ServerPush::Presence(_) | ServerPush::Bye(_) => {}
                },
                changed = phase.changed() => changed?,
            }
        }
    }

    /// As a client's database would: what is at or below the cursor is there already, and must be the same.
    fn store(&mut self, entry: &Deliver) -> Result<()> {
        let said = String::from_utf8_lossy(&entry.sealed).into_owned();
        if entry.sequence <= self.cursor {
            self.again += 1;
            let known = self.entries.iter().rfind(|(sequence, ..)| *sequence == entry.sequence);
            let is_same = known.is_none_or(|(_, id, text)| (*id, text) == (entry.envelope_id, &said));
            return is_same
                .then_some(())
                .with_context(|| Wrong(format!("{} is another one now", entry.sequence)));
        }
        self.cursor = entry.sequence;
        if entry.kind == EntryKind::Message {
            self.entries.push((entry.sequence, entry.envelope_id, said));
        }
        Ok(())
    }

    fn check(&self, accepted: &BTreeMap<u64, EnvelopeId>) {
        let got: BTreeMap<u64, EnvelopeId> =
            self.entries.iter().map(|(sequence, id, _)| (*sequence, *id)).collect();
        assert_eq!(got.len(), self.entries.len(), "something was delivered twice");
        let lost: Vec<_> = accepted.iter().filter(|(sequence, id)| got.get(sequence) != Some(id)).collect();
        assert!(lost.is_empty(), "{} of {} are lost: {lost:?}", lost.len(), accepted.len());
        assert_eq!(got.len(), accepted.len(), "something came that nobody was told about");
        let mut next = BTreeMap::new();
        for (_, _, said) in &self.entries {
            let (sender, number) = said.split_once(' ').unwrap();
            let due: &mut u32 = next.entry(sender.to_owned()).or_default();
            assert_eq!(number.parse::<u32>().unwrap(), *due, "out of order from sender {sender}");
            *due += 1;
        }
    }
}

/// Not a broken connection but a broken promise.
#[derive(Clone, Debug)]
struct Wrong(String);

impl std::fmt::Display for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Wrong {}

#[tokio::test]
async fn a_daemon_that_was_killed_while_it_started_starts() {
    let mut chance = chance("kill at start");
    let mut world = World::open().await.unwrap();
    let anna = world.person("anna").await.unwrap();
    for _ in 0..10 {
        world.daemon.kill().unwrap();
        world.daemon.start_and_kill(Duration::from_millis(chance.gen_range(0..60))).unwrap();
        world.daemon.revive().unwrap();
        anna.online().await.unwrap();
    }
}
