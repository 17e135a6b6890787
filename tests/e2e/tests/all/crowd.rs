//! A thousand connections that say nothing: they cost little, and honest people are served meanwhile.
use std::{
    net::{Ipv4Addr, SocketAddr},
    time::{Duration, Instant},
};

use sotto_kit::message;
use tokio::net::{TcpSocket, TcpStream};

use crate::{ear::next_text, limits::ordinary};

const HALF_OPEN: u16 = 1000;
const GROWTH_KIB_MAX: u64 = 16 * 1024;

/// Connects from one of a hundred addresses, and says nothing.
async fn half_open(server: SocketAddr, number: u16) -> Option<TcpStream> {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from((Ipv4Addr::new(127, 0, 7, (number % 100) as u8 + 1), 0))).unwrap();
    socket.connect(server).await.ok()
}

#[tokio::test]
async fn a_thousand_half_open_connections_cost_little_and_honest_people_are_served() {
    let world = ordinary().await;
    let (anna, bo) = (world.person("anna").await.unwrap(), world.person("bo").await.unwrap());
    let room = world.talk(&anna, &bo).await.unwrap();
    let (of_anna, mut of_bo) = (anna.online().await.unwrap(), bo.online().await.unwrap());
    let before = world.daemon.usage().unwrap();
    let server: SocketAddr = world.daemon.door().address.parse().unwrap();
    let mut held = Vec::new();
    for number in 0..HALF_OPEN {
        held.extend(half_open(server, number).await);
    }
    // Who is signed in notices nothing.
    let mut slowest = Duration::ZERO;
    let mut most = 0;
    for number in 0..50 {
        let began = Instant::now();
        of_anna.link.ask(message(room, format!("{number}"))).await.unwrap();
        assert_eq!(next_text(&mut of_bo, room).await.unwrap(), format!("{number}"));
        slowest = slowest.max(began.elapsed());
        most = most.max(world.daemon.usage().unwrap().rss_kib);
    }
    let growth = most.saturating_sub(before.rss_kib);
    assert!(growth < GROWTH_KIB_MAX, "{HALF_OPEN} half-open connections cost {growth} KiB");
    assert!(slowest < Duration::from_secs(2), "a message took {slowest:?}");
    // Who wants to come in gets in, at the latest when the silent ones have had their ten seconds.
    let began = Instant::now();
    while bo.online().await.is_err() {
        assert!(began.elapsed() < Duration::from_secs(20), "nobody gets in any more");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    eprintln!(
        "crowd: {HALF_OPEN} half-open connections: {growth} KiB, slowest message {slowest:?}, a newcomer in after {:?}",
        began.elapsed()
    );
}
