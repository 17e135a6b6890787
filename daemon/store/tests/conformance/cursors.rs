//! How far devices are.
use daemon_core::store::{Actor, Answer, Lazy, Query};
use sotto_protocol::{LogId, Reason, RoomId};

use crate::kit::{New, World, device_id, people::signed_in, room_id};

both!(
    a_cursor_goes_forward_only_and_not_beyond_the_end,
    a_device_has_what_it_wrote_itself,
    own_entries_that_follow_are_passed_with_what_came_before,
    cursors_survive_a_restart,
    what_everybody_has_goes_and_is_no_gap,
    many_passed_entries_go_along_with_a_commit,
    a_page_keeps_its_limits,
    a_page_of_no_log_is_refused,
    a_room_of_many_reads_one_entry,
);

fn cursor(world: &mut World, actor: Actor, room: RoomId) -> u64 {
    let resume = signed_in(world.sign_in(actor, None));
    let state = resume.logs.into_iter().find(|state| state.log == LogId::from(room));
    state.expect("a room that it reads").cursor
}

fn a_cursor_goes_forward_only_and_not_beyond_the_end(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    let room = world.direct(anna, bert);
    for text in ["one", "two", "three"] {
        world.say(anna, room, text);
    }
    for (upto, expected) in [(2, 2), (5, 2), (u64::MAX, 2), (1, 2), (4, 4)] {
        world.ack(bert.device, room, upto);
        assert_eq!(cursor(&mut world, bert, room), expected);
    }
    world.ack(device_id(99, 1), room, 3);
    world.ack(bert.device, room_id(99), 3);
}

fn a_device_has_what_it_wrote_itself(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    let room = world.direct(anna, bert);
    world.say(anna, room, "mine");
    assert_eq!(cursor(&mut world, anna, room), 2);
    world.say(bert, room, "yours");
    world.say(anna, room, "mine again");
    assert_eq!(cursor(&mut world, anna, room), 2, "it has not stored what came between");
}

fn own_entries_that_follow_are_passed_with_what_came_before(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    let room = world.direct(anna, bert);
    world.say(bert, room, "yours");
    world.say(anna, room, "mine");
    world.say(anna, room, "mine again");
    world.say(bert, room, "yours again");
    world.ack(anna.device, room, 2);
    assert_eq!(cursor(&mut world, anna, room), 4);
}

fn cursors_survive_a_restart(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    let second = world.device(bert, 2);
    let room = world.direct(anna, bert);
    for text in ["one", "two", "three"] {
        world.say(anna, room, text);
    }
    let lazies = [
        Lazy::Advance { device: bert.device, log: room.into(), upto: 3 },
        Lazy::Advance { device: second.device, log: room.into(), upto: 2 },
    ];
    world.lazy(&lazies);
    world.say(anna, room, "four");
    let waiting = world.counts().entries;
    world.reopen();
    assert_eq!(world.counts().entries, waiting);
    assert_eq!(cursor(&mut world, anna, room), 5, "found again from what it wrote");
    assert_eq!(cursor(&mut world, bert, room), 3);
    assert_eq!(cursor(&mut world, second, room), 2);
}

fn what_everybody_has_goes_and_is_no_gap(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    let room = world.direct(anna, bert);
    for text in ["one", "two", "three"] {
        world.say(anna, room, text);
    }
    world.ack(bert.device, room, 3);
    world.sweep_read();
    for _ in 0..2 {
        let page = world.page(room, 0);
        assert_eq!((page.missing, page.head, page.entries.len()), (None, 4, 1));
        assert_eq!(world.texts(room), ["three"]);
        world.reopen();
    }
    world.ack(bert.device, room, 4);
    world.sweep_read();
    world.reopen();
    assert_eq!(world.page(room, 0).head, 4, "an empty log keeps its end");
    assert_eq!(world.say(bert, room, "five").sequence, 5);
    assert_eq!(cursor(&mut world, anna, room), 4);
}

fn many_passed_entries_go_along_with_a_commit(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    let room = world.direct(anna, bert);
    for number in 0..600_u32 {
        world.say(anna, room, &number.to_string());
    }
    world.ack(bert.device, room, 601);
    for _ in 0..2 {
        assert_eq!(world.page(room, 0).entries.len(), 0);
        world.reopen();
    }
    assert_eq!(world.say(anna, room, "on").sequence, 602);
}

fn a_page_keeps_its_limits(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    let room = world.direct(anna, bert);
    for number in 0..10 {
        world.say(anna, room, &format!("{number:0100}"));
    }
    let mut page = |after, entries_max, bytes_max| {
        let query = Query::Page { log: room.into(), after, entries_max, bytes_max };
        match world.query(&query).answer {
            Ok(Answer::Page(page)) => page.entries,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(page(1, 3, u32::MAX).iter().map(|entry| entry.sequence).collect::<Vec<_>>(), [2, 3, 4]);
    let one = page(1, 10, 0);
    assert_eq!(one.len(), 1, "one entry always fits");
    let bytes = u32::try_from(one[0].frame.len()).unwrap();
    assert_eq!(page(1, 10, bytes * 3).len(), 3);
    assert_eq!(page(1, 10, bytes * 3 - 1).len(), 2);
    assert_eq!(page(11, 10, u32::MAX), []);
    assert_eq!(page(u64::MAX, 10, u32::MAX), []);
}

fn a_page_of_no_log_is_refused(new: New) {
    let mut world = new.world();
    let query = Query::Page { log: room_id(1).into(), after: 0, entries_max: 1, bytes_max: 1 };
    assert_eq!(crate::kit::refused(world.query(&query)).reason, Reason::LogUnknown);
}

fn a_room_of_many_reads_one_entry(new: New) {
    let mut world = new.world();
    let anna = world.person("anna");
    let others: Vec<Actor> = (0..30).map(|number| world.person(&format!("other{number}"))).collect();
    others.iter().for_each(|other| world.befriend(anna, *other));
    let room = world.group(anna, &others);
    let before = world.counts().entries;
    world.say(anna, room, "to all");
    assert_eq!(world.counts().entries, before + 1);
    for other in &others[1..] {
        world.ack(other.device, room, 2);
    }
    assert_eq!(world.counts().entries, before + 1);
    world.ack(others[0].device, room, 2);
    assert_eq!(world.counts().entries, before);
}
