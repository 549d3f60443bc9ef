//! `goward mirror verify`: every file of a mirror that is not what it should be is named.

use super::{Lab, Toolchain, serve};
use crate::common::Sandbox;
use crate::common::archives::Tree;
use goward_core::error::Kind;
use std::fs;

#[test]
fn every_lie_of_a_mirror_is_named() {
    let toolchain = Toolchain::small("go1.99.1", "linux-amd64");
    let other = Toolchain::small("go1.98.3", "windows-amd64");
    let lab = Lab::new(Sandbox::new(), &[&toolchain, &other]);
    lab.lock("a.lock", &[&toolchain]);
    lab.lock("b.lock", &[&other]);
    lab.create(&["a.lock", "b.lock"], "../mirror", false).unwrap();
    let mirror = lab.sandbox.path("mirror");

    let over_http = lab.verify(&serve(&mirror).url("")).unwrap();
    assert_eq!(over_http.problems, Vec::<String>::new());
    assert_eq!((over_http.archives, over_http.modules, over_http.log), (2, 2, Some((2, 300))));

    let name = toolchain.name();
    let zip = toolchain.module(".zip");
    let lookup = "sumdb/log.example/lookup/golang.org/toolchain@v0.0.1-go1.99.1.linux-amd64";
    let trojan = Tree::new("go1.99.1", "linux-amd64").with("bin/go", "#!/bin/sh\n").tar_gz();
    let flipped = |path: &str, at: usize| {
        let mut bytes = fs::read(mirror.join(path)).unwrap();
        bytes[at] ^= 1;
        bytes
    };
    let other_zip = fs::read(mirror.join(other.module(".zip"))).unwrap();
    let cases: Vec<(&str, Option<Vec<u8>>, String)> = vec![
        (&name, None, format!("`{name}`: it is listed and not there")),
        (
            &name,
            Some(trojan),
            format!("`{name}`: its hash is not the one in the checksum database"),
        ),
        (&name, Some(b"no archive".to_vec()), format!("`{name}`: refusing to unpack")),
        (&zip, Some(other_zip), "is not in the module that it should be".to_owned()),
        (&zip, None, format!("`{zip}`: it is listed and not there")),
        (lookup, None, format!("`{name}`: it is verified only at level `listed`")),
        (lookup, Some(flipped(lookup, 60)), "record 3 in the tree is another one".to_owned()),
        (
            "sumdb/log.example/tile/8/0/000",
            Some(flipped("sumdb/log.example/tile/8/0/000", 32 * 200)),
            "the tile `/tile/8/0/000` is wrong".to_owned(),
        ),
        (
            "sumdb/log.example/latest",
            Some(flipped("sumdb/log.example/latest", 25)),
            "`sumdb/log.example/latest`: log.example has not signed it".to_owned(),
        ),
    ];
    for (path, lie, want) in cases {
        let truth = fs::read(mirror.join(path)).unwrap();
        match lie {
            Some(bytes) => fs::write(mirror.join(path), bytes).unwrap(),
            None => fs::remove_file(mirror.join(path)).unwrap(),
        }
        let checked = lab.verify("../mirror").unwrap();
        assert!(
            checked.problems.iter().any(|problem| problem.contains(&want)),
            "{path}: {:?}",
            checked.problems
        );
        let lacks_record =
            checked.notes.iter().any(|note| note.contains("has no record of go1.99.1"));
        assert_eq!(lacks_record, path == lookup && !mirror.join(lookup).exists(), "{path}");
        fs::write(mirror.join(path), truth).unwrap();
    }
    for ending in [".info", ".mod"] {
        let path = mirror.join(toolchain.module(ending));
        let truth = fs::read(&path).unwrap();
        fs::write(&path, "{}").unwrap();
        assert_eq!(lab.verify("../mirror").unwrap().problems.len(), 1, "{ending}");
        fs::write(path, truth).unwrap();
    }
    let beside = mirror.join(format!("{name}.sha256"));
    fs::write(&beside, "00").unwrap();
    let problems = lab.verify("../mirror").unwrap().problems;
    assert_eq!(problems, [format!("`{name}.sha256`: it is not the digest of the archive")]);
}

#[test]
fn what_is_no_mirror_is_no_good_one() {
    let lab = Lab::new(Sandbox::new(), &[&Toolchain::small("go1.99.1", "linux-amd64")]);
    let error = lab.verify("../nowhere").unwrap_err();
    assert_eq!(error.kind(), Kind::NotFound);
    let shown = lab.sandbox.redact(error.to_string().as_bytes());
    assert_eq!(
        shown,
        "goward: there is no mirror at [PROJECT]/../nowhere\n  \
         wanted `index.json` or `golang.org/toolchain/@v/list` there"
    );
}
