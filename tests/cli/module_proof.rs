//! The modules that tools are built of, held against the checksum database.

use super::log::{GO_MOD, OTHER_H1, Own};
use crate::common::Sandbox;
use crate::common::log::record_of;
use crate::common::server::Server;
use gosumdb::{H1, Module};
use goward_core::error::Kind;
use goward_core::install::Installer;
use goward_core::install::module_proof::{ModuleHashes, ModuleProof};
use std::collections::BTreeMap;

fn module(path: &str, version: &str) -> Module {
    Module::new(path, version).unwrap()
}

fn hashes(files: Option<&str>, go_mod: Option<&str>) -> ModuleHashes {
    let h1 = |text: &str| H1::parse(text).unwrap();
    ModuleHashes { files: files.map(h1), go_mod: go_mod.map(h1) }
}

/// A log of 40 modules.
fn log() -> Own {
    let record = |id| record_of("example.com/module", &format!("v1.{id}.0"), OTHER_H1, GO_MOD);
    Own::of(Sandbox::new(), Server::start(), (0..40).map(record).collect())
}

#[test]
fn every_module_has_to_be_what_the_log_has() {
    let own = log();
    let right = hashes(Some(OTHER_H1), Some(GO_MOD));
    let mut modules: BTreeMap<Module, ModuleHashes> =
        (0..40).map(|id| (module("example.com/module", &format!("v1.{id}.0")), right)).collect();
    let prove = |modules: &_| Installer::new(&own.session()).prove_modules(modules);
    assert_eq!(prove(&modules).unwrap(), ModuleProof::Logged);
    // Each hash counts by itself, and one that is not needed is not asked for.
    let one = module("example.com/module", "v1.23.0");
    for (hashes, is_right) in [
        (hashes(None, Some(GO_MOD)), true),
        (hashes(Some(OTHER_H1), None), true),
        (hashes(Some(GO_MOD), Some(GO_MOD)), false),
        (hashes(Some(OTHER_H1), Some(OTHER_H1)), false),
    ] {
        modules.insert(one.clone(), hashes);
        let proved = prove(&modules);
        match proved {
            Ok(proof) => assert!(is_right && proof == ModuleProof::Logged, "{proof:?}"),
            Err(error) => {
                assert!(!is_right && error.kind() == Kind::Verification, "{error}");
                assert!(error.message().starts_with("`example.com/module@v1.23.0"), "{error}");
            }
        }
    }
    // What the log does not know is not taken from elsewhere.
    modules.insert(one, right);
    modules.insert(module("example.com/other", "v1.0.0"), right);
    let error = prove(&modules).unwrap_err();
    assert!(error.to_string().contains("example.com/other@v1.0.0"), "{error}");
}

#[test]
fn what_go_keeps_from_the_log_is_not_asked_for() {
    let own = log();
    let right = hashes(Some(OTHER_H1), Some(GO_MOD));
    let modules = BTreeMap::from([
        (module("example.com/module", "v1.0.0"), right),
        (module("corp.example/secret", "v1.0.0"), right),
    ]);
    for (name, value) in [("GONOSUMDB", "corp.example"), ("GOPRIVATE", "*.example/secret,x")] {
        let mut session = own.session();
        session.ctx.variables.insert(name.into(), value.into());
        let proof = Installer::new(&session).prove_modules(&modules).unwrap();
        assert_eq!(proof, ModuleProof::Private);
    }
    let asked = own.server.log();
    assert!(asked.iter().any(|request| request.target.contains("example.com/module")));
    assert!(!asked.iter().any(|request| request.target.contains("secret")), "{asked:?}");
}

#[test]
fn a_log_that_is_not_asked_proves_nothing() {
    let own = log();
    let modules =
        BTreeMap::from([(module("example.com/module", "v1.0.0"), hashes(Some(OTHER_H1), None))]);
    let mut session = own.session();
    session.ctx.variables.insert("GOWARD_OFFLINE".into(), "1".into());
    let proof = Installer::new(&session).prove_modules(&modules).unwrap();
    assert!(
        matches!(&proof, ModuleProof::Unasked(why) if why.contains("was not asked")),
        "{proof:?}"
    );
    // The library's server is gone.
    let Own { sandbox, mirror, server, log } = own;
    drop(server);
    let own = Own { sandbox, mirror, server: Server::start(), log };
    let proof = Installer::new(&own.session()).prove_modules(&modules);
    assert!(!matches!(proof, Ok(ModuleProof::Logged | ModuleProof::Private)), "{proof:?}");
}
