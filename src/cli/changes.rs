//! What a command that writes changed, or would change: the same JSON of all of them.

use crate::cli::args::Writing;
use goward_core::install::one::InstallPlan;
use goward_core::install::request::InstallOutcome;
use goward_core::platform::Platform;
use goward_core::project::transaction::FileChange;
use goward_core::session::Session;
use goward_core::store::Receipt;
use goward_core::version::GoVersion;
use goward_core::version::link_name::LinkName;
use serde_json::{Value, json};
use std::path::Path;

/// The changes of one command.
pub(super) struct Changes<'s> {
    session: &'s Session,
    writing: Writing,
    list: Vec<Value>,
}

impl<'s> Changes<'s> {
    pub(super) fn new(session: &'s Session, writing: Writing) -> Self {
        Self { session, writing, list: Vec::new() }
    }

    /// Returns true when nothing may be changed.
    pub(super) fn is_dry(&self) -> bool {
        self.writing.dry_run
    }

    /// Returns `done`, or what a dry run says in its place.
    pub(super) fn verb(&self, done: &'static str, planned: &'static str) -> &'static str {
        if self.writing.dry_run { planned } else { done }
    }

    /// Notes that files were written or removed.
    pub(super) fn files(&mut self, files: &[FileChange]) {
        for FileChange { path, is_removal } in files {
            self.file(if *is_removal { "remove" } else { "write" }, path);
        }
    }

    /// Notes what happened to a file.
    pub(super) fn file(&mut self, action: &str, path: &Path) {
        self.note(action, Some(path), None, None);
    }

    /// Notes what happened to a toolchain, or to the name of one.
    pub(super) fn toolchain(
        &mut self,
        action: &str,
        path: Option<&Path>,
        name: Option<&LinkName>,
        release: (GoVersion, Platform),
    ) {
        self.note(action, path, name, Some(release));
    }

    fn note(
        &mut self,
        action: &str,
        path: Option<&Path>,
        name: Option<&LinkName>,
        release: Option<(GoVersion, Platform)>,
    ) {
        self.list.push(json!({
            "action": action,
            "path": path.map(Path::to_string_lossy),
            "name": name.map(ToString::to_string),
            "version": release.map(|(version, _)| version.to_string()),
            "platform": release.map(|(_, platform)| platform.to_string()),
        }));
    }

    /// Notes that a toolchain was installed, if it was.
    pub(super) fn installed(&mut self, outcome: &InstallOutcome) {
        if outcome.is_new {
            let Receipt { version, platform, .. } = outcome.installed.receipt;
            let tree = &outcome.installed.tree;
            self.toolchain("install", Some(tree), None, (version, platform));
        }
    }

    /// Says and notes what would be installed.
    pub(super) fn planned(&mut self, plan: InstallPlan) {
        let InstallPlan { version, platform, is_there } = plan;
        if is_there {
            self.session.ui.say(&format!("{version} for {platform} is installed"));
        } else {
            self.session.ui.say(&format!("would install {version} for {platform}"));
            self.toolchain("install", None, None, (version, platform));
        }
    }

    /// Prints them, if that is asked for.
    pub(super) fn finish(self) {
        if self.writing.json {
            let Self { session, writing, list } = self;
            session.ui.json(&json!({"dry_run": writing.dry_run, "changes": list}));
        }
    }
}
