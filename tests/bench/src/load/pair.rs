//! Two people of whom one writes to the other, played by one task: a message leaves the window when it is both accepted
//! and delivered.
use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use sotto_kit::{Wire, World, in_parallel, talk};
use sotto_protocol::LogId;
use tokio::time::{Instant, sleep_until};

use super::{Body, Reader, Sender, now_ns};
use crate::spread::Spread;

/// Two people of whom one writes to the other.
pub(crate) struct Pair {
    index: u32,
    log: LogId,
    sender: Sender,
    reader: Reader,
    /// Of each message under way, from the oldest: accepted, delivered.
    under_way: VecDeque<(bool, bool)>,
    /// Number of the oldest message under way.
    oldest: u32,
    delivery: Spread,
    ack: Spread,
}

/// How fast a pair writes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pace {
    /// As fast as this window allows.
    Window(usize),
    /// One message after each pause.
    Every(Duration),
}

/// What all pairs share.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    /// Messages that were accepted and delivered.
    pub(crate) done: AtomicU64,
    /// Measurements count.
    pub(crate) measuring: AtomicBool,
    /// It is over.
    pub(crate) stop: AtomicBool,
}

/// Makes people, lets them meet, and signs them in.
pub(crate) async fn pairs(world: &World, count: usize) -> Result<Vec<Pair>> {
    let connector = Wire::connector(world.daemon.door())?;
    let writers = world.people("writer", count).await?;
    let readers = world.people("reader", count).await?;
    let all = writers.into_iter().zip(readers).enumerate();
    in_parallel(all, |(index, (writer, reader))| {
        let connector = connector.clone();
        async move {
            let room = talk(&writer, &reader).await?;
            let sender = Sender::sign_in(&writer, &connector).await?;
            let reader = Reader::sign_in(&reader, &connector).await?;
            Ok(Pair::new(u32::try_from(index)?, room.into(), sender, reader))
        }
    })
    .await
}

/// How long a pair goes on waiting for what is under way when it is over.
const SETTLE: Duration = Duration::from_secs(20);

impl Pair {
    fn new(index: u32, log: LogId, sender: Sender, reader: Reader) -> Self {
        let under_way = VecDeque::new();
        Self {
            index,
            log,
            sender,
            reader,
            under_way,
            oldest: 0,
            delivery: Spread::default(),
            ack: Spread::default(),
        }
    }

    /// Writes until it is told to stop, and until everything has arrived; gives delivery and ack times.
    pub(crate) async fn run(
        mut self,
        pace: Pace,
        bytes: usize,
        meter: Arc<Meter>,
    ) -> Result<(Spread, Spread)> {
        let mut next = Instant::now() + pace.offset(self.index);
        loop {
            let stopping = meter.stop.load(Relaxed);
            if stopping && self.under_way.is_empty() {
                self.reader.acknowledge().await?;
                return Ok((self.delivery, self.ack));
            }
            if !stopping {
                self.write(pace, &mut next, bytes);
            }
            self.sender.flush().await?;
            // When nothing more is sent, what is under way must still come; when it does not, that is a loss.
            let wake = match pace {
                Pace::Every(_) if !stopping => next,
                Pace::Window(_) | Pace::Every(_) => Instant::now() + SETTLE,
            };
            tokio::select! {
                came = self.sender.wait() => came?,
                came = self.reader.wait() => came?,
                () = sleep_until(wake) => ensure!(matches!(pace, Pace::Every(_)) && !stopping, "messages did not come"),
            }
            self.handle(&meter).await?;
        }
    }

    fn write(&mut self, pace: Pace, next: &mut Instant, bytes: usize) {
        match pace {
            Pace::Window(window) => {
                while self.under_way.len() < window && self.sender.may_ask() {
                    self.write_one(bytes);
                }
            }
            Pace::Every(pause) => {
                while *next <= Instant::now() && self.sender.may_ask() {
                    *next += pause;
                    self.write_one(bytes);
                }
            }
        }
    }

    fn write_one(&mut self, bytes: usize) {
        let number = self.oldest + u32::try_from(self.under_way.len()).unwrap_or(0);
        self.sender.write(self.log, Body { sender: self.index, number, sent_ns: now_ns() }, bytes);
        self.under_way.push_back((false, false));
    }

    async fn handle(&mut self, meter: &Meter) -> Result<()> {
        let measuring = meter.measuring.load(Relaxed);
        let Self { sender, reader, under_way, oldest, delivery, ack, .. } = self;
        // Accepted in the order in which they were asked: one log, one writer.
        let mut next_accepted =
            under_way.iter().position(|(accepted, _)| !accepted).unwrap_or(under_way.len());
        sender
            .handle(|sent_ns| {
                if let Some((accepted, _)) = under_way.get_mut(next_accepted) {
                    *accepted = true;
                    next_accepted += 1;
                }
                if measuring {
                    ack.add_ns(now_ns() - sent_ns);
                }
            })
            .await?;
        let mut strange = None;
        reader
            .handle(|seen| {
                let index = seen.number.wrapping_sub(*oldest) as usize;
                match under_way.get_mut(index) {
                    Some((_, delivered)) if !*delivered => *delivered = true,
                    _ => strange = Some(seen),
                }
                if measuring {
                    delivery.add_ns(now_ns() - seen.sent_ns);
                }
            })
            .await?;
        ensure!(strange.is_none(), "a message came twice, or was never sent: {strange:?}");
        while under_way.front() == Some(&(true, true)) {
            under_way.pop_front();
            *oldest = oldest.checked_add(1).context("too many messages")?;
            meter.done.fetch_add(1, Relaxed);
        }
        Ok(())
    }
}

impl Pace {
    /// Pairs that keep a pace do not all write in the same moment.
    fn offset(self, index: u32) -> Duration {
        match self {
            Self::Window(_) => Duration::ZERO,
            Self::Every(pause) => pause * (index % 101) / 101,
        }
    }
}
