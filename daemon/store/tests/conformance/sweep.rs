//! What is too old goes, and nobody is left in the dark.
use daemon_core::store::{Missing, Sweep};
use sotto_protocol::{Append, EntryKind, GapReason, InboxEvent, Sealed, SignOut, Tombstone};

use crate::kit::{DAY_MS, New, START_MS, World, people::signed_in, rooms::commit};

both!(
    what_expires_unread_leaves_a_tombstone_and_a_gap,
    what_everybody_had_expires_without_a_word,
    a_gap_survives_a_restart_and_ends_where_it_is_acknowledged,
    expiry_stops_at_what_is_young_and_goes_on_in_steps,
    commits_are_mourned_and_what_the_server_wrote_is_not,
    a_tombstone_goes_to_every_device_of_the_sender,
    what_nobody_reads_any_more_expires_without_a_word,
    expired_tokens_and_invites_go,
    a_device_that_is_gone_is_forgotten_with_its_last_entry,
);

fn expire(world: &mut World, before_ms: u64, at_most: u32) -> u32 {
    let now_ms = world.now_ms;
    world.sweep(Sweep { entries_before_ms: before_ms, now_ms, at_most })
}

fn tombstones(world: &mut World, device: sotto_protocol::DeviceId) -> Vec<Tombstone> {
    let tombstone = |event| match event {
        InboxEvent::Tombstone(tombstone) => Some(tombstone),
        _ => None,
    };
    world.fresh(device).into_iter().filter_map(tombstone).collect()
}

fn what_expires_unread_leaves_a_tombstone_and_a_gap(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    let room = world.direct(anna, bert);
    world.fresh(bert.device);
    let lost = world.append_request(room, "lost");
    world.reply(anna, lost.clone());
    world.now_ms += DAY_MS;
    world.say(anna, room, "young");
    let (before, waiting) = (world.now_ms, world.counts().entries);
    assert_eq!(expire(&mut world, before, 100), 1);
    assert_eq!(world.counts().entries, waiting, "one is lost, one tombstone waits");
    let expected =
        Tombstone { log: room.into(), envelope_id: lost.envelope_id, sequence: 2, why: GapReason::Expired };
    assert_eq!(tombstones(&mut world, anna.device), [expected]);
    assert_eq!(tombstones(&mut world, bert.device), []);
    let page = world.page(room, 1);
    assert_eq!(page.missing, Some(Missing { from: 2, to: 2, why: GapReason::Expired }));
    assert_eq!(page.entries.iter().map(|entry| entry.sequence).collect::<Vec<_>>(), [3]);
    let tail = world.store.tail();
    assert_eq!(tail.recent(room.into(), 1, 10, u32::MAX), None, "nobody is served around the gap");
}

fn what_everybody_had_expires_without_a_word(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    let room = world.direct(anna, bert);
    world.say(anna, room, "read");
    world.ack(bert.device, room, 2);
    world.fresh(bert.device);
    world.now_ms += DAY_MS;
    let now = world.now_ms;
    expire(&mut world, now, 100);
    assert_eq!(tombstones(&mut world, anna.device), []);
    assert_eq!(world.page(room, 0).missing, None);
    assert_eq!(world.page(room, 1).entries, []);
}

fn a_gap_survives_a_restart_and_ends_where_it_is_acknowledged(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    let room = world.direct(anna, bert);
    for text in ["one", "two", "three"] {
        world.say(anna, room, text);
    }
    world.ack(bert.device, room, 2);
    world.now_ms += DAY_MS;
    let now = world.now_ms;
    expire(&mut world, now, 100);
    world.say(anna, room, "after");
    for _ in 0..2 {
        let page = world.page(room, 2);
        assert_eq!(page.missing, Some(Missing { from: 3, to: 4, why: GapReason::Expired }));
        assert_eq!((page.head, page.entries.len()), (5, 1));
        assert_eq!(world.page(room, 4).missing, None);
        world.reopen();
    }
    world.ack(bert.device, room, 4);
    let resume = signed_in(world.sign_in(bert, None));
    assert_eq!((resume.logs[0].cursor, resume.logs[0].head), (4, 5));
}

fn expiry_stops_at_what_is_young_and_goes_on_in_steps(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    let room = world.direct(anna, bert);
    world.fresh(bert.device);
    world.sweep_read();
    for number in 0..10 {
        world.say(anna, room, &number.to_string());
        world.now_ms += 1000;
    }
    assert_eq!(expire(&mut world, START_MS, 4), 0);
    let before = START_MS + 7000;
    assert_eq!(expire(&mut world, before, 4), 4, "more remain");
    assert_eq!(expire(&mut world, before, 4), 3);
    assert_eq!(expire(&mut world, before, 4), 0);
    assert_eq!(tombstones(&mut world, anna.device).len(), 7);
    assert_eq!(world.texts(room), ["7", "8", "9"]);
}

fn commits_are_mourned_and_what_the_server_wrote_is_not(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    let room = world.group(anna, &[bert]);
    let append = world.append_request(room, "");
    let append =
        Append { kind: EntryKind::Commit, sealed: Sealed::default(), commit: Some(commit(0, &[])), ..append };
    world.reply(anna, append.clone());
    let change = world.change_request(room);
    world.reply(anna, change);
    world.now_ms += DAY_MS;
    let now = world.now_ms;
    expire(&mut world, now, 100);
    let mourned: Vec<_> = tombstones(&mut world, anna.device).iter().map(|one| one.envelope_id).collect();
    assert_eq!(mourned, [append.envelope_id]);
    let inbox = world.page(bert.device, 1);
    assert_eq!(inbox.missing.map(|missing| missing.why), Some(GapReason::Expired));
}

fn a_tombstone_goes_to_every_device_of_the_sender(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    let room = world.direct(anna, bert);
    let second = world.device(anna, 2);
    world.say(anna, room, "lost");
    world.reply(anna, SignOut {});
    world.now_ms += DAY_MS;
    let now = world.now_ms;
    expire(&mut world, now, 100);
    assert_eq!(tombstones(&mut world, second.device).len(), 1);
}

fn what_nobody_reads_any_more_expires_without_a_word(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    let room = world.direct(anna, bert);
    world.reply(bert, SignOut {});
    world.say(anna, room, "nobody is there");
    world.now_ms += DAY_MS;
    let now = world.now_ms;
    world.fresh(anna.device);
    expire(&mut world, now, 100);
    assert_eq!(tombstones(&mut world, anna.device), []);
    let back = signed_in(world.enrol(bert.account, bert.device));
    assert_eq!((back.logs[0].head, back.logs[0].cursor), (2, 2));
}

fn expired_tokens_and_invites_go(new: New) {
    let mut world = new.limited(|limits| limits.token_lifetime_ms = 2 * DAY_MS);
    let anna = world.person("anna");
    let create = world.invite_create(1, 0);
    world.reply(anna, create);
    let count = |world: &mut World| {
        let tokens = reply!(Tokens, world.reply(anna, sotto_protocol::TokenList {})).tokens.len();
        (tokens, reply!(Invites, world.reply(anna, sotto_protocol::InviteList {})).invites.len())
    };
    let mut seen = Vec::new();
    for _ in 0..10 {
        expire(&mut world, 0, 100);
        seen.push(count(&mut world));
        world.now_ms += DAY_MS;
    }
    assert_eq!(seen[..3], [(1, 1), (1, 1), (0, 1)]);
    assert_eq!(seen[8..], [(0, 1), (0, 0)], "an expired invite is told apart from an unknown one for a week");
}

fn a_device_that_is_gone_is_forgotten_with_its_last_entry(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    let room = world.direct(anna, bert);
    let second = world.device(anna, 2);
    world.say(second, room, "last words");
    world.reply(anna, sotto_protocol::DeviceRevoke { device: second.device });
    world.sweep_read();
    assert_eq!(world.entries(room).pop().unwrap().device, second.device);
    world.ack(bert.device, room, 2);
    world.ack(anna.device, room, 2);
    world.sweep_read();
    world.sweep_read();
    world.reopen();
    assert_eq!(world.page(room, 0).entries, []);
    world.device(anna, 2);
}
