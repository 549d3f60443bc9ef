//! What the black-box tests share: a sandbox with its own home, store and projects, run against
//! the real binaries.

pub(crate) mod archives;
pub(crate) mod crowd;
pub(crate) mod go_sources;
pub(crate) mod json_keys;
#[path = "../../crates/gosumdb/tests/main/log.rs"]
pub(crate) mod log;
pub(crate) mod machine;
pub(crate) mod memory;
pub(crate) mod programs;
pub(crate) mod random;
pub(crate) mod server;
pub(crate) mod skip;
pub(crate) mod trace;
pub(crate) mod vulndb;
pub(crate) mod wheel;

use machine::command;
pub(crate) use skip::skip;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// What a run left behind, with the sandbox's own paths replaced by names in brackets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Outcome {
    /// Requires exit code 0 and nothing on standard error; returns standard output.
    #[track_caller]
    pub(crate) fn data(&self) -> &str {
        assert_eq!((self.code, self.report().as_str()), (Some(0), ""), "{}", self.stdout);
        &self.stdout
    }

    /// Requires exit code 0; returns standard error.
    #[track_caller]
    pub(crate) fn says(&self) -> &str {
        assert_eq!(self.code, Some(0), "{self:?}");
        &self.stderr
    }

    /// Requires a failure with exactly this report and nothing on standard output.
    #[track_caller]
    pub(crate) fn fails(&self, code: i32, report: &str) {
        assert_eq!((self.report().trim_end(), self.code), (report, Some(code)));
        assert_eq!(self.stdout, "");
    }

    /// Standard error without what is printed because something takes long: how fast a machine is decides that.
    fn report(&self) -> String {
        let is_progress = |line: &&str| {
            let Some(text) = line.strip_prefix("goward: ") else { return false };
            let [first, second, ..] = text.split(' ').collect::<Vec<_>>()[..] else { return false };
            match first {
                "downloading" | "unpacking" | "verifying" => second.starts_with("go1."),
                "asking" => text.contains(" for go1."),
                "waiting" => text.ends_with(" s at most"),
                _ => false,
            }
        };
        self.stderr.split_inclusive('\n').filter(|line| !is_progress(&line.trim_end())).collect()
    }
}

/// A home of its own.
pub(crate) struct Sandbox {
    base: PathBuf,
    variables: Vec<(OsString, OsString)>,
    redactions: Vec<(String, String)>,
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        Self::below(Path::new(env!("CARGO_TARGET_TMPDIR")))
    }

    /// A sandbox on another file system, such as `/dev/shm` for real toolchains.
    pub(crate) fn below(directory: &Path) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name =
            format!("goward-test-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let base = directory.join(name);
        for part in ["bin", "home", "project"] {
            fs::create_dir_all(base.join(part)).unwrap();
        }
        for (name, built) in programs() {
            let here = base.join("bin").join(name);
            // Links, not copies: a descriptor open for writing could be inherited by another
            // test's child and make the program "busy".
            if fs::hard_link(built, &here).is_err() {
                let copied = command("cp").arg(built).arg(&here).status().unwrap();
                assert!(copied.success());
            }
        }
        let redactions = [
            ("project", "[PROJECT]"),
            ("home/.local/share/goward", "[STORE]"),
            ("home", "[HOME]"),
            ("bin", "[BIN]"),
            ("", "[BASE]"),
        ]
        .map(|(part, name)| {
            (base.join(part).to_string_lossy().trim_end_matches('/').to_owned(), name.to_owned())
        });
        let sandbox = Self { base, variables: Vec::new(), redactions: redactions.to_vec() };
        let home = sandbox.path("home");
        let path = format!("{}/shims:/usr/bin:/bin", sandbox.store().display());
        sandbox
            .var("HOME", home)
            .var("PATH", path)
            .var("GOWARD_SOURCE", "file:///nowhere")
            // Nobody is asked for modules, and so neither is the checksum database.
            .var("GOPROXY", "off")
            // Nor is the vulnerability database.
            .var("GOVULNDB", "off")
    }

    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.base.join(relative)
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.path("home/.local/share/goward")
    }

    pub(crate) fn var(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.into(), value.as_ref().into()));
        self
    }

    pub(crate) fn without_var(mut self, name: &str) -> Self {
        self.variables.retain(|(known, _)| known != name);
        self
    }

    /// Uses `source` alone and accepts what it lists.
    pub(crate) fn source(self, source: &str) -> Self {
        let mut sandbox = self.var("GOWARD_SOURCE", source).var("GOWARD_ACCEPT", "listed");
        sandbox.redactions.insert(0, (source.to_owned(), "[URL]".to_owned()));
        sandbox
    }

    /// Writes a file, with its directories.
    pub(crate) fn file(self, relative: &str, text: impl AsRef<[u8]>) -> Self {
        self.write(relative, text);
        self
    }

    pub(crate) fn write(&self, relative: &str, text: impl AsRef<[u8]>) {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, relative: &str) -> String {
        fs::read_to_string(self.path(relative)).unwrap()
    }

    /// A command in `directory` with the sandbox's environment.
    pub(crate) fn command(&self, program: &Path, directory: &str) -> Command {
        let directory = self.path(directory);
        fs::create_dir_all(&directory).unwrap();
        let mut command = command(program);
        command.env_clear().envs(self.variables.iter().cloned()).current_dir(directory);
        command
    }

    /// Runs `goward` in `project`.
    pub(crate) fn goward<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Outcome {
        self.goward_in("project", args)
    }

    pub(crate) fn goward_in<A: AsRef<OsStr>>(
        &self,
        directory: &str,
        args: impl IntoIterator<Item = A>,
    ) -> Outcome {
        let mut command = self.command(&self.path("bin/goward"), directory);
        self.finish(command.args(args))
    }

    /// Runs the shim as `go` in `project`.
    pub(crate) fn go<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Outcome {
        self.go_in("project", args)
    }

    pub(crate) fn go_in<A: AsRef<OsStr>>(
        &self,
        directory: &str,
        args: impl IntoIterator<Item = A>,
    ) -> Outcome {
        let mut command = self.command(&self.store().join("shims/go"), directory);
        self.finish(command.args(args))
    }

    /// Runs a command to its end, with nothing on standard input. What is not there ends as in a shell:
    /// other systems have no `unshare`.
    pub(crate) fn finish(&self, command: &mut Command) -> Outcome {
        let output = match command.stdin(Stdio::null()).output() {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let stderr = format!("{}: not found", command.get_program().display());
                return Outcome { code: Some(127), stdout: String::new(), stderr };
            }
            output => output.unwrap(),
        };
        Outcome {
            code: output.status.code(),
            stdout: self.redact(&output.stdout),
            stderr: self.redact(&output.stderr),
        }
    }

    pub(crate) fn redact(&self, text: &[u8]) -> String {
        let text = String::from_utf8_lossy(text).into_owned();
        self.redactions.iter().fold(text, |text, (from, to)| text.replace(from, to))
    }

    /// Every path below the store that is not read-only scenery, sorted: what a failed command
    /// must not have changed.
    pub(crate) fn store_listing(&self) -> Vec<String> {
        let mut found = Vec::new();
        list(&self.store(), &self.store(), &mut found);
        found.sort();
        found
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // Go takes the write bits off the directories of its module cache.
        _ = command("chmod").args(["-R", "u+w"]).arg(&self.base).stderr(Stdio::null()).status();
        _ = fs::remove_dir_all(&self.base);
    }
}

fn list(base: &Path, directory: &Path, found: &mut Vec<String>) {
    let Ok(entries) = fs::read_dir(directory) else { return };
    for entry in entries {
        // Another process may be changing the store at the same time.
        let Ok(entry) = entry else { continue };
        let path = entry.path();
        found.push(path.strip_prefix(base).unwrap().to_string_lossy().into_owned());
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            list(base, &path, found);
        }
    }
}

/// The manager, as it is built for tests, and the shim, as it is shipped, by the names under which they are
/// installed; `cargo test` does not build that shim.
pub(crate) fn programs() -> &'static [(&'static str, PathBuf); 2] {
    static PROGRAMS: OnceLock<[(&str, PathBuf); 2]> = OnceLock::new();
    PROGRAMS.get_or_init(|| {
        let goward = PathBuf::from(env!("CARGO_BIN_EXE_goward"));
        let target = goward.ancestors().nth(2).unwrap();
        let mut build = machine::inheriting(env!("CARGO"));
        build.args(["build", "--quiet", "--locked", "--offline", "--release"]);
        build.args(["--package", "goward-shim"]);
        build.env("CARGO_TARGET_DIR", target);
        let status = build.current_dir(env!("CARGO_MANIFEST_DIR")).status().unwrap();
        assert!(status.success(), "cannot build the shim");
        let shim = target.join("release/shim");
        [("goward", goward), ("goward-shim", shim)]
    })
}

/// Returns true when every case is wanted, and not a sample: `GOWARD_TEST_FULL=1`, and no other value.
pub(crate) fn is_full() -> bool {
    std::env::var_os("GOWARD_TEST_FULL").is_some_and(|value| value == "1")
}
