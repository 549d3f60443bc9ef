//! `policy.min-age`: releases that are too young are passed over, by a release history on this machine.

use super::mirror;
use crate::common::Sandbox;
use crate::common::json_keys::are_documented;
use crate::common::server::{Route, Server};
use goward_core::calendar::{Day, day_after, shown, today};
use serde_json::Value;

/// The day that was so many days ago.
fn ago(days: u32) -> Day {
    // Counted upward, as the calendar does.
    let (year, month, day) = today();
    let start = (year - 1, month, day.min(28));
    let distance = goward_core::calendar::days_between(start, today());
    day_after(start, distance - days)
}

/// A page like Go's: 1.99.0 is 20 days old, 1.99.1 as many as said, perhaps with security fixes.
fn page(days: u32, text: &str) -> String {
    format!(
        "<h2 id=\"go1.99.0\">go1.99.0 (released {})</h2>\n<p>Go 1.99.0 is a major release of Go.</p>\n\
         <p id=\"go1.99.1\">\n\t\tgo1.99.1\n\t\t(released {})\n\t\t\n\t\t\t{text}</p>\n\
         <p id=\"go1.98.3\">go1.98.3 (released {}) includes fixes to the compiler.</p>\n",
        shown(ago(20)),
        shown(ago(days)),
        shown(ago(40)),
    )
}

/// A sandbox whose user demands an age, and where the history says so.
fn world(own: &str, page: &str) -> (Server, Sandbox) {
    let server = mirror();
    server.route("/history", Route::new(page.to_owned()));
    let sandbox = Sandbox::new().source(&server.url(""));
    let history = server.url("/history");
    let config = format!("[policy]\n{own}release-history = \"{history}\"\n");
    sandbox.write("home/.config/goward/config.toml", config);
    (server, sandbox)
}

const FIXES: &str = "includes fixes to the compiler.";

#[test]
fn what_is_too_young_waits() {
    let (server, sandbox) = world("min-age = \"3d\"\n", &page(1, FIXES));
    let until = shown(day_after(ago(1), 3));
    let waits = format!(
        "goward: go1.99.1 waits until {until}: it was published on {}, and `policy.min-age` is 3d\n",
        shown(ago(1))
    );
    for request in ["1.99", "stable", "latest"] {
        let used = sandbox.goward_in(&format!("project/{request}"), ["use", request]);
        assert_eq!(used.code, Some(0), "{used:?}");
        assert!(used.stderr.contains(&waits), "{used:?}");
        let lock = sandbox.read(&format!("project/{request}/goward.lock"));
        assert!(lock.contains("version = \"go1.99.0\""), "{lock}");
    }
    let installed = sandbox.goward(["install", "1.99"]);
    assert!(installed.stderr.contains(&waits), "{installed:?}");
    // Nor does an upgrade take it.
    let upgraded = sandbox.goward_in("project/1.99", ["lock", "--upgrade"]);
    assert!(upgraded.code == Some(0) && upgraded.stderr.contains(&waits), "{upgraded:?}");
    let lines = ["outdated", "upgrade"].map(|command| {
        let said = sandbox.goward_in("project/1.99", [command]);
        assert_eq!(said.code, Some(0), "{said:?}");
        assert!(said.stderr.contains("goward: .: go1.99.1 waits until "), "{said:?}");
        said.stderr
    });
    assert!(lines[1].contains("nothing newer than go1.99.0 fits `1.99`"), "{}", lines[1]);
    let json = sandbox.goward_in("project/1.99", ["-q", "outdated", "--json"]);
    let entries: Value = serde_json::from_str(json.data()).unwrap();
    are_documented("outdated", std::slice::from_ref(&entries), &[], &[]);
    assert_eq!(entries[0]["waiting"][0]["until"], until);
    assert_eq!(entries[0]["allowed"], "go1.99.0");
    assert_eq!(entries[0]["newest"], "go1.99.1");
    // An exact release is somebody's decision, and a lock that has it is never refused.
    let exact = sandbox.goward_in("project/exact", ["use", "1.99.1"]);
    assert!(exact.code == Some(0) && !exact.stderr.contains("waits"), "{exact:?}");
    let manifest = sandbox.read("project/exact/goward.toml").replace("1.99.1", "1.99");
    sandbox.write("project/exact/goward.toml", manifest);
    for words in [&["lock"][..], &["lock", "--upgrade"], &["install", "--locked"]] {
        let kept = sandbox.goward_in("project/exact", words);
        assert_eq!(kept.code, Some(0), "{kept:?}");
        let lock = sandbox.read("project/exact/goward.lock");
        assert!(lock.contains("version = \"go1.99.1\""), "{words:?}: {lock}");
    }
    // Old enough tomorrow, or in a page that says so.
    server.route("/history", Route::new(page(3, FIXES)));
    let upgraded = sandbox.goward_in("project/1.99", ["upgrade"]);
    let moved = "moved from go1.99.0 to go1.99.1";
    assert!(upgraded.code == Some(0) && upgraded.stderr.contains(moved), "{upgraded:?}");
}

#[test]
fn security_fixes_do_not_wait() {
    let text = "includes\n\t\tsecurity\n\t\tfixes to the <code>net</code> package.";
    let (_server, sandbox) = world("min-age = \"2w\"\n", &page(0, text));
    let used = sandbox.goward(["use", "1.99"]);
    assert_eq!(used.code, Some(0), "{used:?}");
    let said = "goward: go1.99.1 does not wait: it has security fixes\n";
    assert!(used.stderr.contains(said), "{used:?}");
    assert!(sandbox.read("project/goward.lock").contains("version = \"go1.99.1\""));
}

#[test]
fn a_project_demands_more_and_never_less() {
    let (server, sandbox) = world("", &page(5, FIXES));
    let project = |age: &str| {
        let manifest = format!("[toolchain]\ngo = \"1.99\"\n\n[policy]\nmin-age = \"{age}\"\n");
        sandbox.write("project/goward.toml", manifest);
        _ = std::fs::remove_file(sandbox.path("project/goward.lock"));
        let locked = sandbox.goward(["lock"]);
        (
            locked.code,
            sandbox.goward(["-q", "which", "--json"]).stdout.contains("go1.99.1"),
            locked.stderr,
        )
    };
    assert_eq!(project("0d").0, Some(0));
    assert!(sandbox.read("project/goward.lock").contains("go1.99.1"));
    let (code, _, said) = project("1w");
    assert!(code == Some(0) && said.contains("`policy.min-age` is 7d"), "{said}");
    assert!(sandbox.read("project/goward.lock").contains("go1.99.0"));
    // The user's own is longer.
    let config =
        format!("[policy]\nmin-age = \"6d\"\nrelease-history = \"{}\"\n", server.url("/history"));
    sandbox.write("home/.config/goward/config.toml", config);
    assert!(project("1d").2.contains("`policy.min-age` is 6d"));
    // Everything waits: nothing is locked, and the reasons are told.
    let (code, _, said) = project("3w");
    assert_eq!(code, Some(3), "{said}");
    assert!(said.starts_with("goward: no release that `1.99` allows is 21d old\n"), "{said}");
    assert!(said.contains("go1.99.0 waits until "), "{said}");
    assert!(!sandbox.path("project/goward.lock").exists());
    // What is no age.
    let (code, _, said) = project("3h");
    assert!(
        code == Some(2) && said.contains("`min-age` must be a number of days or weeks"),
        "{said}"
    );
    sandbox.write("home/.config/goward/config.toml", "[policy]\nmin-age = \"soon\"\n");
    let said = project("1d").2;
    assert!(said.contains("`min-age` must be a number of days or weeks"), "{said}");
}

#[test]
fn without_a_history_nothing_is_taken_for_old() {
    let (server, sandbox) = world("min-age = \"3d\"\n", "<html>moved</html>");
    let used = sandbox.goward(["use", "1.99"]);
    assert_eq!(used.code, Some(3), "{used:?}");
    let asked = server.log().iter().filter(|one| one.target == "/history").count();
    assert_eq!(asked, 1, "{used:?}");
    assert!(used.stderr.contains("when releases were published is not known: "), "{used:?}");
    assert!(used.stderr.contains("go1.99.1 waits: when it was published is not known"), "{used:?}");
    // Nobody is asked where nothing has to wait.
    sandbox.write("home/.config/goward/config.toml", "");
    assert_eq!(sandbox.goward(["use", "1.99"]).code, Some(0));
    // A file will do.
    sandbox.write("history.html", page(1, FIXES));
    let file = sandbox.path("history.html");
    let config =
        format!("[policy]\nmin-age = \"3d\"\nrelease-history = \"file://{}\"\n", file.display());
    sandbox.write("home/.config/goward/config.toml", config);
    let used = sandbox.goward_in("other", ["use", "1.99"]);
    assert!(used.code == Some(0) && used.stderr.contains("go1.99.1 waits until "), "{used:?}");
}
