//! Holds the pins of a lock against what its release knows.
//!
//! A *problem* is a pin that the release refuses, or that it ignores without a word: the lock is
//! then not written. A *warning* is one that does something else than people expect of it.

use crate::error::{near_match, untrusted};
use crate::platform::Platform;
use crate::releases::schedule;
use crate::settings::Settings;
use crate::settings::debug::is_undocumented;
use crate::settings::history::Life;
use crate::settings::verdict::Verdict;

/// What to report about some pins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// Pins that cannot stand in a lock of this release.
    pub problems: Vec<Problem>,
    /// Pins that can, each in a sentence.
    pub warnings: Vec<String>,
}

/// A pin that cannot stand in a lock of this release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong, on one line.
    pub message: String,
    /// What is known about it.
    pub details: Vec<String>,
    /// What to do.
    pub hint: String,
}

/// GODEBUG settings with which every Go program, compiler and linker included, writes to standard
/// error; the go command keeps what they wrote in its build cache and repeats it.
const TRACES: &[&str] =
    &["allocfreetrace", "gcpacertrace", "gctrace", "inittrace", "scavtrace", "schedtrace"];

/// Returns true for a setting with which the tools print, too, and Go's build cache keeps that.
pub fn is_trace(key: &str) -> bool {
    TRACES.contains(&key)
}

impl Settings {
    /// Says what is wrong with the GOEXPERIMENT, GODEBUG and GOFIPS140 among `pins`, for a lock that
    /// covers `platforms`. Other pins are left alone.
    pub fn check<'p>(
        &self,
        pins: impl IntoIterator<Item = (&'p str, &'p str)>,
        platforms: &[Platform],
    ) -> Findings {
        let mut findings = Findings::default();
        let pins: Vec<(&str, &str)> = pins.into_iter().collect();
        for &(name, value) in &pins {
            match name {
                "GODEBUG" => self.check_debug(value, &mut findings),
                "GOFIPS140" => findings.problems.extend(self.fips_problem(value, &pins)),
                "GOEXPERIMENT" => self.check_experiments(value, platforms, &mut findings),
                _ => {}
            }
        }
        findings
    }

    /// Says why the release does not build with a FIPS 140-3 module.
    fn fips_problem(&self, value: &str, pins: &[(&str, &str)]) -> Option<Problem> {
        let (shown, version) = (untrusted(value), self.version);
        let known = self.fips.as_ref()?;
        if !known.contains(value) {
            let names: Vec<&str> = known.iter().map(String::as_str).collect();
            let hint = match names.as_slice() {
                [] => "leave `fips140` out; Go reads it from 1.24".to_owned(),
                names => format!("{version} has `{}`", names.join("`, `")),
            };
            let message = format!("`{shown}` is not a FIPS 140 module of {version}");
            return Some(Problem { message, details: Vec::new(), hint });
        }
        // `cmd/go/internal/fips140`, `Init`.
        let has = |name: &str, item: &dyn Fn(&str) -> bool| {
            pins.iter().any(|(pin, value)| *pin == name && item(value))
        };
        let is_off = value == "off";
        let other =
            if has("GOEXPERIMENT", &|value| super::items(value).any(|item| item == "boringcrypto"))
            {
                "the experiment `boringcrypto`"
            } else if has("GOFLAGS", &|flags| {
                let tags = flags
                    .split(' ')
                    .filter_map(|flag| flag.trim_start_matches('-').strip_prefix("tags="));
                tags.flat_map(|tags| tags.split(',')).any(|tag| tag == "purego")
            }) {
                "the build tag `purego`"
            } else {
                return None;
            };
        (!is_off).then(|| Problem {
            message: format!("{version} does not build `fips140 = \"{shown}\"` with {other}"),
            details: Vec::new(),
            hint: "leave one of them out".to_owned(),
        })
    }

    fn check_experiments(&self, value: &str, platforms: &[Platform], findings: &mut Findings) {
        let unknown = self.experiments.unknown(value);
        findings
            .problems
            .extend(unknown.iter().map(|(item, name)| self.unknown_experiment(item, name)));
        if !unknown.is_empty() {
            return;
        }
        let mut is_baseline = !platforms.is_empty();
        for platform in platforms {
            match self.experiments.enabled(value, *platform) {
                Ok(on) => is_baseline &= Ok(on) == self.experiments.enabled("", *platform),
                Err(needs) => {
                    let (name, other) = (&needs.name, &needs.other);
                    findings.problems.push(Problem {
                        message: format!("`{name}` needs `{other}` on {platform}"),
                        details: Vec::new(),
                        hint: format!("add `{other}`, or leave `{name}` out"),
                    });
                    return;
                }
            }
        }
        if is_baseline {
            findings.warnings.push(format!(
                "`GOEXPERIMENT={}` is what {} does without it; it only changes the build info of binaries, so leave it out",
                untrusted(value),
                self.version
            ));
        }
    }

    /// `item` is as it was typed, `name` without a `no`.
    fn unknown_experiment(&self, item: &str, name: &str) -> Problem {
        let version = self.version;
        let message = format!("`{}` is not an experiment of {version}", untrusted(name));
        let Some(life) = Life::of(name).filter(|life| !life.contains(version.minor())) else {
            let no = &item[..item.len() - name.len()];
            let near = near_match(name, self.experiments.names());
            let hint = near.map_or_else(
                || {
                    let names: Vec<&str> = self.experiments.names().collect();
                    format!("{version} has `{}`", names.join("`, `"))
                },
                |near| format!("did you mean `{no}{near}`?"),
            );
            return Problem { message, details: Vec::new(), hint };
        };
        let hint = match life.first {
            Some(first) if version.minor() < first => match supported_from(first, life.last) {
                Some(minor) => format!("leave it out, or take a newer Go: `goward use 1.{minor}`"),
                None => format!("leave `{item}` out"),
            },
            _ => format!("leave `{item}` out"),
        };
        Problem { message, details: vec![life.tell()], hint }
    }

    fn check_debug(&self, value: &str, findings: &mut Findings) {
        let settings: Vec<(&str, &str)> =
            value.split(',').filter_map(|setting| setting.split_once('=')).collect();
        for (at, &(key, value)) in settings.iter().enumerate() {
            // The last one counts, but for a removed setting, which Go looks for first.
            let is_last = settings[at + 1..].iter().all(|(later, _)| *later != key);
            if self.debug.removed.contains_key(key) {
                self.check_removed(key, value, findings);
            } else if is_last {
                findings.problems.extend(self.debug_problem(key, value));
                findings.warnings.extend(self.debug_warning(key, value));
            }
        }
    }

    fn check_removed(&self, key: &str, value: &str, findings: &mut Findings) {
        let (version, Some(removed)) = (self.version, self.debug.removed.get(key)) else { return };
        let (shown, minor) = (untrusted(value), removed.minor);
        if removed.old.iter().any(|old| old == value) {
            findings.problems.push(Problem {
                message: format!(
                    "with `{key}={shown}` nothing of {version} starts, not even the go command"
                ),
                details: vec![format!("the setting was removed in go1.{minor}")],
                hint: format!("leave `{key}` out"),
            });
        } else {
            findings.warnings.push(format!(
                "`{key}={shown}` does nothing in {version}: the setting was removed in go1.{minor}"
            ));
        }
    }

    fn debug_problem(&self, key: &str, value: &str) -> Option<Problem> {
        let shown = untrusted(value);
        let name = untrusted(key);
        let wrong_value = |wanted: &str, example: &str| Problem {
            message: format!("`{name}` cannot be `{shown}` in {}: it is {wanted}", self.version),
            details: Vec::new(),
            hint: format!("for example `{name}={example}`"),
        };
        if key.starts_with("cpu.") {
            return (!["off", "on"].contains(&value)).then(|| wrong_value("`on` or `off`", "off"));
        }
        let Some(setting) = self.debug.get(key) else {
            return (!is_undocumented(key, self.version.minor()) && self.debug.has_table())
                .then(|| self.unknown_debug(key));
        };
        let verdict = self.judge_variable(key, value);
        let (wanted, example) = match (key, verdict) {
            (_, Verdict::Taken | Verdict::Unknown(_)) => return None,
            ("fips140", _) => ("`on`, `only` or `debug`", "on"),
            ("cgocheck", Verdict::Refused(_)) => {
                ("at most 1; the experiment `cgocheck2` checks more", "1")
            }
            _ if setting.is_number && value.parse::<i64>().is_err() => ("a whole number", "1"),
            _ => ("a number of 32 bits", "1"),
        };
        Some(wrong_value(wanted, example))
    }

    fn unknown_debug(&self, key: &str) -> Problem {
        let hint = match near_match(key, self.debug.names()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "https://go.dev/doc/godebug has them all".to_owned(),
        };
        let message = format!("`{}` is not a GODEBUG setting of {}", untrusted(key), self.version);
        let details = vec!["go ignores what it does not know".to_owned()];
        Problem { message, details, hint }
    }

    fn debug_warning(&self, key: &str, value: &str) -> Option<String> {
        let setting = format!("{}={}", untrusted(key), untrusted(value));
        if TRACES.contains(&key) && self.debug.get(key).is_some() && value != "0" {
            return Some(format!(
                "`{setting}` makes the compiler and every other tool print; the go command keeps that in its build cache and repeats it"
            ));
        }
        let is_known = self.debug.get(key).is_some() || key.starts_with("cpu.");
        (!is_known && !self.debug.has_table()).then(|| {
            format!("`{setting}` was not checked: {} has no table of its settings", self.version)
        })
    }
}

/// Returns a line of Go that knows what came with `first` and went with the one after `last`, and that Go
/// still supports.
fn supported_from(first: u32, last: Option<u32>) -> Option<u32> {
    let minor = schedule::recommended(first);
    last.is_none_or(|last| minor <= last).then_some(minor)
}
