//! What members see of their rooms, and how far everybody is.
use daemon_core::store::News;
use sotto_protocol::{Read, Reason, Role, RoomId, RoomKind, RoomList, RoomMembers, Rooms};

use crate::kit::{New, World, room_id};

both!(
    rooms_are_listed_in_pages_as_this_device_sees_them,
    members_are_listed_in_pages_with_how_far_they_are,
    a_read_mark_goes_forward_only_and_is_told_where_its_owner_wants,
    a_read_mark_beyond_the_end_is_refused,
    members_only,
);

fn list(world: &mut World, actor: daemon_core::store::Actor, after: Option<RoomId>, limit: u32) -> Rooms {
    reply!(Rooms, world.reply(actor, RoomList { after, limit }))
}

fn rooms_are_listed_in_pages_as_this_device_sees_them(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    let direct = world.direct(anna, bert);
    let group = world.group(bert, &[anna]);
    world.say(bert, direct, "hello");
    let all = list(&mut world, anna, None, 0);
    assert_eq!((all.rooms.len(), all.more, all.revision), (2, false, 2));
    let room = &all.rooms[0];
    assert_eq!((room.room, room.kind, room.members), (direct, RoomKind::Direct, 2));
    assert_eq!((room.head, room.cursor, room.read), (2, 1, 1));
    assert_eq!(room.peer.as_ref().map(|peer| peer.account), Some(bert.account));
    let room = &all.rooms[1];
    assert_eq!((room.room, room.role, room.peer.clone()), (group, Role::Member, None));
    assert_eq!(list(&mut world, bert, None, 0).rooms[1].role, Role::Owner);
    let first = list(&mut world, anna, None, 1);
    assert_eq!((first.rooms.len(), first.more), (1, true));
    let second = list(&mut world, anna, Some(direct), 1);
    assert_eq!((second.rooms[0].room, second.more), (group, false));
}

fn members_are_listed_in_pages_with_how_far_they_are(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    let second = world.device(bert, 2);
    let room = world.group(anna, &[bert]);
    for text in ["one", "two", "three"] {
        world.say(anna, room, text);
    }
    world.ack(bert.device, room, 2);
    world.ack(second.device, room, 3);
    world.reply(bert, Read { room, upto: 3, tell: false });
    let members = |world: &mut World, after, limit| {
        reply!(Members, world.reply(anna, RoomMembers { room, after, limit }))
    };
    let page = members(&mut world, None, 1);
    assert_eq!(
        (page.members[0].person.account, page.members[0].role, page.more),
        (anna.account, Role::Owner, true)
    );
    assert_eq!(page.members[0].delivered, 4, "who wrote it has it");
    let page = members(&mut world, Some(anna.account), 1);
    let member = &page.members[0];
    assert_eq!(
        (member.person.account, member.delivered, member.read, page.more),
        (bert.account, 3, 0, false)
    );
    assert_eq!(member.joined_ms, world.now_ms);
    world.reply(bert, Read { room, upto: 3, tell: true });
    assert_eq!(members(&mut world, None, 0).members[1].read, 3);
}

fn a_read_mark_goes_forward_only_and_is_told_where_its_owner_wants(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    let room = world.direct(anna, bert);
    world.say(anna, room, "one");
    world.say(anna, room, "two");
    assert_eq!(world.news(bert, Read { room, upto: 2, tell: false }), []);
    let told = |read| [News::HasRead { room, account: bert.account, read }];
    assert_eq!(world.news(bert, Read { room, upto: 2, tell: true }), told(2));
    assert_eq!(world.news(bert, Read { room, upto: 2, tell: true }), []);
    assert_eq!(world.news(bert, Read { room, upto: 1, tell: true }), []);
    assert_eq!(world.news(bert, Read { room, upto: 3, tell: true }), told(3));
    world.reopen();
    assert_eq!(list(&mut world, bert, None, 0).rooms[0].read, 3);
}

fn a_read_mark_beyond_the_end_is_refused(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    let room = world.direct(anna, bert);
    let refusal = world.refusal(bert, Read { room, upto: 2, tell: true });
    assert_eq!((refusal.reason, refusal.detail["head"].as_str()), (Reason::CursorAhead, "1"));
}

fn members_only(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    let carl = world.person("carl");
    let room = world.direct(anna, bert);
    for room in [room, room_id(99)] {
        assert_eq!(world.reason(carl, RoomMembers { room, after: None, limit: 0 }), Reason::RoomUnknown);
        assert_eq!(world.reason(carl, Read { room, upto: 0, tell: true }), Reason::RoomUnknown);
        assert_eq!(world.reason(carl, sotto_protocol::GroupInfoGet { room }), Reason::RoomUnknown);
    }
}
