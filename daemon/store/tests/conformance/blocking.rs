//! Who is blocked must not learn of it.
use daemon_core::store::News;
use sotto_protocol::{
    ContactAccept, ContactBlock, ContactRemove, ContactRequest, ContactStatus, ContactUnblock, Note, Reason,
    RoomKind,
};

use crate::{
    contacts::{ask, contact_events, list},
    kit::New,
};

both!(
    who_is_blocked_sees_what_they_saw_before,
    a_request_to_who_blocked_me_looks_like_waiting,
    who_blocked_must_unblock_first,
    unblocking_makes_a_stranger_who_may_ask_again,
    a_room_of_two_falls_silent_while_one_blocks_the_other,
    a_block_survives_a_restart,
    removing_who_blocked_me_leaves_their_block,
    accepting_somebody_who_blocked_me_meanwhile_tells_them_nothing,
    no_room_is_opened_against_a_block,
);

fn who_is_blocked_sees_what_they_saw_before(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    let second = world.device(anna, 2);
    let before = list(&mut world, bert);
    let news = world.news(anna, ContactBlock { account: bert.account });
    assert_eq!(news[0], News::Parted(anna.account, bert.account));
    assert_eq!(list(&mut world, bert), before);
    assert_eq!(contact_events(&mut world, bert.device), []);
    assert_eq!(list(&mut world, anna).contacts[0].status, ContactStatus::Blocked);
    assert_eq!(contact_events(&mut world, second.device)[0].contact.status, ContactStatus::Blocked);
    assert_eq!(world.news(anna, ContactBlock { account: bert.account }), []);
}

fn a_request_to_who_blocked_me_looks_like_waiting(new: New) {
    let mut world = new.world();
    let (anna, bert) = (world.person("anna"), world.person("bert"));
    world.reply(anna, ContactBlock { account: bert.account });
    let contact = ask(&mut world, bert, anna);
    assert_eq!(contact.status, ContactStatus::Requested);
    assert_eq!(ask(&mut world, bert, anna), contact);
    assert_eq!(contact_events(&mut world, anna.device), []);
    assert_eq!(list(&mut world, anna).contacts[0].status, ContactStatus::Blocked);
}

fn who_blocked_must_unblock_first(new: New) {
    let mut world = new.world();
    let (anna, bert) = (world.person("anna"), world.person("bert"));
    world.reply(anna, ContactBlock { account: bert.account });
    let account = bert.account;
    let note = Note::new("").unwrap();
    assert_eq!(world.reason(anna, ContactRequest { account, note }), Reason::ContactBlocked);
    assert_eq!(world.reason(anna, ContactRemove { account }), Reason::ContactBlocked);
    assert_eq!(world.reason(anna, ContactAccept { account }), Reason::ContactNotAsked);
    let create = world.create_request(RoomKind::Direct, &[account]);
    assert_eq!(world.reason(anna, create), Reason::ContactBlocked);
    assert_eq!(world.reason(bert, ContactUnblock { account: anna.account }), Reason::ContactUnknown);
}

fn unblocking_makes_a_stranger_who_may_ask_again(new: New) {
    let mut world = new.world();
    let (anna, bert) = (world.person("anna"), world.person("bert"));
    ask(&mut world, bert, anna);
    world.reply(anna, ContactBlock { account: bert.account });
    world.reply(anna, ContactUnblock { account: bert.account });
    assert_eq!(list(&mut world, anna).contacts, []);
    assert_eq!(list(&mut world, bert).contacts[0].status, ContactStatus::Requested);
    world.fresh(anna.device);
    assert_eq!(ask(&mut world, bert, anna).status, ContactStatus::Requested);
    assert_eq!(contact_events(&mut world, anna.device)[0].contact.status, ContactStatus::Asked);
    world.reply(anna, ContactAccept { account: bert.account });
    assert_eq!(list(&mut world, bert).contacts[0].status, ContactStatus::Accepted);
    world.reply(anna, ContactBlock { account: bert.account });
    world.reply(anna, ContactUnblock { account: bert.account });
    assert_eq!(ask(&mut world, anna, bert).status, ContactStatus::Accepted, "they still have me");
}

fn a_room_of_two_falls_silent_while_one_blocks_the_other(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    let room = world.direct(bert, anna);
    let first = world.append_request(room, "before");
    world.reply(bert, first.clone());
    world.reply(anna, ContactBlock { account: bert.account });
    let append = world.append_request(room, "blocked");
    assert_eq!(world.reason(bert, append.clone()), Reason::RoomNotContacts);
    assert_eq!(world.reason(anna, append.clone()), Reason::ContactBlocked);
    assert!(reply!(Accepted, world.reply(bert, first)).duplicate, "a repetition is answered all the same");
    world.reply(anna, ContactUnblock { account: bert.account });
    world.reply(bert, append);
}

fn a_block_survives_a_restart(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    let room = world.direct(bert, anna);
    world.reply(anna, ContactBlock { account: bert.account });
    world.reopen();
    let append = world.append_request(room, "blocked");
    assert_eq!(world.reason(bert, append.clone()), Reason::RoomNotContacts);
    assert_eq!(world.reason(anna, append), Reason::ContactBlocked);
}

fn removing_who_blocked_me_leaves_their_block(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    world.reply(anna, ContactBlock { account: bert.account });
    assert_eq!(world.news(bert, ContactRemove { account: anna.account }), []);
    assert_eq!(list(&mut world, bert).contacts, []);
    assert_eq!(list(&mut world, anna).contacts[0].status, ContactStatus::Blocked);
}

fn accepting_somebody_who_blocked_me_meanwhile_tells_them_nothing(new: New) {
    let mut world = new.world();
    let (anna, bert) = (world.person("anna"), world.person("bert"));
    ask(&mut world, anna, bert);
    world.reply(anna, ContactBlock { account: bert.account });
    let second = world.device(bert, 2);
    world.fresh(anna.device);
    let news = world.news(bert, ContactAccept { account: anna.account });
    assert_eq!(news, [News::Grown { log: second.device.into(), head: 1 }]);
    assert_eq!(list(&mut world, bert).contacts[0].status, ContactStatus::Accepted);
    assert_eq!(list(&mut world, anna).contacts[0].status, ContactStatus::Blocked);
    assert_eq!(contact_events(&mut world, anna.device), []);
}

fn no_room_is_opened_against_a_block(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    world.reply(anna, ContactBlock { account: bert.account });
    for kind in [RoomKind::Direct, RoomKind::Group] {
        let create = world.create_request(kind, &[anna.account]);
        assert_eq!(world.reason(bert, create), Reason::RoomNotContacts);
    }
}
