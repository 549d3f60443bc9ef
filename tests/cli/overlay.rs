//! Stores in the layers of containers: directories of a lower layer cannot be moved.

use super::{key, mirror, sandbox};
use crate::common::server::Server;
use crate::common::{Outcome, Sandbox, skip};
use std::fs;

/// A store with two releases in the lower layer of an image.
fn image(server: &Server) -> Sandbox {
    let sandbox = sandbox(server);
    for args in [&["install", "1.98.3", "--full"][..], &["use", "1.99.1"]] {
        let outcome = sandbox.goward(args);
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
    }
    fs::rename(sandbox.store(), sandbox.path("lower")).unwrap();
    fs::create_dir(sandbox.store()).unwrap();
    // The upper layer, which has to be on a file system of another kind than an overlay.
    fs::create_dir(sandbox.path("upper")).unwrap();
    sandbox
}

/// Runs a script where the store is an overlay on the lower layer; `None`, after saying so, where
/// that cannot be mounted. With `read_only` there is no upper layer.
fn within(sandbox: &Sandbox, read_only: bool, script: &str) -> Option<Outcome> {
    let [lower, upper, store] = [sandbox.path("lower"), sandbox.path("upper"), sandbox.store()]
        .map(|p| p.display().to_string());
    let options = if read_only {
        format!("lowerdir={lower}:{upper}/none")
    } else {
        // Root of a user namespace has no other attributes to note in what was removed.
        let owns_all =
            fs::read_to_string("/proc/self/uid_map").is_ok_and(|map| map.contains("4294967295"));
        let attributes = if owns_all { "" } else { ",userxattr" };
        format!("lowerdir={lower},upperdir={upper}/changes,workdir={upper}/work{attributes}")
    };
    let mount = format!(
        "mount -t tmpfs none '{upper}' && mkdir '{upper}/changes' '{upper}/work' '{upper}/none' && \
         mount -t overlay overlay -o '{options}' '{store}' || exit 99\n\
         store='{store}'; goward='{}'; set -e\n{script}",
        sandbox.path("bin/goward").display()
    );
    let mut command = sandbox.command("/usr/bin/unshare".as_ref(), "project");
    let outcome = sandbox.finish(command.args(["--mount", "sh", "-c", &mount]));
    if outcome.code == Some(99) || outcome.stderr.contains("unshare") {
        skip(&format!("no overlay can be mounted here: {}", outcome.stderr));
        return None;
    }
    Some(outcome)
}

#[test]
fn a_layer_without_an_upper_one_serves() {
    let server = mirror();
    let sandbox = image(&server);
    let script = "\"$store/shims/go\" version; \"$goward\" which; \"$goward\" install; \"$goward\" list; \
                  \"$goward\" verify --all";
    let Some(outcome) = within(&sandbox, true, script) else { return };
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(outcome.stdout.starts_with("go version go1.99.1 version\n"), "{outcome:?}");
}

#[test]
fn what_an_image_has_can_be_removed_and_installed_again() {
    let server = mirror();
    let sandbox = image(&server);
    let key = key("go1.98.3");
    let script = format!(
        "\"$goward\" install 1.99.0; \"$goward\" uninstall 1.98.3 --now\n\
         for part in tree meta; do test ! -e \"$store/$part/{key}\"; done\n\
         \"$store/shims/go\" version; \"$goward\" install 1.98.3 --full; \"$goward\" verify --all\n\
         \"$goward\" uninstall 1.98.3; \"$goward\" gc --now; \"$goward\" list\n\
         ls \"$store/trash\" \"$store/tmp\""
    );
    let Some(outcome) = within(&sandbox, false, &script) else { return };
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(!outcome.stdout.contains("go1.98.3  "), "{outcome:?}");
    let end = "[STORE]/tmp:\n\n[STORE]/trash:\n";
    assert!(outcome.stdout.contains("go version go1.99.1 version\n"), "{outcome:?}");
    assert!(outcome.stdout.ends_with(end), "{outcome:?}");
    // The layer below is as it was.
    assert!(sandbox.path("lower/tree").join(&key).is_dir());
    assert!(sandbox.path("lower/meta").join(&key).is_file());
}

#[test]
fn what_an_image_has_stays_while_it_is_used() {
    let server = mirror();
    let sandbox = image(&server);
    let key = key("go1.98.3");
    let script = format!(
        "GOROOT=\"$store/tree/{key}\" sleep 60 & process=$!\n\
         \"$goward\" uninstall 1.98.3 --now\n\
         test -e \"$store/tree/{key}/libexec/go\" && test -e \"$store/tree/{key}/src\"\n\
         kill $process; wait $process || true\n\
         \"$goward\" gc --now >&2; test ! -e \"$store/tree/{key}\""
    );
    let Some(outcome) = within(&sandbox, false, &script) else { return };
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(outcome.stderr.contains("(sleep) goes on using it"), "{outcome:?}");
}

#[test]
fn what_an_image_has_can_be_repaired() {
    let server = mirror();
    let sandbox = image(&server);
    let script = format!(
        "cd \"$store/tree/{}\"; chmod u+w src/fmt/print.go; echo changed > src/fmt/print.go; cd /\n\
         \"$goward\" verify 1.98.3 && exit 1\n\
         \"$goward\" verify --repair 1.98.3; \"$goward\" verify 1.98.3",
        key("go1.98.3")
    );
    let Some(outcome) = within(&sandbox, false, &script) else { return };
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
}
