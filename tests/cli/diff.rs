//! `goward diff`, on releases that are built in; `tests/hermetic/diff.rs` has real ones.

use super::{mirror, sandbox};
use crate::common::server::{Route, Server};
use crate::common::{Sandbox, vulndb};
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
        .var("GOARCH", "amd64")
        .var("GOVULNDB", "off");
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
         goward: what of this touches the module is not known: neither release is installed\n\
         goward: security fixes are not compared: `1.26` is a line of releases; name one of them, as `1.26.1`, to compare them\n"
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
        text.ends_with(
            "\n\nSecurity fixes are not compared: `1.26` is a line of releases; name one of them, \
             as `1.26.1`, to compare them.\n"
        ),
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
    assert_eq!(diff["lock"]["survives"], json!(false));
    assert_eq!(
        diff["security_fixes"],
        json!({
            "compared": false, "why_not": "it was left out with `off`",
            "database": null, "fixed": null, "opened": null,
        })
    );
    let pin = &diff["lock"]["pins"][1];
    assert_eq!((&pin["profile"], &pin["name"]), (&json!("old"), &json!("GODEBUG")));
    assert_eq!(pin["problems"].as_array().unwrap().len(), 1);
}

/// Which default a program has depends on its `go` line, and so does what flips.
#[test]
fn the_go_line_decides_what_flips() {
    let server = mirror();
    let flips = |go: &str, from: &str, to: &str| {
        let sandbox = sandbox(&server)
            .file("project/go.mod", format!("module m\n\n{go}\n"))
            .var("GOVULNDB", "off");
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

/// No lock, and a database in `vulndb`.
fn with_database() -> Sandbox {
    let sandbox = Sandbox::new()
        .file("project/go.mod", "module m\n\ngo 1.23\n")
        .var("GOOS", "linux")
        .var("GOARCH", "amd64");
    vulndb::write(&sandbox, "vulndb");
    sandbox
}

const X509: &str = "GO-2025-3373  CVE-2024-45341, stdlib (crypto/x509), fixed in go1.23.5: \
    Usage of IPv6 zone IDs can bypass URI name constraints in crypto/x509\n";
const HTTP: &str = "GO-2025-3563  CVE-2025-22871, stdlib (net/http/internal), fixed in go1.23.8: \
    Request smuggling due to acceptance of invalid chunked data in net/http\n";
const MADE_UP: &str = "GO-2099-0001  CVE-2099-1, toolchain (cmd/go), fixed in go1.23.10: Made up\n";

#[test]
fn security_fixes_are_told_in_both_directions() {
    let sandbox = with_database();
    let of = |from: &str, to: &str| {
        let outcome = sandbox.goward(["diff", from, to, "--vulndb", "../vulndb"]);
        assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
        let last = outcome.stderr.lines().last().unwrap().to_owned();
        (outcome.stdout, last)
    };
    let by = "by `[PROJECT]/../vulndb`, of 2026-11-01T12:00:00Z";
    let some = format!("goward: security fixes {by}");
    let (text, last) = of("1.23.4", "1.23.8");
    assert_eq!(text, format!("security fixes\n  fixed    {X509}  fixed    {HTTP}"));
    assert_eq!(last, some);
    // A move back loses them.
    let (text, last) = of("1.23.8", "1.23.4");
    assert_eq!(text, format!("security fixes\n  has      {X509}  has      {HTTP}"));
    assert_eq!(last, some);
    // Both at once; what both have is no difference.
    let (text, _) = of("1.23.5", "1.23.9");
    assert_eq!(text, format!("security fixes\n  fixed    {HTTP}  has      {MADE_UP}"));
    let (text, _) = of("1.23.3", "1.23.4");
    assert_eq!(text, "");
    let none = format!("goward: there are no security fixes between them {by}");
    assert_eq!(of("1.23.11", "1.23.12"), (String::new(), none));
}

#[test]
fn security_fixes_for_scripts_and_pull_requests() {
    let sandbox = with_database().var("GOVULNDB", "../vulndb,https://unused.example");
    let outcome = sandbox.goward(["diff", "1.23.5", "1.23.9", "--markdown"]);
    let want = "### security fixes\n\n| | | |\n|---|---|---|\n\
        | fixed | `GO-2025-3563` | CVE-2025-22871, stdlib (net/http/internal), fixed in go1.23.8: \
        Request smuggling due to acceptance of invalid chunked data in net/http |\n\
        | has | `GO-2099-0001` | CVE-2099-1, toolchain (cmd/go), fixed in go1.23.10: Made up |\n";
    let text = outcome.data();
    assert!(text.contains(want), "{text}");
    let last = "\n\nSecurity fixes by `[PROJECT]/../vulndb`, of 2026-11-01T12:00:00Z.\n";
    assert!(text.ends_with(last), "{text}");
    let outcome = sandbox.goward(["diff", "1.23.5", "1.23.9", "--json"]);
    let diff: Value = serde_json::from_str(outcome.data()).unwrap();
    assert_eq!(
        diff["security_fixes"],
        json!({
            "compared": true,
            "why_not": null,
            "database": {
                "source": "`[PROJECT]/../vulndb`", "modified": vulndb::MODIFIED,
                "copy_age_days": null, "copy_why": null,
            },
            "fixed": [{
                "id": "GO-2025-3563", "aliases": ["CVE-2025-22871"], "module": "stdlib",
                "packages": ["net/http/internal"], "fixed_in": "go1.23.8",
                "summary": "Request smuggling due to acceptance of invalid chunked data in net/http",
            }],
            "opened": [{
                "id": "GO-2099-0001", "aliases": ["CVE-2099-1"], "module": "toolchain",
                "packages": ["cmd/go"], "fixed_in": "go1.23.10", "summary": "Made up",
            }],
        })
    );
}

/// Nobody asked is never told as nothing found.
#[test]
fn that_nobody_was_asked_is_said_with_the_reason() {
    let sandbox = with_database();
    let last = |arguments: &[&str], sandbox: &Sandbox| {
        let outcome = sandbox.goward([&["diff"], arguments].concat());
        assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(0), ""), "{}", outcome.stderr);
        outcome.stderr.lines().last().unwrap().to_owned()
    };
    assert_eq!(
        last(&["1.23.4", "1.23.8", "--vulndb", "off"], &sandbox),
        "goward: security fixes are not compared: it was left out with `off`"
    );
    let offline = with_database().without_var("GOVULNDB").var("GOWARD_OFFLINE", "1");
    let said = last(&["1.23.4", "1.23.8"], &offline);
    let start =
        "goward: security fixes are not compared: cannot download the vulnerability database";
    assert!(said.starts_with(start), "{said}");
    assert!(said.ends_with("(name one that can be asked: `--vulndb`)"), "{said}");
    // One that was named is part of what was asked for.
    let named = |place: &str| sandbox.goward(["diff", "1.23.4", "1.23.8", "--vulndb", place]);
    let outcome = named("/proc/nowhere");
    outcome.fails(
        3,
        "goward: `/proc/nowhere` is no vulnerability database\n  it has no `index/db.json`",
    );
    let server = Server::with("/index/db.json", Route::new("<html>"));
    let outcome = named(&server.url(""));
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(5), ""), "{}", outcome.stderr);
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
