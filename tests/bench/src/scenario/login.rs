//! What a sign-in costs: a full TLS handshake and the device's own key, or a password and a new device.
use std::sync::Arc;

use anyhow::{Context as _, Result};
use client_crypto::{Password, Stretching};
use client_sdk::{
    Dialer,
    sign_in::{enrol, prove_password},
};
use sotto_kit::{Person, Wire, World};
use sotto_protocol::DeviceName;
use tokio::task::JoinSet;

use super::world;
use crate::{
    args::{Common, Login},
    load::now_ns,
    report::Report,
    span::Look,
    spread::Spread,
};

/// Each account may have so many more devices than its first.
const ENROLS_PER_ACCOUNT: usize = 7;
const PASSWORD: &str = "correct horse battery staple";

pub(crate) async fn run(common: &Common, options: &Login, report: &mut Report) -> Result<()> {
    let world = world(common).await?;
    by_device(&world, options, report).await?;
    by_password(&world, options, report).await
}

async fn by_device(world: &World, options: &Login, report: &mut Report) -> Result<()> {
    let people = world.people("person", options.clients).await?;
    let each = options.count.div_ceil(options.clients);
    let from = Look::at(&world.daemon)?;
    let mut tasks = JoinSet::new();
    for person in people {
        tasks.spawn(come_and_go(person, each));
    }
    let mut times = gathered(&mut tasks).await?;
    let span = from.until(Look::at(&world.daemon)?);
    report.set("count", times.len());
    costs("", &span, &mut times, report);
    Ok(())
}

async fn come_and_go(person: Arc<Person>, times: usize) -> Result<Spread> {
    let connector = Wire::connector(person.door())?;
    let mut spread = Spread::default();
    for _ in 0..times {
        let began = now_ns();
        let mut wire = Wire::connect_with(person.door(), &connector).await?;
        wire.sign_in(&person.keys, person.token()).await?;
        spread.add_ns(now_ns() - began);
    }
    Ok(spread)
}

async fn by_password(world: &World, options: &Login, report: &mut Report) -> Result<()> {
    let accounts = options.passwords.div_ceil(ENROLS_PER_ACCOUNT).max(1);
    let door = world.daemon.door();
    let mut names = Vec::new();
    for number in 0..accounts {
        let (person, online) =
            Person::register(door, &format!("known{number}"), None, Some(PASSWORD)).await?;
        online.link.close().await;
        names.push(person.name);
    }
    let from = Look::at(&world.daemon)?;
    let mut tasks = JoinSet::new();
    let share = accounts.div_ceil(options.clients);
    for some in names.chunks(share) {
        tasks.spawn(remember(door.clone(), some.to_vec()));
    }
    let mut times = gathered(&mut tasks).await?;
    let span = from.until(Look::at(&world.daemon)?);
    report.set("password_count", times.len());
    costs("password_", &span, &mut times, report);
    Ok(())
}

/// Each name signs in on as many new devices as it may have. The stretching is the cheapest there is: it is the
/// client's work, and not what is measured.
async fn remember(door: sotto_kit::Door, names: Vec<sotto_protocol::UserName>) -> Result<Spread> {
    let dialer = Dialer::new(door.pin)?;
    let mut spread = Spread::default();
    for name in names {
        for _ in 0..ENROLS_PER_ACCOUNT {
            let began = now_ns();
            let (link, _pushes) = dialer.dial(&door.address).await?;
            let password = Password::new(PASSWORD.to_owned());
            let keys = prove_password(&link, name.clone(), password, Stretching::LOAD_TEST_ONLY).await?;
            enrol(&link, &keys, DeviceName::new("another")?).await?;
            spread.add_ns(now_ns() - began);
        }
    }
    Ok(spread)
}

async fn gathered(tasks: &mut JoinSet<Result<Spread>>) -> Result<Spread> {
    let mut all = Spread::default();
    while let Some(done) = tasks.join_next().await {
        all.join(done.context("a client broke")??);
    }
    Ok(all)
}

fn costs(prefix: &str, span: &crate::span::Span, times: &mut Spread, report: &mut Report) {
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let count = times.len().max(1) as f64;
    report.figure(format!("{prefix}server_cpu_ms_per_login"), span.server_cpu_s() * 1000.0 / count);
    report.figure(format!("{prefix}client_cpu_ms_per_login"), span.client_cpu_s() * 1000.0 / count);
    report.figure(format!("{prefix}logins_per_s"), count / span.seconds());
    times.report_ms(prefix, report);
}
