//! A lock that names a path as GOROOT.

use super::sandbox::{Sandbox, lock, shown, symlink};
use std::fs;

/// A project whose GOROOT is to be `fixed`, where nothing is yet.
fn project() -> Sandbox {
    let sandbox = Sandbox::new().toolchain("go1.27.1").toolchain("go1.26.2");
    let fixed = sandbox.path("fixed");
    let line = format!("level = \"built-in\"\ngoroot = \"{}\"\n", fixed.display());
    let text = lock("go1.27.1", "").replacen("level = \"built-in\"\n", &line, 1);
    sandbox.file("project/goward.lock", text)
}

#[test]
#[cfg_attr(windows, ignore = "needs links, which Wine does not make")]
fn the_path_is_goroot_when_it_leads_to_the_root() {
    let sandbox = project();
    symlink(sandbox.tree("go1.27.1"), sandbox.path("fixed")).unwrap();
    let outcome = sandbox.run();
    let (tree, fixed) = (sandbox.tree("go1.27.1").join("libexec/go"), sandbox.path("fixed"));
    assert_eq!(outcome.program(), shown(tree));
    assert_eq!(outcome.variable("GOROOT").as_deref(), fixed.to_str());
    assert_eq!(outcome.variable("GOWARD_TOOLCHAIN").as_deref(), sandbox.tree("go1.27.1").to_str());
}

#[test]
#[cfg_attr(windows, ignore = "needs links, which Wine does not make")]
fn any_other_path_is_the_managers_to_refuse() {
    let sandbox = project();
    let (root, fixed) = (sandbox.tree("go1.27.1"), sandbox.path("fixed"));
    let manager = sandbox.goward();
    let refused = |what: &str| assert_eq!(sandbox.run().program(), shown(&manager), "{what}");
    refused("nothing");
    symlink(sandbox.tree("go1.26.2"), &fixed).unwrap();
    refused("a link to another root");
    for way in ["store/tree/../tree", "store//tree"] {
        fs::remove_file(&fixed).unwrap();
        symlink(sandbox.path(way).join(root.file_name().unwrap()), &fixed).unwrap();
        refused("a link that is spelled in another way");
    }
    fs::remove_file(&fixed).unwrap();
    fs::create_dir(&fixed).unwrap();
    refused("a directory");
}

#[test]
#[cfg_attr(windows, ignore = "needs links, which Wine does not make")]
fn a_nested_call_decides_anew() {
    let sandbox = project().file("other/goward.lock", lock("go1.26.2", ""));
    let fixed = sandbox.path("fixed");
    symlink(sandbox.tree("go1.27.1"), &fixed).unwrap();
    let outer = sandbox.run();
    let other = sandbox.run_inside(&outer, fixed.join("bin/go"), "other", &[]);
    assert_eq!(other.program(), shown(sandbox.tree("go1.26.2").join("libexec/go")));
    assert_eq!(other.variable("GOROOT"), None);
    let elsewhere = sandbox.run_inside(&outer, sandbox.path("store/shims/go"), "elsewhere", &[]);
    assert_eq!(elsewhere.program(), shown(sandbox.tree("go1.27.1").join("libexec/go")));
    assert_eq!(elsewhere.variable("GOROOT").as_deref(), fixed.to_str());
}

/// Its `go` finds itself in another directory and has to be told.
#[test]
fn a_linked_toolchain_is_told_its_goroot() {
    let text = lock("go1.27.1", "").replacen("built-in", "linked", 1);
    let sandbox = Sandbox::new().toolchain("go1.27.1").file("project/goward.lock", text);
    let tree = sandbox.tree("go1.27.1");
    assert_eq!(sandbox.run().variable("GOROOT").as_deref(), tree.to_str());
    if cfg!(windows) {
        return;
    }
    // Without a lock it is one by the link to its program.
    let real = sandbox.path("machine/bin/go");
    fs::create_dir_all(real.parent().unwrap()).unwrap();
    fs::rename(tree.join("libexec/go"), &real).unwrap();
    symlink(&real, tree.join("libexec/go")).unwrap();
    let sandbox = sandbox.cwd("elsewhere");
    let outcome = sandbox.run_as(tree.join("bin/go"));
    assert_eq!(outcome.variable("GOROOT").as_deref(), tree.to_str());
    assert_eq!(outcome.program(), shown(real));
}
