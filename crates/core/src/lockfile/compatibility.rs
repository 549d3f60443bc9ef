//! Comparison of a release with what a project's modules and the files of other tools need.

use crate::checks::project::Files;
use crate::error::{Error, Kind, Result, one_line};
use crate::lockfile::Locker;
use crate::project::go_mod::RefusedLine;
use crate::project::wanted::{find_module_file, find_wanted, read_module_file};
use crate::releases::schedule::recommended;
use crate::version::GoVersion;
use goward_shim::names;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What a release cannot build in a project.
#[derive(Clone, Debug, Default)]
pub(crate) struct Incompatibility {
    /// Lines of the module and the workspace that the command is about.
    own: Vec<(PathBuf, RefusedLine)>,
    /// Lines of other modules, and files that Go refuses, as warnings.
    pub(crate) others: Vec<String>,
}

impl Incompatibility {
    /// Returns everything as warnings.
    pub(crate) fn warnings(self, version: GoVersion) -> Vec<String> {
        let own = self.own.iter().map(|(path, refused)| cannot_build(version, path, refused));
        own.chain(self.others).collect()
    }

    /// Refuses a release that cannot build the module or the workspace that the command is about.
    pub(crate) fn check(&self, version: GoVersion, anyway: &str) -> Result<()> {
        let Some((path, refused)) = self.own.first() else { return Ok(()) };
        let error = Error::new(Kind::Usage, cannot_build(version, path, refused));
        let error = error.detail("nothing was changed");
        let error = match GoVersion::parse(&refused.needs) {
            Ok(needs) => error
                .hint(format!("choose a newer one: `goward use 1.{}`", recommended(needs.minor()))),
            Err(_) => error,
        };
        Err(error.hint(format!("or lock it anyway: `{anyway}`")))
    }
}

fn cannot_build(
    version: GoVersion,
    path: &Path,
    RefusedLine { line, why, .. }: &RefusedLine,
) -> String {
    format!("{version} cannot build `{}:{line}`: {why}", path.display())
}

impl Locker<'_> {
    /// Returns what `version` cannot build in the project at `root`: for the module and the workspace of the
    /// working directory and of the root, and, with `all`, for every module below.
    pub(crate) fn unfit(&self, root: &Path, version: GoVersion, all: bool) -> Incompatibility {
        let mut unfit = Incompatibility::default();
        let mut own: BTreeSet<PathBuf> = BTreeSet::new();
        let gowork = self.session.ctx.variable("GOWORK");
        for directory in [self.session.ctx.cwd.as_path(), root] {
            match find_module_file(directory, gowork) {
                Ok(found) => own.extend(found),
                Err(error) => unfit.others.push(one_line(&error)),
            }
        }
        let modules = if all { Files::find(root).unwrap_or_default().modules } else { Vec::new() };
        let others = modules.into_iter().filter(|path| !own.contains(path));
        let others: Vec<(PathBuf, bool)> = others.map(|path| (path, false)).collect();
        for (path, is_own) in own.into_iter().map(|path| (path, true)).chain(others) {
            match read_module_file(&path).map(|lines| lines.refused_by(version)) {
                Ok(None) => {}
                Ok(Some(refused)) if is_own => unfit.own.push((path, refused)),
                Ok(Some(refused)) => unfit.others.push(cannot_build(version, &path, &refused)),
                Err(error) => unfit.others.push(one_line(&error)),
            }
        }
        unfit.others.dedup();
        unfit
    }

    /// Says why files of other tools cannot be read that somebody's own choice overrules.
    pub(crate) fn warn_of_unreadable_files(&self) {
        if let Err(error) = find_wanted(&self.session.ctx.cwd, &self.session.ctx) {
            self.session.ui.warn(&format!(
                "{}; `{}` comes first",
                one_line(&error),
                names::MANIFEST_FILE
            ));
        }
    }
}
