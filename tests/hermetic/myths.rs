//! What is said of Go's variables, and what the real go command does: without the shim, in an empty
//! environment.
//!
//! Some of it is said in articles, some in our own documents; `docs/hermetic-go.md` says nothing of the
//! go command that is not here or in the other tests of this directory.

use super::{Go, Lab, lab, note};
use crate::common::machine;

/// One claim.
struct Claim {
    /// What is said.
    said: &'static str,
    /// The first and the last minor version that the row is for.
    minors: (u32, u32),
    /// Run by sh, in a module with a program, with `go` on PATH.
    script: &'static str,
    /// Everything that it prints, `[GOROOT]` and `[GO]` for directory and version.
    prints: &'static str,
}

const fn claim(
    said: &'static str,
    minors: (u32, u32),
    script: &'static str,
    prints: &'static str,
) -> Claim {
    Claim { said, minors, script, prints }
}

const ALL: (u32, u32) = (19, 99);

const EXPERIMENTS: &[Claim] = &[
    claim(
        "`GOEXPERIMENT=arena` switches arenas on: no, the name is `arenas`, and another one stops go",
        ALL,
        "GOEXPERIMENT=arena go version; echo $?",
        "go: unknown GOEXPERIMENT arena\n2",
    ),
    claim(
        "a release ignores names that it does not know: no, not even `go env` works",
        ALL,
        "GOEXPERIMENT=goroutines go env GOROOT; echo $?",
        "go: unknown GOEXPERIMENT goroutines\n2",
    ),
    claim(
        "the message has the name as it was given: no, without a leading `no`",
        ALL,
        "GOEXPERIMENT=nosuchthing go version; echo $?",
        "go: unknown GOEXPERIMENT suchthing\n2",
    ),
    claim(
        "names are trimmed: no",
        ALL,
        "GOEXPERIMENT='fieldtrack, arenas' go version; echo $?",
        "go: unknown GOEXPERIMENT  arenas\n2",
    ),
    claim(
        "an unknown name stops every command: not `go help`, and not `go env -u`, which takes it back",
        ALL,
        "mkdir -p ~/.config/go; echo GOEXPERIMENT=nosuch >~/.config/go/env\n\
         go help >/dev/null; echo $?; go env -u GOEXPERIMENT; go version",
        "0\ngo version [GO] linux/amd64",
    ),
    claim(
        "`go env -w` takes any GOEXPERIMENT: no",
        ALL,
        "go env -w GOEXPERIMENT=nosuch 2>/dev/null; echo $?; go env GOEXPERIMENT",
        "1\n",
    ),
    claim(
        "arenas are a default since 1.21: never were",
        (21, 99),
        "on() { go list -f '{{context.ToolTags}}' unsafe | tr '[] ' '\\n' | grep -cx goexperiment.arenas; }\n\
         on; GOEXPERIMENT=arenas on",
        "0\n1",
    ),
    claim(
        "1.22 switches fieldtrack on: no release does, and every one knows it",
        ALL,
        "on() { go list -f '{{context.ToolTags}}' unsafe | tr '[] ' '\\n' | grep -cx goexperiment.fieldtrack; }\n\
         on; GOEXPERIMENT=fieldtrack on",
        "0\n1",
    ),
    claim(
        "`go env GOEXPERIMENT` lists what is on: no, what was set",
        ALL,
        "go env GOEXPERIMENT; GOEXPERIMENT=fieldtrack go env GOEXPERIMENT",
        "\nfieldtrack",
    ),
    claim(
        "`go version` shows GOEXPERIMENT: no, only the version of a binary does",
        ALL,
        "GOEXPERIMENT=fieldtrack go version",
        "go version [GO] linux/amd64",
    ),
    claim(
        "an experiment stays valid: `swissmap` ended with 1.26",
        (24, 25),
        "GOEXPERIMENT=swissmap go env GOEXPERIMENT; echo $?",
        "swissmap\n0",
    ),
    claim(
        "an experiment stays valid: `swissmap` ended with 1.26",
        (26, 99),
        "GOEXPERIMENT=swissmap go env GOEXPERIMENT; echo $?",
        "go: unknown GOEXPERIMENT swissmap\n2",
    ),
    claim(
        "`unified` has to do with modules or schedulers, and is there: gone before 1.21",
        (21, 99),
        "GOEXPERIMENT=unified go version; echo $?",
        "go: unknown GOEXPERIMENT unified\n2",
    ),
    claim(
        "an empty GOEXPERIMENT switches everything off: it counts as unset",
        ALL,
        "go env -w GOEXPERIMENT=fieldtrack; GOEXPERIMENT= go env GOEXPERIMENT",
        "fieldtrack",
    ),
    claim(
        "to name the default changes nothing: it is written into binaries",
        ALL,
        "go build -o a .; GOEXPERIMENT=regabiwrappers go build -o b .; cmp -s a b; echo $?\n\
         go version -m a | grep -c GOEXPERIMENT; go version -m b | grep -o GOEXPERIMENT.*\n\
         GOEXPERIMENT=, go build -o c .; go version -m c | grep -o GOEXPERIMENT.*",
        "1\n0\nGOEXPERIMENT=regabiwrappers\nGOEXPERIMENT=,",
    ),
    claim(
        "a program reads GOEXPERIMENT when it starts: never",
        ALL,
        "go build -o a .; GOEXPERIMENT=nosuch ./a",
        "ok",
    ),
    claim(
        "the toolchain decides about loop variables: the `go` line does",
        (22, 99),
        "cat >main.go <<'X'\n\
         package main\nfunc main() {\nvar all []func()\n\
         for i := 0; i < 3; i++ { all = append(all, func() { print(i) }) }\n\
         for _, one := range all { one() }\nprintln()\n}\nX\n\
         go mod edit -go=1.21; go run .; go mod edit -go=1.22; go run .\n\
         GOEXPERIMENT=noloopvar go run .",
        "333\n012\n012",
    ),
];

const DEBUG: &[Claim] = &[
    claim(
        "`go env GODEBUG` shows it: not before 1.23",
        (19, 22),
        "GODEBUG=http2debug=1 go env GODEBUG; echo end",
        "\nend",
    ),
    claim(
        "`go env GODEBUG` shows it: from 1.23",
        (23, 99),
        "GODEBUG=http2debug=1 go env GODEBUG; echo end",
        "http2debug=1\nend",
    ),
    claim(
        "`arenas=0` and `mmap=1` are settings: no, and go says nothing",
        ALL,
        "GODEBUG=arenas=0,mmap=1,nosuch=2 go version; echo $?",
        "go version [GO] linux/amd64\n0",
    ),
    claim(
        "`arenas` may be in a `//go:debug` line: go knows no such setting",
        (21, 99),
        "sed -i '1i //go:debug arenas=0\\n' main.go; go build . 2>&1 | grep -o 'unknown .*'",
        "unknown //go:debug setting \"arenas\"",
    ),
    claim(
        "an old GODEBUG does no harm: a removed setting with its old value stops every program",
        (27, 99),
        "GODEBUG=asynctimerchan=1 go version 2>&1 | head -n 1 | cut -d'(' -f1; go build -o a .\n\
         GODEBUG=tlsrsakex=1 ./a 2>/dev/null; echo $?",
        "fatal error: removed GODEBUG \"asynctimerchan\" set to old value \"1\" in environment \n2",
    ),
    claim(
        "an old GODEBUG does no harm: before 1.27",
        (19, 26),
        "GODEBUG=asynctimerchan=1,tlsrsakex=1 go version; echo $?",
        "go version [GO] linux/amd64\n0",
    ),
    claim(
        "`go env -w GODEBUG` keeps it: it cannot be written",
        (19, 22),
        "go env -w GODEBUG=http2debug=1; echo $?",
        "go: unknown go command variable GODEBUG\n1",
    ),
    claim(
        "`go env -w GODEBUG` keeps it: it cannot be written",
        (23, 99),
        "go env -w GODEBUG=http2debug=1; echo $?",
        "go: GODEBUG can only be set using the OS environment\n1",
    ),
    claim(
        "a GODEBUG line in the file of `go env -w` has an effect: not on any program",
        ALL,
        "mkdir -p ~/.config/go; echo GODEBUG=inittrace=1 >~/.config/go/env; go version; go run .",
        "go version [GO] linux/amd64\nok",
    ),
    claim(
        "GODEBUG of a build is built in: it changes no byte",
        ALL,
        "go build -o a .; GODEBUG=http2debug=1,panicnil=1 go build -o b .; cmp a b; echo $?",
        "0",
    ),
    claim(
        "a trace in GODEBUG is gone with the call: the build cache repeats it",
        ALL,
        "echo '// traced' >>main.go; GODEBUG=inittrace=1 go build -o a . 2>/dev/null\n\
         go build -o b . 2>&1 | grep -c '^init ' | sed 's/[1-9][0-9]*/some/'",
        "some",
    ),
    claim(
        "`godebug` lines of go.mod work everywhere: from 1.23",
        (19, 22),
        "echo 'godebug panicnil=1' >>go.mod; go list . 2>&1 | grep -o 'unknown .*'",
        "unknown directive: godebug",
    ),
    claim(
        "`godebug` lines of go.mod work everywhere: from 1.23",
        (23, 99),
        "echo 'godebug panicnil=1' >>go.mod; go list -f '{{.DefaultGODEBUG}}' . | tr , '\\n' | grep panicnil",
        "panicnil=1",
    ),
    claim(
        "what a program does by default depends on the toolchain alone: the `go` line counts from 1.21",
        (21, 99),
        "go list -f '{{.DefaultGODEBUG}}' . | tr , '\\n' | grep panicnil; go mod edit -go=1.21\n\
         go list -f '{{.DefaultGODEBUG}}' . | tr , '\\n' | grep -c panicnil",
        "panicnil=1\n0",
    ),
];

const FILES: &[Claim] = &[
    claim(
        "`go env -w` beats the environment: the environment wins",
        ALL,
        "go env -w GOSUMDB=off; GOSUMDB=example.com go env GOSUMDB; go env GOSUMDB",
        "example.com\noff",
    ),
    claim(
        "`go env -w` is silent about that: it warns",
        ALL,
        "GOSUMDB=example.com go env -w GOSUMDB=off",
        "warning: go env -w GOSUMDB=... does not override conflicting OS environment variable",
    ),
    claim(
        "an empty variable overrides the file: it counts as unset",
        ALL,
        "go env -w GOSUMDB=off; GOSUMDB= go env GOSUMDB",
        "off",
    ),
    claim(
        "`GOENV=off` protects the file: `go env -w` writes it all the same",
        ALL,
        "GOENV=off go env -w GOFLAGS=-mod=mod; echo $?; cat ~/.config/go/env",
        "0\nGOFLAGS=-mod=mod",
    ),
    claim(
        "`GOENV=off` leaves only the environment: go.env of the toolchain is read from 1.21",
        (21, 99),
        "env -u GOPROXY GOENV=off go env GOPROXY GOSUMDB",
        "https://proxy.golang.org,direct\nsum.golang.org",
    ),
    claim(
        "an empty line in the file does nothing: it hides go.env of the toolchain",
        (21, 99),
        "mkdir -p ~/.config/go; echo GOSUMDB= >~/.config/go/env; go env GOSUMDB; echo end",
        "\nend",
    ),
    claim(
        "GOENV can be kept with `go env -w`: no",
        ALL,
        "go env -w GOENV=/x; echo $?",
        "go: GOENV can only be set using the OS environment\n1",
    ),
    claim(
        "a wrong flag in GOFLAGS stops all: all but `go env`, which takes it without a word",
        ALL,
        "go env -w GOFLAGS=-bogus; go env GOFLAGS; go list . ; echo $?",
        "-bogus\ngo: parsing $GOFLAGS: unknown flag -bogus\n1",
    ),
    claim(
        "GOFLAGS beats the command line: the command line wins",
        ALL,
        "GOFLAGS=-tags=a go list -tags=b -f '{{context.BuildTags}}' .",
        "[b]",
    ),
    claim(
        "what `go env -w` refuses cannot be in the file: a line by hand works",
        ALL,
        "go env -w GOWORK=off 2>/dev/null; echo $?; mkdir -p ~/.config/go\n\
         echo GOWORK=off >~/.config/go/env; go env GOWORK",
        "1\noff",
    ),
    claim(
        "GO111MODULE has to say `on`: it is empty, which means that",
        ALL,
        "go env GO111MODULE; go env GOMOD | sed 's/.*[/]//'",
        "\ngo.mod",
    ),
];

const PLACES: &[Claim] = &[
    claim(
        "`go env GOROOT_FINAL` shows it: it is empty in every version",
        ALL,
        "GOROOT_FINAL=/x go env GOROOT_FINAL; echo $?",
        "\n0",
    ),
    claim(
        "`go env -w GOROOT_FINAL` keeps it: no such variable",
        ALL,
        "go env -w GOROOT_FINAL=/x; echo $?",
        "go: unknown go command variable GOROOT_FINAL\n1",
    ),
    claim("GOROOT_FINAL moves GOROOT: never", ALL, "GOROOT_FINAL=/x go env GOROOT", "[GOROOT]"),
    claim(
        "GOROOT_FINAL goes into binaries: up to 1.22",
        (19, 22),
        "GOROOT_FINAL=/final go build -o a .; grep -aq /final/src/runtime a; echo $?\n\
         grep -aq [GOROOT]/src a; echo $?",
        "0\n1",
    ),
    claim(
        "GOROOT_FINAL goes into binaries: not from 1.23",
        (23, 99),
        "go build -o a .; GOROOT_FINAL=/final go build -o b .; cmp a b; echo $?",
        "0",
    ),
    claim(
        "GOROOT_FINAL of a container counts when the program runs: only GOROOT does",
        ALL,
        "cat >main.go <<'X'\npackage main\nimport \"runtime\"\nfunc main() { println(runtime.GOROOT()) }\nX\n\
         go build -o a .; GOROOT_FINAL=/x ./a; GOROOT=/y ./a",
        "[GOROOT]\n/y",
    ),
    claim(
        "`-X runtime.gorootFinal` sets what runtime.GOROOT says: the variable is defaultGOROOT",
        ALL,
        "cat >main.go <<'X'\npackage main\nimport \"runtime\"\nfunc main() { println(runtime.GOROOT()) }\nX\n\
         go build -ldflags=-X=runtime.gorootFinal=/x -o a . && ./a\n\
         go build -ldflags=-X=runtime.defaultGOROOT=/x -o a . && ./a",
        "[GOROOT]\n/x",
    ),
    claim(
        "`go env -w GOROOT` is refused: from 1.27",
        (19, 26),
        "go env -w GOROOT=/proc/nowhere; echo $?; go version >/dev/null 2>&1; echo $?",
        "0\n2",
    ),
    claim(
        "`go env -w GOROOT` is refused: from 1.27",
        (27, 99),
        "go env -w GOROOT=/proc/nowhere 2>/dev/null; echo $?; go version",
        "1\ngo version [GO] linux/amd64",
    ),
    claim(
        "`go run -e` runs a text: there is no such flag",
        ALL,
        "go run -e 'x' 2>&1 | head -n 1",
        "flag provided but not defined: -e",
    ),
    claim(
        "a platform that is supported has rt0_OS_ARCH.s: linux/mips has not",
        ALL,
        "go tool dist list | grep -x linux/mips; ls [GOROOT]/src/runtime/rt0_linux_mips.s 2>/dev/null; echo $?",
        "linux/mips\n2",
    ),
];

const VERSIONS: &[Claim] = &[
    claim(
        "GOVERSION chooses a version: nothing reads it",
        ALL,
        "GOVERSION=go1.5 go version; GOVERSION=go1.5 go env GOVERSION",
        "go version [GO] linux/amd64\n[GO]",
    ),
    claim(
        "GOTOOLCHAIN=local stops all where the `go` line is newer: not `go version` and `go env`",
        (21, 99),
        "go mod edit -go=1.99; export GOTOOLCHAIN=local; go version; go list . 2>&1 | cut -d'(' -f1",
        "go version [GO] linux/amd64\ngo: go.mod requires go >= 1.99 ",
    ),
    claim(
        "a `toolchain` line that is newer counts with GOTOOLCHAIN=local: it is ignored",
        (21, 99),
        "echo 'toolchain go1.99.1' >>go.mod; GOTOOLCHAIN=local go list .; echo $?",
        "example.com/m\n0",
    ),
    claim(
        "automatic switching only downloads: it runs what is called go1.99.1 on PATH first",
        (21, 99),
        "mkdir bin; printf '#!/bin/sh\\necho another program: $*\\n' >bin/go1.99.1; chmod +x bin/go1.99.1\n\
         echo 'toolchain go1.99.1' >>go.mod; PATH=$PWD/bin:$PATH go list .",
        "another program: list .",
    ),
    claim(
        "a GOTOOLCHAIN that is none is ignored: not from 1.21",
        (21, 99),
        "GOTOOLCHAIN=bash go version; echo $?",
        "go: invalid GOTOOLCHAIN \"bash\"\n1",
    ),
    claim(
        "GOTOOLCHAIN counts everywhere: not before 1.21",
        (19, 20),
        "GOTOOLCHAIN=bash go version; echo $?",
        "go version [GO] linux/amd64\n0",
    ),
    claim(
        "variables of go's own switching are private: inherited, they stop it",
        (21, 99),
        "GOTOOLCHAIN_INTERNAL_SWITCH_VERSION=go1.5 go list .; echo $?",
        "go: toolchain [GO] invoked to provide go1.5\n1",
    ),
];

const LEVELS: &[Claim] = &[
    claim(
        "a wrong level is an error: up to 1.22",
        (19, 22),
        "GOAMD64=v9 go list . ; echo $?",
        "go: invalid GOAMD64: must be v1, v2, v3, v4\n2",
    ),
    claim(
        "a wrong level is an error: from 1.23 it is built as v1, and the binary says the wrong one",
        (23, 99),
        "GOAMD64=v9 go build -o a .; echo $?; go version -m a | grep -o GOAMD64=.*",
        "0\nGOAMD64=v9",
    ),
    claim(
        "a wrong level is an error: GOARM up to 1.22",
        (19, 22),
        "GOARCH=arm GOARM=nosuch go list . 2>&1 | cut -d: -f1-2",
        "go: invalid GOARM",
    ),
    claim(
        "a wrong level is an error: not GOARM from 1.23",
        (23, 99),
        "GOARCH=arm GOARM=nosuch go list .; echo $?",
        "example.com/m\n0",
    ),
    claim(
        "a wrong level is an error: these in every version",
        ALL,
        "for level in mips/GOMIPS mips64/GOMIPS64 ppc64/GOPPC64 wasm/GOWASM; do \
         env GOOS=linux GOARCH=${level%/*} ${level#*/}=nosuch go list . 2>&1 | cut -d: -f1-2; done",
        "go: invalid GOMIPS\ngo: invalid GOMIPS64\ngo: invalid GOPPC64\ngo: invalid GOWASM",
    ),
    claim(
        "a wrong level is an error: these since they are there",
        (23, 99),
        "for level in arm64/GOARM64 riscv64/GORISCV64; do \
         env GOARCH=${level%/*} ${level#*/}=nosuch go list . 2>&1 | cut -d: -f1-2; done",
        "go: invalid GOARM64\ngo: invalid GORISCV64",
    ),
    claim(
        "GO386 is checked: not by the go command",
        ALL,
        "GOARCH=386 GO386=nosuch go list .; echo $?",
        "example.com/m\n0",
    ),
    claim(
        "GO386 is checked: by the compiler",
        ALL,
        "GOARCH=386 GO386=nosuch go build -o a . 2>&1 | head -1",
        "unsupported setting GO386=nosuch",
    ),
    claim(
        "the default of GOARM is 7 everywhere",
        (21, 21),
        "GOOS=linux GOARCH=arm go env GOARM",
        "7",
    ),
    claim(
        "the default of GOARM is 7 everywhere: two versions spell it out",
        (22, 23),
        "GOOS=linux GOARCH=arm go env GOARM",
        "7,hardfloat",
    ),
    claim(
        "the default of GOARM is 7 everywhere: again from 1.24",
        (24, 99),
        "GOOS=linux GOARCH=arm go env GOARM",
        "7",
    ),
    claim(
        "`GOARM=7,softfloat` is fine: from 1.22",
        (22, 99),
        "GOARCH=arm GOARM=7,softfloat go list .; echo $?",
        "example.com/m\n0",
    ),
    claim(
        "`GOARM=7,softfloat` is fine: not before 1.22",
        (19, 21),
        "GOARCH=arm GOARM=7,softfloat go list . 2>&1 | cut -d: -f1-2",
        "go: invalid GOARM",
    ),
    claim(
        "cross builds use cgo where it is supported: it is off",
        ALL,
        "GOOS=linux GOARCH=arm64 go env CGO_ENABLED; GOOS=darwin GOARCH=arm64 go env CGO_ENABLED",
        "0\n0",
    ),
    claim(
        "GOFIPS140 can be anything: Go checks it from 1.24",
        (24, 99),
        "GOFIPS140=bogus go list . 2>&1 | cut -d: -f1-2; GOFIPS140=latest go list .",
        "go: invalid GOFIPS140\nexample.com/m",
    ),
    claim(
        "GOFIPS140 does something: not before 1.24",
        (19, 23),
        "GOFIPS140=bogus go list .; go env GOFIPS140",
        "example.com/m\n",
    ),
];

#[test]
fn what_is_said_of_experiments() {
    check(EXPERIMENTS);
}

#[test]
fn what_is_said_of_debug_settings() {
    check(DEBUG);
}

#[test]
fn what_is_said_of_files_and_precedence() {
    check(FILES);
}

#[test]
fn what_is_said_of_goroot() {
    check(PLACES);
}

#[test]
fn what_is_said_of_versions() {
    check(VERSIONS);
}

#[test]
fn what_is_said_of_levels() {
    check(LEVELS);
}

fn check(claims: &[Claim]) {
    let Some(lab) = lab() else { return };
    let mut wrong = Vec::new();
    let mut ran = 0;
    for go in &lab.gos {
        lab.compile_library(go);
        let here = |claim: &&Claim| (claim.minors.0..=claim.minors.1).contains(&go.minor);
        for claim in claims.iter().filter(here) {
            ran += 1;
            let got = run(lab, go, claim);
            if got != claim.prints.trim_end() {
                wrong.push(format!(
                    "{}: {}: want {:?}, got {got:?}",
                    go.version(),
                    claim.said,
                    claim.prints
                ));
            }
        }
    }
    assert!(ran > 0 && wrong.is_empty(), "{}", wrong.join("\n"));
    note(&format!("hermetic claims: {ran} looked into"));
}

/// Runs the script in a module of its own, with the real go command on PATH.
fn run(lab: &Lab, go: &Go, claim: &Claim) -> String {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};
    let mut hasher = DefaultHasher::new();
    (claim.said, claim.script).hash(&mut hasher);
    let directory = format!("claims/{}-{:x}", go.release, hasher.finish());
    lab.sandbox.write(&format!("{directory}/go.mod"), super::GO_MOD);
    let main = "package main\n\nfunc main() { println(\"ok\") }\n";
    lab.sandbox.write(&format!("{directory}/main.go"), main);
    let tree = go.tree.to_string_lossy();
    let mut command = machine::command("/bin/sh");
    command.args(["-c", &format!("exec 2>&1\n{}", claim.script.replace("[GOROOT]", &tree))]);
    command.env_clear().current_dir(lab.sandbox.path(&directory));
    command.env("PATH", format!("{}:/usr/bin:/bin", go.programs().display()));
    command.env("HOME", lab.sandbox.path(&format!("{directory}/home")));
    // Nothing here is to open a socket.
    command.env("GOCACHE", lab.sandbox.path("cache")).env("GOPROXY", "off");
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let version = go.version();
    text.trim_end().replace(&*tree, "[GOROOT]").replace(&version, "[GO]")
}
