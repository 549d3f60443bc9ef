//! `goward records`, the maintainer's refresh.

use super::{archive, mirror, sandbox};

#[test]
fn an_index_completes_the_file_and_never_contradicts_it() {
    let server = mirror();
    let sandbox = sandbox(&server);
    let shipped =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/data/releases.tsv")).unwrap();
    sandbox.write("project/releases.tsv", &shipped);
    sandbox.write(
        "project/h1.txt",
        "go1.99.1 plan9-386 h1:MeqkXdYlyiVdqJXENOTyX7xd8QjDM/mxR52RKOFBS0M=\n",
    );
    let url = server.url("/");
    let args = ["records", "--file", "releases.tsv", "--source", &url, "--h1", "h1.txt"];
    let before = shipped.lines().filter(|line| !line.starts_with('#')).count();
    assert_eq!(
        sandbox.goward(args).says(),
        format!("goward: `releases.tsv`: {} records, 9 of them new or completed\n", before + 8)
    );
    let after = sandbox.read("project/releases.tsv");
    assert!(shipped.lines().all(|line| after.lines().any(|other| other == line)));
    let line =
        after.lines().find(|line| line.starts_with("go1.99.1\tplan9-386\th1:MeqkXdYl")).unwrap();
    assert!(line.split('\t').nth(3).unwrap().len() == 64);

    let host = goward::platform::Platform::host().lock_name();
    let wrong = after.replace(line, &line.replace("MeqkXdYl", "AAAAAAAA"));
    sandbox.write("project/releases.tsv", &wrong);
    let outcome = sandbox.goward(args);
    assert_eq!(outcome.code, Some(4), "{}", outcome.stderr);
    assert_eq!(sandbox.read("project/releases.tsv"), wrong);
    assert!(archive("go1.99.1").contains(&host) || host == "linux-arm");
}
