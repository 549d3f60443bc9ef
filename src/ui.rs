//! The only place that prints: data to standard output, everything else to standard error.

use crate::error::Error;
use anstream::AutoStream;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{IsTerminal, Write};
use std::time::Duration;

/// How often a bar shows that something is going on.
const TICK: Duration = Duration::from_millis(120);

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

    /// Prints data and a newline to standard output. A reader that went away is no error.
    pub fn data(self, text: &str) {
        let mut out = AutoStream::auto(std::io::stdout());
        _ = writeln!(out, "{text}");
    }

    /// Prints a value as JSON to standard output.
    pub fn json(self, value: &serde_json::Value) {
        self.data(&format!("{value:#}"));
    }

    /// Says on standard error what was done.
    pub fn say(self, text: &str) {
        if !self.quiet {
            let mut err = AutoStream::auto(std::io::stderr());
            _ = writeln!(err, "goward: {text}");
        }
    }

    /// Prints a warning to standard error, also when little is to be said.
    pub fn warn(self, text: &str) {
        Self { quiet: false, ..self }.say(&format!("warning: {text}"));
    }

    /// Prints an error to standard error.
    pub fn error(self, error: &Error) {
        let mut err = AutoStream::auto(std::io::stderr());
        _ = writeln!(err, "{error}");
    }

    /// Starts a progress bar over bytes; invisible unless on a terminal. As long as nobody sets a
    /// length it is a sign of life.
    pub fn bar(self, label: &str) -> ProgressBar {
        if !self.progress {
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template(
            "{spinner} {msg} {bar:30} {bytes}/{total_bytes} {bytes_per_sec}",
        ) {
            bar.set_style(style);
        }
        bar.set_message(label.to_owned());
        bar.enable_steady_tick(TICK);
        bar
    }
}
