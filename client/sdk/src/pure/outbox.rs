//! What waits to be sent, and in which order. Whatever is in here is on disk; it leaves only when the server has
//! accepted it or refused it for good.
use std::collections::{BTreeMap, VecDeque};

use sotto_protocol::{AccountId, EnvelopeId, RoomId};

/// Envelopes of one lane keep their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    /// To a room.
    Room(RoomId),
    /// To a person with whom there is no room yet.
    Person(AccountId),
}

/// The outbox as the sender sees it: names only, the bytes stay on disk.
#[derive(Clone, Debug, Default)]
pub struct Outbox {
    items: VecDeque<Item>,
    holds: BTreeMap<Lane, Hold>,
}

#[derive(Clone, Debug)]
struct Item {
    envelope: EnvelopeId,
    lane: Lane,
    under_way: bool,
}

/// A lane whose oldest envelope was told to come later: what is under way is awaited, then it begins again from the
/// oldest, so that the order survives.
#[derive(Clone, Copy, Debug)]
struct Hold {
    until_ms: u64,
}

impl Outbox {
    /// Adds an envelope that was stored. Adding it again does nothing.
    pub fn add(&mut self, envelope: EnvelopeId, lane: Lane) {
        if !self.items.iter().any(|item| item.envelope == envelope) {
            self.items.push_back(Item { envelope, lane, under_way: false });
        }
    }

    /// The next envelope that may leave now; it is under way from here on.
    pub fn next(&mut self, now_ms: u64) -> Option<(EnvelopeId, Lane)> {
        let mut held: Vec<Lane> = Vec::new();
        for (lane, hold) in &self.holds {
            if hold.until_ms > now_ms || self.under_way(*lane) > 0 {
                held.push(*lane);
            }
        }
        self.holds.retain(|lane, _| held.contains(lane));
        let item = self.items.iter_mut().find(|item| !item.under_way && !held.contains(&item.lane))?;
        item.under_way = true;
        Some((item.envelope, item.lane))
    }

    /// It is on the server's disk, or refused for good: it is no longer here. `false`: it was not.
    pub fn settle(&mut self, envelope: EnvelopeId) -> bool {
        let before = self.items.len();
        self.items.retain(|item| item.envelope != envelope);
        self.items.len() < before
    }

    /// The server told it to come later.
    pub fn later(&mut self, envelope: EnvelopeId, until_ms: u64) {
        if let Some(item) = self.items.iter_mut().find(|item| item.envelope == envelope) {
            item.under_way = false;
            self.holds.insert(item.lane, Hold { until_ms });
        }
    }

    /// The connection is over: nobody knows what became of what was under way, so all of it will be sent again, under
    /// the same names.
    pub fn disconnected(&mut self) {
        for item in &mut self.items {
            item.under_way = false;
        }
        self.holds.clear();
    }

    /// There is a room now for what waited for one.
    pub fn housed(&mut self, person: AccountId, room: RoomId) {
        for item in &mut self.items {
            if item.lane == Lane::Person(person) {
                item.lane = Lane::Room(room);
            }
        }
        self.holds.remove(&Lane::Person(person));
    }

    /// When a held lane may go on.
    #[must_use]
    pub fn wake_ms(&self) -> Option<u64> {
        self.holds.values().map(|hold| hold.until_ms).min()
    }

    /// How many wait or are under way.
    #[must_use]
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether all is settled.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    fn under_way(&self, lane: Lane) -> usize {
        self.items.iter().filter(|item| item.lane == lane && item.under_way).count()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ROOM: Lane = Lane::Room(RoomId::new([1; 16]));
    const OTHER: Lane = Lane::Room(RoomId::new([2; 16]));

    fn envelope(number: u8) -> EnvelopeId {
        EnvelopeId::new([number; 16])
    }

    fn outbox() -> Outbox {
        let mut outbox = Outbox::default();
        for (number, lane) in [(1, ROOM), (2, ROOM), (3, OTHER), (4, ROOM)] {
            outbox.add(envelope(number), lane);
        }
        outbox
    }

    fn drain(outbox: &mut Outbox, now_ms: u64) -> Vec<u8> {
        std::iter::from_fn(|| outbox.next(now_ms)).map(|(envelope, _)| envelope.as_bytes()[0]).collect()
    }

    #[test]
    fn everything_leaves_once_and_in_order() {
        let mut outbox = outbox();
        assert_eq!(drain(&mut outbox, 0), [1, 2, 3, 4]);
        assert_eq!(drain(&mut outbox, 0), [0; 0]);
        assert!(outbox.settle(envelope(1)));
        assert!(!outbox.settle(envelope(1)));
        assert_eq!(outbox.len(), 3);
    }

    #[test]
    fn after_a_broken_connection_all_that_is_not_settled_leaves_again() {
        let mut outbox = outbox();
        drain(&mut outbox, 0);
        outbox.settle(envelope(2));
        outbox.disconnected();
        assert_eq!(drain(&mut outbox, 0), [1, 3, 4]);
    }

    #[test]
    fn a_lane_that_is_told_to_wait_keeps_its_order_and_holds_up_nobody_else() {
        let mut outbox = outbox();
        let first: Vec<u8> = (0..2).filter_map(|_| outbox.next(0)).map(|(id, _)| id.as_bytes()[0]).collect();
        assert_eq!(first, [1, 2]);
        outbox.later(envelope(1), 100);
        assert_eq!(drain(&mut outbox, 50), [3]);
        assert_eq!(drain(&mut outbox, 150), [0; 0], "2 is still under way");
        outbox.later(envelope(2), 120);
        assert_eq!(outbox.wake_ms(), Some(120));
        assert_eq!(drain(&mut outbox, 150), [1, 2, 4]);
    }

    #[test]
    fn who_waited_for_a_room_moves_in() {
        let person = AccountId::new([9; 16]);
        let mut outbox = Outbox::default();
        outbox.add(envelope(1), Lane::Person(person));
        outbox.housed(person, RoomId::new([1; 16]));
        assert_eq!(outbox.next(0), Some((envelope(1), ROOM)));
    }

    #[derive(Clone, Debug)]
    enum Step {
        Send,
        Accept(usize),
        Later(usize),
        Disconnect,
        Tick,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            3 => Just(Step::Send),
            2 => (0_usize..8).prop_map(Step::Accept),
            1 => (0_usize..8).prop_map(Step::Later),
            1 => Just(Step::Disconnect),
            2 => Just(Step::Tick),
        ]
    }

    proptest! {
        /// A server that appends what arrives and remembers names: whatever happens, in the end it holds everything
        /// exactly once, and nothing was under way twice at the same time.
        #[test]
        fn whatever_happens_nothing_is_lost(count in 1_u8..12, steps in proptest::collection::vec(step(), 0..120)) {
            let mut outbox = Outbox::default();
            for number in 0..count {
                outbox.add(envelope(number), if number % 3 == 0 { OTHER } else { ROOM });
            }
            let mut log: Vec<u8> = Vec::new();
            let mut flying: Vec<u8> = Vec::new();
            let mut now_ms = 0;
            let everything = std::iter::repeat_n(Step::Tick, 3).chain(std::iter::repeat_n(Step::Send, 64));
            let rounds = everything.chain(std::iter::repeat_n(Step::Accept(0), 64));
            for step in steps.into_iter().chain(rounds.clone()).chain(rounds) {
                match step {
                    Step::Send => if let Some((envelope, _)) = outbox.next(now_ms) {
                        let name = envelope.as_bytes()[0];
                        prop_assert!(!flying.contains(&name));
                        flying.push(name);
                    },
                    Step::Accept(which) if !flying.is_empty() => {
                        let name = flying.remove(which % flying.len());
                        if !log.contains(&name) { log.push(name); }
                        outbox.settle(envelope(name));
                    }
                    Step::Later(which) if !flying.is_empty() => {
                        let name = flying.remove(which % flying.len());
                        outbox.later(envelope(name), now_ms + 10);
                    }
                    Step::Disconnect => {
                        // Some arrived, and the answer was lost.
                        log.extend(flying.drain(..).filter(|name| name % 2 == 0).filter(|name| !log.contains(name)).collect::<Vec<_>>());
                        outbox.disconnected();
                    }
                    Step::Tick => now_ms += 20,
                    Step::Accept(_) | Step::Later(_) => {}
                }
            }
            log.sort_unstable();
            prop_assert_eq!(log, (0..count).collect::<Vec<_>>());
            prop_assert!(outbox.is_empty());
        }
    }
}
