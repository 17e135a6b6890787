//! Rooms change.
use daemon_core::store::{Actor, News};
use sotto_protocol::{Listed, Octets, Reason, Role, RoomChange, RoomId, Seat};

use crate::{
    kit::{New, World, account, rooms::commit},
    rooms_create::{change_of, room_events},
};

both!(
    who_comes_starts_after_the_entry_and_who_goes_does_not_see_it,
    a_repeated_change_gets_the_first_answer_again,
    members_only_turn_the_keys,
    admins_bring_and_remove_members_and_name_the_room,
    owners_do_everything_but_leave_nobody_in_charge,
    a_room_of_two_changes_its_title_only,
    strangers_know_no_room,
    who_is_named_must_be_there_or_not_there,
    a_room_does_not_grow_beyond_its_limit,
    the_first_commit_of_an_epoch_wins,
    members_devices_get_their_welcomes,
);

fn seat(actor: Actor, role: Role) -> Seat {
    Seat { account: actor.account, role }
}

fn listed<T: Clone>(items: &[T]) -> Listed<T, 256> {
    Listed::new(items.to_vec()).unwrap()
}

/// A room of an owner, an admin and a member who all know each other, and somebody outside whom all of them know.
fn crew(world: &mut World) -> (RoomId, [Actor; 4]) {
    let crew = ["owner", "admin", "member", "outsider"].map(|name| world.person(name));
    for (at, one) in crew.iter().enumerate() {
        for other in &crew[at + 1..] {
            world.befriend(*one, *other);
        }
    }
    let [owner, admin, member, _] = crew;
    let room = world.group(owner, &[admin, member]);
    let roles = listed(&[seat(admin, Role::Admin)]);
    let change = RoomChange { roles, ..world.change_request(room) };
    world.reply(owner, change);
    for actor in crew {
        world.ack(actor.device, room, 2);
        world.fresh(actor.device);
    }
    (room, crew)
}

fn who_comes_starts_after_the_entry_and_who_goes_does_not_see_it(new: New) {
    let mut world = new.world();
    let (room, [owner, admin, member, outsider]) = crew(&mut world);
    let change = RoomChange {
        add: listed(&[seat(outsider, Role::Member)]),
        remove: listed(&[member.account]),
        ..world.change_request(room)
    };
    let outcome = world.ask(owner, change);
    let log = room.into();
    assert_eq!(
        outcome.news[..3],
        [
            News::Left { log, account: member.account },
            News::Joined { log, account: outsider.account, head: 3 },
            News::Grown { log, head: 3 },
        ]
    );
    let told = change_of(&world.entries(room).remove(0));
    assert_eq!(
        (&told.remove[..], &told.add[..]),
        (&[member.account][..], &[seat(outsider, Role::Member)][..])
    );
    let gone = room_events(&mut world, member.device).remove(0);
    assert_eq!((gone.room, gone.gone, gone.by, gone.state), (room, true, Some(owner.account), None));
    let came = room_events(&mut world, outsider.device).remove(0);
    assert_eq!(came.state.map(|state| (state.members, state.cursor, state.head)), Some((3, 3, 3)));
    assert_eq!(room_events(&mut world, admin.device), []);
    let append = world.append_request(room, "still here?");
    assert_eq!(world.reason(member, append.clone()), Reason::LogUnknown);
    world.reply(outsider, append);
}

fn a_repeated_change_gets_the_first_answer_again(new: New) {
    let mut world = new.world();
    let (room, [owner, _, member, _]) = crew(&mut world);
    let change = RoomChange { remove: listed(&[member.account]), ..world.change_request(room) };
    let first = reply!(Accepted, world.reply(owner, change.clone()));
    world.reopen();
    let outcome = world.ask(owner, change);
    assert_eq!(outcome.news, []);
    let again = reply!(Accepted, crate::kit::response(outcome));
    assert_eq!((again.sequence, again.duplicate), (first.sequence, true));
}

fn members_only_turn_the_keys(new: New) {
    let mut world = new.world();
    let (room, [_, admin, member, outsider]) = crew(&mut world);
    let title = Some(Octets::new(&b"mine"[..]).unwrap());
    let changes = [
        RoomChange { title, ..world.change_request(room) },
        RoomChange { add: listed(&[seat(outsider, Role::Member)]), ..world.change_request(room) },
        RoomChange { remove: listed(&[admin.account]), ..world.change_request(room) },
        RoomChange { remove: listed(&[member.account]), ..world.change_request(room) },
        RoomChange { roles: listed(&[seat(member, Role::Owner)]), ..world.change_request(room) },
    ];
    for change in changes {
        assert_eq!(world.reason(member, change), Reason::RoomRole);
    }
    let turn = RoomChange { commit: Some(commit(0, &[])), ..world.change_request(room) };
    world.reply(member, turn);
}

fn admins_bring_and_remove_members_and_name_the_room(new: New) {
    let mut world = new.world();
    let (room, [owner, admin, member, outsider]) = crew(&mut world);
    let refused = [
        RoomChange { add: listed(&[seat(outsider, Role::Admin)]), ..world.change_request(room) },
        RoomChange { remove: listed(&[owner.account]), ..world.change_request(room) },
        RoomChange { roles: listed(&[seat(member, Role::Admin)]), ..world.change_request(room) },
    ];
    for change in refused {
        assert_eq!(world.reason(admin, change), Reason::RoomRole);
    }
    let change = RoomChange {
        add: listed(&[seat(outsider, Role::Member)]),
        remove: listed(&[member.account]),
        title: Some(Octets::new(&b"ours"[..]).unwrap()),
        ..world.change_request(room)
    };
    world.reply(admin, change);
    let rooms = reply!(Rooms, world.reply(owner, sotto_protocol::RoomList { after: None, limit: 0 })).rooms;
    assert_eq!((&rooms[0].title[..], rooms[0].members), (&b"ours"[..], 3));
}

fn owners_do_everything_but_leave_nobody_in_charge(new: New) {
    let mut world = new.world();
    let (room, [owner, admin, ..]) = crew(&mut world);
    let demote = RoomChange { roles: listed(&[seat(owner, Role::Member)]), ..world.change_request(room) };
    let remove = RoomChange { remove: listed(&[owner.account]), ..world.change_request(room) };
    for change in [demote.clone(), remove] {
        assert_eq!(world.reason(owner, change), Reason::RoomRole);
    }
    let hand_over = RoomChange {
        roles: listed(&[seat(owner, Role::Member), seat(admin, Role::Owner)]),
        ..world.change_request(room)
    };
    world.reply(owner, hand_over);
    assert_eq!(world.reason(owner, demote), Reason::RoomRole);
}

fn a_room_of_two_changes_its_title_only(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    let room = world.direct(anna, bert);
    let refused = [
        RoomChange { add: listed(&[seat(bert, Role::Member)]), ..world.change_request(room) },
        RoomChange { remove: listed(&[bert.account]), ..world.change_request(room) },
        RoomChange { roles: listed(&[seat(bert, Role::Owner)]), ..world.change_request(room) },
    ];
    for change in refused {
        assert_eq!(world.reason(anna, change), Reason::RoomKind);
    }
    for actor in [anna, bert] {
        let title = Some(Octets::new(&b"we two"[..]).unwrap());
        let change = RoomChange { title, ..world.change_request(room) };
        world.reply(actor, change);
    }
}

fn strangers_know_no_room(new: New) {
    let mut world = new.world();
    let (room, [.., outsider]) = crew(&mut world);
    let change = world.change_request(room);
    assert_eq!(world.reason(outsider, change), Reason::RoomUnknown);
    let change = world.change_request(crate::kit::room_id(99));
    assert_eq!(world.reason(outsider, change), Reason::RoomUnknown);
}

fn who_is_named_must_be_there_or_not_there(new: New) {
    let mut world = new.world();
    let (room, [owner, _, member, outsider]) = crew(&mut world);
    let nobody = Seat { account: account(99), role: Role::Member };
    let stranger = world.person("stranger");
    let cases = [
        (
            RoomChange { add: listed(&[seat(member, Role::Member)]), ..world.change_request(room) },
            Reason::MemberExists,
        ),
        (
            RoomChange {
                add: listed(&[seat(outsider, Role::Member), seat(outsider, Role::Member)]),
                ..world.change_request(room)
            },
            Reason::MemberExists,
        ),
        (RoomChange { add: listed(&[nobody]), ..world.change_request(room) }, Reason::PersonUnknown),
        (
            RoomChange { add: listed(&[seat(stranger, Role::Member)]), ..world.change_request(room) },
            Reason::RoomNotContacts,
        ),
        (
            RoomChange { remove: listed(&[outsider.account]), ..world.change_request(room) },
            Reason::MemberUnknown,
        ),
        (
            RoomChange { remove: listed(&[member.account; 2]), ..world.change_request(room) },
            Reason::MemberUnknown,
        ),
        (
            RoomChange { roles: listed(&[seat(outsider, Role::Admin)]), ..world.change_request(room) },
            Reason::MemberUnknown,
        ),
    ];
    for (change, expected) in cases {
        let refusal = world.refusal(owner, change);
        assert_eq!(refusal.reason, expected);
        assert!(refusal.detail.contains_key("account"));
    }
}

fn a_room_does_not_grow_beyond_its_limit(new: New) {
    let mut world = new.limited(|limits| limits.room_members = 3);
    let (room, [owner, _, member, outsider]) = crew(&mut world);
    let add = listed(&[seat(outsider, Role::Member)]);
    let change = RoomChange { add: add.clone(), ..world.change_request(room) };
    assert_eq!(world.reason(owner, change), Reason::RoomFull);
    let swap = RoomChange { add, remove: listed(&[member.account]), ..world.change_request(room) };
    world.reply(owner, swap);
}

fn the_first_commit_of_an_epoch_wins(new: New) {
    let mut world = new.world();
    let (room, [owner, admin, ..]) = crew(&mut world);
    let first = RoomChange { commit: Some(commit(0, &[])), ..world.change_request(room) };
    let second = RoomChange { commit: Some(commit(0, &[])), ..world.change_request(room) };
    world.reply(owner, first);
    let refusal = world.refusal(admin, second);
    assert_eq!((refusal.reason, refusal.detail["epoch"].as_str()), (Reason::EpochStale, "1"));
    let told = change_of(world.entries(room).last().unwrap());
    assert_eq!((told.epoch, &told.commit[..]), (1, &b"commit"[..]));
    let plain = RoomChange { title: Some(Octets::default()), ..world.change_request(room) };
    world.reply(owner, plain);
    assert_eq!(change_of(world.entries(room).last().unwrap()).epoch, 1);
}

fn members_devices_get_their_welcomes(new: New) {
    let mut world = new.world();
    let (room, [owner, admin, member, outsider]) = crew(&mut world);
    let second = world.device(member, 2);
    world.fresh(member.device);
    let devices = [second.device, outsider.device];
    let change = RoomChange {
        add: listed(&[seat(outsider, Role::Member)]),
        commit: Some(commit(0, &devices)),
        ..world.change_request(room)
    };
    world.reply(owner, change);
    for device in devices {
        let events = room_events(&mut world, device);
        assert_eq!(events.len(), 1);
        assert_eq!(&events[0].welcome[..], b"welcome");
        assert_eq!(events[0].state.as_ref().map(|state| state.epoch), Some(1));
    }
    for device in [member.device, admin.device] {
        assert_eq!(room_events(&mut world, device), []);
    }
}
