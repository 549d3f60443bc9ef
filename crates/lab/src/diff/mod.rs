//! Changes for a project that moves from one Go to another.
//!
//! Everything is known from the two releases: their own sources where they are installed, what is
//! built in where they are not. Only what is known against them is asked of somebody else.

mod debug;
mod experiments;
mod lock;
mod platforms;
mod security;
mod touch;

use crate::Lab;
use crate::godebug::default_minor;
use crate::settings_source::SettingsSource;
pub use debug::{DebugDiff, DroppedSetting, Flip, Written};
pub use experiments::{DroppedExperiment, ExperimentDiff};
use goward_core::error::{Error, Kind, Result};
use goward_core::platform::Platform;
use goward_core::project::debug_lines::ModuleDebug;
use goward_core::releases::flaws::KnownFlaws;
use goward_core::settings::changes;
use goward_core::settings::changes::Change;
pub use lock::{LockDiff, Pin};
pub use platforms::PlatformDiff;
pub use security::SecurityDiff;
pub use touch::Touch;

/// The two releases, and what is different.
#[derive(Clone, Debug)]
pub struct Diff {
    /// The one to leave.
    pub from: SettingsSource,
    /// The one to move to.
    pub to: SettingsSource,
    /// GOOS and GOARCH, for which experiments are told.
    pub target: (String, String),
    /// What the module here says of defaults.
    pub module: ModuleDebug,
    /// The minor version whose defaults its programs get from the second; `None` for the newest ones.
    pub default_minor: Option<u32>,
    /// What is written in the module that the second refuses or ignores, and the first does not.
    pub written: Vec<Written>,
    /// What experiments do.
    pub experiments: ExperimentDiff,
    /// What GODEBUG settings do.
    pub debug: DebugDiff,
    /// What can be built for.
    pub platforms: PlatformDiff,
    /// Environment, build info, tools and files; backwards when the move is to an older line.
    pub changes: Vec<Change>,
    /// Flaws of builds that goward knows, in the first release and no more in the second.
    pub fixed: Vec<String>,
    /// The same, in the second and not in the first.
    pub opened: Vec<String>,
    /// What a vulnerability database says of the two, or why none was asked.
    pub security: Result<SecurityDiff, String>,
    /// What becomes of the lock here; `None` without one.
    pub lock: Option<LockDiff>,
    /// What of all this touches the module here.
    pub touch: Touch,
}

impl Diff {
    /// Returns true for a move to an older line, in which what a line brought is lost.
    pub fn is_backwards(&self) -> bool {
        self.to.version() < self.from.version()
    }
}

impl Lab<'_> {
    /// Compares the releases that two requests mean, for the project here.
    pub fn diff(&self, from: &str, to: &str, vulndb: Option<&str>) -> Result<Diff> {
        let (from, to) = (self.subject(Some(from))?, self.subject(Some(to))?);
        if from.version() == to.version() {
            let message = format!("both are {}", from.version());
            return Err(
                Error::new(Kind::Usage, message).hint("name two releases: `goward diff 1.26 1.27`")
            );
        }
        let target = self.target_here();
        let module = self.resolver.module_debug()?;
        let default_minor = default_minor(&module, &to.settings);
        let known = KnownFlaws::built_in();
        let flaws = |subject: &SettingsSource| {
            // Of a line that is not installed it is not known which release it will be.
            let version = Some(subject.version()).filter(|version| !version.is_language());
            let flawed = version.and_then(|version| known.check(version, Platform::host()));
            flawed.map_or_else(Vec::new, |flawed| flawed.flaws)
        };
        let (old, new) = (flaws(&from), flaws(&to));
        let is_exact = !from.version().is_language() && !to.version().is_language();
        let without = |these: &[String], those: &[String]| -> Vec<String> {
            these.iter().filter(|flaw| is_exact && !those.contains(flaw)).cloned().collect()
        };
        let minors = (from.version().minor(), to.version().minor());
        let changes = changes::between(minors.0.min(minors.1), minors.0.max(minors.1));
        let lock = self.compare_lock(&to.settings)?;
        let platforms = lock.as_ref().map_or_else(
            || Platform::parse(&format!("{}/{}", target.0, target.1)).into_iter().collect(),
            |lock| lock.platforms.clone(),
        );
        Ok(Diff {
            security: self.compare_security(vulndb, [&from, &to], &platforms)?,
            experiments: experiments::compare(&from.settings, &to.settings, &target),
            debug: debug::compare(&from.settings, &to.settings, default_minor),
            platforms: platforms::compare(&from, &to)?,
            changes: changes.collect(),
            touch: self.touch([&from, &to], &module, lock.as_ref(), &target),
            fixed: without(&old, &new),
            opened: without(&new, &old),
            lock,
            target,
            written: debug::written(&module, &from.settings, &to.settings),
            module,
            default_minor,
            from,
            to,
        })
    }
}
