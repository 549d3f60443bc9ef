//! `goward uninstall`.

use super::{mirror, sandbox};
use goward_core::platform::Platform;

#[test]
fn every_trace_goes() {
    let server = mirror();
    let sandbox = sandbox(&server);
    assert_eq!(sandbox.goward(["install", "1.99.1", "1.98.3", "--full"]).code, Some(0));
    let host = Platform::host();
    assert_eq!(
        sandbox.goward(["uninstall", "go1.99.1", "--now"]).says(),
        format!("goward: removed go1.99.1 for {host}\n")
    );
    let left: Vec<_> = sandbox
        .store_listing()
        .into_iter()
        .filter(|path| path.contains("go1.99.1") && !path.starts_with("locks/"))
        .collect();
    assert_eq!(left, Vec::<String>::new());
    assert_eq!(sandbox.goward(["list"]).data().lines().count(), 2);
    sandbox
        .goward(["uninstall", "1.99.1"])
        .fails(3, "goward: go1.99.1 is not installed\nhint: `goward list` shows what is");
    sandbox.goward(["uninstall", "1.9x"]).fails(
        2,
        "goward: `1.9x` is not a Go version\nhint: `goward list` shows what is installed",
    );
    assert_eq!(sandbox.goward(["install", "1.99.1"]).code, Some(0));
}

#[test]
fn only_the_platform_that_is_named() {
    let server = mirror();
    let sandbox = sandbox(&server);
    assert_eq!(sandbox.goward(["install", "1.99.1"]).code, Some(0));
    assert_eq!(sandbox.goward(["install", "1.99.1", "--platform", "plan9/386"]).code, Some(0));
    assert_eq!(
        sandbox.goward(["uninstall", "1.99.1", "--platform", "plan9/386"]).says(),
        "goward: removed go1.99.1 for plan9/386\n"
    );
    assert!(sandbox.goward(["list"]).data().contains(&Platform::host().to_string()));
}
