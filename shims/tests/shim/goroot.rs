//! A lock that names a path as GOROOT.

use super::sandbox::{Sandbox, lock};
use std::fs;
use std::os::unix::fs::symlink;

/// A project whose GOROOT is to be `fixed`, where nothing is yet.
fn project() -> Sandbox {
    let sandbox = Sandbox::new().toolchain("go1.27.1").toolchain("go1.26.2");
    let fixed = sandbox.path("fixed");
    let line = format!("level = \"built-in\"\ngoroot = \"{}\"\n", fixed.display());
    let text = lock("go1.27.1", "").replacen("level = \"built-in\"\n", &line, 1);
    sandbox.file("project/goward.lock", text)
}

#[test]
fn the_path_is_goroot_when_it_leads_to_the_root() {
    let sandbox = project();
    symlink(sandbox.tree("go1.27.1"), sandbox.path("fixed")).unwrap();
    let outcome = sandbox.run();
    let (tree, fixed) = (sandbox.tree("go1.27.1").join("libexec/go"), sandbox.path("fixed"));
    assert_eq!(outcome.program(), tree.to_str().unwrap());
    assert_eq!(outcome.variable("GOROOT").as_deref(), fixed.to_str());
    let marker = format!("GOROOT={}", fixed.display());
    assert_eq!(outcome.variable("GOWARD_PINNED"), Some(marker));
}

#[test]
fn any_other_path_is_the_managers_to_refuse() {
    let sandbox = project();
    let (root, fixed) = (sandbox.tree("go1.27.1"), sandbox.path("fixed"));
    let manager = sandbox.path("bin/goward");
    let refused =
        |what: &str| assert_eq!(sandbox.run().program(), manager.to_str().unwrap(), "{what}");
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
fn a_nested_call_decides_anew() {
    let sandbox = project().file("other/goward.lock", lock("go1.26.2", ""));
    let sandbox = sandbox.foreign_go("system");
    let fixed = sandbox.path("fixed");
    symlink(sandbox.tree("go1.27.1"), &fixed).unwrap();
    let outer = sandbox.run();
    let run = |directory: &str| {
        fs::create_dir_all(sandbox.path(directory)).unwrap();
        let mut command = std::process::Command::new(fixed.join("bin/go"));
        command.env_clear().current_dir(sandbox.path(directory));
        for line in outer.lines("env") {
            let (name, value) = line.split_once('=').unwrap();
            command.env(name, value);
        }
        let output = command.env("PATH", sandbox.path("system")).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let other = run("other");
    let program = sandbox.tree("go1.26.2").join("libexec/go");
    assert!(other.contains(&format!("exe {}\n", program.display())), "{other}");
    assert!(other.contains(&format!("GOROOT={}\n", sandbox.tree("go1.26.2").display())), "{other}");
    let elsewhere = run("elsewhere");
    let program = sandbox.path("system/go");
    assert!(elsewhere.contains(&format!("exe {}\n", program.display())), "{elsewhere}");
    assert!(!elsewhere.contains("GOROOT"), "{elsewhere}");
}
