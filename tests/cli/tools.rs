//! `goward tools` where there are none. `tests/real/tools.rs` has those that are built.

use super::{mirror, sandbox};

#[test]
fn a_project_without_tools() {
    let server = mirror();
    let sandbox = sandbox(&server);
    assert_eq!(sandbox.goward(["use", "1.99.1"]).code, Some(0));
    for command in ["install", "upgrade", "verify", "outdated"] {
        let outcome = sandbox.goward(["tools", command]);
        assert_eq!(outcome.says(), "goward: this project has no tools\n", "{command}");
    }
    let list = sandbox.goward(["tools"]);
    assert!(list.says().starts_with("goward: this project has no tools\nhint: "), "{list:?}");
    for command in ["install", "upgrade", "verify", "outdated"] {
        sandbox.goward(["tools", command, "nosuch"]).fails(
            3,
            "goward: `[PROJECT]/goward.toml` has no tool `nosuch`\n\
             hint: add it: `goward tools add PACKAGE@VERSION`",
        );
    }
    sandbox.goward(["tools", "remove", "nosuch"]).fails(
        3,
        "goward: `[PROJECT]/goward.toml` has no tool `nosuch`\n  nothing was changed\n\
         hint: see which it has: `goward tools list`",
    );
}
