//! What Go published, against goward: signed records of sum.golang.org, and the hashes of releases.
//!
//! `tests/data/README.md` says where the facts come from. `GOWARD_TEST_FULL=1` takes every release that
//! there is a wheel of.

use super::packing::{module_for, release_for};
use super::{enabled_for, sandbox};
use crate::common::is_full;
use gosumdb::Answer;
use gosumdb::{Hash, Head, SUM_GOLANG_ORG, SignedHead, VerifierKey, tree};
use goward_core::platform::Platform;
use goward_core::verify::{H1, Records};
use goward_core::version::GoVersion;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

fn json(path: &Path) -> Vec<Value> {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("{name} of {value}"))
}

fn hashes(value: &Value) -> Vec<Hash> {
    let hashes = value.as_array().unwrap().iter();
    hashes.map(|hash| Hash::parse(hash.as_str().unwrap()).unwrap()).collect()
}

/// RFC 6962, 2.1.1: the root over a leaf and its audit path.
fn root_of(leaf: Hash, index: u64, size: u64, path: &[Hash]) -> Option<Hash> {
    let Some((last, rest)) = path.split_last() else { return (size == 1).then_some(leaf) };
    let left = tree::split(size)?;
    Some(if index < left {
        Hash::of_pair(root_of(leaf, index, left, rest)?, *last)
    } else {
        Hash::of_pair(*last, root_of(leaf, index - left, size - left, rest)?)
    })
}

/// RFC 6962, 2.1.2: the roots of the older and the newer tree that a consistency proof leads to.
fn roots_of(old: u64, new: u64, known: Option<Hash>, proof: &[Hash]) -> Option<(Hash, Hash)> {
    if old == new {
        return match (known, proof) {
            (Some(known), []) => Some((known, known)),
            (None, [root]) => Some((*root, *root)),
            _ => None,
        };
    }
    let (last, rest) = proof.split_last()?;
    let left = tree::split(new)?;
    Some(if old <= left {
        let (older, newer) = roots_of(old, left, known, rest)?;
        (older, Hash::of_pair(newer, *last))
    } else {
        let (older, newer) = roots_of(old - left, new - left, None, rest)?;
        (Hash::of_pair(*last, older), Hash::of_pair(*last, newer))
    })
}

#[test]
fn every_genuine_record_and_proof_of_the_log_is_accepted_and_no_changed_one() {
    let directory = data("records");
    let key = VerifierKey::parse(SUM_GOLANG_ORG).unwrap();
    let records = json(&directory.join("records.json"));
    let mut heads = Vec::new();
    for record in &records {
        let body = fs::read(directory.join(text(record, "file"))).unwrap();
        let note = match text(record, "kind") {
            "lookup" => {
                let answer = Answer::parse(&body).unwrap();
                let (module, version) = text(record, "key").split_once('@').unwrap();
                assert!(answer.text.starts_with(&format!("{module} {version} h1:")), "{record}");
                answer.note
            }
            _ => &body,
        };
        let head = SignedHead::open(note, &key).unwrap_or_else(|error| panic!("{record}: {error}"));
        assert_eq!(Some(head.size()), record["tree_size"].as_u64(), "{record}");
        for at in (0..note.len()).step_by(17) {
            let mut changed = note.to_vec();
            changed[at] ^= 1;
            // Signatures of others are nobody's business here.
            let ours =
                SignedHead::open(&changed, &key).is_ok_and(|found| found.head() != head.head());
            assert!(!ours, "{record}: byte {at}");
        }
        heads.push(head.head());
    }
    assert!(heads.len() >= 28, "{} heads", heads.len());
    let is_signed = |size: &Value, root: &str| {
        heads.contains(&Head { size: size.as_u64().unwrap(), hash: Hash::parse(root).unwrap() })
    };
    let proofs = json(&directory.join("proofs.json"));
    for proof in &proofs {
        let leaf = Hash::of_record(text(proof, "record"));
        let (index, size) = (proof["index"].as_u64().unwrap(), proof["size"].as_u64().unwrap());
        let root = root_of(leaf, index, size, &hashes(&proof["inclusion"])).unwrap();
        assert_eq!(root.to_string(), text(proof, "root"));
        assert!(is_signed(&proof["size"], text(proof, "root")), "{proof}");
        let Some(growth) = proof.get("consistency") else { continue };
        let [old, new] = ["old_size", "new_size"].map(|name| growth[name].as_u64().unwrap());
        let [older, newer] = ["old_root", "new_root"].map(|name| text(growth, name));
        let known = old.is_power_of_two().then(|| Hash::parse(older).unwrap());
        let (from, to) = roots_of(old, new, known, &hashes(&growth["proof"])).unwrap();
        assert_eq!((from.to_string().as_str(), to.to_string().as_str()), (older, newer));
        assert!(is_signed(&growth["old_size"], older) && is_signed(&growth["new_size"], newer));
    }
    assert!(proofs.len() >= 3, "{} proofs", proofs.len());
}

/// The wheel has the published hash, and nothing else is taken for the release.
#[test]
fn only_what_has_the_published_hash_is_built_in() {
    let text = fs::read_to_string(data("h1.tsv")).unwrap();
    let rows: Vec<[&str; 4]> = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split('\t').collect::<Vec<_>>().try_into().unwrap())
        .collect();
    let (mut known, mut tried) = (0, 0);
    for [version, platform, h1, packed] in rows {
        let parsed = GoVersion::parse(version).unwrap();
        let pair = Platform::find(platform).unwrap();
        let built_in = Records::built_in().get(parsed, pair).and_then(|record| record.h1.clone());
        assert!(built_in.is_none() || built_in == H1::parse(h1), "{version} {platform}");
        known += usize::from(built_in.is_some());
        let sampled = ["1.22.10", "1.26.2"].contains(&version) && platform == "linux-amd64";
        if packed == "wheel" && (sampled || is_full()) {
            if !enabled_for(&[version], platform) {
                return;
            }
            every_packing(version, platform, h1, built_in.is_some());
            tried += 1;
        }
    }
    assert!(known >= 17 && tried >= if is_full() { 12 } else { 2 }, "{known} known, {tried} tried");
}

fn every_packing(version: &str, platform: &str, h1: &str, is_built_in: bool) {
    let sandbox = sandbox();
    let wanted = platform.replace('-', "/");
    let install = |source: &str, accept: &str| {
        let args = ["install", version, "--platform", &wanted, "--source", source];
        sandbox.goward(args.iter().chain(&["--accept", accept]))
    };
    let level = if is_built_in { "built-in" } else { "listed" };
    let outcome = install("python-index", level);
    let said = format!("installed go{version} for {wanted} ({level}) from ");
    assert!(outcome.says().contains(&said), "{outcome:?}");
    let list: Value = serde_json::from_str(sandbox.goward(["list", "--json"]).data()).unwrap();
    assert_eq!(list[0]["h1"], h1, "{version} {platform}");
    let removed = sandbox.goward(["uninstall", version, "--platform", &wanted, "--now"]);
    assert_eq!(removed.code, Some(0), "{removed:?}");

    if !is_built_in {
        return;
    }
    // Six of their files are not Go's.
    let (ending, archive) = release_for(version, platform);
    sandbox.write(&format!("releases/go{version}.{platform}{ending}"), archive);
    let name = format!("proxy/golang.org/toolchain/@v/v0.0.1-go{version}.{platform}");
    sandbox.write(&format!("{name}.zip"), module_for(version, platform));
    let sources = [
        format!("file://{}", sandbox.path("releases").display()),
        format!("goproxy+file://{}", sandbox.path("proxy").display()),
    ];
    for source in sources {
        let outcome = install(&source, "none");
        assert_eq!(outcome.code, Some(4), "{source}: {outcome:?}");
        assert!(outcome.stderr.contains("(built-in records)"), "{source}: {outcome:?}");
    }
}
