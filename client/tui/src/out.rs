//! Data on stdout, words on stderr. A reader that goes away (`sotto listen | head`) is no error.
use std::io::{self, ErrorKind, Write as _};

use serde_json::Value;

use crate::language::Language;

/// Where everything is printed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Out {
    /// What the person reads.
    pub(crate) language: Language,
    /// For programs: one JSON object a line, nothing else.
    pub(crate) json: bool,
}

impl Out {
    /// Data: a table's row, a message. Only where no JSON was asked for.
    pub(crate) fn row(self, line: &str) {
        if !self.json {
            print(io::stdout(), line);
        }
    }

    /// Data for programs. Only where JSON was asked for.
    pub(crate) fn object(self, mut object: Value) {
        if self.json {
            if let Some(fields) = object.as_object_mut() {
                fields.insert("v".to_owned(), Value::from(1));
            }
            print(io::stdout(), &object.to_string());
        }
    }

    /// Both: a row for people, an object for programs.
    pub(crate) fn item(self, line: &str, object: Value) {
        self.row(line);
        self.object(object);
    }

    /// Words for the person: what happened, what next. Programs do not get them.
    pub(crate) fn say(self, line: &str) {
        if !self.json {
            print(io::stderr(), line);
        }
    }

    /// Words that a person must see, even beside a program.
    pub(crate) fn warn(self, line: &str) {
        print(io::stderr(), line);
    }
}

/// Prints a line and flushes it. When nobody reads any more, the work is done.
pub(crate) fn print(mut to: impl io::Write, line: &str) {
    let mut bytes = Vec::with_capacity(line.len() + 1);
    bytes.extend_from_slice(line.as_bytes());
    bytes.push(b'\n');
    let printed = to.write_all(&bytes).and_then(|()| to.flush());
    if printed.is_err_and(|error| error.kind() == ErrorKind::BrokenPipe) {
        std::process::exit(0);
    }
}

/// Asks on the terminal, whatever stdin and stdout are.
pub(crate) fn question(terminal: &mut std::fs::File, text: &str) {
    // A terminal that takes no words gives no answer either.
    let _asked = terminal.write_all(text.as_bytes()).and_then(|()| terminal.flush());
}
