//! Another Go, called by its path below ours: a script's `/usr/local/go/bin/go`, a program's, a test's.

use super::lab;
use super::run::{Case, Scene, case, compare};
use crate::common::is_full;

/// Runs a command of the other Go in each way that one can be called.
macro_rules! called {
    ($other:literal) => {
        &[
            concat!("export OTHER_GO=", $other, "; go run ./call"),
            concat!("export OTHER_GO=", $other, "; go test -count=1 -v ./call"),
            concat!("export OTHER_GO=", $other, "; go generate ./call"),
            concat!("export OTHER_GO=", $other, "; $EXEC sh call/call.sh"),
            concat!("export OTHER_GO=", $other, "; $EVAL; INSIDE=1 sh call/call.sh"),
            concat!("export OTHER_GO=", $other, "; go run -exec=\"$PWD/call/call.sh\" ./tiny"),
            concat!("export OTHER_GO=", $other, "; go vet -toolexec=\"$PWD/call/tool.sh\" ./q"),
        ]
    };
}

const CALL: &[(&str, &str)] = &[
    ("call/main.go", PROGRAM),
    (
        "call/main_test.go",
        "package main\n\nimport \"testing\"\n\nfunc TestCall(t *testing.T) { main() }\n",
    ),
    ("call/call.sh", SCRIPT),
    ("call/tool.sh", "#!/bin/sh\n\"$OTHER_GO/bin/go\" env GOROOT GOVERSION >&2\nexec \"$@\"\n"),
];

const PROGRAM: &str = r#"package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
)

//go:generate sh call.sh

func main() {
	_, file, _, _ := runtime.Caller(0)
	out, err := exec.Command("sh", filepath.Join(filepath.Dir(file), "call.sh")).CombinedOutput()
	fmt.Printf("%s%v\n", out, err)
}
"#;

/// The other Go looks at itself, lists, builds and runs, here and outside of the project.
const SCRIPT: &str = r#"#!/bin/sh
cd "$(dirname "$0")/.." || exit
look() {
    "$OTHER_GO/bin/go" version
    "$OTHER_GO/bin/go" env GOROOT GOVERSION GOTOOLDIR GOOS GOARCH GOEXPERIMENT
    "$OTHER_GO/bin/go" list -f '{{.Dir}} {{.Goroot}}' errors
    "$OTHER_GO/bin/go" run tiny/main.go
    "$OTHER_GO/bin/gofmt" -l tiny
    "$OTHER_GO/bin/go" tool compile -V
}
look 2>&1
mkdir -p ../home/outside/tiny
cp tiny/main.go ../home/outside/tiny
cd ../home/outside || exit
look 2>&1
# What `goward env` prints is for a shell, which goes elsewhere.
[ -n "$INSIDE" ] || go env GOVERSION
"#;

const CASES: &[Case] = &[
    case("an unpacked release", called!("$ELSEWHERE")).files(CALL),
    case("Debian's Go", called!("$DEBIAN")).files(CALL).needs("../lib/go-1.19/bin/go"),
    case(
        "GOROOT exported",
        &[
            "GOROOT=$ELSEWHERE $ELSEWHERE/bin/go version",
            "GOROOT=$ELSEWHERE $ELSEWHERE/bin/go run tiny/main.go",
            "export GOROOT=$(go env GOROOT); go version; go run ./tiny; go env GOROOT",
            "export GOROOT=$(go env GOROOT); $ELSEWHERE/bin/go env GOROOT; $ELSEWHERE/bin/go run tiny/main.go",
        ],
    ),
];

#[test]
#[ignore = "compares for ten minutes: `cargo test --test main -- --ignored plain::`"]
fn another_go_below_ours_works_as_below_plain_go() {
    let Some(lab) = lab() else { return };
    if !is_full() {
        return compare(lab, lab.gos.last().unwrap(), Scene::Lock, CASES);
    }
    for go in &lab.gos {
        compare(lab, go, Scene::Lock, CASES);
        compare(lab, go, Scene::Default, CASES);
    }
}
