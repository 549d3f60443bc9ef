//! Which Go a call gets here, with which environment, why, and in which words it is refused.

mod environment;
mod refusals;
mod settings;
mod trust;

use crate::error::Kind;
use crate::platform::Platform;
use crate::project::lock::LockFile;
use crate::resolve::Resolver;
use crate::resolve::resolved_go::{Origin, ResolvedGo, ResolvedToolchain};
use crate::session::samples::{Machine, lock_of, owned, publish, tree};
use crate::verify::Level;
use fs_err as fs;
use goward_shim::Tool;
use std::path::PathBuf;

/// Returns the toolchain that governs.
fn toolchain(machine: &Machine) -> ResolvedToolchain {
    match Resolver::new(&machine.session).governing(Tool::Go).unwrap() {
        ResolvedGo::Toolchain(toolchain) => *toolchain,
        foreign @ ResolvedGo::Foreign { .. } => panic!("{foreign:?}"),
    }
}

/// Returns the program that is not ours, and why it runs.
fn foreign(machine: &Machine) -> (PathBuf, &'static str) {
    match Resolver::new(&machine.session).governing(Tool::Go).unwrap() {
        ResolvedGo::Foreign { program, reason } => (program, reason),
        ResolvedGo::Toolchain(toolchain) => panic!("{toolchain:?}"),
    }
}

/// Returns why nothing governs.
fn refused(machine: &Machine) -> String {
    Resolver::new(&machine.session).governing(Tool::Go).unwrap_err().to_string()
}

fn places(machine: &Machine) -> Vec<String> {
    Resolver::new(&machine.session).places(Tool::Go)
}

#[test]
fn the_lock_above_decides_and_brings_its_pins() {
    let mut machine = Machine::new();
    let installed = machine.install("1.99.1", Level::Listed);
    machine.install("1.99.2", Level::Listed);
    let path = machine.lock(&installed, &[("GODEBUG", "http2debug=1")]);
    machine.go_to("src/app/cmd/tool");
    let found = toolchain(&machine);
    assert_eq!(found.version.to_string(), "go1.99.1");
    assert_eq!(found.key, installed.key);
    assert_eq!(found.origin, Origin::Lock(path.clone()));
    assert_eq!(found.origin.to_string(), format!("`{}`", path.display()));
    assert_eq!(found.pins, owned(&[("GODEBUG", "http2debug=1")]));
    assert_eq!((found.level, found.profile.as_deref()), (Level::Listed, None));
    let resolver = Resolver::new(&machine.session);
    assert!(resolver.has(&found).unwrap());
    assert_eq!(resolver.root(&found).unwrap(), installed.tree);
    assert!(resolver.program(&found, Tool::Gofmt).unwrap().starts_with(&installed.tree));
    assert!(resolver.lacks_receipt(&found).unwrap().is_none());
    let places = places(&machine);
    assert_eq!(
        places[..3],
        [
            "`GOWARD_BYPASS` is unset".to_owned(),
            "`GOWARD_GO` is unset".to_owned(),
            "`GOWARD_LOCK` is unset".to_owned(),
        ]
    );
    assert_eq!(places.last().unwrap(), &format!("`{}` is there", path.display()));
    let missing = machine.shown("src/app/cmd/tool/goward.lock");
    assert_eq!(places[3], format!("`{missing}` does not exist"));
}

/// What a lock says of its own level proves nothing.
#[test]
fn the_level_is_that_of_what_is_installed() {
    let machine = Machine::new();
    let installed = machine.install("1.99.1", Level::None);
    let lock = LockFile { level: Level::BuiltIn, ..lock_of(&installed) };
    machine.write("src/app/goward.lock", lock.render());
    assert_eq!(toolchain(&machine).level, Level::None);
    let gone = fs::canonicalize(&installed.tree).unwrap();
    fs::rename(&gone, machine.path("away")).unwrap();
    let found = toolchain(&machine);
    assert_eq!(found.level, Level::BuiltIn);
    assert!(!Resolver::new(&machine.session).has(&found).unwrap());
}

#[test]
fn profiles_are_chosen_by_variable_and_by_rule() {
    let mut machine = Machine::new();
    let installed = machine.install("1.99.1", Level::Listed);
    let lock = LockFile {
        pins: owned(&[("GODEBUG", "http2debug=1")]),
        profiles: [("prod".to_owned(), owned(&[("GODEBUG", "gctrace=1")]))].into(),
        ..lock_of(&installed)
    };
    machine.write("src/app/goward.lock", lock.render());
    assert_eq!(toolchain(&machine).profile_note, None);
    machine.set("GOWARD_PROFILE", "prod");
    let found = toolchain(&machine);
    assert_eq!(found.profile.as_deref(), Some("prod"));
    assert_eq!(found.profile_note.as_deref(), Some("profile `prod` by `GOWARD_PROFILE`"));
    assert_eq!(found.pins, owned(&[("GODEBUG", "gctrace=1")]));
    machine.set("GOWARD_PROFILE", "none");
    assert_eq!(toolchain(&machine).pins, lock.pins);
    machine.set("GOWARD_PROFILE", "prd");
    let path = machine.shown("src/app/goward.lock");
    assert_eq!(
        refused(&machine),
        format!(
            "goward: `{path}` has no profile `prd`\n  `--profile` or `GOWARD_PROFILE` chose it\n\
             hint: did you mean `prod`?\n\
             hint: for the pins without a profile: `GOWARD_PROFILE=none`"
        )
    );
    machine.set("GOWARD_PROFILE", "zzzzzz");
    assert!(refused(&machine).contains("hint: it has: prod\n"), "{}", refused(&machine));
}

#[test]
fn a_request_comes_before_the_lock_and_has_no_pins() {
    let mut machine = Machine::new();
    let old = machine.install("1.99.1", Level::Listed);
    let new = machine.install("1.99.2", Level::None);
    machine.install("1.98.5", Level::Listed);
    machine.lock(&old, &[("GODEBUG", "http2debug=1")]);
    machine.set("GOWARD_GO", "1.99");
    let found = toolchain(&machine);
    assert_eq!((found.key, found.pins), (new.key, Vec::new()));
    assert_eq!(found.origin.to_string(), "the request `1.99`");
    assert_eq!(places(&machine).last().unwrap(), "`GOWARD_GO` is `1.99`");
    machine.set("GOWARD_GO", "1.97");
    assert_eq!(
        refused(&machine),
        "goward: no installed toolchain fits `1.97`\nhint: install one: `goward install '1.97'`"
    );
    machine.set("GOWARD_GO", "1.97");
    let error = Resolver::new(&machine.session).requested("1.97").unwrap_err();
    assert_eq!(error.kind(), Kind::NotInstalled);
    let error = Resolver::new(&machine.session).requested(">=x").unwrap_err();
    assert_eq!(error.kind(), Kind::Usage);
}

/// Two trees of one release: the one that is verified better answers.
#[test]
fn of_one_release_the_better_verified_tree_answers() {
    let machine = Machine::new();
    let other = tree("1.99.1", Platform::host()).with("src/fmt/print.go", "package other\n");
    let weak = publish(&machine.store(), &other, Level::None);
    let strong = machine.install("1.99.1", Level::BuiltIn);
    assert_ne!(weak.key, strong.key);
    let found = Resolver::new(&machine.session).requested("1.99").unwrap();
    assert_eq!((found.key, found.level), (strong.key, Level::BuiltIn));
}

#[cfg_attr(windows, ignore = "makes symbolic links")]
#[test]
fn a_name_means_what_is_linked_and_nothing_else() {
    let machine = Machine::new();
    let linked = machine.link("mine", "1.99.7");
    let resolver = Resolver::new(&machine.session);
    let found = resolver.requested("mine").unwrap();
    assert_eq!((found.key, found.link.as_deref()), (linked.key, Some("mine")));
    assert_eq!(found.level, Level::Linked);
    // It is no release, whatever its version.
    assert_eq!(resolver.requested("1.99").unwrap_err().kind(), Kind::NotInstalled);
    assert_eq!(
        resolver.requested("mime").unwrap_err().to_string(),
        "goward: no toolchain is linked as `mime`\nhint: did you mean `mine`?"
    );
    assert_eq!(
        resolver.requested("another").unwrap_err().to_string(),
        "goward: no toolchain is linked as `another`\nhint: link one: `goward link another PATH`\n\
         hint: or ask for a release: `goward list --remote`"
    );
    assert_eq!(resolver.requested("stabel").unwrap_err().kind(), Kind::Usage);
    machine.write("opt/mine/VERSION", "go1.99.8\n");
    let error = resolver.requested("mine").unwrap_err();
    assert_eq!(error.kind(), Kind::Verification);
    assert!(error.hints()[0].to_string().contains("goward link mine"), "{error}");
}

#[test]
fn the_default_counts_outside_of_projects() {
    let machine = Machine::new();
    let installed = machine.install("1.99.1", Level::Listed);
    let resolver = Resolver::new(&machine.session);
    assert_eq!(resolver.default_version().unwrap(), None);
    resolver.check_not_default(std::slice::from_ref(&installed), "go1.99.1").unwrap();
    let lock = LockFile { pins: owned(&[("GODEBUG", "http2debug=1")]), ..lock_of(&installed) };
    let path = machine.write("store/default.lock", lock.render());
    let found = toolchain(&machine);
    assert_eq!(found.origin, Origin::Default(path.clone()));
    assert_eq!(found.origin.to_string(), format!("the default, `{}`", path.display()));
    assert_eq!((found.key.as_str(), found.pins), (installed.key.as_str(), Vec::new()));
    assert_eq!(places(&machine).last().unwrap(), &format!("`{}` is there", path.display()));
    let (version, request) = resolver.default_version().unwrap().unwrap();
    assert_eq!((version.to_string().as_str(), request.as_str()), ("go1.99.1", "1.99.1"));
    assert_eq!(resolver.default_key().unwrap().as_ref(), Some(&installed.key));
    let error = resolver.check_not_default(&[installed], "go1.99.1").unwrap_err();
    assert_eq!(error.message(), "go1.99.1 is the default outside of projects");
    assert_eq!(error.details(), ["nothing was removed"]);
    fs::write(&path, "schema = 1\n[").unwrap();
    let error = resolver.default_version().unwrap_err();
    assert_eq!(
        error.hints(),
        ["choose again: `goward default REQUEST`, or none: `goward default --none`"]
    );
    assert_eq!(resolver.default_path().unwrap(), path);
}

#[test]
fn without_lock_and_default_the_next_go_on_path_runs() {
    let mut machine = Machine::new();
    let program = machine.program(&format!("usr/{}", goward_shim::names::GO));
    machine.set("PATH", machine.path("usr/bin"));
    assert_eq!(foreign(&machine), (program.clone(), "no lock here or above, and no default"));
    let next = format!("`{}` is the next `go` on PATH", program.display());
    assert_eq!(places(&machine).last().unwrap(), &next);
    let resolver = Resolver::new(&machine.session);
    assert!(resolver.toolchain_here().unwrap().is_none());
    machine.lock(&machine.install("1.99.1", Level::Listed), &[]);
    machine.set("GOWARD_BYPASS", "1");
    assert_eq!(foreign(&machine), (program, "GOWARD_BYPASS=1"));
    assert_eq!(places(&machine), ["`GOWARD_BYPASS` is `1`"]);
    // Anything else does not switch goward off.
    machine.set("GOWARD_BYPASS", "0");
    assert_eq!(toolchain(&machine).version.to_string(), "go1.99.1");
}

#[test]
fn where_nothing_can_run_the_first_step_is_told() {
    let machine = Machine::new();
    let app = machine.shown("src/app");
    let message = format!(
        "goward: there is no `go` for `{app}`: no `goward.lock` here or above, no default, and no \
         other `go` on PATH\n"
    );
    let everywhere = "hint: for everywhere else: `goward default stable`";
    assert_eq!(
        refused(&machine),
        format!("{message}hint: for this project: `goward use stable`\n{everywhere}")
    );
    assert_eq!(places(&machine).last().unwrap(), "there is no other `go` on PATH");
    assert!(Resolver::new(&machine.session).toolchain_here().unwrap().is_none());
    machine.write("src/app/go.mod", "module m\n\ngo 1.26\n");
    let first = "for this project, as `go.mod` asks: `goward init && goward install`";
    assert_eq!(refused(&machine), format!("{message}hint: {first}\n{everywhere}"));
}

#[test]
fn a_goroot_in_the_store_belongs_to_its_call() {
    let mut machine = Machine::new();
    let installed = machine.install("1.99.1", Level::Listed);
    for (name, reason) in [("GOWARD_TOOLCHAIN", "the call around this one"), ("GOROOT", "`GOROOT`")]
    {
        machine.set(name, &installed.tree);
        let found = toolchain(&machine);
        assert_eq!(found.origin.to_string(), reason);
        assert_eq!((found.key.as_str(), found.pins.len()), (installed.key.as_str(), 0));
        assert_eq!(found.root.as_deref(), Some(installed.tree.as_path()));
        assert_eq!(places(&machine).last().unwrap(), &format!("{reason} decides"));
        machine.unset(name);
    }
    // A project's lock comes first.
    machine.lock(&machine.install("1.99.2", Level::Listed), &[]);
    machine.set("GOROOT", &installed.tree);
    assert_eq!(toolchain(&machine).version.to_string(), "go1.99.2");
}

#[test]
fn a_toolchain_of_the_system_store_is_found_and_out_of_reach() {
    let mut machine = Machine::new();
    let home = machine.session.ctx.variables["GOWARD_HOME".as_ref() as &std::ffi::OsStr].clone();
    machine.set("GOWARD_HOME", machine.path("system"));
    let installed = machine.install("1.99.1", Level::Listed);
    machine.set("GOWARD_HOME", PathBuf::from(home));
    machine.lock(&installed, &[]);
    let found = toolchain(&machine);
    assert!(!Resolver::new(&machine.session).has(&found).unwrap());
    machine.set("GOWARD_SYSTEM_STORE", machine.path("system"));
    let resolver = Resolver::new(&machine.session);
    assert!(resolver.has(&found).unwrap() && resolver.is_out_of_reach(&found).unwrap());
    assert_eq!(resolver.root(&found).unwrap(), installed.tree);
    assert_eq!(resolver.requested("1.99").unwrap().key, installed.key);
    machine.set("GOWARD_SYSTEM_STORE", "system");
    let error = Resolver::new(&machine.session).root(&found).unwrap_err();
    assert_eq!(error.message(), "the store `system` is not an absolute path");
}

#[test]
fn a_tree_without_a_receipt_does_not_run() {
    let machine = Machine::new();
    let installed = machine.install("1.99.1", Level::Listed);
    machine.lock(&installed, &[]);
    let receipt = machine.path("store/meta").join(&installed.key);
    let text = fs::read_to_string(&receipt).unwrap();
    fs::remove_file(&receipt).unwrap();
    let found = toolchain(&machine);
    assert_eq!(found.level, Level::None);
    let resolver = Resolver::new(&machine.session);
    let error = resolver.lacks_receipt(&found).unwrap().unwrap();
    let tree = installed.tree.display();
    assert_eq!(error.message(), format!("no receipt fits `{tree}`"));
    assert_eq!(error.kind(), Kind::Verification);
    fs::write(&receipt, text.replace("\"schema\": 2", "\"schema\": 99")).unwrap();
    let error = resolver.lacks_receipt(&found).unwrap().unwrap();
    assert_eq!(error.message(), format!("a newer goward wrote the receipt of `{tree}`"));
}
