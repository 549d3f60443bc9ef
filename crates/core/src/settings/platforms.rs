//! Platforms that a release can build for: its own list, and the built-in one of Go 1.19 to
//! 1.27.

use crate::error::{Error, Kind, Result, untrusted};
use crate::facts::PLATFORMS;
use crate::releases::schedule::is_looked_into;
use crate::settings::table::{Span, span};
use serde::Deserialize;
use std::fmt;
use std::fmt::Display;

/// GOOS and GOARCH that a release knows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Target {
    /// GOOS.
    #[serde(rename = "GOOS")]
    pub os: String,
    /// GOARCH.
    #[serde(rename = "GOARCH")]
    pub arch: String,
    /// Whether a failure there stops a release of Go.
    pub first_class: bool,
    /// Whether cgo works there.
    pub cgo_supported: bool,
    /// Whether it is known not to work.
    #[serde(default)]
    pub broken: bool,
}

impl Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.arch)
    }
}

impl Target {
    /// Returns what is to report of it: any of `first class`, `cgo` and `broken`.
    pub fn words(&self) -> Vec<&'static str> {
        let words = [
            (self.first_class, "first class"),
            (self.cgo_supported, "cgo"),
            (self.broken, "broken"),
        ];
        words.into_iter().filter(|(holds, _)| *holds).map(|(_, word)| word).collect()
    }
}

/// Reads what `go tool dist list -json` prints, and sorts it.
pub fn parse(json: &str) -> Result<Vec<Target>> {
    let mut targets: Vec<Target> = serde_json::from_str(json).map_err(|error| {
        let why = untrusted(error.to_string());
        Error::new(Kind::Failed, format!("`go tool dist list -json` is not understood: {why}"))
    })?;
    targets.sort();
    Ok(targets)
}

/// Returns the built-in list for a minor version of Go, sorted; `None` for one that was not looked
/// into.
pub fn built_in(minor: u32) -> Option<Vec<Target>> {
    let here = table().filter(|(_, span)| span.contains(minor)).map(|(target, _)| target);
    is_looked_into(minor).then(|| here.collect())
}

fn table() -> impl Iterator<Item = (Target, Span)> {
    PLATFORMS.rows().filter_map(|[name, first, last, kinds]| {
        let (os, arch) = name.split_once('/')?;
        let is = |kind| kinds.split(',').any(|known| known == kind);
        let target = Target {
            os: os.to_owned(),
            arch: arch.to_owned(),
            first_class: is("first-class"),
            cgo_supported: is("cgo"),
            broken: is("broken"),
        };
        Some((target, span(first, last)?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::releases::schedule::LOOKED_INTO;

    #[test]
    fn every_line_is_read() {
        let lines = PLATFORMS.text().lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(table().count(), lines);
        for minor in LOOKED_INTO.iter().map(|release| release.minor()) {
            assert!(built_in(minor).unwrap().is_sorted_by(|a, b| a < b), "{minor}");
        }
        assert_eq!(built_in(20), None);
    }

    #[test]
    fn a_list_is_read_and_sorted() {
        let json = r#"[{"GOOS": "linux", "GOARCH": "arm", "CgoSupported": true, "FirstClass": true},
            {"GOOS": "freebsd", "GOARCH": "riscv64", "CgoSupported": true, "FirstClass": false,
             "Broken": true, "Later": [1]}]"#;
        let told: Vec<_> =
            parse(json).unwrap().iter().map(|t| (t.to_string(), t.words().join(", "))).collect();
        let want = [("freebsd/riscv64", "cgo, broken"), ("linux/arm", "first class, cgo")];
        assert_eq!(told, want.map(|(name, words)| (name.to_owned(), words.to_owned())));
        for wrong in ["", "{}", "[{}]", "[1]", "\u{1b}"] {
            assert_eq!(parse(wrong).unwrap_err().kind(), Kind::Failed, "{wrong}");
        }
    }
}
