//! What became of experiments: the part that no release says of the others.
//!
//! A release's own source has the names that it knows. Why a name is not among them, and what to do
//! then, is here, from the sources of Go 1.19 to 1.27. Names that all of these know are left out.

use std::fmt::Write;

/// The life of an experiment, in minor versions of Go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    /// Its name.
    pub name: &'static str,
    /// The first version that knows it; `None` when that is older than 1.19.
    pub first: Option<u32>,
    /// The last version that knows it; `None` while the newest does.
    pub last: Option<u32>,
    /// The first version in which it is on by default.
    pub default: Option<u32>,
    /// What there is instead.
    pub instead: Option<&'static str>,
}

/// Sorted by name.
pub const LIVES: &[Life] = &[
    gone("aliastypeparams", 23, 25, Some(24), "always on since go1.26"),
    gone("allocheaders", 22, 22, Some(22), "always on since go1.23"),
    new("arenas", 20, None),
    gone("cacheprog", 21, 25, None, "GOCACHEPROG works without it since go1.24"),
    new("cgocheck2", 21, None),
    gone("coverageredesign", 20, 24, Some(20), "always on since go1.25"),
    new("dwarf5", 25, Some(25)),
    gone("exectracer2", 22, 22, Some(22), "always on since go1.23"),
    gone("goroutineleakprofile", 26, 26, None, "the profile is always there since go1.27"),
    new("greenteagc", 25, Some(26)),
    new("jsonv2", 25, Some(27)),
    new("loopvar", 21, None),
    new("mapsplitgroup", 27, None),
    new("newinliner", 22, None),
    gone("pagetrace", 20, 22, None, "removed in go1.23"),
    new("randomizedheapbase64", 26, Some(26)),
    gone("range", 22, 22, None, "part of the language since go1.23"),
    gone("rangefunc", 22, 25, None, "part of the language since go1.23"),
    new("runtimefreegc", 26, None),
    new("runtimesecret", 26, None),
    new("simd", 26, None),
    new("sizespecializedmalloc", 26, Some(27)),
    gone("spinbitmutex", 24, 24, Some(24), "always on since go1.25"),
    gone("swissmap", 24, 25, Some(24), "always on since go1.26"),
    gone("synchashtriemap", 24, 25, Some(24), "always on since go1.26"),
    gone("synctest", 24, 25, None, "`testing/synctest` works without it since go1.25"),
    Life {
        name: "unified",
        first: None,
        last: Some(20),
        default: Some(20),
        instead: Some("always on since go1.21"),
    },
];

const fn new(name: &'static str, first: u32, default: Option<u32>) -> Life {
    Life { name, first: Some(first), last: None, default, instead: None }
}

const fn gone(
    name: &'static str,
    first: u32,
    last: u32,
    default: Option<u32>,
    instead: &'static str,
) -> Life {
    Life { name, first: Some(first), last: Some(last), default, instead: Some(instead) }
}

impl Life {
    /// Returns the life of the experiment called `name`.
    pub fn of(name: &str) -> Option<Self> {
        LIVES.iter().find(|life| life.name == name).copied()
    }

    /// Returns true for a version that knows the experiment.
    pub fn contains(self, minor: u32) -> bool {
        self.first.is_none_or(|first| first <= minor) && self.last.is_none_or(|last| minor <= last)
    }

    /// Tells it, without the name.
    pub fn tell(self) -> String {
        let mut told = match (self.first, self.last) {
            (Some(first), Some(last)) if first == last => format!("known only in go1.{first}"),
            (Some(first), Some(last)) => format!("known in go1.{first} to go1.{last}"),
            (Some(first), None) => format!("known since go1.{first}"),
            (None, Some(last)) => format!("known up to go1.{last}"),
            (None, None) => "known in every version".to_owned(),
        };
        if let Some(default) = self.default {
            _ = write!(told, "; on by default since go1.{default}");
        }
        if let Some(instead) = self.instead {
            _ = write!(told, "; {instead}");
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lives_are_sorted_and_told() {
        assert!(LIVES.is_sorted_by(|a, b| a.name < b.name));
        let cases = [
            (
                "swissmap",
                "known in go1.24 to go1.25; on by default since go1.24; always on since go1.26",
            ),
            ("range", "known only in go1.22; part of the language since go1.23"),
            ("jsonv2", "known since go1.25; on by default since go1.27"),
            ("mapsplitgroup", "known since go1.27"),
            ("unified", "known up to go1.20; on by default since go1.20; always on since go1.21"),
        ];
        for (name, want) in cases {
            assert_eq!(Life::of(name).unwrap().tell(), want);
        }
        assert_eq!(Life::of("nothing"), None);
    }
}
