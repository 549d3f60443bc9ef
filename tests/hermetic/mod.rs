//! What one Go sees never reaches another: the conformance suite, on real toolchains.
//!
//! All tests share one store, because a toolchain is 200 MB and takes seconds. A sample of the
//! versions runs by default, `GOWARD_TEST_FULL=1` takes every one; `README.md` here says what is
//! tested, and how many cases that is.

mod asked;
mod builds;
mod diff;
mod inspect;
mod knobs;
mod linkage;
mod many;
mod myths;
mod nested;
mod reproduce;
mod table;
mod targets;
mod values;
mod verdicts;

use crate::common::{Outcome, Sandbox, is_full, machine, skip};
use crate::real;
use goward_shim::pins::{Isolation, first_minor};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};

/// A toolchain of the suite.
struct Toolchain {
    /// The release, as Go spells it without `go`.
    release: &'static str,
    /// What a manifest asks for.
    request: &'static str,
    /// The arguments of `goward` that bring it into the store.
    setup: &'static [&'static str],
    /// What has to be there for that.
    needs: &'static str,
    /// Whether it is in the sample.
    sampled: bool,
}

/// Every toolchain, oldest first.
const TOOLCHAINS: &[Toolchain] = &[
    // Debian's package; nothing that the index has is that old.
    Toolchain {
        release: "1.19.8",
        request: "debian",
        setup: &["link", "debian", "/usr/lib/go-1.19"],
        needs: "/usr/lib/go-1.19/bin/go",
        sampled: true,
    },
    released("1.21.13", &["install", "1.21.13"], false),
    released("1.22.10", &["install", "1.22.10"], true),
    released("1.23.9", &["install", "1.23.9"], false),
    released("1.24.11", &["install", "1.24.11"], true),
    released("1.25.5", &["install", "1.25.5"], false),
    released("1.26.6", &["install", "1.26.6"], false),
    released("1.27.3", &["install", "1.27.3"], true),
];

const fn released(
    release: &'static str,
    setup: &'static [&'static str],
    sampled: bool,
) -> Toolchain {
    Toolchain { release, request: release, setup, needs: "/", sampled }
}

impl Toolchain {
    /// Returns true when this run takes it; says so when it cannot.
    fn is_wanted(&self) -> bool {
        let chosen = self.sampled || is_full();
        let there = Path::new(self.needs).exists();
        if chosen && !there {
            skip(&format!("hermetic: go{} without `{}`", self.release, self.needs));
        }
        chosen && there
    }
}

/// Says something on the terminal even when output is captured.
pub(crate) fn note(what: &str) {
    _ = writeln!(std::io::stderr().lock(), "{what}");
}

/// One installed toolchain.
struct Go {
    release: &'static str,
    request: &'static str,
    minor: u32,
    /// The real toolchain.
    tree: PathBuf,
    /// What builds see.
    root: PathBuf,
}

impl Go {
    /// Returns the version as Go prints it.
    fn version(&self) -> String {
        format!("go{}", self.release)
    }

    /// Returns true for a toolchain that is linked, and so has to be told where it is.
    fn is_linked(&self) -> bool {
        self.request != self.release
    }

    /// Returns the directory of the real programs, which a PATH can begin with.
    fn programs(&self) -> PathBuf {
        goward_core::store::program_of(&self.tree, "go").parent().unwrap().to_owned()
    }

    /// Returns true when a lock for this version may hold the value.
    fn takes(&self, name: &str, value: &str) -> bool {
        self.minor >= first_minor(name, value) && (name != "GOROOT_FINAL" || self.minor <= 22)
    }
}

/// The store with its toolchains, and room for projects.
struct Lab {
    sandbox: Sandbox,
    gos: Vec<Go>,
    /// The versions whose library is compiled.
    compiled: Mutex<BTreeSet<&'static str>>,
    /// Open as long as this process lives; its end has everything removed.
    _alive: ChildStdin,
}

/// Returns the lab, or `None` when real toolchains are left out.
fn lab() -> Option<&'static Lab> {
    static LAB: OnceLock<Option<Lab>> = OnceLock::new();
    LAB.get_or_init(Lab::new).as_ref()
}

/// Returns the lab's sandbox, for other tests with real toolchains.
pub(crate) fn shared() -> Option<&'static Sandbox> {
    lab().map(|lab| &lab.sandbox)
}

/// Returns true when the lab has what answers to a request.
pub(crate) fn has_release(request: &str) -> bool {
    lab().is_some_and(|lab| lab.gos.iter().any(|go| go.request == request))
}

/// A language version that every toolchain takes.
const GO_MOD: &str = "module example.com/m\n\ngo 1.19\n";

/// Leaves what the go command was started with in `go.environ`, and what it gave to its child in
/// `child.environ`.
const OBSERVE: &str =
    "cat \"/proc/$PPID/environ\" >go.environ\ncat \"/proc/$$/environ\" >child.environ\n";

/// What `GOCACHEPROG` can name: it has nothing and keeps nothing.
const CACHE_PROGRAM: &str = r#"#!/bin/sh
echo '{"ID":0,"KnownCommands":["get"]}'
while read -r request; do
    [ -n "$request" ] || continue
    id=${request#*'"ID":'}
    echo "{\"ID\":${id%%[!0-9]*},\"Miss\":true}"
done
"#;

type Variables = BTreeMap<String, String>;

impl Lab {
    fn new() -> Option<Self> {
        let wanted: Vec<_> = TOOLCHAINS.iter().filter(|toolchain| toolchain.is_wanted()).collect();
        let published = wanted.iter().filter(|toolchain| toolchain.request == toolchain.release);
        if !real::enabled(&published.map(|toolchain| toolchain.release).collect::<Vec<_>>()) {
            return None;
        }
        let sandbox = real::sandbox().var("GOWARD_ACCEPT", "listed");
        let alive = cleaner(&sandbox.path(""));
        // Two at a time: half of the time is pip's.
        std::thread::scope(|scope| {
            for half in wanted.chunks(wanted.len().div_ceil(2)) {
                let sandbox = &sandbox;
                scope.spawn(move || {
                    for toolchain in half {
                        sandbox.goward(toolchain.setup).says();
                    }
                });
            }
        });
        let store = sandbox.store();
        let path = format!("{}:/usr/bin:/bin", store.join("shims").display());
        let cache = sandbox.path("cache");
        let sandbox = sandbox.var("GOWARD_HOME", store).var("PATH", path).var("GOCACHE", cache);
        sandbox.write("cacheprog", CACHE_PROGRAM);
        fs::set_permissions(sandbox.path("cacheprog"), fs::Permissions::from_mode(0o755)).unwrap();
        let gos = wanted.into_iter().map(|toolchain| find(&sandbox, toolchain)).collect();
        Some(Self { sandbox, gos, compiled: Mutex::default(), _alive: alive })
    }

    /// Makes a project whose lock is made from these pins, in both spellings of `go` a program
    /// without imports. `profile` replaces the pins where it is chosen.
    fn project(&self, directory: &str, go: &Go, isolation: Isolation, pins: &[(&str, &str)]) {
        self.unlocked(directory, go, isolation, pins, &[]);
        self.lock(directory).says();
    }

    fn unlocked(
        &self,
        directory: &str,
        go: &Go,
        isolation: Isolation,
        pins: &[(&str, &str)],
        profile: &[(&str, &str)],
    ) {
        let mut manifest = format!("[toolchain]\ngo = \"{}\"\n", go.request);
        _ = write!(manifest, "[policy]\nisolation = \"{}\"\n", isolation.name());
        manifest += &tables("pins", pins);
        if !profile.is_empty() {
            manifest += &tables("profile.p", profile);
        }
        let write =
            |name: &str, text: &str| self.sandbox.write(&format!("{directory}/{name}"), text);
        write("goward.toml", &manifest);
        write("go.mod", GO_MOD);
        write("main.go", "package main\n\nfunc main() { println(\"ok\") }\n");
        write("generate.go", "package main\n\n//go:generate sh observe.sh\n");
        write("observe.sh", OBSERVE);
    }

    fn lock(&self, directory: &str) -> Outcome {
        self.sandbox.goward_in(directory, ["lock"])
    }

    /// Has the library of a toolchain compiled once, which tests at the same time would each do.
    fn compile_library(&self, go: &Go) {
        let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        if compiled.insert(go.release) {
            let directory = format!("library/{}", go.release);
            self.project(&directory, go, Isolation::Pinned, &[]);
            self.run(self.go(&directory).args(["build", "-o", "program", "."]));
        }
    }

    /// The shim as `go`, in a directory.
    fn go(&self, directory: &str) -> Command {
        self.sandbox.command(&self.sandbox.store().join("shims/go"), directory)
    }

    /// The real `go` of a toolchain, past the shim.
    fn real(&self, go: &Go, directory: &str) -> Command {
        self.sandbox.command(&goward_core::store::program_of(&go.tree, "go"), directory)
    }

    /// Runs a command that has to succeed; returns what it printed.
    #[track_caller]
    fn run(&self, command: &mut Command) -> String {
        let shown = format!("{command:?}");
        let outcome = self.sandbox.finish(command);
        assert_eq!(outcome.code, Some(0), "{shown}: {}", outcome.stderr);
        outcome.stdout
    }

    /// Returns what `OBSERVE` left behind: the environment of go, and that of its child.
    fn observed(&self, directory: &str) -> (Variables, Variables) {
        let read = |name: &str| variables(&self.sandbox.path(directory).join(name));
        (read("go.environ"), read("child.environ"))
    }
}

/// Finds out where an installed toolchain is.
fn find(sandbox: &Sandbox, toolchain: &Toolchain) -> Go {
    let &Toolchain { release, request, .. } = toolchain;
    let directory = format!("find/{release}");
    let manifest = format!("[toolchain]\ngo = \"{request}\"\n");
    sandbox.write(&format!("{directory}/goward.toml"), manifest);
    sandbox.goward_in(&directory, ["lock"]).says();
    let mut command = sandbox.command(&sandbox.path("bin/goward"), &directory);
    let output = command.args(["which", "--json"]).output().unwrap();
    let which: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let path = |key: &str| PathBuf::from(which[key].as_str().unwrap());
    // Of a linked toolchain the directory itself, which is what its go makes of the link.
    let program = fs::canonicalize(path("path")).unwrap();
    let tree = program.parent().unwrap().parent().unwrap().to_owned();
    let minor = release.split('.').nth(1).unwrap().parse().unwrap();
    Go { release, request, minor, tree, root: path("root") }
}

/// Starts what removes a directory when this process has ended, however that happens.
pub(crate) fn cleaner(directory: &Path) -> ChildStdin {
    let script = "cat; chmod -R u+w \"$0\"; rm -rf \"$0\"";
    let mut command = machine::command("sh");
    command.args(["-c", script]).arg(directory).stdin(Stdio::piped());
    // An interrupt from the terminal is not for it.
    command.stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    command.spawn().unwrap().stdin.unwrap()
}

/// Reads `NAME=value` strings with zero bytes between them.
fn variables(path: &Path) -> Variables {
    let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let text = String::from_utf8(bytes).unwrap();
    let pairs = text.split_terminator('\0').filter_map(|entry| entry.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// Returns pins as tables of a manifest.
fn tables(name: &str, pins: &[(&str, &str)]) -> String {
    let mut own = format!("[{name}]\n");
    let mut levels = format!("[{name}.levels]\n");
    let mut debug = format!("[{name}.debug]\n");
    let list = |value: &str, separator| {
        value.split(separator).map(|item| format!("{item:?}")).collect::<Vec<_>>().join(", ")
    };
    for (pin, value) in pins {
        _ = match *pin {
            "CGO_ENABLED" => writeln!(own, "cgo = {}", *value == "1"),
            "GODEBUG" => value.split(',').try_for_each(|setting| {
                let (key, value) = setting.split_once('=').unwrap();
                writeln!(debug, "{key} = {value:?}")
            }),
            "GOEXPERIMENT" => writeln!(own, "experiments = [{}]", list(value, ',')),
            "GOFIPS140" => writeln!(own, "fips140 = {value:?}"),
            "GOFLAGS" => writeln!(own, "flags = [{}]", list(value, ' ')),
            "GOROOT_FINAL" => writeln!(own, "goroot-final = {value:?}"),
            level => writeln!(levels, "{level} = {value:?}"),
        };
    }
    own + &levels + &debug
}
