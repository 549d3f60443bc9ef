//! What pip printed: how much of it is kept, and what of it is shown.

use crate::error::{Error, Kind, Result, untrusted_line};
use crate::threads;
use std::io::Read;
use std::process::ExitStatus;
use std::sync::mpsc;

/// How pip notes, on standard output, that it goes on without an index.
const NOT_FETCHED: &str = "Could not fetch URL";

/// How many lines of pip's complaints are shown.
const MAX_LINES: usize = 6;

/// How much of either of pip's outputs is kept, in bytes.
const MAX_OUTPUT: u64 = 1 << 20;

/// What a finished pip left.
pub(super) struct PipOutput {
    pub(super) status: ExitStatus,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

impl PipOutput {
    /// Returns true when pip says that an index could not be asked.
    pub(super) fn is_unanswered(&self) -> bool {
        // It goes on as if the index were empty, with a warning or only a note.
        self.stderr.contains("connection broken by") || self.stdout.contains(NOT_FETCHED)
    }
}

/// Reads a pipe to its end in a thread of its own and keeps the last part.
pub(super) fn collect(pipe: Option<impl Read + Send + 'static>) -> Result<mpsc::Receiver<Vec<u8>>> {
    let (sender, receiver) = mpsc::channel();
    threads::start_alone(move || {
        let mut kept = Vec::new();
        if let Some(mut pipe) = pipe {
            while let Ok(count) = pipe.by_ref().take(MAX_OUTPUT).read_to_end(&mut kept) {
                if count == 0 {
                    break;
                }
                let most = usize::try_from(MAX_OUTPUT).unwrap_or(usize::MAX);
                kept.drain(..kept.len().saturating_sub(most));
            }
        }
        // Nobody listens any more when pip was stopped.
        _ = sender.send(kept);
    })?;
    Ok(receiver)
}

pub(super) fn pip_failed(message: &str, output: &PipOutput) -> Error {
    let error = Error::new(Kind::Network, format!("{message} ({})", output.status));
    with_words_of_pip(error, output)
        .hint("run `pip config list` to see pip's settings, and which index it asks")
}

/// Shows the last lines of what pip said. What is wrong with its own settings it says on standard output.
pub(super) fn with_words_of_pip(error: Error, output: &PipOutput) -> Error {
    let is_silent = output.stderr.trim().is_empty();
    let noted = output.stdout.lines().filter(|line| is_silent || line.contains(NOT_FETCHED));
    let said = noted.chain(output.stderr.lines());
    let lines: Vec<&str> = said.filter(|line| !line.trim().is_empty()).collect();
    let last = &lines[lines.len().saturating_sub(MAX_LINES)..];
    last.iter().fold(error, |error, line| {
        error.detail(format!("pip: {}", untrusted_line(hide_secrets(line))))
    })
}

/// Hides the user name and password of URLs in pip's words.
pub(super) fn hide_secrets(line: &str) -> String {
    let mut shown = String::new();
    let mut rest = line;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        shown.push_str(before);
        let end = after.find(|c: char| c == '/' || c.is_whitespace()).unwrap_or(after.len());
        rest = match after[..end].rfind('@') {
            Some(at) => &after[at + 1..],
            None => after,
        };
    }
    shown.push_str(rest);
    shown
}
