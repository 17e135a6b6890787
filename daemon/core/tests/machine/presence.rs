//! Presence: seen by accepted contacts alone, newest wins.
use daemon_core::{
    session::{Route, SessionKey, Ticket, Told},
    store::{Friend, News, Resume},
};
use sotto_protocol::{PresenceStatus, limits::LAST_SEEN_ROUNDING_MS};

use crate::{
    router::{Hall, Heard},
    world::Somebody,
};

fn with_friends(who: &Somebody, friends: &[(&Somebody, u64)]) -> Resume {
    let friends = friends
        .iter()
        .map(|(friend, last_seen_ms)| Friend { account: friend.account, last_seen_ms: *last_seen_ms });
    Resume { friends: friends.collect(), ..who.resume(vec![]) }
}

/// Who was told that whom is how; last seen; how many devices.
fn told(said: Vec<(SessionKey, Heard)>) -> Vec<(SessionKey, u8, PresenceStatus, u64, usize)> {
    said.into_iter()
        .filter_map(|(to, heard)| match heard {
            Heard::Told(Told::Presence(presence)) => Some((
                to,
                presence.account.as_bytes()[0],
                presence.status,
                presence.last_seen_ms,
                presence.devices.len(),
            )),
            _ => None,
        })
        .collect()
}

#[test]
fn friends_hear_of_each_other_and_strangers_hear_nothing() {
    let mut hall = Hall::default();
    let (one, two, three) = (Somebody::new(1), Somebody::new(2), Somebody::new(3));
    let (alice, said) = hall.enter(with_friends(&one, &[(&two, 600_000)]));
    assert_eq!(told(said), [(alice, 2, PresenceStatus::Offline, 600_000, 0)]);
    let (_carol, said) = hall.enter(with_friends(&three, &[]));
    assert_eq!(told(said), []);
    let (bob, said) = hall.enter(with_friends(&two, &[(&one, 0)]));
    assert_eq!(
        told(said),
        [(alice, 2, PresenceStatus::Online, 0, 1), (bob, 1, PresenceStatus::Online, 0, 1)]
    );
}

#[test]
fn where_a_device_listens_is_told_with_its_address() {
    let mut hall = Hall::default();
    let (one, two) = (Somebody::new(1), Somebody::new(2));
    let (alice, _) = hall.enter(with_friends(&one, &[(&two, 0)]));
    let (_bob, _) = hall.enter(with_friends(&two, &[(&one, 0)]));
    let said = hall.route(alice, Route::SetPresence { status: PresenceStatus::Busy, port: 4000 });
    let [(_, Heard::Told(Told::Presence(presence)))] = said.as_slice() else { panic!("{said:?}") };
    assert_eq!(presence.status, PresenceStatus::Busy);
    let [reachable] = &presence.devices[..] else { panic!("one device") };
    assert_eq!(
        (reachable.device, reachable.address.as_str(), reachable.port),
        (one.device, "192.168.1.9", 4000)
    );
}

#[test]
fn the_invisible_look_like_those_who_are_not_here() {
    let mut hall = Hall::default();
    let (one, two) = (Somebody::new(1), Somebody::new(2));
    let (alice, _) = hall.enter(with_friends(&one, &[(&two, 0)]));
    let (bob, _) = hall.enter(with_friends(&two, &[(&one, 0)]));
    for status in [PresenceStatus::Invisible, PresenceStatus::Offline] {
        let said = hall.route(alice, Route::SetPresence { status, port: 4000 });
        assert_eq!(told(said), [(bob, 1, PresenceStatus::Offline, 0, 0)]);
    }
    assert_eq!(
        told(hall.leave(alice)),
        [(bob, 1, PresenceStatus::Offline, 0, 0)],
        "nor is it told when they go"
    );
}

#[test]
fn when_the_last_device_goes_the_time_is_told_rounded_where_it_is_shared() {
    let mut hall = Hall::default();
    let (one, two) = (Somebody::new(1), Somebody::new(2));
    let (bob, _) = hall.enter(with_friends(&two, &[(&one, 0)]));
    let (alice, _) = hall.enter(with_friends(&one, &[(&two, 0)]));
    let [(to, 1, PresenceStatus::Offline, last_seen_ms, 0)] = told(hall.leave(alice))[..] else { panic!() };
    assert_eq!((to, last_seen_ms % LAST_SEEN_ROUNDING_MS), (bob, 0));
    assert!(last_seen_ms > 0);

    let (alice, _) = hall.enter(Resume { shares_last_seen: false, ..with_friends(&one, &[(&two, 0)]) });
    hall.news(News::LastSeenShared(one.account, false));
    assert_eq!(told(hall.leave(alice)), [(bob, 1, PresenceStatus::Offline, 0, 0)]);
}

#[test]
fn an_account_is_here_as_long_as_one_of_its_devices_is() {
    let mut hall = Hall::default();
    let (one, two) = (Somebody::new(1), Somebody::new(2));
    let phone = Somebody { device: sotto_protocol::DeviceId::new([0x77; 16]), ..Somebody::new(1) };
    let (bob, _) = hall.enter(with_friends(&two, &[(&one, 0)]));
    let (laptop, _) = hall.enter(with_friends(&one, &[(&two, 0)]));
    hall.enter(with_friends(&phone, &[(&two, 0)]));
    assert_eq!(told(hall.leave(laptop)), [(bob, 1, PresenceStatus::Online, 0, 1)]);
}

#[test]
fn new_friends_see_each_other_and_parted_ones_no_longer() {
    let mut hall = Hall::default();
    let (one, two) = (Somebody::new(1), Somebody::new(2));
    let (alice, _) = hall.enter(with_friends(&one, &[]));
    let (bob, _) = hall.enter(with_friends(&two, &[]));
    let seen = |who, whom, status, devices| (who, whom, status, 0, devices);
    let said = told(hall.news(News::Befriended(one.account, two.account)));
    assert_eq!(said, [seen(alice, 2, PresenceStatus::Online, 1), seen(bob, 1, PresenceStatus::Online, 1)]);
    let said = told(hall.news(News::Parted(two.account, one.account)));
    assert_eq!(said, [seen(bob, 1, PresenceStatus::Offline, 0), seen(alice, 2, PresenceStatus::Offline, 0)]);
    let away = Route::SetPresence { status: PresenceStatus::Away, port: 0 };
    assert_eq!(told(hall.route(alice, away)), []);
}

#[test]
fn whoever_asks_hears_of_friends_only() {
    let mut hall = Hall::default();
    let (one, two, three) = (Somebody::new(1), Somebody::new(2), Somebody::new(3));
    let (alice, _) = hall.enter(with_friends(&one, &[(&two, 0)]));
    hall.enter(with_friends(&two, &[(&one, 0)]));
    hall.enter(with_friends(&three, &[]));
    let asked = vec![two.account, three.account, one.account];
    let said = hall.route(alice, Route::GetPresence(Ticket(7), asked));
    assert_eq!(said, [(alice, Heard::Presences(1))]);
}
