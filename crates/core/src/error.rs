//! The one error type that reaches people, and how it is shown.
//!
//! Rooms return it where nobody branches on the cause; where somebody does, they have
//! a typed error of their own that is turned into this one. Wording: `docs/errors.md`.

pub mod advice;

pub use advice::Advice;

use std::ffi::OsStr;
use std::fmt::{self, Display, Write};
use std::io::ErrorKind;

/// What went wrong, as far as a caller of the program can tell: each kind has an exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Anything without a kind of its own.
    Failed,
    /// The command line, a manifest, a lock or a setting is wrong.
    Usage,
    /// A version, toolchain, file or profile that does not exist.
    NotFound,
    /// Bytes are wrong, or not verified well enough.
    Verification,
    /// The network, or the other end of it.
    Network,
    /// `doctor` and `check` found problems.
    Findings,
    /// The checksum database, or what is remembered of it, cannot be believed.
    Log,
    /// The toolchain that governs here cannot be run.
    CannotRun,
    /// The toolchain or program is not installed.
    NotInstalled,
}

impl Kind {
    /// Every kind, in the order of the exit codes.
    pub const ALL: [Self; 9] = [
        Self::Failed,
        Self::Usage,
        Self::NotFound,
        Self::Verification,
        Self::Network,
        Self::Findings,
        Self::Log,
        Self::CannotRun,
        Self::NotInstalled,
    ];

    /// Returns the exit code of the program.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Failed => 1,
            Self::Usage => 2,
            Self::NotFound => 3,
            Self::Verification => 4,
            Self::Network => 5,
            Self::Findings => 6,
            Self::Log => 7,
            Self::CannotRun => 126,
            Self::NotInstalled => 127,
        }
    }

    /// Returns what the kind means, for `docs/errors.md`.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Usage => "usage: the command line, a manifest, a lock or a setting is wrong",
            Self::NotFound => "not found: no such version, toolchain or file",
            Self::Verification => {
                "verification failed: bytes are wrong, or not verified well enough"
            }
            Self::Network => "network",
            Self::Findings => "problems were found",
            Self::Log => "the checksum database, or what is remembered of it, cannot be believed",
            Self::CannotRun => "the toolchain that governs here cannot be run",
            Self::NotInstalled => "the toolchain or program is not installed",
        }
    }
}

/// What failed, on which object, what was left untouched, and what to type next.
#[derive(Clone, Debug)]
pub struct Error {
    kind: Kind,
    message: String,
    details: Vec<String>,
    hints: Vec<Hint>,
    /// Whether a disk was full, and how much room is needed is not told yet.
    lacks_room: bool,
}

/// A line that says what to type.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hint {
    /// Of the table.
    Advice(Advice),
    /// In the words of whom it concerns alone.
    Text(String),
}

impl Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Advice(advice) => advice.fmt(f),
            Self::Text(text) => f.write_str(text),
        }
    }
}

impl Hint {
    /// Returns the same hint without a source that was `tried`.
    #[must_use]
    pub fn without_sources(self, tried: &[&str]) -> Self {
        match self {
            Self::Advice(advice) => Self::Advice(advice.without_sources(tried)),
            Self::Text(_) => self,
        }
    }
}

impl From<Advice> for Hint {
    fn from(advice: Advice) -> Self {
        Self::Advice(advice)
    }
}

impl From<&str> for Hint {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Hint {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

/// What `go` says where it may not install by itself what is missing; who forbids it follows.
pub const NOT_INSTALLED_NOW: &str = "it was not installed now: ";

/// Returns an error's first line and details in one.
pub fn one_line(error: &Error) -> String {
    let lines = std::iter::once(error.message()).chain(error.details().iter().map(String::as_str));
    lines.collect::<Vec<_>>().join("; ")
}

/// The result of nearly everything.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Makes an error of `kind` with one line: lower case, no full stop.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        let (details, hints) = (Vec::new(), Vec::new());
        let message = message.into();
        Self { kind, message, details, hints, lacks_room: false }
    }

    /// Adds an indented line below the message.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.details.push(detail.into());
        self
    }

    /// Adds a line that says what to type.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<Hint>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Takes sources that were `tried` out of what to type.
    #[must_use]
    pub fn without_sources(mut self, tried: &[&str]) -> Self {
        self.hints = self.hints.into_iter().map(|hint| hint.without_sources(tried)).collect();
        self
    }

    /// Takes out what says what to type, for who knows better.
    #[must_use]
    pub fn without_hints(mut self) -> Self {
        self.hints.clear();
        self
    }

    /// Puts a new first line above this error; the old one becomes the first detail.
    #[must_use]
    pub fn context(mut self, message: impl Into<String>) -> Self {
        self.details.insert(0, std::mem::replace(&mut self.message, message.into()));
        self
    }

    /// Returns the same error with another kind.
    #[must_use]
    pub fn with_kind(mut self, kind: Kind) -> Self {
        self.kind = kind;
        self
    }

    /// Says that a program cannot be run: [`Kind::NotInstalled`] when it is not there, else
    /// [`Kind::CannotRun`].
    pub fn cannot_run(program: &OsStr, why: &std::io::Error) -> Self {
        let kind = match why.kind() {
            ErrorKind::NotFound => Kind::NotInstalled,
            _ => Kind::CannotRun,
        };
        let shown = untrusted(program.to_string_lossy());
        Self::new(kind, format!("cannot run `{shown}`: {why}"))
    }

    /// Returns what went wrong.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Returns true when what was asked for does not exist.
    pub fn is_not_found(&self) -> bool {
        self.kind == Kind::NotFound
    }

    /// Returns true when the toolchain or program is not installed.
    pub fn is_not_installed(&self) -> bool {
        self.kind == Kind::NotInstalled
    }

    /// Returns true when bytes are wrong, or not verified well enough.
    pub fn is_verification(&self) -> bool {
        self.kind == Kind::Verification
    }

    /// Returns true when the checksum database cannot be believed.
    pub fn is_log(&self) -> bool {
        self.kind == Kind::Log
    }

    /// Returns true when a disk was full, or somebody's share of it, and nobody said yet how much
    /// room is needed.
    pub fn lacks_room(&self) -> bool {
        self.lacks_room
    }

    /// Notes that the report says how much room is needed.
    #[must_use]
    pub fn with_room_told(self) -> Self {
        Self { lacks_room: false, ..self }
    }

    /// Returns the first line.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns the indented lines.
    pub fn details(&self) -> &[String] {
        &self.details
    }

    /// Returns the lines that say what to type.
    pub fn hints(&self) -> &[Hint] {
        &self.hints
    }
}

impl Display for Error {
    /// Writes the whole report, without a final newline.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Paths are shown whole and as they are but for this.
        write!(f, "goward: {}", printable(&self.message))?;
        for detail in &self.details {
            write!(f, "\n  {}", printable(detail))?;
        }
        for hint in &self.hints {
            write!(f, "\nhint: {}", printable(&hint.to_string()))?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

/// Errors of `fs` already name the path and the operation.
impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        let mut message = first_letter_lower(&error.to_string());
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            let cause_text = first_letter_lower(&cause.to_string());
            if !message.contains(&cause_text) {
                _ = write!(message, ": {cause_text}");
            }
            source = cause.source();
        }
        let full = [ErrorKind::StorageFull, ErrorKind::QuotaExceeded];
        let lacks_room = full.contains(&error.kind());
        Self { lacks_room, ..Self::new(Kind::Failed, message) }
    }
}

fn first_letter_lower(text: &str) -> String {
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_lowercase().chain(characters).collect(),
        None => String::new(),
    }
}

/// Returns true for control characters, and for those that change the direction of writing or are
/// invisible.
pub fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Makes text fit for a terminal: what is harmful there is escaped. Nothing is cut.
pub fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if is_harmful(character) {
            shown.extend(character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// Longest untrusted text in a message, in characters.
const MAX_UNTRUSTED: usize = 200;
/// Longest line of another program's message, in characters.
const MAX_UNTRUSTED_LINE: usize = 400;

/// Makes text from outside fit to print: control and format characters escaped, cut at 200
/// characters.
pub fn untrusted(text: impl AsRef<str>) -> String {
    escaped(text.as_ref(), MAX_UNTRUSTED)
}

/// The same for a line of another program's message, which may hold a path: cut at 400 characters.
pub fn untrusted_line(line: impl AsRef<str>) -> String {
    escaped(line.as_ref(), MAX_UNTRUSTED_LINE)
}

fn escaped(text: &str, longest: usize) -> String {
    let mut shown = String::new();
    for character in text.chars().take(longest) {
        let harmless =
            character.is_ascii_graphic() || character == ' ' || character.is_alphanumeric();
        if harmless { shown.push(character) } else { shown.extend(character.escape_unicode()) }
    }
    if text.chars().nth(longest).is_some() {
        shown.push_str("...");
    }
    shown
}

/// Returns the entry of `known` that a typing error could have turned into `typed`.
pub fn near_match<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(typed, candidate), candidate))
        .filter(|(distance, candidate)| *distance > 0 && *distance * 3 <= candidate.len().max(3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Tests compare hints with their words.
#[cfg(test)]
impl PartialEq<&str> for Hint {
    fn eq(&self, words: &&str) -> bool {
        let text = self.to_string();
        text == *words
    }
}

#[cfg(test)]
impl PartialEq<String> for Hint {
    fn eq(&self, words: &String) -> bool {
        let text = self.to_string();
        text == *words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_has_message_details_and_hints() {
        let error = Error::new(Kind::Network, "cannot download go1.27.1")
            .detail("wanted https://go.dev/dl/x")
            .hint("try `goward install`")
            .context("nothing was installed");
        let want = "goward: nothing was installed\n  cannot download go1.27.1\n  wanted \
                    https://go.dev/dl/x\nhint: try `goward install`";
        assert_eq!(error.to_string(), want);
        assert_eq!(error.kind().exit_code(), 5);
    }

    #[test]
    fn nothing_in_a_report_can_harm_a_terminal() {
        let error =
            Error::new(Kind::Failed, "in `/a\u{1b}]0;x\u{7}/b`").detail("\u{202e}c").hint("d\re");
        let want = "goward: in `/a\\u{1b}]0;x\\u{7}/b`\n  \\u{202e}c\nhint: d\\u{d}e";
        assert_eq!(error.to_string(), want);
    }

    #[test]
    fn untrusted_text_is_escaped_and_cut() {
        assert_eq!(untrusted("a\u{1b}[31m\u{202e}ä\n"), "a\\u{1b}[31m\\u{202e}ä\\u{a}");
        assert_eq!(untrusted("x".repeat(300)).len(), 203);
        assert_eq!(untrusted_line("x\t".repeat(300)).len(), 200 + 200 * "\\u{9}".len() + 3);
    }

    #[test]
    fn near_matches() {
        assert_eq!(near_match("evn", ["env", "exec"]), Some("env"));
        assert_eq!(near_match("env", ["env"]), None);
        assert_eq!(near_match("zzz", ["env", "exec"]), None);
    }
}
