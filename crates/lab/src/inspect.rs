//! `goward inspect`: what built programs say of themselves, and whether that is what a lock asks for.

use crate::Lab;
use goward_core::binary;
use goward_core::binary::{BadBinary, Binary};
use goward_core::error::{Error, Kind, Result};
use goward_core::fs;
use goward_core::project::lock;
use goward_core::resolve::shim_errors;
use goward_core::settings::arch_levels::architectures_of;
use goward_core::settings::{items, switched};
use goward_core::version::GoVersion;
use goward_shim::find::Found;
use goward_shim::lock::Lock;
use goward_shim::{Refusal, names, profile};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What a lock asks of a program.
#[derive(Clone, Debug)]
pub struct Expectation {
    /// Where the lock is.
    pub lock: PathBuf,
    /// The profile that applies, if one does.
    pub profile: Option<String>,
    /// The toolchain's hash on each of its platforms: `linux-amd64`.
    pub hashes: BTreeMap<String, String>,
    version: GoVersion,
    pins: BTreeMap<String, String>,
}

/// Something in which a program is not what the lock asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// `version`, `GOEXPERIMENT`, `-trimpath` or the name of a variable.
    pub what: String,
    /// What the program says, if it says anything.
    pub built: Option<String>,
    /// What the lock has.
    pub locked: String,
}

/// The variables whose values the go command writes into programs as they are, and since which minor
/// version (`cmd/go/internal/load`: `setBuildInfo`).
const RECORDED: &[(&str, u32)] = &[
    ("CGO_ENABLED", 18),
    ("GO386", 18),
    ("GOAMD64", 18),
    ("GOARM", 18),
    ("GOARM64", 23),
    ("GOFIPS140", 24),
    ("GOMIPS", 18),
    ("GOMIPS64", 18),
    ("GOPPC64", 18),
    ("GORISCV64", 23),
];

impl Lab<'_> {
    /// Reads a program.
    ///
    /// # Errors
    ///
    /// [`Kind::NotFound`] when there is none, [`Kind::Failed`] when it cannot be read or is not Go's.
    pub fn inspect(&self, path: &Path) -> Result<Binary> {
        let failed = |why: &dyn std::fmt::Display| {
            Error::new(Kind::Failed, format!("cannot inspect `{}`: {why}", path.display()))
        };
        let place = self.session.ctx.cwd.join(path);
        // Before it is opened: a pipe would have nobody at the other end.
        let found = fs::metadata(&place).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => {
                Error::new(Kind::NotFound, format!("`{}` does not exist", path.display()))
            }
            _ => error.into(),
        })?;
        if !found.is_file() {
            return Err(failed(&"it is no regular file"));
        }
        let file = fs::File::open(&place)?;
        binary::read(&file).map_err(|error| match error {
            BadBinary::Io(error) => error.into(),
            BadBinary::NotGo => failed(&error).detail(
                "Go writes it since 1.13; other programs have none, and some tools take it out",
            ),
            _ => failed(&error),
        })
    }

    /// Reads a lock that programs are to be compared with.
    pub fn wanted(&self, path: &Path) -> Result<Expectation> {
        // Without the `.` that stands for the directory.
        let mut path: PathBuf = self.session.ctx.cwd.join(path).components().collect();
        if path.is_dir() {
            path.push(names::LOCK_FILE);
        }
        let missing = || lock::explain_read(goward_shim::sys::ReadError::NotFound, &path);
        let found = lock::read(&path, &self.session.ctx)?.ok_or_else(missing)?;
        let parsed = goward_shim::lock::parse(&found.text);
        let locked = parsed.map_err(|error| lock::explain(&error, &path))?;
        self.applied(&locked, &found, &path)
    }

    /// Finds out which pins apply, as for a call of `go` here.
    fn applied(&self, locked: &Lock<'_>, found: &Found, path: &Path) -> Result<Expectation> {
        let entries = self.session.ctx.entries();
        let applied = profile::apply(locked, &self.session.ctx.environment(&entries));
        let applied = applied.map_err(|profile| {
            let (lock, profile) = (found.path.clone(), profile.into());
            shim_errors::explain(&self.session.ctx, &Refusal::UnknownProfile { lock, profile })
                .with_kind(Kind::Usage)
        })?;
        let version = GoVersion::parse(locked.version);
        let version = version.map_err(|_| Error::new(Kind::Usage, "the lock has no version"))?;
        let pins = applied.pins.iter().map(|&(name, value)| (name.to_owned(), value.to_owned()));
        let hashes = locked.platforms.iter();
        Ok(Expectation {
            hashes: hashes.map(|found| (found.name.to_owned(), found.h1.to_owned())).collect(),
            lock: path.to_owned(),
            profile: applied.name.map(str::to_owned),
            version,
            pins: pins.collect(),
        })
    }
}

impl Expectation {
    /// Returns in what a program differs from the lock; what the lock leaves open is no difference.
    pub fn differences(&self, binary: &Binary) -> Vec<Difference> {
        let build = &binary.build;
        let mut found = Vec::new();
        let mut differs = |what: &str, built: Option<&str>, locked: &str| {
            found.push(Difference {
                what: what.to_owned(),
                built: built.map(str::to_owned),
                locked: locked.to_owned(),
            });
        };
        if build.release() != Some(self.version) {
            differs("version", Some(build.version_alone()), &self.version.to_string());
        }
        let pin = |name: &str| self.pins.get(name).map(String::as_str);
        // Always decided by the lock: without a pin it is removed.
        let locked = pin("GOEXPERIMENT").unwrap_or_default();
        let given = build.setting("GOEXPERIMENT").unwrap_or_default();
        let listed = build.experiments();
        let unexplained = listed.iter().any(|name| !is_asked_for(locked, name));
        if effective(given) != effective(locked) || unexplained {
            let shown = if given.is_empty() { listed.join(",") } else { given.to_owned() };
            differs("GOEXPERIMENT", Some(&shown), locked);
        }
        for &(name, first) in RECORDED {
            let architecture = architectures_of(name);
            let applies = architecture.is_none_or(|names| names.contains(&binary.machine))
                && self.version.minor() >= first;
            let Some(locked) = pin(name).filter(|_| applies) else { continue };
            // GOFIPS140 is left out when it is off.
            let unsaid = (name == "GOFIPS140" && !build.settings.is_empty()).then_some("off");
            let recorded = build.setting(name).or(unsaid);
            if !recorded.is_some_and(|recorded| is_same(name, recorded, locked)) {
                differs(name, recorded, locked);
            }
        }
        let flags = pin("GOFLAGS").unwrap_or_default();
        let trimmed = build.setting("-trimpath");
        if flags.split(' ').any(|flag| flag == "-trimpath") && trimmed != Some("true") {
            differs("-trimpath", trimmed, "true");
        }
        found
    }
}

/// Returns true when what the go command writes down is what it was given.
fn is_same(name: &str, built: &str, given: &str) -> bool {
    match name {
        // Floating point in hardware is the default from 6 on, and some versions write it down.
        "GOARM" => {
            let float = |level: &str| if level == "5" { "softfloat" } else { "hardfloat" };
            let whole = |value: &str| match value.split_once(',') {
                Some(_) => value.to_owned(),
                None => format!("{value},{}", float(value)),
            };
            whole(built) == whole(given)
        }
        // The toolchain's own files say which version the two names mean, and which hash a version has
        // (`cmd/go/internal/fips140`).
        "GOFIPS140" => match given {
            "certified" | "inprocess" => built.starts_with('v'),
            _ => {
                built == given
                    || built.strip_prefix(given).is_some_and(|rest| rest.starts_with('-'))
            }
        },
        _ => built == given,
    }
}

/// Returns what a value of GOEXPERIMENT switches: the last word on each name counts, and `none`
/// switches off everything that was there before (`internal/buildcfg`).
fn effective(value: &str) -> (bool, BTreeMap<&str, bool>) {
    let (mut none, mut switches) = (false, BTreeMap::new());
    for item in items(value) {
        if item == "none" {
            none = true;
            switches.clear();
        } else {
            let (name, on) = switched(item);
            switches.insert(name, on);
        }
    }
    (none, switches)
}

/// Returns true when a value of GOEXPERIMENT explains that a version lists an experiment.
fn is_asked_for(value: &str, experiment: &str) -> bool {
    let (none, switches) = effective(value);
    let (name, on) = switched(experiment);
    // `regabi` stands for two.
    let known = switches.get(name).or_else(|| {
        switches.get("regabi").filter(|_| matches!(name, "regabiwrappers" | "regabiargs"))
    });
    known.map_or(none && !on, |is_on| *is_on == on)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn experiments_by_effect() {
        assert_eq!(effective("a,nob"), effective("nob,,a"));
        assert_eq!(effective("a,noa"), effective("noa"));
        assert_eq!(effective("a,none,b"), effective("none,b"));
        assert_ne!(effective("a"), effective("none,a"));
        assert_ne!(effective(""), effective("a"));
        assert!(is_asked_for("jsonv2,nogreenteagc", "nogreenteagc"));
        assert!(!is_asked_for("greenteagc", "nogreenteagc"));
        assert!(!is_asked_for("", "boringcrypto"));
        assert!(is_asked_for("none", "noswissmap") && !is_asked_for("none", "arenas"));
        assert!(is_asked_for("noregabi", "noregabiargs"));
    }

    #[test]
    fn values_as_go_writes_them() {
        let same = [
            ("GOARM", "7,hardfloat", "7"),
            ("GOARM", "5,softfloat", "5"),
            ("GOARM", "6", "6,hardfloat"),
            ("GOFIPS140", "off", "off"),
            ("GOFIPS140", "latest", "latest"),
            ("GOFIPS140", "v1.0.0-c2097c7c", "v1.0.0"),
            ("GOFIPS140", "v1.0.0-c2097c7c", "certified"),
            ("GOAMD64", "v3", "v3"),
        ];
        for (name, built, given) in same {
            assert!(is_same(name, built, given), "{name} {built} {given}");
        }
        let other = [
            ("GOARM", "7,softfloat", "7"),
            ("GOARM", "5,hardfloat", "5"),
            ("GOFIPS140", "off", "certified"),
            ("GOFIPS140", "latest", "inprocess"),
            ("GOFIPS140", "v1.0.0", "v1.0"),
            ("GOFIPS140", "v1.0.10", "v1.0.1"),
            ("GOAMD64", "v1", "v3"),
        ];
        for (name, built, given) in other {
            assert!(!is_same(name, built, given), "{name} {built} {given}");
        }
    }
}
