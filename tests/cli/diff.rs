//! `goward diff`, on releases that are built in; `tests/hermetic/diff.rs` has real ones.

use super::{mirror, sandbox};
use crate::common::Sandbox;
use serde_json::{Value, json};

fn project() -> Sandbox {
    let server = mirror();
    let sandbox = sandbox(&server)
        .file("project/go.mod", "module m\n\ngo 1.26\n")
        .file(
            "project/goward.toml",
            "[toolchain]\ngo = \"1.99.1\"\n[pins]\nexperiments = [\"nojsonv2\"]\n\
             [profile.old.debug]\nasynctimerchan = \"1\"\n",
        )
        .var("GOOS", "linux")
        .var("GOARCH", "amd64");
    let outcome = sandbox.goward(["lock"]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    sandbox
}

const FROM_26_TO_27: &str = "\
experiments
  new      mapsplitgroup                maps keep keys and values of a group apart
  gone     goroutineleakprofile         the profile is always there since go1.27
  on       jsonv2                       encoding/json/v2, which encoding/json is then made of
  on       sizespecializedmalloc        an allocation function for each small size
GODEBUG
  new      httpservecontentmaxranges    the most ranges that http.ServeContent answers, 200 by default; 0: no limit
  new      x509sslcertoverrideplatform  0: SSL_CERT_FILE and SSL_CERT_DIR do not replace the verifier of Windows and macOS
  gone     asynctimerchan               timer channels are always unbuffered since go1.27; with asynctimerchan=1 or 2 no program starts
  gone     gotypesalias                 go/types always has alias nodes since go1.27; with gotypesalias=0 no program starts
  gone     tls10server                  the default is always TLS 1.2 since go1.27; with tls10server=1 no program starts
  gone     tls3des                      never among the defaults since go1.27; with tls3des=1 no program starts
  gone     tlsrsakex                    never among the defaults since go1.27; with tlsrsakex=1 no program starts
  gone     tlsunsafeekm                 always an error since go1.27; with tlsunsafeekm=1 no program starts
  gone     x509keypairleaf              the field is always filled since go1.27; with x509keypairleaf=0 no program starts
  flips    httpservecontentmaxranges    no longer as with httpservecontentmaxranges=1, which brings it back: the most ranges that http.ServeContent answers, 200 by default; 0: no limit
  later    tracebacklabels              stays 0 until the `go` line is 1.27: 0: tracebacks do not show the labels of goroutines
  later    x509sslcertoverrideplatform  stays 0 until the `go` line is 1.27: 0: SSL_CERT_FILE and SSL_CERT_DIR do not replace the verifier of Windows and macOS
platforms
  gone     openbsd/mips64
  changed  linux/ppc64                  cgo; it was: no cgo
environment and build info
  new      GOPACKAGESDRIVER             `go env` shows it
  changed  GOBIN                        `go env` shows the directory that counts where it is unset
  changed  GOROOT                       `go env -w GOROOT` is refused
pins of the lock
  stays    GOEXPERIMENT=nojsonv2
  refused  GODEBUG=asynctimerchan=1     profile old: with `asynctimerchan=1` nothing of go1.27 starts, not even the go command
";

#[test]
fn what_a_move_changes() {
    let sandbox = project();
    let outcome = sandbox.goward(["diff", "1.26", "1.27"]);
    assert_eq!(outcome.stdout, FROM_26_TO_27);
    assert_eq!(
        outcome.says(),
        "goward: go1.26 (not installed, by what goward has built in) to go1.27 (not installed, by what goward has built in) \
         on linux/amd64; defaults of Go 1.26 by `[PROJECT]/go.mod`\n\
         goward: security fixes are not compared: goward has no database of them, only flaws of builds\n"
    );
}

#[test]
fn for_a_pull_request() {
    let sandbox = project();
    let outcome = sandbox.goward(["diff", "1.26", "1.27", "--markdown"]);
    let text = outcome.data();
    assert!(
        text.starts_with(
            "## go1.26 to go1.27\n\n### experiments\n\n| | | |\n|---|---|---|\n\
             | new | `mapsplitgroup` | maps keep keys and values of a group apart |\n"
        ),
        "{text}"
    );
    // Everything that the terminal gets, and one table for each subject.
    let rows =
        text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| | ")).count();
    let lines = FROM_26_TO_27.lines().filter(|line| line.starts_with("  ")).count();
    let tables = FROM_26_TO_27.lines().filter(|line| !line.starts_with("  ")).count();
    assert_eq!((rows, text.matches("|---|---|---|").count()), (lines, tables));
    assert!(
        text.ends_with("\n\nSecurity fixes are not compared: goward has no database of them, only flaws of builds.\n"),
        "{text}"
    );
}

#[test]
fn json_has_the_same() {
    let sandbox = project();
    let outcome = sandbox.goward(["diff", "1.26.2", "1.27.1", "--json"]);
    let diff: Value = serde_json::from_str(outcome.data()).unwrap();
    assert_eq!(diff["from"], json!({"version": "go1.26.2", "source": "built-in"}));
    assert_eq!(diff["experiments"]["added"], json!([{"name": "mapsplitgroup", "default": false}]));
    assert_eq!(diff["experiments"]["on"], json!(["jsonv2", "sizespecializedmalloc"]));
    assert_eq!(diff["godebug"]["dropped"].as_array().unwrap().len(), 7);
    let later: Vec<_> =
        diff["godebug"]["later"].as_array().unwrap().iter().map(|l| &l["name"]).collect();
    assert_eq!(later, ["tracebacklabels", "x509sslcertoverrideplatform"]);
    assert_eq!(diff["platforms"]["lost"][0]["arch"], "mips64");
    assert_eq!((&diff["security_fixes"], &diff["lock"]["survives"]), (&Value::Null, &json!(false)));
    let pin = &diff["lock"]["pins"][1];
    assert_eq!((&pin["profile"], &pin["name"]), (&json!("old"), &json!("GODEBUG")));
    assert_eq!(pin["problems"].as_array().unwrap().len(), 1);
}

/// Which default a program has depends on its `go` line, and so does what flips.
#[test]
fn the_go_line_decides_what_flips() {
    let server = mirror();
    let flips = |go: &str, from: &str, to: &str| {
        let sandbox = sandbox(&server).file("project/go.mod", format!("module m\n\n{go}\n"));
        let outcome = sandbox.goward(["diff", from, to, "--json"]);
        let diff: Value = serde_json::from_str(outcome.data()).unwrap();
        assert_eq!(diff["lock"], Value::Null);
        let flips = diff["godebug"]["flips"].as_array().unwrap().iter();
        flips.map(|flip| flip["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let removed = [
        "asynctimerchan",
        "gotypesalias",
        "tls10server",
        "tls3des",
        "tlsrsakex",
        "tlsunsafeekm",
        "x509keypairleaf",
    ];
    // Seven old defaults end with 1.27, whatever the line says.
    assert_eq!(flips("go 1.21", "1.26", "1.27"), removed);
    assert_eq!(
        flips("go 1.22", "1.26", "1.27"),
        ["asynctimerchan", "gotypesalias", "tls3des", "x509keypairleaf"]
    );
    assert_eq!(flips("go 1.23", "1.25", "1.26"), Vec::<String>::new());
    // Where the line is new already, a newer toolchain does the rest.
    assert_eq!(flips("go 1.24", "1.25", "1.26"), ["urlmaxqueryparams"]);
    assert_eq!(flips("go 1.26\ngodebug default=go1.21", "1.26", "1.27"), removed);
    // Before 1.21 there were no old defaults to ask for; what 1.21 and later changed stays as it was.
    assert_eq!(flips("go 1.19", "1.19", "1.26"), Vec::<String>::new());
}

#[test]
fn known_flaws_of_builds_are_told_for_exact_releases() {
    let server = mirror();
    let sandbox = sandbox(&server);
    let lines = |from: &str, to: &str| {
        let outcome = sandbox.goward(["-q", "diff", from, to]);
        let text = outcome.data().to_owned();
        let (_, rest) = text.split_once("flaws of builds\n").unwrap_or_default();
        rest.lines()
            .take_while(|line| line.starts_with("  "))
            .map(|l| l.split_whitespace().take(2).collect::<Vec<_>>().join(" "))
            .collect::<Vec<_>>()
    };
    assert_eq!(lines("1.25.8", "1.26.2"), ["fixed CVE-2026-27140"]);
    assert_eq!(lines("1.26.2", "1.25.8"), ["has CVE-2026-27140"]);
    assert_eq!(lines("1.25", "1.26.2"), Vec::<String>::new());
}

#[test]
fn what_cannot_be_compared() {
    let server = mirror();
    let sandbox = sandbox(&server);
    sandbox
        .goward(["diff", "1.26", "1.26"])
        .fails(2, "goward: both are go1.26\nhint: name two releases: `goward diff 1.26 1.27`");
    sandbox.goward(["diff", "1.26", "1.98"]).fails(
        3,
        "goward: no installed toolchain fits `1.98`, and nothing is built in\n\
         hint: install one: `goward install '1.98'`",
    );
    assert_eq!(sandbox.goward(["diff", "1.26"]).code, Some(2));
}
