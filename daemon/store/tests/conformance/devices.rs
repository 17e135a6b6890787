//! Devices go, are named, are listed.
use daemon_core::store::{Answer, News, Query};
use sotto_protocol::{
    ContactBlock, DeviceEventKind, DeviceList, DeviceName, DeviceRename, DeviceRevoke, InboxEvent, Reason,
    SignOut,
};

use crate::kit::{New, people::signed_in, refused};

both!(
    a_device_that_signs_out_is_out_and_holds_nothing_back,
    a_revoked_device_leaves_nothing,
    a_device_may_revoke_itself,
    only_own_devices_are_revoked_and_renamed,
    own_devices_are_listed_whole_and_others_by_certificate,
    devices_are_shown_to_who_knows_their_owner,
    what_is_put_off_is_written,
);

fn a_device_that_signs_out_is_out_and_holds_nothing_back(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    let room = world.direct(anna, bert);
    let second = world.device(anna, 2);
    world.fresh(anna.device);
    world.say(bert, room, "one");
    world.ack(anna.device, room, 2);
    let before = world.counts().entries;
    let outcome = world.ask(second, SignOut {});
    assert_eq!(outcome.news.last(), Some(&News::DeviceOut(second.device, Reason::AuthSignedOut)));
    let InboxEvent::Device(event) = world.fresh(anna.device).remove(0) else { panic!("no device event") };
    assert_eq!((event.device, event.kind), (second.device, DeviceEventKind::SignedOut));
    assert_eq!(world.counts().entries, before - 1, "only the second device had not read it");
    assert_eq!(world.reason(second, SignOut {}), Reason::AuthSignedOut);
    let query = world.query(&Query::Device(second)).answer;
    assert!(matches!(query, Ok(Answer::Device(Some(record))) if record.signed_out));
}

fn a_revoked_device_leaves_nothing(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    let room = world.direct(anna, bert);
    let second = world.device(anna, 2);
    world.fresh(anna.device);
    world.say(second, room, "from the second");
    let outcome = world.ask(anna, DeviceRevoke { device: second.device });
    assert_eq!(outcome.news, [News::DeviceOut(second.device, Reason::AuthRevoked)]);
    assert_eq!(refused(world.sign_in(second, None)).reason, Reason::AuthFailed);
    assert_eq!(world.query(&Query::Device(second)).answer, Ok(Answer::Device(None)));
    assert_eq!(world.reason(second, SignOut {}), Reason::AuthRevoked);
    for _ in 0..2 {
        assert_eq!(world.texts(room), ["from the second"], "nothing accepted is lost");
        assert_eq!(world.entries(room).last().unwrap().device, second.device);
        world.reopen();
    }
    world.sweep_read();
    world.reopen();
    let back = signed_in(world.enrol(anna.account, second.device));
    assert_eq!(back.logs.last().map(|inbox| inbox.head), Some(0));
}

fn a_device_may_revoke_itself(new: New) {
    let mut world = new.world();
    let anna = world.person("anna");
    let second = world.device(anna, 2);
    world.fresh(anna.device);
    let news = world.news(second, DeviceRevoke { device: second.device });
    assert_eq!(news[0], News::DeviceOut(second.device, Reason::AuthRevoked));
    let InboxEvent::Device(event) = world.fresh(anna.device).remove(0) else { panic!("no device event") };
    assert_eq!((event.device, event.kind), (second.device, DeviceEventKind::Revoked));
    world.news(anna, DeviceRevoke { device: anna.device });
    assert_eq!(world.counts().devices, 0);
}

fn only_own_devices_are_revoked_and_renamed(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    assert_eq!(world.reason(anna, DeviceRevoke { device: bert.device }), Reason::DeviceUnknown);
    let name = DeviceName::new("kitchen").unwrap();
    let rename = |device| DeviceRename { device, name: name.clone() };
    assert_eq!(world.reason(anna, rename(bert.device)), Reason::DeviceUnknown);
    world.reply(anna, rename(anna.device));
    let devices = reply!(Devices, world.reply(anna, DeviceList { account: None })).devices;
    assert_eq!(devices[0].name, Some(name));
}

fn own_devices_are_listed_whole_and_others_by_certificate(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    let second = world.device(anna, 2);
    world.reply(second, SignOut {});
    let own = reply!(Devices, world.reply(anna, DeviceList { account: None })).devices;
    assert_eq!(own.len(), 2);
    assert_eq!((own[0].signed_out, own[1].signed_out), (false, true));
    assert_eq!((own[0].last_seen_ms, own[0].last_address.as_str()), (world.now_ms, "192.168.1.20"));
    let seen = reply!(Devices, world.reply(bert, DeviceList { account: Some(anna.account) })).devices;
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[0].certificate, own[0].certificate);
    assert!(
        seen.iter().all(|device| device.name.is_none() && !device.signed_out && device.last_seen_ms == 0)
    );
}

fn devices_are_shown_to_who_knows_their_owner(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    let carl = world.person("carl");
    let list = DeviceList { account: Some(anna.account) };
    assert_eq!(world.reason(carl, list.clone()), Reason::PersonUnknown);
    assert_eq!(
        world.reason(carl, DeviceList { account: Some(crate::kit::account(99)) }),
        Reason::PersonUnknown
    );
    world.reply(anna, ContactBlock { account: bert.account });
    assert_eq!(world.reason(bert, list.clone()), Reason::PersonUnknown);
    world.befriend(carl, anna);
    world.befriend(carl, bert);
    world.group(carl, &[anna, bert]);
    world.reply(bert, list);
}

fn what_is_put_off_is_written(new: New) {
    let mut world = new.world();
    let anna = world.person("anna");
    let source = "10.1.2.3".parse().unwrap();
    world.lazy(&[daemon_core::store::Lazy::Seen { device: anna.device, wall_ms: 5, source }]);
    world.reopen();
    let own = reply!(Devices, world.reply(anna, DeviceList { account: None })).devices;
    assert_eq!((own[0].last_seen_ms, own[0].last_address.as_str()), (5, "10.1.2.3"));
}
