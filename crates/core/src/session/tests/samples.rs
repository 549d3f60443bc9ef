//! A machine of one user for unit tests: a store, a directory as source, and a project, all real files in a
//! temporary directory. Nobody is asked over a network, and nothing is started.

use crate::archive::samples::{Scratch, Tree};
use crate::archive::{Kind, Limits, unpack};
use crate::config::Config;
use crate::ctx::Ctx;
use crate::os::USER_HOME;
use crate::os::bytes::into_path;
use crate::platform::Platform;
use crate::project::lock::{LockFile, LockedPlatform, Pins};
use crate::session::Session;
use crate::store::{InstalledToolchain, LinkTarget, Receipt, Store, hash_linked_tree};
use crate::ui::Ui;
use crate::verify::{Digest, Evidence, Level, Quarantine, Record, dirhash};
use crate::version::GoVersion;
use crate::version::link_name::LinkName;
use fs_err as fs;
use goward_shim::{names, sys};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Where Windows has settings that go with the user.
const ROAMING: &str = "home/AppData/Roaming";

/// The machine. Its project is `src/app`, where every command starts.
pub(crate) struct Machine {
    _directory: Scratch,
    root: PathBuf,
    pub(crate) session: Session,
}

impl Machine {
    /// Makes one that has a shim and nothing else. Its user accepts what a source lists.
    pub(crate) fn new() -> Self {
        let directory = Scratch::new();
        // As people write it, which on Windows is not as `canonicalize` does.
        let root = sys::canonical(directory.path().as_os_str().as_encoded_bytes()).unwrap();
        let root = into_path(root);
        for name in ["bin", "home", "source", "src/app"] {
            fs::create_dir_all(root.join(name)).unwrap();
        }
        fs::write(root.join("bin").join(names::SHIM), "#!/bin/sh\n").unwrap();
        // On Windows the shim finds it beside itself.
        fs::write(root.join("bin").join(names::MANAGER), "#!/bin/sh\n").unwrap();
        let source = file_url(&root.join("source"));
        let roaming: PathBuf = root.join(ROAMING).iter().collect();
        let set = [
            ("GOPROXY", "off".to_owned()),
            ("GOVULNDB", "off".to_owned()),
            ("GOWARD_ACCEPT", "listed".to_owned()),
            ("GOWARD_HOME", root.join("store").display().to_string()),
            ("GOWARD_SOURCE", source),
            (USER_HOME, root.join("home").display().to_string()),
            // What every user of Windows has.
            ("APPDATA", roaming.display().to_string()),
            ("LOCALAPPDATA", roaming.with_file_name("Local").display().to_string()),
        ];
        let ctx = Ctx {
            variables: set.into_iter().map(|(n, v)| (n.into(), v.into())).collect(),
            cwd: root.join("src").join("app"),
            executable: root.join("bin").join(names::MANAGER),
            called: None,
        };
        let ui = Ui { quiet: true, progress: false };
        Self { _directory: directory, root, session: Session::new(ctx, ui, Config::default()) }
    }

    /// Sets a variable.
    pub(crate) fn set(&mut self, name: &str, value: impl AsRef<Path>) -> &mut Self {
        self.session.ctx.variables.insert(name.into(), value.as_ref().into());
        self
    }

    /// Takes a variable away.
    pub(crate) fn unset(&mut self, name: &str) -> &mut Self {
        self.session.ctx.variables.remove(std::ffi::OsStr::new(name));
        self
    }

    /// Goes to a directory, which is made.
    pub(crate) fn go_to(&mut self, directory: &str) -> &mut Self {
        self.session.ctx.cwd = self.path(directory);
        fs::create_dir_all(&self.session.ctx.cwd).unwrap();
        self
    }

    /// Returns a path of the machine.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.root.join(path).iter().collect()
    }

    /// Returns a path as messages have it.
    pub(crate) fn shown(&self, path: &str) -> String {
        self.path(path).display().to_string()
    }

    /// Writes a file; returns where it is.
    pub(crate) fn write(&self, path: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// Returns the directory that is the source, as a URL.
    pub(crate) fn source_url(&self) -> String {
        file_url(&self.path("source"))
    }

    /// Writes the user's own file of `go env -w`; returns where it is.
    pub(crate) fn go_env_file(&self, text: &str) -> PathBuf {
        let windows = format!("{ROAMING}/go/env");
        let mac = "home/Library/Application Support/go/env";
        let path = match std::env::consts::OS {
            "windows" => &windows,
            "macos" => mac,
            _ => "home/.config/go/env",
        };
        self.write(path, text)
    }

    /// Writes a program that nobody starts.
    pub(crate) fn program(&self, path: &str) -> PathBuf {
        let path = self.write(path, "#!/bin/sh\nexit 9\n");
        crate::fs::set_mode(&path, 0o755).unwrap();
        path
    }

    /// Reads a file.
    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    /// Returns the store.
    pub(crate) fn store(&self) -> Store {
        self.session.store().unwrap()
    }

    /// Puts a small toolchain for this machine into the source, with its digest; returns its hash.
    pub(crate) fn offer(&self, version: &str) -> String {
        self.offer_tree(version, Platform::host(), &tree(version, Platform::host()))
    }

    /// The same, of any tree and platform.
    pub(crate) fn offer_tree(&self, number: &str, platform: Platform, tree: &Tree) -> String {
        let windows = platform.os() == "windows";
        let archive = if windows { tree.zip() } else { tree.tar_gz() };
        let name = platform.archive_name(version(number));
        self.write(&format!("source/{name}.sha256"), Digest::of(&archive).to_string());
        self.write(&format!("source/{name}"), archive);
        h1_of(tree, number, platform)
    }

    /// Returns where the source has the archive of a release for this machine.
    pub(crate) fn archive(&self, number: &str) -> PathBuf {
        self.path("source").join(Platform::host().archive_name(version(number)))
    }

    /// Puts a small toolchain of this level into the user's store.
    pub(crate) fn install(&self, version: &str, level: Level) -> InstalledToolchain {
        publish(&self.store(), &tree(version, Platform::host()), level)
    }

    /// Links a small toolchain outside of the store under a name.
    pub(crate) fn link(&self, name: &str, number: &str) -> InstalledToolchain {
        let directory = self.path("opt").join(name);
        for (path, content) in &tree(number, Platform::host()).0 {
            let place = directory.join(path);
            fs::create_dir_all(place.parent().unwrap()).unwrap();
            fs::write(&place, content).unwrap();
            let mode = if path.starts_with("bin/") { 0o755 } else { 0o644 };
            crate::fs::set_mode(&place, mode).unwrap();
        }
        let store = self.store();
        store.prepare().unwrap();
        let host = Platform::host();
        let target = LinkTarget::look_at(&directory).unwrap();
        let found = hash_linked_tree(&directory, version(number), host).unwrap();
        let receipt = Receipt::of_linked(version(number), host, &found, target);
        store.link(&LinkName::parse(name).unwrap(), &receipt).unwrap()
    }

    /// Writes the project's lock for an installed toolchain, with pins; returns where it is.
    pub(crate) fn lock(&self, installed: &InstalledToolchain, pins: &[(&str, &str)]) -> PathBuf {
        let lock = LockFile { pins: owned(pins), ..lock_of(installed) };
        self.write("src/app/goward.lock", lock.render())
    }

    /// Writes the project's manifest.
    pub(crate) fn manifest(&self, text: &str) -> PathBuf {
        self.write("src/app/goward.toml", text)
    }
}

/// Returns a directory as a URL.
pub(crate) fn file_url(directory: &Path) -> String {
    let shown = directory.display().to_string();
    if cfg!(windows) {
        format!("file:///{}", shown.replace('\\', "/"))
    } else {
        format!("file://{shown}")
    }
}

/// Returns the absolute path that a file of this name would have on this system.
pub(crate) fn absolute(path: &str) -> String {
    if cfg!(windows) { format!("C:{}", path.replace('/', "\\")) } else { path.to_owned() }
}

/// Reads a version.
pub(crate) fn version(text: &str) -> GoVersion {
    GoVersion::parse(text).unwrap()
}

/// Reads a platform.
pub(crate) fn platform(text: &str) -> Platform {
    Platform::parse(text).unwrap()
}

/// Returns a small tree.
pub(crate) fn tree(number: &str, platform: Platform) -> Tree {
    Tree::new(&format!("go{number}"), &platform.lock_name())
}

/// Returns the hash of a tree.
pub(crate) fn h1_of(tree: &Tree, number: &str, platform: Platform) -> String {
    let files = tree.0.iter().map(|(path, content)| (path.as_str(), Digest::of(content)));
    dirhash::tree_h1(version(number), platform, files).unwrap().to_string()
}

/// Returns pins as a lock has them.
pub(crate) fn owned(pins: &[(&str, &str)]) -> Pins {
    pins.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// Returns a lock of an installed toolchain, without pins.
pub(crate) fn lock_of(installed: &InstalledToolchain) -> LockFile {
    let Receipt { version, platform, h1, level, .. } = &installed.receipt;
    let locked = LockedPlatform { h1: h1.to_string(), sha256: None, size: None };
    LockFile {
        platforms: BTreeMap::from([(*platform, locked.clone())]),
        ..LockFile::of_one(*version, version.number(), *level, *platform, locked)
    }
}

/// Puts a tree for this machine into a store, as if a source had delivered it.
pub(crate) fn publish(store: &Store, tree: &Tree, level: Level) -> InstalledToolchain {
    store.prepare().unwrap();
    let staging = store.stage("test").unwrap();
    let text = String::from_utf8(tree.0["VERSION"].clone()).unwrap();
    let mut quarantine = Quarantine::new(staging.path(), false).unwrap();
    let bytes = tree.tar_gz();
    let archive = Digest::of(&bytes);
    quarantine
        .fill(2, |sinks, _| unpack(Kind::TarGz, "x", &bytes, &Limits::default(), sinks))
        .unwrap();
    let record =
        (level == Level::BuiltIn).then(|| Record { sha256: Some(archive), ..Record::default() });
    let evidence = Evidence {
        archive: Some((archive, bytes.len() as u64)),
        listed: (level >= Level::Listed).then_some(archive),
        record,
        floor: level,
        ..Evidence::default()
    };
    let unpacked =
        quarantine.finish(version(text.lines().next().unwrap()), Platform::host()).unwrap();
    store.publish(&unpacked.verify(&evidence).unwrap(), "file:///source").unwrap()
}
