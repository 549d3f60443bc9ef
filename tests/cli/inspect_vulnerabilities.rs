//! `goward inspect --vulnerabilities`: which shipped programs were built with a flawed Go.

use crate::common::json_keys::fit_their_schema;
use crate::common::programs::elf;
use crate::common::{Outcome, Sandbox, machine, vulndb};
use serde_json::Value;

/// What the go command writes for this platform.
const SETTINGS: &str = "path\texample.com/app\nmod\texample.com/app\t(devel)\t\n\
                        build\tGOARCH=amd64\nbuild\tGOOS=linux\n";

/// Known to the small database: two, one, none; one that only the commands have; no release.
fn programs() -> Sandbox {
    let sandbox = Sandbox::new()
        .file("project/out/two", elf("go1.23.4", SETTINGS))
        .file("project/out/bin/one", elf("go1.23.7", SETTINGS))
        .file("project/out/bin/none", elf("go1.24.2", SETTINGS))
        .file("project/out/bin/commands", elf("go1.23.9", SETTINGS))
        .file("project/out/README", "no program\n")
        .file("project/devel", elf("devel go1.28-1234567", SETTINGS));
    vulndb::write(&sandbox, "vulndb");
    sandbox
}

fn inspect(sandbox: &Sandbox, args: &[&str]) -> Outcome {
    let place = sandbox.path("vulndb");
    let mut all = vec!["inspect", "--vulndb", place.to_str().unwrap()];
    all.extend(args);
    sandbox.goward(all)
}

const TWO: &str = "go1.23.4: 2 known vulnerabilities; fixed in go1.23.8\n  \
    GO-2025-3373 (CVE-2024-45341) crypto/x509: Usage of IPv6 zone IDs can bypass URI name \
    constraints in crypto/x509\n  \
    GO-2025-3563 (CVE-2025-22871) net/http/internal: Request smuggling due to acceptance of invalid \
    chunked data in net/http\n";

#[test]
fn a_directory_of_programs() {
    let sandbox = programs();
    let outcome = inspect(&sandbox, &["out"]);
    assert_eq!(
        outcome.stdout,
        format!(
            "out/bin/commands: go1.23.9: no known vulnerability\n\
             out/bin/none: go1.24.2: no known vulnerability\n\
             out/bin/one: go1.23.7: 1 known vulnerability; fixed in go1.23.8\n  \
             GO-2025-3563 (CVE-2025-22871) net/http/internal: Request smuggling due to acceptance of \
             invalid chunked data in net/http\nout/two: {TWO}"
        )
    );
    assert_eq!(
        (outcome.code, outcome.stderr.as_str()),
        (
            Some(6),
            "goward: vulnerabilities by `[BASE]/vulndb`, of 2026-11-01T12:00:00Z\n\
             goward: 2 programs were built with a Go whose library has known vulnerabilities\n\
             hint: whether a program uses what is vulnerable: `govulncheck -mode=binary FILE`\n"
        )
    );
    let fine = inspect(&sandbox, &["out/bin/none"]);
    assert_eq!(fine.code, Some(0), "{}", fine.stderr);
    inspect(&sandbox, &["out/README"]).fails(3, "goward: no program that Go built is there");
    inspect(&sandbox, &["missing"]).fails(3, "goward: `missing` does not exist");
    let devel = inspect(&sandbox, &["devel"]);
    assert_eq!(devel.stdout, "devel: devel go1.28-1234567, which is no release: not judged\n");
    let error = "goward: nothing is known of the Go that built `devel`\n";
    assert_eq!((devel.code, devel.stderr.as_str()), (Some(1), error));
    let json: Value = serde_json::from_str(&inspect(&sandbox, &["--json", "out"]).stdout).unwrap();
    fit_their_schema("inspect-vulnerabilities", std::slice::from_ref(&json));
    assert_eq!(json["programs"][2]["place"], "out/bin/one");
    assert_eq!(json["programs"][2]["vulnerabilities"][0]["id"], "GO-2025-3563");
    assert_eq!(json["programs"][2]["fixed_in"], "go1.23.8");
    assert_eq!(json["vulnerability_database"]["modified"], vulndb::MODIFIED);
    let off = sandbox.goward(["inspect", "--vulndb", "off", "out"]);
    assert_eq!(off.code, Some(2), "{}", off.stderr);
}

/// Packs with tar, as containers' tools do: a layer, an archive of an image, a layout of one.
#[test]
fn layers_of_images() {
    let sandbox = programs();
    let script = "set -e; tar -C out -cf one.tar two; gzip -k one.tar
        mkdir -p image/blobs/sha256; cp one.tar.gz image/blobs/sha256/1234
        tar -C out -cf image/blobs/sha256/5678 bin
        echo '{}' >image/oci-layout
        printf '\\050\\265\\057\\375 and more' >image/blobs/sha256/9abc
        tar -C image -cf saved.tar . ; head -c 900 one.tar >cut.tar; ln -s ../out image/link";
    let mut sh = machine::command("sh");
    assert!(
        sh.args(["-c", script]).current_dir(sandbox.path("project")).status().unwrap().success()
    );
    let lines = |outcome: &Outcome| {
        let lines = outcome.stdout.lines().filter(|line| !line.starts_with(' '));
        lines.map(|line| line.split(": go").next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    for name in ["one.tar", "one.tar.gz"] {
        let outcome = inspect(&sandbox, &[name]);
        assert_eq!((lines(&outcome), outcome.code), (vec![format!("{name}!two")], Some(6)));
    }
    let image = inspect(&sandbox, &["image"]);
    let blob = "image/blobs/sha256/";
    let want = ["1234!two", "5678!bin/commands", "5678!bin/none", "5678!bin/one"];
    let found = lines(&image);
    assert_eq!(found.len(), want.len(), "{found:?}");
    assert!(want.iter().all(|name| found.contains(&format!("{blob}{name}"))), "{found:?}");
    let zstd = "it is packed with zstd, which is not read";
    assert!(image.stderr.contains(&format!("cannot look at `{blob}9abc`: {zstd}")));
    let saved = inspect(&sandbox, &["saved.tar"]);
    assert_eq!(lines(&saved).len(), 4, "{}", saved.stdout);
    assert!(saved.stdout.contains("saved.tar!./blobs/sha256/1234!two: go1.23.4: 2 known"));
    let cut = inspect(&sandbox, &["cut.tar", "out/bin/none"]);
    assert!(cut.stderr.contains("cannot look at `cut.tar"), "{}", cut.stderr);
    assert_eq!(cut.code, Some(1));
}
