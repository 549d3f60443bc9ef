//! What differs from plain Go: the list of `docs/hermetic-go.md`, and what shows each.

use super::run::{Scene, mask};
use crate::repository::{read, rust_files};
use std::collections::BTreeSet;

/// A row of the list.
pub(super) struct Difference {
    /// The first cell of the row.
    pub(super) name: &'static str,
    shown_by: By,
}

/// What shows that there is a difference, and that it is no larger.
enum By {
    /// The commands compared: what matches these patterns of [`mask`] is left out on both sides, and
    /// each scene has something that does.
    Commands(&'static [Scene], &'static [&'static str]),
    /// A test of its own.
    Test(&'static str),
}

const LOCKED: &[Scene] = &[Scene::Lock, Scene::Nested];

pub(super) const DIFFERENCES: &[Difference] = &[
    commands("`GOWARD_*` in the environment of what `go` starts", Scene::ALL, &["GOWARD_*\n"]),
    commands("`libexec` in GOROOT", Scene::ALL, &["libexec/\n"]),
    commands("read-only files in GOROOT", Scene::ALL, &["mode of a file: #\n"]),
    commands(
        "of `misc` in GOROOT only `wasm`, no `api`, `doc` and `test`",
        Scene::ALL,
        &["in GOROOT: *\n"],
    ),
    test(
        "`go install` and `go clean` of `cmd`, and of what is below it",
        "go_does_not_install_its_own_programs_over_the_shim",
    ),
    test("`go +REQUEST` and `GOWARD_GO`", "a_request_before_the_command_chooses_the_release"),
    test(
        "one more line when a program needs a newer Go, under a lock",
        "a_program_that_the_lock_is_too_old_for_names_what_to_type",
    ),
    test(
        "a GOROOT of another release, or without a toolchain, is removed",
        "a_goroot_of_another_release_is_dropped",
    ),
    test(
        "under a lock, GOTOOLCHAIN is `local`, and a contradiction is refused",
        "what_a_lock_satisfies_passes_and_a_contradiction_is_refused",
    ),
    commands(
        "under a lock, GOENV names a copy of your file",
        LOCKED,
        &["GOENV='*'\n", "\t\"GOENV\": \"*\",\n", "GOENV=*\n"],
    ),
    test("`go env -w` of a variable that the lock decides is refused", "go_env_w"),
    commands(
        "files of goward in the home directory",
        Scene::ALL,
        &["home/.local*\n", "home/.cache/goward*\n"],
    ),
];

const fn commands(
    name: &'static str,
    scenes: &'static [Scene],
    patterns: &'static [&'static str],
) -> Difference {
    Difference { name, shown_by: By::Commands(scenes, patterns) }
}

const fn test(name: &'static str, test: &'static str) -> Difference {
    Difference { name, shown_by: By::Test(test) }
}

impl Difference {
    /// Returns what it leaves out in a scene, if commands show it there.
    pub(super) fn patterns(&self, scene: Scene) -> Option<&'static [&'static str]> {
        match self.shown_by {
            By::Commands(scenes, patterns) if scenes.contains(&scene) => Some(patterns),
            _ => None,
        }
    }
}

/// Takes what may differ out of both texts; notes what did differ.
pub(super) fn leave_out(
    scene: Scene,
    plain: &str,
    goward: &str,
    seen: &mut BTreeSet<&'static str>,
) -> (String, String) {
    let mut texts = (plain.to_owned(), goward.to_owned());
    for difference in DIFFERENCES {
        for pattern in difference.patterns(scene).unwrap_or_default() {
            if texts.0 == texts.1 {
                return texts;
            }
            let without = |text: &str| mask(text, pattern).replace(pattern, "");
            let rest = (without(&texts.0), without(&texts.1));
            if rest != texts {
                seen.insert(difference.name);
            }
            texts = rest;
        }
    }
    texts
}

/// Both ways, in the same order; and each is shown by what there is.
#[test]
fn every_difference_is_in_hermetic_go() {
    let document = read("docs/hermetic-go.md");
    let (_, section) = document.split_once("\n## Differences from plain Go\n").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| "));
    let names: Vec<_> = rows.map(|row| row[2..].split(" | ").next().unwrap()).skip(1).collect();
    let listed: Vec<_> = DIFFERENCES.iter().map(|difference| difference.name).collect();
    assert_eq!(names, listed);
    let sources: String =
        rust_files("tests").iter().map(|file| std::fs::read_to_string(file).unwrap()).collect();
    for difference in DIFFERENCES {
        if let By::Test(name) = difference.shown_by {
            assert!(sources.contains(&format!("fn {name}()")), "{name}");
        }
    }
}
