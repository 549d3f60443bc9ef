//! Projects that somebody else made to do harm: nothing runs but goward and the store's own `go`.

use super::count::{Suite, count, is_part, is_wanted, random};
use super::scenarios::{fast, sandbox_below, shell};
use crate::common::{Outcome, Sandbox, skip};
use std::path::Path;

/// Values that somebody may hope to be a path, a command or an option.
const VALUES: [&str; 10] = [
    "../../evil",
    "/tmp/evil",
    "$(touch pwned)",
    "`touch pwned`",
    "go1.99.1;touch pwned",
    "file:///evil",
    "go1.99.1\\nGOFLAGS = 1",
    "-toolexec=./evil",
    "go1.99.1\\u001b[31m",
    "local",
];
const KEYS: [&str; 7] = ["version", "request", "level", "isolation", "goroot", "h1", "sha256"];
/// Variables that would run something, or lead elsewhere.
const VARIABLES: [&str; 20] = [
    "GOFLAGS",
    "GOROOT",
    "GOENV",
    "GOTOOLCHAIN",
    "GOPROXY",
    "GOSUMDB",
    "CC",
    "CXX",
    "CGO_CFLAGS",
    "CGO_LDFLAGS",
    "PATH",
    "LD_PRELOAD",
    "LD_LIBRARY_PATH",
    "HOME",
    "GOTOOLDIR",
    "PKG_CONFIG",
    "GOCACHEPROG",
    "GOAUTH",
    "GIT_SSH_COMMAND",
    "GOWARD_HOME",
];
/// What other tools read.
const FILES: [(&str, &str); 14] = [
    ("go.mod", "module x\n\ngo 1.21\n\ntoolchain ../../evil\n"),
    ("go.mod", "module x\n\ngo 1.21\n\ntoolchain go1.99.1-evil/../../bin\n"),
    ("go.mod", "module x\n\ngo `touch pwned`\n"),
    ("go.work", "go 1.21\n\ntoolchain go1.99.1;touch\n\nuse ../..\n"),
    (".go-version", "../../evil\n"),
    (".go-version", "$(touch pwned)\n"),
    (".tool-versions", "golang path:./evil\n"),
    (".tool-versions", "golang {{exec(command='touch pwned')}}\n"),
    (".tool-versions", "golang ref:evil\n"),
    ("mise.toml", "[tools]\ngo = \"path:./evil\"\n[hooks]\nenter = \"touch pwned\"\n"),
    (
        "mise.toml",
        "[env]\n_.source = \"./evil\"\n[tools]\ngo = \"{{ exec(command='touch pwned') }}\"\n",
    ),
    ("goward.toml", "[toolchain]\ngo = \"../../evil\"\n"),
    ("goward.toml", "[toolchain]\ngo = \"link:./evil\"\n[hooks]\npost = \"touch pwned\"\n"),
    ("config.toml", "sources = [\"file:///evil\"]\n"),
];
/// What can stand where a lock should, as commands of the shell that put it there.
const PLACES: [&str; 12] = [
    "ln -s /etc/passwd goward.lock",
    "ln -s /dev/zero goward.lock",
    "mkfifo goward.lock",
    "mkdir goward.lock",
    ": > goward.lock",
    "head -c 300000 /dev/zero > goward.lock",
    "yes 'a = 1' | head -n 200000 > goward.lock",
    "head -c 1000000 /dev/zero | tr '\\0' a > goward.lock",
    "ln -s goward.lock goward.lock",
    "ln -s ../lock goward.lock",
    "printf '\\357\\273\\277' > goward.lock",
    "cp ../lock goward.lock && chmod 666 goward.lock && chown 4242 goward.lock 2>/dev/null || :> goward.lock",
];

/// What a project holds, as a script that makes it in an empty directory beside a good lock.
struct Project {
    name: String,
    script: String,
    /// Whether there is a lock, good or not. Where none is, `go` is the next one on PATH, and that is
    /// for the caller to say.
    has_lock: bool,
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

fn projects(lock: &str) -> Vec<Project> {
    let mut all = Vec::new();
    let mut add = |name: String, script: String| {
        let has_lock = script.contains("goward.lock");
        all.push(Project { name, script, has_lock });
    };
    let write = |name: &str, text: &str| format!("printf %s {} > {name}", quoted(text));
    for key in KEYS {
        for (number, value) in VALUES.iter().enumerate() {
            let line = format!("{key} = \"{value}\"");
            let is_there = lock.lines().any(|line| line.starts_with(&format!("{key} = ")));
            let text: String = if is_there {
                let swap = |old: &str| {
                    if old.starts_with(&format!("{key} = ")) {
                        line.clone()
                    } else {
                        old.to_owned()
                    }
                };
                lock.lines().map(|line| swap(line) + "\n").collect()
            } else {
                lock.replace("[toolchain]\n", &format!("[toolchain]\n{line}\n"))
            };
            add(format!("{key}-{number}."), write("goward.lock", &text));
        }
    }
    for variable in VARIABLES {
        let text = format!("{lock}\n[pins]\n{variable} = \"./evil\"\n");
        add(format!("pin-{variable}."), write("goward.lock", &text));
    }
    for table in ["env", "hooks", "toolchain.exec", "include"] {
        let text = format!("{lock}\n[{table}]\nrun = \"touch pwned\"\n");
        add(format!("table-{table}."), write("goward.lock", &text));
    }
    for (number, (file, text)) in FILES.iter().enumerate() {
        add(format!("file-{number}."), write(file, text));
    }
    for (number, place) in PLACES.iter().enumerate() {
        add(format!("place-{number}."), (*place).to_owned());
    }
    all
}

/// A store with two releases, a good lock, and programs in a project that nobody may run.
fn scene() -> (Sandbox, String) {
    let sandbox = sandbox_below(fast());
    assert_eq!(sandbox.goward(["install", "1.98.3"]).code, Some(0));
    assert_eq!(sandbox.goward_in("good", ["use", "1.99.1"]).code, Some(0));
    let lock = sandbox.read("good/goward.lock");
    sandbox.write("lock", &lock);
    (sandbox.var("GOWARD_OFFLINE", "1"), lock)
}

const EVIL: [&str; 8] = ["evil", "go", "go1.99.1", "goward", "git", "cc", "pip", "sh"];

fn make(sandbox: &Sandbox, script: &str) {
    let names = EVIL.join(" ");
    let programs = format!(
        "for name in {names}; do printf '#!/bin/sh\\ntouch pwned\\n' > $name; chmod +x $name; done;"
    );
    shell(&sandbox.path(""), "rm -rf project && mkdir project");
    shell(&sandbox.path("project"), &format!("{programs} {script}"));
}

/// Runs a program of goward in the project, under strace; returns what ran besides,
/// with a lock; without one, what the project has itself.
fn traced(
    sandbox: &Sandbox,
    has_lock: bool,
    program: &Path,
    args: &[&str],
) -> (Outcome, Vec<String>) {
    let mut command = sandbox.command(Path::new("/usr/bin/timeout"), "project");
    command.args(["-s", "KILL", "20", "/usr/bin/strace", "-f", "-qq", "-s", "4096"]);
    command.args(["-e", "trace=execve,execveat", "-o"]).arg(sandbox.path("trace"));
    let outcome = sandbox.finish(command.arg(program).args(args));
    let trace = sandbox.read("trace");
    let ours = |path: &str| {
        let below =
            |directory: std::path::PathBuf| path.starts_with(&format!("{}/", directory.display()));
        below(sandbox.path("bin"))
            || below(sandbox.store().join("shims"))
            || below(sandbox.store().join("tree"))
    };
    let ran = trace.lines().filter_map(|line| line.split_once("execve(\"")?.1.split('"').next());
    let inside = format!("{}/", sandbox.path("project").display());
    let is_strange = |path: &&str| if has_lock { !ours(path) } else { path.starts_with(&inside) };
    let strange = ran.filter(is_strange).map(str::to_owned).collect();
    (outcome, strange)
}

fn judge(outcome: &Outcome) -> Option<String> {
    let is_known = outcome.code.is_some_and(|code| matches!(code, 0..=7 | 126 | 127));
    let is_clean = outcome.stderr.chars().all(|c| c == '\n' || !c.is_control());
    let has_reason = outcome.code == Some(0) || outcome.stderr.contains("goward: ");
    let panicked = outcome.stderr.contains("panicked at");
    (!is_known || !is_clean || !has_reason || panicked).then(|| format!("{outcome:?}"))
}

#[test]
fn a_project_runs_nothing_of_its_own() {
    if !Path::new("/usr/bin/strace").exists() {
        return skip("strace is missing: hostile projects were not tried");
    }
    let mut suite = Suite::new(
        "hostile projects, execve traced",
        "torture::hostile::a_project_runs_nothing_of_its_own",
    );
    let (mut sandbox, lock) = scene();
    let all = projects(&lock);
    let total = all.len();
    let all = all.into_iter().filter(|project| is_wanted(&project.name)).collect();
    let chosen = random("hostile", 0).sample(all, count(16, usize::MAX));
    let (mut tried, mut ran) = (0, 0);
    let path = format!("{}:.:/usr/bin:/bin", sandbox.path("project").display());
    for Project { name, script, has_lock } in chosen {
        tried += 1;
        let path = if has_lock { path.as_str() } else { "/usr/bin:/bin" };
        sandbox = sandbox.var("PATH", path);
        make(&sandbox, &script);
        let shim = sandbox.store().join("shims/go");
        let goward = sandbox.path("bin/goward");
        let calls: [(&Path, &[&str]); 3] =
            [(&shim, &["version"]), (&goward, &["which"]), (&goward, &["install"])];
        for (program, args) in calls {
            let (outcome, strange) = traced(&sandbox, has_lock, program, args);
            ran += usize::from(outcome.code == Some(0));
            if !strange.is_empty() {
                suite.failed(&name, format!("{args:?} ran {strange:?}"));
            }
            if let Some(why) = judge(&outcome) {
                suite.failed(&name, format!("{args:?}: {why}"));
            }
        }
        if sandbox.path("project/pwned").exists() {
            suite.failed(&name, "a program of the project ran");
        }
    }
    if ran == 0 && tried == total {
        suite.failed_as_a_whole("no command succeeded");
    }
    suite.end(tried, &format!("of {total} projects, 3 commands each; {ran} commands succeeded"));
}

#[test]
fn a_changed_lock_runs_its_release_or_nothing() {
    let mut suite = Suite::new(
        "hostile locks, fuzzed, through the shim",
        "torture::hostile::a_changed_lock_runs_its_release_or_nothing",
    );
    let (sandbox, lock) = scene();
    make(&sandbox, "cp ../lock goward.lock");
    let (mut tried, mut ran) = (0, 0);
    for number in 0..count(150, 100_000) {
        let case = format!("case {number}.");
        if !is_wanted(&case) {
            continue;
        }
        tried += 1;
        let mut random = random("hostile-locks", number);
        let text = super::fuzz::mutate(&mut random, &[lock.clone().into_bytes()]);
        sandbox.write("project/goward.lock", &text);
        let outcome = sandbox.go(["version"]);
        let right = ["go version go1.99.1 version\n", "go version go1.98.3 version\n"];
        let is_right = right.iter().any(|line| outcome.stdout.starts_with(line));
        ran += usize::from(is_right);
        let refused = outcome.stdout.is_empty() && outcome.code != Some(0);
        let why = judge(&outcome).or_else(|| (is_right == refused).then(|| format!("{outcome:?}")));
        if let Some(why) = why {
            suite.failed(case, format!("{why}: {}", text.escape_ascii()));
        }
    }
    if sandbox.path("project/pwned").exists() {
        suite.failed_as_a_whole("a program of the project ran");
    }
    if ran == 0 && !is_part() {
        suite.failed_as_a_whole("no lock ran its release");
    }
    suite.end(tried, &format!("{ran} ran a release of the store, the rest was refused"));
}
