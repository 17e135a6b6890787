//! What is wrong with a configuration, with a finger on the place.
use std::{
    fmt::{self, Write as _},
    ops::Range,
    path::{Path, PathBuf},
};

/// A mistake in a configuration file, ready to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigFault {
    file: PathBuf,
    place: Option<Place>,
    message: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    line: usize,
    column: usize,
    text: String,
    width: usize,
}

impl ConfigFault {
    /// A mistake at these bytes of the text; at none if the value stands in no file.
    pub fn at(file: &Path, text: &str, span: Option<Range<usize>>, message: impl fmt::Display) -> Self {
        let place = span.filter(|span| !span.is_empty() || span.start > 0).map(|span| Place::of(text, &span));
        Self { file: file.to_owned(), place, message: message.to_string().trim_end().to_owned() }
    }

    /// The file as a whole cannot be used.
    pub fn whole(file: &Path, message: impl fmt::Display) -> Self {
        Self { file: file.to_owned(), place: None, message: message.to_string() }
    }
}

impl Place {
    fn of(text: &str, span: &Range<usize>) -> Self {
        let before = text.get(..span.start).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line_text = text.get(line_start..).unwrap_or_default().lines().next().unwrap_or_default();
        let column = before.get(line_start..).unwrap_or_default().chars().count();
        let marked = text.get(span.clone()).unwrap_or_default().lines().next().unwrap_or_default();
        Self {
            line: before.matches('\n').count() + 1,
            column: column + 1,
            text: line_text.to_owned(),
            width: marked.chars().count().max(1),
        }
    }
}

impl fmt::Display for ConfigFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, place, message } = self;
        let Some(Place { line, column, text, width }) = place else {
            return write!(f, "In {}: {message}", file.display());
        };
        let number = line.to_string();
        let margin = " ".repeat(number.len());
        let mut caret = " ".repeat(column - 1);
        caret.write_str(&"^".repeat(*width))?;
        write!(
            f,
            "In {}, line {line}, column {column}:\n{margin} |\n{number} | {text}\n{margin} | {caret}\n{message}",
            file.display()
        )
    }
}

impl std::error::Error for ConfigFault {}
