//! The feature for development containers: packed by its own tool, and installed as root into a small
//! tree. No container is started.

use super::Releases;
use super::container::base;
use crate::common::machine::{self, npm_package};
use crate::common::{Sandbox, skip};
use std::path::Path;
use std::process::Command;

#[test]
fn the_feature_is_packed_by_its_own_tool() {
    let Some(packages) = npm_package("@devcontainers/cli@0.89.0") else { return };
    let Some(node) = machine::find("node") else { panic!("npm is there, and node is not") };
    let sandbox = Sandbox::new();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("integrations/devcontainer/src");
    let mut command = sandbox.command(&node, "project");
    command.arg(packages.join("node_modules/@devcontainers/cli/devcontainer.js"));
    command.args(["features", "package", "--output-folder"]).arg(sandbox.path("out")).arg(source);
    let outcome = sandbox.finish(&mut command);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let mut tar = machine::command("tar");
    let listed = tar.arg("-tf").arg(sandbox.path("out/devcontainer-feature-goward.tgz")).output();
    let listed = String::from_utf8(listed.unwrap().stdout).unwrap();
    for name in ["install.sh", "devcontainer-feature.json"] {
        assert!(listed.lines().any(|line| line.trim_start_matches("./") == name), "{listed}");
    }
}

/// Returns a command in a tree that a user runs, with /proc as in a container.
fn inside(root: &Path, user: &str) -> Command {
    let script = "mkdir -p \"$0/proc\" && mount -t proc proc \"$0/proc\" && export PATH=/bin && \
                  exec /usr/sbin/chroot --userspec \"$1\" \"$0\" \"${@:2}\"";
    let mut unshare = machine::command("unshare");
    unshare.args(["--mount", "bash", "-c", script]).arg(root).arg(user).env("HOME", "/root");
    unshare
}

#[test]
fn the_feature_installs_goward_for_the_user_of_the_container() {
    let Some(busybox) = machine::find("busybox") else { panic!("busybox is not installed") };
    let sandbox = Sandbox::new();
    let Some(releases) = Releases::start(&sandbox) else { return };
    let programs = [machine::find("openssl"), machine::find("curl")];
    let [Some(openssl), Some(curl)] = &programs else {
        skip("the feature is not installed: there is no openssl, or no curl");
        return;
    };
    base(&sandbox, &busybox, &[openssl, curl]);
    let root = sandbox.path("base");
    let feature = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("integrations/devcontainer/src/goward/install.sh");
    std::fs::copy(feature, root.join("install.sh")).unwrap();
    let install = |releases: &str, key: &str| {
        let mut command = inside(&root, "0:0");
        command.args(["/bin/sh", "/install.sh"]).env("_REMOTE_USER", "1234");
        sandbox.finish(command.env("RELEASES", releases).env("KEY", key))
    };
    let without = install("", "");
    assert_eq!(without.code, Some(1), "{without:?}");
    assert!(without.stderr.contains("set the option `releases`"), "{}", without.stderr);
    let done = install(&releases.url(), &releases.key);
    assert_eq!(done.code, Some(0), "{}{}", done.stdout, done.stderr);
    for program in ["goward", "goward-shim"] {
        assert!(root.join("usr/local/bin").join(program).is_file(), "{program}");
    }
    let store = std::fs::symlink_metadata(root.join("opt/goward/shims/go")).unwrap();
    assert_eq!(std::os::unix::fs::MetadataExt::uid(&store), 1234);
    let mut command = inside(&root, "1234:1234");
    command.args(["/opt/goward/shims/go", "version"]).env("GOWARD_HOME", "/opt/goward");
    let outcome = sandbox.finish(command.env("GOWARD_OFFLINE", "1"));
    assert_eq!(outcome.code, Some(127), "{outcome:?}");
    assert!(outcome.stderr.contains("goward: there is no `go`"), "{outcome:?}");
}
