//! From a bell to an acknowledgement: each sequence once, in order, within the window.
use daemon_core::{
    policy::Policy,
    session::{Effect, Input, Route, Ticket},
    store::{Answer, Entry, Lazy, LogState, Missing, Page, Query},
};
use sotto_protocol::{
    Accepted, Ack, Append, ClientPush, Deliver, EntryKind, EnvelopeId, Gap, GapReason, LogId, Reason,
    Refused, Response, RoomId, Sealed, ServerPush,
};

use crate::world::{Did, Line, Somebody, log, wishes};

fn entry(log: LogId, sequence: u64, from: &Somebody, bytes: usize) -> Entry {
    Entry::new(Deliver {
        log,
        sequence,
        envelope_id: EnvelopeId::new([1; 16]),
        kind: EntryKind::Message,
        account: from.account,
        device: from.device,
        at_ms: 1,
        sealed: Sealed::new(vec![0; bytes]).unwrap(),
    })
}

fn page(log: LogId, head: u64, entries: Vec<Entry>) -> Input {
    Input::Answer(Ticket::PAGE, Ok(Answer::Page(Page { log, head, missing: None, entries })))
}

fn fetches(did: &[Did]) -> Vec<(LogId, u64, u32)> {
    wishes(did)
        .into_iter()
        .filter_map(|wish| match wish {
            Effect::Query(Ticket::PAGE, Query::Page { log, after, entries_max, .. }) => {
                Some((log, after, entries_max))
            }
            _ => None,
        })
        .collect()
}

fn delivered(did: &[Did]) -> Vec<u64> {
    did.iter()
        .filter_map(|did| match did {
            Did::Pushed(ServerPush::Deliver(deliver)) => Some(deliver.sequence),
            _ => None,
        })
        .collect()
}

fn ack(log: LogId, upto: u64) -> ClientPush {
    ClientPush::Ack(Ack { log, upto })
}

#[test]
fn whoever_signs_in_rings_themselves() {
    let alice = Somebody::new(1);
    let logs = vec![
        LogState { log: log(5), head: 7, cursor: 3 },
        LogState { log: log(6), head: 2, cursor: 2 },
        LogState { log: log(4), head: 1, cursor: 0 },
    ];
    let (mut line, did) = Line::ready_as(Policy::default(), &alice, alice.resume(logs));
    assert_eq!(fetches(&did), [(log(4), 0, 64)]);
    let did = line.tell(page(log(4), 1, vec![entry(log(4), 1, &Somebody::new(2), 10)]));
    assert_eq!(delivered(&did), [1]);
    assert_eq!(
        fetches(&did),
        [(log(5), 3, 63)],
        "the other logs have their turn; the window is smaller by one"
    );
}

#[test]
fn a_bell_rung_twice_is_a_bell_rung_once() {
    let (alice, bob) = (Somebody::new(1), Somebody::new(2));
    let mut line = Line::ready(Policy::default(), &alice, vec![LogState { log: log(5), head: 0, cursor: 0 }]);
    assert_eq!(fetches(&line.tell(Input::Bell { log: log(5), head: 2 })), [(log(5), 0, 64)]);
    assert_eq!(line.tell(Input::Bell { log: log(5), head: 2 }), []);
    let both = vec![entry(log(5), 1, &bob, 10), entry(log(5), 2, &bob, 10)];
    let did = line.tell(page(log(5), 2, both.clone()));
    assert_eq!((delivered(&did), fetches(&did)), (vec![1, 2], vec![]));
    assert_eq!(line.tell(Input::Bell { log: log(5), head: 1 }), []);
    assert_eq!(delivered(&line.tell(page(log(5), 2, both))), [0; 0], "what was sent is not sent again");
}

#[test]
fn a_bell_for_a_log_that_is_not_read_is_ignored() {
    let mut line = Line::ready(Policy::default(), &Somebody::new(1), vec![]);
    assert_eq!(line.tell(Input::Bell { log: log(5), head: 2 }), []);
}

#[test]
fn the_window_holds_until_something_is_acknowledged() {
    let (alice, bob) = (Somebody::new(1), Somebody::new(2));
    let policy = Policy { envelopes_unacknowledged: 2, ..Policy::default() };
    let mut line = Line::ready(policy, &alice, vec![LogState { log: log(5), head: 0, cursor: 0 }]);
    assert_eq!(fetches(&line.tell(Input::Bell { log: log(5), head: 4 })), [(log(5), 0, 2)]);
    let did = line.tell(page(log(5), 4, vec![entry(log(5), 1, &bob, 10), entry(log(5), 2, &bob, 10)]));
    assert_eq!((delivered(&did), fetches(&did)), (vec![1, 2], vec![]));
    let did = line.push(ack(log(5), 1));
    assert_eq!(fetches(&did), [(log(5), 2, 1)]);
}

#[test]
fn the_window_counts_bytes_too_and_one_envelope_always_fits() {
    let (alice, bob) = (Somebody::new(1), Somebody::new(2));
    let policy = Policy { bytes_unacknowledged: 1000, ..Policy::default() };
    let mut line = Line::ready(policy, &alice, vec![LogState { log: log(5), head: 0, cursor: 0 }]);
    let did = line.tell(Input::Bell { log: log(5), head: 2 });
    assert!(matches!(wishes(&did)[0], Effect::Query(_, Query::Page { bytes_max: 1000, .. })));
    let did = line.tell(page(log(5), 2, vec![entry(log(5), 1, &bob, 2000)]));
    assert_eq!((delivered(&did), fetches(&did)), (vec![1], vec![]));
    assert_eq!(fetches(&line.push(ack(log(5), 1))), [(log(5), 1, 64)]);
}

#[test]
fn what_a_device_wrote_is_not_sent_back_to_it() {
    let (alice, bob) = (Somebody::new(1), Somebody::new(2));
    let mut line = Line::ready(Policy::default(), &alice, vec![LogState { log: log(5), head: 0, cursor: 0 }]);
    line.tell(Input::Bell { log: log(5), head: 3 });
    let entries =
        vec![entry(log(5), 1, &alice, 10), entry(log(5), 2, &bob, 10), entry(log(5), 3, &alice, 10)];
    let did = line.tell(page(log(5), 3, entries));
    assert_eq!(delivered(&did), [2]);
    let did = line.push(ack(log(5), 3));
    let advance = Lazy::Advance { device: alice.device, log: log(5), upto: 3 };
    assert!(wishes(&did).contains(&Effect::Lazy(advance)));
}

#[test]
fn an_accepted_append_needs_no_fetch_when_nothing_came_between() {
    let alice = Somebody::new(1);
    let mut line = Line::ready(Policy::default(), &alice, vec![LogState { log: log(5), head: 4, cursor: 4 }]);
    line.ask(Append {
        log: log(5),
        envelope_id: EnvelopeId::new([1; 16]),
        kind: EntryKind::Message,
        sealed: Sealed::default(),
        commit: None,
    });
    let accepted = Accepted { sequence: 5, at_ms: 1, duplicate: false, log: log(5) };
    let ticket = Ticket(line.stream());
    let did = line.tell(Input::Answer(ticket, Ok(Answer::Reply(Box::new(accepted.clone().into())))));
    assert_eq!(did, [Did::Answered(ticket.0, Response::Accepted(accepted))]);
    assert_eq!(line.tell(Input::Bell { log: log(5), head: 5 }), []);
}

#[test]
fn an_acknowledgement_is_written_some_time_and_told_to_the_room() {
    let (alice, bob) = (Somebody::new(1), Somebody::new(2));
    let mut line = Line::ready(Policy::default(), &alice, vec![LogState { log: log(5), head: 1, cursor: 0 }]);
    line.tell(page(log(5), 1, vec![entry(log(5), 1, &bob, 10)]));
    assert_eq!(
        line.push(ack(log(5), 1)),
        [
            Did::Wished(Effect::Lazy(Lazy::Advance { device: alice.device, log: log(5), upto: 1 })),
            Did::Wished(Effect::Route(Route::Stored { room: RoomId::from(log(5)), upto: 1 })),
        ]
    );
    assert_eq!(line.push(ack(log(5), 1)), [], "the same again is no news");
}

#[test]
fn an_acknowledgement_of_the_inbox_is_nobody_elses_business() {
    let (alice, bob) = (Somebody::new(1), Somebody::new(2));
    let inbox = LogId::from(alice.device);
    let mut line = Line::ready(Policy::default(), &alice, vec![LogState { log: inbox, head: 1, cursor: 0 }]);
    line.tell(page(inbox, 1, vec![entry(inbox, 1, &bob, 10)]));
    let did = line.push(ack(inbox, 1));
    assert_eq!(did, [Did::Wished(Effect::Lazy(Lazy::Advance { device: alice.device, log: inbox, upto: 1 }))]);
}

#[test]
fn nobody_acknowledges_what_was_not_sent() {
    let alice = Somebody::new(1);
    let mut line = Line::ready(Policy::default(), &alice, vec![LogState { log: log(5), head: 9, cursor: 2 }]);
    assert_eq!(line.push(ack(log(5), 9)), []);
    assert_eq!(line.push(ack(log(6), 1)), []);
}

#[test]
fn what_is_gone_is_said_and_not_passed_over_in_silence() {
    let (alice, bob) = (Somebody::new(1), Somebody::new(2));
    let mut line = Line::ready(Policy::default(), &alice, vec![LogState { log: log(5), head: 9, cursor: 2 }]);
    let missing = Some(Missing { from: 3, to: 7, why: GapReason::Expired });
    let entries = vec![entry(log(5), 8, &bob, 10), entry(log(5), 9, &bob, 10)];
    let answer = Page { log: log(5), head: 9, missing, entries };
    let did = line.tell(Input::Answer(Ticket::PAGE, Ok(Answer::Page(answer))));
    let gap = Gap { log: log(5), from: 3, to: 7, why: GapReason::Expired };
    assert_eq!(did[0], Did::Pushed(ServerPush::Gap(gap)));
    assert_eq!(delivered(&did), [8, 9]);
    let did = line.push(ack(log(5), 9));
    assert!(wishes(&did).contains(&Effect::Lazy(Lazy::Advance {
        device: alice.device,
        log: log(5),
        upto: 9
    })));
}

#[test]
fn what_a_page_shows_beyond_the_bells_waits_for_its_bell() {
    let (alice, bob) = (Somebody::new(1), Somebody::new(2));
    let mut line = Line::ready(Policy::default(), &alice, vec![LogState { log: log(5), head: 3, cursor: 2 }]);
    let entries = || (3..=5).map(|sequence| entry(log(5), sequence, &bob, 10)).collect();
    let early = line.tell(page(log(5), 5, entries()));
    assert_eq!((delivered(&early), fetches(&early)), (vec![3], vec![]));
    assert_eq!(fetches(&line.tell(Input::Bell { log: log(5), head: 4 })), [(log(5), 3, 63)]);
    assert_eq!(delivered(&line.tell(page(log(5), 5, entries()))), [4]);
    line.tell(Input::Left { log: log(5) });
    assert_eq!(line.tell(page(log(5), 5, entries())), []);
}

#[test]
fn a_page_that_cannot_be_had_is_asked_for_again_a_second_later_and_not_at_once() {
    let alice = Somebody::new(1);
    let mut line = Line::ready(Policy::default(), &alice, vec![LogState { log: log(5), head: 9, cursor: 2 }]);
    let fault = Err(Refused::new(Reason::StoreUnavailable));
    assert_eq!(line.tell(Input::Answer(Ticket::PAGE, fault)), []);
    assert_eq!(line.tell(Input::Bell { log: log(5), head: 10 }), []);
    assert_eq!(line.session.next_wake(), Some(line.now.monotonic_ms + 1000));
    line.later(1000);
    assert_eq!(fetches(&line.tell(Input::Wake)), [(log(5), 2, 64)]);
}

#[test]
fn a_room_that_is_left_frees_its_part_of_the_window() {
    let (alice, bob) = (Somebody::new(1), Somebody::new(2));
    let policy = Policy { envelopes_unacknowledged: 1, ..Policy::default() };
    let logs =
        vec![LogState { log: log(5), head: 1, cursor: 0 }, LogState { log: log(6), head: 1, cursor: 0 }];
    let mut line = Line::ready(policy, &alice, logs);
    let did = line.tell(page(log(5), 1, vec![entry(log(5), 1, &bob, 10)]));
    assert_eq!(fetches(&did), []);
    assert_eq!(fetches(&line.tell(Input::Left { log: log(5) })), [(log(6), 0, 1)]);
}

#[test]
fn a_room_that_is_joined_is_read_from_there_on() {
    let mut line = Line::ready(Policy::default(), &Somebody::new(1), vec![]);
    assert_eq!(line.tell(Input::Joined { log: log(5), head: 3 }), []);
    assert_eq!(fetches(&line.tell(Input::Bell { log: log(5), head: 4 })), [(log(5), 3, 64)]);
}
