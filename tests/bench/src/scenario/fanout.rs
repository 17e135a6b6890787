//! One message to many: how fast it reaches all, what that costs, and how many rows it takes.
use std::{
    collections::VecDeque,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use rusqlite::{Connection, OpenFlags};
use sotto_kit::{Wire, in_parallel};
use sotto_protocol::LogId;
use tokio::{
    sync::Notify,
    task::JoinSet,
    time::{sleep, timeout},
};

use super::{SYNCS, world};
use crate::{
    args::{Common, Fanout},
    load::{Body, Reader, Sender, now_ns},
    report::Report,
    span::Look,
    spread::Spread,
};

const WARM_UP: Duration = Duration::from_secs(1);
const SETTLE: Duration = Duration::from_secs(30);

/// What sender and members share.
#[derive(Default)]
struct Board {
    inside: Mutex<Inside>,
    /// Rings when a message has reached everybody.
    bell: Notify,
    measuring: AtomicBool,
    stop: AtomicBool,
}

#[derive(Default)]
struct Inside {
    /// Of each message under way: how many members have it.
    reached: VecDeque<usize>,
    oldest: u32,
    deliveries: u64,
    last_member: Spread,
}

pub(crate) async fn run(common: &Common, options: &Fanout, report: &mut Report) -> Result<()> {
    let world = world(common).await?;
    let owner = world.person("owner").await?;
    let people = world.people("member", options.members).await?;
    let log: LogId = world.group(&owner, &people).await?.into();
    let connector = Wire::connector(world.daemon.door())?;
    let members = in_parallel(people, |person| {
        let connector = connector.clone();
        async move { Reader::sign_in(&person, &connector).await }
    })
    .await?;
    let sender = Sender::sign_in(&owner, &connector).await?;
    let board = Arc::new(Board::default());
    let mut tasks = JoinSet::new();
    for member in members {
        tasks.spawn(listen(member, options.members, Arc::clone(&board)));
    }
    let rows_before = rows(&world.daemon.data())?;
    let speaking = tokio::spawn(speak(sender, log, options.clone(), Arc::clone(&board)));
    sleep(WARM_UP).await;
    board.measuring.store(true, Relaxed);
    let (from, first) = (Look::at(&world.daemon)?, board.inside().deliveries);
    sleep(Duration::from_secs(options.seconds)).await;
    let (to, last) = (Look::at(&world.daemon)?, board.inside().deliveries);
    board.measuring.store(false, Relaxed);
    board.stop.store(true, Relaxed);
    let messages = speaking.await??;
    let rows_after = rows(&world.daemon.data())?;
    tasks.abort_all();
    let span = from.until(to);
    report.set("members", options.members);
    report.set("messages", messages);
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let deliveries = (last - first).max(1) as f64;
    report.figure("deliveries_per_s", deliveries / span.seconds());
    span.report(last - first, report);
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let per_message = |after: i64, before: i64| (after - before) as f64 / f64::from(messages.max(1));
    report.figure("rows_per_message", per_message(rows_after.messages, rows_before.messages));
    report.figure("answer_rows_per_message", per_message(rows_after.answers, rows_before.answers));
    report.figure("syncs_per_1k", span.counted(SYNCS) * 1000.0 / deliveries);
    board.inside().last_member.report_ms("last_member_", report);
    report.set("rss_kib", world.daemon.usage()?.rss_kib);
    Ok(())
}

/// Writes while the window allows; gives how many messages reached everybody.
async fn speak(mut sender: Sender, log: LogId, options: Fanout, board: Arc<Board>) -> Result<u32> {
    let mut next = 0_u32;
    loop {
        let (under_way, stopping) = (board.inside().reached.len(), board.stop.load(Relaxed));
        if stopping && under_way == 0 {
            return Ok(next);
        }
        if !stopping && under_way < options.window && sender.may_ask() {
            board.inside().reached.push_back(0);
            sender.write(log, Body { sender: 0, number: next, sent_ns: now_ns() }, options.bytes);
            next += 1;
            continue;
        }
        sender.flush().await?;
        let came = async {
            tokio::select! {
                came = sender.wait() => came,
                () = board.bell.notified() => Ok(()),
            }
        };
        timeout(SETTLE, came).await.context("a message did not reach everybody")??;
        sender.handle(drop).await?;
    }
}

/// Counts what reaches one member.
async fn listen(mut member: Reader, members: usize, board: Arc<Board>) -> Result<()> {
    let mut next = 0;
    let mut got = Vec::new();
    loop {
        member.wait().await?;
        member.handle(|seen| got.push(seen)).await?;
        if got.is_empty() {
            continue;
        }
        let now = now_ns();
        let mut rings = false;
        let mut inside = board.inside();
        for body in got.drain(..) {
            ensure!(body.number == next, "message {} came where {next} was due", body.number);
            next += 1;
            rings |= inside.reached_one(body, members, now, board.measuring.load(Relaxed));
        }
        drop(inside);
        if rings {
            board.bell.notify_one();
        }
    }
}

impl Board {
    fn inside(&self) -> std::sync::MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inside {
    /// One more member has it; `true` when that was the last one.
    fn reached_one(&mut self, body: Body, members: usize, now: u64, measuring: bool) -> bool {
        self.deliveries += 1;
        let Some(reached) = self.reached.get_mut(body.number.wrapping_sub(self.oldest) as usize) else {
            return false;
        };
        *reached += 1;
        if *reached < members {
            return false;
        }
        if measuring {
            self.last_member.add_ns(now - body.sent_ns);
        }
        while self.reached.front() == Some(&members) {
            self.reached.pop_front();
            self.oldest += 1;
        }
        true
    }
}

/// Rows that the daemon has made, read beside it as any SQLite program could.
#[derive(Clone, Copy)]
struct Rows {
    /// Of messages. What everybody has acknowledged may go, so the highest row counts, not how many are left.
    messages: i64,
    /// Of answers to senders, which are kept for repetitions.
    answers: i64,
}

fn rows(data: &Path) -> Result<Rows> {
    let mut files = std::fs::read_dir(data)?.filter_map(Result::ok).map(|entry| entry.path());
    let file = files
        .find(|path| path.extension().is_some_and(|extension| extension == "db" || extension == "sqlite"));
    let file = file.context("the daemon has no database")?;
    let database = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let count = |question| database.query_row(question, [], |row| row.get(0));
    Ok(Rows {
        messages: count("SELECT coalesce(max(position), 0) FROM entry")?,
        answers: count("SELECT count(*) FROM sent")?,
    })
}
