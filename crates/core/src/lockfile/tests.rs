//! Locks from manifests, without a network: what is written, kept, refused and put back.

mod changes;
mod goroot;
mod place;

use crate::error::{Error, Kind};
use crate::install::request::Fetch;
use crate::lockfile::Locker;
use crate::lockfile::differences::differing_contents;
use crate::lockfile::lock::{LockOptions, LockReport};
use crate::platform::Platform;
use crate::project::lock::LockFile;
use crate::project::manifest::Manifest;
use crate::session::samples::{Machine, h1_of, platform, publish, tree, version};
use crate::verify::{H1, Level, Records};
use fs_err as fs;
use std::path::Path;

const UPGRADE: LockOptions = LockOptions { upgrade: true, force: false };

fn lock(machine: &Machine) -> Result<LockReport, Error> {
    Locker::new(&machine.session).lock(LockOptions::default(), &Fetch::default())
}

fn upgrade(machine: &Machine) -> Result<LockReport, Error> {
    Locker::new(&machine.session).lock(UPGRADE, &Fetch::default())
}

/// Reads the project's lock.
fn written(machine: &Machine) -> LockFile {
    let path = machine.path("src/app/goward.lock");
    LockFile::parse(&fs::read(&path).unwrap(), &path).unwrap()
}

/// A manifest that asks for a release on this platform alone.
fn asks(request: &str) -> String {
    format!("[toolchain]\ngo = \"{request}\"\nplatforms = [\"{}\"]\n", Platform::host())
}

fn other_platform() -> Platform {
    platform(if cfg!(target_os = "linux") { "darwin/arm64" } else { "linux/amd64" })
}

#[test]
fn a_lock_has_what_the_manifest_asks_for() {
    let machine = Machine::new();
    let h1 = machine.offer("1.99.1");
    machine.offer("1.98.5");
    machine.manifest(&format!("{}[pins]\ncgo = false\n[profile.ci]\ncgo = true\n", asks("1.99")));
    let report = lock(&machine).unwrap();
    assert_eq!(report.path, machine.path("src/app/goward.lock"));
    assert_eq!((report.version.to_string().as_str(), report.level), ("go1.99.1", Level::Listed));
    assert!(!report.changes.is_empty() && report.uncovered.is_empty());
    let lock_file = written(&machine);
    assert_eq!(lock_file.request, "1.99");
    let entry = &lock_file.platforms[&Platform::host()];
    assert_eq!(entry.h1, h1);
    assert_eq!(entry.size, Some(fs::metadata(machine.archive("1.99.1")).unwrap().len()));
    assert_eq!(lock_file.pins, [("CGO_ENABLED".to_owned(), "0".to_owned())]);
    assert_eq!(lock_file.profiles["ci"], [("CGO_ENABLED".to_owned(), "1".to_owned())]);
    assert_eq!(lock_file.head, None);
    // Nothing was installed for it.
    assert!(!machine.path("store/meta").join(&h1).exists());
    let before = machine.read("src/app/goward.lock");
    assert!(lock(&machine).unwrap().changes.is_empty());
    assert_eq!(machine.read("src/app/goward.lock"), before);
    let (path, warnings) = Locker::new(&machine.session).check_lock().unwrap();
    assert_eq!((path, warnings.len()), (report.path, 0));
}

#[test]
fn the_locked_release_stays_while_the_request_allows_it() {
    let machine = Machine::new();
    let first = machine.offer("1.99.1");
    machine.manifest(&asks("1.99"));
    lock(&machine).unwrap();
    machine.offer("1.99.2");
    machine.offer("1.100.1");
    assert_eq!(lock(&machine).unwrap().version.to_string(), "go1.99.1");
    machine.manifest(&asks(">=1.99"));
    assert_eq!(lock(&machine).unwrap().version.to_string(), "go1.99.1");
    assert_eq!(written(&machine).platforms[&Platform::host()].h1, first);
    assert_eq!(upgrade(&machine).unwrap().version.to_string(), "go1.100.1");
    machine.manifest(&asks("1.99"));
    assert_eq!(lock(&machine).unwrap().version.to_string(), "go1.99.2");
    // A word moves on when it takes the place of something else, and with `--upgrade`.
    machine.manifest(&asks("stable"));
    assert_eq!(lock(&machine).unwrap().version.to_string(), "go1.100.1");
    machine.offer("1.100.2");
    assert_eq!(lock(&machine).unwrap().version.to_string(), "go1.100.1");
    assert_eq!(upgrade(&machine).unwrap().version.to_string(), "go1.100.2");
}

#[test]
fn hashes_are_kept_when_the_source_is_gone_and_no_platform_is_lost() {
    let machine = Machine::new();
    machine.offer("1.99.1");
    let other = other_platform();
    let h1 = machine.offer_tree("1.99.1", other, &tree("1.99.1", other));
    let both = format!("platforms = [\"{}\", \"{other}\"]", Platform::host());
    machine.manifest(&format!("[toolchain]\ngo = \"1.99\"\n{both}\n"));
    lock(&machine).unwrap();
    assert_eq!(written(&machine).platforms[&other].h1, h1);
    fs::remove_dir_all(machine.path("source")).unwrap();
    machine.manifest(&format!("[toolchain]\ngo = \"1.99\"\n{both}\n[pins]\ncgo = false\n"));
    assert!(!lock(&machine).unwrap().changes.is_empty());
    assert_eq!(written(&machine).platforms.len(), 2);
    let third = "windows/arm64";
    machine.manifest(&format!("[toolchain]\ngo = \"1.99\"\nplatforms = [\"{third}\"]\n"));
    let before = machine.read("src/app/goward.lock");
    let error = lock(&machine).unwrap_err();
    assert_eq!(error.kind(), Kind::NotFound);
    assert!(error.message().ends_with("has no go1.99.1 for windows/arm64"), "{error}");
    assert_eq!(machine.read("src/app/goward.lock"), before);
}

/// What is installed answers where no source does, if it is verified well enough.
#[test]
fn what_is_installed_is_locked_as_it_is() {
    let mut machine = Machine::new();
    let installed = machine.install("1.99.1", Level::Listed);
    machine.manifest(&asks("1.99.1"));
    assert_eq!(lock(&machine).unwrap().level, Level::Listed);
    let host = Platform::host();
    assert_eq!(written(&machine).platforms[&host].h1, installed.receipt.h1.as_str());
    fs::remove_file(machine.path("src/app/goward.lock")).unwrap();
    machine.set("GOWARD_ACCEPT", "built-in");
    let error = lock(&machine).unwrap_err();
    assert_eq!(
        error.message(),
        "go1.99.1 is installed, but verified only at level `listed`; `built-in` is required"
    );
    assert!(!machine.path("src/app/goward.lock").exists());
}

#[test]
fn releases_with_a_record_are_locked_without_a_source() {
    let mut machine = Machine::new();
    machine.set("GOWARD_SOURCE", "file:///nowhere").unset("GOWARD_ACCEPT");
    machine.manifest("[toolchain]\ngo = \"1.27.1\"\nplatforms = [\"linux/amd64\"]\n");
    let report = lock(&machine).unwrap();
    assert_eq!(report.level, Level::BuiltIn);
    let linux = platform("linux/amd64");
    let record = Records::built_in().get(version("1.27.1"), linux).unwrap();
    let entry = written(&machine).platforms[&linux].clone();
    assert_eq!(Some(entry.h1.as_str()), record.h1.as_ref().map(H1::as_str));
    assert_eq!(entry.sha256, record.sha256.as_ref().map(ToString::to_string));
    assert!(report.warnings.iter().any(|warning| warning.contains("CVE-")), "{report:?}");

    // A hash that the records contradict is nobody's to keep.
    let h1 = h1_of(&tree("1.27.1", linux), "1.27.1", linux);
    let forged = machine.read("src/app/goward.lock").replace(&entry.h1, &h1);
    machine.write("src/app/goward.lock", &forged);
    let error = Locker::new(&machine.session).check_lock().unwrap_err();
    assert_eq!(error.details(), ["the h1 for linux/amd64 contradicts the built-in record"]);
    let error = lock(&machine).unwrap_err();
    assert_eq!(error.kind(), Kind::Verification);
    assert_eq!(
        error.message(),
        "the lock contradicts the built-in record of go1.27.1 for linux/amd64"
    );
    assert_eq!(
        error.details(),
        [
            format!("expected {} (built-in record)", entry.h1),
            format!("received {h1} (the lock)"),
            "nothing was changed".to_owned(),
        ]
    );
    assert_eq!(machine.read("src/app/goward.lock"), forged);

    let policy = "[toolchain]\ngo = \"1.27.1\"\nplatforms = [\"linux/amd64\"]\n\
                  [policy]\nlevel = \"logged\"\n";
    machine.manifest(policy);
    fs::remove_file(machine.path("src/app/goward.lock")).unwrap();
    let error = lock(&machine).unwrap_err();
    assert_eq!(
        error.message(),
        "go1.27.1 for linux/amd64 can only be verified at level `built-in`; `logged` is required"
    );
    assert_eq!(error.hints(), ["look at `policy.level` in the manifest, and at `GOWARD_ACCEPT`"]);
}

#[test]
fn every_difference_is_told() {
    let machine = Machine::new();
    machine.offer("1.99.1");
    machine.manifest(&format!(
        "{}[pins]\ncgo = false\n[profile.ci]\ncgo = true\n[profile.old]\ncgo = true\n",
        asks("1.99")
    ));
    lock(&machine).unwrap();
    let lock_file = written(&machine);
    let (host, other) = (Platform::host(), other_platform());
    let changed = format!(
        "[toolchain]\ngo = \"1.98\"\nplatforms = [\"{other}\"]\n[pins]\ncgo = true\n\
         goroot-final = \"/g\"\ngoroot = \"fixed\"\n[profile.ci]\ncgo = false\n\
         [policy]\nisolation = \"hermetic\"\nlevel = \"logged\"\n\
         [[rule]]\nprofile = \"ci\"\nenv = \"CI=true\"\n"
    );
    machine.manifest(&changed);
    let error = Locker::new(&machine.session).check_lock().unwrap_err();
    let path = machine.shown("src/app/goward.lock");
    assert_eq!(error.message(), format!("`{path}` does not match `goward.toml`"));
    assert_eq!(error.hints(), ["run `goward lock` and commit the result"]);
    assert_eq!(
        error.details(),
        [
            "the manifest asks for 1.98, the lock has go1.99.1 for 1.99".to_owned(),
            format!("{other} is missing in the lock"),
            format!("{host} is not in the manifest"),
            "the manifest asks for isolation `hermetic`, the lock has `pinned`".to_owned(),
            "the manifest asks for GOROOT at `/g`, the lock has GOROOT in the store".to_owned(),
            "the pins differ".to_owned(),
            "the profile `ci` differs".to_owned(),
            "the profile `old` is not in the manifest".to_owned(),
            "the rules differ".to_owned(),
            "the policy asks for a better level than the lock's, `listed`".to_owned(),
        ]
    );
    let manifest = Manifest::parse(&changed, Path::new("/p/goward.toml")).unwrap();
    assert_eq!(differing_contents(&manifest, &lock_file).unwrap().len(), 9);
}

#[test]
fn a_damaged_lock_is_written_anew_and_a_newer_one_is_not() {
    let machine = Machine::new();
    machine.offer("1.99.1");
    machine.manifest(&asks("1.99"));
    machine.write("src/app/goward.lock", "<<<<<<< HEAD\n");
    let report = lock(&machine).unwrap();
    assert!(!report.changes.is_empty());
    assert!(report.warnings[0].ends_with("; it is written again"), "{:?}", report.warnings);
    let newer = machine.read("src/app/goward.lock").replace("schema = 1", "schema = 99");
    machine.write("src/app/goward.lock", &newer);
    assert_eq!(lock(&machine).unwrap_err().kind(), Kind::Usage);
    assert_eq!(machine.read("src/app/goward.lock"), newer);
}

#[test]
fn without_manifest_or_lock_the_next_step_is_told() {
    let machine = Machine::new();
    let error = lock(&machine).unwrap_err();
    let manifest = machine.shown("src/app/goward.toml");
    assert_eq!(error.message(), format!("`{manifest}` does not exist"));
    assert_eq!(error.hints(), ["for this project: `goward use stable`"]);
    machine.manifest(&asks("1.99"));
    let error = Locker::new(&machine.session).check_lock().unwrap_err();
    assert_eq!(error.hints(), ["write it: `goward lock`"]);
    let fetch = Fetch { source: Some("go.def".to_owned()), ..Fetch::default() };
    let error = Locker::new(&machine.session).lock(LockOptions::default(), &fetch).unwrap_err();
    assert_eq!(error.message(), "`go.def` is not a source");
}

#[test]
fn a_release_that_cannot_build_the_module_is_refused() {
    let machine = Machine::new();
    machine.offer("1.99.1");
    machine.manifest(&asks("1.99"));
    let go_mod = machine.write("src/app/go.mod", "module m\n\ngo 1.101\n").display().to_string();
    machine.write("src/app/sub/go.mod", "module s\n\ngo 1.102\n");
    let error = lock(&machine).unwrap_err();
    assert_eq!(error.kind(), Kind::Usage);
    assert!(error.message().starts_with(&format!("go1.99.1 cannot build `{go_mod}:3`: ")));
    assert_eq!(error.details(), ["nothing was changed"]);
    assert!(
        error.hints()[0].to_string().starts_with("choose a newer one: `goward use 1."),
        "{error}"
    );
    assert_eq!(error.hints()[1], "or lock it anyway: `goward lock --force`");
    assert!(!machine.path("src/app/goward.lock").exists());
    let force = LockOptions { force: true, ..LockOptions::default() };
    let report = Locker::new(&machine.session).lock(force, &Fetch::default()).unwrap();
    let cannot = |path: &str| {
        let start = format!("go1.99.1 cannot build `{path}:3`: ");
        report.warnings.iter().any(|warning| warning.starts_with(&start))
    };
    assert!(cannot(&go_mod) && cannot(&machine.shown("src/app/sub/go.mod")), "{report:?}");
    let (_, warnings) = Locker::new(&machine.session).check_lock().unwrap();
    assert_eq!(warnings.len(), 1);
    // A file that cannot be read stops nothing.
    fs::write(&go_mod, "module m\n\ngo x y\n").unwrap();
    let report = lock(&machine).unwrap();
    assert!(report.warnings.iter().any(|warning| warning.contains("go.mod")), "{report:?}");
}

#[cfg_attr(windows, ignore = "makes symbolic links")]
#[test]
fn a_linked_toolchain_is_locked_for_this_machine() {
    let machine = Machine::new();
    let here = machine.link("mine", "1.99.7");
    machine.manifest("[toolchain]\ngo = \"mine\"\n");
    let report = lock(&machine).unwrap();
    assert_eq!((report.level, report.uncovered.len()), (Level::Linked, 0));
    let lock_file = written(&machine);
    assert_eq!(lock_file.request, "mine");
    assert_eq!(lock_file.platforms[&Platform::host()].h1, here.receipt.h1.as_str());
    let error = Locker::new(&machine.session).wants_of(&[]).unwrap_err();
    assert_eq!(error.details(), ["only releases of Go can be proved to others"]);
    machine.manifest("[toolchain]\ngo = \"mime\"\n");
    let error = lock(&machine).unwrap_err();
    let manifest = machine.shown("src/app/goward.toml");
    assert_eq!(error.details(), [format!("wanted by `{manifest}:2`")]);
    assert_eq!(error.hints(), ["did you mean `mine`?"]);
}

#[test]
fn several_locks_name_each_toolchain_once() {
    let machine = Machine::new();
    let installed = machine.install("1.99.1", Level::Listed);
    machine.lock(&installed, &[]);
    let text = machine.read("src/app/goward.lock");
    machine.write("src/two/goward.lock", &text);
    let locker = Locker::new(&machine.session);
    let all = [Path::new("goward.lock").to_owned(), "../two".into()];
    let wants = locker.wants_of(&all).unwrap();
    assert_eq!(wants.len(), 1);
    assert_eq!(locker.wants_of(&[]).unwrap()[0].version, version("1.99.1"));
    let other = tree("1.99.1", Platform::host()).with("src/fmt/print.go", "package other\n");
    let other = publish(&machine.store(), &other, Level::Listed).receipt.h1.to_string();
    let h1 = installed.receipt.h1.to_string();
    machine.write("src/two/goward.lock", text.replace(&h1, &other));
    let error = locker.wants_of(&all).unwrap_err();
    let message = format!("two locks disagree on go1.99.1 for {}", Platform::host());
    assert_eq!(error.message(), message);
    assert!(error.details()[0].starts_with(&h1) && error.details()[1].starts_with(&other));
    let error = locker.wants_of(&["../three".into()]).unwrap_err();
    assert_eq!(error.hints(), ["write it: `goward lock`"]);
}
