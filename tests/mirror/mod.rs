//! Mirrors: made with the library and a log of the tests' own, served by real servers, read by goward
//! and by the real `go`.
//!
//! The program believes Google's log alone (`docs/decisions/0006-one-key-for-the-log.md`), so what is
//! shown of mirrors that carry a log is shown with the library, on the same files and sockets.

mod cloud;
mod create;
mod deltas;
mod go;
mod malicious_mirror;
mod modules;
mod oci;
pub(crate) mod servers;
mod verify;

use crate::common::Sandbox;
use crate::common::archives::Tree;
use crate::common::log::{Signer, TestLog, record_of};
use crate::common::server::{Mirror, Route as Answer, Server};
use gosumdb::{TrustRoot, VerifierKey};
use goward_core::config::Config;
use goward_core::ctx::Ctx;
use goward_core::error::Result;
use goward_core::install::request::Fetch;
use goward_core::platform::Platform;
use goward_core::session::Session;
use goward_core::ui::Ui;
use goward_core::verify::sumdb::access::LogAccess;
use goward_core::verify::sumdb::route::Route;
use goward_core::verify::{Digest, dirhash};
use goward_core::version::GoVersion;
use goward_mirror::Mirrors;
use goward_mirror::{MirrorCheck, MirrorPlan, MirrorReport};
use std::fmt::Write as _;
use std::path::Path;

/// The hash of the `go.mod` of every toolchain.
pub(crate) const GO_MOD_H1: &str = "h1:8wlg68NqwW7eMnI1aABk/C2pDYXj8mrMY4TyRfiLeS0=";

/// A hash of something else.
const OTHER_H1: &str = "h1:rRL9rPpsjKfpdDFcppvNgw1/dynUMrpDcTxdIwtyFR0=";

/// A toolchain that a source has.
pub(crate) struct Toolchain {
    pub(crate) version: &'static str,
    pub(crate) platform: &'static str,
    pub(crate) archive: Vec<u8>,
    pub(crate) h1: String,
}

impl Toolchain {
    /// A small stand-in.
    pub(crate) fn small(version: &'static str, platform: &'static str) -> Self {
        let tree = Tree::new(version, platform);
        let archive = if platform.starts_with("windows") { tree.zip() } else { tree.tar_gz() };
        Self { version, platform, archive, h1: h1_of(&tree, version, platform) }
    }

    pub(crate) fn name(&self) -> String {
        let version = GoVersion::parse(self.version).unwrap();
        Platform::find(self.platform).unwrap().archive_name(version)
    }

    /// What the module proxy has of it, with this ending.
    pub(crate) fn module(&self, ending: &str) -> String {
        format!("golang.org/toolchain/@v/v0.0.1-{}.{}{ending}", self.version, self.platform)
    }
}

/// The hash of a tree.
pub(crate) fn h1_of(tree: &Tree, version: &str, platform: &str) -> String {
    let version = GoVersion::parse(version).unwrap();
    let files = tree.0.iter().map(|(path, content)| (path.as_str(), Digest::of(content)));
    dirhash::tree_h1(version, Platform::find(platform).unwrap(), files).unwrap().to_string()
}

/// A source, a log that knows what it has, and a place for mirrors.
pub(crate) struct Lab {
    pub(crate) sandbox: Sandbox,
    pub(crate) source: Server,
    pub(crate) log: TestLog,
    pub(crate) log_server: Server,
}

impl Lab {
    /// Makes a lab in which the log has the true hashes, among 300 records.
    pub(crate) fn new(sandbox: Sandbox, toolchains: &[&Toolchain]) -> Self {
        let hashes = toolchains.iter().map(|toolchain| toolchain.h1.as_str());
        Self::with_hashes(sandbox, toolchains, &hashes.collect::<Vec<_>>(), 300)
    }

    /// Makes one in which the log has these hashes, among so many records.
    pub(crate) fn with_hashes(
        sandbox: Sandbox,
        toolchains: &[&Toolchain],
        hashes: &[&str],
        size: usize,
    ) -> Self {
        let mut mirror = Mirror::new();
        let mut versions: Vec<&str> =
            toolchains.iter().map(|toolchain| toolchain.version).collect();
        versions.dedup();
        for version in versions {
            let of_it = toolchains.iter().filter(|toolchain| toolchain.version == version);
            let named: Vec<(String, Vec<u8>)> =
                of_it.map(|toolchain| (toolchain.name(), toolchain.archive.clone())).collect();
            let archives = named.iter().map(|(name, bytes)| (name.as_str(), bytes.clone()));
            mirror = mirror.release(version, archives);
        }
        let log = log(toolchains, hashes, size);
        let log_server = serve_log(&log);
        Self { sandbox, source: mirror.start(), log, log_server }
    }

    /// The same with a log that has grown.
    pub(crate) fn grow(&mut self, size: usize) {
        let records = (0..self.log.size()).map(|id| self.log.record(id).to_owned());
        let more = (self.log.size()..size).map(other_record);
        self.log = TestLog::new(Signer::new("log.example", 1), records.chain(more).collect());
        self.log_server = serve_log(&self.log);
    }

    /// The library as the program uses it, but with the lab's log.
    pub(crate) fn session(&self) -> Session {
        let mut ctx = Ctx {
            cwd: self.sandbox.path("project"),
            executable: self.sandbox.path("bin/goward"),
            ..Ctx::default()
        };
        ctx.variables.insert("HOME".into(), self.sandbox.path("home").into());
        let key = VerifierKey::parse(&self.log.signer().key_text()).unwrap();
        let url = goward_core::net::Url::parse(&self.log_server.url("")).unwrap();
        let log = LogAccess::of(TrustRoot { key, seed: None }, Route::at("log.example", url));
        // The servers of the tests have no TLS.
        let http_password_hosts = vec!["127.0.0.1".to_owned()];
        let mut config = Config::default();
        config.http_password_hosts = http_password_hosts;
        Session {
            log,
            registries: Some(goward_mirror::oci_source::open),
            ..Session::new(ctx, Ui::new(true), config)
        }
    }

    pub(crate) fn fetch(&self) -> Fetch {
        Fetch { source: Some(self.source.url("/")), ..Fetch::default() }
    }

    /// Writes a lock of one release for these platforms.
    pub(crate) fn lock(&self, name: &str, toolchains: &[&Toolchain]) {
        let version = toolchains[0].version;
        let request = version.trim_start_matches("go");
        let mut text = format!(
            "# Written by goward from goward.toml; edit that file and run `goward lock`.\n\
             schema = 1\n\n[toolchain]\nversion = \"{version}\"\nrequest = \"{request}\"\n\
             level = \"logged\"\n"
        );
        for toolchain in toolchains {
            let (platform, h1) = (toolchain.platform, &toolchain.h1);
            _ = write!(text, "\n[toolchain.{platform}]\nh1 = \"{h1}\"\n");
        }
        self.sandbox.write(&format!("project/{name}"), text);
    }

    /// Makes a mirror at `to` of what these locks name.
    pub(crate) fn create(&self, locks: &[&str], to: &str, prune: bool) -> Result<MirrorReport> {
        let locks = locks.iter().map(Into::into).collect();
        let plan = MirrorPlan { locks, to: to.to_owned(), prune, deltas: 0 };
        Mirrors::new(&self.session()).create_mirror(&plan, &self.fetch())
    }

    pub(crate) fn verify(&self, place: &str) -> Result<MirrorCheck> {
        Mirrors::new(&self.session()).verify_mirror(place, &Fetch::default())
    }

    /// How many archives the source was asked for.
    pub(crate) fn fetched(&self) -> usize {
        let is_archive = |target: &str| goward_core::archive::Kind::of(target).is_some();
        self.source.log().iter().filter(|request| is_archive(&request.target)).count()
    }
}

fn other_record(id: usize) -> String {
    record_of("example.com/module", &format!("v1.{id}.0"), OTHER_H1, GO_MOD_H1)
}

/// A log with the toolchains' records among others.
fn log(toolchains: &[&Toolchain], hashes: &[&str], size: usize) -> TestLog {
    let mut records: Vec<String> = (0..size).map(other_record).collect();
    for (number, (toolchain, h1)) in toolchains.iter().zip(hashes).enumerate() {
        let version = format!("v0.0.1-{}.{}", toolchain.version, toolchain.platform);
        // Far from each other, so that they are in different tiles.
        records[3 + number * 97 % size] =
            record_of("golang.org/toolchain", &version, h1, GO_MOD_H1);
    }
    TestLog::new(Signer::new("log.example", 1), records)
}

fn serve_log(log: &TestLog) -> Server {
    let server = Server::start();
    for (path, body) in log.files(log.size()) {
        server.route(&path, Answer::new(body));
    }
    server
}

/// Every file of a directory, by path.
pub(crate) fn files(directory: &Path) -> std::collections::BTreeMap<String, Vec<u8>> {
    let mut found = std::collections::BTreeMap::new();
    let mut left = vec![directory.to_path_buf()];
    while let Some(at) = left.pop() {
        for entry in std::fs::read_dir(at).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                left.push(path);
            } else {
                let name = path.strip_prefix(directory).unwrap().to_str().unwrap().to_owned();
                found.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// Serves a directory as a static server does; `/` and every query answer with `index.json`.
pub(crate) fn serve(directory: &Path) -> Server {
    let server = Server::start();
    for (path, body) in files(directory) {
        server.route(&format!("/{path}"), Answer::new(body));
    }
    server
}
