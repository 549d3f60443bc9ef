//! Verdict of a release on one GODEBUG setting: it takes it, ignores it, or refuses it.
//!
//! A line of `go.mod` or `go.work` and a `//go:debug` comment are read by the go command when it builds
//! (`CheckGodebug` in `cmd/go/internal/modload`), which refuses most of what it does not take. The variable
//! is read by each program at its start, which ignores most of what it does not take.

use super::debug::is_undocumented;
use super::{FIRST_WITH_TABLE, Settings};
use crate::error::untrusted;
use crate::version::GoVersion;

/// The first minor version of Go that reads `//go:debug` comments.
pub const FIRST_WITH_COMMENTS: u32 = 21;
/// The first minor version of Go that reads `godebug` lines and `default=` (go.dev/doc/godebug).
pub const FIRST_WITH_LINES: u32 = 23;
/// The first minor version of Go that ignores a removed setting unless it has an old value.
const FIRST_LENIENT: u32 = 27;

/// The values of `fips140` (`crypto/internal/fips140`); a program with any other does not start.
const FIPS140: &[&str] = &["debug", "off", "on", "only"];

/// What a release makes of a setting, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It does what it says.
    Taken,
    /// Nothing comes of it.
    Ignored(String),
    /// The go command does not build with it, or no program starts.
    Refused(String),
    /// The release has no table of its settings.
    Unknown(String),
}

impl Verdict {
    /// Returns its name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Ignored(_) => "ignored",
            Self::Refused(_) => "refused",
            Self::Unknown(_) => "unknown",
        }
    }

    /// Returns why it is not taken.
    pub fn why(&self) -> Option<&str> {
        match self {
            Self::Taken => None,
            Self::Ignored(why) | Self::Refused(why) | Self::Unknown(why) => Some(why),
        }
    }

    /// Returns true for what is taken, as far as can be known.
    pub fn counts(&self) -> bool {
        matches!(self, Self::Taken | Self::Unknown(_))
    }
}

/// Where a setting is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A `godebug` line of `go.mod` or `go.work`.
    Line,
    /// A `//go:debug` comment.
    Comment,
}

impl Source {
    /// Returns the first minor version of Go that reads it.
    pub fn first(self) -> u32 {
        match self {
            Self::Line => FIRST_WITH_LINES,
            Self::Comment => FIRST_WITH_COMMENTS,
        }
    }

    /// Returns the word that it begins with.
    pub fn directive(self) -> &'static str {
        match self {
            Self::Line => "godebug",
            Self::Comment => "//go:debug",
        }
    }
}

impl Settings {
    /// Says what the go command of the release makes of a line or comment; `setting` is what follows the
    /// directive.
    pub fn judge_written(&self, source: Source, setting: &str) -> Verdict {
        let refused = |why: &str| Verdict::Refused(why.to_owned());
        if self.version.minor() < source.first() {
            return match source {
                Source::Line => {
                    refused("`unknown directive: godebug`: Go 1.22 and older have no such line")
                }
                Source::Comment => {
                    Verdict::Ignored("Go 1.20 and older take it for any other comment".to_owned())
                }
            };
        }
        // Only go.mod and go.work have quotes (`modfile`).
        if source == Source::Line && setting.contains(['"', '`', '\'']) {
            return refused("Go wants `key=value` without quotes");
        }
        let Some((key, value)) = setting.split_once('=') else {
            return refused("Go wants `key=value`");
        };
        if setting.contains([' ', '\t', ',']) {
            return refused("Go wants one `key=value`, without spaces and commas");
        }
        if key == "default" {
            return self.judge_default(value);
        }
        if self.debug.get(key).is_some_and(|setting| setting.is_in_table) {
            return Verdict::Taken;
        }
        if let Some(removed) = self.debug.removed.get(key) {
            let why = format!("it was removed in go1.{}", removed.minor);
            let is_idle = !removed.old.iter().any(|old| old == value);
            return if self.version.minor() >= FIRST_LENIENT && is_idle {
                Verdict::Ignored(why)
            } else {
                Verdict::Refused(why)
            };
        }
        Verdict::Refused(match self.debug.get(key) {
            Some(_) => "only the runtime reads it, and only in the environment".to_owned(),
            None => "it is not in Go's table of settings".to_owned(),
        })
    }

    /// Says what becomes of `default=` with a value.
    fn judge_default(&self, value: &str) -> Verdict {
        let local = self.version;
        if local.minor() < FIRST_WITH_LINES {
            return Verdict::Refused("`default` came with Go 1.23".to_owned());
        }
        let spelled = Some(value).filter(|value| value.starts_with("go"));
        let spelled = spelled.filter(|value| goward_shim::lock::is_version(value));
        let Some(version) = spelled.and_then(|value| GoVersion::parse(value).ok()) else {
            return Verdict::Refused("its value must be a version such as `go1.21`".to_owned());
        };
        // A bare line stands for all of its releases.
        let is_newer =
            if local.is_language() { version.minor() > local.minor() } else { version > local };
        if is_newer {
            return Verdict::Refused(format!("`{value}` is newer than {local}"));
        }
        Verdict::Taken
    }

    /// Says what a program of the release makes of a setting in the variable.
    pub fn judge_variable(&self, key: &str, value: &str) -> Verdict {
        let minor = self.version.minor();
        if let Some(removed) = self.debug.removed.get(key) {
            let why = format!("it was removed in go1.{}", removed.minor);
            return if removed.old.iter().any(|old| old == value) {
                Verdict::Refused(format!("{why}, and with this value no program starts"))
            } else {
                Verdict::Ignored(why)
            };
        }
        if key.starts_with("cpu.") {
            return match value {
                "on" | "off" => Verdict::Taken,
                _ => Verdict::Ignored("it is `on` or `off`".to_owned()),
            };
        }
        let Some(setting) = self.debug.get(key) else {
            if is_undocumented(key, minor) {
                return Verdict::Taken;
            }
            return if self.debug.has_table() {
                Verdict::Ignored(format!("it is no setting of {}", self.version))
            } else {
                Verdict::Unknown(format!(
                    "Go has a table of its settings from 1.{FIRST_WITH_TABLE}"
                ))
            };
        };
        if key == "fips140" && !FIPS140.contains(&value) {
            let shown = untrusted(value);
            return Verdict::Refused(format!("no program starts with `fips140={shown}`"));
        }
        if setting.is_number {
            let Ok(number) = value.parse::<i64>() else {
                return Verdict::Ignored("it is a whole number".to_owned());
            };
            // Replaced by an experiment in Go 1.21, with a check that stops every program.
            if key == "cgocheck" && number > 1 && self.experiments.get("cgocheck2").is_some() {
                return Verdict::Refused(
                    "with more than 1 no program starts; the experiment `cgocheck2` checks more"
                        .to_owned(),
                );
            }
            // Only the rate of the memory profile is wider.
            if i32::try_from(number).is_err() && key != "memprofilerate" {
                return Verdict::Ignored("it is a number of 32 bits".to_owned());
            }
        }
        Verdict::Taken
    }
}
