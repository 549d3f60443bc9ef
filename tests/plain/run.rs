//! One case on both sides: its steps, what they print, how they end, and the files they leave.

use super::differences::{self, DIFFERENCES};
use super::{Go, Lab, Swapped, commands};
use crate::common::{is_full, machine};
use crate::hermetic::note;
use goward_core::verify::Digest;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Steps in one directory, each a line for `sh`.
#[derive(Clone, Copy)]
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) steps: &'static [&'static str],
    /// Files besides those of the project, or instead of them.
    files: &'static [(&'static str, &'static str)],
    /// The first line of Go that has what is tried.
    since: u32,
    /// A program without which nothing can be tried.
    needs: &'static str,
    /// When it is tried.
    when: When,
    /// Where it is tried.
    scenes: &'static [Scene],
}

pub(super) const fn case(name: &'static str, steps: &'static [&'static str]) -> Case {
    Case { name, steps, files: &[], since: 0, needs: "sh", when: When::Sampled, scenes: Scene::ALL }
}

impl Case {
    pub(super) const fn files(mut self, files: &'static [(&'static str, &'static str)]) -> Self {
        self.files = files;
        self
    }

    pub(super) const fn since(mut self, minor: u32) -> Self {
        self.since = minor;
        self
    }

    pub(super) const fn needs(mut self, program: &'static str) -> Self {
        self.needs = program;
        self
    }

    pub(super) const fn full(mut self) -> Self {
        self.when = When::Full;
        self
    }

    pub(super) const fn everywhere(mut self) -> Self {
        self.when = When::Always;
        self
    }

    pub(super) const fn only(mut self, scenes: &'static [Scene]) -> Self {
        self.scenes = scenes;
        self
    }

    pub(super) fn is_everywhere(&self) -> bool {
        self.when == When::Always
    }

    fn is_wanted(&self, go: &Go, scene: Scene) -> bool {
        let there = Path::new("/usr/bin").join(self.needs).exists();
        go.minor >= self.since
            && there
            && (self.when != When::Full || is_full())
            && self.scenes.contains(&scene)
    }
}

/// How often a case is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// With each release of the sample and in each scene, because goward could change what it does.
    Always,
    /// With the newest release under a lock.
    Sampled,
    /// In the full run only.
    Full,
}

/// What makes goward choose the release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scene {
    /// The project's lock. Plain Go gets `GOTOOLCHAIN=local`, which is what a lock means.
    Lock,
    /// The user's default.
    Default,
    /// A call in another, locked project, whose `go generate` runs the steps; the default is another
    /// release.
    Nested,
}

impl Scene {
    pub(super) const ALL: &'static [Self] = &[Self::Lock, Self::Default, Self::Nested];
}

/// Whose `go` runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Plain,
    Goward,
}

/// How a step ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ended {
    pub(super) code: Option<i32>,
    pub(super) output: String,
    pub(super) errors: String,
}

/// What a case left: the end of each step, and what each file is.
struct Left {
    steps: Vec<Ended>,
    files: BTreeMap<String, String>,
}

/// Runs the cases both ways, and panics with every difference that is not on the list.
pub(super) fn compare(lab: &Lab, go: &Go, scene: Scene, cases: &[Case]) {
    let cases: Vec<_> = cases.iter().filter(|case| case.is_wanted(go, scene)).collect();
    let _turn = lab.turn();
    let started = std::time::Instant::now();
    compiled(lab, go);
    let plain = {
        let _swapped = Swapped::new(&lab.gos);
        each(&cases, |case| run(lab, go, scene, case, Side::Plain))
    };
    lab.set_default(match scene {
        Scene::Lock => None,
        Scene::Default => Some(go),
        Scene::Nested => Some(lab.other(go)),
    });
    let goward = each(&cases, |case| run(lab, go, scene, case, Side::Goward));
    lab.set_default(None);

    let mut report = String::new();
    let mut seen = BTreeSet::new();
    for ((case, plain), goward) in cases.iter().zip(&plain).zip(&goward) {
        differ(scene, case, plain, goward, &mut seen, &mut report);
    }
    let steps: usize = cases.iter().map(|case| case.steps.len()).sum();
    let seconds = started.elapsed().as_secs();
    let release = go.release;
    note(&format!(
        "plain {scene:?} go{release}: {steps} commands in {} cases compared in {seconds} s",
        cases.len()
    ));
    assert!(report.is_empty(), "go{release}, {scene:?}:\n{report}");
    if cases.len() > 10 {
        for difference in DIFFERENCES.iter().filter(|row| row.patterns(scene).is_some()) {
            let name = difference.name;
            assert!(seen.contains(name), "go{release}, {scene:?}: no case shows: {name}");
        }
    }
}

/// Runs one step through goward, for what is not as with plain Go.
pub(super) fn goward_step(lab: &Lab, go: &Go, scene: Scene, name: &str, step: &str) -> Ended {
    let _turn = lab.turn();
    lab.set_default((scene == Scene::Default).then_some(go));
    let base = lab.sandbox.path(&format!("case/{name}"));
    scenery(&base, go, scene, &[]);
    let ended = end(&mut shell(lab, go, &base, Side::Goward, step));
    lab.set_default(None);
    fs::remove_dir_all(&base).unwrap();
    ended
}

/// Does something for each case, two at a time.
fn each<T: Send>(cases: &[&Case], work: impl Fn(&Case) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from).min(4) {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let number = cases.iter().position(|other| other.name == case.name).unwrap();
                    let result = work(case);
                    done.lock().unwrap().push((number, result));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap();
    done.sort_by_key(|(number, _)| *number);
    assert_eq!(done.len(), cases.len());
    done.into_iter().map(|(_, result)| result).collect()
}

/// Returns a build cache with what all cases need of the standard library. What is compiled is kept
/// between runs, as the wheels are.
pub(super) fn compiled(lab: &Lab, go: &Go) -> PathBuf {
    let cache = lab.sandbox.path(&format!("cache/{}", go.release));
    if cache.exists() {
        return cache;
    }
    let newest = lab.gos.last().is_some_and(|last| last.release == go.release);
    let more = if newest || is_full() { commands::WARM_NEWEST } else { &[] };
    let full = if is_full() { commands::WARM_FULL } else { &[] };
    let steps = [commands::WARM, more, full].concat();
    // Other steps compile something else.
    let lines = Digest::of(steps.concat().as_bytes()).to_string();
    let kept = format!("compiled/{}-{}", go.release, &lines[..12]);
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(kept);
    let complete = kept.join("complete");
    if !complete.exists() {
        let _swapped = Swapped::new(&lab.gos);
        compile(lab, go, &steps, &kept);
        fs::write(complete, "").unwrap();
    }
    fs::create_dir_all(cache.parent().unwrap()).unwrap();
    let copied = machine::command("cp").arg("-a").args([&kept, &cache]).status();
    assert!(copied.unwrap().success());
    cache
}

fn compile(lab: &Lab, go: &Go, steps: &[&str], cache: &Path) {
    let base = lab.sandbox.path("warm");
    lay_out(&base, commands::PROJECT);
    // Another module, so that nothing of the project itself is compiled.
    for name in ["go.mod", "main.go"] {
        let path = base.join("m").join(name);
        let text = fs::read_to_string(&path).unwrap().replace("example.com/m", "example.com/warm");
        fs::write(&path, text).unwrap();
    }
    for step in steps {
        let mut command = shell(lab, go, &base, Side::Plain, step);
        command.env("GOCACHE", cache);
        let ended = end(&mut command);
        assert_eq!(ended.code, Some(0), "{step}: {}{}", ended.output, ended.errors);
    }
    fs::remove_dir_all(&base).unwrap();
}

/// Runs a case on one side, in a place that the other side gets as well.
fn run(lab: &Lab, go: &Go, scene: Scene, case: &Case, side: Side) -> Left {
    let base = lab.sandbox.path(&format!("case/{}", case.name.replace(' ', "-")));
    scenery(&base, go, scene, case.files);
    // What is not changed is not copied: go replaces files of its cache, and never writes into one.
    let copied = machine::command("cp")
        .arg("-al")
        .arg(lab.sandbox.path(&format!("cache/{}", go.release)))
        .arg(base.join("cache"))
        .status();
    assert!(copied.unwrap().success());
    let steps = case.steps.iter().map(|step| {
        let mut command = if scene == Scene::Nested {
            let step = format!("cd '{}'\n{step}\n", base.join("m").display());
            fs::write(base.join("tmp/step.sh"), step).unwrap();
            let mut command = shell(lab, go, &base, side, "exec go generate");
            command.current_dir(base.join("outer"));
            command
        } else {
            shell(lab, go, &base, side, step)
        };
        if side == Side::Plain && scene != Scene::Default {
            command.env("GOTOOLCHAIN", "local");
        }
        let mut ended = end(&mut command);
        if side == Side::Goward {
            // The one thing that the caller sets differently.
            let shims = lab.shims().display().to_string();
            ended.output = ended.output.replace(&shims, &lab.plain_path(go));
            ended.errors = ended.errors.replace(&shims, &lab.plain_path(go));
        }
        ended
    });
    let steps = steps.collect();
    let mut files = BTreeMap::new();
    list(&base, &base, &mut files);
    _ = machine::command("chmod").args(["-R", "u+w"]).arg(&base).status();
    fs::remove_dir_all(&base).unwrap();
    Left { steps, files }
}

/// Makes what a case finds when it begins.
fn scenery(base: &Path, go: &Go, scene: Scene, files: &[(&str, &str)]) {
    lay_out(base, commands::PROJECT);
    lay_out(base, files);
    let locked = if scene == Scene::Nested { "outer" } else { "m" };
    if scene != Scene::Default {
        fs::write(base.join(locked).join("goward.toml"), &go.manifest).unwrap();
        fs::write(base.join(locked).join("goward.lock"), &go.lock).unwrap();
    }
}

/// Writes files, and makes the directories that every case has.
fn lay_out(base: &Path, files: &[(&str, &str)]) {
    for directory in ["m", "home", "tmp", "outer"] {
        fs::create_dir_all(base.join(directory)).unwrap();
    }
    for (name, content) in files {
        let path = base.join("m").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        let mode = if content.starts_with("#!") { 0o755 } else { 0o644 };
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    }
}

/// A line of shell, with `go` of one side first on PATH.
fn shell(lab: &Lab, go: &Go, base: &Path, side: Side, step: &str) -> Command {
    let shims = lab.shims().display().to_string();
    let (bin, exec, eval) = match side {
        Side::Plain => (lab.plain_path(go), String::new(), ":".to_owned()),
        Side::Goward => {
            let goward = lab.sandbox.path("bin/goward");
            let goward = format!("env GOWARD_HOME={} {}", lab.store().display(), goward.display());
            (shims, format!("{goward} exec --"), format!("eval \"$({goward} env)\""))
        }
    };
    let step = step.replace("$EXEC", &exec).replace("$EVAL", &eval);
    let mut command = machine::command("/bin/sh");
    command.args(["-c", &step]).current_dir(base.join("m"));
    command
        .env("PATH", format!("{bin}:/usr/bin:/bin"))
        .env("HOME", base.join("home"))
        .env("TMPDIR", base.join("tmp"))
        .env("GOCACHE", base.join("cache"))
        .env("GOPROXY", format!("file://{}", lab.sandbox.path("proxy").display()))
        .env("GOSUMDB", "off")
        .env("TZ", "UTC")
        .env("RELEASE", go.release)
        .env("OTHER", lab.other(go).release)
        .env("ELSEWHERE", lab.elsewhere())
        .env("DEBIAN", "/usr/lib/go-1.19");
    command
}

fn end(command: &mut Command) -> Ended {
    let output = command.stdin(Stdio::null()).output().unwrap();
    Ended {
        code: output.status.code(),
        output: settle(&String::from_utf8_lossy(&output.stdout)),
        errors: settle(&String::from_utf8_lossy(&output.stderr)),
    }
}

/// Lists what is below a directory: kind, mode, digest.
fn list(base: &Path, directory: &Path, files: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.strip_prefix(base).unwrap().to_str().unwrap().to_owned();
        // A process in the background writes the counters of telemetry, now or later.
        if ["cache", "tmp", "outer"].contains(&name.as_str()) || name.contains("/telemetry/") {
            continue;
        }
        let metadata = fs::symlink_metadata(&path).unwrap();
        let mode = metadata.permissions().mode() & 0o7777;
        let what = if metadata.is_symlink() {
            format!("link to {}", fs::read_link(&path).unwrap().display())
        } else if metadata.is_dir() {
            list(base, &path, files);
            format!("directory {mode:o}")
        } else {
            format!("{mode:o} {}", Digest::of(&fs::read(&path).unwrap()))
        };
        files.insert(settle(&name), what);
    }
}

/// Compares what both sides left.
fn differ(
    scene: Scene,
    case: &Case,
    plain: &Left,
    goward: &Left,
    seen: &mut BTreeSet<&'static str>,
    report: &mut String,
) {
    let mut same = |place: &str, plain: &str, goward: &str| {
        let (plain, goward) = differences::leave_out(scene, plain, goward, seen);
        // Go builds and tests at once what does not wait for another; what is done first is not the same
        // in two runs.
        let (plain, goward) = (sorted(&plain), sorted(&goward));
        if plain != goward {
            _ = write!(report, "{}: {place}\n{}", case.name, diff(&plain, &goward));
        }
    };
    for ((step, plain), goward) in case.steps.iter().zip(&plain.steps).zip(&goward.steps) {
        same(step, &format!("{:?}\n", plain.code), &format!("{:?}\n", goward.code));
        same(step, &plain.output, &goward.output);
        same(step, &plain.errors, &goward.errors);
    }
    let text = |files: &BTreeMap<String, String>| {
        files.iter().fold(String::new(), |mut text, (name, what)| {
            _ = writeln!(text, "{name} {what}");
            text
        })
    };
    same("files", &text(&plain.files), &text(&goward.files));
}

fn sorted(text: &str) -> String {
    let mut lines: Vec<_> = text.split_inclusive('\n').collect();
    lines.sort_unstable();
    lines.concat()
}

/// The lines that only one of two texts has.
fn diff(plain: &str, goward: &str) -> String {
    let only = |text: &str, other: &str, mark: &str| {
        let others: BTreeSet<_> = other.lines().collect();
        let lines = text.lines().filter(|line| !others.contains(line)).take(12);
        lines.fold(String::new(), |mut text, line| {
            let line: String = line.chars().take(1000).collect();
            _ = writeln!(text, "    {mark} {line}");
            text
        })
    };
    let lines = only(plain, goward, "plain: ") + &only(goward, plain, "goward:");
    if lines.is_empty() {
        format!("    as often as here only:\n{plain}--- goward:\n{goward}")
    } else {
        lines
    }
}

/// Takes out what no two runs have in common: times, and names of temporary directories.
fn settle(text: &str) -> String {
    const VOLATILE: [&str; 11] = [
        "go-build#",
        "gopath#",
        "(~s)",
        "\t~s",
        "\\t~s",
        "(cached)\t~s",
        " in ~s",
        "\"Elapsed\":~",
        "\"Time\":\"#-#-#T#:#:~Z\"",
        "^#^~ ns/op",
        "covcounters.@.#.#",
    ];
    let text: String =
        text.split_inclusive('\n').filter(|line| !line.starts_with("fuzz: elapsed")).collect();
    VOLATILE.iter().fold(text, |text, pattern| mask(&text, pattern))
}

/// Replaces what a pattern matches by the pattern. In it `#` is a number, `~` one with a decimal point,
/// `@` hexadecimal digits, `^` white space, and `*` anything up to what follows it.
pub(super) fn mask(text: &str, pattern: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        if let Some(length) = matched(rest, pattern) {
            masked += pattern;
            rest = &rest[length..];
        } else {
            let first = rest.chars().next().unwrap();
            masked.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    masked
}

/// Returns how much of the beginning a pattern matches.
fn matched(text: &str, pattern: &str) -> Option<usize> {
    let mut rest = text;
    let mut parts = pattern.chars();
    while let Some(part) = parts.next() {
        let class: fn(char) -> bool = match part {
            '#' => |c| c.is_ascii_digit(),
            '~' => |c| c.is_ascii_digit() || c == '.' || c == 'e' || c == '-',
            '@' => |c| c.is_ascii_hexdigit(),
            '^' => |c| c == ' ' || c == '\t',
            '*' => {
                let until = parts.next()?;
                let line = &rest[..rest.find('\n').map_or(rest.len(), |end| end + 1)];
                rest = &rest[line.find(until)? + until.len_utf8()..];
                continue;
            }
            literal => {
                rest = rest.strip_prefix(literal)?;
                continue;
            }
        };
        let length = rest.find(|c| !class(c)).unwrap_or(rest.len());
        if length == 0 {
            return None;
        }
        rest = &rest[length..];
    }
    Some(text.len() - rest.len())
}
