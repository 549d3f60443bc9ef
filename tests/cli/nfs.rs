//! A store on NFS: the kernel is made to say that it is one, wherever goward asks.

use super::{mirror, sandbox};
use crate::common::trace::traced;
use crate::common::{Outcome, Sandbox, skip};

/// `NFS_SUPER_MAGIC`, where `struct statfs` has the kind of file system.
const SAYS_NFS: &str = "inject=statfs,fstatfs:poke_exit=@arg2=6969000000000000";
const WARNING: &str =
    "locks do not work on the file system of the store: the same may be downloaded twice";

/// Runs goward there; returns what came of it, and how many locks of the store it asked for.
fn on_nfs(sandbox: &Sandbox, args: &[&str]) -> Option<(Outcome, usize)> {
    let options = ["-y", "-e", "trace=flock,statfs,fstatfs", "-e", SAYS_NFS];
    let outcome = traced(sandbox, "project", &options, args)?;
    if outcome.stderr.contains("strace: invalid") {
        skip("strace is too old to change what the system says");
        return None;
    }
    let trace = sandbox.read("trace");
    let locks = format!("<{}/", sandbox.store().join("locks").display());
    let is_lock = |line: &&str| line.contains("flock(") && line.contains(&locks);
    Some((outcome, trace.lines().filter(is_lock).count()))
}

/// Without its daemon, even an attempt that must not wait lasts for ever there.
#[test]
fn no_lock_is_asked_for_until_the_user_says_that_they_work() {
    let server = mirror();
    let sandbox = sandbox(&server);
    let Some((outcome, locks)) = on_nfs(&sandbox, &["install", "1.99.1"]) else { return };
    assert_eq!((outcome.code, locks), (Some(0), 0), "{outcome:?}");
    assert!(outcome.stderr.contains(WARNING), "{outcome:?}");
    for args in [&["uninstall", "1.99.1"][..], &["gc", "--now"]] {
        let (outcome, locks) = on_nfs(&sandbox, args).unwrap();
        assert_eq!((outcome.code, locks), (Some(0), 0), "{args:?}: {outcome:?}");
    }
    let (outcome, _) = on_nfs(&sandbox, &["doctor", "-v"]).unwrap();
    for said in ["file system is nfs", "locks do not work"] {
        assert!(outcome.stdout.contains(said), "{said}: {outcome:?}");
    }

    sandbox.write("home/.config/goward/config.toml", "[store]\nnfs-locks = true\n");
    for args in [&["install", "1.99.1"][..], &["uninstall", "1.99.1"], &["gc", "--now"]] {
        let (outcome, locks) = on_nfs(&sandbox, args).unwrap();
        assert_eq!(outcome.code, Some(0), "{args:?}: {outcome:?}");
        assert!(locks > 0 && !outcome.stderr.contains(WARNING), "{args:?}, {locks}: {outcome:?}");
    }
}
