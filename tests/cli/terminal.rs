//! What terminals of 80 and of 40 columns show, and what there is without one.

use super::{archive, tree};
use crate::common::random::Random;
use crate::common::server::{Fault, Mirror, Server};
use crate::common::{Outcome, Sandbox, machine, skip};
use goward_core::platform::Platform;
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Long enough for a slow machine.
const LIMIT: Duration = Duration::from_secs(120);

/// A release of 2 MiB.
fn mirror() -> (Server, String) {
    let host = Platform::host().lock_name();
    let tree = tree("go1.99.1", &host).with("src/large", Random::new(1).bytes(2 << 20));
    let name = archive("go1.99.1");
    let mirror = Mirror::new().release("go1.99.1", [(name.as_str(), tree.tar_gz())]).start();
    (mirror, format!("/{name}"))
}

/// How many terminals there were.
static COUNT: AtomicU32 = AtomicU32::new(0);

/// A terminal in which goward runs.
struct Terminal<'s> {
    sandbox: &'s Sandbox,
    tmux: PathBuf,
    /// Where its server listens: one that ends would take another along.
    socket: PathBuf,
}

impl<'s> Terminal<'s> {
    fn start(sandbox: &'s Sandbox, columns: usize, line: &str) -> Option<Self> {
        let Some(tmux) = machine::find("tmux") else {
            skip("tmux is not installed; no terminal shows anything");
            return None;
        };
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let terminal = Self { sandbox, tmux, socket: sandbox.path(&format!("tmux-{number}")) };
        // The end of the command is seen by a line that nothing else prints.
        let line = format!("{line}; echo END; exec sleep 600");
        let size = columns.to_string();
        terminal.run(&["new-session", "-d", "-x", &size, "-y", "300", "sh", "-c", &line]);
        Some(terminal)
    }

    fn tmux(&self, words: &[&str]) -> Outcome {
        let mut command = self.sandbox.command(&self.tmux, "project");
        command.args(["-f", "/dev/null", "-S"]).arg(&self.socket).args(words);
        self.sandbox.finish(command.env("LC_ALL", "C.UTF-8"))
    }

    fn run(&self, words: &[&str]) -> String {
        let outcome = self.tmux(words);
        assert_eq!(outcome.code, Some(0), "{words:?}: {outcome:?}");
        outcome.stdout
    }

    /// Returns what is shown once that is `wanted`.
    fn shows(&self, wanted: impl Fn(&str) -> bool) -> String {
        let started = Instant::now();
        loop {
            let shown = self.run(&["capture-pane", "-p", "-e"]);
            if wanted(&shown) {
                return shown;
            }
            assert!(started.elapsed() < LIMIT, "{shown}");
            sleep(Duration::from_millis(20));
        }
    }

    /// Returns the lines that the terminal had to break.
    fn broken(&self) -> Vec<String> {
        let shown = self.run(&["capture-pane", "-p"]);
        let rows: Vec<&str> = shown.lines().map(str::trim_end).collect();
        let whole = self.run(&["capture-pane", "-p", "-J"]);
        let whole = whole.lines().map(|line| line.trim_end().to_owned());
        whole.filter(|line| !rows.contains(&line.as_str())).collect()
    }

    fn ends(&self) -> String {
        self.shows(|shown| shown.contains("END\n"))
    }
}

impl Drop for Terminal<'_> {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}

fn lines(shown: &str) -> Vec<String> {
    let lines = shown.lines().map(without_colours).map(|line| line.trim_end().to_owned());
    lines.filter(|line| !line.is_empty() && line != "END").collect()
}

fn without_colours(line: &str) -> String {
    let mut parts = line.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once('m').map_or("", |(_, rest)| rest))
}

#[test]
fn progress_is_one_line_that_says_what_is_done() {
    let (mirror, path) = mirror();
    // Slow enough for a machine on which every look takes a second.
    mirror.change(&path, |route| route.pace(1 << 18));
    for columns in [80, 40] {
        let sandbox = Sandbox::new().source(&mirror.url(""));
        let Some(terminal) = Terminal::start(&sandbox, columns, "../bin/goward install 1.99.1")
        else {
            return;
        };
        // One line; a look can fall between the parts of a drawing.
        let is_one = |shown: &str| shown.contains("iB/2.") && lines(shown).len() == 1;
        let shown = lines(&terminal.shows(is_one));
        // At 40 columns the end of the label is cut, as far as the amount needs.
        assert!(shown[0].contains(" downloading go1.99"), "{columns}: {shown:?}");
        // Nothing of it stays.
        let shown = lines(&terminal.ends()).join(" ");
        let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(shown.starts_with("goward: installed go1.99.1 for"), "{columns}: {shown}");
    }
}

#[test]
fn errors_break_between_words_and_have_colours() {
    let (mirror, _) = mirror();
    let sandbox = Sandbox::new().source(&mirror.url(""));
    let red = |shown: &str| shown.contains("\u{1b}[1m\u{1b}[31mgoward:");
    let line = "../bin/goward install 1.97.4";
    for columns in [80, 40] {
        let Some(terminal) = Terminal::start(&sandbox, columns, line) else { return };
        let shown = terminal.ends();
        assert!(red(&shown), "{columns}: {shown:?}");
        let shown = lines(&shown);
        // What is between backticks, as a URL, is never broken by goward.
        let has = |words: &str| shown.iter().any(|line| line.starts_with(words));
        assert!(has("goward: "), "{shown:?}");
        assert!(shown.len() > 1 && has("hint: "), "{shown:?}");
        if columns == 40 {
            assert!(shown.iter().skip(1).any(|line| line.starts_with("  ")), "{shown:?}");
        }
    }
    for nothing in ["NO_COLOR=1", "CLICOLOR=0"] {
        let line = format!("{nothing} {line}");
        let Some(terminal) = Terminal::start(&sandbox, 80, &line) else { return };
        let shown = terminal.ends();
        assert!(shown.contains("goward: ") && !red(&shown), "{nothing}: {shown:?}");
    }
    // Without a terminal there are none, unless somebody forces them.
    let mut command = sandbox.command(&sandbox.path("bin/goward"), "project");
    let plain = sandbox.finish(command.args(["install", "1.97.4"]));
    assert!(!plain.stderr.contains('\u{1b}'), "{plain:?}");
    let forced = sandbox.finish(command.env("CLICOLOR_FORCE", "1"));
    assert!(forced.stderr.starts_with("\u{1b}[1;31mgoward:"), "{forced:?}");
}

#[test]
fn help_fits() {
    let sandbox = Sandbox::new();
    for columns in [80, 40] {
        for command in ["--help", "use --help", "install --help", "self uninstall --help"] {
            let line = format!("../bin/goward {command}");
            let Some(terminal) = Terminal::start(&sandbox, columns, &line) else { return };
            let shown = lines(&terminal.ends());
            assert!(shown.iter().any(|line| line.starts_with("Examples:")), "{shown:?}");
            let broken = terminal.broken();
            assert_eq!(broken, [""; 0], "{command}, {columns} columns");
        }
    }
}

fn start(sandbox: &Sandbox, words: &[&str]) -> Child {
    let mut command = sandbox.command(&sandbox.path("bin/goward"), "project");
    command.args(words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

/// Returns how it ended, and what it said.
fn end(mut child: Child) -> (std::process::ExitStatus, String) {
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    (child.wait().unwrap(), said)
}

#[test]
fn without_a_terminal_a_line_says_what_begins() {
    let (mirror, path) = mirror();
    mirror.change(&path, |route| route.pace(1 << 20));
    let sandbox = Sandbox::new().source(&mirror.url(""));
    let (status, said) = end(start(&sandbox, &["install", "1.99.1"]));
    assert!(status.success(), "{said}");
    assert!(said.starts_with("goward: downloading go1.99.1 from "), "{said}");
    assert!(said.lines().next().unwrap().contains(" of 2."), "{said}");
    assert_eq!(sandbox.goward(["uninstall", "--now", "1.99.1"]).code, Some(0));
    let (status, said) = end(start(&sandbox, &["install", "-q", "1.99.1"]));
    assert!(status.success() && said.is_empty(), "{said}");
}

#[test]
fn a_host_that_takes_its_time_is_named() {
    let (mirror, path) = mirror();
    let slow = Fault::DripHeader(Duration::from_millis(40));
    mirror.change(&path, |route| route.faults([slow]));
    let sandbox = Sandbox::new().source(&mirror.url(""));
    let (status, said) = end(start(&sandbox, &["install", "1.99.1"]));
    assert!(status.success(), "{said}");
    assert!(said.contains("goward: waiting for 127.0.0.1, 30 s at most\n"), "{said}");
}

/// The server says nothing by which files can be compared; the digest in its index is enough to go on.
#[test]
fn an_interrupted_download_goes_on() {
    let (mirror, path) = mirror();
    mirror.change(&path, |route| route.pace(256 << 10).etag(None));
    let sandbox = Sandbox::new().source(&mirror.url(""));
    let child = start(&sandbox, &["install", "1.99.1"]);
    let started = Instant::now();
    let downloads = sandbox.store().join("dl");
    let kept = || {
        let entries = std::fs::read_dir(&downloads).into_iter().flatten().flatten();
        let parts =
            entries.filter(|entry| entry.path().extension().is_some_and(|end| end == "part"));
        parts.filter_map(|entry| entry.metadata().ok()).map(|metadata| metadata.len()).sum::<u64>()
    };
    while kept() < 64 << 10 {
        assert!(started.elapsed() < LIMIT, "{:?}", sandbox.store_listing());
        sleep(Duration::from_millis(20));
    }
    let pid = child.id().to_string();
    assert!(machine::command("kill").args(["-INT", &pid]).status().unwrap().success());
    let (status, said) = end(child);
    assert_eq!(status.signal(), Some(2), "{said}");
    let said = sandbox.redact(said.as_bytes());
    let last = said.lines().last().unwrap_or_default();
    assert!(last.starts_with("goward: interrupted; "), "{said}");
    let end_of_it = "stay in `[STORE]/dl`, and the same command goes on from there";
    assert!(last.ends_with(end_of_it), "{said}");
    mirror.change(&path, |route| route.pace(64 << 20));
    let (status, said) = end(start(&sandbox, &["install", "1.99.1"]));
    assert!(status.success(), "{said}");
    let log = mirror.log();
    let asked: Vec<_> = log.iter().filter(|request| request.target == path).collect();
    assert!(asked.last().unwrap().header("range").is_some(), "{asked:?}");
}
