//! Description of a matrix run: the project and its commit, the day, the machine.

use crate::Lab;
use crate::matrix::report::Origin;
use goward_core::calendar;
use goward_core::io::file;
use goward_core::lock_holder::LockHolder;
use goward_core::platform::Platform;
use goward_core::project::find_root;
use goward_core::resolve::run_with_timeout;
use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};
use std::process::Command;
use std::thread::available_parallelism;
use std::time::{Duration, SystemTime};

/// Longest `go.mod` that is read for the project's name.
const MAX_GO_MOD: u64 = 1 << 20;

/// How long git may take to tell the commit.
const GIT_LIMIT: Duration = Duration::from_secs(10);

impl Lab<'_> {
    /// Returns what is tried, when, and on what. Files that goward writes are none of the project's: `own`.
    pub(crate) fn origin(&self, own: &[PathBuf]) -> Origin {
        let root = find_root(&self.session.ctx);
        let module = self.session.ctx.cwd.ancestors().find_map(|directory| {
            let text = file::read(&directory.join("go.mod"), MAX_GO_MOD).ok()??;
            let text = String::from_utf8_lossy(&text).into_owned();
            let path = text.lines().find_map(|line| line.trim().strip_prefix("module "))?;
            Some(path.trim().trim_matches('"').to_owned())
        });
        let git = |words: &[OsString]| {
            let mut command = Command::new("git");
            command
                .args(["--no-optional-locks", "-c", "core.fsmonitor=false"])
                .args(words)
                .current_dir(&root)
                .env_clear()
                .envs(&self.session.ctx.variables);
            let ran = run_with_timeout::run(&mut command, GIT_LIMIT).ok()?;
            ran.is_ok.then_some(ran.output)
        };
        let mut status: Vec<OsString> =
            ["status", "--porcelain", "--", ":/"].map(Into::into).into();
        let below = own.iter().filter_map(|path| path.strip_prefix(&root).ok());
        // What is elsewhere is no change of the project, and git would refuse it.
        let is_below = |path: &&Path| {
            path.components().next().is_some()
                && path.components().all(|part| matches!(part, Component::Normal(_)))
        };
        for path in below.filter(is_below) {
            let mut without = OsString::from(":(exclude,literal)");
            without.push(path);
            status.push(without);
        }
        let commit = git(&["rev-parse", "HEAD"].map(Into::into)).map(|commit| {
            let changed = git(&status).is_none_or(|files| !files.is_empty());
            if changed { format!("{commit} and changes") } else { commit }
        });
        let host = LockHolder::this_process("").host;
        let cores = available_parallelism().map_or(1, std::num::NonZero::get);
        Origin {
            project: module.unwrap_or_else(|| root.display().to_string()),
            commit,
            date: calendar::utc(SystemTime::now()).format("%Y-%m-%d %H:%M UTC").to_string(),
            machine: format!("{host}, {}, {cores} processors", Platform::host()),
            goward: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }
}
