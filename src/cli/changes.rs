//! What a command that writes changed, or would change: the same JSON of all of them.

use crate::cli::args::Writing;
use goward_core::install::one::InstallPlan;
use goward_core::install::request::InstallOutcome;
use goward_core::project::transaction::FileChange;
use goward_core::session::Session;
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
            let action = if *is_removal { "remove" } else { "write" };
            self.add(action, Some(path), &json!({}));
        }
    }

    /// Notes that a toolchain was installed, if it was.
    pub(super) fn installed(&mut self, outcome: &InstallOutcome) {
        if outcome.is_new {
            let (receipt, tree) = (&outcome.installed.receipt, &outcome.installed.tree);
            let (version, platform) = (receipt.version.to_string(), receipt.platform.to_string());
            self.add("install", Some(tree), &json!({"version": version, "platform": platform}));
        }
    }

    /// Says and notes what would be installed.
    pub(super) fn planned(&mut self, plan: &InstallPlan) {
        let (version, platform) = (plan.version.to_string(), plan.platform.to_string());
        let name = format!("{version} for {platform}");
        if plan.is_there {
            self.session.ui.say(&format!("{name} is installed"));
        } else {
            self.session.ui.say(&format!("would install {name}"));
            self.add("install", None, &json!({"version": version, "platform": platform}));
        }
    }

    /// Notes a change; `what` has those of `name`, `version` and `platform` that say what it is of.
    pub(super) fn add(&mut self, action: &str, path: Option<&Path>, what: &Value) {
        let mut change = json!({"action": action, "path": path.map(Path::to_string_lossy)});
        for key in ["name", "version", "platform"] {
            change[key] = what.get(key).cloned().unwrap_or_default();
        }
        self.list.push(change);
    }

    /// Prints them, if that is asked for.
    pub(super) fn finish(self) {
        if self.writing.json {
            let Self { session, writing, list } = self;
            session.ui.json(&json!({"dry_run": writing.dry_run, "changes": list}));
        }
    }
}
