//! Releases of goward, made as maintainers make them, and everything that installs and updates from one: over HTTP
//! on this machine, signed by a key that the tests make.
#![cfg(target_os = "linux")]

mod installer;
mod manifests;
mod packages;
mod packing;
mod update;

use crate::common::machine;
use crate::common::server::{Route, Server};
use minisign::KeyPair;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use tempfile::TempDir;
use xtask::dist::{Places, Release};

/// The target of these tests: what releases have for Linux on x86-64. The programs are those of the tests.
const TARGET: &str = "x86_64-unknown-linux-musl";
/// The version of the programs.
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// Where the descriptions say that files are.
const URL: &str = "https://downloads.example/v1";

/// A key of minisign.
struct Key {
    public: String,
    secret: String,
}

impl Key {
    fn new() -> Self {
        let pair = KeyPair::generate_unencrypted_keypair().unwrap();
        let secret = pair.sk.to_box(None).unwrap().into_string();
        Self { public: pair.pk.to_base64(), secret }
    }

    /// Returns the key that signs what is right.
    fn good() -> &'static Self {
        static KEY: OnceLock<Key> = OnceLock::new();
        KEY.get_or_init(Self::new)
    }
}

/// A release in a directory of its own.
struct Dist {
    directory: TempDir,
    version: String,
}

impl Dist {
    /// Packs `programs` by `xtask dist`, and signs by `key`.
    fn pack(version: &str, programs: &Path, target: &str, key: &Key) -> Self {
        let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let secret = directory.path().join("key");
        fs::write(&secret, &key.secret).unwrap();
        let release = Release {
            version: version.to_owned(),
            root: env!("CARGO_MANIFEST_DIR").into(),
            programs: programs.to_owned(),
            manager: env!("CARGO_BIN_EXE_goward").into(),
            targets: vec![target.to_owned()],
            key: Some(secret.clone()),
            places: Some(Places { url: URL.to_owned(), homepage: "https://goward.example".into() }),
            out: directory.path().join("out"),
        };
        let made = release.make().unwrap();
        assert_eq!(made.left_out, [""; 0]);
        fs::remove_file(secret).unwrap();
        Self { directory, version: version.to_owned() }
    }

    /// Packs two scripts that say which version they are, which takes no time.
    fn scripts(version: &str) -> Self {
        Self::scripts_by(version, Key::good())
    }

    fn scripts_by(version: &str, key: &Key) -> Self {
        let programs = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let directory = programs.path().join(TARGET);
        fs::create_dir(&directory).unwrap();
        for name in ["goward", "goward-shim"] {
            let text = format!(
                "#!/bin/sh\necho \"$*\" >>\"${{0%/*}}/../called\"\necho \"{name} {version} $*\"\n"
            );
            fs::write(directory.join(name), text).unwrap();
        }
        Self::pack(version, programs.path(), TARGET, key)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join("out").join(name)
    }

    fn archive(&self) -> String {
        format!("goward-{}-{TARGET}.tar.gz", self.version)
    }

    /// Returns the files, by name.
    fn files(&self) -> Vec<(String, Vec<u8>)> {
        let entries = fs::read_dir(self.directory.path().join("out")).unwrap();
        let mut files: Vec<_> = entries
            .map(|entry| {
                let entry = entry.unwrap();
                (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap())
            })
            .collect();
        files.sort();
        files
    }

    /// Lays it out on a server as a mirror does.
    fn publish(&self, server: &Server, is_newest: bool) {
        for (name, bytes) in self.files() {
            if is_newest && name.starts_with("SHA256SUMS") {
                let target = format!("/latest/download/{name}");
                server.route(&target, Route::new(bytes.clone()));
            }
            server.route(&format!("/download/v{}/{name}", self.version), Route::new(bytes));
        }
    }
}

/// The real programs, without symbols, in a release of this version. Made once.
fn real() -> &'static Dist {
    static DIST: OnceLock<Dist> = OnceLock::new();
    DIST.get_or_init(|| {
        let programs = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let directory = programs.path().join(TARGET);
        fs::create_dir(&directory).unwrap();
        for (name, program) in crate::common::programs() {
            let place = directory.join(name);
            let stripped = machine::command("strip").arg("-o").args([&place, program]).status();
            if !stripped.is_ok_and(|status| status.success()) {
                fs::copy(program, &place).unwrap();
            }
        }
        Dist::pack(VERSION, programs.path(), TARGET, Key::good())
    })
}

/// Writes a program.
fn program(path: &Path, text: impl AsRef<[u8]>) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
    fs::set_permissions(path, PermissionsExt::from_mode(0o755)).unwrap();
}
