//! Each command against the real binaries: exact output, exit code, and the files left behind.

mod bisect;
mod borders;
mod bundle;
mod bundle_hostile;
mod bundle_vulndb;
mod check;
mod check_integrity;
mod completions;
mod config;
mod costs;
mod default;
mod diff;
mod doctor;
mod dry_run;
mod editor;
mod env;
mod exec;
mod experiments;
mod failures;
mod fitting;
mod flaws;
mod folding;
mod gc;
mod godebug;
mod godebug_bake;
mod goproxy;
mod init;
mod inspect;
mod inspect_vulnerabilities;
mod install;
mod install_many;
mod json_keys;
mod layers;
mod link;
mod list;
mod local;
mod lock;
mod locks;
mod log;
mod matrix;
mod min_age;
mod module_proof;
mod nfs;
mod outdated;
mod overlay;
mod parts;
mod pins;
mod profiles;
mod progress;
mod proof;
mod records;
mod reproduce;
mod robust;
mod self_uninstall;
mod setup;
mod setup_goroot;
mod sharing;
mod shim_fallback;
mod spread;
mod terminal;
mod tools;
mod trust;
mod undo;
mod uninstall;
mod r#use;
mod verify;
mod version;
mod which;

use crate::common::Sandbox;
use crate::common::archives::Tree;
use crate::common::go_sources::GO_SOURCES;
use crate::common::server::{Mirror, Server};
use goward_core::platform::Platform;
use goward_core::version::GoVersion;

/// Versions that Go has not reached, so that no built-in record speaks of them.
pub(crate) const VERSIONS: [&str; 4] = ["go1.98.3", "go1.99.0", "go1.99.1", "go1.100rc1"];

/// A toolchain whose `go` prints its version and what it got of the variables that goward owns, and
/// whose source has the tables of [`GO_SOURCES`].
pub(crate) fn tree(version: &str, platform: &str) -> Tree {
    let script = format!(
        "#!/bin/sh\necho \"go version {version}\" \"$@\"\n\
         for name in GODEBUG GOEXPERIMENT GOFLAGS GOTOOLCHAIN; do\n\
         eval \"value=\\${{$name-}}\"; test -z \"$value\" || echo \"$name=$value\"\ndone\n"
    );
    let tree = Tree::new(version, platform).with("bin/go", script);
    GO_SOURCES.iter().fold(tree, |tree, (path, text)| tree.with(path, *text))
}

/// Returns the archive's name for the host.
pub(crate) fn archive(version: &str) -> String {
    Platform::host().archive_name(GoVersion::parse(version).unwrap())
}

/// A mirror with every version, for the host and for one platform more.
pub(crate) fn mirror() -> Server {
    let host = Platform::host().lock_name();
    VERSIONS
        .iter()
        .fold(Mirror::new(), |mirror, version| {
            let (name, other) = (archive(version), format!("{version}.plan9-386.tar.gz"));
            mirror.release(
                version,
                [
                    (name.as_str(), tree(version, &host).tar_gz()),
                    (other.as_str(), tree(version, "plan9-386").tar_gz()),
                ],
            )
        })
        .start()
}

/// A sandbox whose only source is the mirror, and whose user accepts what it lists.
pub(crate) fn sandbox(server: &Server) -> Sandbox {
    Sandbox::new().source(server.url("/").trim_end_matches('/'))
}

/// What is said of a lock for a version that nobody knows on other platforms.
pub(crate) fn uncovered() -> String {
    let ports = Platform::first_class().filter(|platform| *platform != Platform::host());
    let ports: Vec<String> = ports.map(|platform| platform.to_string()).collect();
    format!(
        "goward: not locked for {}, whose hashes nobody here knows; people there type `goward lock`\n",
        ports.join(", ")
    )
}

/// The h1 of what the mirror has, as the lock spells it.
pub(crate) fn h1(version: &str, platform: &str) -> String {
    use goward_core::verify::{Digest, dirhash};
    let parsed = GoVersion::parse(version).unwrap();
    let platform = Platform::parse(platform).unwrap();
    let tree = tree(version, &platform.lock_name());
    let files: Vec<(String, Digest)> = tree
        .0
        .iter()
        .filter(|(path, _)| dirhash::is_covered(path))
        .map(|(path, content)| (path.clone(), Digest::of(content)))
        .collect();
    let files = files.iter().map(|(path, digest)| (path.as_str(), *digest));
    dirhash::tree_h1(parsed, platform, files).unwrap().to_string()
}

/// The store's name for a version on the host.
pub(crate) fn key(version: &str) -> String {
    let host = Platform::host();
    goward_shim::layout::key(version, &host.lock_name(), &h1(version, &host.to_string()))
}
