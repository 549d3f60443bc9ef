//! What does not run, in words, with what to type.

use super::{refused, toolchain};
use crate::project::lock::LockFile;
use crate::resolve::Resolver;
#[cfg(unix)]
use crate::resolve::shim_errors::explain;
use crate::resolve::shim_errors::first_step;
use crate::session::samples::{Machine, lock_of};
use crate::verify::Level;
#[cfg(unix)]
use goward_shim::Refusal;
use goward_shim::pins::Isolation;
#[cfg(unix)]
use goward_shim::resolve::Conflict;

/// What to type to make a call without a variable.
fn unset(name: &str) -> String {
    if cfg!(windows) {
        return format!("unset it, in PowerShell: `Remove-Item Env:{name}`");
    }
    format!("unset it: `env -u {name} go version`")
}

#[test]
fn another_toolchain_than_the_locks_is_refused() {
    let mut machine = Machine::new();
    machine.lock(&machine.install("1.99.1", Level::Listed), &[]);
    let path = machine.shown("src/app/goward.lock");
    machine.set("GOTOOLCHAIN", "go1.98.2");
    assert_eq!(
        refused(&machine),
        format!(
            "goward: `GOTOOLCHAIN=go1.98.2` contradicts `{path}`, which has go1.99.1\n\
             hint: {}\n\
             hint: or choose for one call: `go +1.98.2 version`",
            unset("GOTOOLCHAIN")
        )
    );
    machine.set("GOTOOLCHAIN", "go1.99.1");
    assert_eq!(toolchain(&machine).version.to_string(), "go1.99.1");
}

#[test]
fn values_that_contradict_pins_are_refused() {
    let mut machine = Machine::new();
    let installed = machine.install("1.99.1", Level::Listed);
    machine.lock(&installed, &[("GOAMD64", "v3"), ("GOFLAGS", "-trimpath")]);
    let path = machine.shown("src/app/goward.lock");
    machine.set("GOFLAGS", "-trimpath=false");
    let error = refused(&machine);
    let message = format!("goward: `-trimpath=false` in GOFLAGS contradicts `{path}`");
    assert!(error.starts_with(&message), "{error}");
    assert!(error.contains(&format!("hint: {}", unset("GOFLAGS"))), "{error}");
    assert!(error.contains("for this call: `go +1.99.1 version`"), "{error}");
    machine.set("GOFLAGS", "-mod=mod");
    assert_eq!(toolchain(&machine).pins.len(), 2);
}

#[test]
fn a_hermetic_lock_lets_through_what_is_allowed() {
    let mut machine = Machine::new();
    let installed = machine.install("1.99.1", Level::Listed);
    let lock = LockFile { isolation: Isolation::Hermetic, ..lock_of(&installed) };
    machine.write("src/app/goward.lock", lock.render());
    let path = machine.shown("src/app/goward.lock");
    machine.set("GOFLAGS", "-mod=vendor");
    assert_eq!(
        refused(&machine),
        format!(
            "goward: `-mod=vendor` in GOFLAGS changes what is built, and is not in `{path}`\n  \
             the lock is hermetic: only what it pins may do that\n\
             hint: {}\n\
             hint: or let it through: `{}`",
            unset("GOFLAGS"),
            if cfg!(windows) {
                "$env:GOWARD_ALLOW = 'GOFLAGS'; go version"
            } else {
                "GOWARD_ALLOW=GOFLAGS go version"
            }
        )
    );
    machine.set("GOWARD_ALLOW", "GOFLAGS");
    assert_eq!(toolchain(&machine).isolation, Isolation::Hermetic);
}

#[cfg_attr(windows, ignore = "makes symbolic links")]
#[test]
fn locks_that_cannot_be_used() {
    let mut machine = Machine::new();
    let manifest = machine.manifest("[toolchain]\ngo = \"1.99\"\n");
    let path = machine.path("src/app/goward.lock");
    assert_eq!(
        refused(&machine),
        format!(
            "goward: there is no `goward.lock` beside `{}`\n\
             hint: write it, and commit it: `goward lock`",
            manifest.display()
        )
    );
    machine.write("src/app/goward.lock", "schema = 1\nx");
    assert!(
        refused(&machine).contains(&format!("`{}:2`", path.display())),
        "{}",
        refused(&machine)
    );
    fs_err::remove_file(&path).unwrap();
    fs_err::create_dir(&path).unwrap();
    assert!(refused(&machine).contains(&path.display().to_string()), "{}", refused(&machine));
    fs_err::remove_dir(&path).unwrap();

    let installed = machine.install("1.99.1", Level::Listed);
    let other = if cfg!(target_os = "linux") { "darwin/arm64" } else { "linux/amd64" };
    let lock = lock_of(&installed);
    let entry = lock.platforms.values().next().unwrap().clone();
    let platforms = [(crate::session::samples::platform(other), entry)].into();
    machine.write("src/app/goward.lock", LockFile { platforms, ..lock.clone() }.render());
    let host = crate::platform::Platform::host();
    assert_eq!(
        refused(&machine),
        format!(
            "goward: `{}` has no toolchain for {host}\n\
             hint: add it, and commit that: `goward use --platform {host}`",
            path.display()
        )
    );

    let goroot = machine.shown("usr/go");
    let fixed = LockFile { goroot: Some(goroot.clone()), ..lock };
    machine.write("src/app/goward.lock", fixed.render());
    let wants = format!("goward: `{}` wants GOROOT at `{goroot}`, which ", path.display());
    let hint = "hint: let it lead to the toolchain: `goward setup goroot`";
    assert_eq!(refused(&machine), format!("{wants}does not exist\n{hint}"));
    machine.write("usr/go", "x");
    assert_eq!(refused(&machine), format!("{wants}is not a link\n{hint}"));
    fs_err::remove_file(machine.path("usr/go")).unwrap();
    crate::fs::symlink("/nowhere", machine.path("usr/go")).unwrap();
    assert_eq!(refused(&machine), format!("{wants}points to `/nowhere`\n{hint}"));
    machine.unset("GOWARD_HOME").unset("HOME");
    assert!(refused(&machine).contains("but there is no store: `GOWARD_HOME`"));
}

#[cfg(unix)] // Where owners are numbers.
#[test]
fn every_other_refusal_has_a_hint() {
    let machine = Machine::new();
    let ctx = &machine.session.ctx;
    let lock = || b"/src/a b/goward.lock".to_vec();
    let conflict = |name: &str, is_in_file| {
        Box::new(Conflict {
            name: name.into(),
            locked: b"v3".to_vec(),
            callers: b"v1".to_vec(),
            is_in_file,
            version: b"go1.27.1".to_vec(),
        })
    };
    let unpinned = |name: &str| Refusal::Unpinned {
        lock: lock(),
        name: name.into(),
        value: b"\x1b[1m".to_vec(),
    };
    let cases = [
        (
            Refusal::Foreign { lock: lock(), owner: 4_000_000 },
            "`/src/a b/goward.lock` belongs to user 4000000, not to you",
            "read it, and trust it as it is: `goward trust '/src/a b/goward.lock'`",
        ),
        (Refusal::Loop, "calls of `go` go round in circles", "see which with `which -a go`, "),
        (
            Refusal::Contradiction { lock: lock(), conflict: conflict("GOAMD64", false) },
            "`GOAMD64=v1` contradicts `/src/a b/goward.lock`, which has `GOAMD64=v3`",
            "unset it: `env -u GOAMD64 go version`",
        ),
        (
            Refusal::Contradiction { lock: lock(), conflict: conflict("GOFLAGS", true) },
            "`v1` in GOFLAGS of `go env -w` contradicts `/src/a b/goward.lock`",
            "take it out of the file: `go env -u GOFLAGS`",
        ),
        (
            unpinned("GOAMD64"),
            "`GOAMD64=\\u{1b}[1m` changes what is built, and is not in `/src/a b/goward.lock`",
            "unset it: `env -u GOAMD64 go version`",
        ),
        (
            Refusal::Weakening { lock: lock(), line: 7, setting: b"x=1".to_vec(), reason: "why" },
            "`/src/a b/goward.lock:7`: `x=1` takes effect only in a lock that you trust: why",
            "read it, and trust it as it is: `goward trust '/src/a b/goward.lock'`",
        ),
        (
            Refusal::Toolchain { lock: lock(), version: b"go1.27.1".to_vec(), wanted: b"x".into() },
            "`GOTOOLCHAIN=x` contradicts `/src/a b/goward.lock`, which has go1.27.1",
            "unset it: `env -u GOTOOLCHAIN go version`",
        ),
        (
            Refusal::UnknownProfile { lock: lock(), profile: b"ci".to_vec() },
            "`/src/a b/goward.lock` has no profile `ci`",
            "for the pins without a profile: `GOWARD_PROFILE=none`",
        ),
    ];
    for (refusal, message, hint) in cases {
        let error = explain(ctx, &refusal);
        assert!(error.message().starts_with(message), "{error}");
        assert!(error.hints()[0].to_string().starts_with(hint), "{error}");
    }
}

#[test]
fn what_a_call_is_repeated_as() {
    let machine = Machine::new();
    let resolver = Resolver::new(&machine.session);
    // The call of a tool alone asks for its version.
    let typed = resolver.with_call(goward_shim::Tool::Gofmt, crate::resolve::shim_errors::typed);
    assert_eq!(typed, "gofmt version");
    assert_eq!(first_step(&machine.session.ctx), "for this project: `goward use stable`");
    machine.write("src/app/.go-version", "1.26.2\n");
    assert_eq!(
        first_step(&machine.session.ctx),
        "for this project, as `.go-version` asks: `goward init && goward install`"
    );
}
