//! What an account says of itself, and its password.
use daemon_core::store::{Actor, Answer, News, Query};
use sotto_protocol::{
    AccountEvent, AccountEventKind, AccountShow, ContactBlock, DeviceId, DisplayName, Email, InboxEvent,
    Octets, PasswordChange, PasswordRecord, ProfileChange, Reason, UserName, Visibility,
};

use crate::kit::{New, World, people::signed_in};

both!(
    a_profile_changes_where_it_is_told_to,
    an_address_belongs_to_one_account,
    who_knows_somebody_hears_of_a_new_name_only,
    who_blocked_somebody_hears_nothing,
    sharing_when_one_was_last_seen_is_told_and_kept,
    a_password_changes_or_goes,
);

fn nothing() -> ProfileChange {
    ProfileChange {
        display_name: None,
        email: None,
        visibility: None,
        shares_last_seen: None,
        open_to_all: None,
    }
}

fn account_events(world: &mut World, device: DeviceId) -> Vec<AccountEvent> {
    let account_event = |event| match event {
        InboxEvent::Account(event) => Some(event),
        _ => None,
    };
    world.fresh(device).into_iter().filter_map(account_event).collect()
}

fn rename(world: &mut World, actor: Actor, name: &str) {
    let display_name = Some(DisplayName::new(name).unwrap());
    world.reply(actor, ProfileChange { display_name, ..nothing() });
}

fn a_profile_changes_where_it_is_told_to(new: New) {
    let mut world = new.world();
    let anna = world.person("anna");
    let email = Email::new("anna@example.net").unwrap();
    let change = ProfileChange {
        display_name: Some(DisplayName::new("Anna A.").unwrap()),
        email: Some(Some(email.clone())),
        visibility: Some(Visibility::Exact),
        shares_last_seen: None,
        open_to_all: Some(true),
    };
    world.reply(anna, change);
    world.reopen();
    let info = reply!(AccountInfo, world.reply(anna, AccountShow {}));
    assert_eq!((info.display_name.as_str(), info.email), ("Anna A.", Some(email)));
    assert_eq!((info.visibility, info.shares_last_seen, info.open_to_all), (Visibility::Exact, true, true));
    world.reply(anna, ProfileChange { email: Some(None), ..nothing() });
    let info = reply!(AccountInfo, world.reply(anna, AccountShow {}));
    assert_eq!((info.email, info.display_name.as_str()), (None, "Anna A."));
    assert_eq!(world.news(anna, nothing()), []);
}

fn an_address_belongs_to_one_account(new: New) {
    let mut world = new.world();
    let (anna, bert) = (world.person("anna"), world.person("bert"));
    let email = |text: &str| ProfileChange { email: Some(Some(Email::new(text).unwrap())), ..nothing() };
    world.reply(anna, email("a@example.net"));
    assert_eq!(world.reason(bert, email("A@Example.Net")), Reason::EmailTaken);
    world.reply(anna, email("A@example.net"));
    world.reply(anna, ProfileChange { email: Some(None), ..nothing() });
    world.reply(bert, email("a@example.net"));
}

fn who_knows_somebody_hears_of_a_new_name_only(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    let (second, carl) = (world.device(anna, 2), world.person("carl"));
    world.reply(anna, ProfileChange { open_to_all: Some(true), ..nothing() });
    world.direct(carl, anna);
    for actor in [anna, second, bert, carl] {
        world.fresh(actor.device);
    }
    world.reply(anna, ProfileChange { visibility: Some(Visibility::Hidden), ..nothing() });
    assert_eq!(account_events(&mut world, bert.device), []);
    assert_eq!(account_events(&mut world, second.device).len(), 1);
    rename(&mut world, anna, "Queen Anne");
    for device in [bert.device, carl.device, second.device] {
        let event = account_events(&mut world, device).remove(0);
        assert_eq!((event.account, event.kind), (anna.account, AccountEventKind::Profile));
        assert_eq!(event.person.unwrap().display_name.as_str(), "Queen Anne");
    }
    assert_eq!(account_events(&mut world, anna.device), []);
}

fn who_blocked_somebody_hears_nothing(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    world.direct(anna, bert);
    world.reply(bert, ContactBlock { account: anna.account });
    world.fresh(bert.device);
    rename(&mut world, anna, "Queen Anne");
    assert_eq!(account_events(&mut world, bert.device), []);
}

fn sharing_when_one_was_last_seen_is_told_and_kept(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    let seen = |world: &mut World| signed_in(world.sign_in(bert, None)).friends[0].last_seen_ms;
    assert_eq!(seen(&mut world), world.now_ms);
    let hide = ProfileChange { shares_last_seen: Some(false), ..nothing() };
    assert_eq!(world.news(anna, hide.clone()), [News::LastSeenShared(anna.account, false)]);
    assert_eq!(world.news(anna, hide), []);
    assert_eq!(seen(&mut world), 0);
    assert!(!signed_in(world.sign_in(anna, None)).shares_last_seen);
}

fn a_password_changes_or_goes(new: New) {
    let mut world = new.world();
    let anna = world.person("anna");
    let second = world.device(anna, 2);
    let record = PasswordRecord {
        upload: Octets::new(&b"new"[..]).unwrap(),
        recovery_blob: Octets::new(&b"blob"[..]).unwrap(),
    };
    let login = |world: &mut World| match world.query(&Query::Login(UserName::new("anna").unwrap())).answer {
        Ok(Answer::Login(record)) => record.map(|record| record.password_file),
        other => panic!("{other:?}"),
    };
    world.reply(anna, PasswordChange { password: Some(record) });
    assert_eq!(login(&mut world).as_deref(), Some(&b"new"[..]));
    assert_eq!(account_events(&mut world, second.device)[0].kind, AccountEventKind::Password);
    world.reply(anna, PasswordChange { password: None });
    assert_eq!(login(&mut world), None);
    assert!(!reply!(AccountInfo, world.reply(anna, AccountShow {})).has_password);
}
