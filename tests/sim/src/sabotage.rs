//! Two lies that a world must notice, or it could notice nothing: a bell that is not rung, a write that is not kept.
use daemon_core::{
    session::Input,
    store::{Answer, Change, Fault, Lazy, Outcome, Query, Write},
};
use sotto_protocol::{Accepted, LogId, Reason, Request, Response};

use crate::server::store::Keeper;

/// What is broken on purpose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sabotage {
    /// Nothing.
    #[default]
    None,
    /// The router forgets to ring once, after this many bells.
    SwallowBell(u64),
    /// The store says yes to an append and forgets it, after this many.
    ForgetAppend(u64),
}

impl Sabotage {
    /// Whether this input gets lost on its way to a mailbox.
    pub(crate) fn swallows(&mut self, input: &Input) -> bool {
        let (Self::SwallowBell(left), Input::Bell { .. }) = (&mut *self, input) else { return false };
        let now = *left == 0;
        match left.checked_sub(1) {
            Some(less) => *left = less,
            None => *self = Self::None,
        }
        now
    }

    /// Commits, but perhaps not all of it.
    pub(crate) fn commit(
        &mut self,
        store: &mut dyn Keeper,
        lazies: &[Lazy],
        writes: &[Write],
    ) -> Result<Vec<Outcome>, Fault> {
        let Some(at) = self.forgets(writes) else { return store.commit(lazies, writes) };
        let (before, after) = writes.split_at(at);
        let mut outcomes = store.commit(lazies, before)?;
        let Some((forgotten, rest)) = after.split_first() else { return Ok(outcomes) };
        outcomes.push(pretended(store, forgotten)?);
        let rest = store.commit(&[], rest)?;
        outcomes.extend(rest);
        Ok(outcomes)
    }

    fn forgets(&mut self, writes: &[Write]) -> Option<usize> {
        let Self::ForgetAppend(left) = self else { return None };
        let at = writes.iter().position(|write| appended_to(write).is_some())?;
        match left.checked_sub(1) {
            Some(less) => {
                *left = less;
                None
            }
            None => {
                *self = Self::None;
                Some(at)
            }
        }
    }
}

/// What the store would have said: the next sequence.
fn pretended(store: &mut dyn Keeper, write: &Write) -> Result<Outcome, Fault> {
    let Some(log) = appended_to(write) else { return Ok(Outcome::refused(Reason::LogUnknown)) };
    let page = store.ask(&Query::Page { log, after: 0, entries_max: 1, bytes_max: 1 })?;
    let Ok(Answer::Page(page)) = page.answer else { return Ok(Outcome::refused(Reason::LogUnknown)) };
    let accepted = Accepted { sequence: page.head + 1, at_ms: write.wall_ms, duplicate: false, log };
    Ok(Outcome::quiet(Answer::Reply(Box::new(Response::Accepted(accepted)))))
}

fn appended_to(write: &Write) -> Option<LogId> {
    let Change::Ask { request, .. } = &write.change else { return None };
    match request.as_ref() {
        Request::Append(append) => Some(append.log),
        _ => None,
    }
}
