//! Contacts: asked for, accepted, declined, ended, edited, listed.
use daemon_core::store::{Actor, News};
use sotto_protocol::{
    Contact, ContactAccept, ContactBlock, ContactDecline, ContactEdit, ContactEvent, ContactList,
    ContactRemove, ContactRequest, ContactStatus, Contacts, DeviceId, InboxEvent, Label, Labels, Listed,
    Note, Reason, Remark,
};

use crate::kit::{New, World, account};

both!(
    a_request_reaches_every_device_of_the_one_who_is_asked,
    asking_again_is_heard_once,
    two_who_ask_each_other_are_contacts,
    accepting_makes_both_contacts_and_says_so,
    accepting_again_does_no_harm_but_nobody_accepts_unasked,
    declining_leaves_nothing_on_either_side,
    removing_ends_it_for_both,
    a_request_is_taken_back_by_removing,
    nobody_is_their_own_contact,
    who_is_not_here_is_unknown,
    a_roster_has_a_limit_on_either_side,
    remark_and_labels_are_ones_own,
    contacts_are_listed_in_pages,
    every_change_raises_the_revision_of_who_sees_it,
);

pub(crate) fn ask(world: &mut World, one: Actor, other: Actor) -> Contact {
    let note = Note::new("hello").unwrap();
    reply!(Contact, world.reply(one, ContactRequest { account: other.account, note }))
}

pub(crate) fn contact_events(world: &mut World, device: DeviceId) -> Vec<ContactEvent> {
    let events = world.fresh(device).into_iter();
    let contact_event = |event| match event {
        InboxEvent::Contact(event) => Some(event),
        _ => None,
    };
    events.filter_map(contact_event).collect()
}

pub(crate) fn list(world: &mut World, actor: Actor) -> Contacts {
    reply!(Contacts, world.reply(actor, ContactList { after: None, limit: 0 }))
}

fn a_request_reaches_every_device_of_the_one_who_is_asked(new: New) {
    let mut world = new.world();
    let (anna, bert) = (world.person("anna"), world.person("bert"));
    let annas_second = world.device(anna, 2);
    let berts_second = world.device(bert, 2);
    for device in [anna, bert, berts_second] {
        world.fresh(device.device);
    }
    let contact = ask(&mut world, anna, bert);
    assert_eq!((contact.status, contact.person.account), (ContactStatus::Requested, bert.account));
    for device in [bert, berts_second] {
        let event = contact_events(&mut world, device.device).remove(0);
        assert_eq!((event.note.as_str(), event.gone), ("hello", false));
        assert_eq!(
            (event.contact.status, event.contact.person.account),
            (ContactStatus::Asked, anna.account)
        );
    }
    let mine = contact_events(&mut world, annas_second.device).remove(0);
    assert_eq!((mine.contact.status, mine.contact.person.account), (ContactStatus::Requested, bert.account));
    assert_eq!(contact_events(&mut world, anna.device), []);
}

fn asking_again_is_heard_once(new: New) {
    let mut world = new.world();
    let (anna, bert) = (world.person("anna"), world.person("bert"));
    let first = ask(&mut world, anna, bert);
    world.now_ms += 1;
    assert_eq!(ask(&mut world, anna, bert), first);
    assert_eq!(contact_events(&mut world, bert.device).len(), 1);
}

fn two_who_ask_each_other_are_contacts(new: New) {
    let mut world = new.world();
    let (anna, bert) = (world.person("anna"), world.person("bert"));
    ask(&mut world, anna, bert);
    let note = Note::new("").unwrap();
    let news = world.news(bert, ContactRequest { account: anna.account, note });
    assert_eq!(news[0], News::Befriended(bert.account, anna.account));
    for actor in [anna, bert] {
        assert_eq!(list(&mut world, actor).contacts[0].status, ContactStatus::Accepted);
    }
    assert_eq!(ask(&mut world, anna, bert).status, ContactStatus::Accepted);
}

fn accepting_makes_both_contacts_and_says_so(new: New) {
    let mut world = new.world();
    let (anna, bert) = (world.person("anna"), world.person("bert"));
    let berts_second = world.device(bert, 2);
    ask(&mut world, anna, bert);
    world.fresh(berts_second.device);
    let outcome = world.ask(bert, ContactAccept { account: anna.account });
    assert!(outcome.news.contains(&News::Befriended(bert.account, anna.account)));
    let told = contact_events(&mut world, anna.device).remove(0);
    assert_eq!((told.contact.status, told.contact.person.account), (ContactStatus::Accepted, bert.account));
    let mine = contact_events(&mut world, berts_second.device).remove(0);
    assert_eq!((mine.contact.status, mine.contact.person.account), (ContactStatus::Accepted, anna.account));
}

fn accepting_again_does_no_harm_but_nobody_accepts_unasked(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    assert_eq!(world.news(bert, ContactAccept { account: anna.account }), []);
    let carl = world.person("carl");
    assert_eq!(world.reason(carl, ContactAccept { account: anna.account }), Reason::ContactNotAsked);
    ask(&mut world, carl, anna);
    assert_eq!(world.reason(carl, ContactAccept { account: anna.account }), Reason::ContactNotAsked);
}

fn declining_leaves_nothing_on_either_side(new: New) {
    let mut world = new.world();
    let (anna, bert) = (world.person("anna"), world.person("bert"));
    ask(&mut world, anna, bert);
    world.reply(bert, ContactDecline { account: anna.account });
    let told = contact_events(&mut world, anna.device).remove(0);
    assert!(told.gone);
    assert_eq!(told.contact.person.account, bert.account);
    for actor in [anna, bert] {
        assert_eq!(list(&mut world, actor).contacts, []);
    }
    assert_eq!(world.reason(bert, ContactDecline { account: anna.account }), Reason::ContactNotAsked);
    ask(&mut world, anna, bert);
}

fn removing_ends_it_for_both(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    let news = world.news(anna, ContactRemove { account: bert.account });
    assert_eq!(news[0], News::Parted(anna.account, bert.account));
    assert!(contact_events(&mut world, bert.device).remove(0).gone);
    for actor in [anna, bert] {
        assert_eq!(list(&mut world, actor).contacts, []);
    }
    assert_eq!(world.reason(anna, ContactRemove { account: bert.account }), Reason::ContactUnknown);
}

fn a_request_is_taken_back_by_removing(new: New) {
    let mut world = new.world();
    let (anna, bert) = (world.person("anna"), world.person("bert"));
    ask(&mut world, anna, bert);
    let news = world.news(anna, ContactRemove { account: bert.account });
    assert_eq!(news, [News::Grown { log: bert.device.into(), head: 2 }]);
    assert_eq!(world.reason(bert, ContactAccept { account: anna.account }), Reason::ContactNotAsked);
}

fn nobody_is_their_own_contact(new: New) {
    let mut world = new.world();
    let anna = world.person("anna");
    let (account, note) = (anna.account, Note::new("").unwrap());
    assert_eq!(world.reason(anna, ContactRequest { account, note }), Reason::ContactSelf);
    assert_eq!(world.reason(anna, ContactAccept { account }), Reason::ContactSelf);
    assert_eq!(world.reason(anna, ContactBlock { account }), Reason::ContactSelf);
}

fn who_is_not_here_is_unknown(new: New) {
    let mut world = new.world();
    let anna = world.person("anna");
    let (account, note) = (account(99), Note::new("").unwrap());
    assert_eq!(world.reason(anna, ContactRequest { account, note }), Reason::PersonUnknown);
    assert_eq!(world.reason(anna, ContactBlock { account }), Reason::PersonUnknown);
    let edit = ContactEdit { account, remark: None, labels: None };
    assert_eq!(world.reason(anna, edit), Reason::ContactUnknown);
}

fn a_roster_has_a_limit_on_either_side(new: New) {
    let mut world = new.limited(|limits| limits.contacts = 1);
    let (anna, bert) = world.friends("anna", "bert");
    let (carl, dora) = (world.person("carl"), world.person("dora"));
    let request = |account| ContactRequest { account, note: Note::new("").unwrap() };
    let refusal = world.refusal(anna, request(carl.account));
    assert_eq!((refusal.reason, refusal.detail.get("account")), (Reason::LimitContacts, None));
    let refusal = world.refusal(carl, request(bert.account));
    assert_eq!(refusal.detail.get("account"), Some(&bert.account.to_string()));
    assert_eq!(list(&mut world, carl).contacts, []);
    world.reply(carl, request(dora.account));
    assert_eq!(world.reason(anna, ContactBlock { account: carl.account }), Reason::LimitContacts);
    world.reply(anna, ContactBlock { account: bert.account });
}

fn remark_and_labels_are_ones_own(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    let second = world.device(anna, 2);
    let label = |text: &str| Label::new(text).unwrap();
    let labels = Labels { labels: Listed::new(vec![label("work"), label("chess club")]).unwrap() };
    let remark = Remark::new("my brother").unwrap();
    let edit =
        ContactEdit { account: bert.account, remark: Some(remark.clone()), labels: Some(labels.clone()) };
    world.reply(anna, edit);
    world.reopen();
    let only_labels = ContactEdit { account: bert.account, remark: None, labels: None };
    let contact = reply!(Contact, world.reply(anna, only_labels));
    assert_eq!((contact.remark, contact.labels), (remark, labels.labels));
    assert_eq!(contact_events(&mut world, second.device).len(), 2);
    assert_eq!(contact_events(&mut world, bert.device), []);
    let theirs = list(&mut world, bert).contacts.remove(0);
    assert_eq!((theirs.remark.as_str(), theirs.labels.len()), ("", 0));
}

fn contacts_are_listed_in_pages(new: New) {
    let mut world = new.world();
    let anna = world.person("anna");
    let others: Vec<Actor> = ["bert", "carl", "dora"].iter().map(|name| world.person(name)).collect();
    for other in &others {
        ask(&mut world, anna, *other);
    }
    let page = |world: &mut World, after, limit| {
        let page = reply!(Contacts, world.reply(anna, ContactList { after, limit }));
        let accounts: Vec<_> = page.contacts.iter().map(|contact| contact.person.account).collect();
        (accounts, page.more)
    };
    assert_eq!(page(&mut world, None, 2), (vec![others[0].account, others[1].account], true));
    assert_eq!(page(&mut world, Some(others[1].account), 2), (vec![others[2].account], false));
    assert!(!page(&mut world, None, 3).1);
    assert_eq!(page(&mut world, None, u32::MAX).0.len(), 3);
    assert_eq!(page(&mut world, Some(others[2].account), 0), (vec![], false));
}

fn every_change_raises_the_revision_of_who_sees_it(new: New) {
    let mut world = new.world();
    let (anna, bert) = (world.person("anna"), world.person("bert"));
    let revisions = |world: &mut World| (list(world, anna).revision, list(world, bert).revision);
    let (annas, berts) = revisions(&mut world);
    ask(&mut world, anna, bert);
    assert_eq!(revisions(&mut world), (annas + 1, berts + 1));
    world.reply(bert, ContactAccept { account: anna.account });
    assert_eq!(revisions(&mut world), (annas + 2, berts + 2));
    world.reply(bert, ContactBlock { account: anna.account });
    assert_eq!(revisions(&mut world), (annas + 2, berts + 3), "who is blocked sees no change");
}
