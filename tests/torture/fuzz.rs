//! Damaged and made-up input for everything that reads what others wrote.
//!
//! Good examples are changed byte by byte and piece by piece; equal seeds give equal input. A reader
//! may refuse; it may not panic, take a second, or read something else than others read.

use super::count::{Suite, count, is_wanted, random};
use crate::cli::tree;
use crate::common::archives::gzip;
use crate::common::log::{Signer, TestLog, record_of};
use crate::common::random::Random;
use flate2::read::GzDecoder;
use gosumdb::Answer;
use gosumdb::{ClientOps, SignedHead, TrustRoot, VerifierKey};
use goward_core::archive::{EntryPath, Kind, Limits, unpack};
use goward_core::error::Error;
use goward_core::net::{NetError, Problem};
use goward_core::platform::Platform;
use goward_core::project::go_mod::{Entry, GoLines, parse_debug_lines, parse_go_lines};
use goward_core::project::lock::{LockFile, LockedPlatform};
use goward_core::project::manifest::Manifest;
use goward_core::source::parse_index;
use goward_core::verify::sumdb::Log;
use goward_core::version::GoVersion;
use goward_core::version::request::Request;
use goward_shim::lock::Level;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::io::{BufRead, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

const SMALL: usize = 300;

const FULL: usize = 100_000;

/// No input may take longer.
const PATIENCE: Duration = Duration::from_secs(1);

/// Pieces that mean something to one of the formats.
const PIECES: [&str; 36] = [
    "\n",
    "\n\n",
    "\"",
    "'",
    "=",
    " = ",
    "[",
    "]",
    "[[",
    "{",
    "}",
    ",",
    ":",
    "#",
    "\\",
    "\\u0041",
    "\"\"\"",
    "\r\n",
    "\0",
    "\u{feff}",
    "\u{202e}",
    "é",
    "-1",
    "0",
    "00",
    "18446744073709551616",
    "1e309",
    "true",
    "null",
    "../",
    "/",
    "go1.27.1",
    "h1:",
    "— ",
    "// indirect",
    "toolchain",
];

/// Changes an example a few times.
pub(super) fn mutate(random: &mut Random, examples: &[Vec<u8>]) -> Vec<u8> {
    let mut text = random.pick(examples).clone();
    for _ in 0..=random.below(4) {
        let at = random.below(text.len() + 1);
        let end = (at + random.below(40)).min(text.len());
        match random.below(8) {
            0 if at < text.len() => text[at] ^= 1 << random.below(8),
            1 if at < text.len() => text[at] = random.next().to_le_bytes()[0],
            2 => drop(text.drain(at..end)),
            3 => {
                let piece = random.pick(&PIECES).as_bytes().to_vec();
                text.splice(at..at, piece);
            }
            4 => {
                let piece = random.pick(&PIECES).as_bytes().to_vec();
                text.splice(at..end, piece);
            }
            5 => {
                let copy = text[at..end].repeat(1 + random.below(3));
                text.splice(at..at, copy);
            }
            6 => {
                let other = random.pick(examples);
                let from = random.below(other.len() + 1);
                let to = (from + random.below(60)).min(other.len());
                let piece = other[from..to].to_vec();
                text.splice(at..at, piece);
            }
            _ => {
                // A whole line once more, or gone.
                let start = text[..at].iter().rposition(|b| *b == b'\n').map_or(0, |p| p + 1);
                let stop =
                    text[at..].iter().position(|b| *b == b'\n').map_or(text.len(), |p| at + p + 1);
                let line = text[start..stop].to_vec();
                if random.below(2) == 0 {
                    text.splice(start..start, line);
                } else {
                    text.drain(start..stop);
                }
            }
        }
    }
    text
}

/// Tries `reader` with changed examples; it returns whether it accepted, or what is wrong.
pub(super) fn fuzz(
    name: &'static str,
    test: &'static str,
    examples: &[Vec<u8>],
    reader: impl Fn(&[u8]) -> Result<bool, String>,
) {
    let mut suite = Suite::new(name, test);
    let (mut tried, mut accepted) = (0, 0);
    let mut slowest = Duration::ZERO;
    for example in examples {
        assert_eq!(reader(example), Ok(true), "the example itself");
    }
    for number in 0..count(SMALL, FULL) {
        let case = format!("case {number}.");
        if !is_wanted(&case) {
            continue;
        }
        tried += 1;
        let input = mutate(&mut random(name, number), examples);
        let started = Instant::now();
        let read = catch_unwind(AssertUnwindSafe(|| reader(&input)));
        let took = started.elapsed();
        slowest = slowest.max(took);
        let problem = match read {
            Err(_) => Some("it panicked".to_owned()),
            Ok(Err(why)) => Some(why),
            Ok(Ok(_)) if took > PATIENCE => Some(format!("it took {took:?}")),
            Ok(Ok(was_read)) => {
                accepted += usize::from(was_read);
                None
            }
        };
        if let Some(problem) = problem {
            suite.failed(case, format!("{problem}: {}", input.escape_ascii()));
        }
    }
    suite.end(tried, &format!("{accepted} accepted; slowest {slowest:.1?}"));
}

const LOCK: &str = "# Written by goward from goward.toml; edit that file and run `goward lock`.
schema = 1

[toolchain]
version = \"go1.27.1\"
request = \"~1.27\"
level = \"built-in\"

[toolchain.linux-amd64]
h1 = \"h1:MeqkXdYlyiVdqJXENOTyX7xd8QjDM/mxR52RKOFBS0M=\"
sha256 = \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"
size = 70000000

[toolchain.windows-amd64]
h1 = \"h1:MeqkXdYlyiVdqJXENOTyX7xd8QjDM/mxR52RKOFBS0M=\"

[pins]
GODEBUG = \"http2client=0,netdns=go\"
GOEXPERIMENT = \"nojsonv2\"
";

const H1: &str = "h1:MeqkXdYlyiVdqJXENOTyX7xd8QjDM/mxR52RKOFBS0M=";

const MANIFEST: &str = "# Ours.
[toolchain]
go = \"1.27.1\"
platforms = [\"linux/amd64\", \"darwin/arm64\"]

[pins]
experiments = [\"nojsonv2\"]
flags = [\"-tags=a,b\"]
trimpath = true

[pins.debug]
netdns = \"go\"

[profile.ci]
experiments = []

[[rule]]
profile = \"ci\"
env = \"CI\"

[policy]
isolation = \"hermetic\"
";

/// The two parsers agree, wherever ours reads anything.
fn read_lock(text: &[u8]) -> Result<bool, String> {
    let Ok(lock) = goward_shim::lock::parse(text) else { return Ok(false) };
    let plain = std::str::from_utf8(text).map_err(|_| "not text, and read".to_owned())?;
    let read: toml::Table = toml::from_str(plain).map_err(|error| format!("toml says {error}"))?;
    let toolchain = read["toolchain"].as_table().ok_or("no table")?;
    let same = |table: &toml::Table, name: &str, ours: &str| {
        let theirs = table.get(name).and_then(toml::Value::as_str);
        if theirs == Some(ours) { Ok(()) } else { Err(format!("{name}: {ours} and {theirs:?}")) }
    };
    same(toolchain, "version", lock.version)?;
    same(toolchain, "request", lock.request)?;
    same(toolchain, "level", lock.level.name())?;
    let mut tables = 0;
    for platform in &lock.platforms {
        let theirs = toolchain.get(platform.name).and_then(toml::Value::as_table);
        let theirs = theirs.ok_or_else(|| format!("{} is not there", platform.name))?;
        same(theirs, "h1", platform.h1)?;
        platform.sha256.map_or(Ok(()), |sha256| same(theirs, "sha256", sha256))?;
        let size = theirs.get("size").and_then(toml::Value::as_integer);
        if size != platform.size.map(|size| i64::try_from(size).unwrap_or(-1)) {
            return Err(format!("size: {:?} and {size:?}", platform.size));
        }
        tables += 1;
    }
    if toolchain.values().filter(|value| value.is_table()).count() != tables {
        return Err("toml sees other platforms".to_owned());
    }
    let none = toml::Table::new();
    let pins = read.get("pins").and_then(toml::Value::as_table).unwrap_or(&none);
    if pins.len() != lock.pins.len() {
        return Err("toml sees other pins".to_owned());
    }
    lock.pins.iter().try_for_each(|(name, value)| same(pins, name, value))?;
    Ok(true)
}

#[test]
fn locks() {
    let (plain, _) = LOCK.split_once("\n[pins]").unwrap();
    let examples = [LOCK, plain].map(|text| text.as_bytes().to_vec());
    fuzz(
        "fuzz: locks, the shim's parser against the toml crate",
        "torture::fuzz::locks",
        &examples,
        read_lock,
    );
}

/// What is read is what the toml crate sees, and the lock that is made of it is one.
fn read_manifest(text: &[u8]) -> Result<bool, String> {
    let (text, path) = (String::from_utf8_lossy(text), Path::new("/x/goward.toml"));
    let Ok(manifest) = Manifest::parse(&text, path) else { return Ok(false) };
    let theirs: toml::Table = toml::from_str(&text).map_err(|error| format!("toml: {error}"))?;
    let within = |table: &str, name: &str| theirs.get(table)?.as_table()?.get(name);
    let same = |what: &str, ours: &dyn Debug, theirs: &dyn Debug| {
        let [ours, theirs] = [ours, theirs].map(|value| format!("{value:?}"));
        if ours == theirs { Ok(()) } else { Err(format!("{what}: {ours} and {theirs}")) }
    };
    let go = within("toolchain", "go").and_then(toml::Value::as_str).ok_or("no `go`")?;
    same("go", &Some(manifest.request()), &Request::parse(go).ok().as_ref())?;
    let spelled = manifest.request().to_string();
    same(&spelled, &Some(manifest.request()), &Request::parse(&spelled).ok().as_ref())?;
    let listed = within("toolchain", "platforms").and_then(toml::Value::as_array);
    let listed = listed.map(|list| list.iter().filter_map(toml::Value::as_str));
    let platforms = listed.map_or_else(
        || BTreeSet::from([Platform::host()]),
        |list| {
            let (ports, names): (Vec<_>, Vec<_>) = list.partition(|name| *name == "first-class");
            let host = (!ports.is_empty()).then(Platform::host);
            names.into_iter().map(|name| Platform::parse(name).unwrap()).chain(host).collect()
        },
    );
    same("platforms", &manifest.platforms().required(), &platforms)?;
    let isolation = within("policy", "isolation").and_then(toml::Value::as_str);
    same("isolation", &manifest.isolation().name(), &isolation.unwrap_or("pinned"))?;
    let profiles = theirs.get("profile").and_then(toml::Value::as_table);
    let profiles: BTreeSet<_> = profiles.into_iter().flat_map(toml::Table::keys).collect();
    same("profiles", &manifest.profiles().collect::<BTreeSet<_>>(), &profiles)?;
    let rules = theirs.get("rule").and_then(toml::Value::as_array).map_or(0, Vec::len);
    same("rules", &manifest.rules().len(), &rules)?;

    let pins =
        |profile: Option<&str>| manifest.resolved_pins(profile).map_err(|error| error.to_string());
    let of_profile = |name: &str| Ok((name.to_owned(), pins(Some(name))?));
    let locked = LockedPlatform { h1: H1.to_owned(), sha256: None, size: None };
    let version = GoVersion::parse("1.27.1").unwrap();
    let lock = LockFile {
        isolation: manifest.isolation(),
        goroot: manifest.goroot().map(str::to_owned),
        pins: pins(None)?,
        rules: manifest.rules().to_vec(),
        profiles: manifest.profiles().map(of_profile).collect::<Result<_, String>>()?,
        ..LockFile::of_one(version, spelled, Level::BuiltIn, Platform::host(), locked)
    };
    // It may be refused, for a value that no lock can hold.
    let Ok(text) = lock.text(Path::new("/x/goward.lock")) else { return Ok(false) };
    if read_lock(text.as_bytes())? { Ok(true) } else { Err(format!("this is no lock: {text}")) }
}

#[test]
fn manifests() {
    let plain = "[toolchain]\ngo = \"1.27.1\"\n".to_owned();
    let examples = [MANIFEST.to_owned(), plain].map(String::into_bytes);
    fuzz("fuzz: manifests", "torture::fuzz::manifests", &examples, read_manifest);
}

/// Without spaces, and without what Go's strings have around and inside.
fn squeezed(text: &str) -> String {
    text.replace(|c: char| c.is_whitespace() || matches!(c, '"' | '`' | '\\'), "")
}

/// What is read stands where it is said to stand, and nothing plain is overlooked.
fn read_go_mod(text: &[u8]) -> Result<bool, String> {
    let text = String::from_utf8_lossy(text);
    let lines: Vec<&str> = text.trim_start_matches('\u{feff}').split('\n').collect();
    let line_of = |entry: &Entry| -> Result<String, String> {
        let line = lines.get(entry.line as usize - 1);
        line.map(|line| squeezed(line)).ok_or_else(|| format!("no such line: {entry:?}"))
    };
    let GoLines { go, toolchain, repeated } = parse_go_lines(&text);
    for (verb, found) in [("go", &go), ("toolchain", &toolchain)] {
        if let Some(entry) = found {
            let want = format!("{verb}{}", squeezed(&entry.value));
            if !line_of(entry)?.starts_with(&want) {
                return Err(format!("it is not there: {entry:?}"));
            }
        }
        // Where nothing is a block, the first such line counts, or one before that is not as plain.
        let plain = lines.iter().position(|line| {
            let words: Vec<_> = line.split_ascii_whitespace().collect();
            let is_plain = |word: &str| word.chars().all(|c| c.is_ascii_alphanumeric() || c == '.');
            words.len() == 2 && words[0] == verb && is_plain(words[1]) && words[1] != "default"
        });
        let plain = plain.filter(|_| !text.contains('('));
        let first = found.as_ref().map(|entry| entry.line as usize - 1);
        let is_hidden = verb == "toolchain" && text.contains("default");
        if plain.is_some_and(|at| first.is_none_or(|first| first > at)) && !is_hidden {
            return Err(format!("`{verb}` of line {plain:?} is overlooked: {found:?}"));
        }
    }
    if let Some(entry) = repeated
        && !line_of(&entry)?.starts_with(&entry.value)
    {
        return Err(format!("it is not there: {entry:?}"));
    }
    for entry in parse_debug_lines(&text) {
        if !line_of(&entry)?.contains(&squeezed(&entry.value)) {
            return Err(format!("it is not there: {entry:?}"));
        }
    }
    Ok(go.is_some())
}

#[test]
fn go_mods() {
    let examples = [
        "module example.com/x\n\ngo 1.26.0\n\ntoolchain go1.27.1\n\nrequire (\n\ta.b/c v1.2.3 // indirect\n)\n",
        "go 1.21rc2\ngodebug (\n\tdefault=go1.21\n\tpanicnil=1\n)\nuse ./a\n",
        "module m\ngo 1.27 // why\ntoolchain \"go1.27.1\"\ngodebug netdns=go\n",
    ];
    let examples = examples.map(|text| text.as_bytes().to_vec());
    fuzz("fuzz: go.mod and go.work", "torture::fuzz::go_mods", &examples, read_go_mod);
}

#[test]
fn indexes() {
    let file = |name: &str| {
        format!(
            "{{\"filename\":\"{name}\",\"os\":\"linux\",\"arch\":\"amd64\",\"version\":\"go1.27.1\",\
             \"sha256\":\"{}\",\"size\":70000000,\"kind\":\"archive\"}}",
            "a".repeat(64)
        )
    };
    let index = format!(
        "[{{\"version\":\"go1.27.1\",\"stable\":true,\"files\":[{},{}]}}]",
        file("go1.27.1.linux-amd64.tar.gz"),
        file("go1.27.1.linux-arm64.tar.gz").replace("amd64\",\"version", "arm64\",\"version")
    );
    fuzz("fuzz: release indexes", "torture::fuzz::indexes", &[index.into_bytes()], |text| {
        let Ok(releases) = parse_index(text) else { return Ok(false) };
        for file in releases.iter().flat_map(|release| &release.files) {
            if file.name.contains(['/', '\\', '\0']) || file.name.starts_with('.') {
                return Err(format!("it lists {:?}", file.name));
            }
        }
        Ok(true)
    });
}

/// A log of which one file is what somebody made of it.
struct Damaged {
    files: BTreeMap<String, Vec<u8>>,
    one: Option<(String, Vec<u8>)>,
}

impl ClientOps for Damaged {
    type FetchError = NetError;
    type StorageError = Error;

    fn is_not_found(&self, error: &NetError) -> bool {
        error.is_absence()
    }

    fn fetch(&self, path: &str, limit: u64) -> Result<Vec<u8>, NetError> {
        let damaged = self.one.as_ref().filter(|(name, _)| name == path).map(|(_, text)| text);
        let found =
            damaged.or_else(|| self.files.get(path)).filter(|text| text.len() as u64 <= limit);
        found.cloned().ok_or_else(|| NetError {
            what: path.to_owned(),
            url: String::new(),
            problem: Problem::absent(404),
            attempts: 1,
        })
    }

    fn read_head(&self) -> Result<Option<Vec<u8>>, Error> {
        Ok(None)
    }

    fn replace_head(&self, _: Option<&[u8]>, _: &str) -> Result<bool, Error> {
        Ok(true)
    }
}

const RECORDS: usize = 300;

/// A log with the record of go1.27.1 among others; its key; and where that record is asked for.
fn log() -> (TestLog, TrustRoot, String, String) {
    let h1 = |id: usize| format!("h1:{}", base64_of(id));
    let records = (0..RECORDS).map(|id| {
        let (path, version) = if id == 77 {
            ("golang.org/toolchain".to_owned(), "v0.0.1-go1.27.1.linux-amd64".to_owned())
        } else {
            (format!("example.com/m{id}"), "v1.0.0".to_owned())
        };
        // The only go.mod that a toolchain has.
        record_of(&path, &version, &h1(id), "h1:8wlg68NqwW7eMnI1aABk/C2pDYXj8mrMY4TyRfiLeS0=")
    });
    let log = TestLog::new(Signer::new("log.example", 7), records.collect());
    let key = VerifierKey::parse(&log.signer().key_text()).unwrap();
    let path = log.lookup_path(77);
    (log, TrustRoot { key, seed: None }, path, h1(77))
}

fn base64_of(id: usize) -> String {
    use base64::Engine as _;
    use sha2::Digest as _;
    base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(id.to_le_bytes()))
}

/// Looks go1.27.1 up in a log with one changed file; whatever is believed is what the log has.
fn look_up(authority: &TrustRoot, outside: &Damaged, h1: &str) -> Result<bool, String> {
    let version = GoVersion::parse("1.27.1").unwrap();
    let found =
        Log::new(authority, outside).lookup(version, Platform::parse("linux/amd64").unwrap(), None);
    match found {
        Ok(logged) if logged.h1.as_str() == h1 && logged.record == 77 => Ok(true),
        Ok(logged) => Err(format!("it believed {logged:?}")),
        Err(_) => Ok(false),
    }
}

#[test]
fn notes() {
    let (log, authority, path, h1) = log();
    let files = log.files(RECORDS);
    let answer = files[&path].clone();
    let notes = [log.note(RECORDS).into_bytes(), log.note(77).into_bytes()];
    let heads: Vec<String> = [RECORDS, 77].map(|size| log.head(size)).into();
    let read = |text: &[u8]| {
        _ = Answer::parse(text);
        if let Ok(head) = SignedHead::open(text, &authority.key) {
            let signed = heads.iter().any(|known| head.note().starts_with(known.as_str()));
            return if signed { Ok(true) } else { Err(format!("it believed {:?}", head.note())) };
        }
        let outside = Damaged { files: files.clone(), one: Some((path.clone(), text.to_vec())) };
        look_up(&authority, &outside, &h1)
    };
    let examples = [&notes[..], &[answer]].concat();
    fuzz("fuzz: signed notes and answers of the log", "torture::fuzz::notes", &examples, read);
}

#[test]
fn tiles() {
    let (log, authority, path, h1) = log();
    let files = log.files(RECORDS);
    let tiles: Vec<(String, Vec<u8>)> = log.tiles(RECORDS).into_iter().collect();
    assert!(tiles.len() > 2 && files.contains_key(&path));
    // The name of the tile is the first line, so that changes reach both.
    let examples: Vec<Vec<u8>> =
        tiles.iter().map(|(name, text)| [name.as_bytes(), b"\n", text].concat()).collect();
    let read = |text: &[u8]| {
        let cut = text.iter().position(|byte| *byte == b'\n').unwrap_or(text.len());
        let name = String::from_utf8_lossy(&text[..cut]).into_owned();
        let name = if files.contains_key(&name) { name } else { tiles[0].0.clone() };
        let body = text.get(cut + 1..).unwrap_or_default().to_vec();
        let outside = Damaged { files: files.clone(), one: Some((name, body)) };
        look_up(&authority, &outside, &h1)
    };
    fuzz("fuzz: tiles of the log", "torture::fuzz::tiles", &examples, read);
}

/// Unpacks into memory; whatever is handed over has a path that stays below the tree.
fn read_archive(kind: Kind, bytes: &[u8]) -> Result<bool, String> {
    let mut sum = 0_u64;
    let mut wrong = None;
    let mut sink = |path: &EntryPath, size: u64, contents: &mut dyn BufRead| {
        let text = path.as_str();
        let leaves = text.starts_with('/') || text.contains(['\\', '\0', '\n']);
        if leaves || text.split('/').any(|part| matches!(part, "" | "." | "..")) {
            wrong = Some(text.to_owned());
        }
        sum += std::io::copy(contents, &mut std::io::sink())?.max(size);
        Ok(())
    };
    let input = bytes.to_vec();
    let read = unpack(kind, "x", &input, &Limits::default(), &mut [&mut sink]);
    match (read, wrong) {
        (_, Some(path)) => Err(format!("it handed over {path:?}")),
        (Ok(_), None) if sum > 64 << 20 => Err(format!("it became {sum} bytes")),
        (read, None) => Ok(read.is_ok()),
    }
}

#[test]
fn archives() {
    let tree = tree("go1.99.1", "linux-amd64");
    let mut plain = Vec::new();
    GzDecoder::new(tree.tar_gz().as_slice()).read_to_end(&mut plain).unwrap();
    fuzz("fuzz: tar in a right gzip", "torture::fuzz::archives", &[plain], |text| {
        read_archive(Kind::TarGz, &gzip(text))
    });
    fuzz("fuzz: tar.gz", "torture::fuzz::archives", &[tree.tar_gz()], |text| {
        read_archive(Kind::TarGz, text)
    });
    fuzz(
        "fuzz: zip",
        "torture::fuzz::archives",
        &[tree.zip(), tree.zip_with_descriptors()],
        |text| read_archive(Kind::Zip, text),
    );
}
