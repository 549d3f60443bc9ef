//! `cargo xtask go-release`, on copies of the tables: from real releases, and from one that nobody has published.

use super::{enabled, wheel};
use crate::common::Sandbox;
use crate::common::vulndb;
use goward_core::calendar::Day;
use goward_core::releases::schedule::LOOKED_INTO;
use goward_core::version::GoVersion;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use xtask::{NOT_DESCRIBED, Refreshed, Release, refresh};

const TODAY: Day = (2027, 2, 11);

/// What a release says of itself.
const FILES: [&str; 8] = [
    "VERSION",
    "lib/fips140/fips140.sum",
    "lib/fips140/inprocess.txt",
    "src/internal/buildcfg/exp.go",
    "src/internal/godebugs/table.go",
    "src/internal/goexperiment/flags.go",
    "src/internal/platform/zosarch.go",
    "src/runtime/runtime1.go",
];

/// Places those files of a real release.
fn tree(sandbox: &Sandbox, version: &str) -> PathBuf {
    let mut archive = zip::ZipArchive::new(File::open(wheel(version)).unwrap()).unwrap();
    let tree = format!("go{version}");
    for path in FILES {
        let Ok(mut entry) = archive.by_name(&format!("go/{path}")) else { continue };
        let mut text = String::new();
        entry.read_to_string(&mut text).unwrap();
        sandbox.write(&format!("{tree}/{path}"), text);
    }
    sandbox.path(&tree)
}

/// Copies what the command may change, and returns where it is.
fn repository(sandbox: &Sandbox) -> PathBuf {
    let from = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths: Vec<PathBuf> =
        ["README.md", "crates/core/src/settings/platforms.rs", "tests/wheels.tsv"]
            .map(PathBuf::from)
            .into();
    for directory in ["crates/core/data", "docs"] {
        let entries = fs::read_dir(from.join(directory)).unwrap().map(|entry| entry.unwrap());
        let files = entries.filter(|entry| entry.file_type().unwrap().is_file());
        paths.extend(files.map(|entry| Path::new(directory).join(entry.file_name())));
    }
    for path in paths {
        let text = fs::read(from.join(&path)).unwrap();
        sandbox.write(&format!("repository/{}", path.display()), text);
    }
    sandbox.path("repository")
}

/// Everything in the copy, without the days.
fn state(sandbox: &Sandbox) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut todo = vec![sandbox.path("repository")];
    while let Some(directory) = todo.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                todo.push(path);
            } else {
                let text = fs::read_to_string(&path).unwrap();
                let lines = text.lines().filter(|line| !line.starts_with("# Checked "));
                found.insert(path, lines.collect::<Vec<_>>().join("\n"));
            }
        }
    }
    found
}

fn release(sandbox: &Sandbox, version: &str) -> Release {
    Release {
        version: GoVersion::parse(version).unwrap(),
        tree: None,
        index: None,
        lock: None,
        vulndb: None,
        released: None,
        root: sandbox.path("repository"),
        today: TODAY,
    }
}

fn run(release: &Release) -> Refreshed {
    refresh(release).unwrap_or_else(|error| panic!("{error}"))
}

/// Every cell of the tables is what the command makes of the release that the table of lines names.
#[test]
fn the_tables_come_out_of_the_releases_that_they_are_from() {
    // Debian has the oldest, and not as a wheel.
    let releases = LOOKED_INTO.iter().map(|release| release.number());
    let releases: Vec<String> = releases.filter(|number| number != "1.19.8").collect();
    if !enabled(&releases.iter().map(String::as_str).collect::<Vec<_>>()) {
        return;
    }
    let sandbox = super::sandbox();
    repository(&sandbox);
    let before = state(&sandbox);
    for version in &releases {
        let tree = Some(tree(&sandbox, version));
        let refreshed = run(&Release { tree, ..release(&sandbox, version) });
        assert_eq!(refreshed.changed, Vec::<String>::new(), "{version}");
        assert_eq!(state(&sandbox), before, "{version}");
    }
    for table in ["experiments", "godebug", "lines", "meanings", "platforms"] {
        let text = sandbox.read(&format!("repository/crates/core/data/{table}.tsv"));
        assert!(text.contains("\n# Checked 2027-02-11.\n"), "{table}");
    }
}

fn index(releases: &[(&str, &str)]) -> String {
    let release = |(version, digest): &(&str, &str)| {
        let name = format!("go{version}.linux-amd64.tar.gz");
        format!(
            "{{\"version\": \"go{version}\", \"stable\": true, \"files\": [{{\"filename\": \"{name}\", \"os\": \
             \"linux\", \"arch\": \"amd64\", \"version\": \"go{version}\", \"sha256\": \"{}\", \"size\": 70000000, \
             \"kind\": \"archive\"}}]}}",
            digest.repeat(64)
        )
    };
    format!("[{}]", releases.iter().map(release).collect::<Vec<_>>().join(", "))
}

/// 1.27.3 and a 1.26.x come in as they would have: from go.dev's index, from the log, and from the tree.
#[test]
fn patch_releases_come_in_with_their_digests() {
    if !enabled(&["1.26.6", "1.27.3"]) {
        return;
    }
    let sandbox = super::sandbox();
    repository(&sandbox);
    let records = "repository/crates/core/data/releases.tsv";
    let all = sandbox.read(records);
    let known = all.lines().find(|line| line.starts_with("go1.27.3\tlinux-amd64\t")).unwrap();
    let h1 = known.split('\t').nth(2).unwrap();
    assert!(h1.starts_with("h1:"), "the log's own");
    // As it was before they came out.
    let is_old = |line: &&str| !line.starts_with("go1.27.3") && !line.starts_with("go1.26.6");
    let before: Vec<&str> = all.lines().filter(is_old).collect();
    let before = before.join("\n") + "\n";
    sandbox.write(records, &before);
    let figures = || {
        let features = sandbox.read("repository/docs/features.md");
        let words: Vec<&str> = features.split_whitespace().collect();
        let at = words.windows(3).position(|some| some == ["tree", "hashes", "of"]).unwrap();
        let number = |at: usize| words[at].parse::<usize>().unwrap();
        (number(at - 1), number(at + 3), number(at + 6))
    };
    let count = |text: &str, column: usize| {
        let rows = text.lines().filter(|line| !line.starts_with('#'));
        rows.filter(|line| line.split('\t').nth(column).unwrap() != "-").count()
    };

    sandbox.write("index.json", index(&[("1.27.3", "a"), ("1.26.6", "b")]));
    let with = |version: &str| Release {
        tree: Some(tree(&sandbox, version)),
        index: Some(sandbox.path("index.json")),
        ..release(&sandbox, version)
    };
    let lock = Some(lock_by_the_log(&sandbox));
    let refreshed = run(&Release { lock, ..with("1.27.3") });
    assert!(refreshed.changed.contains(&"crates/core/data/releases.tsv".to_owned()), "{refreshed}");
    let text = sandbox.read(records);
    let row = |version: &str, h1: &str, digest: &str| {
        format!("go{version}\tlinux-amd64\t{h1}\t{}\t70000000\n", digest.repeat(64))
    };
    assert!(text.contains(&row("1.27.3", h1, "a")) && text.contains(&row("1.26.6", "-", "b")));
    let (hashes, releases, archives) = figures();
    assert_eq!((hashes, archives), (count(&text, 2), count(&text, 3)));
    assert_eq!((count(&text, 2), count(&text, 3)), (count(&before, 2) + 1, count(&before, 3) + 2));
    assert!(releases < hashes);
    let refreshed = run(&with("1.26.6"));
    assert_eq!(refreshed.changed, Vec::<String>::new());
    let asks = "go1.26.6 has no h1 in the records: give `--lock`";
    assert!(refreshed.to_do.iter().any(|line| line == asks), "{refreshed}");

    // What contradicts changes nothing, the other files included.
    let before = state(&sandbox);
    sandbox.write("index.json", index(&[("1.27.3", "c"), ("1.27.5", "d")]));
    let error = refresh(&with("1.27.3")).unwrap_err();
    assert_eq!(error.kind(), goward_core::error::Kind::Verification, "{error}");
    let other =
        refresh(&Release { tree: Some(tree(&sandbox, "1.26.6")), ..release(&sandbox, "1.27.3") });
    assert!(other.unwrap_err().message().ends_with(" is go1.26.6, not go1.27.3"));
    assert_eq!(state(&sandbox), before);
}

/// Locks go1.27.3 as the log proves it, from its genuine answers, and returns where the lock is.
fn lock_by_the_log(sandbox: &Sandbox) -> PathBuf {
    let manifest = "[toolchain]\ngo = \"1.27.3\"\nplatforms = [\"linux/amd64\"]\n\n[policy]\nlevel = \"logged\"\n";
    sandbox.write("project/goward.toml", manifest);
    let mut command = sandbox.command(&sandbox.path("bin/goward"), "project");
    let proxy = format!("file://{}", super::genuine::log().display());
    let outcome = sandbox.finish(command.arg("lock").env("GOPROXY", proxy));
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    sandbox.path("project/goward.lock")
}

/// A hash that nobody proved never becomes a record, and changes nothing.
#[test]
fn only_hashes_that_the_log_proved_come_in() {
    let sandbox = super::sandbox();
    repository(&sandbox);
    let lock = lock_by_the_log(&sandbox);
    let proved = sandbox.read("project/goward.lock");
    let before = state(&sandbox);
    let refuse = |text: &str, version: &str| {
        sandbox.write("project/goward.lock", text);
        let error = refresh(&Release { lock: Some(lock.clone()), ..release(&sandbox, version) });
        assert_eq!(state(&sandbox), before);
        error.unwrap_err().to_string().replace(&lock.display().to_string(), "LOCK")
    };
    assert_eq!(
        refuse(&proved.replace("level = \"logged\"", "level = \"listed\""), "1.27.3"),
        "goward: Go's checksum database proved no hash in `LOCK`\n  its level is `listed`\n\
         hint: let goward ask: `level = \"logged\"` below `[policy]`, and `goward lock`"
    );
    let (without_head, head) = proved.split_once("\n[head]").unwrap();
    assert!(refuse(without_head, "1.27.3").contains("proved no hash in `LOCK`"));
    // Anybody can write a head; only the log can sign one.
    let size = head.lines().find(|line| line.starts_with("size = ")).unwrap();
    let forged = proved.replace(size, &format!("{size}1"));
    assert!(refuse(&forged, "1.27.3").contains("is not signed by sum.golang.org"));
    assert!(refuse(&proved, "1.26.6").contains("`LOCK` locks go1.27.3, not go1.26.6"));
}

/// go1.27.3 as if it were the first release of the next line, with what a line brings.
fn made_up_line(sandbox: &Sandbox) -> Release {
    let tree = tree(sandbox, "1.27.3");
    let change = |path: &str, old: &str, new: &str| {
        let path = format!("go1.27.3/{path}");
        let text = sandbox.read(&path);
        assert!(text.contains(old), "{path}: {old}");
        sandbox.write(&path, text.replacen(old, new, 1));
    };
    sandbox.write("go1.27.3/VERSION", "go1.28.0\ntime 2027-02-10T17:00:00Z\n");
    let flags = "src/internal/goexperiment/flags.go";
    change(flags, "\tMapSplitGroup bool\n", "\tNewThing bool\n");
    let table = "src/internal/godebugs/table.go";
    let row = "\t{Name: \"newsetting\", Package: \"net/http\", Changed: 28, Old: \"1\"},\n";
    change(table, "\t{Name: \"panicnil\"", &format!("{row}\t{{Name: \"panicnil\""));
    change(
        "src/internal/platform/zosarch.go",
        "{\"aix\", \"ppc64\"}:       {CgoSupported: true}",
        "{\"aix\", \"ppc64\"}:       {}",
    );
    for file in goward_core::verify::wheel_missing_files::FILES {
        sandbox.write(&format!("go1.27.3/{file}"), format!("the text of {file}\n"));
    }
    vulndb::write_with(
        sandbox,
        "vulndb",
        &[vulndb::Entry {
            id: "GO-2027-0001",
            module: "toolchain",
            package: "cmd/go",
            cve: "CVE-2027-1",
            summary: "Made up",
            ranges: &[("1.28.0-0", "1.28.1")],
        }],
    );
    Release {
        tree: Some(tree),
        vulndb: Some(sandbox.path("vulndb").to_str().unwrap().to_owned()),
        ..release(sandbox, "1.28.0")
    }
}

/// A line that does not exist yet: everything that can be read from it is in the tables afterwards, and what takes a
/// person is named.
#[test]
fn a_made_up_line_comes_in_whole() {
    if !enabled(&["1.27.3"]) {
        return;
    }
    let sandbox = super::sandbox();
    repository(&sandbox);
    let made_up = made_up_line(&sandbox);
    let refreshed = run(&made_up);

    let data = |name: &str| sandbox.read(&format!("repository/crates/core/data/{name}.tsv"));
    let has = |name: &str, row: &str| {
        let text = data(name);
        assert!(text.contains(&format!("\n{row}\n")), "{name} has no `{row}`: {text}");
    };
    has("lines", "28\t2027-02-10\tgo1.28.0");
    has("experiments", "mapsplitgroup\t27\t27\tno\tno");
    has("experiments", "newthing\t28\t-\tno\tno");
    has("experiments", "jsonv2\t27\t-\tall\tno");
    has("godebug", "newsetting\t28\t-\tnet/http\t28\t1\ttable");
    has("platforms", "aix/ppc64\t-\t27\tcgo");
    has("platforms", "aix/ppc64\t28\t-\t-");
    has("meanings", &format!("GODEBUG\tnewsetting\t{NOT_DESCRIBED}\t-"));
    has("meanings", &format!("GOEXPERIMENT\tnewthing\t{NOT_DESCRIBED}\t-"));
    assert!(data("meanings").lines().any(|line| {
        line.starts_with("GOEXPERIMENT\tmapsplitgroup\t") && line.ends_with("\tgone since go1.28")
    }));
    let absent = data("absent");
    let row = absent.lines().find(|line| line.starts_with("28\tno\t")).unwrap();
    assert_eq!(row.split('\t').count(), 8);
    for table in ["experiments", "godebug", "platforms", "meanings"] {
        assert!(data(table).contains("1.19 to 1.28"), "{table}");
        assert!(!data(table).lines().any(|line| line.starts_with('#') && line.contains("1.27")));
    }
    let wheels = sandbox.read("repository/tests/wheels.tsv");
    assert!(wheels.contains("\ngo_bin-1.28.0-py3-none-manylinux_2_17_x86_64.whl\t-\t"), "{wheels}");
    let features = sandbox.read("repository/docs/features.md");
    assert!(features.contains("list every name from Go 1.19 to 1.28"), "{features}");
    for (what, count) in [
        ("go1.28.0 has no record: give `--index`, and `--lock`", 1),
        ("say what newsetting in GODEBUG means: ", 1),
        ("say what newthing in GOEXPERIMENT means: ", 1),
        ("say what there is instead of mapsplitgroup in GOEXPERIMENT: ", 1),
        ("say what go1.28 changed besides: `crates/core/data/changes.tsv`", 1),
        ("into `crates/core/data/flaws.tsv` if so: GO-2027-0001, CVE-2027-1: Made up", 1),
        ("try with go1.28 what docs/hermetic-go.md:", 2),
    ] {
        let found = refreshed.to_do.iter().filter(|line| line.contains(what)).count();
        assert_eq!(found, count, "{what}: {refreshed}");
    }

    // Once more, there is nothing left to change; and no line is left out.
    assert_eq!(run(&made_up).changed, Vec::<String>::new());
    sandbox.write("go1.27.3/VERSION", "go1.30.0\n");
    let gap = Release { version: GoVersion::parse("1.30.0").unwrap(), ..made_up.clone() };
    assert_eq!(refresh(&gap).unwrap_err().message(), "go1.29 has to be added before go1.30");
    sandbox.write("go1.27.3/VERSION", "go1.29.1\ntime 2027-09-10T17:00:00Z\n");
    let later = Release { version: GoVersion::parse("1.29.1").unwrap(), ..made_up };
    let error = refresh(&later).unwrap_err();
    assert_eq!(error.message(), "nothing says when the first release of go1.29 came out");
    let said = Release { released: Some((2027, 8, 10)), ..later };
    run(&said);
    has("lines", "29\t2027-08-10\tgo1.29.1");
}
