//! The only place that prints: data to standard output, everything else to standard error.

use crate::error::{Error, is_harmful, printable};
use crate::os::bytes::Bytes;
use anstream::AutoStream;
use console::Term;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use serde::Serialize;
use std::fmt::Write as _;
use std::io::{ErrorKind, IsTerminal, Write};
use std::path::Path;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How often a bar shows that something is going on.
const TICK: Duration = Duration::from_millis(120);

/// All bars, one below the other, on standard error.
static BARS: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);

/// Whether something could not be printed, such as on a full disk.
static LOST_DATA: AtomicBool = AtomicBool::new(false);

/// Returns true when data could not be written to standard output.
pub fn has_lost_data() -> bool {
    LOST_DATA.load(Ordering::Relaxed)
}

/// How many columns a bar takes beside its label.
const BESIDE_LABEL: usize = 36;

/// How much to say, and where.
#[derive(Clone, Copy, Debug)]
pub struct Ui {
    /// Say nothing but data and errors.
    pub quiet: bool,
    /// Draw progress bars: standard error is a terminal and nobody asked for silence.
    pub progress: bool,
}

impl Ui {
    /// Looks at the process's streams.
    pub fn new(quiet: bool) -> Self {
        Self { quiet, progress: !quiet && std::io::stderr().is_terminal() }
    }

    /// Prints lines for people and a newline to standard output. Names and texts of others are in them, so
    /// what could harm a terminal is escaped. A reader that went away is no error; any other failure is
    /// reported at the end ([`has_lost_data`]).
    pub fn data(self, text: &str) {
        let lines =
            text.split('\n').map(|line| line.split('\t').map(printable).collect::<Vec<_>>());
        let lines: Vec<String> = lines.map(|parts| parts.join("\t")).collect();
        Self::bytes(lines.join("\n").as_bytes());
    }

    /// Prints what a shell or another program reads, and a newline, to standard output, byte for byte.
    pub fn script(self, text: &str) {
        Self::bytes(text.as_bytes());
    }

    /// Prints a path and a newline to standard output, byte for byte.
    pub fn path(self, path: &Path) {
        Self::bytes(path.as_os_str().as_bytes());
    }

    fn bytes(bytes: &[u8]) {
        let mut out = std::io::stdout().lock();
        // In one piece: so it is one call of the system, and nobody's lines mix.
        let line = [bytes, b"\n"].concat();
        let written = out.write_all(&line).and_then(|()| out.flush());
        if written.is_err_and(|error| error.kind() != ErrorKind::BrokenPipe) {
            LOST_DATA.store(true, Ordering::Relaxed);
        }
    }

    /// Prints a value as JSON to standard output, with what could harm a terminal escaped, as only
    /// strings can hold it.
    pub fn json(self, value: &impl Serialize) {
        // Values, and what this program makes of its own types, can always be written.
        self.data(&harmless(serde_json::to_string_pretty(value).unwrap_or_default()));
    }

    /// Says on standard error what was done.
    pub fn say(self, text: &str) {
        if !self.quiet {
            self.beside_bars(|| {
                let mut err = AutoStream::auto(std::io::stderr());
                _ = err.write_all(format!("goward: {}\n", printable(text)).as_bytes());
            });
        }
    }

    /// Asks a person at the terminal; a line feed alone is yes. `None` where nobody can be asked.
    pub fn ask(self, question: &str) -> Option<bool> {
        let (input, mut err) = (std::io::stdin(), std::io::stderr());
        if !input.is_terminal() || !err.is_terminal() {
            return None;
        }
        _ = err.write_all(format!("goward: {} [Y/n] ", printable(question)).as_bytes());
        let mut answer = String::new();
        // An end of input is no answer, and no yes.
        let read = input.read_line(&mut answer).unwrap_or(0);
        Some(read > 0 && matches!(answer.trim().to_ascii_lowercase().as_str(), "" | "y" | "yes"))
    }

    /// Prints while no bar is drawn.
    fn beside_bars(self, print: impl FnOnce()) {
        if self.progress { BARS.suspend(print) } else { print() }
    }

    /// Prints a warning to standard error, also when little is to be said.
    pub fn warn(self, text: &str) {
        Self { quiet: false, ..self }.say(&format!("warning: {text}"));
    }

    /// Prints what to type to standard error, below what another program said.
    pub fn hint(self, text: &str) {
        let mut err = AutoStream::auto(std::io::stderr());
        _ = err.write_all(format!("hint: {}\n", printable(text)).as_bytes());
    }

    /// Prints an error to standard error.
    pub fn error(self, error: &Error) {
        let mut err = AutoStream::auto(std::io::stderr());
        _ = writeln!(err, "{error}");
    }

    /// Starts a sign of life for something of unknown length; invisible unless on a terminal.
    pub fn spinner(self, label: &str) -> ProgressBar {
        if !self.progress {
            return ProgressBar::hidden();
        }
        let bar = BARS.add(ProgressBar::new_spinner());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg} {elapsed}") {
            bar.set_style(style);
        }
        bar.set_message(printable(label));
        bar.enable_steady_tick(TICK);
        bar
    }

    /// Starts a progress bar over bytes; invisible unless on a terminal. As long as nobody sets a
    /// length it is a sign of life.
    pub fn bar(self, label: &str) -> ProgressBar {
        if !self.progress {
            return ProgressBar::hidden();
        }
        let bar = BARS.add(ProgressBar::no_length());
        let columns = usize::from(Term::stderr().size().1);
        // What does not fit is cut, in place of a line that wraps.
        let template = if columns < label.chars().count() + BESIDE_LABEL {
            "{spinner} {wide_msg} {bytes}/{total_bytes}"
        } else {
            "{spinner} {msg} {wide_bar} {bytes}/{total_bytes}"
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(label.to_owned());
        bar.enable_steady_tick(TICK);
        bar
    }
}

/// Escapes in JSON what could harm a terminal; line feeds are between its parts.
fn harmless(json: String) -> String {
    // Nearly all of it is plain, and there can be megabytes.
    if json.bytes().all(|byte| matches!(byte, b'\n' | b' '..=b'~')) {
        return json;
    }
    let (mut shown, mut units) = (String::with_capacity(json.len()), [0; 2]);
    for character in json.chars() {
        if character == '\n' || !is_harmful(character) {
            shown.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut units) {
            _ = write!(shown, "\\u{unit:04x}");
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_harmless_and_the_same_value() {
        for text in ["plain ~", "ä", "\u{1b}[1m\n\u{7f}", "a\u{202e}b", "\u{feff}x"] {
            let value = serde_json::json!({ text: [text, 1] });
            let shown = harmless(serde_json::to_string_pretty(&value).unwrap());
            assert!(!shown.chars().any(|c| c != '\n' && is_harmful(c)), "{shown:?}");
            assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), value);
        }
        assert_eq!(harmless("\"a\u{202e}\u{85}\"".to_owned()), "\"a\\u202e\\u0085\"");
    }
}
