//! Messages for people who are not there: accepted, then the daemon is killed, started again, and everybody comes.
use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use sotto_kit::{Person, Wire, World, in_parallel, talk};
use sotto_protocol::LogId;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::{SYNCS, world};
use crate::{
    args::{Common, Offline},
    load::{Body, Reader, Sender, now_ns},
    report::Report,
    span::Look,
};

/// Somebody who is not there: who writes to them where, and how much.
#[derive(Clone)]
struct Absent {
    person: Arc<Person>,
    sender: u32,
    log: LogId,
    messages: u32,
}

/// What a receiver found.
#[derive(Clone, Copy, Debug, Default)]
struct Found {
    got: u64,
    lost: u64,
    duplicated: u64,
    out_of_order: u64,
}

/// So long without a message: there is none.
const QUIET: Duration = Duration::from_secs(3);

pub(crate) async fn run(common: &Common, options: &Offline, report: &mut Report) -> Result<()> {
    let mut world = world(common).await?;
    let senders = world.people("writer", options.senders).await?;
    let absent = meet(&world, &senders, options).await?;
    let disk_before = world.daemon.disk_bytes()?;

    let from = Look::at(&world.daemon)?;
    let sent = enqueue(&senders, &absent, options.bytes).await?;
    let span = from.until(Look::at(&world.daemon)?);
    world.daemon.kill()?;
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let count = sent.max(1) as f64;
    report.set("messages", sent);
    report.figure("enqueue_per_s", count / span.seconds());
    report.figure("enqueue_server_cpu_s_per_10k", span.server_cpu_s() * 10_000.0 / count);
    report.figure("syncs_per_1k", span.counted(SYNCS) * 1000.0 / count);
    report.figure("written_bytes_per_message", span.written_bytes() / count);
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let grown = world.daemon.disk_bytes()?.saturating_sub(disk_before) as f64;
    report.figure("disk_bytes_per_message", grown / count);

    restart(&mut world, &senders, report).await?;
    drain(&world, &absent, count, report).await
}

/// Everybody who will be absent gets a room with one of those who write.
async fn meet(world: &World, senders: &[Arc<Person>], options: &Offline) -> Result<Vec<Absent>> {
    let people = world.people("absent", options.receivers).await?;
    let (base, rest) = (options.messages / options.receivers, options.messages % options.receivers);
    let shares = senders.iter().cloned().enumerate().map(|(sender, writer)| {
        let mine = people.iter().cloned().enumerate().filter(|(index, _)| index % senders.len() == sender);
        (sender, writer, mine.collect::<Vec<_>>())
    });
    // A device can be in one place at a time: each writer meets one after the other.
    let met = in_parallel(shares.collect::<Vec<_>>(), |(sender, writer, mine)| async move {
        let mut met = Vec::with_capacity(mine.len());
        for (index, person) in mine {
            let log = talk(&writer, &person).await?.into();
            let messages = u32::try_from(base + usize::from(index < rest))?;
            met.push(Absent { person, sender: u32::try_from(sender)?, log, messages });
        }
        Ok(met)
    })
    .await?;
    Ok(met.into_iter().flatten().collect())
}

/// Gives how many were accepted, which is all.
async fn enqueue(senders: &[Arc<Person>], absent: &[Absent], bytes: usize) -> Result<u64> {
    let connector = Wire::connector(senders.first().context("nobody writes")?.door())?;
    let each = senders.iter().cloned().enumerate().map(|(index, person)| {
        let mine = absent.iter().filter(|absent| absent.sender as usize == index);
        (person, mine.cloned().collect::<Vec<_>>())
    });
    let sent = in_parallel(each.collect::<Vec<_>>(), |(person, mine)| {
        let connector = connector.clone();
        async move {
            let mut sender = Sender::sign_in(&person, &connector).await?;
            let mut accepted = 0_u64;
            let rounds = mine.iter().map(|absent| absent.messages).max().unwrap_or(0);
            for number in 0..rounds {
                for absent in mine.iter().filter(|absent| number < absent.messages) {
                    while !sender.may_ask() {
                        sender.flush().await?;
                        sender.wait().await?;
                        sender.handle(|_| accepted += 1).await?;
                    }
                    sender.write(
                        absent.log,
                        Body { sender: absent.sender, number, sent_ns: now_ns() },
                        bytes,
                    );
                }
            }
            sender.flush().await?;
            while sender.in_flight() > 0 {
                sender.wait().await?;
                sender.handle(|_| accepted += 1).await?;
            }
            Ok(accepted)
        }
    })
    .await?;
    Ok(sent.into_iter().sum())
}

async fn restart(world: &mut World, senders: &[Arc<Person>], report: &mut Report) -> Result<()> {
    let began = Instant::now();
    world.daemon.revive()?;
    report.figure("restart_ms", world.daemon.started_in().as_secs_f64() * 1000.0);
    let somebody = senders.first().context("nobody writes")?;
    let mut wire = Wire::connect(somebody.door()).await?;
    wire.sign_in(&somebody.keys, somebody.token()).await?;
    report.figure("restart_to_sign_in_ms", began.elapsed().as_secs_f64() * 1000.0);
    let usage = world.daemon.usage()?;
    report.figure("restart_cpu_s", usage.cpu.as_secs_f64());
    report.set("rss_kib_with_queue", usage.rss_kib);
    Ok(())
}

async fn drain(world: &World, absent: &[Absent], count: f64, report: &mut Report) -> Result<()> {
    let connector = Wire::connector(world.daemon.door())?;
    let from = Look::at(&world.daemon)?;
    let found = in_parallel(absent.to_vec(), |absent| {
        let connector = connector.clone();
        async move { receive(&absent, &connector).await }
    })
    .await?;
    let span = from.until(Look::at(&world.daemon)?);
    // Who comes again must find nothing.
    let again = in_parallel(absent.iter().take(64).cloned().collect::<Vec<_>>(), |absent| {
        let connector = connector.clone();
        async move { receive(&Absent { messages: 0, ..absent }, &connector).await }
    })
    .await?;
    let sum = |pick: fn(&Found) -> u64| found.iter().map(pick).sum::<u64>();
    report.set("lost", sum(|found| found.lost));
    report
        .set("duplicated", sum(|found| found.duplicated) + again.iter().map(|found| found.got).sum::<u64>());
    report.set("out_of_order", sum(|found| found.out_of_order));
    report.figure("drain_per_s", count / span.seconds());
    report.figure("drain_server_cpu_s_per_10k", span.server_cpu_s() * 10_000.0 / count);
    report.set("rss_kib_drained", world.daemon.usage()?.rss_kib);
    Ok(())
}

/// Takes everything that waits, and compares it with what was sent.
async fn receive(absent: &Absent, connector: &TlsConnector) -> Result<Found> {
    let mut reader = Reader::sign_in(&absent.person, connector).await?;
    let mut found = Found::default();
    let mut times: BTreeMap<u32, u32> = BTreeMap::new();
    let mut last = None;
    let patience = if absent.messages == 0 { Duration::from_millis(300) } else { QUIET };
    while times.len() < absent.messages as usize || absent.messages == 0 {
        match timeout(patience, reader.wait()).await {
            Ok(came) => came?,
            Err(_) => break,
        }
        reader
            .handle(|seen| {
                found.got += 1;
                *times.entry(seen.number).or_default() += 1;
                found.out_of_order += u64::from(last.is_some_and(|last| last >= seen.number));
                last = Some(seen.number);
            })
            .await?;
    }
    reader.acknowledge().await?;
    let wanted = 0..absent.messages;
    found.lost = wanted.filter(|number| !times.contains_key(number)).count() as u64;
    found.duplicated = times.values().map(|times| u64::from(times - 1)).sum();
    Ok(found)
}
