//! What `go` gets from goward, from the caller, and from the file of `go env -w`.

use super::toolchain;
use crate::project::lock::LockFile;
use crate::resolve::Resolver;
use crate::resolve::env_explain::{Lock, NotPassed, settings};
use crate::session::samples::{Machine, lock_of, owned};
use crate::verify::Level;
use fs_err as fs;
use goward_shim::caller::By;
#[cfg(unix)]
use goward_shim::pins::Isolation;
use std::collections::BTreeMap;
#[cfg(unix)]
use std::ffi::OsStr;
use std::ffi::OsString;
#[cfg(unix)]
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// What goward changes for the toolchain that governs.
fn changes(machine: &Machine) -> BTreeMap<String, Option<OsString>> {
    let resolver = Resolver::new(&machine.session);
    resolver.environment(&toolchain(machine)).unwrap().into_iter().collect()
}

fn value<'c>(changes: &'c BTreeMap<String, Option<OsString>>, name: &str) -> Option<&'c str> {
    changes.get(name)?.as_deref()?.to_str()
}

#[test]
fn pins_take_the_place_of_what_the_caller_has() {
    let mut machine = Machine::new();
    let installed = machine.install("1.99.1", Level::Listed);
    machine.lock(&installed, &[("GODEBUG", "http2debug=1")]);
    machine.set("GODEBUG", "gctrace=1").set("GOEXPERIMENT", "jsonv2").set("EDITOR", "vi");
    let changes = changes(&machine);
    assert_eq!(value(&changes, "GODEBUG"), Some("http2debug=1"));
    assert_eq!(changes.get("GOEXPERIMENT"), Some(&None));
    assert_eq!(value(&changes, "GOTOOLCHAIN"), Some("local"));
    assert_eq!(changes.get("EDITOR"), None);
    let resolver = Resolver::new(&machine.session);
    let left_out = resolver.left_out(&toolchain(&machine)).unwrap();
    let names: Vec<&str> = left_out.iter().map(|it| it.name.as_str()).collect();
    assert!(names.contains(&"GOEXPERIMENT"), "{names:?}");
    // Where there is no PATH, the working directory does not come onto it.
    let path = resolver.path_with(&toolchain(&machine)).unwrap();
    assert_eq!(path, installed.tree.join("bin"));
}

#[test]
fn a_toolchain_without_a_lock_has_what_the_caller_has() {
    let mut machine = Machine::new();
    machine.install("1.99.1", Level::Listed);
    machine.set("GODEBUG", "gctrace=1").set("GOWARD_GO", "1.99");
    let changes = changes(&machine);
    assert_eq!(changes.get("GODEBUG"), None);
    let found = toolchain(&machine);
    let resolver = Resolver::new(&machine.session);
    let by_exec = resolver.environment_by(&found, By::Command).unwrap();
    assert!(by_exec.iter().all(|(name, _)| name != "GODEBUG"), "{by_exec:?}");
}

#[cfg_attr(windows, ignore = "PATH is as Unix has it")]
#[test]
fn path_has_the_toolchain_once_and_first() {
    let mut machine = Machine::new();
    machine.set("PATH", "/usr/bin:/x/bin:/usr/local/bin");
    let resolver = Resolver::new(&machine.session);
    let path = resolver.path_from(PathBuf::from("/x/bin")).unwrap();
    assert_eq!(path, "/x/bin:/usr/bin:/usr/local/bin");
    let error = resolver.path_from(PathBuf::from("/a:b")).unwrap_err();
    assert_eq!(error.message(), "the store cannot be on PATH");
}

#[cfg(unix)] // Where names are bytes.
#[test]
fn the_users_file_reaches_go_as_a_copy() {
    let mut machine = Machine::new();
    machine.go_env_file("GOPRIVATE=example.com\nGOEXPERIMENT=jsonv2\n");
    let installed = machine.install("1.99.1", Level::Listed);
    machine.lock(&installed, &[]);
    let goenv = PathBuf::from(value(&changes(&machine), "GOENV").unwrap());
    assert!(goenv.starts_with(machine.path("store")), "{goenv:?}");
    let text = fs::read_to_string(&goenv).unwrap();
    assert!(text.contains("GOPRIVATE=example.com\n") && text.contains("GOEXPERIMENT=\n"), "{text}");
    // Another state of the file is another copy.
    machine.go_env_file("GOPRIVATE=example.org, and more\n");
    assert_ne!(PathBuf::from(value(&changes(&machine), "GOENV").unwrap()), goenv);
    // Without a store that can be written the copy is in the cache.
    machine.set("XDG_CACHE_HOME", machine.path("cache"));
    machine.set("GOWARD_HOME", machine.write("file", "").join("store"));
    let resolver = Resolver::new(&machine.session);
    let entries = machine.session.ctx.entries();
    let env = machine.session.ctx.environment(&entries);
    let goenv = resolver.goenv(Isolation::Pinned, &env);
    let path = Path::new(OsStr::from_bytes(&goenv.path));
    assert!(goenv.is_ready && path.starts_with(machine.path("cache")), "{path:?}");
    assert!(fs::read_to_string(path).unwrap().contains("GOPRIVATE=example.org, and more\n"));
    assert!(resolver.prepare_goenv_file(Isolation::Pinned, &env).is_ok());
}

#[cfg(unix)] // Where names are bytes.
#[test]
fn settings_of_the_user_are_read_from_environment_and_file() {
    let mut machine = Machine::new();
    machine.go_env_file("GOPROXY=https://p.example\nGOAUTH=nonsense x\nGOOS=\n");
    let resolver = Resolver::new(&machine.session);
    assert_eq!(resolver.go_setting("GOPROXY").unwrap().as_deref(), Some("off"));
    assert_eq!(resolver.go_setting("GOAUTH").unwrap().as_deref(), Some("nonsense x"));
    assert_eq!(resolver.go_setting("GOOS").unwrap(), None);
    let user = resolver.user_settings();
    let file = user.file.as_ref().unwrap().as_ref().unwrap();
    assert!(format!("{file:?}").contains("https://p.example"), "{file:?}");
    machine.unset("GOPROXY").set("GOAUTH", "off");
    let resolver = Resolver::new(&machine.session);
    assert_eq!(resolver.go_setting("GOPROXY").unwrap().as_deref(), Some("https://p.example"));
    assert!(resolver.modules(None).unwrap().list.places().count() == 1);
    machine.set("GOENV", "off");
    assert_eq!(Resolver::new(&machine.session).go_setting("GOPROXY").unwrap(), None);
    assert!(Resolver::new(&machine.session).user_settings().file.unwrap().is_none());
    machine.set("GOPROXY", OsStr::from_bytes(b"\xff"));
    let error = Resolver::new(&machine.session).go_setting("GOPROXY").unwrap_err();
    assert_eq!(error.message(), "the value of `GOPROXY` is not UTF-8");
}

#[test]
fn lines_of_the_lock_are_pointed_at() {
    let mut machine = Machine::new();
    let installed = machine.install("1.99.1", Level::Listed);
    let lock = LockFile {
        pins: owned(&[("GODEBUG", "http2debug=1")]),
        profiles: [("ci".to_owned(), owned(&[("GODEBUG", "gctrace=1")]))].into(),
        ..lock_of(&installed)
    };
    let path = machine.write("src/app/goward.lock", lock.render());
    let text = fs::read_to_string(&path).unwrap();
    let line = |text: &str, wanted: &str| 1 + text.lines().position(|l| l == wanted).unwrap();
    let read = |machine: &Machine| Lock::read(&toolchain(machine));
    let shown = path.display();
    let base = line(&text, "GODEBUG = \"http2debug=1\"");
    assert_eq!(read(&machine).place("GODEBUG"), format!("{shown}:{base}"));
    let version = line(&text, "version = \"go1.99.1\"");
    assert_eq!(read(&machine).line("GOEXPERIMENT"), Some(version));
    machine.set("GOWARD_PROFILE", "ci");
    let profile = line(&text, "GODEBUG = \"gctrace=1\"");
    assert_eq!(read(&machine).place("GODEBUG"), format!("{shown}:{profile}"));
    machine.set("GOWARD_GO", "1.99");
    assert_eq!(
        (read(&machine).place("GODEBUG"), read(&machine).line("GODEBUG")),
        ("goward".to_owned(), None)
    );
}

#[test]
fn what_is_not_passed_is_told_with_its_place() {
    let mut machine = Machine::new();
    let own = machine.go_env_file("GOEXPERIMENT=jsonv2\nGOPRIVATE=example.com\n");
    machine.lock(&machine.install("1.99.1", Level::Listed), &[]);
    machine.set("GODEBUG", "gctrace=1");
    let resolver = Resolver::new(&machine.session);
    let not_passed = resolver.not_passed(&toolchain(&machine)).unwrap();
    let shown: Vec<String> = not_passed.iter().map(ToString::to_string).collect();
    let in_file = format!("GOEXPERIMENT of `go env -w`, {}", own.display());
    assert!(shown.contains(&"GODEBUG of the environment".to_owned()), "{shown:?}");
    assert!(shown.contains(&in_file) && !shown.iter().any(|it| it.contains("GOPRIVATE")));
    let is_value = |it: &NotPassed| matches!(it, NotPassed::File(_, _, v) if v == "jsonv2");
    assert!(not_passed.iter().any(is_value));
    assert_eq!(settings(&own)["GOPRIVATE"], "example.com");
    assert_eq!(settings(Path::new("/nowhere")).len(), 0);
}

#[cfg_attr(windows, ignore = "files have modes")]
#[test]
fn compilers_are_looked_for_on_path_and_none_is_started() {
    let mut machine = Machine::new();
    let installed = machine.install("1.99.1", Level::Listed);
    machine.lock(&installed, &[]);
    machine.program("usr/bin/cc");
    let resolver = Resolver::new(&machine.session);
    let target = ("linux", "amd64");
    let ask = |resolver: &Resolver, command: &str| {
        resolver.ask_compiler(&toolchain(&machine), command, "-m32", target).unwrap()
    };
    let compiler = ask(&resolver, "gcc -g");
    assert_eq!(
        (compiler.command.as_str(), compiler.program, compiler.fits),
        ("gcc -g", None, None)
    );
    let path = OsString::from(format!("relative:/nowhere:{}", machine.shown("usr/bin")));
    machine.set("PATH", &path);
    assert_eq!(Resolver::new(&machine.session).path(), path);
}
