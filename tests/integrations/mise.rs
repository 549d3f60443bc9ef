//! goward as a plugin of mise, and both of them on one machine.

use super::program;
use crate::cli::mirror;
use crate::common::Sandbox;
use crate::common::machine::npm_package;
use std::path::Path;

#[test]
fn the_plugin_installs_with_goward() {
    let Some(modules) = npm_package("npm-mise") else { return };
    let mirror = mirror();
    let sandbox = Sandbox::new().source(&mirror.url(""));
    assert_eq!(sandbox.goward(["setup", "--no-modify-path"]).code, Some(0));
    let plugin = Path::new(env!("CARGO_MANIFEST_DIR")).join("integrations/asdf");
    let mise = |directory: &str, words: &[&str]| {
        let mut command =
            program(&sandbox, &modules.join("@jdxcode/mise-linux-x64/bin/mise"), directory);
        command.args(words).envs([("MISE_USE_VERSIONS_HOST", "0"), ("MISE_YES", "1")]);
        let outcome = sandbox.finish(&mut command);
        assert_eq!(outcome.code, Some(0), "{words:?}: {}", outcome.stderr);
        outcome
    };
    sandbox.write("project/go.mod", "module example.com/p\n");
    mise("project", &["plugin", "link", "goward", plugin.to_str().unwrap()]);
    let all = mise("project", &["ls-remote", "goward"]).stdout;
    assert!(all.lines().last() == Some("1.99.1"), "{all}");
    assert_eq!(mise("project", &["latest", "goward@1.99"]).stdout, "1.99.1\n");
    mise("project", &["use", "goward@1.99.0"]);
    let version = || {
        let outcome = mise("project", &["exec", "--", "go", "version"]);
        outcome.stdout.lines().next().map(str::to_owned)
    };
    assert_eq!(version().as_deref(), Some("go version go1.99.0 version"));
    assert!(sandbox.goward(["list"]).stdout.contains("go1.99.0"));
    // What goward removed comes back.
    assert_eq!(sandbox.goward(["uninstall", "--now", "1.99.0"]).code, Some(0));
    assert_eq!(version().as_deref(), Some("go version go1.99.0 version"));
}
