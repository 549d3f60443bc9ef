//! direnv, with what docs/integrations.md says to write.

use super::{git, program, project};
use crate::common::{machine, skip};
use std::path::Path;

#[test]
fn the_lock_comes_and_goes_with_the_directory() {
    let Some(direnv) = machine::find("direnv") else {
        skip("direnv is not installed (Debian: apt-get install direnv)");
        return;
    };
    let (sandbox, _mirror) = project();
    git(&sandbox, "project", &["init", "-q"]);
    let library = Path::new(env!("CARGO_MANIFEST_DIR")).join("integrations/direnv/goward.sh");
    sandbox.write("home/.config/direnv/lib/goward.sh", std::fs::read(library).unwrap());
    sandbox.write("project/.envrc", "use goward\n");
    // Its shims are not on PATH before.
    let path = format!("{}:{}", sandbox.path("bin").display(), machine::PATH);
    let run = |words: &[&str]| {
        let mut command = program(&sandbox, &direnv, "project");
        sandbox.finish(command.args(words).env("PATH", &path))
    };
    assert_eq!(run(&["allow"]).code, Some(0));
    let inside = run(&["exec", ".", "go", "version"]);
    assert_eq!(inside.stdout.lines().next(), Some("go version go1.99.1 version"), "{inside:?}");
    // A file that may not be read yet changes nothing.
    assert_eq!(run(&["deny"]).code, Some(0));
    let outside = run(&["exec", ".", "sh", "-c", "command -v go || echo none"]);
    assert!(!outside.stdout.contains("[STORE]"), "{outside:?}");
}
