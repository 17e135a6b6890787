//! Rooms are left.
use daemon_core::store::News;
use sotto_protocol::{Listed, Reason, Role, RoomChange, RoomLeave, RoomList, Seat};

use crate::{
    kit::New,
    rooms_create::{change_of, room_events},
};

both!(
    a_member_goes_and_the_others_read_of_it,
    the_last_owner_hands_over_to_the_longest_standing_of_the_highest_role,
    an_empty_room_is_gone,
    a_room_of_two_is_not_left,
    leaving_again_gets_the_first_answer_again,
);

fn a_member_goes_and_the_others_read_of_it(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    let second = world.device(bert, 2);
    let room = world.group(anna, &[bert]);
    for actor in [anna, bert, second] {
        world.fresh(actor.device);
    }
    let leave = RoomLeave { room, envelope_id: world.envelope() };
    let outcome = world.ask(bert, leave);
    let log = room.into();
    assert_eq!(outcome.news[..2], [News::Left { log, account: bert.account }, News::Grown { log, head: 2 }]);
    let told = change_of(&world.entries(room).remove(0));
    assert_eq!((&told.remove[..], told.roles.len()), (&[bert.account][..], 0));
    let gone = room_events(&mut world, second.device).remove(0);
    assert_eq!((gone.gone, gone.by), (true, Some(bert.account)));
    assert_eq!(room_events(&mut world, bert.device), []);
    assert_eq!(reply!(Rooms, world.reply(bert, RoomList { after: None, limit: 0 })).rooms, []);
    let append = world.append_request(room, "gone?");
    assert_eq!(world.reason(bert, append), Reason::LogUnknown);
    let again = RoomLeave { room, envelope_id: world.envelope() };
    assert_eq!(world.reason(bert, again), Reason::RoomUnknown);
}

fn the_last_owner_hands_over_to_the_longest_standing_of_the_highest_role(new: New) {
    let mut world = new.world();
    let owner = world.person("owner");
    let others = ["first", "second", "third"].map(|name| world.person(name));
    others.iter().for_each(|other| world.befriend(owner, *other));
    let [first, second, third] = others;
    let room = world.group(owner, &[]);
    for other in others {
        world.now_ms += 1000;
        let add = Listed::new(vec![Seat { account: other.account, role: Role::Member }]).unwrap();
        let change = RoomChange { add, ..world.change_request(room) };
        world.reply(owner, change);
    }
    let roles = [second, third].map(|one| Seat { account: one.account, role: Role::Admin });
    let change = RoomChange { roles: Listed::new(roles.to_vec()).unwrap(), ..world.change_request(room) };
    world.reply(owner, change);
    for (goes, heir) in [(owner, second), (second, third), (third, first)] {
        let leave = RoomLeave { room, envelope_id: world.envelope() };
        world.reply(goes, leave);
        let told = change_of(world.entries(room).last().unwrap());
        assert_eq!(&told.roles[..], &[Seat { account: heir.account, role: Role::Owner }][..]);
    }
}

fn an_empty_room_is_gone(new: New) {
    let mut world = new.world();
    let anna = world.person("anna");
    let room = world.group(anna, &[]);
    world.say(anna, room, "to myself");
    let leave = RoomLeave { room, envelope_id: world.envelope() };
    let answer = reply!(Accepted, world.reply(anna, leave.clone()));
    assert_eq!((answer.sequence, answer.duplicate), (3, false));
    assert_eq!(world.counts().rooms, 0);
    assert_eq!(world.reason(anna, leave), Reason::RoomUnknown);
    world.reopen();
    let again =
        sotto_protocol::RoomCreate { room, ..world.create_request(sotto_protocol::RoomKind::Group, &[]) };
    assert!(!reply!(RoomCreated, world.reply(anna, again)).existed);
    assert_eq!(world.page(room, 0).head, 1, "a new room of the old id begins anew");
}

fn a_room_of_two_is_not_left(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    let room = world.direct(anna, bert);
    let leave = RoomLeave { room, envelope_id: world.envelope() };
    assert_eq!(world.reason(anna, leave), Reason::RoomKind);
}

fn leaving_again_gets_the_first_answer_again(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    let room = world.group(anna, &[bert]);
    let leave = RoomLeave { room, envelope_id: world.envelope() };
    let first = reply!(Accepted, world.reply(bert, leave.clone()));
    let again = reply!(Accepted, world.reply(bert, leave));
    assert_eq!((again.sequence, again.at_ms, again.duplicate), (first.sequence, first.at_ms, true));
}
