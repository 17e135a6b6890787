//! The one write.
use daemon_core::store::{News, Page};
use sotto_protocol::{Append, EntryKind, LogId, Reason, Sealed};

use crate::kit::{DAY_MS, New, room_id, rooms::commit};

both!(
    what_is_accepted_is_there_in_order_and_after_a_restart,
    a_repeated_envelope_gets_the_first_answer_again,
    a_repetition_is_known_whatever_came_between,
    an_envelope_id_is_used_for_one_thing,
    two_devices_may_use_one_id,
    an_answer_is_remembered_for_a_week_and_as_long_as_somebody_waits,
    time_never_goes_back_in_a_log,
    only_members_write_and_only_into_rooms,
    only_messages_and_commits_are_written_by_clients,
    the_recent_end_is_in_memory,
);

fn what_is_accepted_is_there_in_order_and_after_a_restart(new: New) {
    let mut world = new.world();
    let (anna, ben) = world.friends("anna", "ben");
    let room = world.direct(anna, ben);
    assert_eq!(world.say(anna, room, "one").sequence, 2);
    assert_eq!(world.say(ben, room, "two").sequence, 3);
    let outcome = world.append(anna, room, "three");
    assert_eq!(outcome.news, [News::Grown { log: room.into(), head: 4 }]);
    for _ in 0..2 {
        let page = world.page(room, 1);
        assert_eq!((page.head, page.missing), (4, None));
        assert_eq!(page.entries.iter().map(|entry| entry.sequence).collect::<Vec<_>>(), [2, 3, 4]);
        assert_eq!(world.texts(room), ["one", "two", "three"]);
        let last = world.entries(room).pop().unwrap();
        assert_eq!((last.log, last.kind), (LogId::from(room), EntryKind::Message));
        assert_eq!((last.account, last.device), (anna.account, anna.device));
        world.reopen();
    }
}

fn a_repeated_envelope_gets_the_first_answer_again(new: New) {
    let mut world = new.world();
    let (anna, ben) = world.friends("anna", "ben");
    let room = world.direct(anna, ben);
    let request = world.append_request(room, "once");
    let first = reply!(Accepted, world.reply(anna, request.clone()));
    world.say(anna, room, "later");
    world.now_ms += 5000;
    for _ in 0..2 {
        let again = reply!(Accepted, world.reply(anna, request.clone()));
        assert!(again.duplicate && !first.duplicate);
        assert_eq!((again.sequence, again.at_ms, again.log), (first.sequence, first.at_ms, first.log));
        world.reopen();
    }
    assert_eq!(world.texts(room), ["once", "later"]);
}

fn a_repetition_is_known_whatever_came_between(new: New) {
    let mut world = new.world();
    let (anna, ben) = world.friends("anna", "ben");
    let room = world.direct(anna, ben);
    let requests: Vec<Append> =
        (0..20).map(|number| world.append_request(room, &number.to_string())).collect();
    for request in requests.iter().rev() {
        assert!(!reply!(Accepted, world.reply(anna, request.clone())).duplicate);
    }
    for device in [anna, ben] {
        world.ack(device.device, room, 21);
    }
    world.sweep_read();
    world.reopen();
    for request in requests {
        assert!(reply!(Accepted, world.reply(anna, request)).duplicate);
    }
    assert_eq!(world.page(room, 0).entries, []);
}

fn an_envelope_id_is_used_for_one_thing(new: New) {
    let mut world = new.world();
    let (anna, ben) = world.friends("anna", "ben");
    let (one, other) = (world.direct(anna, ben), world.group(anna, &[ben]));
    let request = world.append_request(one, "here");
    world.reply(anna, request.clone());
    assert_eq!(world.reason(anna, Append { log: other.into(), ..request }), Reason::EnvelopeConflict);
}

fn two_devices_may_use_one_id(new: New) {
    let mut world = new.world();
    let (anna, ben) = world.friends("anna", "ben");
    let room = world.direct(anna, ben);
    let request = world.append_request(room, "mine");
    assert_eq!(reply!(Accepted, world.reply(anna, request.clone())).sequence, 2);
    let other = reply!(Accepted, world.reply(ben, request));
    assert_eq!((other.sequence, other.duplicate), (3, false));
}

fn an_answer_is_remembered_for_a_week_and_as_long_as_somebody_waits(new: New) {
    let mut world = new.world();
    let (anna, ben) = world.friends("anna", "ben");
    let room = world.direct(anna, ben);
    let (waiting, read) = (world.append_request(room, "read"), world.append_request(room, "waiting"));
    let (read, waiting) = (waiting, read);
    world.reply(anna, read.clone());
    world.reply(anna, waiting.clone());
    world.ack(ben.device, room, 2);
    world.now_ms += 7 * DAY_MS;
    world.sweep_read();
    assert!(reply!(Accepted, world.reply(anna, read.clone())).duplicate);
    world.now_ms += 1;
    assert!(!reply!(Accepted, world.reply(anna, read)).duplicate);
    assert!(reply!(Accepted, world.reply(anna, waiting)).duplicate);
}

fn time_never_goes_back_in_a_log(new: New) {
    let mut world = new.world();
    let (anna, ben) = world.friends("anna", "ben");
    let room = world.direct(anna, ben);
    let first = world.say(anna, room, "now").at_ms;
    world.now_ms -= DAY_MS;
    assert_eq!(world.say(anna, room, "earlier?").at_ms, first);
    for device in [anna, ben] {
        world.ack(device.device, room, 3);
    }
    world.sweep_read();
    world.reopen();
    assert_eq!(world.say(anna, room, "still").at_ms, first);
    world.now_ms += 2 * DAY_MS;
    assert_eq!(world.say(anna, room, "later").at_ms, world.now_ms);
}

fn only_members_write_and_only_into_rooms(new: New) {
    let mut world = new.world();
    let (anna, ben) = world.friends("anna", "ben");
    let carl = world.person("carl");
    let room = world.direct(anna, ben);
    for (actor, log) in [
        (carl, LogId::from(room)),
        (anna, room_id(99).into()),
        (anna, anna.device.into()),
        (anna, ben.device.into()),
    ] {
        let request = world.append_request(log, "here?");
        assert_eq!(world.reason(actor, request), Reason::LogUnknown);
    }
}

fn only_messages_and_commits_are_written_by_clients(new: New) {
    let mut world = new.world();
    let (anna, ben) = world.friends("anna", "ben");
    let room = world.direct(anna, ben);
    let message = world.append_request(room, "text");
    let empty = Append { sealed: Sealed::default(), ..message.clone() };
    let commit = Some(commit(0, &[]));
    let cases = [
        (Append { kind: EntryKind::Change, ..message.clone() }, "kind"),
        (Append { kind: EntryKind::Event, ..message.clone() }, "kind"),
        (Append { kind: EntryKind::Commit, ..empty.clone() }, "commit"),
        (Append { commit: commit.clone(), ..message.clone() }, "commit"),
        (Append { kind: EntryKind::Commit, commit, ..message }, "sealed"),
    ];
    for (request, field) in cases {
        let refusal = world.refusal(anna, request);
        assert_eq!((refusal.reason, refusal.detail["field"].as_str()), (Reason::RequestMalformed, field));
    }
    world.reply(anna, empty);
}

fn the_recent_end_is_in_memory(new: New) {
    let mut world = new.limited(|limits| limits.tail_cache_bytes = 4096);
    let (anna, ben) = world.friends("anna", "ben");
    let room = world.direct(anna, ben);
    let tail = world.store.tail();
    let recent = |after, entries, bytes| -> Option<Page> { tail.recent(room.into(), after, entries, bytes) };
    for text in ["one", "two", "three"] {
        world.say(anna, room, text);
    }
    assert_eq!(recent(1, 10, u32::MAX), Some(world.page(room, 1)));
    assert_eq!(recent(4, 10, u32::MAX).map(|page| (page.head, page.entries.len())), Some((4, 0)));
    assert_eq!(recent(5, 10, u32::MAX), None, "nobody is there yet");
    assert_eq!(recent(1, 2, u32::MAX).map(|page| page.entries.len()), Some(2));
    assert_eq!(recent(1, 10, 1).map(|page| page.entries.len()), Some(1), "one entry always fits");
    for number in 0..40 {
        world.say(anna, room, &number.to_string());
    }
    assert!(tail.bytes() <= 4096);
    assert_eq!(recent(1, 10, u32::MAX), None);
    let head = world.page(room, 0).head;
    assert_eq!(recent(head - 3, 10, u32::MAX), Some(world.page(room, head - 3)));
    world.ack(anna.device, room, head);
}
