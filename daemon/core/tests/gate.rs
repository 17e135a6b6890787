//! The gate: strangers cost little, guessing is paid for by the guesser, its memory is bounded.
#![allow(clippy::unwrap_used)]
use std::net::IpAddr;

use daemon_core::{
    Now,
    gate::{Admission, Gate, GateLimits, Offence, Source},
    policy::Rate,
};
use sotto_protocol::UserName;

fn at(monotonic_ms: u64) -> Now {
    Now { monotonic_ms, wall_ms: 0 }
}

fn from(text: &str) -> Source {
    Source::from(text.parse::<IpAddr>().unwrap())
}

fn name(text: &str) -> UserName {
    UserName::new(text).unwrap()
}

#[test]
fn a_source_is_an_ipv4_address_or_an_ipv6_network() {
    assert_eq!(from("2001:db8:1:2::5"), from("2001:db8:1:2:ffff::9"));
    assert_ne!(from("2001:db8:1:2::5"), from("2001:db8:1:3::5"));
    assert_ne!(from("10.0.0.1"), from("10.0.0.2"));
    assert_eq!(from("::ffff:10.0.0.1"), from("10.0.0.1"));
}

#[test]
fn the_17th_stranger_of_one_source_waits_and_others_do_not() {
    let mut gate = Gate::new(GateLimits::default());
    for _ in 0..16 {
        assert_eq!(gate.admit(at(0), from("10.0.0.1"), 63), Admission::Welcome);
    }
    assert_eq!(gate.admit(at(0), from("10.0.0.1"), 63), Admission::Crowded);
    assert_eq!(gate.admit(at(0), from("10.0.0.2"), 63), Admission::Welcome);
    gate.leave(at(0), from("10.0.0.1"));
    assert_eq!(gate.admit(at(0), from("10.0.0.1"), 63), Admission::Welcome);
}

#[test]
fn from_64_on_strangers_are_turned_away_more_and_more_often_and_at_128_always() {
    let mut gate = Gate::new(GateLimits::default());
    let mut next = (0..).map(|n: u32| from(&format!("10.1.{}.{}", n / 250, n % 250 + 1)));
    while gate.strangers() < 64 {
        assert_eq!(gate.admit(at(0), next.next().unwrap(), 0), Admission::Welcome);
    }
    assert_eq!(gate.admit(at(0), next.next().unwrap(), 0), Admission::Welcome, "none over yet");
    assert_eq!(gate.admit(at(0), next.next().unwrap(), 0), Admission::Crowded);
    while gate.strangers() < 128 {
        assert_eq!(gate.admit(at(0), next.next().unwrap(), 63), Admission::Welcome);
    }
    assert!((0..64).all(|chance| gate.admit(at(0), from("10.9.9.9"), chance) == Admission::Crowded));
}

#[test]
fn whoever_guesses_waits_longer_and_longer_and_time_forgives() {
    let mut gate = Gate::new(GateLimits::default());
    let source = from("10.0.0.1");
    for _ in 0..3 {
        gate.offend(at(0), source, Offence::BadProof);
        assert_eq!(gate.admit(at(0), source, 63), Admission::Welcome);
        gate.leave(at(0), source);
    }
    gate.offend(at(0), source, Offence::BadProof);
    assert_eq!(gate.admit(at(0), source, 63), Admission::Penalised(5_000));
    assert_eq!(gate.admit(at(5_000), source, 63), Admission::Welcome);
    for _ in 0..1000 {
        gate.offend(at(0), source, Offence::BadProof);
    }
    assert_eq!(gate.penalty_ms(at(0), source), 600_000, "there is a longest penalty");
}

#[test]
fn tries_at_one_name_are_few_whoever_makes_them() {
    let tries_per_name = Rate { per_second: 1, burst: 3 };
    let mut gate = Gate::new(GateLimits { tries_per_name, ..GateLimits::default() });
    assert_eq!((0..5).filter(|_| gate.try_password(at(0), &name("alice")).is_ok()).count(), 3);
    assert_eq!(gate.try_password(at(0), &name("alice")), Err(1000));
    assert_eq!(gate.try_password(at(0), &name("bob")), Ok(()), "another name is not touched");
    assert_eq!(gate.try_password(at(1000), &name("alice")), Ok(()));
}

#[test]
fn the_memory_of_sources_is_bounded_and_forgets_the_mildest() {
    let mut gate = Gate::new(GateLimits { sources: 3, ..GateLimits::default() });
    gate.offend(at(0), from("10.0.0.1"), Offence::BadProtocol);
    gate.offend(at(0), from("10.0.0.2"), Offence::Silent);
    gate.offend(at(0), from("10.0.0.3"), Offence::BadProof);
    gate.offend(at(0), from("10.0.0.4"), Offence::BadProof);
    assert_eq!(gate.penalty_ms(at(0), from("10.0.0.2")), 0);
    assert_eq!(gate.penalty_ms(at(0), from("10.0.0.1")), 10_000);
    assert_eq!(gate.penalty_ms(at(0), from("10.0.0.4")), 5_000);
}

#[test]
fn a_source_with_open_connections_is_never_forgotten() {
    let mut gate = Gate::new(GateLimits { sources: 1, ..GateLimits::default() });
    assert_eq!(gate.admit(at(0), from("10.0.0.1"), 63), Admission::Welcome);
    assert_eq!(gate.admit(at(0), from("10.0.0.2"), 63), Admission::Crowded);
    gate.leave(at(0), from("10.0.0.1"));
    assert_eq!(gate.admit(at(0), from("10.0.0.2"), 63), Admission::Welcome);
}

#[test]
fn the_memory_of_names_is_bounded() {
    let tries_per_name = Rate { per_second: 1, burst: 1 };
    let mut gate = Gate::new(GateLimits { names: 2, tries_per_name, ..GateLimits::default() });
    assert_eq!(gate.try_password(at(0), &name("aa")), Ok(()));
    assert_eq!(gate.try_password(at(0), &name("bb")), Ok(()));
    assert_eq!(gate.try_password(at(0), &name("cc")), Err(1000));
    assert_eq!(gate.try_password(at(1000), &name("cc")), Ok(()), "who has waited is forgotten");
}
