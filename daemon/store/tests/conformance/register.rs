//! A new account with its first device.
use daemon_core::store::{News, hashed};
use sotto_protocol::{
    ContactStatus, Email, InboxEvent, InviteCode, LogId, Reason, Register, UserName, Visibility,
};

use crate::kit::{
    DAY_MS, New, World, device_id,
    people::{registration, signed_in, token_of},
    refused,
};

both!(
    a_new_account_is_signed_in_at_once,
    the_same_registration_again_signs_in_again_with_a_fresh_token,
    an_account_that_exists_is_refused_to_others,
    a_needed_invite_must_be_there_known_fresh_and_unused,
    an_invite_that_is_given_counts_even_where_none_is_needed,
    a_repeated_registration_uses_no_invite,
    names_and_addresses_belong_to_one_account,
    a_device_id_is_taken_by_a_device_or_a_room,
    who_was_invited_by_a_member_knows_them_at_once,
);

fn a_new_account_is_signed_in_at_once(new: New) {
    let mut world = new.world();
    let outcome = world.register(registration(1, "anna"), false);
    assert_eq!(outcome.news, []);
    let resume = signed_in(outcome);
    assert_eq!(resume.logs.len(), 1);
    assert_eq!(resume.logs[0].log, LogId::from(resume.actor.device));
    assert_eq!((resume.logs[0].head, resume.logs[0].cursor), (0, 0));
    assert_eq!((resume.friends, resume.scopes, resume.key_packages), (vec![], None, 0));
    assert!(resume.shares_last_seen);
    let token = resume.token.unwrap();
    assert_eq!(token.expires_ms, world.now_ms + 30 * DAY_MS);
    let info = reply!(AccountInfo, world.reply(resume.actor, sotto_protocol::AccountShow {}));
    assert_eq!((info.visibility, info.open_to_all, info.has_password), (Visibility::Listed, false, true));
    assert_eq!(info.created_ms, world.now_ms);
}

fn the_same_registration_again_signs_in_again_with_a_fresh_token(new: New) {
    let mut world = new.world();
    let first = signed_in(world.register(registration(1, "anna"), false));
    let again = signed_in(world.register(registration(1, "anna"), false));
    assert_eq!(again.actor, first.actor);
    assert_ne!(hashed(token_of(&again).as_bytes()), hashed(token_of(&first).as_bytes()));
    let old = signed_in(world.sign_in(first.actor, Some(token_of(&first))));
    assert!(old.token.is_some(), "the first token was replaced");
}

fn an_account_that_exists_is_refused_to_others(new: New) {
    let mut world = new.world();
    world.register(registration(1, "anna"), false);
    let other_name = registration(1, "bert");
    let mut other_device = registration(1, "anna");
    other_device.device.device = device_id(9, 1);
    let mut other_key = registration(1, "anna");
    other_key.device.device_key = sotto_protocol::DeviceKey::new([99; 32]);
    for request in [other_name, other_device, other_key] {
        assert_eq!(refused(world.register(request, false)).reason, Reason::AccountExists);
    }
}

fn invite(world: &mut World, uses: u32) -> InviteCode {
    let create = world.invite_create(uses, 0);
    let outcome = world.admin(daemon_core::store::AdminChange::InviteCreate(create));
    reply!(InviteCreated, crate::kit::response(outcome)).code
}

fn with_invite(number: u8, name: &str, code: InviteCode) -> Register {
    Register { invite: Some(code), ..registration(number, name) }
}

fn a_needed_invite_must_be_there_known_fresh_and_unused(new: New) {
    let mut world = new.world();
    let reason = |world: &mut World, request| refused(world.register(request, true)).reason;
    assert_eq!(reason(&mut world, registration(1, "anna")), Reason::InviteRequired);
    let unknown = with_invite(1, "anna", InviteCode::new([9; 16]));
    assert_eq!(reason(&mut world, unknown), Reason::InviteUnknown);
    let code = invite(&mut world, 1);
    signed_in(world.register(with_invite(1, "anna", code), true));
    assert_eq!(reason(&mut world, with_invite(2, "bert", code)), Reason::InviteUsed);
    let code = invite(&mut world, 1);
    world.now_ms += DAY_MS;
    assert_eq!(reason(&mut world, with_invite(2, "bert", code)), Reason::InviteExpired);
}

fn an_invite_that_is_given_counts_even_where_none_is_needed(new: New) {
    let mut world = new.world();
    let code = invite(&mut world, 2);
    signed_in(world.register(with_invite(1, "anna", code), false));
    signed_in(world.register(with_invite(2, "bert", code), false));
    assert_eq!(refused(world.register(with_invite(3, "carl", code), false)).reason, Reason::InviteUsed);
    let unknown = with_invite(3, "carl", InviteCode::new([9; 16]));
    assert_eq!(refused(world.register(unknown, false)).reason, Reason::InviteUnknown);
}

fn a_repeated_registration_uses_no_invite(new: New) {
    let mut world = new.world();
    let code = invite(&mut world, 2);
    for _ in 0..3 {
        signed_in(world.register(with_invite(1, "anna", code), true));
    }
    signed_in(world.register(with_invite(2, "bert", code), true));
}

fn names_and_addresses_belong_to_one_account(new: New) {
    let mut world = new.world();
    let email = |text: &str| Some(Email::new(text).unwrap());
    let mut anna = registration(1, "anna");
    anna.email = email("Anna@Example.net");
    signed_in(world.register(anna, false));
    assert_eq!(refused(world.register(registration(2, "anna"), false)).reason, Reason::UserNameTaken);
    let mut other = registration(2, "bert");
    other.email = email("anna@example.NET");
    assert_eq!(refused(world.register(other, false)).reason, Reason::EmailTaken);
    signed_in(world.register(registration(2, "bert"), false));
    signed_in(world.register(registration(3, "carl"), false));
}

fn a_device_id_is_taken_by_a_device_or_a_room(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    let room = world.direct(anna, bert);
    let mut taken = registration(3, "carl");
    taken.device.device = anna.device;
    assert_eq!(refused(world.register(taken.clone(), false)).reason, Reason::DeviceExists);
    taken.device.device = sotto_protocol::DeviceId::new(*room.as_bytes());
    assert_eq!(refused(world.register(taken, false)).reason, Reason::DeviceExists);
}

fn who_was_invited_by_a_member_knows_them_at_once(new: New) {
    let mut world = new.world();
    let anna = world.person("anna");
    let create = world.invite_create(1, 0);
    let code = reply!(InviteCreated, world.reply(anna, create)).code;
    let outcome = world.register(with_invite(2, "bert", code), true);
    let bert = daemon_core::store::Actor { account: crate::kit::account(2), device: device_id(2, 1) };
    let grown = News::Grown { log: anna.device.into(), head: 1 };
    assert_eq!(outcome.news, [News::Befriended(anna.account, bert.account), grown]);
    let resume = signed_in(outcome);
    assert_eq!(resume.friends.iter().map(|friend| friend.account).collect::<Vec<_>>(), [anna.account]);
    let InboxEvent::Contact(event) = world.inbox(anna.device).remove(0) else { panic!("no contact event") };
    assert_eq!(event.contact.status, ContactStatus::Accepted);
    assert_eq!(event.contact.person.user_name, UserName::new("bert").unwrap());
    let entry = world.entries(anna.device).remove(0);
    assert_eq!((entry.account, entry.device), (bert.account, bert.device));
}
