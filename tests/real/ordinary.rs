//! GOROOT is an ordinary directory: what walks, copies, packs, reads and removes it finds what it finds in Go's own.

use super::{enabled, sandbox, wheel};
use crate::common::{Outcome, Sandbox, machine, skip};
use goward_shim::names;
use std::fs;
use std::path::{Path, PathBuf};

const VERSION: &str = "1.26.2";
/// Up to this one `misc/wasm` has what `lib/wasm` has since.
const OLD: &str = "1.23.9";

fn sh(sandbox: &Sandbox, script: &str, args: &[&Path]) -> Outcome {
    let mut command = sandbox.command(Path::new("/bin/sh"), "project");
    sandbox.finish(command.args(["-euc", script, "sh"]).args(args))
}

fn tree(sandbox: &Sandbox) -> PathBuf {
    let trees = fs::read_dir(sandbox.store().join("tree")).unwrap();
    trees.map(|entry| entry.unwrap().path()).next().unwrap()
}

#[test]
fn goroot_can_be_walked_copied_packed_and_removed() {
    if !enabled(&[VERSION]) {
        return;
    }
    let sandbox = sandbox();
    assert_eq!(sandbox.goward(["use", VERSION]).code, Some(0));
    let goroot = tree(&sandbox);
    // What is left of `misc/wasm` in the package is no program that anything starts.
    assert!(!goroot.join("misc").exists());
    let copy = sandbox.path("copy");
    let walked = sh(
        &sandbox,
        "find \"$1\" ! -type d ! -type f; find \"$1/src\" -name print.go -path '*/fmt/*'",
        &[&goroot],
    );
    assert_eq!(walked.stdout, "[STORE]/tree/KEY/src/fmt/print.go\n".replace("KEY", &key(&goroot)));
    let packed = sh(&sandbox, "tar -cf - -C \"$1\" . | tar -tf - | wc -l", &[&goroot]);
    let files: usize = packed.stdout.trim().parse().unwrap();
    assert!(files > 10_000, "{packed:?}");

    // What every Go reads of the programs, and what a copy of them is worth.
    let real = goroot.join("libexec/go");
    for program in ["go", "gofmt"] {
        let shown = goroot.join("bin").join(program);
        let said = sh(&sandbox, "\"$1\" version \"$2\" | sed 's/.*: //'", &[&real, &shown]);
        assert_eq!(said.stdout, format!("go{VERSION}\n"), "{said:?}");
        let details = |path: &Path| {
            let said = sh(&sandbox, "\"$1\" version -m \"$2\" | tail -n +2", &[&real, path]);
            said.stdout
        };
        assert_eq!(details(&shown), details(&goroot.join("libexec").join(program)));
        assert!(details(&shown).contains("\tbuild\tGOOS=linux\n"));
    }
    let copied =
        sh(&sandbox, "cp -r \"$1\" \"$2\" && \"$2/libexec/go\" version", &[&goroot, &copy]);
    assert_eq!(copied.stdout, format!("go version go{VERSION} linux/amd64\n"), "{copied:?}");
    let same = sh(&sandbox, "diff -r \"$1\" \"$2\"", &[&goroot, &copy]);
    assert_eq!((same.code, &*same.stdout), (Some(0), ""));
    // Such a copy can be linked, and runs the programs that it has.
    assert_eq!(sandbox.goward(["uninstall", VERSION, "--now"]).code, Some(0));
    let linked = sandbox.goward([Path::new("link"), Path::new("copy"), &copy]);
    assert_eq!(linked.code, Some(0), "{linked:?}");
    let own = tree(&sandbox);
    assert_eq!(fs::read_link(own.join("libexec/go")).unwrap(), copy.join("libexec/go"));
    assert_eq!(sandbox.goward(["uninstall", "copy"]).code, Some(0));
    assert!(copy.join("bin/go").is_file());
}

#[test]
fn people_can_remove_a_store_and_files_that_they_copied_from_it() {
    if !enabled(&[VERSION]) {
        return;
    }
    let sandbox = sandbox();
    assert_eq!(sandbox.goward(["install", VERSION]).code, Some(0));
    let goroot = tree(&sandbox);
    let script =
        "cp \"$1/lib/wasm/wasm_exec.js\" . && cp \"$1/lib/wasm/wasm_exec.js\" . && rm -rf \"$2\"";
    let store = sandbox.store();
    let user = "setpriv --reuid 12345 --regid 12345 --clear-groups";
    let is_root = machine::command("id").arg("-u").output().unwrap().stdout == b"0\n";
    let script = if is_root {
        let project = sandbox.path("project");
        format!(
            "chown -R 12345 {} \"$2\" && {user} sh -euc '{script}' sh \"$1\" \"$2\"",
            project.display()
        )
    } else {
        script.to_owned()
    };
    let removed = sh(&sandbox, &script, &[&goroot, &store]);
    if removed.stderr.contains("setpriv") {
        return skip("rm -rf of a store by somebody else than root: there is no setpriv");
    }
    assert!(!goroot.exists(), "{removed:?}");
    // It is made again as if nothing had been there.
    fs::remove_dir_all(&store).unwrap_or_default();
    assert_eq!(sandbox.goward(["install", VERSION]).code, Some(0));
}

#[test]
fn old_releases_have_their_programs_for_wasm() {
    if !enabled(&[OLD]) {
        return;
    }
    let sandbox = sandbox();
    let installed = sandbox.goward(["install", OLD, "--accept", "listed"]);
    assert_eq!(installed.code, Some(0), "{installed:?}");
    let goroot = tree(&sandbox);
    let mut archive = zip::ZipArchive::new(fs::File::open(wheel(OLD)).unwrap()).unwrap();
    let names: Vec<String> = archive.file_names().map(|name| name.unwrap().into_owned()).collect();
    let mut count = 0;
    for name in names.iter().filter(|name| name.starts_with("go/misc/wasm/")) {
        let mut contents = Vec::new();
        std::io::Read::read_to_end(&mut archive.by_name(name).unwrap(), &mut contents).unwrap();
        assert_eq!(fs::read(goroot.join(&name[3..])).unwrap(), contents, "{name}");
        count += 1;
    }
    assert_eq!(count, 5);
    // Nothing else of `misc` is known.
    let misc: Vec<_> = fs::read_dir(goroot.join("misc")).unwrap().collect();
    assert_eq!(misc.len(), 1);
    assert_eq!(sandbox.goward(["verify", OLD]).code, Some(0));
    assert!(goroot.join(names::IDENTITY_FILE).is_file());
}

fn key(tree: &Path) -> String {
    tree.file_name().unwrap().to_str().unwrap().to_owned()
}
