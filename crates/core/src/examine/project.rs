//! `check`: gathers what is known of a project, runs the checks, and makes mechanical changes.

use crate::calendar::{parse_day, today};
use crate::checks::project::{CHECKS, Facts, Files, LockedTool};
use crate::checks::{Caches, Edit, Fact, LockState, Remedy, Report, SearchPath, SkipReason};
use crate::error::{Error, Kind, Result, near_match, one_line, untrusted};
use crate::examine::Examiner;
use crate::io::file;
use crate::platform::Platform;
use crate::project::ignored::ignored_by;
use crate::project::lock::{LockFile, read};
use crate::project::manifest::{CheckRules, Manifest};
use crate::project::{find_root, governing_root};
use crate::resolve::shim_errors::first_step;
use crate::settings::Settings;
use crate::store::InstalledToolchain;
use crate::verify::{H1, Records};
use crate::version::GoVersion;
use goward_shim::names::{LOCK_FILE, MANIFEST_FILE};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Longest file that is changed, in bytes.
const MAX_EDITED: u64 = 1 << 20;

/// What the command line says.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Where the vulnerability database is.
    pub vulndb: Option<String>,
    /// The project's tools.
    pub tools: Fact<Vec<LockedTool>>,
    /// Whether to make mechanical changes.
    pub fix: bool,
}

/// What came of it.
#[derive(Debug)]
pub struct ProjectReport {
    /// What was looked at.
    pub facts: Facts,
    /// What every check came to, after the changes.
    pub report: Report,
    /// Files that were changed, and how often.
    pub fixed: Vec<(PathBuf, usize)>,
}

impl Examiner<'_> {
    /// Checks the project that governs here.
    ///
    /// # Errors
    ///
    /// [`Kind::NotFound`] without a lock; when the lock is wrong, or a file cannot be changed.
    pub fn check(&self, plan: &Plan) -> Result<ProjectReport> {
        let mut facts = self.project_facts(plan)?;
        let look = |facts: &Facts| {
            Report::of(CHECKS, facts).without_ignored(&facts.root, &facts.rules.ignore)
        };
        let mut report = look(&facts);
        let mut fixed = Vec::new();
        if plan.fix {
            let findings = report.findings();
            let edits = findings.iter().filter_map(|found| match &found.finding.remedy {
                Some(Remedy::Edit(edit)) => Some(edit.clone()),
                _ => None,
            });
            fixed = apply(&facts.root, edits.collect())?;
            if !fixed.is_empty() {
                facts.files = Files::find(&facts.root)?;
                report = look(&facts);
            }
        }
        Ok(ProjectReport { facts, report, fixed })
    }

    fn project_facts(&self, plan: &Plan) -> Result<Facts> {
        let root = find_root(&self.session.ctx);
        let lock_path = root.join(LOCK_FILE);
        let found = read(&lock_path, &self.session.ctx)?.ok_or_else(|| {
            let message = format!("there is no lock to check against: `{}`", lock_path.display());
            let is_asked_for = root.join(MANIFEST_FILE).symlink_metadata().is_ok();
            let write = || "write it, and commit it: `goward lock`".to_owned();
            let hint = if is_asked_for { write() } else { first_step(&self.session.ctx) };
            Error::new(Kind::NotFound, message).hint(hint)
        })?;
        let lock = LockFile::parse(&found.text, &lock_path)?;
        let rules = check_rules(&root)?;
        let (version, host) = (lock.version, Platform::host());
        let installed = self.locked_tree(&lock, host)?;
        let tree = installed.as_ref().map(|installed| installed.tree.as_path());
        let lacking = || {
            let why = format!("{version} is not installed");
            SkipReason::Unable(why, "`goward install`".to_owned())
        };
        let settings = match tree {
            None => Err(lacking()),
            Some(tree) => Settings::read(tree, version).map_err(|error| {
                let fix = "report it: the release has another form".to_owned();
                SkipReason::Unable(one_line(&error), fix)
            }),
        };
        let user = self.resolver.user_settings();
        let (go_start, go) = match tree {
            None => (Err(lacking()), Err(lacking())),
            Some(tree) => {
                let asked = self.resolver.go_facts(&lock_path, tree, &user);
                (asked.start, asked.facts)
            }
        };
        let platforms: Vec<Platform> = lock.platforms.keys().copied().collect();
        let tools = plan.tools.iter().flatten().flat_map(|tool| &tool.modules);
        let modules: Vec<_> = tools.collect::<BTreeSet<_>>().into_iter().cloned().collect();
        let named = plan.vulndb.as_deref();
        let vulnerabilities =
            self.installer.vulnerabilities_with(named, &[version], &platforms, &modules)?;
        Ok(Facts {
            files: Files::find(&root)?,
            lock_text: String::from_utf8_lossy(&found.text).into_owned(),
            state: self.state_of_lock(&lock_path, &lock),
            caches: Caches::of(&user),
            path: self.search_path()?,
            user,
            settings,
            go_start,
            go,
            released: tree.and_then(release_day),
            today: today(),
            newest: self.newest_known(version)?,
            tools: plan.tools.clone(),
            vulnerabilities,
            rules,
            root,
            lock_path,
            lock,
        })
    }

    /// Returns PATH.
    pub(crate) fn search_path(&self) -> Result<SearchPath> {
        let path = self.session.ctx.variable("PATH").unwrap_or_default();
        let entries = std::env::split_paths(path).collect();
        Ok(SearchPath { entries, shims: self.session.store()?.shims() })
    }

    fn locked_tree(&self, lock: &LockFile, host: Platform) -> Result<Option<InstalledToolchain>> {
        let Some(locked) = lock.platforms.get(&host) else { return Ok(None) };
        let Some(h1) = H1::parse(&locked.h1) else { return Ok(None) };
        Ok(self.session.store()?.find(lock.version, host, Some(&h1))?)
    }

    /// Returns the newest final release that records and store know of.
    fn newest_known(&self, locked: GoVersion) -> Result<GoVersion> {
        let installed = self.session.store()?.list()?.into_iter();
        let installed = installed.filter(|found| !found.is_linked());
        let known = Records::built_in().releases().into_iter();
        let known = known.chain(installed.map(|found| found.receipt.version));
        Ok(known.filter(|version| version.is_final()).max().unwrap_or(locked))
    }

    /// Returns what is to be checked of the lock at `path`.
    pub(crate) fn state_of_lock(&self, path: &Path, lock: &LockFile) -> LockState {
        let manifest = path.with_file_name(MANIFEST_FILE);
        let both = [manifest.clone(), path.to_path_buf()].into_iter().filter(|path| path.exists());
        let ignored =
            both.filter_map(|path| Some((path.clone(), ignored_by(&path, &self.session.ctx)?)));
        LockState {
            stale: self.locker.stale_lock(path, lock),
            ignored: ignored.collect(),
            manifest,
        }
    }

    /// The same, of the lock that governs here, if one does and can be read.
    pub(crate) fn lock_here(&self) -> Option<LockState> {
        let path = governing_root(&self.session.ctx)?.join(LOCK_FILE);
        let lock = self.resolver.read_lock(&path).ok().flatten()?;
        Some(self.state_of_lock(&path, &lock))
    }
}

/// Returns what the manifest says about checks; nothing without one.
fn check_rules(root: &Path) -> Result<CheckRules> {
    let path = root.join(MANIFEST_FILE);
    let rules = match Manifest::read(&path) {
        Ok(manifest) => manifest.check_rules().clone(),
        Err(error) if error.is_not_found() => return Ok(CheckRules::default()),
        Err(error) => return Err(error),
    };
    let ids = || CHECKS.iter().map(|check| check.about.id);
    let mut named = rules.ignore.iter().filter_map(|ignore| ignore.check.as_deref());
    let Some(name) = named.find(|name| ids().all(|id| id != *name)) else { return Ok(rules) };
    let (path, shown) = (path.display(), untrusted(name));
    let message = format!("`{path}`: `[check]` names the check `{shown}`, which there is not");
    let error = Error::new(Kind::Usage, message);
    Err(match near_match(name, ids()) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error.hint("list them: `goward check --json`"),
    })
}

/// Returns the day in the VERSION file of a tree; older releases than 1.21 have none.
fn release_day(tree: &Path) -> Option<String> {
    let text = file::read(&tree.join("VERSION"), 4096).ok()??;
    let text = String::from_utf8(text).ok()?;
    let day = text.lines().find_map(|line| line.strip_prefix("time "))?.get(..10)?;
    parse_day(day).map(|_| day.to_owned())
}

/// Makes changes; returns each file with how many were made in it. Files elsewhere are left alone.
fn apply(root: &Path, mut edits: Vec<Edit>) -> Result<Vec<(PathBuf, usize)>> {
    edits.sort();
    edits.dedup();
    let mut by_file: BTreeMap<PathBuf, Vec<Edit>> = BTreeMap::new();
    for edit in edits.into_iter().filter(|edit| edit.path.starts_with(root)) {
        by_file.entry(edit.path.clone()).or_default().push(edit);
    }
    let mut fixed = Vec::new();
    for (path, edits) in by_file {
        // What is not text was never pointed into.
        let bytes = file::read(&path, MAX_EDITED)?.unwrap_or_default();
        let Ok(text) = String::from_utf8(bytes) else { continue };
        let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
        let mut count = 0;
        // From the end of a line, so that places before a change stay where they are.
        for edit in edits.iter().rev() {
            let number = usize::try_from(edit.line).unwrap_or(0);
            let Some(line) = number.checked_sub(1).and_then(|at| lines.get_mut(at)) else {
                continue;
            };
            if let Some(changed) = edit.applied(line) {
                *line = changed;
                count += 1;
            }
        }
        if count > 0 {
            file::replace(&path, lines.concat().as_bytes())?;
            fixed.push((path, count));
        }
    }
    Ok(fixed)
}
