//! `goward inspect`.

use super::{mirror, sandbox};
use crate::common::Sandbox;
use crate::common::memory::peak_of;
use crate::common::programs::elf;
use std::fs::File;
use std::time::{Duration, Instant};

/// What the go command writes for this platform, and more settings.
fn settings(more: &str) -> String {
    format!(
        "path\texample.com/app\nmod\texample.com/app\t(devel)\t\n{more}build\tCGO_ENABLED=0\n\
         build\tGOARCH=amd64\nbuild\tGOOS=linux\nbuild\tGOAMD64=v1\n"
    )
}

#[test]
fn what_a_program_says() {
    let more = "dep\texample.com/a\tv0.1.0\n=>\t../a\t(devel)\t\n\
                build\tDefaultGODEBUG=a=1,b=2,c=3,d=4,e=5\nbuild\t-ldflags=\"-s -w\"\n";
    let program = elf("go1.26.6-X:nogreenteagc", &settings(more));
    let sandbox = Sandbox::new().file("project/app", program);
    assert_eq!(
        sandbox.goward(["inspect", "app"]).data(),
        "app\n  \
           go           go1.26.6\n  \
           platform     linux/amd64 (ELF)\n  \
           experiments  nogreenteagc\n  \
           linkage      static\n  \
           stripped     yes\n  \
           goroot       unknown: no table of sources was found\n  \
           package      example.com/app\n  \
           module       example.com/app (devel)\n  \
           needs        example.com/a v0.1.0 => ../a (devel)\n  \
           godebug      a=1, b=2, c=3, 2 more\n  \
           setting      -ldflags=-s -w\n  \
           setting      CGO_ENABLED=0\n  \
           setting      GOARCH=amd64\n  \
           setting      GOOS=linux\n  \
           setting      GOAMD64=v1\n"
    );
    let json: serde_json::Value =
        serde_json::from_str(sandbox.goward(["inspect", "--json", "app"]).data()).unwrap();
    let app = &json[0];
    assert_eq!(app["version"], "go1.26.6-X:nogreenteagc");
    assert_eq!(app["release"], "go1.26.6");
    assert_eq!(app["experiments"], serde_json::json!(["nogreenteagc"]));
    assert_eq!(app["settings"]["-ldflags"], "-s -w");
    assert_eq!(app["dependencies"][0]["replacement"]["path"], "../a");
    assert_eq!(
        (&app["linkage"], &app["error"], &app["against"]),
        (&"static".into(), &().into(), &().into())
    );
}

#[test]
fn what_cannot_be_inspected() {
    let sandbox = Sandbox::new()
        .file("project/text", "no program at all\n")
        .file("project/cut", &elf("go1.27.1", &settings(""))[..600])
        .file("project/app", elf("go1.27.1", ""));
    sandbox
        .goward(["inspect", "text"])
        .fails(1, "goward: cannot inspect `text`: it is no ELF, Mach-O or PE program");
    sandbox.goward(["inspect", "."]).fails(1, "goward: cannot inspect `.`: it is no regular file");
    let outcome = sandbox.goward(["inspect", "cut"]);
    assert_eq!(outcome.code, Some(1));
    assert!(
        outcome.stderr.starts_with("goward: cannot inspect `cut`: it is damaged: "),
        "{outcome:?}"
    );
    sandbox.goward(["inspect", "missing"]).fails(3, "goward: `missing` does not exist");
    // goward itself, which Go has not built.
    let own = sandbox.path("bin/goward");
    let outcome = sandbox.goward(["inspect".as_ref(), own.as_os_str()]);
    assert_eq!(
        (outcome.code, outcome.stderr.as_str()),
        (
            Some(1),
            "goward: cannot inspect `[BIN]/goward`: no build information of Go is in it\n  \
             Go writes it since 1.13; other programs have none, and some tools take it out\n"
        )
    );
    // Those that can be read come all the same.
    let outcome = sandbox.goward(["inspect", "text", "app"]);
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.stdout.starts_with("app\n  go           go1.27.1\n"), "{}", outcome.stdout);
    let json = sandbox.goward(["inspect", "--json", "text", "app"]);
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json[0]["error"], "cannot inspect `text`: it is no ELF, Mach-O or PE program");
    assert_eq!(json[1]["error"], serde_json::Value::Null);
}

#[test]
fn a_program_cannot_harm_the_terminal() {
    let harm = "\u{1b}]0;x\u{7}\u{202e}\u{9b}31m";
    let lines = format!(
        "path\t{harm}\nmod\t{harm}\t{harm}\ndep\t{harm}\tv1\nbuild\tA={harm}\nbuild\tGOOS={harm}\n\
         build\tGOARCH={harm}\nbuild\tB={}\n",
        "x".repeat(5000)
    );
    let version = format!("go1.27.1{harm} X:{harm}");
    let sandbox = Sandbox::new().file("project/app", elf(&version, &lines));
    for args in [&["inspect", "app"][..], &["inspect", "--json", "app"]] {
        let outcome = sandbox.goward(args);
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        let harmful = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
        assert!(!outcome.stdout.contains(harmful), "{:?}", outcome.stdout);
    }
    let text = sandbox.goward(["inspect", "app"]);
    assert!(text.stdout.lines().all(|line| line.len() < 300), "{}", text.stdout);
    let json = sandbox.goward(["inspect", "--json", "app"]);
    let json: serde_json::Value = serde_json::from_str(json.data()).unwrap();
    assert_eq!(
        (&json[0]["package"], json[0]["settings"]["B"].as_str().unwrap().len()),
        (&harm.into(), 5000)
    );
}

#[test]
fn against_a_lock() {
    let server = mirror();
    let manifest = "[toolchain]\ngo = \"1.99.1\"\n[pins]\nexperiments = [\"jsonv2\"]\ncgo = false\n\
                    flags = [\"-trimpath\"]\n[pins.levels]\nGOAMD64 = \"v3\"\nGOARM64 = \"v9.0\"\n\
                    [profile.plain]\nexperiments = []\n";
    let good =
        settings("build\t-trimpath=true\nbuild\tGOEXPERIMENT=jsonv2\n").replace("=v1", "=v3");
    let sandbox = sandbox(&server)
        .file("project/goward.toml", manifest)
        .file("project/good", elf("go1.99.1-X:jsonv2", &good))
        .file("project/vendor", elf("go1.99.1-corp X:jsonv2", &good))
        .file(
            "project/bad",
            elf("go1.99.0", &settings("").replace("CGO_ENABLED=0", "CGO_ENABLED=1")),
        )
        .file("project/mute", elf("go1.99.1", ""));
    sandbox.goward(["install"]).says();
    sandbox.goward(["lock"]).says();
    let outcome = sandbox.goward(["inspect", "--against", "goward.lock", "good", "vendor"]);
    assert_eq!(
        (outcome.says(), outcome.stdout.as_str()),
        (
            "goward: good is what `[PROJECT]/goward.lock` asks for\n\
             goward: vendor is what `[PROJECT]/goward.lock` asks for\n",
            ""
        )
    );
    let outcome = sandbox.goward(["inspect", "--against", ".", "bad", "good", "mute"]);
    assert_eq!(outcome.code, Some(4));
    assert_eq!(
        outcome.stdout,
        "bad version: `go1.99.0`, the lock has `go1.99.1`\n\
         bad GOEXPERIMENT: none, the lock has `jsonv2`\n\
         bad CGO_ENABLED: `1`, the lock has `0`\n\
         bad GOAMD64: `v1`, the lock has `v3`\n\
         bad -trimpath: not recorded, the lock has `true`\n\
         mute GOEXPERIMENT: none, the lock has `jsonv2`\n\
         mute CGO_ENABLED: not recorded, the lock has `0`\n\
         mute GOAMD64: not recorded, the lock has `v3`\n\
         mute -trimpath: not recorded, the lock has `true`\n"
    );
    assert_eq!(
        outcome.stderr,
        "goward: good is what `[PROJECT]/goward.lock` asks for\n\
         goward: 2 programs are not what `[PROJECT]/goward.lock` asks for\n\
         hint: build again in the project: `go build`\n"
    );
    let json = sandbox.goward(["inspect", "--against", ".", "--json", "bad"]);
    assert_eq!(json.code, Some(4));
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(
        json[0]["against"]["differences"][3],
        serde_json::json!({"what": "GOAMD64", "built": "v1", "locked": "v3"})
    );
    let args = ["inspect", "--against", ".", "--profile", "plain", "good"];
    let outcome = sandbox.goward(args);
    assert_eq!(
        (outcome.code, outcome.stdout.as_str()),
        (Some(4), "good GOEXPERIMENT: `jsonv2`, the lock has none\n")
    );
    let outcome = sandbox.goward(["inspect", "--against", ".", "--profile", "none", "good"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let outcome = sandbox.goward(["inspect", "--against", ".", "--profile", "other", "good"]);
    assert_eq!(outcome.code, Some(2), "{outcome:?}");
    assert!(outcome.stderr.starts_with("goward: `[PROJECT]/goward.lock` has no profile `other`\n"));
    assert_eq!(sandbox.goward(["inspect", "--against", "elsewhere", "good"]).code, Some(3));
}

/// Only tables are read: a large file costs no more than a small one.
#[test]
fn a_large_program_costs_little() {
    let sandbox = Sandbox::new().file("project/app", elf("go1.27.1", &settings("")));
    let file = File::options().append(true).open(sandbox.path("project/app")).unwrap();
    file.set_len(4 << 30).unwrap();
    let mut command = sandbox.command(&sandbox.path("bin/goward"), "project");
    let started = Instant::now();
    let Some((peak, code)) = peak_of(command.args(["inspect", "app"])) else { return };
    assert_eq!(code, Some(0));
    assert!(peak < 100 << 20, "{peak}");
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}
