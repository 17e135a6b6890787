//! Many writes in one commit.
use daemon_core::store::{Change, Lazy, Write};
use sotto_protocol::Reason;

use crate::kit::{New, people::registration};

both!(
    writes_are_applied_in_order_and_see_each_other,
    a_refused_write_does_not_disturb_its_neighbours,
    what_was_put_off_goes_first,
    an_empty_commit_is_nothing,
);

fn writes_are_applied_in_order_and_see_each_other(new: New) {
    let mut world = new.world();
    let (anna, bert) = world.friends("anna", "bert");
    let room = world.direct(anna, bert);
    let twice = world.append_request(room, "one");
    let requests = [twice.clone(), world.append_request(room, "two"), twice];
    let writes: Vec<Write> = requests
        .into_iter()
        .map(|request| world.prepared(Change::Ask { actor: anna, request: Box::new(request.into()) }))
        .collect();
    let outcomes = world.store.commit(&[], &writes).unwrap();
    let answers: Vec<_> =
        outcomes.into_iter().map(|outcome| reply!(Accepted, crate::kit::response(outcome))).collect();
    let seen: Vec<_> = answers.iter().map(|answer| (answer.sequence, answer.duplicate)).collect();
    assert_eq!(seen, [(2, false), (3, false), (2, true)]);
}

fn a_refused_write_does_not_disturb_its_neighbours(new: New) {
    let mut world = new.world();
    let source = crate::kit::people::HERE;
    let names = ["anna", "anna", "bert"];
    let writes: Vec<Write> = (1..)
        .zip(names)
        .map(|(number, name)| {
            let request = Box::new(registration(number, name));
            world.prepared(Change::Register { request, invite_needed: false, source })
        })
        .collect();
    let outcomes = world.store.commit(&[], &writes).unwrap();
    let reasons: Vec<_> =
        outcomes.iter().map(|outcome| outcome.answer.as_ref().err().map(|refused| refused.reason)).collect();
    assert_eq!(reasons, [None, Some(Reason::UserNameTaken), None]);
    world.reopen();
    assert_eq!((world.counts().accounts, world.counts().devices), (2, 2));
}

fn what_was_put_off_goes_first(new: New) {
    let mut world = new.limited(|limits| limits.room_entries = 1);
    let (anna, bert) = world.friends("anna", "bert");
    let room = world.direct(anna, bert);
    world.say(anna, room, "one");
    let request = world.append_request(room, "two");
    let write = world.prepared(Change::Ask { actor: anna, request: Box::new(request.into()) });
    let lazy = Lazy::Advance { device: bert.device, log: room.into(), upto: 2 };
    let outcomes = world.store.commit(&[lazy], &[write]).unwrap();
    assert_eq!(reply!(Accepted, crate::kit::response(outcomes[0].clone())).sequence, 3);
}

fn an_empty_commit_is_nothing(new: New) {
    let mut world = new.world();
    assert_eq!(world.store.commit(&[], &[]).unwrap(), []);
}
