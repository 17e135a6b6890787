//! What waits for others has a limit, and shrinks when they read.
use sotto_protocol::{ContactAccept, ContactRequest, Note, Reason};

use crate::kit::{DAY_MS, New};

both!(
    a_room_holds_so_many_entries_that_wait,
    a_room_holds_so_many_bytes_that_wait,
    an_account_has_so_much_waiting_over_all_rooms,
    reading_makes_room_and_so_does_signing_out,
    quotas_count_the_same_after_a_restart,
    a_repetition_is_answered_at_the_limit,
    a_full_inbox_loses_its_oldest_and_says_so,
);

fn a_room_holds_so_many_entries_that_wait(new: New) {
    let mut world = new.limited(|limits| limits.room_entries = 2);
    let (anna, bert) = world.friends("anna", "bert");
    let room = world.direct(anna, bert);
    world.say(anna, room, "one");
    world.say(bert, room, "two");
    let append = world.append_request(room, "three");
    let refusal = world.refusal(anna, append.clone());
    assert_eq!((refusal.reason, refusal.detail["limit"].as_str()), (Reason::QuotaRoom, "2"));
    world.ack(bert.device, room, 2);
    world.reply(anna, append);
}

fn a_room_holds_so_many_bytes_that_wait(new: New) {
    let mut world = new.limited(|limits| limits.room_bytes = 10);
    let (anna, bert) = world.friends("anna", "bert");
    let room = world.direct(anna, bert);
    world.say(anna, room, "12345");
    let append = world.append_request(room, "123456");
    assert_eq!(world.reason(anna, append), Reason::QuotaRoom);
    world.say(anna, room, "12345");
}

fn an_account_has_so_much_waiting_over_all_rooms(new: New) {
    let mut world = new.limited(|limits| (limits.account_entries, limits.account_bytes) = (3, 12));
    let (anna, bert) = world.friends("anna", "bert");
    let rooms = [world.direct(anna, bert), world.group(anna, &[bert]), world.group(bert, &[anna])];
    for room in rooms {
        world.say(anna, room, "1234");
    }
    let append = world.append_request(rooms[0], "");
    let refusal = world.refusal(anna, append);
    assert_eq!((refusal.reason, refusal.detail["limit"].as_str()), (Reason::QuotaAccount, "3"));
    world.ack(bert.device, rooms[1], 2);
    let append = world.append_request(rooms[0], "12345");
    let refusal = world.refusal(anna, append);
    assert_eq!((refusal.reason, refusal.detail["limit"].as_str()), (Reason::QuotaAccount, "12"));
    world.say(anna, rooms[0], "1234");
    world.say(bert, rooms[0], "another's");
}

fn reading_makes_room_and_so_does_signing_out(new: New) {
    let mut world = new.limited(|limits| limits.room_entries = 1);
    let (anna, bert) = world.friends("anna", "bert");
    let second = world.device(bert, 2);
    let room = world.direct(anna, bert);
    world.say(anna, room, "one");
    world.ack(bert.device, room, 2);
    let append = world.append_request(room, "two");
    assert_eq!(world.reason(anna, append.clone()), Reason::QuotaRoom);
    world.reply(second, sotto_protocol::SignOut {});
    world.reply(anna, append);
}

fn quotas_count_the_same_after_a_restart(new: New) {
    let mut world = new.limited(|limits| (limits.account_entries, limits.room_entries) = (3, 4));
    let (anna, bert) = world.friends("anna", "bert");
    let room = world.direct(anna, bert);
    for text in ["one", "two", "three"] {
        world.say(anna, room, text);
    }
    world.ack(bert.device, room, 2);
    world.reopen();
    world.say(anna, room, "four");
    let append = world.append_request(room, "five");
    assert_eq!(world.reason(anna, append), Reason::QuotaAccount);
    world.say(bert, room, "six");
    let append = world.append_request(room, "seven");
    assert_eq!(world.reason(bert, append), Reason::QuotaRoom);
}

fn a_repetition_is_answered_at_the_limit(new: New) {
    let mut world = new.limited(|limits| limits.room_entries = 1);
    let (anna, bert) = world.friends("anna", "bert");
    let room = world.direct(anna, bert);
    let append = world.append_request(room, "one");
    world.reply(anna, append.clone());
    assert!(reply!(Accepted, world.reply(anna, append)).duplicate);
}

fn a_full_inbox_loses_its_oldest_and_says_so(new: New) {
    let mut world = new.world();
    let (anna, bert) = (world.person("anna"), world.person("bert"));
    for round in 0..600 {
        world.now_ms += DAY_MS / 1000;
        let note = Note::new(&round.to_string()).unwrap();
        world.reply(anna, ContactRequest { account: bert.account, note });
        world.reply(anna, sotto_protocol::ContactRemove { account: bert.account });
    }
    for _ in 0..2 {
        let page = world.page(bert.device, 0);
        let missing = page.missing.unwrap();
        assert_eq!((missing.from, missing.to, missing.why), (1, 176, sotto_protocol::GapReason::Evicted));
        assert_eq!((page.head, page.entries.len(), page.entries[0].sequence), (1200, 1024, 177));
        assert_eq!(world.counts().entries, 1024);
        world.reopen();
    }
    world.ack(bert.device, bert.device, 1200);
    let note = Note::new("").unwrap();
    world.reply(anna, ContactRequest { account: bert.account, note });
    world.reply(bert, ContactAccept { account: anna.account });
}
