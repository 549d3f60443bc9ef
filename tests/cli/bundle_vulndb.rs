//! The copy of the vulnerability database that a bundle carries, and who uses it where nobody can be asked.

use super::bundle::{install, lock, offline, world};
use super::bundle_hostile::{Case, Entries, all_are_refused, case, edit, find, pack, unpack};
use super::log::Own;
use super::mirror;
use crate::common::server::hex_sha256;
use crate::common::{Outcome, Sandbox, vulndb};
use goward_core::install::Installer;
use goward_core::install::bundle::DatabaseImport;
use goward_core::install::request::Fetch;
use goward_core::platform::Platform;
use goward_core::toolchains::Toolchains;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

const PLACE: &str = "second/.local/share/goward/vulndb.json";

/// Makes a bundle of go1.99.1 with a copy of the database in `from`.
fn create(world: &Own, from: &str, name: &str) -> PathBuf {
    let (locks, path) = ([world.sandbox.path("go1.99.1")], world.sandbox.path(name));
    let place = world.sandbox.path(from).display().to_string();
    let fetch = world.fetch();
    Toolchains::new(&world.session())
        .bundle_create(&locks, &path, false, Some(&place), &fetch)
        .unwrap();
    path
}

fn keep(world: &Own, path: &Path) -> Option<DatabaseImport> {
    let session = offline(world, "second");
    Installer::new(&session)
        .bundle_install(path, Platform::host(), &Fetch::default(), &mut |_| {})
        .unwrap()
}

/// A lock of a release that nobody has installed.
fn locked(version: &str) -> String {
    lock("go1.99.1")
        .replace("go1.99.1", version)
        .replace("1.99.1", version.trim_start_matches("go"))
}

/// Runs goward as somebody who reaches nobody.
fn goward(world: &Own, directory: &str, arguments: &[&str]) -> Outcome {
    let mut command = world.sandbox.command(&world.sandbox.path("bin/goward"), directory);
    let home = world.sandbox.path("second");
    command.args(arguments).env_remove("GOVULNDB").env("HOME", home).env("GOWARD_OFFLINE", "1");
    world.sandbox.finish(&mut command)
}

#[test]
fn a_bundle_brings_the_database_to_where_nobody_can_be_asked() {
    let world = world();
    vulndb::write(&world.sandbox, "vulndb");
    let path = create(&world, "vulndb", "tools.tar");
    // Equal content is equal bytes, and in the order of the list.
    assert!(fs::read(&path).unwrap() == fs::read(create(&world, "vulndb", "again.tar")).unwrap());
    let names: Vec<String> = unpack(&path).into_iter().map(|(name, _)| name).collect();
    let at = names.iter().position(|name| name == "vulndb.json").unwrap();
    assert!(names[at - 1].starts_with("sumdb/") && names[at + 1].starts_with("archives/"));
    // The files as they were, of Go itself and of nothing else.
    let copy: Value = serde_json::from_slice(find(&mut unpack(&path), "vulndb.json")).unwrap();
    let files = copy["files"].as_object().unwrap();
    assert_eq!(
        files.keys().collect::<Vec<_>>(),
        [
            "ID/GO-2025-3373.json",
            "ID/GO-2025-3563.json",
            "ID/GO-2099-0001.json",
            "index/db.json",
            "index/modules.json",
        ]
    );
    assert_eq!(files["ID/GO-2025-3563.json"], vulndb::ENTRIES[1].json());

    world.sandbox.write("old/goward.lock", locked("go1.23.4"));
    let before = goward(&world, "old", &["check"]);
    assert!(before.stderr.contains("not checked: vulnerabilities: "), "{}", before.stderr);
    let source = world.sandbox.path("vulndb");
    let want = DatabaseImport {
        path: world.sandbox.path(PLACE),
        told: format!("3 entries of `{}`, of {}", source.display(), vulndb::MODIFIED),
        newer: None,
    };
    assert_eq!(keep(&world, &path), Some(want));

    // The database is gone; the copy answers, and everybody who gets an answer from it is told.
    fs::remove_dir_all(source).unwrap();
    let by = format!(
        "by `[BASE]/{PLACE}`, a copy of `[BASE]/vulndb`, of 2026-11-01T12:00:00Z, {}: cannot download the \
         vulnerability database: network is off (`GOWARD_OFFLINE=1`); wanted https://vuln.go.dev/index/db.json",
        vulndb::age()
    );
    let outcome = goward(&world, "old", &["diff", "1.23.4", "1.23.5"]);
    assert_eq!(
        outcome.stdout,
        "security fixes\n  fixed    GO-2025-3373  CVE-2024-45341, stdlib (crypto/x509), fixed in go1.23.5: \
         Usage of IPv6 zone IDs can bypass URI name constraints in crypto/x509\n"
    );
    assert_eq!(outcome.stderr.lines().last(), Some(&*format!("goward: security fixes {by}")));
    let outcome = goward(&world, "old", &["check"]);
    assert_eq!(outcome.code, Some(6));
    for id in ["GO-2025-3373", "GO-2025-3563"] {
        let line = format!("goward.lock:4: error: go1.23.4 has {id} (CVE-");
        assert!(outcome.stdout.contains(&line), "{}", outcome.stdout);
    }
    assert!(
        outcome.stderr.contains(&format!("goward: vulnerabilities {by}\n")),
        "{}",
        outcome.stderr
    );
    let outcome = goward(&world, "old", &["check", "--json"]);
    let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let database = &report["vulnerability_database"];
    assert_eq!(database["modified"], vulndb::MODIFIED);
    let days = database["copy_age_days"].as_u64().unwrap();
    assert!(vulndb::age().starts_with(&format!("{days} day")), "{days}");
    // A release without any is clean by it, and not unchecked.
    world.sandbox.write("new/goward.lock", locked("go1.27.3"));
    let outcome = goward(&world, "new", &["check"]);
    assert!(!outcome.stderr.contains("not checked: vulnerabilities"), "{}", outcome.stderr);
    assert!(!outcome.stdout.contains("GO-2"), "{}", outcome.stdout);
    // Whoever names another one does not get this.
    let outcome = goward(&world, "new", &["check", "--vulndb", "/proc/nowhere"]);
    assert_eq!(outcome.code, Some(3), "{}", outcome.stderr);
}

#[test]
fn without_the_option_nothing_is_different() {
    let world = world();
    let path = super::bundle::create(&world, &["go1.99.1"], "tools.tar");
    let mut entries = unpack(&path);
    let list: Value = serde_json::from_slice(find(&mut entries, "goward-bundle.json")).unwrap();
    assert_eq!((&list["schema"], list.get("vulndb")), (&json!(1), None));
    assert!(entries.iter().all(|(name, _)| name != "vulndb.json"));
    assert_eq!(keep(&world, &path), None);
    assert!(!world.sandbox.path(PLACE).exists());
}

#[test]
fn an_older_copy_does_not_take_the_place_of_a_newer_one() {
    let world = world();
    for (directory, modified) in
        [("newer", "2026-11-02T00:00:00Z"), ("older", "2025-01-01T00:00:00Z")]
    {
        vulndb::write(&world.sandbox, directory);
        let db = json!({ "modified": modified }).to_string();
        world.sandbox.write(&format!("{directory}/index/db.json"), db);
    }
    let (newer, older) = (create(&world, "newer", "1.tar"), create(&world, "older", "2.tar"));
    assert_eq!(keep(&world, &newer).unwrap().newer, None);
    let text = world.sandbox.read(PLACE);
    assert_eq!(keep(&world, &older).unwrap().newer.as_deref(), Some("2026-11-02T00:00:00Z"));
    assert_eq!(world.sandbox.read(PLACE), text);
    // One that was damaged is no answer, and gives way to any.
    world.sandbox.write(PLACE, text.replacen("GO-2025-3563", "GO-2025-3564", 1));
    world.sandbox.write("old/goward.lock", locked("go1.23.4"));
    let outcome = goward(&world, "old", &["check"]);
    let refused = "the copy of the vulnerability database is refused: ";
    assert!(outcome.stderr.contains(refused), "{}", outcome.stderr);
    assert!(!outcome.stdout.contains("GO-2025"), "{}", outcome.stdout);
    assert_eq!(keep(&world, &older).unwrap().newer, None);
    // That of the store below counts when it is newer.
    world.sandbox.write("system/vulndb.json", &text);
    let system = world.sandbox.path("system").display().to_string();
    let mut command = world.sandbox.command(&world.sandbox.path("bin/goward"), "old");
    let home = world.sandbox.path("second");
    command
        .args(["check", "--json"])
        .env_remove("GOVULNDB")
        .env("HOME", home)
        .env("GOWARD_OFFLINE", "1");
    let outcome = world.sandbox.finish(command.env("GOWARD_SYSTEM_STORE", system));
    let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(report["vulnerability_database"]["modified"], "2026-11-02T00:00:00Z", "{outcome:?}");
}

#[test]
fn the_program_says_what_it_copies() {
    let mirror = mirror();
    let sandbox = Sandbox::new().source(&mirror.url(""));
    sandbox.write("project/goward.lock", lock("go1.99.1"));
    vulndb::write(&sandbox, "vulndb");
    let arguments = ["bundle", "create", "-o", "../tools.tar", "--without-proof", "--vulndb"];
    let create = |place: &str| sandbox.goward(arguments.iter().copied().chain([place]));
    create("../nowhere").fails(
        3,
        "goward: `[PROJECT]/../nowhere` is no vulnerability database\n  it has no `index/db.json`",
    );
    sandbox.write("damaged/index/db.json", r#"{"modified":"yesterday"}"#);
    sandbox.write("damaged/index/modules.json", "[]");
    let outcome = create("../damaged");
    assert_eq!(outcome.code, Some(1));
    let why = "it does not say whose it is and when it was changed";
    assert!(outcome.stderr.contains(why), "{}", outcome.stderr);
    assert!(!sandbox.path("tools.tar").exists());
    let outcome = create("../vulndb");
    assert_eq!(
        outcome.says().lines().last(),
        Some(
            "goward: with the vulnerability database: 3 entries of `[PROJECT]/../vulndb`, of 2026-11-01T12:00:00Z"
        )
    );
    let second = Sandbox::new();
    fs::copy(sandbox.path("tools.tar"), second.path("tools.tar")).unwrap();
    let outcome = second.goward(["bundle", "install", "../tools.tar", "--accept", "none"]);
    let last = outcome.says().lines().last().unwrap();
    assert!(
        last.starts_with("goward: copied the vulnerability database: 3 entries of `"),
        "{last}"
    );
    let newer = json!({"modified": "2026-12-01T00:00:00Z"}).to_string();
    sandbox.write("vulndb/index/db.json", newer);
    assert_eq!(create("../vulndb").code, Some(0));
    fs::copy(second.path("tools.tar"), second.path("old.tar")).unwrap();
    fs::copy(sandbox.path("tools.tar"), second.path("tools.tar")).unwrap();
    let install = |name: &str| second.goward(["bundle", "install", name, "--accept", "none"]);
    assert_eq!(install("../tools.tar").code, Some(0));
    let outcome = install("../old.tar");
    let stays = "goward: warning: the copy of the vulnerability database in `[STORE]/vulndb.json` stays: \
                 it is of 2026-12-01T00:00:00Z, and the bundle has 3 entries of `";
    assert!(outcome.says().contains(stays), "{}", outcome.stderr);
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn hostile_copies_are_refused() {
    let world = world();
    vulndb::write(&world.sandbox, "vulndb");
    let good = unpack(&create(&world, "vulndb", "tools.tar"));
    let with = |change: &dyn Fn(&mut Entries)| {
        let mut entries = good.clone();
        change(&mut entries);
        pack(&entries)
    };
    let text = String::from_utf8(find(&mut good.clone(), "vulndb.json").clone()).unwrap();
    // Another copy, and a list that agrees with it.
    let agreed = |copy: Vec<u8>| {
        with(&|entries| {
            edit(entries, &hex_sha256(text.as_bytes()), &hex_sha256(&copy));
            edit(
                entries,
                &format!("\"size\": {}", text.len()),
                &format!("\"size\": {}", copy.len()),
            );
            find(entries, "vulndb.json").clone_from(&copy);
        })
    };
    let changed = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}: {text}");
        agreed(text.replacen(from, to, 1).into_bytes())
    };
    let at = |entries: &Entries| entries.iter().position(|(n, _)| n == "vulndb.json").unwrap();
    let file = "\"ID/GO-2025-3373.json\":";
    let large = format!("{{\"x\":\"{}\",", "x".repeat(2 << 20));
    let cases: Vec<Case> = vec![
        case(
            "changed",
            "is not the one that the list names",
            with(&|e| find(e, "vulndb.json")[50] ^= 1),
        ),
        case("shorter", "bytes, which cannot be", with(&|e| find(e, "vulndb.json").truncate(9))),
        case("missing", "entry `vulndb.json` is missing", with(&|e| drop(e.remove(at(e))))),
        case(
            "in the list of an older goward",
            "it has another schema than its entries",
            with(&|e| edit(e, "\"schema\": 2", "\"schema\": 1")),
        ),
        case(
            "of a newer goward",
            "(schema 4)",
            with(&|e| edit(e, "\"schema\": 2", "\"schema\": 4")),
        ),
        case("twice", "does not belong there", with(&|e| e.insert(at(e), e[at(e)].clone()))),
        case(
            "after an archive",
            "is missing",
            with(&|e| {
                let entry = e.remove(at(e));
                e.push(entry);
            }),
        ),
        case(
            "before a proof",
            "entry `vulndb.json` does not belong there",
            with(&|e| {
                let entry = e.remove(at(e));
                e.insert(1, entry);
            }),
        ),
        case("33 MB", "bytes, which cannot be", agreed(vec![b' '; 33 << 20])),
        case("no JSON", "expected value", agreed(b"<html>".to_vec())),
        case(
            "deep",
            "EOF while parsing",
            agreed(
                [
                    b"{\"source\":\"x\",\"files\":{\"index/db.json\":".as_slice(),
                    &b"[".repeat(100_000),
                ]
                .concat(),
            ),
        ),
        case(
            "a name that leaves",
            "does not belong there",
            changed("\"files\":{", "\"files\":{\"../x\":1,"),
        ),
        case(
            "a name that is absolute",
            "does not belong there",
            changed("\"files\":{", "\"files\":{\"/etc/passwd\":1,"),
        ),
        case(
            "an entry that is not listed",
            "does not belong there",
            changed(file, &format!("\"ID/GO-2025-9999.json\":1,{file}")),
        ),
        case(
            "an entry of another name",
            "has no `ID/GO-2025-3373.json`",
            changed(file, "\"ID/GO-2025-3374.json\":"),
        ),
        case(
            "an entry about another one",
            "it is about `GO-2025-3374`",
            changed("\"id\":\"GO-2025-3373\"", "\"id\":\"GO-2025-3374\""),
        ),
        case(
            "a listed name that leaves",
            "is no name of a vulnerability",
            changed("[{\"id\":\"GO-2025-3373\"", "[{\"id\":\"../../x\""),
        ),
        case(
            "a large entry",
            "is too large",
            changed(&format!("{file}{{"), &format!("{file}{large}")),
        ),
        case("a version that is none", "`1.x` is no version", changed("\"1.22.11\"", "\"1.x\"")),
        case(
            "another module",
            "it lists the module `example.com/m`",
            changed("{\"path\":\"stdlib\"", "{\"path\":\"example.com/m\""),
        ),
        case(
            "no date",
            "when it was changed",
            changed("2026-11-01T12:00:00Z\"},\"index/m", "2026\\u001b\"},\"index/m"),
        ),
        case("a key of its own", "unknown field", changed("{\"source\"", "{\"more\":1,\"source\"")),
        case("another spelling", "another spelling", agreed(format!(" {text}").into_bytes())),
        case("a key twice", "another spelling", changed(file, &format!("{file}1,{file}"))),
    ];
    all_are_refused(&world, &cases);
    assert!(!world.sandbox.path(PLACE).exists());
    // The one that all of them began as is taken.
    fs::write(world.sandbox.path("good.tar"), pack(&good)).unwrap();
    assert_eq!(
        install(&offline(&world, "second"), &world.sandbox.path("good.tar")).unwrap().len(),
        1
    );
}
