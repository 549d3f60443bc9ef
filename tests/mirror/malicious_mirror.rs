//! A mirror that does everything right but one thing: the toolchain is a trojan.
//!
//! Its index lists the digest of the trojan, the `.sha256` beside the archive agrees, and the
//! certificate is valid. The program is traced, so that what it starts is known and not guessed.

use super::servers;
use crate::common::Sandbox;
use crate::common::archives::Tree;
use crate::common::server::hex_sha256;
use crate::common::trace::traced_program;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use std::fs;
use std::path::{Path, PathBuf};

const VERSION: &str = "go1.27.1";
/// What sum.golang.org published for it on Linux on x86-64.
const H1: &str = "h1:MeqkXdYlyiVdqJXENOTyX7xd8QjDM/mxR52RKOFBS0M=";

/// Writes a certificate for 127.0.0.1, its key, and the authority that signed it.
fn certificates(directory: &Path) -> [PathBuf; 3] {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &authority).unwrap();
    let paths = ["ca.pem", "certificate.pem", "key.pem"].map(|name| directory.join(name));
    for (path, text) in paths.iter().zip([authority.pem(), certificate.pem(), key.serialize_pem()])
    {
        fs::write(path, text).unwrap();
    }
    paths
}

#[test]
fn a_trojan_is_refused_published_nowhere_and_never_executed() {
    let sandbox = Sandbox::new();
    let owned = sandbox.path("owned");
    let script = format!("#!/bin/sh\ntouch {}\n", owned.display());
    let trojan = Tree::new(VERSION, "linux-amd64")
        .with("bin/go", script.as_str())
        .with("bin/gofmt", script.as_str())
        .tar_gz();
    let name = format!("{VERSION}.linux-amd64.tar.gz");
    let index = serde_json::json!([{ "version": VERSION, "stable": true, "files": [{
        "filename": name, "os": "linux", "arch": "amd64", "version": VERSION,
        "sha256": hex_sha256(&trojan), "size": trojan.len(), "kind": "archive",
    }] }]);
    sandbox.write("mirror/index.json", index.to_string());
    sandbox.write(&format!("mirror/{name}.sha256"), hex_sha256(&trojan));
    sandbox.write(&format!("mirror/{name}"), trojan);
    let [authority, certificate, key] = certificates(&sandbox.path(""));
    let tls = Some((certificate.as_path(), key.as_path()));
    let (root, work) = (sandbox.path("mirror"), sandbox.path("nginx"));
    let Some(nginx) = servers::nginx(&root, &work, tls) else { return };

    let sandbox = sandbox
        .var("GOWARD_SOURCE", format!("https://127.0.0.1:{}", nginx.port))
        .var("SSL_CERT_FILE", &authority);
    let lock = format!(
        "# Written by goward from goward.toml; edit that file and run `goward lock`.\nschema = 1\n\n\
         [toolchain]\nversion = \"{VERSION}\"\nrequest = \"1.27.1\"\nlevel = \"built-in\"\n\n\
         [toolchain.linux-amd64]\nh1 = \"{H1}\"\n"
    );
    sandbox.write("project/goward.lock", lock);
    let program = sandbox.path("bin/goward");
    let shim = sandbox.path("bin/go");
    fs::hard_link(sandbox.path("bin/goward-shim"), &shim).unwrap();
    let host_is_it = goward_shim::layout::HOST_PLATFORM == "linux-amd64";
    let install = ["install", "1.27.1", "--platform", "linux/amd64"];
    let mirror = ["mirror", "create", "--lock", "goward.lock", "--to", "../copy"];
    let accept = ["install", "1.27.1", "--platform", "linux/amd64", "--accept", "none"];
    let mut cases: Vec<(&Path, &[&str])> =
        vec![(&program, &install), (&program, &accept), (&program, &mirror)];
    if host_is_it {
        // For its lock alone `go` would not even ask for a release with known flaws.
        cases.push((&shim, &["+1.27.1", "version"]));
    }
    for (program, arguments) in cases {
        let calls = ["-e", "trace=execve,execveat"];
        let Some(outcome) = traced_program(&sandbox, program, "project", &calls, arguments) else {
            return;
        };
        let trace = sandbox.read("trace");
        assert!(trace.contains("execve("), "{trace}");
        assert_ne!(outcome.code, Some(0), "{arguments:?}: {outcome:?}");
        assert!(outcome.stderr.contains("checksum mismatch"), "{arguments:?}: {}", outcome.stderr);
        assert!(outcome.stderr.contains(H1), "{}", outcome.stderr);
        // Nothing but goward itself is ever started.
        let store = sandbox.store();
        for line in trace.lines().filter(|line| line.contains("execve")) {
            // The shim finds out that a toolchain is missing by trying to become it.
            let is_there = !line.ends_with("= -1 ENOENT (No such file or directory)");
            assert!(!(is_there && line.contains(store.to_str().unwrap())), "{line}");
            assert!(!line.contains("/sh\"") && line.contains("/bin/go"), "{line}");
        }
        let left = sandbox.store_listing();
        let published = |path: &&String| {
            ["tree/", "meta/"].iter().any(|kind| path.starts_with(kind))
                || path.ends_with("bin/gofmt") && path.starts_with("tmp/")
        };
        assert_eq!(left.iter().find(published), None, "{left:?}");
        assert!(!owned.exists() && !sandbox.path("copy").exists());
    }
    // The server was asked, and gave the trojan out: it was not refused for some other reason.
    let served = fs::read_to_string(sandbox.path("nginx/access.log")).unwrap();
    assert!(served.contains(&format!("GET /{name} HTTP/1.1\" 200")), "{served}");
}
