//! The only place that prints: data to standard output, everything else to standard error.

use crate::error::{Error, is_harmful, printable};
use crate::os::bytes::Bytes;
use anstream::{AutoStream, ColorChoice};
use console::{Term, measure_text_width};
use indicatif::{HumanBytes, MultiProgress, ProgressBar, ProgressStyle};
use serde::Serialize;
use std::fmt::Write as _;
use std::io::{ErrorKind, IsTerminal, Write};
use std::ops::Deref;
use std::path::Path;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

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

/// The longest lines of a help text.
const WIDEST: usize = 100;

const SPINNER: &str = "{spinner} {wide_msg} {elapsed}";
const NARROW: &str = "{spinner} {wide_msg} {bytes}/{total_bytes}";
const WIDE: &str = "{spinner} {msg} {wide_bar} {bytes}/{total_bytes}";

/// What is large enough for a line where nobody sees a bar, in bytes.
const LARGE: u64 = 1 << 20;

/// How often there is one.
const REPORT: Duration = Duration::from_secs(10);

/// How long a host is waited for before that is said.
const PATIENCE: Duration = Duration::from_secs(2);

const RED: &str = "\u{1b}[1;31m";
const YELLOW: &str = "\u{1b}[1;33m";
const CYAN: &str = "\u{1b}[1;36m";
const GREEN: &str = "\u{1b}[1;32m";
const RESET: &str = "\u{1b}[0m";

/// Whether nobody wants to be told anything.
static IS_QUIET: AtomicBool = AtomicBool::new(true);

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
        IS_QUIET.store(quiet, Ordering::Relaxed);
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

    /// Prints lines for people, as [`Ui::data`] does; those with `true` are in colour, where colours are seen.
    pub fn marked(self, lines: &[(bool, String)]) {
        let line = |(is_marked, text): &(bool, String)| match printable(text) {
            text if *is_marked => format!("{GREEN}{text}{RESET}"),
            text => text,
        };
        let text: Vec<String> = lines.iter().map(line).collect();
        let stream = AutoStream::choice(&std::io::stdout());
        let bytes = text.join("\n").into_bytes();
        match stream {
            ColorChoice::Never => Self::bytes(&anstream::adapter::strip_bytes(&bytes).into_vec()),
            _ => Self::bytes(&bytes),
        }
    }

    /// Prints a help text, in colours where they are seen, to standard output.
    pub fn help(self, text: &str) {
        _ = AutoStream::auto(std::io::stdout()).write_all(text.as_bytes());
    }

    /// The same to standard error, for a command line that says too little.
    pub fn help_for_error(self, text: &str) {
        _ = AutoStream::auto(std::io::stderr()).write_all(text.as_bytes());
    }

    /// Says on standard error what was done.
    pub fn say(self, text: &str) {
        if !self.quiet {
            self.line(&fitted(&format!("goward: {}", printable(text))));
        }
    }

    /// Prints a line to standard error, beside bars. Colours are left out where nobody wants or sees them.
    fn line(self, text: &str) {
        self.beside_bars(|| {
            let mut err = AutoStream::auto(std::io::stderr());
            _ = err.write_all(format!("{text}\n").as_bytes());
        });
    }

    /// Asks a person at the terminal; a line feed alone is `default`. `None` where nobody can be asked.
    pub fn ask(self, question: &str, default: bool) -> Option<bool> {
        let (input, mut err) = (std::io::stdin(), std::io::stderr());
        if !input.is_terminal() || !err.is_terminal() {
            return None;
        }
        let choice = if default { "[Y/n]" } else { "[y/N]" };
        _ = err.write_all(format!("goward: {} {choice} ", printable(question)).as_bytes());
        let mut answer = String::new();
        // An end of input is no answer, and no yes.
        let read = input.read_line(&mut answer).unwrap_or(0);
        Some(match answer.trim().to_ascii_lowercase().as_str() {
            "" => read > 0 && default,
            answer => matches!(answer, "y" | "yes"),
        })
    }

    /// Prints while no bar is drawn.
    fn beside_bars(self, print: impl FnOnce()) {
        if self.progress { BARS.suspend(print) } else { print() }
    }

    /// Prints a warning to standard error, also when there is little to print.
    pub fn warn(self, text: &str) {
        let text = fitted(&format!("goward: warning: {}", printable(text)));
        self.line(&text.replacen("warning:", &format!("{YELLOW}warning:{RESET}"), 1));
    }

    /// Prints what to type to standard error, below what another program said.
    pub fn hint(self, text: &str) {
        let text = fitted(&format!("hint: {}", printable(text)));
        self.line(&text.replacen("hint:", &format!("{CYAN}hint:{RESET}"), 1));
    }

    /// Prints an error to standard error.
    pub fn error(self, error: &Error) {
        let text = error.to_string();
        let lines: Vec<String> = text
            .lines()
            .map(fitted)
            .map(|line| {
                let parts = [("goward:", RED), ("hint:", CYAN)];
                let found = parts.iter().find_map(|(word, colour)| {
                    Some(format!("{colour}{word}{RESET}{}", line.strip_prefix(word)?))
                });
                found.unwrap_or(line)
            })
            .collect();
        self.line(&lines.join("\n"));
    }

    /// Starts a sign of life for something of unknown length; invisible unless on a terminal.
    pub fn spinner(self, label: &str) -> ProgressBar {
        if !self.progress {
            return ProgressBar::hidden();
        }
        let bar = BARS.add(ProgressBar::new_spinner());
        bar.set_style(style(SPINNER));
        bar.set_message(printable(label));
        bar.enable_steady_tick(TICK);
        bar
    }

    /// Starts to tell of something that takes bytes. On a terminal it is drawn; elsewhere there is a line once it
    /// is known to be large, and one every ten seconds.
    pub fn bar(self, label: &str) -> Bar {
        // As it is to look before it is drawn the first time.
        let bar = ProgressBar::hidden().with_style(style(SPINNER)).with_message(printable(label));
        let bar = if self.progress { BARS.add(bar) } else { bar };
        if self.progress {
            bar.enable_steady_tick(TICK);
        }
        let reporter = (!self.progress && !self.quiet).then(|| Reporter::start(self, &bar));
        Bar { bar, _reporter: reporter.flatten() }
    }

    /// Says which host is waited for, and how long at most, once that takes two seconds, until what is returned
    /// is dropped. For whoever has no [`Ui`]: it counts what the last one was told.
    pub fn wait_for(host: &str, limit: Duration) -> Wait {
        let (done, is_done) = mpsc::channel::<()>();
        let quiet = IS_QUIET.load(Ordering::Relaxed);
        let text = format!("waiting for {}, {} s at most", printable(host), limit.as_secs());
        let wait = move || {
            let started = is_done.recv_timeout(PATIENCE);
            if started != Err(RecvTimeoutError::Timeout) {
                return;
            }
            let ui = Self { quiet: false, progress: std::io::stderr().is_terminal() };
            if ui.progress {
                let bar = ui.spinner(&text);
                _ = is_done.recv();
                bar.finish_and_clear();
            } else {
                ui.say(&text);
            }
        };
        let watcher = if quiet { None } else { thread::Builder::new().spawn(wait).ok() };
        Wait { done: Some(done), watcher }
    }
}

/// What is waited for, as long as it lives.
#[derive(Debug)]
pub struct Wait {
    done: Option<Sender<()>>,
    watcher: Option<JoinHandle<()>>,
}

impl Drop for Wait {
    fn drop(&mut self) {
        drop(self.done.take());
        _ = self.watcher.take().map(JoinHandle::join);
    }
}

/// What is told of something that takes bytes.
#[derive(Debug)]
pub struct Bar {
    bar: ProgressBar,
    _reporter: Option<Sender<()>>,
}

impl Bar {
    /// Says what is done now, when it is nothing of which bytes are counted.
    pub fn phase(&self, text: &str) {
        self.bar.set_style(style(SPINNER));
        self.bar.set_message(printable(text));
    }

    /// Returns what is called with the bytes so far, and with all of them once that is known: what is done has
    /// the first text until all are there, then the second.
    pub fn counter(
        &self,
        text: &str,
        after: &str,
    ) -> impl FnMut(u64, Option<u64>) + Send + 'static {
        let (bar, text, after) = (self.bar.clone(), printable(text), printable(after));
        let mut shown = None;
        move |done, total| {
            if let Some(total) = total {
                bar.set_length(total);
            }
            bar.set_position(done);
            let is_over = total.is_some_and(|total| done >= total);
            if shown != Some(is_over) {
                shown = Some(is_over);
                let columns = usize::from(Term::stderr().size().1);
                // What does not fit is cut, in place of a line that wraps.
                bar.set_style(style(match is_over {
                    true => SPINNER,
                    false if columns < text.chars().count() + BESIDE_LABEL => NARROW,
                    false => WIDE,
                }));
                bar.set_message(if is_over { after.clone() } else { text.clone() });
            }
        }
    }
}

impl Deref for Bar {
    type Target = ProgressBar;

    fn deref(&self) -> &ProgressBar {
        &self.bar
    }
}

/// Tells of a bar that nobody sees.
struct Reporter;

impl Reporter {
    fn start(ui: Ui, bar: &ProgressBar) -> Option<Sender<()>> {
        let (done, is_done) = mpsc::channel::<()>();
        let bar = bar.clone();
        let report = move || {
            let (mut last, mut is_told) = (Instant::now(), false);
            while is_done.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                let is_large = bar.length().is_some_and(|length| length >= LARGE);
                if last.elapsed() < REPORT && (is_told || !is_large) {
                    continue;
                }
                (last, is_told) = (Instant::now(), true);
                let amount = match (bar.position(), bar.length()) {
                    (0, None) => String::new(),
                    (done, None) => format!(", {}", HumanBytes(done)),
                    (done, Some(all)) if done >= all => String::new(),
                    (done, Some(all)) => format!(", {} of {}", HumanBytes(done), HumanBytes(all)),
                };
                ui.say(&format!("{}{amount}", bar.message()));
            }
        };
        thread::Builder::new().spawn(report).is_ok().then_some(done)
    }
}

/// Returns how many columns the terminal of standard output has, and never more than people like to read.
pub fn columns_of_output() -> usize {
    let columns = Term::stdout().size_checked().map_or(WIDEST, |(_, columns)| columns.into());
    columns.min(WIDEST)
}

/// Returns a line for standard error so that a terminal breaks no word of it. For anything else it stays one line,
/// and what is typed or named, which is between backticks, is never broken.
fn fitted(line: &str) -> String {
    match Term::stderr().size_checked() {
        Some((_, columns)) => wrapped(line, columns.into()).join("\n"),
        None => line.to_owned(),
    }
}

/// Breaks a line between words; what is below the first is indented.
pub fn wrapped(line: &str, columns: usize) -> Vec<String> {
    let indent = line.len() - line.trim_start().len();
    let (mut lines, mut last, mut is_quoted) = (Vec::new(), line[..indent].to_owned(), false);
    for (at, word) in line[indent..].split(' ').enumerate() {
        let is_full = measure_text_width(&last) + 1 + measure_text_width(word) > columns;
        if at > 0 && is_full && !is_quoted {
            lines.push(std::mem::replace(&mut last, format!("  {word}")));
        } else {
            last.push_str(if at > 0 { " " } else { "" });
            last.push_str(word);
        }
        is_quoted ^= word.matches('`').count() % 2 == 1;
    }
    lines.push(last);
    lines
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
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
    fn lines_break_between_words() {
        let line = "goward: one two `three four five` six";
        assert_eq!(wrapped(line, 80), [line]);
        assert_eq!(wrapped(line, 15), ["goward: one two", "  `three four five`", "  six"]);
        assert_eq!(wrapped("  a b", 3), ["  a", "  b"]);
        assert_eq!(wrapped("", 3), [""]);
    }

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
