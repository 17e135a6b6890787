//! Readers who do not read: they cost the server a bounded amount, and nobody else anything.
use std::{sync::Arc, time::Duration};

use sotto_kit::{Wire, World, eventually, message};

use crate::ear::{PATIENCE, next_text};

const SLOW: usize = 40;
const MESSAGES: usize = 100;
const BYTES: usize = 100_000;
/// For each: 1 MiB of window at most, and what its connection holds. Without a bound it would be 10 MiB each.
const GROWTH_KIB_MAX: u64 = SLOW as u64 * 1536 + 32 * 1024;

#[tokio::test]
async fn a_reader_who_does_not_read_costs_a_bounded_amount_and_nobody_else_anything() {
    let world = World::open().await.unwrap();
    let owner = world.person("owner").await.unwrap();
    let slow = world.people("slow", SLOW).await.unwrap();
    let quick = world.person("quick").await.unwrap();
    let members: Vec<_> = slow.iter().cloned().chain([Arc::clone(&quick)]).collect();
    let room = world.group(&owner, &members).await.unwrap();
    let mut asleep = Vec::new();
    for person in &slow {
        let mut wire = Wire::connect(person.door()).await.unwrap();
        wire.sign_in(&person.keys, person.token()).await.unwrap();
        asleep.push(wire);
    }
    let mut of_quick = quick.online().await.unwrap();
    let of_owner = owner.online().await.unwrap();
    let before = world.daemon.usage().unwrap();
    let mut most = 0;
    for number in 0..MESSAGES {
        let mut text = format!("{number} ");
        text.push_str(&"x".repeat(BYTES));
        of_owner.link.ask(message(room, text.clone())).await.unwrap();
        assert_eq!(next_text(&mut of_quick, room).await.unwrap(), text);
        most = most.max(world.daemon.usage().unwrap().rss_kib);
    }
    let growth = most.saturating_sub(before.rss_kib);
    assert!(growth < GROWTH_KIB_MAX, "{SLOW} slow readers cost {growth} KiB");
    eprintln!("slow: {SLOW} readers who do not read, 10 MB for each: {growth} KiB at most");
    // When they go, so does what they held.
    drop(asleep);
    let metrics = || world.daemon.metrics().unwrap();
    eventually(PATIENCE, "the end of the slow", || metrics()["sottod_sessions"] <= 2.0).await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    let after = world.daemon.usage().unwrap().rss_kib.saturating_sub(before.rss_kib);
    eprintln!("slow: {after} KiB after they went");
}
