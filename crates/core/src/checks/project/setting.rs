//! Variables, inputs and shell text of CI that decide which Go runs or what it builds: `GO_VERSION`, `GOTOOLCHAIN`,
//! GOFLAGS, GOEXPERIMENT.

use crate::checks::finding::{Finding, Place, Severity};
use crate::checks::project::facts::Facts;
use crate::checks::project::version_drift::VersionRef;
use crate::error::untrusted;
use goward_shim::goflags::{Limits, Unfit, merge};
use goward_shim::pins::Isolation;
use std::collections::BTreeSet;
use std::path::Path;

/// A name with a value, and where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Setting<'a> {
    /// The file.
    pub(super) path: &'a Path,
    /// Counted from 1.
    pub(super) line: u32,
    /// The name.
    pub(super) name: &'a str,
    /// The value.
    pub(super) value: &'a str,
    /// Who follows it.
    pub(super) who: &'a str,
}

/// Returns true for a name whose value is a release of Go, as people write it: `go-version`, `GO_VERSION`,
/// `golang_version`, `go-version-input`.
pub(super) fn is_version(name: &str) -> bool {
    let plain: String = name.chars().filter(|c| !matches!(c, '-' | '_')).collect();
    let known = ["goversion", "goversioninput", "golangversion"];
    known.iter().any(|known| plain.eq_ignore_ascii_case(known))
}

/// Returns true for a name that [`Setting::judged`] knows.
pub(super) fn is_known(name: &str) -> bool {
    is_version(name) || ["GOEXPERIMENT", "GOFLAGS", "GOTOOLCHAIN"].contains(&name)
}

impl Setting<'_> {
    /// Returns what there is to say, if there is something. What a run decides is passed by.
    pub(super) fn judged(self, facts: &Facts) -> Option<Finding> {
        let value = self.value.trim();
        if value.is_empty() || value.contains(['$', '`', '{', '<', '(']) {
            return None;
        }
        match self.name {
            "GOTOOLCHAIN" => {
                let named = value.split('+').next().unwrap_or(value);
                // These name no release.
                let is_open = ["auto", "local", "path"].contains(&named);
                if is_open { None } else { self.asked(facts, named) }
            }
            "GOEXPERIMENT" => self.experiment(facts, value),
            "GOFLAGS" => self.flags(facts, value),
            name if is_version(name) => self.asked(facts, value),
            _ => None,
        }
    }

    fn place(&self) -> Place {
        Place::Line(self.path.into(), self.line)
    }

    fn shown(&self) -> String {
        format!("`{}: {}`", untrusted(self.name), untrusted(self.value.trim()))
    }

    fn asked(&self, facts: &Facts, value: &str) -> Option<Finding> {
        let (path, line, who) = (self.path, self.line, self.who);
        VersionRef { path, line, value, what: self.shown(), who, edit: None }.judged(facts)
    }

    /// The lock alone decides about experiments: what it does not pin, goward removes.
    fn experiment(&self, facts: &Facts, value: &str) -> Option<Finding> {
        let items = |value: &str| -> BTreeSet<String> {
            let items = value.split(',').map(str::trim).filter(|item| !item.is_empty());
            items.map(str::to_owned).collect()
        };
        let pinned = facts.pinned(self.name);
        if pinned.iter().any(|(_, _, pinned)| items(pinned) == items(value)) {
            return None;
        }
        let lock = facts.lock_name();
        let has = match pinned.first() {
            Some((_, _, pinned)) => format!("`{lock}` has `{pinned}`"),
            None => format!("`{lock}` pins none"),
        };
        let options: Vec<String> =
            items(value).iter().map(|name| format!("--experiment {}", untrusted(name))).collect();
        Some(Finding::new(
            Severity::Warning,
            self.place(),
            format!("{} does not reach the locked Go", self.shown()),
            format!("{has}, and the lock alone decides: {} gets what it says", self.who),
            format!("pin it: `goward use {}`, or leave it out", options.join(" ")),
        ))
    }

    /// Flags are added to those of the lock. Another value of the same flag is refused.
    fn flags(&self, facts: &Facts, value: &str) -> Option<Finding> {
        let isolation = facts.lock.isolation;
        let limits = Limits { isolation, is_lenient: false };
        let mut why = None;
        for (_, pins) in facts.tables() {
            let locked = pins.iter().find(|(name, _)| name == self.name);
            let locked = locked.map_or("", |(_, value)| value.as_str());
            match merge(locked, value.as_bytes(), limits) {
                // A job may run with any profile.
                Ok(_) => return None,
                Err(unfit) => _ = why.get_or_insert_with(|| refusal(&unfit, facts)),
            }
        }
        let fix = match isolation {
            Isolation::Hermetic => "pin it in `goward.toml`, or leave it out",
            Isolation::Pinned => "make them the same in `goward.toml` and here",
        };
        let what = format!("{} is refused beside `{}`", self.shown(), facts.lock_name());
        Some(Finding::new(Severity::Error, self.place(), what, why?, fix))
    }
}

fn refusal(unfit: &Unfit<'_>, facts: &Facts) -> String {
    let text = |bytes: &[u8]| untrusted(String::from_utf8_lossy(bytes));
    let lock = facts.lock_name();
    match unfit {
        Unfit::Contradicts(locked, callers) => format!(
            "`{lock}` has `{}`, and this says `{}`: `go` ends with 126",
            text(locked),
            text(callers)
        ),
        Unfit::Unpinned(flag) => format!(
            "`{}` changes the output, and `{lock}` is hermetic and does not have it: `go` ends with 126",
            text(flag)
        ),
    }
}

/// Adds what settings say to what images say, unless both point at one line: an image is made of the setting.
pub(super) fn beside(mut images: Vec<Finding>, settings: Vec<Finding>) -> Vec<Finding> {
    let count = images.len();
    for finding in settings {
        if images[..count].iter().all(|image| image.place != finding.place) {
            images.push(finding);
        }
    }
    images
}

/// Something in shell text: the line from its beginning, counted from 0, a name, and a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ShellAssignment<'t> {
    /// The line.
    pub(super) line: u32,
    /// The variable, or what is downloaded.
    pub(super) name: &'t str,
    /// The value.
    pub(super) value: &'t str,
}

/// The name of what is downloaded as an archive of Go or as `golang.org/dl/go…`.
const DOWNLOAD: &str = "GO_VERSION";

/// Finds assignments of the variables that are known (`export X=…`, `X=… go build`, `--build-arg X=…`,
/// `go env -w X=…`, `echo X=… >>"$GITHUB_ENV"`), and archives of Go that are downloaded. Comments are
/// passed by.
pub(super) fn in_shell(text: &str) -> Vec<ShellAssignment<'_>> {
    let mut found = Vec::new();
    for (number, line) in (0..).zip(text.lines()) {
        if line.trim_start().starts_with('#') {
            continue;
        }
        let said = |(name, value)| ShellAssignment { line: number, name, value };
        found.extend(assignments(line).into_iter().map(said));
        found.extend(downloads(line).into_iter().map(|value| said((DOWNLOAD, value))));
    }
    found
}

fn assignments(line: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    for (at, _) in line.match_indices('=') {
        let before = &line[..at];
        let is_part =
            |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '$' | '{');
        let start = before
            .rfind(|c| !is_part(c))
            .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
        let name = &before[start..];
        // Options of programs are not known by such names.
        let is_upper = name.chars().all(|c| c.is_ascii_uppercase() || c == '_');
        if !is_upper || !is_known(name) {
            continue;
        }
        let after = &line[at + 1..];
        let value = if let Some(quote @ ('"' | '\'')) = after.chars().next() {
            after[1..].split(quote).next().unwrap_or_default()
        } else {
            let ends = |c: char| c.is_whitespace() || ";&|)<>\"'".contains(c);
            after.split(ends).next().unwrap_or_default()
        };
        found.push((name, value));
    }
    found
}

/// Finds `go1.26.2.linux-amd64.tar.gz` and `golang.org/dl/go1.26.2@latest`.
fn downloads(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for (at, _) in line.match_indices("go1.") {
        let rest = &line[at..];
        let end = rest[2..].find(|c: char| !c.is_ascii_alphanumeric() && c != '.');
        let (word, after) = rest.split_at(end.map_or(rest.len(), |end| end + 2));
        let archive = word.rsplit_once('.').filter(|(_, system)| {
            ["darwin", "freebsd", "linux", "windows"].contains(system) && after.starts_with('-')
        });
        if let Some((version, _)) = archive {
            found.push(version);
        } else if line[..at].ends_with("golang.org/dl/") {
            found.push(word);
        }
    }
    found
}

/// Returns what a text of shell asks for, whose first line is `line`.
pub(super) fn of_shell(
    facts: &Facts,
    path: &Path,
    line: u32,
    text: &str,
    who: &str,
) -> Vec<Finding> {
    let one = |said: ShellAssignment<'_>| {
        let ShellAssignment { name, value, .. } = said;
        Setting { path, line: line.saturating_add(said.line), name, value, who }.judged(facts)
    };
    in_shell(text).into_iter().filter_map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_versions() {
        for name in ["go-version", "GO_VERSION", "golang_version", "go-version-input", "goversion"]
        {
            assert!(is_version(name), "{name}");
        }
        for name in ["go-version-file", "GOTOOLCHAIN", "hugo_version", "go", "version", ""] {
            assert!(!is_version(name), "{name}");
        }
    }

    #[test]
    fn what_shell_text_says() {
        let cases: &[(&str, &[(&str, &str)])] = &[
            ("export GOTOOLCHAIN=go1.26.2", &[("GOTOOLCHAIN", "go1.26.2")]),
            (
                "GOFLAGS='-tags=a b' GOEXPERIMENT=x go build",
                &[("GOFLAGS", "-tags=a b"), ("GOEXPERIMENT", "x")],
            ),
            ("echo \"GOTOOLCHAIN=go1.26.2\" >> $GITHUB_ENV", &[("GOTOOLCHAIN", "go1.26.2")]),
            ("docker build --build-arg GO_VERSION=1.26 .", &[("GO_VERSION", "1.26")]),
            (
                "go env -w GOTOOLCHAIN=\"go$(cat .go-version)\"",
                &[("GOTOOLCHAIN", "go$(cat .go-version)")],
            ),
            ("  # export GOTOOLCHAIN=go1.26.2", &[]),
            ("MY_GOFLAGS=x HUGO_VERSION=1 go-version=1.26", &[]),
            ("if [ \"$GOFLAGS\" = x ]; then y==z; fi", &[]),
            ("é GOFLAGS=-x; GOFLAGS=", &[("GOFLAGS", "-x"), ("GOFLAGS", "")]),
            (
                "curl -L https://go.dev/dl/go1.26.2.linux-amd64.tar.gz | tar xz",
                &[("GO_VERSION", "go1.26.2")],
            ),
            ("go install golang.org/dl/go1.26rc1@latest", &[("GO_VERSION", "go1.26rc1")]),
            ("echo go1.26.2 cargo1.x go1.", &[]),
        ];
        for (text, want) in cases {
            let found: Vec<_> = in_shell(text).iter().map(|said| (said.name, said.value)).collect();
            assert_eq!(found, *want, "{text}");
        }
        let lines: Vec<u32> =
            in_shell("a\nGOFLAGS=-x\n\nGOFLAGS=-y").iter().map(|said| said.line).collect();
        assert_eq!(lines, [1, 3]);
    }
}
