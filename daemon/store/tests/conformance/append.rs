//! The one write.
use daemon_core::store::News;
use sotto_protocol::{EntryKind, LogId};

use crate::kit::New;

both!(
    what_is_accepted_is_there_in_order_and_after_a_restart,
    a_repeated_envelope_gets_the_first_answer_again,
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
