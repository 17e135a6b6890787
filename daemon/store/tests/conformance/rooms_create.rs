//! Rooms begin.
use daemon_core::store::News;
use sotto_protocol::{
    Change, EntryKind, InboxEvent, Octets, ProfileChange, Reason, Role, RoomCreate, RoomEvent, RoomKind, Seat,
};

use crate::kit::{New, World, account, rooms::commit};

both!(
    a_room_begins_with_everybody_who_is_in_it,
    every_other_device_hears_of_a_new_room_and_gets_its_welcome,
    creating_a_room_again_finds_it,
    an_id_that_is_in_use_is_refused,
    there_is_one_direct_room_for_each_pair,
    a_direct_room_has_exactly_one_other,
    rooms_are_opened_with_contacts_or_who_is_open_to_all,
    nobody_is_seated_twice,
    a_room_has_a_limit_and_so_has_everybody,
    a_room_begins_at_epoch_zero,
    the_greatest_commit_and_welcome_fit,
    nobody_is_refused_for_a_room_that_never_was,
);

pub(crate) fn room_events(world: &mut World, device: sotto_protocol::DeviceId) -> Vec<RoomEvent> {
    let room_event = |event| match event {
        InboxEvent::Room(event) => Some(event),
        _ => None,
    };
    world.fresh(device).into_iter().filter_map(room_event).collect()
}

pub(crate) fn change_of(entry: &sotto_protocol::Deliver) -> Change {
    assert_eq!(entry.kind, EntryKind::Change);
    Change::decode((*entry.sealed).clone()).expect("a change")
}

fn a_room_begins_with_everybody_who_is_in_it(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    let request = world.create_request(RoomKind::Group, &[bert.account]);
    let (room, log) = (request.room, request.room.into());
    let outcome = world.ask(anna, request.clone());
    let inbox = world.page(bert.device, 0).head;
    let joined = |account| News::Joined { log, account, head: 1 };
    let grown = News::Grown { log: bert.device.into(), head: inbox };
    assert_eq!(outcome.news, [joined(anna.account), joined(bert.account), grown]);
    let created = reply!(RoomCreated, crate::kit::response(outcome));
    assert_eq!((created.room, created.sequence, created.existed), (room, 1, false));
    let first = world.entries(room).remove(0);
    assert_eq!(
        (first.envelope_id, first.account, first.device),
        (request.envelope_id, anna.account, anna.device)
    );
    let change = change_of(&first);
    let expected = [
        Seat { account: anna.account, role: Role::Owner },
        Seat { account: bert.account, role: Role::Member },
    ];
    assert_eq!((&change.add[..], change.epoch), (&expected[..], 0));
    assert_eq!(change.title, Some(request.title));
    assert_eq!(world.counts().entries, 1, "everybody starts after it; only the event waits");
}

fn every_other_device_hears_of_a_new_room_and_gets_its_welcome(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    let (annas_second, berts_second) = (world.device(anna, 2), world.device(bert, 2));
    for actor in [anna, bert] {
        world.fresh(actor.device);
    }
    let mut request = world.create_request(RoomKind::Group, &[bert.account]);
    request.commit = Some(commit(0, &[bert.device, annas_second.device]));
    let room = request.room;
    world.reply(anna, request);
    assert_eq!(room_events(&mut world, anna.device), []);
    for (device, role, welcome) in [
        (bert.device, Role::Member, &b"welcome"[..]),
        (annas_second.device, Role::Owner, &b"welcome"[..]),
        (berts_second.device, Role::Member, &b""[..]),
    ] {
        let event = room_events(&mut world, device).remove(0);
        assert_eq!((event.room, event.gone, event.by), (room, false, Some(anna.account)));
        assert_eq!(&event.welcome[..], welcome);
        let state = event.state.unwrap();
        assert_eq!((state.role, state.members, state.epoch), (role, 2, 1));
        assert_eq!((state.head, state.cursor, &state.title[..], state.suite), (1, 1, &b"title"[..], 3));
    }
}

fn creating_a_room_again_finds_it(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    for kind in [RoomKind::Group, RoomKind::Direct] {
        let request = world.create_request(kind, &[bert.account]);
        world.reply(anna, request.clone());
        for _ in 0..2 {
            let outcome = world.ask(anna, request.clone());
            assert_eq!(outcome.news, []);
            let again = reply!(RoomCreated, crate::kit::response(outcome));
            assert_eq!((again.room, again.sequence, again.existed), (request.room, 0, true));
            world.reopen();
        }
        assert_eq!(world.reason(bert, request), Reason::RoomExists);
    }
}

fn an_id_that_is_in_use_is_refused(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    let mut request = world.create_request(RoomKind::Group, &[]);
    request.room = sotto_protocol::RoomId::new(*bert.device.as_bytes());
    assert_eq!(world.reason(anna, request), Reason::RoomExists);
    let room = world.group(anna, &[]);
    let other_kind = RoomCreate { room, ..world.create_request(RoomKind::Direct, &[bert.account]) };
    assert_eq!(world.reason(anna, other_kind), Reason::RoomExists);
    let used = world.append_request(room, "used");
    world.reply(anna, used.clone());
    let conflict = RoomCreate { envelope_id: used.envelope_id, ..world.create_request(RoomKind::Group, &[]) };
    assert_eq!(world.reason(anna, conflict), Reason::EnvelopeConflict);
}

fn there_is_one_direct_room_for_each_pair(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    let room = world.direct(anna, bert);
    for (one, other) in [(anna, bert), (bert, anna)] {
        let request = world.create_request(RoomKind::Direct, &[other.account]);
        let again = reply!(RoomCreated, world.reply(one, request));
        assert_eq!((again.room, again.sequence, again.existed), (room, 0, true));
    }
}

fn a_direct_room_has_exactly_one_other(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    for others in [vec![], vec![bert.account, account(9)]] {
        let request = world.create_request(RoomKind::Direct, &others);
        let refusal = world.refusal(anna, request);
        assert_eq!((refusal.reason, refusal.detail["field"].as_str()), (Reason::RequestMalformed, "seats"));
    }
    let request = world.create_request(RoomKind::Direct, &[anna.account]);
    assert_eq!(world.reason(anna, request), Reason::ContactSelf);
    let request = world.create_request(RoomKind::Direct, &[account(99)]);
    assert_eq!(world.reason(anna, request), Reason::PersonUnknown);
}

fn rooms_are_opened_with_contacts_or_who_is_open_to_all(new: New) {
    let mut world = new.world();
    let (anna, bert) = (world.person("anna"), world.person("bert"));
    for kind in [RoomKind::Direct, RoomKind::Group] {
        let request = world.create_request(kind, &[bert.account]);
        assert_eq!(world.reason(anna, request), Reason::RoomNotContacts);
    }
    let open = ProfileChange {
        display_name: None,
        email: None,
        visibility: None,
        shares_last_seen: None,
        open_to_all: Some(true),
    };
    world.reply(bert, open);
    world.direct(anna, bert);
    world.group(anna, &[bert]);
    let request = world.create_request(RoomKind::Group, &[account(99)]);
    let refusal = world.refusal(anna, request);
    assert_eq!(
        (refusal.reason, &refusal.detail["account"]),
        (Reason::PersonUnknown, &account(99).to_string())
    );
}

fn nobody_is_seated_twice(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    for twice in [bert.account, anna.account] {
        let request = world.create_request(RoomKind::Group, &[bert.account, twice]);
        let refusal = world.refusal(anna, request);
        assert_eq!((refusal.reason, &refusal.detail["account"]), (Reason::MemberExists, &twice.to_string()));
    }
}

fn a_room_has_a_limit_and_so_has_everybody(new: New) {
    let mut world = new.limited(|limits| (limits.room_members, limits.rooms) = (2, 2));
    let (anna, bert) = world.friends("anna", "bert");
    let carl = world.person("carl");
    world.befriend(anna, carl);
    let request = world.create_request(RoomKind::Group, &[bert.account, carl.account]);
    assert_eq!(world.reason(anna, request), Reason::RoomFull);
    world.group(bert, &[]);
    world.group(bert, &[anna]);
    let request = world.create_request(RoomKind::Direct, &[bert.account]);
    let refusal = world.refusal(anna, request);
    assert_eq!((refusal.reason, &refusal.detail["account"]), (Reason::LimitRooms, &bert.account.to_string()));
    let request = world.create_request(RoomKind::Group, &[bert.account]);
    assert_eq!(world.reason(anna, request), Reason::LimitRooms);
    world.group(anna, &[]);
    let request = world.create_request(RoomKind::Group, &[]);
    let refusal = world.refusal(anna, request);
    assert_eq!((refusal.reason, refusal.detail["limit"].as_str()), (Reason::LimitRooms, "2"));
}

fn a_room_begins_at_epoch_zero(new: New) {
    let mut world = new.world();
    let anna = world.person("anna");
    let mut request = world.create_request(RoomKind::Group, &[]);
    request.commit = Some(commit(1, &[]));
    let refusal = world.refusal(anna, request.clone());
    assert_eq!((refusal.reason, refusal.detail["epoch"].as_str()), (Reason::EpochStale, "0"));
    request.commit = Some(commit(0, &[]));
    world.reply(anna, request.clone());
    let change = change_of(&world.entries(request.room).remove(0));
    assert_eq!((change.epoch, &change.commit[..]), (1, &b"commit"[..]));
}

fn the_greatest_commit_and_welcome_fit(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    let big = || Octets::new(vec![0; sotto_protocol::limits::GROUP_BYTES_MAX]).unwrap();
    let mut request = world.create_request(RoomKind::Group, &[bert.account]);
    request.title = Octets::new(vec![0; sotto_protocol::limits::TITLE_MAX]).unwrap();
    request.commit =
        Some(sotto_protocol::Commit { commit: big(), welcome: big(), ..commit(0, &[bert.device]) });
    let room = request.room;
    world.reply(anna, request);
    assert_eq!(change_of(&world.entries(room).remove(0)).commit, big());
    assert_eq!(room_events(&mut world, bert.device)[0].welcome, big());
}

fn nobody_is_refused_for_a_room_that_never_was(new: New) {
    let mut world = new.world();
    let (anna, bert) = (world.person("anna"), world.person("bert"));
    let request = world.create_request(RoomKind::Group, &[bert.account]);
    world.refusal(anna, request.clone());
    world.befriend(anna, bert);
    let created = reply!(RoomCreated, world.reply(anna, request));
    assert!(!created.existed);
}
