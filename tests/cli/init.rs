//! `goward init`.

use super::{mirror, sandbox};

#[test]
fn from_the_files_of_other_tools() {
    let cases = [
        ("go.mod", "module x\n\ngo 1.98\ntoolchain go1.99.0\n", "1.99.0", "go.mod:4"),
        (".go-version", "1.99.1\n", "1.99.1", ".go-version:1"),
        (".tool-versions", "nodejs 20\ngolang 1.98.3\n", "1.98.3", ".tool-versions:2"),
        ("mise.toml", "[tools]\ngo = \"1.99\"\n", "1.99", "mise.toml:2"),
    ];
    let server = mirror();
    for (name, text, request, origin) in cases {
        let sandbox = sandbox(&server).file(&format!("project/{name}"), text);
        assert_eq!(
            sandbox.goward(["init"]).says(),
            format!(
                "goward: wrote `[PROJECT]/goward.toml` for Go {request}, from `[PROJECT]/{origin}`\n\
                 goward: next: `goward lock`, or `goward install`, which also locks\n"
            )
        );
        assert!(sandbox.read("project/goward.toml").contains(&format!("go = \"{request}\"")));
        assert!(!sandbox.path("project/goward.lock").exists());
        assert_eq!(sandbox.goward(["install"]).code, Some(0), "{name}");
    }
}

#[test]
fn without_any_file_and_with_a_manifest() {
    let sandbox = sandbox(&mirror());
    assert!(
        sandbox
            .goward(["init"])
            .says()
            .starts_with("goward: wrote `[PROJECT]/goward.toml` for Go stable\n")
    );
    sandbox.goward(["init", "1.99"]).fails(
        1,
        "goward: `[PROJECT]/goward.toml` is there already\n\
         hint: change what it asks for: `goward use stable`",
    );
}
