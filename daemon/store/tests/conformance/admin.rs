//! What the admin wishes, and sees.
use bytes::Bytes;
use daemon_core::store::{AdminChange, Identity, News};
use sotto_protocol::{InboxEvent, Pin, Reason, SignOut};

use crate::kit::{New, START_MS, account, device_id, people::signed_in, refused, response};

both!(
    who_is_disabled_is_out_until_they_are_enabled,
    anybodys_device_is_revoked,
    a_line_reaches_every_inbox,
    the_numbers_are_right,
    the_box_knows_what_it_is,
);

fn who_is_disabled_is_out_until_they_are_enabled(new: New) {
    let mut world = new.world();
    let anna = world.person("anna");
    let set = |disabled| AdminChange::SetDisabled { account: anna.account, disabled };
    let out = [News::AccountOut(anna.account, Reason::AuthDisabled)];
    assert_eq!(world.admin(set(true)).news, out);
    assert_eq!(world.admin(set(true)).news, []);
    assert_eq!(refused(world.sign_in(anna, None)).reason, Reason::AuthDisabled);
    assert_eq!(refused(world.enrol(anna.account, device_id(1, 2))).reason, Reason::AuthDisabled);
    let again = crate::kit::people::registration(1, "anna");
    assert_eq!(refused(world.register(again, false)).reason, Reason::AuthDisabled);
    assert_eq!(world.admin(set(false)).news, []);
    signed_in(world.sign_in(anna, None));
    let unknown = AdminChange::SetDisabled { account: account(99), disabled: true };
    assert_eq!(refused(world.admin(unknown)).reason, Reason::AccountUnknown);
}

fn anybodys_device_is_revoked(new: New) {
    let mut world = new.world();
    let anna = world.person("anna");
    let outcome = world.admin(AdminChange::DeviceRevoke(anna.device));
    assert_eq!(outcome.news, [News::DeviceOut(anna.device, Reason::AuthRevoked)]);
    let again = world.admin(AdminChange::DeviceRevoke(anna.device));
    assert_eq!(refused(again).reason, Reason::DeviceUnknown);
}

fn a_line_reaches_every_inbox(new: New) {
    let mut world = new.world();
    let (anna, bert) = (world.person("anna"), world.person("bert"));
    let out = world.device(bert, 2);
    world.reply(out, SignOut {});
    for actor in [anna, bert] {
        world.fresh(actor.device);
    }
    let outcome = world.admin(AdminChange::Announce("Back at six.".into()));
    assert_eq!(outcome.news.len(), 2);
    response(outcome);
    for actor in [anna, bert] {
        let entry = world.entries(actor.device).remove(0);
        assert_eq!((entry.account, entry.device), (account(0), sotto_protocol::DeviceId::new([0; 16])));
        let InboxEvent::Notice(event) = world.fresh(actor.device).remove(0) else { panic!("no notice") };
        assert_eq!(event.text, "Back at six.");
    }
    assert_eq!(world.page(out.device, 0).entries, []);
}

fn the_numbers_are_right(new: New) {
    let mut world = new.world();
    assert_eq!(world.counts().oldest_entry_ms, 0);
    let (anna, bert) = world.friends("anna", "bert");
    let room = world.direct(anna, bert);
    world.fresh(bert.device);
    world.now_ms += 1000;
    world.say(anna, room, "one");
    world.say(anna, room, "two");
    let create = world.invite_create(1, 0);
    world.reply(anna, create);
    let counts = world.counts();
    assert_eq!((counts.accounts, counts.devices, counts.rooms, counts.entries), (2, 2, 1, 2));
    assert_eq!((counts.invites, counts.blobs, counts.oldest_entry_ms), (1, 0, START_MS + 1000));
    assert_eq!(counts.bytes > 0, new == New::Sqlite);
}

fn the_box_knows_what_it_is(new: New) {
    let mut world = new.world();
    assert_eq!(world.store.identity().unwrap(), None);
    let identity = Identity {
        certificate: Bytes::from_static(b"certificate"),
        certificate_key: Bytes::from_static(b"key"),
        pin: Pin::new([7; 32]),
        opaque_setup: Bytes::from_static(b"setup"),
        incarnation: 0,
    };
    world.store.set_identity(&identity).unwrap();
    let anna = world.person("anna");
    assert_eq!(signed_in(world.sign_in(anna, None)).incarnation, 0);
    let raised = Identity { incarnation: 1, ..identity };
    world.store.set_identity(&raised).unwrap();
    for _ in 0..2 {
        assert_eq!(world.store.identity().unwrap(), Some(raised.clone()));
        assert_eq!(signed_in(world.sign_in(anna, None)).incarnation, 1);
        world.reopen();
    }
}
