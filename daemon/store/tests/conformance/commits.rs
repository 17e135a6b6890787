//! Changes of a room's keys alone.
use daemon_core::store::{Actor, News};
use sotto_protocol::{Append, Commit, EntryKind, GroupInfoGet, Reason, RoomId, RoomList, Sealed};

use crate::{
    kit::{New, World, rooms::commit},
    rooms_create::room_events,
};

both!(
    the_first_of_an_epoch_is_taken_and_the_others_hear_the_current_one,
    a_repeated_commit_is_answered_though_the_epoch_went_on,
    the_last_committer_leaves_what_is_needed_to_rejoin,
    a_commit_hands_out_its_welcomes,
);

fn request(world: &mut World, room: RoomId, commit: Commit) -> Append {
    let append = world.append_request(room, "");
    Append { kind: EntryKind::Commit, sealed: Sealed::default(), commit: Some(commit), ..append }
}

fn epoch(world: &mut World, actor: Actor) -> u64 {
    reply!(Rooms, world.reply(actor, RoomList { after: None, limit: 0 })).rooms[0].epoch
}

fn the_first_of_an_epoch_is_taken_and_the_others_hear_the_current_one(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    let room = world.direct(anna, bert);
    let (first, second) =
        (request(&mut world, room, commit(0, &[])), request(&mut world, room, commit(0, &[])));
    assert_eq!(world.news(anna, first), [News::Grown { log: room.into(), head: 2 }]);
    let refusal = world.refusal(bert, second);
    assert_eq!((refusal.reason, refusal.detail["epoch"].as_str()), (Reason::EpochStale, "1"));
    let entry = world.entries(room).pop().unwrap();
    assert_eq!((entry.kind, &entry.sealed[..]), (EntryKind::Commit, &b"commit"[..]));
    assert_eq!(epoch(&mut world, bert), 1);
    let ahead = request(&mut world, room, commit(2, &[]));
    assert_eq!(world.reason(bert, ahead), Reason::EpochStale);
}

fn a_repeated_commit_is_answered_though_the_epoch_went_on(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    let room = world.direct(anna, bert);
    let first = request(&mut world, room, commit(0, &[]));
    world.reply(anna, first.clone());
    let next = request(&mut world, room, commit(1, &[]));
    world.reply(bert, next);
    assert!(reply!(Accepted, world.reply(anna, first)).duplicate);
    assert_eq!(epoch(&mut world, anna), 2);
}

fn the_last_committer_leaves_what_is_needed_to_rejoin(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    let room = world.direct(anna, bert);
    assert_eq!(world.reason(anna, GroupInfoGet { room }), Reason::GroupInfoNone);
    for number in 0..2 {
        let append = request(&mut world, room, commit(number, &[]));
        world.reply(anna, append);
        world.reopen();
        let info = reply!(GroupInfo, world.reply(bert, GroupInfoGet { room }));
        assert_eq!(info.epoch, number + 1);
        assert_eq!(&info.group_info[..], format!("group info of {number}").as_bytes());
    }
}

fn a_commit_hands_out_its_welcomes(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    let carl = world.person("carl");
    let room = world.direct(anna, bert);
    let second = world.device(anna, 2);
    for actor in [anna, bert] {
        world.fresh(actor.device);
    }
    let append =
        request(&mut world, room, commit(0, &[second.device, bert.device, anna.device, carl.device]));
    let outcome = world.ask(anna, append);
    assert_eq!(outcome.news[0], News::Grown { log: room.into(), head: 2 });
    for device in [second.device, bert.device] {
        let event = room_events(&mut world, device).remove(0);
        assert_eq!((&event.welcome[..], event.by), (&b"welcome"[..], Some(anna.account)));
        assert_eq!(event.state.map(|state| (state.epoch, state.head)), Some((1, 2)));
    }
    assert_eq!(room_events(&mut world, anna.device), [], "who commits needs no welcome");
    assert_eq!(room_events(&mut world, carl.device), [], "nor does who is not in the room");
}
