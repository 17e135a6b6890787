//! Devices come.
use daemon_core::store::{Actor, Answer, Query};
use sotto_protocol::{DeviceEventKind, DeviceId, InboxEvent, LogId, Reason, Token};

use crate::kit::{
    DAY_MS, New, World, account, device_id,
    people::{HERE, registration, signed_in, token_of},
    refused,
};

both!(
    a_good_token_changes_nothing,
    without_a_token_the_other_devices_hear_of_it,
    a_token_past_half_of_its_life_is_replaced_without_a_word,
    an_expired_or_foreign_token_is_as_good_as_none,
    an_unknown_device_fails,
    a_resumed_device_knows_all_its_logs_and_friends,
    a_new_device_reads_everything_from_now_on,
    a_device_that_is_repeated_gets_a_fresh_token_only,
    a_device_of_another_account_or_key_exists_already,
    an_account_has_so_many_devices,
    a_device_that_signed_out_comes_back_at_the_ends,
    a_login_finds_what_it_needs,
);

fn device_events(world: &mut World, device: DeviceId) -> Vec<(DeviceId, DeviceEventKind, String)> {
    let events = world.fresh(device).into_iter();
    let device_event = |event| match event {
        InboxEvent::Device(event) => Some((event.device, event.kind, event.address)),
        _ => None,
    };
    events.filter_map(device_event).collect()
}

fn a_good_token_changes_nothing(new: New) {
    let mut world = new.world();
    let first = signed_in(world.register(registration(1, "anna"), false));
    let other = world.device(first.actor, 2);
    world.fresh(first.actor.device);
    world.now_ms += DAY_MS;
    let outcome = world.sign_in(first.actor, Some(token_of(&first)));
    assert_eq!(outcome.news, []);
    assert_eq!(signed_in(outcome).token, None);
    assert_eq!(device_events(&mut world, other.device), []);
}

fn without_a_token_the_other_devices_hear_of_it(new: New) {
    let mut world = new.world();
    let anna = world.person("anna");
    let other = world.device(anna, 2);
    let first = signed_in(world.sign_in(anna, None));
    let expected = (anna.device, DeviceEventKind::SignedIn, HERE.to_string());
    assert_eq!(device_events(&mut world, other.device), [expected]);
    let wrong = signed_in(world.sign_in(anna, Some(&Token::new([1; 32]))));
    assert!(wrong.token.is_some());
    let replaced = signed_in(world.sign_in(anna, Some(token_of(&first))));
    assert!(replaced.token.is_some(), "each new token takes the old one's place");
}

fn a_token_past_half_of_its_life_is_replaced_without_a_word(new: New) {
    let mut world = new.world();
    let first = signed_in(world.register(registration(1, "anna"), false));
    let other = world.device(first.actor, 2);
    world.now_ms += 15 * DAY_MS;
    assert_eq!(signed_in(world.sign_in(first.actor, Some(token_of(&first)))).token, None);
    world.now_ms += 1;
    let renewed = signed_in(world.sign_in(first.actor, Some(token_of(&first))));
    assert_eq!(renewed.token.as_ref().unwrap().expires_ms, world.now_ms + 30 * DAY_MS);
    assert_eq!(device_events(&mut world, other.device), []);
    assert_eq!(signed_in(world.sign_in(first.actor, Some(token_of(&renewed)))).token, None);
}

fn an_expired_or_foreign_token_is_as_good_as_none(new: New) {
    let mut world = new.world();
    let anna = signed_in(world.register(registration(1, "anna"), false));
    let bert = signed_in(world.register(registration(2, "bert"), false));
    assert!(signed_in(world.sign_in(bert.actor, Some(token_of(&anna)))).token.is_some());
    world.now_ms += 30 * DAY_MS;
    assert!(signed_in(world.sign_in(anna.actor, Some(token_of(&anna)))).token.is_some());
}

fn an_unknown_device_fails(new: New) {
    let mut world = new.world();
    let (anna, bert) = (world.person("anna"), world.person("bert"));
    let stranger = Actor { device: device_id(9, 1), ..anna };
    let mixed = Actor { device: bert.device, ..anna };
    for actor in [stranger, mixed] {
        assert_eq!(refused(world.sign_in(actor, None)).reason, Reason::AuthFailed);
        assert_eq!(world.query(&Query::Device(actor)).answer, Ok(Answer::Device(None)));
    }
}

fn a_resumed_device_knows_all_its_logs_and_friends(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    let room = world.direct(anna, bert);
    world.say(bert, room, "hello");
    let resume = signed_in(world.sign_in(anna, None));
    let logs: Vec<_> = resume.logs.iter().map(|state| (state.log, state.head, state.cursor)).collect();
    let inbox = world.page(anna.device, 0).head;
    assert_eq!(logs, [(room.into(), 2, 1), (LogId::from(anna.device), inbox, inbox)]);
    assert_eq!(resume.friends.len(), 1);
    assert_eq!((resume.friends[0].account, resume.friends[0].last_seen_ms), (bert.account, world.now_ms));
}

fn a_new_device_reads_everything_from_now_on(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    let room = world.direct(anna, bert);
    world.say(bert, room, "before");
    let resume = signed_in(world.enrol(anna.account, device_id(1, 2)));
    let states: Vec<_> = resume.logs.iter().map(|state| (state.log, state.cursor)).collect();
    assert_eq!(states, [(room.into(), 2), (resume.actor.device.into(), 0)]);
    let expected = (resume.actor.device, DeviceEventKind::Enrolled, HERE.to_string());
    assert_eq!(device_events(&mut world, anna.device), [expected]);
    assert_eq!(device_events(&mut world, resume.actor.device), []);
}

fn a_device_that_is_repeated_gets_a_fresh_token_only(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    let room = world.direct(anna, bert);
    world.device(anna, 2);
    world.fresh(anna.device);
    world.say(bert, room, "waiting");
    let again = signed_in(world.enrol(anna.account, device_id(1, 2)));
    assert!(again.token.is_some());
    assert_eq!(again.logs[0].cursor, 1, "its cursor stays where it was");
    assert_eq!(device_events(&mut world, anna.device), []);
}

fn a_device_of_another_account_or_key_exists_already(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    let room = world.direct(anna, bert);
    assert_eq!(refused(world.enrol(bert.account, anna.device)).reason, Reason::DeviceExists);
    let as_room = DeviceId::new(*room.as_bytes());
    assert_eq!(refused(world.enrol(bert.account, as_room)).reason, Reason::DeviceExists);
    assert_eq!(refused(world.enrol(account(77), device_id(77, 1))).reason, Reason::AuthFailed);
}

fn an_account_has_so_many_devices(new: New) {
    let mut world = new.limited(|limits| limits.devices = 2);
    let anna = world.person("anna");
    world.device(anna, 2);
    let refusal = refused(world.enrol(anna.account, device_id(1, 3)));
    assert_eq!((refusal.reason, refusal.detail["limit"].as_str()), (Reason::LimitDevices, "2"));
    signed_in(world.enrol(anna.account, device_id(1, 2)));
}

fn a_device_that_signed_out_comes_back_at_the_ends(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    let room = world.direct(anna, bert);
    let second = world.device(anna, 2);
    world.fresh(anna.device);
    world.say(bert, room, "before");
    world.reply(second, sotto_protocol::SignOut {});
    world.say(bert, room, "meanwhile");
    assert_eq!(refused(world.sign_in(second, None)).reason, Reason::AuthSignedOut);
    world.fresh(anna.device);
    let back = signed_in(world.enrol(anna.account, second.device));
    assert_eq!((back.logs[0].head, back.logs[0].cursor), (3, 3));
    let expected = (second.device, DeviceEventKind::SignedIn, HERE.to_string());
    assert_eq!(device_events(&mut world, anna.device), [expected]);
}

fn a_login_finds_what_it_needs(new: New) {
    let mut world = new.world();
    let anna = world.person("anna");
    let mut without = registration(2, "bert");
    without.password = None;
    world.register(without, false);
    let login = |world: &mut World, name: &str| {
        let name = sotto_protocol::UserName::new(name).unwrap();
        match world.query(&Query::Login(name)).answer {
            Ok(Answer::Login(record)) => record,
            other => panic!("{other:?}"),
        }
    };
    let record = login(&mut world, "anna").unwrap();
    assert_eq!((record.account, record.disabled), (anna.account, false));
    assert_eq!((&record.password_file[..], &record.recovery_blob[..]), (&[1, 2, 3][..], &[4, 5, 6][..]));
    assert_eq!(login(&mut world, "bert"), None);
    assert_eq!(login(&mut world, "nobody"), None);
    assert_eq!(world.query(&Query::AccountTaken(anna.account)).answer, Ok(Answer::Taken(true)));
    assert_eq!(world.query(&Query::AccountTaken(account(9))).answer, Ok(Answer::Taken(false)));
}
