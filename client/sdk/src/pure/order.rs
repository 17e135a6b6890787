//! Where a device stands in a log: every sequence once, in order.
//!
//! What this device wrote itself is not sent back to it: the answer to the write stands for the delivery. So a delivery
//! may jump over sequences of our own, and a jump may even come before we know that they are ours (the answer was lost
//! with the last connection, and will be repeated with the envelope).
use std::collections::BTreeSet;

/// How far a log is stored here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Everything up to here; `None`: nothing is known of this log yet.
    cursor: Option<u64>,
    /// Our own, beyond the cursor.
    own: BTreeSet<u64>,
}

/// What to do with a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is here already.
    Duplicate,
    /// It is the next one.
    Next,
    /// It comes after sequences that will not come; `unknown` of them are not known to be our own.
    Jump {
        /// how many
        unknown: u64,
    },
}

impl Place {
    /// As it was stored.
    #[must_use]
    pub fn new(cursor: Option<u64>, own: impl IntoIterator<Item = u64>) -> Self {
        let mut place = Self { cursor, own: own.into_iter().collect() };
        place.absorb();
        place
    }

    /// A delivery has come; unless it is a duplicate, it will be stored with the new cursor.
    pub fn deliver(&mut self, sequence: u64) -> Verdict {
        let Some(cursor) = self.cursor else {
            self.advance(sequence);
            return Verdict::Next;
        };
        if sequence <= cursor {
            return Verdict::Duplicate;
        }
        let between = sequence - cursor - 1;
        let ours = self.own.range(cursor + 1..sequence).count() as u64;
        self.advance(sequence);
        if between == 0 { Verdict::Next } else { Verdict::Jump { unknown: between - ours } }
    }

    /// A write of this device was accepted.
    pub fn accepted(&mut self, sequence: u64) {
        if self.cursor.is_none_or(|cursor| sequence > cursor) {
            self.own.insert(sequence);
            self.absorb();
        }
    }

    /// The server says that everything up to here is gone and will not come. `false`: nothing of it was missing here.
    pub fn gone(&mut self, upto: u64) -> bool {
        let news = self.cursor.is_none_or(|cursor| upto > cursor);
        if news {
            self.advance(upto);
        }
        news
    }

    /// What may be acknowledged.
    #[must_use]
    pub const fn cursor(&self) -> Option<u64> {
        self.cursor
    }

    /// Our own, beyond the cursor.
    pub fn own(&self) -> impl Iterator<Item = u64> + '_ {
        self.own.iter().copied()
    }

    fn advance(&mut self, sequence: u64) {
        self.cursor = Some(sequence);
        self.own = self.own.split_off(&(sequence + 1));
        self.absorb();
    }

    fn absorb(&mut self) {
        while let (Some(cursor), Some(first)) = (self.cursor, self.own.first().copied()) {
            if first > cursor + 1 {
                return;
            }
            self.own.pop_first();
            self.cursor = Some(cursor.max(first));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn entries_in_order_are_taken_and_repeated_ones_dropped() {
        let mut place = Place::new(Some(4), []);
        assert_eq!(place.deliver(5), Verdict::Next);
        assert_eq!(place.deliver(5), Verdict::Duplicate);
        assert_eq!(place.deliver(3), Verdict::Duplicate);
        assert_eq!(place.deliver(6), Verdict::Next);
        assert_eq!(place.cursor(), Some(6));
    }

    #[test]
    fn an_accepted_write_of_our_own_counts_as_delivered() {
        let mut place = Place::new(Some(4), []);
        place.accepted(5);
        assert_eq!(place.cursor(), Some(5));
        place.accepted(7);
        assert_eq!(place.cursor(), Some(5), "6 may still come from somebody else");
        assert_eq!(place.deliver(6), Verdict::Next);
        assert_eq!(place.cursor(), Some(7));
    }

    #[test]
    fn a_jump_over_our_own_is_no_loss_and_one_over_unknown_ones_is_counted() {
        let mut place = Place::new(Some(4), [6]);
        assert_eq!(place.deliver(8), Verdict::Jump { unknown: 2 });
        assert_eq!(place.cursor(), Some(8));
        place.accepted(7);
        assert_eq!(place.cursor(), Some(8), "an answer that came late changes nothing");
    }

    #[test]
    fn what_is_gone_is_passed_once() {
        let mut place = Place::new(Some(4), [9]);
        assert!(place.gone(8));
        assert_eq!(place.cursor(), Some(9));
        assert!(!place.gone(8));
    }

    #[test]
    fn a_log_that_is_new_here_begins_where_the_server_begins() {
        let mut place = Place::default();
        assert_eq!(place.deliver(100), Verdict::Next);
        assert_eq!(place.deliver(100), Verdict::Duplicate);
        assert_eq!(place.cursor(), Some(100));
    }

    proptest! {
        /// A log in which some entries are ours: deliveries come in order, with repetitions after reconnects; answers
        /// come whenever they like. Everything that is not ours is taken exactly once, and the cursor reaches the end.
        #[test]
        fn every_entry_of_others_is_taken_once_and_in_order(
            ours in proptest::collection::vec(any::<bool>(), 1..40),
            steps in proptest::collection::vec((any::<bool>(), 0_usize..40, 0_usize..5), 0..80),
        ) {
            let mut place = Place::new(Some(0), []);
            let theirs: Vec<u64> = (1..).zip(&ours).filter(|(_, own)| !**own).map(|(n, _)| n).collect();
            let mut mine: Vec<u64> = (1..).zip(&ours).filter(|(_, own)| **own).map(|(n, _)| n).collect();
            let mut taken = Vec::new();
            let mut next = 0;
            let mut deliver = |place: &mut Place, sequence: u64| {
                if place.deliver(sequence) != Verdict::Duplicate {
                    taken.push(sequence);
                }
            };
            for (answer, which, back) in steps {
                if answer && !mine.is_empty() {
                    place.accepted(mine.remove(which % mine.len()));
                } else {
                    next = next - back.min(next);
                    for sequence in theirs.iter().skip(next).take(back + 1) {
                        deliver(&mut place, *sequence);
                        next += 1;
                    }
                }
            }
            for sequence in theirs.iter().skip(next) {
                deliver(&mut place, *sequence);
            }
            for sequence in mine {
                place.accepted(sequence);
            }
            prop_assert_eq!(taken, theirs);
            prop_assert_eq!(place.cursor(), Some(ours.len() as u64));
            prop_assert_eq!(place.own().count(), 0);
        }
    }
}
