//! `goward default`.

use super::{mirror, sandbox};
use goward_core::platform::Platform;

#[test]
fn choose_show_and_take_back() {
    let server = mirror();
    let sandbox = sandbox(&server);
    assert_eq!(
        sandbox.goward(["default"]).says(),
        "goward: there is no default; choose one: `goward default stable`\n"
    );
    let host = Platform::host();
    assert_eq!(
        sandbox.goward(["default", "1.99"]).says(),
        format!(
            "goward: installed go1.99.1 for {host} (listed) from [URL]/\ngoward: go1.99.1 is the default outside of projects\n"
        )
    );
    assert_eq!(sandbox.goward(["default"]).data(), "go1.99.1 (1.99)\n");
    assert_eq!(sandbox.goward(["setup", "--no-modify-path"]).code, Some(0));
    assert_eq!(sandbox.go_in("elsewhere", ["version"]).stdout, "go version go1.99.1 version\n");
    sandbox.goward(["uninstall", "1.99.1"]).fails(
        1,
        "goward: go1.99.1 is the default outside of projects\n  nothing was removed\n\
         hint: choose another first: `goward default REQUEST`, or none: `goward default --none`",
    );
    assert_eq!(sandbox.goward(["default", "--none"]).says(), "goward: the default was removed\n");
    assert_eq!(sandbox.goward(["default", "--none"]).says(), "goward: there was no default\n");
    assert_eq!(sandbox.go_in("elsewhere", ["version"]).code, Some(127));
}
