//! What plain Go does not have, or does otherwise: the rows of the list that no command of both shows.

use super::run::{Ended, Scene, goward_step};
use super::{Go, Lab, lab};

fn step(lab: &Lab, go: &Go, scene: Scene, step: &str) -> Ended {
    goward_step(lab, go, scene, "own", step)
}

#[track_caller]
fn prints(ended: &Ended, want: &str) {
    assert_eq!((ended.code, ended.output.as_str()), (Some(0), want), "{}", ended.errors);
}

#[test]
#[ignore = "compares for ten minutes: `cargo test --test main -- --ignored plain::`"]
fn a_request_before_the_command_chooses_the_release() {
    let Some(lab) = lab() else { return };
    for go in &lab.gos {
        let other = lab.other(go);
        let want = format!("go{}\n", other.release);
        for scene in [Scene::Lock, Scene::Default] {
            prints(&step(lab, go, scene, "go +$OTHER env GOVERSION"), &want);
            prints(&step(lab, go, scene, "GOWARD_GO=$OTHER go env GOVERSION"), &want);
        }
    }
}

#[test]
#[ignore = "compares for ten minutes: `cargo test --test main -- --ignored plain::`"]
fn a_goroot_of_another_release_is_dropped() {
    let Some(lab) = lab() else { return };
    for go in &lab.gos {
        let own = format!("{}\ngo{}\n", go.root.display(), go.release);
        for scene in [Scene::Lock, Scene::Default] {
            for other in ["$ELSEWHERE", "/proc/nowhere"] {
                let line = format!("GOROOT={other} go env GOROOT GOVERSION");
                if go.release != super::ELSEWHERE || other == "/proc/nowhere" {
                    prints(&step(lab, go, scene, &line), &own);
                }
            }
        }
        // What has the same release may be changed, and somebody means it; a lock names its bytes.
        let line = "cp -r $(go env GOROOT) $TMPDIR/patched; GOROOT=$TMPDIR/patched go env GOROOT GOVERSION";
        let patched = lab.sandbox.path("case/own/tmp/patched");
        let want = format!("{}\ngo{}\n", patched.display(), go.release);
        prints(&step(lab, go, Scene::Default, line), &want);
        prints(&step(lab, go, Scene::Lock, line), &own);
    }
}

#[test]
#[ignore = "compares for ten minutes: `cargo test --test main -- --ignored plain::`"]
fn a_program_that_the_lock_is_too_old_for_names_what_to_type() {
    let Some(lab) = lab() else { return };
    let go = &lab.gos[0];
    assert!(go.minor < 27, "the sample has an old release");
    for command in ["install", "run"] {
        let line = format!("go {command} example.com/newer@latest");
        let ended = step(lab, go, Scene::Lock, &line);
        assert_eq!(ended.code, Some(1), "{}", ended.errors);
        assert!(ended.errors.contains("requires go >= 1.27.0"), "{}", ended.errors);
        let want = format!("`go +1.27 {command} example.com/newer@latest`");
        assert!(ended.errors.contains(&want), "{}", ended.errors);
    }
}
