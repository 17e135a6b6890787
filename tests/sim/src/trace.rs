//! The last things that happened, in words: written down only when somebody will read them.
use std::collections::VecDeque;

/// How many lines are kept.
const LINES_MAX: usize = 400;

/// A short memory. Telling costs nothing while nobody listens.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    listens: bool,
    lines: VecDeque<String>,
}

impl Trace {
    pub(crate) fn new(listens: bool) -> Self {
        Self { listens, lines: VecDeque::new() }
    }

    pub(crate) fn tell(&mut self, at_ms: u64, line: impl FnOnce() -> String) {
        if !self.listens {
            return;
        }
        if self.lines.len() == LINES_MAX {
            self.lines.pop_front();
        }
        self.lines.push_back(format!("{:>9} ms  {}", at_ms, line()));
    }

    pub(crate) fn into_lines(self) -> Vec<String> {
        self.lines.into()
    }
}
