//! Databases that were made by hand: whole, damaged and hostile.

use super::*;
use crate::ctx::Ctx;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::path::Path;
use tempfile::TempDir;

fn write(dir: &Path, name: &str, text: impl AsRef<[u8]>) {
    let path = dir.join(name);
    fs_err::create_dir_all(path.parent().unwrap()).unwrap();
    fs_err::write(path, text).unwrap();
}

fn entry(id: &str, module: &str, events: &Value) -> Value {
    json!({
        "schema_version": "1.3.1", "id": id, "modified": "2026-01-01T00:00:00Z",
        "aliases": ["CVE-2099-1"], "summary": "Something in crypto/x509",
        "affected": [{
            "package": {"name": module, "ecosystem": "Go"},
            "ranges": [{"type": "SEMVER", "events": events}],
            "ecosystem_specific": {"imports": [{"path": "crypto/x509", "symbols": ["Verify"]}]},
        }],
    })
}

/// Writes a database with entries of `stdlib`, each with the newest release that fixes it.
fn database(entries: &[(&str, &str, Value)]) -> TempDir {
    let dir = TempDir::new().unwrap();
    write(dir.path(), "index/db.json", r#"{"modified":"2026-11-01T00:00:00Z"}"#);
    let vulns: Vec<Value> = entries
        .iter()
        .map(|(id, fixed, _)| json!({"id": id, "modified": "x", "fixed": fixed}))
        .collect();
    let modules = json!([
        {"path": "example.com/m", "vulns": [{"id": "no name", "modified": "x"}]},
        {"path": "stdlib", "vulns": vulns},
    ]);
    write(dir.path(), "index/modules.json", modules.to_string());
    for (id, _, entry) in entries {
        write(dir.path(), &format!("ID/{id}.json"), entry.to_string());
    }
    dir
}

fn ask(dir: &Path, version: &str) -> Result<Report> {
    let place = Place::parse(&dir.display().to_string(), Path::new("/"))?;
    let net = Net::new(&Ctx::default(), Vec::new())?;
    let platforms = [Platform::parse("linux/amd64").unwrap()];
    Database::new(place, net).report(&[GoVersion::parse(version).unwrap()], &platforms, &[])
}

fn found(dir: &Path, version: &str) -> Vec<Vulnerability> {
    ask(dir, version).unwrap().found.remove(0)
}

#[test]
fn ranges_decide_which_release_has_what() {
    let events = json!([
        {"introduced": "0"}, {"fixed": "1.22.11"}, {"introduced": "1.23.0-0"}, {"fixed": "1.23.5"},
        {"introduced": "1.24.0-0"}, {"fixed": "1.24.0-rc.2"}
    ]);
    let dir =
        database(&[("GO-2025-3373", "1.24.0-rc.2", entry("GO-2025-3373", "stdlib", &events))]);
    let cases = [
        ("1.4", Some("go1.22.11")),
        ("1.22.10", Some("go1.22.11")),
        ("1.22.11", None),
        ("1.23rc1", Some("go1.23.5")),
        ("1.23.4", Some("go1.23.5")),
        ("1.23.5", None),
        ("1.24rc1", Some("go1.24rc2")),
        ("1.24rc2", None),
        ("1.27.1", None),
    ];
    for (version, want) in cases {
        let found = found(dir.path(), version);
        let fixed = found.first().map(|found| found.fixed.unwrap().to_string());
        assert_eq!(fixed.as_deref(), want, "{version}");
    }
    let found = found(dir.path(), "1.22.10").remove(0);
    assert_eq!(
        (found.module, found.packages, found.aliases),
        ("stdlib", vec!["crypto/x509".to_owned()], vec!["CVE-2099-1".to_owned()])
    );
}

#[test]
fn without_a_fix_and_without_a_range() {
    let open = entry("GO-2026-0001", "stdlib", &json!([{"introduced": "1.20"}]));
    let mut all = entry("GO-2026-0002", "stdlib", &json!([]));
    all["affected"][0]["ranges"] = json!([]);
    let mut elsewhere = entry("GO-2026-0003", "stdlib", &json!([{"introduced": "0"}]));
    elsewhere["affected"][0]["ecosystem_specific"]["imports"][0]["goos"] = json!(["windows"]);
    let mut withdrawn = entry("GO-2026-0004", "stdlib", &json!([{"introduced": "0"}]));
    withdrawn["withdrawn"] = json!("2026-02-01T00:00:00Z");
    let module = entry("GO-2026-0005", "toolchain", &json!([{"introduced": "0"}]));
    let dir = database(&[
        ("GO-2026-0001", "", open),
        ("GO-2026-0002", "", all),
        ("GO-2026-0003", "", elsewhere),
        ("GO-2026-0004", "", withdrawn),
        ("GO-2026-0005", "", module),
    ]);
    let found = found(dir.path(), "1.27.1");
    let ids: Vec<&str> = found.iter().map(|found| found.id.as_str()).collect();
    assert_eq!(ids, ["GO-2026-0001", "GO-2026-0002"]);
    assert!(found.iter().all(|found| found.fixed.is_none()));
    assert_eq!(tests::found(dir.path(), "1.19").len(), 1);
}

#[test]
fn what_is_damaged_is_refused_whole() {
    let id = "GO-2026-0001";
    let events = json!([{"introduced": "0"}]);
    let good = || database(&[(id, "", entry(id, "stdlib", &events))]);
    let name = format!("ID/{id}.json");
    let many: Vec<Value> = (0..2001).map(|n| json!({"id": format!("GO-2026-{n:04}")})).collect();
    let range = |event: Value| entry(id, "stdlib", &json!([event])).to_string();
    let cases: Vec<(&str, String, &str)> = vec![
        ("index/db.json", "{}".to_owned(), "missing field `modified`"),
        ("index/db.json", "<html>".to_owned(), "expected value"),
        ("index/modules.json", "{}".to_owned(), "expected a sequence"),
        ("index/modules.json", "[".repeat(100_000), "invalid type: sequence"),
        (&name, "{\"x\":".repeat(100_000), "EOF while parsing"),
        (
            "index/modules.json",
            r#"[{"path":"stdlib","vulns":[{"id":"../../etc"}]}]"#.to_owned(),
            "is no name of a vulnerability",
        ),
        (
            "index/modules.json",
            r#"[{"path":"stdlib","vulns":[{"id":"GO-2026-00\u001b1"}]}]"#.to_owned(),
            "is no name of a vulnerability",
        ),
        (
            "index/modules.json",
            json!([{"path": "stdlib", "vulns": many}]).to_string(),
            "it lists 2001 vulnerabilities",
        ),
        (&name, "{\"id\":".to_owned(), "EOF while parsing"),
        (&name, entry("GO-2026-0009", "stdlib", &events).to_string(), "it is about `GO-2026-0009`"),
        (&name, range(json!({"introduced": "x"})), "`x` is no version"),
        (&name, range(json!({"introduced": "1.2.3.4"})), "`1.2.3.4` is no version"),
        (&name, range(json!({"last_affected": "1.2"})), "an event is neither"),
        (&name, " ".repeat(3 << 20), "is larger than 2048 KiB"),
    ];
    for (file, text, want) in cases {
        let dir = good();
        write(dir.path(), file, text);
        let error = ask(dir.path(), "1.27.1").unwrap_err().to_string();
        assert!(error.contains(want) && error.len() < 2000, "{file}: {error}");
    }
    let dir = good();
    fs_err::remove_file(dir.path().join(&name)).unwrap();
    assert!(
        ask(dir.path(), "1.27.1")
            .unwrap_err()
            .to_string()
            .contains("so the vulnerability database is not whole")
    );
}

#[test]
fn places() {
    let dir = database(&[]);
    let path = dir.path().display().to_string();
    let parse = |text: &str| Place::parse(text, dir.path().parent().unwrap());
    let want = Place::Directory(dir.path().into());
    assert_eq!(parse(&path).unwrap(), want);
    assert_eq!(parse(&crate::session::samples::file_url(dir.path())).unwrap(), want);
    assert_eq!(parse(dir.path().file_name().unwrap().to_str().unwrap()).unwrap(), want);
    assert_eq!(
        parse("https://mirror.example/vuln/").unwrap().to_string(),
        "https://mirror.example/vuln"
    );
    for wrong in ["ftp://x", "file://relative", "/nowhere", "https://x/?q"] {
        assert!(parse(wrong).is_err(), "{wrong}");
    }
}

fn database_at(dir: &Path) -> Database {
    let place = Place::parse(&dir.display().to_string(), Path::new("/")).unwrap();
    Database::new(place, Net::new(&Ctx::default(), Vec::new()).unwrap())
}

#[test]
fn a_snapshot_says_what_its_database_says() {
    let events = json!([{"introduced": "0"}, {"fixed": "1.27.2"}]);
    let dir = database(&[("GO-2026-0001", "1.27.2", entry("GO-2026-0001", "stdlib", &events))]);
    let snapshot = database_at(dir.path()).snapshot().unwrap();
    let text = snapshot.render();
    assert_eq!(Snapshot::parse(text.as_bytes()).unwrap().render(), text);
    assert_eq!(snapshot.modified(), "2026-11-01T00:00:00Z");
    let versions = ["1.27.1", "1.27.2"].map(|version| GoVersion::parse(version).unwrap());
    let of = |database: &Database| database.report(&versions, &[], &[]).unwrap().found;
    let copied = of(&Database::of_snapshot(snapshot.clone(), "here"));
    assert_eq!(copied, of(&database_at(dir.path())));
    assert_eq!((copied[0].len(), copied[1].len()), (1, 0));
    // No byte of it can be another one unseen but those inside of the database's own words.
    for at in 0..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes[at] ^= 1;
        if let Ok(other) = Snapshot::parse(&bytes) {
            assert_eq!(other.render().as_bytes(), bytes);
        }
        assert!(Snapshot::parse(&text.as_bytes()[..at]).is_err(), "{at}");
    }
}

#[test]
fn a_snapshot_of_a_store_is_read_whole_or_refused() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("vulndb.json");
    assert!(Snapshot::read(&path).unwrap().is_none());
    fs_err::write(&path, "{}").unwrap();
    let error = Snapshot::read(&path).unwrap_err().to_string();
    assert!(error.contains("is refused") && error.contains("missing field"), "{error}");
    let source = database(&[]);
    database_at(source.path()).snapshot().unwrap().write(&path).unwrap();
    assert_eq!(
        Snapshot::read(&path).unwrap().unwrap().told().split(" of ").next(),
        Some("0 entries")
    );
}

#[test]
fn modules_have_what_ranges_of_their_versions_say() {
    let events = json!([{"introduced": "0"}, {"fixed": "1.3.0"}, {"introduced": "2.0.0"}]);
    let dir = database(&[("GO-2026-0002", "", entry("GO-2026-0002", "a.b/c", &events))]);
    let vulns = json!([{"id": "GO-2026-0002", "modified": "x", "fixed": ""}]);
    let index = json!([{"path": "a.b/c", "vulns": vulns}]);
    write(dir.path(), "index/modules.json", index.to_string());
    let asked = [
        ("a.b/c", "v1.2.9", Some("v1.3.0")),
        ("a.b/c", "v0.0.0-20260101000000-abcdefabcdef", Some("v1.3.0")),
        ("a.b/c", "v1.3.0", None),
        ("a.b/c/d", "v1.0.0", None),
    ];
    let modules = asked.map(|(path, version, _)| Module::new(path, version).unwrap());
    let report = database_at(dir.path()).report(&[], &[], &modules).unwrap();
    let found = report.modules.unwrap();
    for (module, (_, _, want)) in modules.iter().zip(asked) {
        let fixed = found.iter().find(|found| found.module == *module);
        assert_eq!(fixed.and_then(|found| found.fixed.as_deref()), want, "{module}");
    }
    let open = Module::new("a.b/c", "v2.1.0+incompatible").unwrap();
    let report = database_at(dir.path()).report(&[], &[], &[open]).unwrap();
    assert_eq!(report.modules.unwrap()[0].fixed, None);
}

proptest! {
    #[test]
    fn any_entry_is_judged_without_a_panic(text in "[0-9a-z.\\-]{0,12}", fixed in "[0-9.\\-rc]{0,12}") {
        let events = json!([{"introduced": text}, {"fixed": fixed}]);
        let entry: osv::Entry = serde_json::from_value(entry("GO-2026-0001", "stdlib", &events)).unwrap();
        _ = entry.check("GO-2026-0001");
        let module = Module::new("stdlib", "v1.2.3").unwrap();
        _ = entry.judge_module(&module, &osv::version_of(&module).unwrap());
        _ = entry.judge("stdlib", GoVersion::parse("1.27.1").unwrap(), &[]);
        _ = osv::is_fixed(&fixed, GoVersion::parse("1.27.1").unwrap());
    }
}
