//! An account goes, for good.
use daemon_core::store::{Actor, AdminChange, Answer, News, Query};
use sotto_protocol::{
    AccountDelete, AccountEventKind, BlobGet, BlobId, BlobOpen, ContactList, InboxEvent, PersonShow, Reason,
    RoomLeave, RoomList, UserName,
};

use crate::{
    kit::{New, World, account, people::registration, refused, response},
    rooms_create::change_of,
};

both!(
    the_name_must_be_spelt_out,
    nothing_of_the_account_is_left,
    who_knew_it_hears_that_it_is_gone,
    what_it_wrote_stays_for_who_has_not_read_it,
    its_rooms_go_on_without_it,
    a_room_of_two_stays_with_the_other_who_may_leave_it,
    attachments_that_others_own_too_stay,
    the_admin_may_delete_it_too,
    name_and_id_are_free_again,
);

fn delete(world: &mut World, actor: Actor, name: &str) -> Vec<News> {
    world.news(actor, AccountDelete { user_name: UserName::new(name).unwrap() })
}

fn the_name_must_be_spelt_out(new: New) {
    let mut world = new.world();
    let anna = world.person("anna");
    let user_name = UserName::new("anne").unwrap();
    assert_eq!(world.reason(anna, AccountDelete { user_name }), Reason::AccountNameMismatch);
    assert_eq!(world.counts().accounts, 1);
}

fn nothing_of_the_account_is_left(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    let second = world.device(anna, 2);
    let create = world.invite_create(1, 0);
    world.reply(anna, create);
    let news = delete(&mut world, anna, "anna");
    assert!(news.contains(&News::AccountOut(anna.account, Reason::AccountUnknown)));
    assert!(news.contains(&News::Parted(anna.account, bert.account)));
    let counts = world.counts();
    assert_eq!((counts.accounts, counts.devices, counts.invites), (1, 1, 0));
    for actor in [anna, second] {
        assert_eq!(refused(world.sign_in(actor, None)).reason, Reason::AuthFailed);
    }
    let contacts = reply!(Contacts, world.reply(bert, ContactList { after: None, limit: 0 }));
    assert_eq!(contacts.contacts, []);
    assert_eq!(world.reason(bert, PersonShow::Account(anna.account)), Reason::PersonUnknown);
    assert_eq!(world.query(&Query::AccountTaken(anna.account)).answer, Ok(Answer::Taken(false)));
}

fn who_knew_it_hears_that_it_is_gone(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    delete(&mut world, anna, "anna");
    let InboxEvent::Account(event) = world.fresh(bert.device).remove(0) else { panic!("no account event") };
    assert_eq!((event.account, event.kind, event.person), (anna.account, AccountEventKind::Deleted, None));
}

fn what_it_wrote_stays_for_who_has_not_read_it(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    let room = world.direct(anna, bert);
    world.say(anna, room, "farewell");
    delete(&mut world, anna, "anna");
    world.sweep_read();
    for _ in 0..2 {
        assert_eq!(world.texts(room), ["farewell"]);
        let entry = world.entries(room).into_iter().find(|entry| entry.sequence == 2).unwrap();
        assert_eq!((entry.account, entry.device), (anna.account, anna.device));
        world.reopen();
    }
    world.ack(bert.device, room, 3);
    world.sweep_read();
    world.reopen();
    assert_eq!(world.page(room, 0).entries, []);
}

fn its_rooms_go_on_without_it(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    let (room, alone) = (world.group(anna, &[bert]), world.group(anna, &[]));
    let news = delete(&mut world, anna, "anna");
    assert!(news.contains(&News::Left { log: room.into(), account: anna.account }));
    let told = change_of(world.entries(room).last().unwrap());
    assert_eq!((told.remove[0], told.roles[0].account), (anna.account, bert.account));
    assert_eq!(world.counts().rooms, 1);
    assert_eq!(
        refused(world.query(&Query::Page { log: alone.into(), after: 0, entries_max: 1, bytes_max: 1 }))
            .reason,
        Reason::LogUnknown
    );
    world.say(bert, room, "alone here");
}

fn a_room_of_two_stays_with_the_other_who_may_leave_it(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    let room = world.direct(anna, bert);
    delete(&mut world, anna, "anna");
    for _ in 0..2 {
        let rooms = reply!(Rooms, world.reply(bert, RoomList { after: None, limit: 0 })).rooms;
        assert_eq!((rooms[0].room, rooms[0].members, rooms[0].peer.clone()), (room, 1, None));
        let told = change_of(world.entries(room).last().unwrap());
        assert_eq!((&told.remove[..], told.roles.len()), (&[anna.account][..], 0));
        let append = world.append_request(room, "hello?");
        assert_eq!(world.reason(bert, append), Reason::RoomNotContacts);
        world.reopen();
    }
    let leave = RoomLeave { room, envelope_id: world.envelope() };
    world.reply(bert, leave);
    assert_eq!(world.counts().rooms, 0);
}

fn attachments_that_others_own_too_stay(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    for (number, owners) in [(1, vec![anna]), (2, vec![anna, bert])] {
        for owner in owners {
            world.reply(owner, BlobOpen { blob: BlobId::new([number; 32]), size: 1 });
        }
    }
    delete(&mut world, anna, "anna");
    assert_eq!(world.counts().blobs, 1);
    let blob = BlobId::new([1; 32]);
    assert_eq!(world.reason(bert, BlobGet { blob, offset: 0, length: 1 }), Reason::BlobUnknown);
}

fn the_admin_may_delete_it_too(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    world.group(anna, &[bert]);
    let outcome = world.admin(AdminChange::AccountDelete(anna.account));
    assert!(outcome.news.contains(&News::AccountOut(anna.account, Reason::AccountUnknown)));
    response(outcome);
    let unknown = world.admin(AdminChange::AccountDelete(account(99)));
    assert_eq!(refused(unknown).reason, Reason::AccountUnknown);
    assert_eq!(world.counts().accounts, 1);
}

fn name_and_id_are_free_again(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    world.direct(anna, bert);
    delete(&mut world, anna, "anna");
    world.sweep_read();
    let again = crate::kit::people::signed_in(world.register(registration(1, "anna"), false));
    assert_eq!((again.actor, again.logs.len()), (anna, 1));
}
