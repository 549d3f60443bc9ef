//! Why `-trimpath` stands in a profile: debuggers and tests look for sources by the paths in programs.

use super::{enabled, sandbox};
use crate::common::{Outcome, Sandbox, machine, skip};
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::Duration;

/// A release whose programs Debian's dlv can read, and newer ones, too.
const RELEASE: &str = "1.22.10";

const MAIN: &str = "package main\n\nfunc main() {\n\tprintln(\"here\")\n}\n";
/// The line of [`MAIN`] with the breakpoint.
const LINE: u32 = 4;

const TEST: &str = r#"package main

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func TestData(t *testing.T) {
	_, file, _, _ := runtime.Caller(0)
	if _, err := os.Stat(filepath.Join(filepath.Dir(file), "testdata", "in")); err != nil {
		t.Fatal(err)
	}
}
"#;

/// In the base pins, as a person writes it.
const IN_BASE: &str = "[toolchain]\ngo = \"1.22.10\"\n\n[pins]\ntrimpath = true\n";

fn project() -> Sandbox {
    let sandbox = sandbox()
        .var("GOWARD_ACCEPT", "listed")
        .file("project/go.mod", "module example.com/p\n\ngo 1.21\n")
        .file("project/main.go", MAIN)
        .file("project/main_test.go", TEST)
        .file("project/testdata/in", "");
    let outcome = sandbox.goward(["use", RELEASE, "--trimpath"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let path = format!("{}:/usr/bin:/bin", sandbox.store().join("shims").display());
    let (store, cache) = (sandbox.store(), sandbox.path("cache"));
    sandbox.var("PATH", path).var("GOWARD_HOME", store).var("GOCACHE", cache)
}

#[test]
fn tests_find_their_files_and_what_ships_has_no_paths() {
    if !enabled(&[RELEASE]) {
        return;
    }
    let sandbox = project();
    let test = |sandbox: &Sandbox| sandbox.go(["test", "-vet=off", "."]);
    let ships = |sandbox: &Sandbox| {
        let args = ["reproduce", "--", "go", "build", "-buildvcs=false", "-o", "app", "main.go"];
        sandbox.goward(args)
    };
    assert_eq!(test(&sandbox).code, Some(0));
    let outcome = ships(&sandbox);
    assert_eq!(outcome.code, Some(6), "{outcome:?}");
    let hint = "hint: leave paths out of what ships: `goward use --trimpath && \
                export GOWARD_PROFILE=release`\n";
    assert!(outcome.stderr.ends_with(hint), "{outcome:?}");

    let sandbox = sandbox.var("GOWARD_PROFILE", "release");
    let outcome = ships(&sandbox);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    // What it costs, and what `check` says of it.
    let sandbox = sandbox.without_var("GOWARD_PROFILE").var("GOVULNDB", "off");
    let notes = |outcome: Outcome| outcome.stdout.contains("note: `-trimpath` acts on debugging");
    assert!(!notes(sandbox.goward(["check"])));
    sandbox.write("project/goward.toml", IN_BASE);
    assert_eq!(sandbox.goward(["lock"]).code, Some(0));
    let outcome = test(&sandbox);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert!(outcome.stdout.contains("example.com/p/testdata/in: no such file"), "{outcome:?}");
    assert!(notes(sandbox.goward(["check"])));
}

#[test]
fn a_debugger_stops_at_a_breakpoint() {
    if !enabled(&[RELEASE]) {
        return;
    }
    let Some(dlv) = machine::find("dlv") else {
        skip("a debugger: there is no dlv");
        return;
    };
    let sandbox = project();
    assert_eq!(Debugger::start(&sandbox, &dlv).try_breakpoint(), (true, "stopped".to_owned()));
    sandbox.write("project/goward.toml", IN_BASE);
    assert_eq!(sandbox.goward(["lock"]).code, Some(0));
    assert_eq!(Debugger::start(&sandbox, &dlv).try_breakpoint(), (false, "terminated".to_owned()));
}

/// A running `dlv dap`, driven as editors drive it; its end ends with it.
struct Debugger {
    child: Child,
    stream: BufReader<TcpStream>,
    project: PathBuf,
    sent: u32,
}

impl Debugger {
    fn start(sandbox: &Sandbox, dlv: &Path) -> Self {
        let mut command = sandbox.command(dlv, "project");
        // An older dlv refuses newer releases, and the other way round, before it has tried.
        command.args(["dap", "--listen=127.0.0.1:0", "--check-go-version=false"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim_end().rsplit(' ').next().unwrap();
        let stream = TcpStream::connect(address).unwrap_or_else(|error| panic!("{line}: {error}"));
        stream.set_read_timeout(Some(Duration::from_secs(300))).unwrap();
        let project = sandbox.path("project");
        Self { child, stream: BufReader::new(stream), project, sent: 0 }
    }

    fn send(&mut self, command: &str, arguments: &Value) {
        self.sent += 1;
        let request = json!({"seq": self.sent, "type": "request", "command": command, "arguments": arguments});
        let body = request.to_string();
        let message = format!("Content-Length: {}\r\n\r\n{body}", body.len());
        self.stream.get_mut().write_all(message.as_bytes()).unwrap();
    }

    fn receive(&mut self) -> Value {
        let mut length = 0;
        loop {
            let mut line = String::new();
            assert_ne!(self.stream.read_line(&mut line).unwrap(), 0, "dlv has ended");
            match line.trim_end().split_once(": ") {
                Some(("Content-Length", value)) => length = value.parse().unwrap(),
                Some(_) => {}
                None => break,
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).unwrap();
        serde_json::from_slice(&body).unwrap()
    }

    /// Debugs the program; returns whether the line was found, and how it went on.
    fn try_breakpoint(mut self) -> (bool, String) {
        let program = self.project.display().to_string();
        let source = self.project.join("main.go").display().to_string();
        self.send("initialize", &json!({"adapterID": "go", "pathFormat": "path"}));
        let launch =
            json!({"mode": "debug", "program": program, "output": format!("{program}/debug")});
        self.send("launch", &launch);
        let mut is_found = None;
        loop {
            let message = self.receive();
            let about = |key: &str| message[key].as_str().unwrap_or_default();
            match (about("event"), about("command")) {
                ("initialized", _) => {
                    let lines = json!([{"line": LINE}]);
                    self.send(
                        "setBreakpoints",
                        &json!({"source": {"path": source}, "breakpoints": lines}),
                    );
                }
                (_, "launch") => assert_eq!(message["success"], true, "{message}"),
                (_, "setBreakpoints") => {
                    is_found = message["body"]["breakpoints"][0]["verified"].as_bool();
                    self.send("configurationDone", &json!({}));
                }
                (end @ ("stopped" | "terminated"), _) => {
                    let end = end.to_owned();
                    self.send("disconnect", &json!({"terminateDebuggee": true}));
                    return (is_found.unwrap(), end);
                }
                _ => {}
            }
        }
    }
}

impl Drop for Debugger {
    fn drop(&mut self) {
        // After `disconnect` it ends by itself, and the program with it.
        for _ in 0..100 {
            if self.child.try_wait().unwrap().is_some() {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        _ = self.child.kill();
        _ = self.child.wait();
    }
}
