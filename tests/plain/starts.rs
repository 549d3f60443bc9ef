//! A `go` inside another, however it is started and wherever it runs: it is the outer one, unless
//! another project decides.

use super::{Go, Lab, lab};
use crate::common::{is_full, machine};
use crate::hermetic::note;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Stdio;

/// How the outer call comes to run the script, and the first line of Go that has it. `$GOWARD` is the
/// manager.
const WAYS: [(&str, u32, &str); 9] = [
    ("goward exec", 0, "$GOWARD exec -- sh probe.sh"),
    ("go generate", 0, "go generate"),
    ("go run", 0, "go run ."),
    ("go run -exec", 0, "go run -exec='sh probe.sh' ."),
    ("go test", 0, "go test -vet=off -count=1 ."),
    ("go test -exec", 0, "go test -vet=off -count=1 -exec='sh probe.sh' ."),
    ("go vet -toolexec", 0, "go vet -toolexec=\"$PWD/tool.sh\" ."),
    ("go tool", 24, "go tool m"),
    ("make", 0, "make -s"),
];

/// Where the inner call runs, and with what. Each prints one line: its name, and what `go` is there.
const PROBE: &str = r#"mkdir "$OUT.begun" 2>/dev/null || exit 0
exec >>"$OUT" 2>&1
first=$(command -v go)
root=$(go env GOROOT)
look() {
    printf '%s: ' "$1"
    shift
    "$@" env GOVERSION GOFLAGS | tr '\n' ' '
    echo
}
at() {
    (cd "$1" && shift && look "$@")
}
at "$PROJECT" 'the project' go
at "$PROJECT/sub" 'below the project' go
at "$EMPTY" 'no project' go
at / 'the root directory' go
at "$OTHER" 'another project' go
at "$root/src/errors" 'the standard library' go
at "$EMPTY" 'another HOME' env HOME="$FRESH" XDG_CONFIG_HOME= XDG_CACHE_HOME= XDG_DATA_HOME= go
at "$EMPTY" 'no HOME' env -u HOME go
at "$EMPTY" 'a HOME that is not there' env HOME=/proc/no-home go
at "$EMPTY" 'another XDG_DATA_HOME' env XDG_DATA_HOME="$FRESH/data" go
at "$EMPTY" 'PATH reset' env PATH=/usr/bin:/bin "$first"
at "$EMPTY" 'through GOROOT' "$root/bin/go"
at "$EMPTY" 'through GOROOT, without an environment' env -i HOME="$FRESH" "$root/bin/go"
at "$OTHER" 'another project, through GOROOT' "$root/bin/go"
at "$PROJECT" 'no project, with -C' go -C "$EMPTY"
at "$PROJECT" 'another project, with -C' go -C "$OTHER"
at "$EMPTY" 'the project, with -C' go -C "$PROJECT"
at "$EMPTY" 'GOROOT exported' env GOROOT="$root" go
at "$EMPTY" 'a script of sh' sh -c 'exec go "$@"' sh
printf 'installed: '
find "$FRESH" -name VERSION | wc -l
"#;

const MAIN: &str = r#"package main

import (
	"os"
	"os/exec"
)

//go:generate sh probe.sh

func main() {
	command := exec.Command("sh", "probe.sh")
	command.Stderr = os.Stderr
	if err := command.Run(); err != nil {
		panic(err)
	}
}
"#;

/// Nothing is installed on the way.
const LAST: &str = "installed: 0\n";

#[test]
#[ignore = "compares for ten minutes: `cargo test --test main -- --ignored plain::`"]
fn an_inner_call_is_the_outer_go_unless_a_project_decides() {
    let Some(lab) = lab() else { return };
    let mut looks = 0;
    for go in &lab.gos {
        let _turn = lab.turn();
        // In the sample, the older release has only the harder one.
        let newest = lab.gos.last().is_some_and(|last| last.release == go.release);
        let defaults = [Some(lab.other(go)), None];
        for default in defaults.into_iter().take(if newest || is_full() { 2 } else { 1 }) {
            lab.set_default(default);
            for (way, since, line) in WAYS {
                if go.minor >= since {
                    looks += look(lab, go, (way, line), default);
                }
            }
        }
        lab.set_default(None);
    }
    note(&format!("plain: {looks} inner calls are the right go"));
}

/// Runs the script in one way; returns the number of its looks.
fn look(lab: &Lab, go: &Go, (way, line): (&str, &str), default: Option<&Go>) -> usize {
    let base = lab.sandbox.path("starts");
    let project = base.join("project");
    let write = |name: &str, text: &str| {
        let path = base.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let go_mod = "module example.com/m\n\ngo 1.21\n";
    let tool = "module example.com/m\n\ngo 1.24\n\ntool example.com/m\n";
    write("project/go.mod", if go.minor >= 24 { tool } else { go_mod });
    write("project/main.go", MAIN);
    write(
        "project/main_test.go",
        "package main\n\nimport \"testing\"\n\nfunc TestMain(*testing.M) { main() }\n",
    );
    write("project/probe.sh", PROBE);
    write("project/tool.sh", "#!/bin/sh\nsh probe.sh\nexec \"$@\"\n");
    write("project/Makefile", "all:\n\tsh probe.sh\n");
    write("project/sub/sub.go", "package sub\n");
    let pinned = format!("{}\n[pins]\nflags = [\"-tags=outer\"]\n", go.manifest);
    write("project/goward.toml", &pinned);
    lab.sandbox.goward_in("starts/project", ["lock"]).says();
    let other = lab.other(go);
    write("other/goward.toml", &other.manifest);
    write("other/goward.lock", &other.lock);
    for directory in ["empty", "fresh", "tmp", "home"] {
        fs::create_dir_all(base.join(directory)).unwrap();
    }
    executable(&project.join("tool.sh"));

    let goward = lab.sandbox.path("bin/goward");
    let goward = format!("env GOWARD_HOME={} {}", lab.store().display(), goward.display());
    let line = line.replace("$GOWARD", &goward);
    // What is started by make is started by goward, too: make by itself starts nothing but `go`.
    let line = if way == "make" { format!("{goward} exec -- {line}") } else { line };
    let mut command = machine::command("/bin/sh");
    command
        .args(["-c", &line])
        .current_dir(&project)
        .env("PATH", format!("{}:/usr/bin:/bin", lab.shims().display()))
        .env("GOCACHE", super::run::compiled(lab, go))
        .env("TMPDIR", base.join("tmp"))
        .env("HOME", base.join("home"))
        .env("GOWARD_AUTO_INSTALL", "0")
        .env("PROJECT", &project)
        .env("EMPTY", base.join("empty"))
        .env("OTHER", base.join("other"))
        .env("FRESH", base.join("fresh"))
        .env("OUT", base.join("out"));
    let output = command.stdin(Stdio::null()).output().unwrap();
    let place = format!("go{}, {way}, default {:?}", go.release, default.map(|go| go.release));
    let said = fs::read_to_string(base.join("out")).unwrap_or_default();
    assert!(output.status.success(), "{place}: {output:?}\n{said}");

    let looks = PROBE.lines().filter(|line| line.starts_with("at "));
    let names = looks.map(|line| line.split('\'').nth(1).unwrap());
    let mut want = String::new();
    for name in names {
        let (release, flags) = if name.starts_with("another project") {
            (other.release, "")
        } else if name.ends_with("without an environment") {
            (go.release, "")
        } else {
            (go.release, "-tags=outer")
        };
        _ = writeln!(want, "{name}: go{release} {flags} ");
    }
    assert_eq!(said, want.clone() + LAST, "{place}");
    fs::remove_dir_all(&base).unwrap();
    want.lines().count()
}

fn executable(path: &Path) {
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(path, mode).unwrap();
}
