//! The example that the README begins with.

use super::{enabled, sandbox};
use std::path::Path;

#[test]
fn two_projects_see_what_their_locks_say() {
    if !enabled(&["1.26.2", "1.27.1"]) {
        return;
    }
    let sandbox = sandbox();
    assert_eq!(sandbox.goward(["setup", "--no-modify-path"]).code, Some(0));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/two-projects/run.sh");
    let mut command = sandbox.command(&script, "project");
    command.env("PATH", format!("{}:/usr/bin:/bin", sandbox.path("bin").display()));
    let outcome = sandbox.finish(&mut command);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(outcome.stdout.ends_with("Each project saw what its lock says.\n"), "{outcome:?}");
}
