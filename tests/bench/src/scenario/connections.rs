//! What a connection costs that is signed in, has its contacts loaded, and does nothing.
use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, Result, bail};
use sotto_kit::{Answer, Person, Wire, World, in_parallel};
use sotto_protocol::{ContactList, ContactRequest, FrameType, Note, Response};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;

use super::world;
use crate::{
    args::{Common, Connections},
    load::Reader,
    report::Report,
};

const SETTLE: Duration = Duration::from_secs(3);
/// After this long without anything, nothing more comes.
const QUIET: Duration = Duration::from_millis(400);

pub(crate) async fn run(common: &Common, options: &Connections, report: &mut Report) -> Result<()> {
    let mut world = world(common).await?;
    let people = world.people("person", options.count).await?;
    befriend(&people, options.contacts).await?;
    // What making the accounts has left in memory is not what connections cost.
    world.daemon.stop()?;
    world.daemon.revive()?;
    sleep(SETTLE).await;
    let before = world.daemon.usage()?;
    let online = arrive(&world, &people).await?;
    sleep(SETTLE).await;
    let there = world.daemon.usage()?;
    sleep(SETTLE).await;
    let after = world.daemon.usage()?;
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let per_connection = |now: u64, then: u64| now.saturating_sub(then) as f64 / online.len().max(1) as f64;
    report.set("count", online.len());
    report.set("contacts_of_each", options.contacts);
    report.figure("kib_per_connection", per_connection(after.pss_kib, before.pss_kib));
    report.figure("rss_kib_per_connection", per_connection(after.rss_kib, before.rss_kib));
    report.set("base_pss_kib", before.pss_kib);
    report.set("pss_kib", after.pss_kib);
    report.set("rss_kib", after.rss_kib);
    report.figure("sign_in_all_cpu_s", there.cpu_s_since(&before));
    report.figure("idle_cpu_percent", after.cpu_s_since(&there) / SETTLE.as_secs_f64() * 100.0);
    Ok(())
}

/// Everybody asks their neighbours on both sides: whom one has asked, and who asks back, is a contact.
async fn befriend(people: &[Arc<Person>], contacts: usize) -> Result<()> {
    let count = people.len();
    let each = (0..count).map(|index| {
        let near = (1..=contacts / 2).flat_map(|far| [(index + far) % count, (index + count - far) % count]);
        let mut neighbours: Vec<_> =
            near.filter(|near| *near != index).map(|near| people[near].account()).collect();
        neighbours.dedup();
        (Arc::clone(&people[index]), neighbours)
    });
    in_parallel(each.collect::<Vec<_>>(), |(person, neighbours)| async move {
        let online = person.online().await?;
        for account in neighbours {
            online.link.ask(ContactRequest { account, note: Note::new("")? }).await?;
        }
        online.link.close().await;
        Ok(())
    })
    .await
    .map(drop)
}

/// Everybody signs in, stores what waited for them, loads their contacts, and stays.
async fn arrive(world: &World, people: &[Arc<Person>]) -> Result<Vec<Reader>> {
    let connector = Wire::connector(world.daemon.door())?;
    in_parallel(people.to_vec(), |person| arrive_one(person, connector.clone())).await
}

async fn arrive_one(person: Arc<Person>, connector: TlsConnector) -> Result<Reader> {
    let mut reader = Reader::sign_in(&person, &connector).await?;
    while timeout(QUIET, reader.wait()).await.is_ok() {
        reader.handle(drop).await?;
    }
    reader.acknowledge().await?;
    let stream = reader.wire().ask(ContactList { after: None, limit: 0 });
    match reader.wire().answer(stream, FrameType::ContactList).await.context("While loading contacts")? {
        Answer::Yes(Response::Contacts(_)) => Ok(reader),
        other => bail!("no contacts: {other:?}"),
    }
}
