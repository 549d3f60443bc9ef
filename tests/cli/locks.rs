//! Locks that others hold, and file systems without any; full ones, too.

use super::{archive, mirror, sandbox, tree};
use crate::common::server::Mirror;
use crate::common::trace::traced;
use crate::common::{Sandbox, skip};
use goward_core::platform::Platform;
use std::fs;
use std::thread;
use std::time::{Duration, SystemTime};

#[test]
fn who_is_waited_for_is_said() {
    let server = mirror();
    let sandbox = sandbox(&server);
    assert_eq!(sandbox.goward(["install", "1.98.3"]).code, Some(0));
    let name = format!("go1.99.1-{}", Platform::host().lock_name());
    let path = sandbox.store().join("locks").join(name);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    fs::write(&path, format!("77\nbuilder\u{1b}\ninstall go1.99.1\n{now}\n")).unwrap();
    let held = fs::File::open(&path).unwrap();
    held.lock().unwrap();
    let outcome = thread::scope(|scope| {
        let install = scope.spawn(|| sandbox.goward(["install", "1.99.1"]));
        thread::sleep(Duration::from_millis(1500));
        assert!(!install.is_finished());
        drop(held);
        install.join().unwrap()
    });
    let first = outcome.says().lines().next().unwrap();
    let start = "goward: waiting for process 77 on builder\\u{1b} (install go1.99.1, for ";
    assert!(first.starts_with(start) && first.ends_with(" s)"), "{first}");
    // Who has it now, and what for.
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!((lines.len(), lines[2]), (4, "install go1.99.1"));
    assert!(lines[0].parse::<u32>().is_ok_and(|pid| pid != 77));
}

#[test]
fn without_locks_there_is_a_warning() {
    let server = mirror();
    let sandbox = sandbox(&server);
    for error in ["ENOLCK", "EOPNOTSUPP", "EINVAL"] {
        let inject = format!("inject=flock:error={error}");
        let options = ["-e", "trace=flock", "-e", &inject];
        let Some(outcome) = traced(&sandbox, "project", &options, &["install", "1.99.1"]) else {
            return;
        };
        let (host, says) = (Platform::host(), outcome.says());
        let warning = "goward: warning: locks do not work on the file system of the store: the same \
                       may be downloaded twice\n";
        assert!(says.contains(warning), "{error}: {says}");
        assert!(says.contains(&format!("installed go1.99.1 for {host}")), "{error}: {says}");
        assert_eq!(sandbox.goward(["verify", "--all"]).code, Some(0));
        assert_eq!(sandbox.goward(["uninstall", "1.99.1", "--now"]).code, Some(0));
    }
}

/// Runs goward with a store that has so much room; `None` where nothing can be mounted.
fn in_little_room(sandbox: &Sandbox, room: &str, args: &str) -> Option<String> {
    let store = sandbox.store();
    fs::create_dir_all(&store).unwrap();
    let (goward, store) = (sandbox.path("bin/goward"), store.display().to_string());
    let script = format!(
        "mount -t tmpfs -o size={room} none '{store}' || exit 99; '{}' {args}; code=$?; \
         find '{store}/tmp' '{store}/tree' '{store}/meta' -mindepth 1; exit $code",
        goward.display()
    );
    let mut command = sandbox.command("/usr/bin/unshare".as_ref(), "project");
    let outcome = sandbox.finish(command.args(["--mount", "sh", "-c", &script]));
    if outcome.code == Some(99) || outcome.stderr.contains("unshare") {
        skip(&format!("nothing can be mounted here: {}", outcome.stderr));
        return None;
    }
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(1), ""), "{outcome:?}");
    Some(outcome.stderr)
}

#[test]
fn a_full_disk_is_said_with_what_is_needed() {
    let server = mirror();
    let with_mirror = sandbox(&server);
    let Some(report) = in_little_room(&with_mirror, "48k", "install 1.99.1") else { return };
    assert!(report.contains("no space left in the store `[STORE]`"), "{report}");
    assert!(report.contains("go1.99.1 needs about "), "{report}");
    assert!(report.contains("hint: make room, for example with `goward gc --now`"), "{report}");

    // What cannot fit is not begun.
    let version = "go1.99.1";
    let noise: Vec<u8> = (0..1_000_000u32)
        .flat_map(|n| n.wrapping_mul(2_654_435_761).rotate_left(n % 31).to_le_bytes())
        .collect();
    let large = tree(version, &Platform::host().lock_name()).with("src/noise", noise).tar_gz();
    let size = large.len();
    assert!(size > 2 << 20, "{size}");
    let server = Mirror::new().release(version, [(archive(version).as_str(), large)]).start();
    let sandbox = sandbox(&server);
    let Some(report) = in_little_room(&sandbox, "4m", "install 1.99.1") else { return };
    assert!(report.contains("no space left in the store `[STORE]`"), "{report}");
    assert!(report.contains("go1.99.1 needs about "), "{report}");
    assert!(
        report.contains("` has room for ") && report.contains("nothing was installed"),
        "{report}"
    );
}
