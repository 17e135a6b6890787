//! Asking the person: on the terminal, and never when `--no-input` was given.
use std::{
    fs::{File, OpenOptions},
    io::{BufRead as _, BufReader, Read as _},
    path::Path,
};

use anyhow::{Context as _, bail};
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

use crate::{
    language::{Language, tr},
    out::question,
};

/// Longer is no password but a mistake.
const SECRET_MAX: u64 = 4096;

/// Asks for a line; an empty answer takes the suggestion. `None`: there is no terminal.
pub(crate) fn line(text: &str, suggestion: &str) -> Option<String> {
    let mut terminal = terminal()?;
    let suggested = if suggestion.is_empty() { String::new() } else { format!(" [{suggestion}]") };
    question(&mut terminal, &format!("{text}{suggested}: "));
    let answer = answer(&terminal)?;
    Some(if answer.is_empty() { suggestion.to_owned() } else { answer })
}

/// Asks for a secret: nothing is shown. `None`: there is no terminal.
pub(crate) fn secret(text: &str) -> Option<String> {
    let mut terminal = terminal()?;
    question(&mut terminal, &format!("{text}: "));
    let shown = tcgetattr(&terminal).ok()?;
    let mut hidden = shown.clone();
    hidden.local_modes.remove(LocalModes::ECHO);
    tcsetattr(&terminal, OptionalActions::Flush, &hidden).ok()?;
    let answer = answer(&terminal);
    let restored = tcsetattr(&terminal, OptionalActions::Flush, &shown);
    question(&mut terminal, "\n");
    restored.ok()?;
    answer
}

/// Asks for a new secret twice. Empty: none is wanted.
pub(crate) fn new_secret(text: &str, language: Language) -> Option<String> {
    loop {
        let first = secret(text)?;
        if first.is_empty() {
            return Some(first);
        }
        let again = secret(&tr!(language, "The same again", "再输入一次"))?;
        if first == again {
            return Some(first);
        }
        let mut terminal = terminal()?;
        question(&mut terminal, &tr!(language, "They differ. Once more.\n", "两次输入不一致，请重来。\n"));
    }
}

/// Reads a secret from a file: its first line. `-` is stdin.
pub(crate) fn secret_file(path: &Path) -> anyhow::Result<String> {
    let mut text = String::new();
    if path == Path::new("-") {
        std::io::stdin().lock().take(SECRET_MAX).read_to_string(&mut text).context("While reading stdin")?;
    } else {
        let file = File::open(path).with_context(|| format!("While opening {}", path.display()))?;
        file.take(SECRET_MAX)
            .read_to_string(&mut text)
            .with_context(|| format!("While reading {}", path.display()))?;
    }
    let secret = text.lines().next().unwrap_or_default().to_owned();
    if secret.is_empty() {
        bail!("{} is empty", path.display());
    }
    Ok(secret)
}

fn terminal() -> Option<File> {
    OpenOptions::new().read(true).write(true).open("/dev/tty").ok()
}

fn answer(terminal: &File) -> Option<String> {
    let mut line = String::new();
    let read = BufReader::new(terminal.take(SECRET_MAX)).read_line(&mut line).ok()?;
    (read > 0).then(|| line.trim_end_matches(['\n', '\r']).to_owned())
}
