//! What callers ask for beside a lock, as tools for releases do with each call: the bytes are those of plain
//! Go with the same settings, or the call is refused.

use super::{Go, Lab, lab};
use crate::common::{Outcome, is_full, machine};
use goward_shim::pins::Isolation;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

const MAIN: &str = "package main\n\nfunc main() { println(built) }\n";
/// Each set of tags is another program.
const TAGGED: [(&str, &str); 4] = [
    ("none.go", "//go:build !locked && !asked\n\npackage main\n\nconst built = \"plain\"\n"),
    ("locked.go", "//go:build locked && !asked\n\npackage main\n\nconst built = \"locked\"\n"),
    ("asked.go", "//go:build !locked && asked\n\npackage main\n\nconst built = \"asked\"\n"),
    ("both.go", "//go:build locked && asked\n\npackage main\n\nconst built = \"both\"\n"),
];

/// Builds six targets at once, each with its target and the settings; leaves program, words and exit code.
const RELEASE: &str = r#"
rm -rf dist && mkdir dist
for target in linux/amd64 linux/arm64 darwin/arm64 windows/amd64 windows/arm64 freebsd/amd64; do
    (
        GOOS=${target%/*} GOARCH=${target#*/} name=dist/${target%/*}-${target#*/}
        export GOOS GOARCH
        eval "export $SETTINGS"
        "$PROGRAM" build -o "$name" . 2>"$name.words"
        echo $? >"$name.code"
    ) &
done
wait
"#;

/// How one call ended: its exit code, what it said, and what it built.
#[derive(PartialEq, Eq)]
struct Built {
    code: String,
    words: String,
    bytes: Option<Vec<u8>>,
}

fn project(lab: &Lab, directory: &str, go: &Go, isolation: Isolation, pins: &[(&str, &str)]) {
    lab.project(directory, go, isolation, pins);
    for (name, text) in [("main.go", MAIN)].iter().chain(&TAGGED) {
        lab.sandbox.write(&format!("{directory}/{name}"), text);
    }
}

/// Runs [`RELEASE`] with a `go`; returns what came of each target.
fn release(
    lab: &Lab,
    directory: &str,
    program: &Path,
    settings: &str,
    variables: &[(&str, &str)],
) -> BTreeMap<String, Built> {
    let mut command = lab.sandbox.command(Path::new("/bin/sh"), directory);
    command.args(["-c", RELEASE]).env("PROGRAM", program).env("SETTINGS", settings);
    lab.run(command.envs(variables.iter().copied()));
    let dist = lab.sandbox.path(directory).join("dist");
    let codes = fs::read_dir(&dist).unwrap().filter_map(|entry| {
        Some(entry.unwrap().file_name().to_str()?.strip_suffix(".code")?.to_owned())
    });
    let built = |name: String| {
        let read = |end: &str| fs::read_to_string(dist.join(format!("{name}{end}"))).unwrap();
        let (code, words) = (read(".code").trim().to_owned(), read(".words"));
        let bytes = fs::read(dist.join(&name)).ok();
        (name, Built { code, words, bytes })
    };
    codes.map(built).collect()
}

/// What plain Go builds, and how programs of several targets differ from one another.
fn plain(lab: &Lab, directory: &str, go: &Go, settings: &str) -> BTreeMap<String, Built> {
    let program = goward_core::store::program_of(&go.tree, "go");
    let own = [("GOENV", "off"), ("GOTOOLCHAIN", "local")];
    let built = release(lab, directory, &program, settings, &own);
    assert_eq!(built.len(), 6);
    for (target, one) in &built {
        assert_eq!(one.code, "0", "{target}: {}", one.words);
    }
    let formats = ["linux-amd64", "darwin-arm64", "windows-amd64"]
        .map(|target| built[target].bytes.as_ref().unwrap()[..2].to_vec());
    assert_eq!(formats, [b"\x7fE".to_vec(), b"\xcf\xfa".to_vec(), b"MZ".to_vec()]);
    built
}

/// Mode, pins, what the caller asks for, its variables, and what plain Go gets for the same or the name that
/// the refusal has.
type Case<'a> = (
    Isolation,
    &'a [(&'a str, &'a str)],
    &'a str,
    &'a [(&'a str, &'a str)],
    Result<&'a str, &'a str>,
);

#[test]
fn a_release_of_six_targets_is_that_of_plain_go_or_refused() {
    let Some(lab) = lab() else { return };
    let newest = lab.gos.last().unwrap();
    for go in lab.gos.iter().filter(|go| is_full() || go.release == newest.release) {
        let shim = lab.sandbox.store().join("shims/go");
        let asked = "CGO_ENABLED=0 GOFLAGS='-tags=asked -ldflags=-s'";
        let named = [("GOWARD_ALLOW", "CGO_ENABLED,GOFLAGS")];
        let (flags, cgo, with_c) =
            (("GOFLAGS", "-trimpath -tags=locked"), ("CGO_ENABLED", "0"), ("CGO_ENABLED", "1"));
        let both = "CGO_ENABLED=0 GOFLAGS='-trimpath -tags=locked,asked -ldflags=-s'";
        let cases: &[Case<'_>] = &[
            (Isolation::Pinned, &[], asked, &[], Ok(asked)),
            (Isolation::Pinned, &[flags, cgo], asked, &[], Ok(both)),
            (Isolation::Pinned, &[with_c], asked, &[], Err("CGO_ENABLED")),
            (Isolation::Hermetic, &[], "GOAMD64=v3", &[], Ok("GOAMD64=v3")),
            (Isolation::Hermetic, &[], asked, &named, Ok(asked)),
            (Isolation::Hermetic, &[], "CGO_ENABLED=0", &[], Err("CGO_ENABLED")),
            (Isolation::Hermetic, &[cgo], asked, &[], Err("GOFLAGS")),
            (
                Isolation::Hermetic,
                &[flags, cgo],
                "CGO_ENABLED=0 GOFLAGS=-trimpath",
                &[],
                Ok("CGO_ENABLED=0 GOFLAGS='-trimpath -tags=locked'"),
            ),
        ];
        for (number, (isolation, pins, settings, variables, want)) in cases.iter().enumerate() {
            let directory = format!("asked/{}-{number}", go.release);
            project(lab, &directory, go, *isolation, pins);
            // Before goward's, so that no program can be left over from it.
            let plain = want.ok().map(|settings| plain(lab, &directory, go, settings));
            let built = release(lab, &directory, &shim, settings, variables);
            assert_eq!(built.len(), 6);
            for (target, built) in &built {
                let about = format!("{} {number} {target}: {}", go.release, built.words);
                match (want, &plain) {
                    (_, Some(plain)) => assert!(*built == plain[target], "{about}"),
                    (Err(name), _) => {
                        assert_eq!((built.code.as_str(), &built.bytes), ("126", &None), "{about}");
                        assert!(built.words.contains(name), "{about}");
                    }
                    (Ok(_), None) => unreachable!(),
                }
            }
        }
    }
}

/// Flags, and tags, which Go takes once.
type Flags = (&'static str, &'static str);

const OF_THE_LOCK: [Flags; 5] = [
    ("-trimpath", ""),
    ("", "locked"),
    ("-trimpath", "x,locked"),
    ("-mod=mod", ""),
    ("-buildvcs=false", "locked"),
];

const OF_THE_CALLER: [Flags; 6] = [
    ("-v", ""),
    ("", "asked"),
    ("-ldflags=-s", ""),
    ("'-ldflags=-s -w'", "asked"),
    ("-trimpath", "locked"),
    ("-count=1 -gcflags=-l", "asked,x"),
];

/// What somebody writes by hand for all of them.
fn line(flags: &[Flags]) -> String {
    let mut tags = Vec::new();
    for tag in flags.iter().flat_map(|flags| flags.1.split(',')) {
        if !tag.is_empty() && !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    let tags = if tags.is_empty() { String::new() } else { format!("-tags={}", tags.join(",")) };
    let rest = flags.iter().map(|flags| flags.0).chain([tags.as_str()]);
    rest.filter(|item| !item.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Thirty pairs: the lock's flags and the caller's build what plain Go builds with both.
#[test]
fn flags_of_lock_and_caller_build_what_plain_go_builds_with_both() {
    let Some(lab) = lab() else { return };
    let newest = lab.gos.last().unwrap();
    for go in lab.gos.iter().filter(|go| is_full() || go.release == newest.release) {
        let mut different = BTreeSet::new();
        for (number, of_lock) in OF_THE_LOCK.into_iter().enumerate() {
            let directory = format!("asked/flags-{}-{number}", go.release);
            let locked = line(&[of_lock]);
            project(lab, &directory, go, Isolation::Pinned, &[("GOFLAGS", &locked)]);
            for of_caller in OF_THE_CALLER {
                let (asked, both) = (line(&[of_caller]), line(&[of_lock, of_caller]));
                let build = |mut command: Command, flags: &str| {
                    lab.run(command.env("GOFLAGS", flags).args(["build", "-o", "program", "."]));
                    fs::read(lab.sandbox.path(&directory).join("program")).unwrap()
                };
                let mut real = lab.real(go, &directory);
                real.envs([("GOENV", "off"), ("GOTOOLCHAIN", "local")]);
                let plain = build(real, &both);
                let got = build(lab.go(&directory), &asked);
                assert!(got == plain, "{}: `{locked}` with `{asked}`", go.release);
                different.insert(plain);
            }
        }
        // Otherwise nothing would be seen of flags that are lost.
        assert!(different.len() > 15, "{}", different.len());
    }
}

/// As repositories have them: dependencies in `vendor`, targets and levels set for one call, tags and flags
/// of the linker, and a choice that is exported for some programs only.
const MAKEFILE: &str = "\
GO ?= go
GOARCH := $(shell $(GO) env GOARCH)
BUILD := $(GO) build -trimpath -mod=vendor -ldflags \"-s -w -X main.from=make\"

all: host arm windows tagged static

host:
\t$(BUILD) -o dist/$@-$(GOARCH) .
arm:
\tGOARCH=arm GOARM=5 $(BUILD) -o dist/$@ .
windows:
\tGOOS=windows GOARCH=arm64 $(BUILD) -o dist/$@ .
tagged:
\tGOOS= $(BUILD) -tags \"asked other\" -o dist/$@ .
static: export CGO_ENABLED=0
static:
\t$(BUILD) -tags netgo -o dist/$@ .
";

const VENDORED: [(&str, &str); 6] = [
    ("Makefile", MAKEFILE),
    ("go.mod", "module example.com/m\n\ngo 1.19\n\nrequire example.com/dep v1.0.0\n"),
    (
        "main.go",
        "package main\n\nimport \"example.com/dep\"\n\nvar from string\n\n\
         func main() { println(from, dep.Name) }\n",
    ),
    ("vendor/modules.txt", "# example.com/dep v1.0.0\n## explicit; go 1.19\nexample.com/dep\n"),
    ("vendor/example.com/dep/dep.go", "//go:build !asked\n\npackage dep\n\nconst Name = \"dep\"\n"),
    (
        "vendor/example.com/dep/asked.go",
        "//go:build asked\n\npackage dep\n\nconst Name = \"asked\"\n",
    ),
];

/// Runs `make` with the programs of a directory first on PATH; returns what it said and what it built.
fn made(
    lab: &Lab,
    directory: &str,
    programs: &Path,
    variables: &[(&str, &str)],
) -> (Outcome, BTreeMap<String, Vec<u8>>) {
    let dist = lab.sandbox.path(directory).join("dist");
    fs::create_dir(&dist).unwrap();
    let mut command = lab.sandbox.command(Path::new("make"), directory);
    command.env("PATH", format!("{}:{}", programs.display(), machine::PATH));
    let outcome = lab.sandbox.finish(command.arg("-k").envs(variables.iter().copied()));
    let programs = fs::read_dir(&dist).unwrap().map(|entry| {
        let path = entry.unwrap().path();
        (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(&path).unwrap())
    });
    let built = programs.collect();
    fs::remove_dir_all(&dist).unwrap();
    (outcome, built)
}

/// What `make` builds of a repository with a vendor directory is what plain Go builds there; the choice that a
/// hermetic lock does not hold is refused by its name, and nothing else is.
#[test]
fn make_builds_in_a_hermetic_repository_what_plain_go_builds() {
    let Some(lab) = lab() else { return };
    let newest = lab.gos.last().unwrap();
    for go in lab.gos.iter().filter(|go| is_full() || go.release == newest.release) {
        let shims = lab.sandbox.store().join("shims");
        for (number, cgo) in [None, Some("0"), Some("1")].into_iter().enumerate() {
            let directory = format!("asked/make-{}-{number}", go.release);
            let pins: Vec<_> = cgo.map(|cgo| ("CGO_ENABLED", cgo)).into_iter().collect();
            lab.project(&directory, go, Isolation::Hermetic, &pins);
            for (name, text) in VENDORED {
                lab.sandbox.write(&format!("{directory}/{name}"), text);
            }
            let mut own = vec![("GOENV", "off"), ("GOTOOLCHAIN", "local")];
            own.extend(&pins);
            let (said, plain) = made(lab, &directory, &go.programs(), &own);
            assert_eq!((said.code, plain.len()), (Some(0), 5), "{}: {}", go.release, said.stderr);
            let (said, built) = made(lab, &directory, &shims, &[]);
            let about = format!("{} {cgo:?}: {}", go.release, said.stderr);
            let refused = cgo != Some("0");
            assert_eq!(said.code, Some(if refused { 2 } else { 0 }), "{about}");
            assert_eq!(said.stderr.contains("CGO_ENABLED"), refused, "{about}");
            for (name, program) in &plain {
                let wanted = (!refused || name != "static").then_some(program);
                assert!(built.get(name) == wanted, "{name}: {about}");
            }
        }
    }
}
