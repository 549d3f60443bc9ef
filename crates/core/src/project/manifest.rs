//! `goward.toml`, which people write: the request, the pins, the profiles.
//!
//! [`Manifest`] is the file as typed and checked values; `lockfile` makes the lock from it.
//! [`ManifestEdit`] changes single values and keeps comments and layout. Whatever a manifest holds
//! that goward does not know is an error that names the line, because a pin with a typing error
//! would silently not be one.

mod check;
mod edit;
mod goroot;
mod keys;
mod matrix;
mod reader;
mod rules;
#[cfg(test)]
mod tests;
mod tools;
mod values;

use crate::calendar::MinAge;
use crate::error::{Error, Kind, Result, near_match, untrusted};
use crate::io::file;
use crate::os::User;
use crate::platform::Platform;
use crate::project::lock::Pins;
use crate::project::rule::Rule;
use crate::project::wanted::LocatedRequest;
use crate::version::request::Request;
pub use check::{CheckRules, Ignore};
pub use edit::ManifestEdit;
use goward_shim::lock::Level;
use goward_shim::pins::Isolation;
pub use keys::manifest_schema;
pub use matrix::NamedMatrix;
use reader::Reader;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;
pub use tools::{ToolRequest, ToolSource, is_tool_name};

/// A longer manifest is refused, in bytes.
pub(super) const MAX_SIZE: u64 = 256 * 1024;

/// What a manifest says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    wanted: LocatedRequest,
    platforms: Platforms,
    goroot: Option<String>,
    pins: Overlay,
    profiles: BTreeMap<String, Overlay>,
    rules: Vec<Rule>,
    matrices: BTreeMap<String, NamedMatrix>,
    policy: Policy,
    check: CheckRules,
    tools: BTreeMap<String, ToolRequest>,
    owner: Option<User>,
}

/// Which platforms a lock covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Platforms {
    listed: BTreeSet<Platform>,
    /// Whether the first-class ports of Go belong to them, as far as they are known without a download, and
    /// whatever platforms the project's people have.
    first_class: bool,
}

/// The word that stands for the first-class ports.
pub(super) const FIRST_CLASS: &str = "first-class";

impl Platforms {
    /// Returns the platforms that have to be in the lock.
    pub fn required(&self) -> BTreeSet<Platform> {
        let host = self.first_class.then(Platform::host);
        self.listed.iter().copied().chain(host).collect()
    }

    /// Returns the platforms that are in the lock if they are known without a download.
    pub fn optional(&self) -> BTreeSet<Platform> {
        let required = self.required();
        let ports = Platform::first_class().filter(|_| self.first_class);
        ports.filter(|platform| !required.contains(platform)).collect()
    }

    /// Returns true for a platform that may be in the lock.
    pub fn allow(&self, platform: Platform) -> bool {
        self.first_class || self.listed.contains(&platform)
    }

    /// Returns the platforms that people listed.
    pub fn listed(&self) -> &BTreeSet<Platform> {
        &self.listed
    }
}

/// What a project demands of the machines that build it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Policy {
    isolation: Isolation,
    level: Option<Level>,
    min_age: MinAge,
}

/// The keys of `[pins]` and of a profile; what is absent leaves what is below as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Overlay {
    cgo: Option<bool>,
    debug: BTreeMap<String, String>,
    experiments: Option<Vec<String>>,
    fips140: Option<String>,
    flags: Option<Vec<String>>,
    goroot_final: Option<String>,
    levels: BTreeMap<String, String>,
    trimpath: Option<bool>,
}

impl Manifest {
    /// Reads the manifest at `path`.
    ///
    /// # Errors
    ///
    /// [`Kind::NotFound`] when there is none, [`Kind::Usage`] for one that is wrong, with the line, and for a
    /// link that leads out of its repository.
    pub fn read(path: &Path) -> Result<Self> {
        file::check_link(path)?;
        let (text, owner) = file::read_owned_text(path, MAX_SIZE)?.ok_or_else(|| {
            Error::new(Kind::NotFound, format!("`{}` does not exist", path.display()))
                .hint("write it: `goward use 1.27`")
        })?;
        Ok(Self { owner: Some(owner), ..Self::parse(&text, path)? })
    }

    /// Reads the text of a manifest; `path` is where it stands, for messages.
    pub fn parse(text: &str, path: &Path) -> Result<Self> {
        Reader { text, path }.read()
    }

    /// Returns the user whom the file belonged to when it was read.
    pub fn owner(&self) -> Option<User> {
        self.owner
    }

    /// Returns the request.
    pub fn request(&self) -> &Request {
        &self.wanted.request
    }

    /// Returns the request and where it stands.
    pub fn wanted(&self) -> &LocatedRequest {
        &self.wanted
    }

    /// Returns the platforms that the lock covers.
    pub fn platforms(&self) -> &Platforms {
        &self.platforms
    }

    /// Returns what `goward check` is told.
    pub fn check_rules(&self) -> &CheckRules {
        &self.check
    }

    /// Returns the project's tools by name.
    pub fn tools(&self) -> &BTreeMap<String, ToolRequest> {
        &self.tools
    }

    /// Returns the names of the profiles, sorted.
    pub fn profiles(&self) -> impl Iterator<Item = &str> {
        self.profiles.keys().map(String::as_str)
    }

    /// Returns which profile applies when nobody names one; the first that matches.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Returns the matrix called `name`.
    ///
    /// # Errors
    ///
    /// [`Kind::NotFound`] when there is none.
    pub fn matrix(&self, name: &str) -> Result<&NamedMatrix> {
        self.matrices.get(name).ok_or_else(|| {
            let path = self.wanted.path.display();
            let message = format!("`{path}` has no matrix `{}`", untrusted(name));
            let error = Error::new(Kind::NotFound, message);
            match near_match(name, self.matrices.keys().map(String::as_str)) {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error.hint(format!("add a table `[matrix.{}]`", untrusted(name))),
            }
        })
    }

    /// Returns the level that a toolchain of this project needs, where the user's own settings
    /// demand `user`. A project can raise it, never lower it.
    pub fn demanded_level(&self, user: Level) -> Level {
        self.policy.level.map_or(user, |level| level.max(user))
    }

    /// Returns how old a release has to be before this project's lock takes it, where the user's own settings
    /// demand `user`. A project can demand more, never less.
    pub fn demanded_age(&self, user: MinAge) -> MinAge {
        self.policy.min_age.max(user)
    }

    /// Returns how much of the caller's environment reaches `go`.
    pub fn isolation(&self) -> Isolation {
        self.policy.isolation
    }

    /// Returns the path that is GOROOT in place of the root, if there is one; it is then no pin.
    pub fn goroot(&self) -> Option<&str> {
        self.goroot.as_deref()
    }

    /// Returns the pins as the lock has them, sorted by name, with those of `profile` laid over the
    /// base.
    ///
    /// # Errors
    ///
    /// [`Kind::NotFound`] for a profile that the manifest does not have.
    pub fn resolved_pins(&self, profile: Option<&str>) -> Result<Pins> {
        let Some(name) = profile else {
            return Ok(self.pins.resolve(&Overlay::default()));
        };
        let overlay = self.profiles.get(name).ok_or_else(|| {
            let path = self.wanted.path.display();
            let message = format!("`{path}` has no profile `{}`", untrusted(name));
            let error = Error::new(Kind::NotFound, message);
            match near_match(name, self.profiles()) {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error.hint(format!("add a table `[profile.{}]`", untrusted(name))),
            }
        })?;
        Ok(self.pins.resolve(overlay))
    }
}

/// The flag that `trimpath` adds or takes out.
const TRIMPATH: &str = "-trimpath";

impl Overlay {
    /// Lays `over` on these pins; what ends up empty is left out.
    fn resolve(&self, over: &Self) -> Pins {
        let mut debug = self.debug.clone();
        debug.extend(over.debug.clone());
        debug.retain(|_, value| !value.is_empty());
        let settings: Vec<String> =
            debug.into_iter().map(|(key, value)| format!("{key}={value}")).collect();
        let experiments = over.experiments.as_ref().or(self.experiments.as_ref());
        let goroot_final = over.goroot_final.as_ref().or(self.goroot_final.as_ref());
        let fips140 = over.fips140.as_ref().or(self.fips140.as_ref());
        let cgo = over.cgo.or(self.cgo).map(|on| if on { "1" } else { "0" });
        let levels = self.levels.iter().chain(&over.levels);
        let mut all: BTreeMap<&str, String> =
            levels.map(|(name, value)| (name.as_str(), value.clone())).collect();
        all.extend([
            ("CGO_ENABLED", cgo.unwrap_or_default().to_owned()),
            ("GODEBUG", settings.join(",")),
            ("GOEXPERIMENT", experiments.map(|names| names.join(",")).unwrap_or_default()),
            ("GOFIPS140", fips140.cloned().unwrap_or_default()),
            ("GOFLAGS", self.flags_below(over).join(" ")),
            ("GOROOT_FINAL", goroot_final.cloned().unwrap_or_default()),
        ]);
        let present = all.into_iter().filter(|(_, value)| !value.is_empty());
        present.map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// Returns GOFLAGS with `over` laid on these, and with what `trimpath` makes of them.
    fn flags_below(&self, over: &Self) -> Vec<String> {
        let mut flags = over.flags.as_ref().or(self.flags.as_ref()).cloned().unwrap_or_default();
        let is_there = flags.iter().any(|flag| flag == TRIMPATH);
        // A profile that lists the flag itself has it, whatever stands below.
        let below = self.trimpath.filter(|_| over.flags.is_none() || !is_there);
        match over.trimpath.or(below) {
            Some(true) if !is_there => flags.insert(0, TRIMPATH.to_owned()),
            Some(false) => flags.retain(|flag| flag != TRIMPATH),
            _ => {}
        }
        flags
    }
}

type Span = Option<Range<usize>>;
