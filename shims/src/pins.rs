//! What becomes of each variable that Go, or what Go starts, reads.
//!
//! One row per variable: what the shim does with it, what it can do to a build, and why it is
//! treated so. The shim, the parser of the lock and `goward env` use the rows, and
//! `docs/hermetic-go.md` is checked against them. A variable without a row passes untouched.

mod checks;
mod table;
mod weakening;

pub use checks::first_minor;
pub use table::PINS;
pub use weakening::{Weakening, weakening};

use crate::known;

/// What the shim does with a variable of the caller's environment, where a lock decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The lock's value when it has one, and another one of the caller is an error. Without one as for
    /// [`Rule::Refuse`].
    Choose,
    /// The lock's value when it has one, and another one of the caller is an error. Without one the
    /// caller's: it is part of the target.
    Level,
    /// Always the caller's.
    Pass,
    /// Exactly what the lock says; removed when the lock does not mention it.
    Pin,
    /// Never in a lock. The caller's under [`Isolation::Pinned`]; an error under
    /// [`Isolation::Hermetic`] unless the user allows it.
    Refuse,
    /// Always removed.
    Remove,
    /// Never in a lock. The caller's under [`Isolation::Pinned`]; removed under
    /// [`Isolation::Hermetic`] unless the user allows it.
    Scrub,
    /// The shim's own value replaces it.
    Set,
    /// Never in a lock, and always the caller's: it says what is built, as an argument does.
    Target,
}

impl Rule {
    /// Returns the rule's name in the documents.
    pub fn name(self) -> &'static str {
        match self {
            Self::Choose => "choose",
            Self::Level => "level",
            Self::Pass => "pass",
            Self::Pin => "pin",
            Self::Refuse => "refuse",
            Self::Remove => "remove",
            Self::Scrub => "scrub",
            Self::Set => "set",
            Self::Target => "target",
        }
    }

    /// Returns true when a lock may hold a value.
    pub fn is_lockable(self) -> bool {
        Rules::LOCKABLE.have(self)
    }

    /// Returns true when a value of the caller passes that the lock does not replace and the user
    /// did not allow by name.
    pub fn passes(self, isolation: Isolation) -> bool {
        Rules::passing(isolation).have(self)
    }

    /// Returns true when a value passes that was written with `go env -w`. Nobody gave it for this call.
    pub fn passes_from_file(self, isolation: Isolation) -> bool {
        self.passes(isolation) && (self == Self::Pass || isolation == Isolation::Pinned)
    }

    /// Returns true when the user can let a variable through that does not pass otherwise.
    pub fn is_allowable(self) -> bool {
        matches!(self, Self::Choose | Self::Refuse | Self::Scrub)
    }

    /// Returns true when a value that would have to be removed is an error instead: somebody chose it for this
    /// call, and it changes what is built.
    pub fn is_refused(self) -> bool {
        matches!(self, Self::Choose | Self::Refuse)
    }
}

/// A set of rules: every call asks for each variable whether its rule is in one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules(u16);

impl Rules {
    /// A lock may hold a value.
    pub(crate) const LOCKABLE: Self = Self::of(&[Rule::Choose, Rule::Level, Rule::Pin]);
    /// A value of the caller passes whatever the isolation.
    const TARGET: Self = Self::of(&[Rule::Level, Rule::Pass, Rule::Target]);
    /// And what passes besides in the more open mode.
    const OPEN: Self = Self::of(&[Rule::Choose, Rule::Refuse, Rule::Scrub]);

    const fn of(rules: &[Rule]) -> Self {
        let (mut set, mut at) = (0, 0);
        while at < rules.len() {
            set |= 1 << rules[at] as u8;
            at += 1;
        }
        Self(set)
    }

    /// Returns the rules whose values pass where the lock has none.
    pub(crate) fn passing(isolation: Isolation) -> Self {
        match isolation {
            Isolation::Pinned => Self(Self::TARGET.0 | Self::OPEN.0),
            Isolation::Hermetic => Self::TARGET,
        }
    }

    /// Returns true for a rule of the set.
    #[inline]
    pub(crate) fn have(self, rule: Rule) -> bool {
        self.0 >> rule as u8 & 1 != 0
    }
}

/// How much of the caller's environment reaches `go`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Isolation {
    /// The lock's pins hold, and everything else passes.
    #[default]
    Pinned,
    /// In addition, whatever changes output or runs code, and is not in the lock, is refused or removed.
    Hermetic,
}

impl Isolation {
    /// Every mode, the more open first.
    pub const ALL: [Self; 2] = [Self::Pinned, Self::Hermetic];

    /// Returns the mode's name in manifests and locks.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pinned => "pinned",
            Self::Hermetic => "hermetic",
        }
    }

    /// Returns the mode called `name`.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.name() == name)
    }
}

/// What a variable can do to a build, or to the machine that builds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// Changes what is built.
    Output,
    /// Runs a program of its choice.
    Execution,
    /// Switches off a check, or changes what is trusted.
    Verification,
    /// Changes caches, speed or reports only.
    Cache,
    /// Stops `go` altogether.
    Breakage,
}

impl Effect {
    /// Every effect, in the order of its letters in the documents.
    pub const ALL: [Self; 5] =
        [Self::Output, Self::Execution, Self::Verification, Self::Cache, Self::Breakage];

    /// Returns its letter in the documents.
    pub fn letter(self) -> char {
        match self {
            Self::Output => 'O',
            Self::Execution => 'X',
            Self::Verification => 'V',
            Self::Cache => 'C',
            Self::Breakage => 'B',
        }
    }
}

/// One variable.
#[derive(Debug)]
pub struct Pin {
    /// Its name; one that ends in `*` stands for all that begin like it.
    pub name: &'static str,
    /// What the shim does with it.
    pub rule: Rule,
    /// What it can do, in the order of [`Effect::ALL`].
    pub effects: &'static [Effect],
    /// What it does and why it is treated so, in one sentence.
    pub reason: &'static str,
    /// Whether a value may stand in a lock.
    pub check: fn(&str) -> Result<(), BadPin<'_>>,
}

/// Why a value may not stand in a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadPin<'a> {
    /// It does not have the form that is described here.
    Form(&'static str),
    /// It would loosen a protection.
    Unsafe {
        /// The setting.
        name: &'a str,
        /// What it would do.
        reason: &'static str,
    },
}

/// How many rows are [`Rule::Pin`].
const EXACT: usize = {
    let (mut count, mut at) = (0, 0);
    while at < PINS.len() {
        if matches!(PINS[at].rule, Rule::Pin) {
            count += 1;
        }
        at += 1;
    }
    count
};

/// The names of those rows.
static EXACT_NAMES: [&str; EXACT] = {
    let (mut names, mut count, mut at) = ([""; EXACT], 0, 0);
    while at < PINS.len() {
        if matches!(PINS[at].rule, Rule::Pin) {
            names[count] = PINS[at].name;
            count += 1;
        }
        at += 1;
    }
    names
};

/// Returns true when one of the pins takes the place of a value that would pass otherwise.
pub fn choose(pins: &[(&str, &str)]) -> bool {
    !pins.iter().all(|(name, _)| EXACT_NAMES.contains(name))
}

/// Returns true for a value that Go counts as unset.
pub fn is_ignored(name: &str, value: &[u8]) -> bool {
    // Other strings are no answer (`cmd/go/internal/cfg`).
    value.is_empty() || name == "CGO_ENABLED" && !matches!(value, b"0" | b"1")
}

/// Returns false for a value that changes nothing, because Go does not look at it or does the same without.
pub fn is_effective(name: &str, value: &[u8]) -> bool {
    match name {
        "GO111MODULE" => value != b"on",
        "GOFIPS140" => value != b"off",
        "GOWORK" => value != b"auto",
        _ => !is_ignored(name, value),
    }
}

/// Returns the row of `name`, if the table has one.
pub fn row(name: &[u8]) -> Option<&'static Pin> {
    known::find_name(name)?.row()
}

/// Returns the row of `name`, if a lock may hold a value for it.
pub fn pinned(name: &str) -> Option<&'static Pin> {
    row(name.as_bytes()).filter(|row| row.rule.is_lockable())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_no_row_hides_another() {
        assert!(PINS.is_sorted_by(|a, b| a.name < b.name));
        for row in PINS {
            let hidden = |other: &&Pin| match row.name.strip_suffix('*') {
                Some(start) => other.name.starts_with(start),
                None => other.name == row.name,
            };
            assert_eq!(PINS.iter().filter(hidden).count(), 1, "{}", row.name);
            assert!(row.effects.is_sorted_by(|a, b| a < b), "{}", row.name);
        }
    }

    #[test]
    fn every_row_is_found_and_nothing_else() {
        for row in PINS {
            assert_eq!(super::row(row.name.as_bytes()).map(|found| found.name), Some(row.name));
        }
        let cases: &[(&[u8], Option<&str>)] = &[
            (b"GIT_SSH_COMMAND", Some("GIT_*")),
            (b"GIT_\xff", Some("GIT_*")),
            (b"GIT_!", Some("GIT_*")),
            (b"GIT", None),
            (b"GITHUB_ACTIONS", None),
            (b"PKG_CONFIG", Some("PKG_CONFIG")),
            (b"PKG_CONFIG_PATH", Some("PKG_CONFIG_*")),
            (b"HGRCPATH", Some("HG*")),
            (b"GOFLAG", None),
            (b"GOFLAGSS", None),
            (b"goflags", None),
            (b"GOENV", Some("GOENV")),
            (b"GOWARD_HOME", None),
            (b"", None),
            (b"A", None),
            (b"~", None),
        ];
        for (name, want) in cases {
            assert_eq!(row(name).map(|row| row.name), *want);
        }
    }

    #[test]
    fn what_a_lock_may_hold() {
        assert!(pinned("GOFLAGS").is_some() && pinned("GODEBUG").is_some());
        assert!(pinned("GOROOT").is_none() && pinned("PATH").is_none() && pinned("CC").is_none());
        assert!(pinned("GIT_DIR").is_none() && pinned("GIT_*").is_none());
    }

    /// What may neither stand in a lock nor do harm passes everywhere; what runs programs or
    /// changes output, without being needed to reach the network and the caches, never does in
    /// hermetic mode.
    #[test]
    fn rules_follow_from_effects() {
        use Effect::{Execution, Output, Verification};
        // Places, credentials and the network: without them nothing can be built at all.
        let needed = [
            "ALL_PROXY",
            "GOCACHE",
            "GOMODCACHE",
            "GONOPROXY",
            "GOPATH",
            "GOPRIVATE",
            "GOPROXY",
            "HOME",
            "HTTPS_PROXY",
            "HTTP_PROXY",
            "NETRC",
            "NO_PROXY",
            "PATH",
            "SSH_AUTH_SOCK",
            "SSL_CERT_DIR",
            "SSL_CERT_FILE",
            "XDG_CACHE_HOME",
            "XDG_CONFIG_HOME",
            "all_proxy",
            "http_proxy",
            "https_proxy",
            "no_proxy",
        ];
        // What is built is the caller's to say.
        let is_target = |row: &Pin| matches!(row.rule, Rule::Level | Rule::Target);
        let open = |row: &&Pin| row.rule == Rule::Pass || row.rule.is_allowable() || is_target(row);
        for row in PINS.iter().filter(open) {
            let harmful = [Output, Execution, Verification].iter().any(|e| row.effects.contains(e));
            let passes = row.rule.passes(Isolation::Hermetic);
            let is_needed = needed.contains(&row.name) || is_target(row);
            assert_eq!(passes, !harmful || is_needed, "{}", row.name);
            let runs = row.effects.contains(&Execution) || row.effects.contains(&Verification);
            assert!(row.rule != Rule::Refuse || !runs, "{}", row.name);
        }
    }

    #[test]
    fn modes_are_called_what_they_are_parsed_as() {
        for mode in Isolation::ALL {
            assert_eq!(Isolation::parse(mode.name()), Some(mode));
        }
        assert_eq!(Isolation::parse("Hermetic"), None);
        assert!(Isolation::Pinned < Isolation::Hermetic);
    }
}
