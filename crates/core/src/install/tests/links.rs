//! Toolchains of the machine that have a name.

use super::locked;
use crate::error::Kind;
use crate::install::Installer;
use crate::install::request::{Fetch, ToolchainRequest};
use crate::platform::Platform;
use crate::project::manifest::Manifest;
use crate::resolve::Resolver;
use crate::session::samples::{Machine, lock_of, platform};
use crate::verify::Level;
use crate::version::link_name::LinkName;
use std::path::Path;

const OTHER_H1: &str = "h1:MeqkXdYlyiVdqJXENOTyX7xd8QjDM/mxR52RKOFBS0M=";

fn name(text: &str) -> LinkName {
    LinkName::parse(text).unwrap()
}

fn foreign() -> Platform {
    platform(if cfg!(target_os = "linux") { "darwin/arm64" } else { "linux/amd64" })
}

/// What a lock of level `linked` wants.
fn linked(number: &str, h1: &str, path: &str) -> ToolchainRequest {
    let mut want = locked(number, h1, path);
    want.locked.as_mut().unwrap().link = Some("mine".to_owned());
    want
}

#[cfg_attr(windows, ignore = "makes symbolic links")]
#[test]
fn directories_that_cannot_be_linked() {
    let machine = Machine::new();
    let own = machine.install("1.99.1", Level::Listed);
    let installer = Installer::new(&machine.session);
    let error = |path: &Path| installer.link("mine", path).unwrap_err();
    let missing = error(Path::new("no"));
    assert_eq!(missing.message(), format!("`{}` does not exist", machine.shown("src/app/no")));
    assert_eq!(missing.details(), ["nothing was linked"]);
    let refused = error(&own.tree);
    assert_eq!(refused.message(), format!("`{}` is goward's own", own.tree.display()));
    assert_eq!(error(&machine.path("home")).kind(), Kind::Usage);
    assert_eq!(installer.link("1.27", &machine.path("home")).unwrap_err().kind(), Kind::Usage);
    // A version that is none is refused before anything is started.
    machine.link("mine", "1.99.7");
    machine.write("opt/mine/VERSION", "devel\n");
    let error = error(&machine.path("opt/mine"));
    assert!(error.message().ends_with("says that it is `devel`, no version of Go"), "{error}");
}

#[cfg_attr(windows, ignore = "makes symbolic links")]
#[test]
fn a_name_is_installed_where_it_is_linked() {
    let machine = Machine::new();
    let here = machine.link("mine", "1.99.7");
    let installer = Installer::new(&machine.session);
    let install = |platform| installer.install_for("mine", platform, false, &Fetch::default());
    let outcome = install(Platform::host()).unwrap();
    assert!(!outcome.is_new);
    assert_eq!(outcome.installed.key, here.key);
    let error = install(foreign()).unwrap_err();
    let host = Platform::host();
    let message = format!("`mine` is linked for {host}, not for {}", foreign());
    assert_eq!(error.message(), message);
    let error = installer.install_for("mime", host, false, &Fetch::default()).unwrap_err();
    assert_eq!(error.hints(), ["did you mean `mine`?"]);
}

#[cfg_attr(windows, ignore = "makes symbolic links")]
#[test]
fn a_lock_wants_just_the_tree_that_it_names() {
    let machine = Machine::new();
    let here = machine.link("mine", "1.99.7");
    let h1 = here.receipt.h1.to_string();
    let installer = Installer::new(&machine.session);
    let install = |want: &ToolchainRequest| installer.install(want, &Fetch::default());
    assert_eq!(install(&linked("1.99.7", &h1, "/p/goward.lock")).unwrap().installed.key, here.key);
    let error = install(&linked("1.99.7", OTHER_H1, "/p/goward.lock")).unwrap_err();
    assert_eq!(error.message(), "`mine` is another toolchain here than in `/p/goward.lock`");
    let host = Platform::host();
    assert_eq!(error.details()[0], format!("it wants go1.99.7 for {host}, {OTHER_H1}"));
    assert_eq!(error.hints(), ["take this one: `goward lock`"]);
    let error = install(&linked("1.99.7", OTHER_H1, "/s/default.lock")).unwrap_err();
    assert_eq!(error.hints(), ["take this one: `goward default mine`"]);
    let demanding = ToolchainRequest { demand: Level::Logged, ..linked("1.99.7", &h1, "/l") };
    let error = install(&demanding).unwrap_err();
    assert!(error.message().ends_with("is at level `linked`; the project demands `logged`"));

    machine.write("opt/mine/VERSION", "go1.99.7 \n");
    assert_eq!(install(&linked("1.99.7", &h1, "/l")).unwrap_err().kind(), Kind::Verification);
    let mut unnamed = linked("1.99.7", OTHER_H1, "/l");
    unnamed.locked.as_mut().unwrap().link = Some("1.27".to_owned());
    let error = install(&unnamed).unwrap_err();
    assert_eq!(error.message(), "`/l` names no linked toolchain: `1.27`");
    installer.unlink(&name("mine"), None, false).unwrap();
    let error = install(&linked("1.99.7", OTHER_H1, "/l")).unwrap_err();
    assert_eq!(error.message(), "no toolchain is linked as `mine` (wanted by `/l`)");
}

#[cfg_attr(windows, ignore = "makes symbolic links")]
#[test]
fn a_changed_directory_is_explained_where_it_governs() {
    let machine = Machine::new();
    let here = machine.link("mine", "1.99.7");
    let lock = crate::project::lock::LockFile { request: "mine".to_owned(), ..lock_of(&here) };
    machine.write("src/app/goward.lock", lock.render());
    let toolchain = Resolver::new(&machine.session).toolchain_here().unwrap().unwrap();
    assert_eq!((toolchain.link.as_deref(), toolchain.level), (Some("mine"), Level::Linked));
    let installer = Installer::new(&machine.session);
    assert!(installer.change_of(&toolchain).unwrap().is_none());
    installer.auto_install(&toolchain).unwrap();
    machine.write("opt/mine/VERSION", "go1.99.7 \n");
    let error = installer.change_of(&toolchain).unwrap().unwrap();
    assert!(error.hints()[0].to_string().contains("goward link mine"), "{error}");
    installer.unlink(&name("mine"), None, false).unwrap();
    let error = installer.explain_missing(&toolchain);
    assert_eq!(error.kind(), Kind::NotInstalled);
    assert!(error.message().starts_with("no toolchain is linked as `mine`"), "{error}");
}

#[cfg_attr(windows, ignore = "makes symbolic links")]
#[test]
fn a_manifest_may_ask_for_a_name_on_this_machine_alone() {
    let machine = Machine::new();
    let here = machine.link("mine", "1.99.7");
    let installer = Installer::new(&machine.session);
    let manifest = |more: &str| {
        let text = format!("[toolchain]\ngo = \"mine\"\n{more}");
        Manifest::parse(&text, Path::new("/p/goward.toml")).unwrap()
    };
    assert_eq!(installer.link_of(&manifest(""), &name("mine")).unwrap().key, here.key);
    let both = manifest(&format!("platforms = [\"{}\"]\n", foreign()));
    let error = installer.link_of(&both, &name("mine")).unwrap_err();
    assert!(error.message().ends_with(&format!("{} has none", foreign())), "{error}");
    let policy = manifest("[policy]\nlevel = \"logged\"\n");
    let error = installer.link_of(&policy, &name("mine")).unwrap_err();
    assert_eq!(error.kind(), Kind::Verification);
}

#[cfg_attr(windows, ignore = "makes symbolic links")]
#[test]
fn names_are_taken_away_but_not_that_of_the_default() {
    let machine = Machine::new();
    let here = machine.link("mine", "1.99.7");
    let default = machine.write("store/default.lock", lock_of(&here).render());
    let installer = Installer::new(&machine.session);
    let error = installer.unlink(&name("mine"), None, false).unwrap_err();
    assert_eq!(error.message(), "`mine` is the default outside of projects");
    fs_err::remove_file(default).unwrap();
    let error = installer.unlink(&name("mine"), Some(foreign()), false).unwrap_err();
    assert_eq!(error.kind(), Kind::NotFound);
    let error = installer.unlink(&name("mines"), None, false).unwrap_err();
    assert_eq!(error.hints(), ["did you mean `mine`?"]);
    assert_eq!(installer.unlink(&name("mine"), None, false).unwrap().key, here.key);
    assert!(machine.path("opt/mine/VERSION").exists());
    let error = installer.unlink(&name("mine"), None, false).unwrap_err();
    assert_eq!(error.hints(), ["`goward list` shows what is"]);
}
