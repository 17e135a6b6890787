//! A session's mailbox, with the shell's manners: answers in order, bells one a log, of what may be lost the newest.
use std::collections::VecDeque;

use daemon_core::session::{Input, Told};
use sotto_protocol::LogId;

#[derive(Debug, Default)]
pub(crate) struct Mail {
    orderly: VecDeque<Input>,
    bells: Vec<(LogId, u64)>,
    told: VecDeque<Told>,
}

impl Mail {
    pub(crate) fn post(&mut self, input: Input) {
        match input {
            Input::Bell { log, head } => match self.bells.iter_mut().find(|(known, _)| *known == log) {
                Some((_, known)) => *known = head.max(*known),
                None => self.bells.push((log, head)),
            },
            Input::Told(told) => {
                self.told.retain(|older| older.key() != told.key());
                self.told.push_back(told);
            }
            other => self.orderly.push_back(other),
        }
    }

    pub(crate) fn next(&mut self) -> Option<Input> {
        self.orderly
            .pop_front()
            .or_else(|| self.bells.pop().map(|(log, head)| Input::Bell { log, head }))
            .or_else(|| self.told.pop_front().map(Input::Told))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.orderly.is_empty() && self.bells.is_empty() && self.told.is_empty()
    }
}
