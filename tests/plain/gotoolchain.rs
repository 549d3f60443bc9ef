//! GOTOOLCHAIN in each of its forms: as plain Go takes it where no lock governs, and under a lock.

use super::run::{Case, Scene, case, compare, goward_step};
use super::{Go, Lab, lab};
use crate::common::is_full;
use crate::hermetic::note;

/// Runs a command once with each form; what each prints and how it ends is in one output.
macro_rules! forms {
    ($command:literal) => {
        concat!(
            "for form in '' auto local path local+auto local+path default go$RELEASE go$OTHER ",
            "go$RELEASE+auto go$RELEASE+path go$OTHER+auto go$OTHER+path go1.99.0 go1.99.0+path ",
            "go1.21 banana auto+local; do echo \"--- $form\"; GOTOOLCHAIN=$form ",
            $command,
            " 2>&1; echo \"exit code $?\"; done"
        )
    };
}

const CASES: &[Case] = &[
    case("outside of modules", &[
        "rm go.mod",
        forms!("go version"),
        forms!("go env GOTOOLCHAIN GOVERSION GOROOT"),
    ]),
    case("an old go line", &[forms!("go version"), forms!("go list -m")]),
    case("a newer go line", &[
        "printf 'module example.com/m\\n\\ngo %s\\n' \"$OTHER\" >go.mod",
        forms!("go version"),
        forms!("go run ./tiny"),
    ]),
    case("a toolchain line", &[
        "printf 'module example.com/m\\n\\ngo 1.21\\n\\ntoolchain go%s\\n' \"$OTHER\" >go.mod",
        forms!("go version"),
        "printf 'module example.com/m\\n\\ngo 1.21\\n\\ntoolchain default\\n' >go.mod",
        forms!("go version"),
    ]).everywhere(),
    case("a workspace", &[
        "printf 'go %s\\n\\nuse .\\n' \"$OTHER\" >go.work",
        forms!("go version"),
        forms!("go list -m"),
    ]),
    case("a release that there is not", &[
        "printf 'module example.com/m\\n\\ngo 1.99.0\\n' >go.mod",
        forms!("go version"),
    ]),
    case("go env -w GOTOOLCHAIN", &[
        "go env -w GOTOOLCHAIN=go$OTHER; cat $HOME/.config/go/env",
        "go version",
        forms!("go version"),
        "go env -w GOTOOLCHAIN=go$RELEASE+path && go version",
        "go env -u GOTOOLCHAIN && go version",
    ]).everywhere(),
    case("a program that needs a newer release", &[
        forms!("go install example.com/newer@latest"),
        "go version $HOME/go/bin/newer",
        forms!("go run example.com/newer@v1.0.0"),
        "go get example.com/newer@v1.0.0; cat go.mod",
    ]),
    case("releases by their names", &[
        "go$OTHER version",
        "go$RELEASE version",
        "go$OTHER env GOROOT GOVERSION GOTOOLCHAIN",
        "go$OTHER run ./tiny",
        "go$OTHER generate ./names",
        "printf 'module example.com/m\\n\\ngo %s\\n' \"$RELEASE\" >go.mod; go$OTHER list -m; go$OTHER version",
    ])
    .files(&[("names/n.go", "package names\n\n//go:generate go version\n")]),
];

/// The sample tries everything with the older release, which others are newer than, and a part with
/// the newest.
fn each(scene: Scene) {
    let Some(lab) = lab() else { return };
    let few: Vec<_> = CASES.iter().filter(|case| case.is_everywhere()).copied().collect();
    let last = lab.gos.len() - 1;
    for (number, go) in lab.gos.iter().enumerate() {
        compare(lab, go, scene, if number == last && !is_full() { &few } else { CASES });
    }
}

#[test]
#[ignore = "compares for ten minutes: `cargo test --test main -- --ignored plain::`"]
fn every_form_means_what_it_means_to_go_under_a_default() {
    each(Scene::Default);
}

/// What a lock has to say of a form: nothing, or that it contradicts.
fn forms_under_a_lock(go: &Go, other: &Go) -> Vec<(String, bool)> {
    let (own, another) = (go.release, other.release);
    // `go1.26.2+auto` asks for that release or a newer one.
    let satisfied = other.minor < go.minor;
    let mut forms: Vec<(String, bool)> = ["", "auto", "local", "path", "local+auto", "local+path"]
        .map(|form| (form.to_owned(), true))
        .to_vec();
    forms.extend([
        ("default".to_owned(), true),
        (format!("go{own}"), true),
        (format!("go{own}+auto"), true),
        (format!("go{own}+path"), true),
        ("go1.20+auto".to_owned(), true),
        (format!("go{another}"), false),
        (format!("go{another}+auto"), satisfied),
        (format!("go{another}+path"), satisfied),
        ("go1.99.0".to_owned(), false),
        ("go1.99.0+auto".to_owned(), false),
        ("banana".to_owned(), false),
    ]);
    forms
}

#[test]
#[ignore = "compares for ten minutes: `cargo test --test main -- --ignored plain::`"]
fn what_a_lock_satisfies_passes_and_a_contradiction_is_refused() {
    let Some(lab) = lab() else { return };
    let mut forms = 0;
    for go in &lab.gos {
        for (form, passes) in forms_under_a_lock(go, lab.other(go)) {
            check(lab, go, &form, passes);
            forms += 1;
        }
    }
    note(&format!("plain: {forms} forms of GOTOOLCHAIN under a lock"));
}

fn check(lab: &Lab, go: &Go, form: &str, passes: bool) {
    let step = format!("GOTOOLCHAIN={form} go env GOVERSION");
    let ended = goward_step(lab, go, Scene::Lock, "gotoolchain", &step);
    let place = format!("go{}, GOTOOLCHAIN={form}", go.release);
    if passes {
        assert_eq!(ended.output, format!("go{}\n", go.release), "{place}: {}", ended.errors);
        assert_eq!((ended.code, ended.errors.as_str()), (Some(0), ""), "{place}");
        return;
    }
    assert_eq!((ended.code, ended.output.as_str()), (Some(126), ""), "{place}");
    let has = |part: &str| ended.errors.contains(part);
    assert!(has(&format!("GOTOOLCHAIN={form}")), "{place}: {}", ended.errors);
    assert!(has("goward.lock") && has(go.release), "{place}: {}", ended.errors);
    let hint = ended.errors.lines().find(|line| line.starts_with("hint: "));
    let hint = hint.unwrap_or_else(|| panic!("{place}: no hint: {}", ended.errors));
    for placeholder in ["REQUEST", "...", "…", "<", " VERSION"] {
        assert!(!hint.contains(placeholder), "{place}: {hint}");
    }
}
