//! The writer thread's work: batches, their outcomes in order, and the reference that watches every commit.
use std::collections::BTreeSet;

use daemon_core::{
    session::{Input, SessionKey, Ticket},
    store::{Answer, Change, Counts, Fault, News, Outcome, Query, Seed, Sweep, Write},
};
use sotto_protocol::{Deliver, DeviceId, LogId, Reason, decode_frame};

use super::Server;
use crate::{
    model::{Held, Model},
    nature::{Event, Line, Nature},
};

/// Who asks when no session does.
const OWN: SessionKey = SessionKey(0);

impl Server {
    pub(super) fn write(&mut self, nature: &mut Nature, line: Line, ticket: Ticket, write: Write) {
        self.writes.push_back((line, ticket, write));
        self.plan_commit(nature, 30);
    }

    /// A write that no session asked for: housekeeping, the admin, people who come by other ways.
    pub(crate) fn write_own(&mut self, nature: &mut Nature, change: Change) {
        let write = Write { wall_ms: nature.now().wall_ms, seed: Seed(nature.chance.bytes()), change };
        self.write(nature, OWN, Ticket(1), write);
    }

    pub(crate) fn sweep(&mut self, nature: &mut Nature, age_ms: u64) {
        let now_ms = nature.now().wall_ms;
        let entries_before_ms = now_ms.saturating_sub(age_ms);
        let at_most = u32::try_from(nature.chance.between(3, 200)).unwrap_or(3);
        self.write_own(nature, Change::Sweep(Sweep { entries_before_ms, now_ms, at_most }));
    }

    pub(super) fn plan_commit(&mut self, nature: &mut Nature, within_ms: u64) {
        if within_ms < 100 || !self.commit_planned {
            self.commit_planned = true;
            nature.soon(within_ms, Event::Commit);
        }
    }

    /// One transaction for what has gathered, or for some of it.
    pub(crate) fn commit(&mut self, nature: &mut Nature, model: &mut Model) -> Held {
        self.commit_planned = false;
        if !self.up || self.writes.is_empty() && self.lazies.is_empty() {
            return Ok(());
        }
        let some = nature.trouble(3);
        let count = if some { 1 + nature.chance.index(self.writes.len().max(1)) } else { self.writes.len() };
        let batch: Vec<_> = self.writes.drain(..count.min(self.writes.len())).collect();
        let lazies = std::mem::take(&mut self.lazies);
        if !self.writes.is_empty() {
            self.plan_commit(nature, 30);
        }
        let writes: Vec<Write> = batch.iter().map(|(.., write)| write.clone()).collect();
        if nature.trouble(150) {
            self.lazies = lazies;
            self.plan_commit(nature, 1500);
            let outcomes = vec![Outcome::refused(Reason::StoreFull); writes.len()];
            return self.answer(nature, batch, outcomes);
        }
        if nature.trouble(400) {
            return self.crash(nature);
        }
        let outcomes = match self.sabotage.commit(self.store.as_mut(), &lazies, &writes) {
            Ok(outcomes) => outcomes,
            Err(Fault::Full(_) | Fault::Unavailable(_)) => {
                vec![Outcome::refused(Reason::StoreUnavailable); writes.len()]
            }
            Err(fault) => return Err(format!("the store failed: {fault}")),
        };
        if outcomes.len() != writes.len() {
            return Err(format!("{} writes have {} outcomes", writes.len(), outcomes.len()));
        }
        self.counted.commits += 1;
        lazies.iter().for_each(|lazy| model.advanced(lazy));
        for (write, outcome) in writes.iter().zip(&outcomes) {
            nature.tell(|| told(write, outcome));
            self.counted.count(write, outcome);
            grow_inboxes(model, outcome);
            model.observe(nature.now_ms, write, outcome)?;
        }
        self.compare_logs(model, &outcomes)?;
        if nature.trouble(300) {
            return self.crash(nature);
        }
        self.answer(nature, batch, outcomes)
    }

    fn answer(
        &mut self,
        nature: &mut Nature,
        batch: Vec<(SessionKey, Ticket, Write)>,
        outcomes: Vec<Outcome>,
    ) -> Held {
        let answered =
            batch.into_iter().zip(outcomes).map(|((line, ticket, _), outcome)| ((line, ticket), outcome));
        self.unpublished.push_back(answered.collect());
        let within_ms = if nature.trouble(4) { 200 } else { 3 };
        nature.soon(within_ms, Event::Publish);
        Ok(())
    }

    /// The router hears of the next commit.
    pub(crate) fn publish(&mut self, nature: &mut Nature) {
        let Some(batch) = self.unpublished.pop_front() else { return };
        let mut post: Vec<(SessionKey, Input)> = Vec::new();
        for (asker, outcome) in batch {
            self.router.publish(nature.now(), asker, outcome, &mut |key, input| post.push((key, input)));
        }
        self.post(nature, post);
    }

    /// What the store has must be what was accepted, entry for entry.
    fn compare_logs(&mut self, model: &mut Model, outcomes: &[Outcome]) -> Held {
        let mut grown: BTreeSet<LogId> = BTreeSet::new();
        for news in outcomes.iter().flat_map(|outcome| &outcome.news) {
            let News::Grown { log, head } = news else { continue };
            if let Some(known) = model.logs.get(log)
                && known.head() < *head
            {
                return Err(format!("{log} is said to have grown to {head}, it ends at {}", known.head()));
            }
            grown.insert(*log);
        }
        for outcome in outcomes {
            match &outcome.answer {
                Ok(Answer::Reply(response)) => match response.as_ref() {
                    sotto_protocol::Response::RoomCreated(created) => grown.insert(created.room.into()),
                    sotto_protocol::Response::Accepted(accepted) => grown.insert(accepted.log),
                    _ => continue,
                },
                Ok(_) | Err(_) => continue,
            };
        }
        grown.into_iter().try_for_each(|log| self.compare_log(model, log))
    }

    fn compare_log(&mut self, model: &mut Model, log: LogId) -> Held {
        let Some(known) = model.logs.get_mut(&log) else { return Ok(()) };
        while known.learnt < known.head() {
            let query = Query::Page { log, after: known.learnt, entries_max: 64, bytes_max: 1 << 20 };
            let outcome = self.store.ask(&query).map_err(|fault| fault.to_string())?;
            let page = match outcome.answer {
                Ok(Answer::Page(page)) => page,
                Err(refused) if refused.reason == Reason::LogUnknown => return Ok(()),
                other => return Err(format!("a page of {log} is {other:?}")),
            };
            if page.head != known.head() {
                return Err(format!("{log} ends at {} and should at {}", page.head, known.head()));
            }
            let Some(last) = page.entries.last().map(|entry| entry.sequence) else {
                known.learnt = known.head();
                break;
            };
            for entry in &page.entries {
                known.learn(&delivered(&entry.frame)?)?;
            }
            known.learnt = last;
        }
        Ok(())
    }

    pub(super) fn counts(&mut self) -> Held<Counts> {
        match self.store.ask(&Query::Counts).map(|outcome| outcome.answer) {
            Ok(Ok(Answer::Counts(counts))) => Ok(counts),
            other => Err(format!("the counts are {other:?}")),
        }
    }
}

/// What the server writes into inboxes is its own to say.
fn grow_inboxes(model: &mut Model, outcome: &Outcome) {
    for news in &outcome.news {
        let News::Grown { log, head } = news else { continue };
        if model.devices.contains_key(&DeviceId::new(*log.as_bytes())) {
            model.logs.entry(*log).or_default().grow_to(*head);
        }
    }
}

fn delivered(frame: &[u8]) -> Held<Deliver> {
    let frame = decode_frame(&mut frame.into(), u32::MAX).ok().flatten();
    frame
        .and_then(|frame| Deliver::decode(frame.payload).ok())
        .ok_or_else(|| "an entry's frame cannot be read".to_owned())
}

fn told(write: &Write, outcome: &Outcome) -> String {
    let answer = match &outcome.answer {
        Ok(Answer::Reply(response)) => format!("{response:?}"),
        Ok(Answer::SignedIn(resume)) => format!("signed in, {:?}", resume.logs),
        Ok(other) => format!("{other:?}"),
        Err(refused) => refused.reason.as_str().to_owned(),
    };
    let change = match &write.change {
        Change::Ask { actor, request } => format!("{} asks {request:?}", actor.device),
        other => format!("{other:?}"),
    };
    let (mut change, mut answer) = (change, answer);
    let cut = |text: &mut String| {
        if let Some((at, _)) = text.char_indices().nth(400) {
            text.truncate(at);
        }
    };
    cut(&mut change);
    cut(&mut answer);
    format!("committed: {change} -> {answer}")
}
