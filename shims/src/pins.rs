//! Rules for each variable that Go, or what Go starts, reads.
//!
//! One row per variable: what the shim does with it, what it can do to a build, and why it is
//! treated so. The shim, the parser of the lock and `goward env` use the rows, and
//! `docs/hermetic-go.md` is checked against them. A variable without a row passes untouched.

mod checks;
pub(crate) mod rule;
pub(crate) mod table;
mod weakening;

pub use checks::first_minor;
pub(crate) use rule::Rules;
pub use rule::{BadPin, Effect, Isolation, Pin, Rule};
pub use table::PINS;
pub use weakening::{Weakening, weakening};

use crate::{sys, var_table};

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

/// Returns false for a value that changes nothing, because Go does not look at it or does the same
/// without.
pub fn is_effective(name: &str, value: &[u8]) -> bool {
    match name {
        "GO111MODULE" => value != b"on",
        "GOFIPS140" => value != b"off",
        "GOWORK" => value != b"auto",
        _ => !is_ignored(name, value),
    }
}

/// Returns true when the user's list names a variable, or the row that it is of.
pub(crate) fn is_allowed(list: &[u8], name: &[u8], row: &Pin) -> bool {
    let mut items = list.split(|&byte| byte == b',').map(<[u8]>::trim_ascii);
    !list.is_empty()
        && items.any(|item| sys::is_variable(item, name) || item == row.name.as_bytes())
}

/// Returns the row of `name`, if the table has one.
pub fn row(name: &[u8]) -> Option<&'static Pin> {
    var_table::find_name(name)?.row()
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
            (b"goflags", if cfg!(windows) { Some("GOFLAGS") } else { None }),
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
