//! goward as a plugin of mise, and both of them on one machine.

use super::program;
use crate::cli::mirror;
use crate::common::Sandbox;
use crate::common::machine::npm_package;
use std::path::Path;

#[test]
fn the_plugin_installs_with_goward() {
    let Some(modules) = npm_package("@jdxcode/mise-linux-x64@2026.9.15") else { return };
    let mirror = mirror();
    let sandbox = Sandbox::new().source(&mirror.url(""));
    assert_eq!(sandbox.goward(["setup", "--no-modify-path"]).code, Some(0));
    let plugin = Path::new(env!("CARGO_MANIFEST_DIR")).join("integrations/asdf");
    let run = |words: &[&str]| {
        let mise = modules.join("node_modules/@jdxcode/mise-linux-x64/bin/mise");
        let mut command = program(&sandbox, &mise, "project");
        command.args(words).envs([("MISE_USE_VERSIONS_HOST", "0"), ("MISE_YES", "1")]);
        sandbox.finish(&mut command)
    };
    let mise = |words: &[&str]| {
        let outcome = run(words);
        assert_eq!(outcome.code, Some(0), "{words:?}: {}", outcome.stderr);
        outcome.stdout
    };
    sandbox.write("project/go.mod", "module example.com/p\n");
    mise(&["plugin", "link", "goward", plugin.to_str().unwrap()]);
    let all = mise(&["ls-remote", "goward"]);
    assert!(all.lines().last() == Some("1.99.1"), "{all}");
    assert_eq!(mise(&["latest", "goward@1.99"]), "1.99.1\n");
    mise(&["use", "goward@1.99.0"]);
    let version = || {
        let told = mise(&["exec", "--", "go", "version"]);
        told.lines().next().map(str::to_owned)
    };
    assert_eq!(version().as_deref(), Some("go version go1.99.0 version"));
    assert!(sandbox.goward(["list"]).stdout.contains("go1.99.0"));
    // What goward removed comes back.
    assert_eq!(sandbox.goward(["uninstall", "--now", "1.99.0"]).code, Some(0));
    assert_eq!(version().as_deref(), Some("go version go1.99.0 version"));

    // Where a lock governs, too, who is first on PATH decides, and goward says that they differ.
    assert_eq!(sandbox.goward(["use", "1.99.1"]).code, Some(0));
    assert_eq!(version().as_deref(), Some("go version go1.99.0 version"));
    let shim = sandbox.go(["version"]).stdout;
    assert_eq!(shim.lines().next(), Some("go version go1.99.1 version"));
    let check = sandbox.goward(["check"]);
    assert!(check.stdout.contains("mise.toml:2"), "{}{}", check.stdout, check.stderr);
    let doctor = run(&["exec", "--", "goward", "doctor"]);
    assert!(doctor.stdout.contains("installs/goward/1.99.0/bin/go"), "{}", doctor.stdout);
}
