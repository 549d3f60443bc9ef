//! What is installed is not always what was installed.

use super::install;
use crate::config::Recheck;
use crate::error::Kind;
use crate::install::Installer;
use crate::resolve::Resolver;
use crate::session::samples::Machine;
use crate::verify::Level;
use fs_err as fs;
use std::path::{Path, PathBuf};

/// A program that Go starts.
pub(super) const COMPILER: &str = if cfg!(windows) { "compile.exe" } else { "compile" };

/// Changes the file of this name below a directory.
pub(super) fn change(directory: &Path, name: &str) {
    let find = |directory: &Path| -> Option<PathBuf> {
        let mut all = vec![directory.to_owned()];
        while let Some(next) = all.pop() {
            if next.is_dir() {
                all.extend(fs::read_dir(next).unwrap().map(|entry| entry.unwrap().path()));
            } else if next.file_name().unwrap() == name {
                return Some(next);
            }
        }
        None
    };
    let path = find(directory).unwrap();
    let mode = fs::metadata(&path).unwrap().permissions();
    crate::fs::set_mode(&path, 0o644).unwrap();
    fs::write(&path, "changed\n").unwrap();
    fs::set_permissions(&path, mode).unwrap();
}

#[test]
fn a_changed_program_is_found_at_once_and_a_source_by_reading_all() {
    let mut machine = Machine::new();
    let installed = machine.install("1.99.1", Level::Listed);
    machine.lock(&installed, &[]);
    let check = |machine: &Machine| {
        let toolchain = Resolver::new(&machine.session).toolchain_here().unwrap().unwrap();
        Installer::new(&machine.session).check_resolved(&toolchain)
    };
    check(&machine).unwrap();
    change(&installed.tree.join("src"), "print.go");
    check(&machine).unwrap();
    machine.session.config.policy.verify = Recheck::Always;
    let error = check(&machine).unwrap_err();
    assert_eq!(error.kind(), Kind::Verification);
    let host = crate::platform::Platform::host();
    let message = format!("go1.99.1 for {host} is not what was installed: 1 finding");
    assert_eq!(error.message(), message);
    assert!(error.to_string().contains("src/fmt/print.go"), "{error}");
    assert_eq!(error.hints(), ["repair it: `goward verify --repair 1.99.1`"]);
    machine.session.config.policy.verify = Recheck::Boot;
    check(&machine).unwrap();
    change(&installed.tree.join("pkg/tool"), COMPILER);
    assert!(check(&machine).unwrap_err().to_string().contains("/compile"));
    machine.session.config.policy.verify = Recheck::Never;
    check(&machine).unwrap();
}

#[test]
fn what_was_right_is_remembered_for_a_start_of_the_machine() {
    let machine = Machine::new();
    machine.offer("1.99.1");
    install(&machine, "1.99.1").unwrap();
    let seen = machine.session.ctx.state_directory().unwrap().join("seen");
    assert_eq!(fs::read_dir(&seen).unwrap().count(), 1);
    install(&machine, "1.99.1").unwrap();
    // What is remembered in another form is read again.
    let file = fs::read_dir(&seen).unwrap().next().unwrap().unwrap().path();
    fs::write(&file, "{").unwrap();
    install(&machine, "1.99.1").unwrap();
    assert_ne!(fs::read_to_string(&file).unwrap(), "{");
}

#[test]
fn a_toolchain_that_goes_meanwhile_is_missing() {
    let machine = Machine::new();
    let gone = machine.install("1.99.1", Level::Listed);
    fs::rename(&gone.tree, machine.path("away")).unwrap();
    let installer = Installer::new(&machine.session);
    let error = installer.check_integrity(&machine.store(), &gone).unwrap_err();
    assert_eq!(error.kind(), Kind::NotInstalled);
    assert!(error.message().ends_with("was removed meanwhile"), "{error}");
}
