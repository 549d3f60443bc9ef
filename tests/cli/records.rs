//! `goward records`, the maintainer's refresh.

use super::{archive, mirror, sandbox};

#[test]
fn an_index_completes_the_file_and_never_contradicts_it() {
    let server = mirror();
    let sandbox = sandbox(&server);
    let shipped = std::fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/crates/core/data/releases.tsv"
    ))
    .unwrap();
    sandbox.write("project/releases.tsv", &shipped);
    let url = server.url("/");
    let args = ["records", "--file", "releases.tsv", "--source", &url];
    let before = shipped.lines().filter(|line| !line.starts_with('#')).count();
    assert_eq!(
        sandbox.goward(args).says(),
        format!("goward: `releases.tsv`: {} records, 8 of them new or completed\n", before + 8)
    );
    let after = sandbox.read("project/releases.tsv");
    // The day on which the file was made is among the comments.
    let mut records = shipped.lines().filter(|line| !line.starts_with('#'));
    assert!(records.all(|line| after.lines().any(|other| other == line)));
    let line = after.lines().find(|line| line.starts_with("go1.99.1\tplan9-386\t-\t")).unwrap();
    let digest = line.split('\t').nth(3).unwrap();
    assert!(digest.len() == 64);

    let host = goward_core::platform::Platform::host().lock_name();
    let wrong = after.replace(line, &line.replace(digest, &"0".repeat(64)));
    sandbox.write("project/releases.tsv", &wrong);
    let outcome = sandbox.goward(args);
    assert_eq!(outcome.code, Some(4), "{}", outcome.stderr);
    assert_eq!(sandbox.read("project/releases.tsv"), wrong);
    assert!(archive("go1.99.1").contains(&host) || host == "linux-arm");
}
