//! `integrations/container`, built by buildah without a service and without a network but this machine.

use super::project;
use crate::common::server::{Route, Server, hex_sha256};
use crate::common::skip::sample;
use crate::common::{Sandbox, is_full, machine, skip};
use crate::real::packing;
use std::path::Path;
use std::process::Command;

/// A tree with a shell, and with this machine's C library for programs that are not static.
const BASE: &str = "set -e; mkdir -p base/bin base/tmp base/dev base/etc; : >base/dev/null
    cp \"$1\" base/bin/busybox
    for program in \"$@\"; do cp -n \"$program\" base/bin; done
    for file in $(ldd \"$@\" bin/goward bin/goward-shim 2>/dev/null | grep -o '/[^ ]*'); do
        [ ! -f \"$file\" ] || cp --parents -L -n \"$file\" base
    done
    for name in $(base/bin/busybox --list); do
        [ -e \"base/bin/$name\" ] || ln -s busybox \"base/bin/$name\"
    done";

/// Makes such a tree, `base`, with more programs of the machine.
pub(super) fn base(sandbox: &Sandbox, busybox: &Path, programs: &[&Path]) {
    let mut sh = machine::command("sh");
    sh.current_dir(sandbox.path("")).args(["-c", BASE, "sh"]).arg(busybox).args(programs);
    assert!(sh.status().unwrap().success());
}

/// Returns buildah with its images in a directory of the sandbox.
fn buildah(sandbox: &Sandbox) -> Option<impl Fn(&[&str]) -> Command + use<>> {
    let Some(program) = machine::find("buildah") else {
        skip("no image is built: buildah is not installed (Debian: apt-get install buildah)");
        return None;
    };
    let (base, root, run) = (sandbox.path(""), sandbox.path("images"), sandbox.path("run"));
    Some(move |words: &[&str]| {
        let mut command = machine::command(&program);
        command.current_dir(&base).args(["--storage-driver", "vfs", "--root"]).arg(&root);
        command.arg("--runroot").arg(&run).env("TMPDIR", &base).args(words);
        command
    })
}

#[track_caller]
fn succeeds(mut command: Command) -> String {
    let output = command.output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {error}");
    String::from_utf8(output.stdout).unwrap()
}

const BUILD: [&str; 5] = ["build", "--layers", "--isolation", "chroot", "--network=host"];

/// Makes the base and the image of goward.
fn images(sandbox: &Sandbox, buildah: &impl Fn(&[&str]) -> Command) {
    let Some(busybox) = machine::find("busybox") else { panic!("busybox is not installed") };
    base(sandbox, &busybox, &[]);
    let text = "FROM scratch\nCOPY base /\nENV PATH=/usr/local/bin:/bin GOWARD_ACCEPT=listed\n";
    sandbox.write("base.Containerfile", text);
    std::fs::create_dir(sandbox.path("image")).unwrap();
    for program in ["goward", "goward-shim"] {
        let (from, to) = (sandbox.path("bin"), sandbox.path("image"));
        std::fs::copy(from.join(program), to.join(program)).unwrap();
    }
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("integrations/container/Containerfile");
    for (tag, file, context) in
        [("base", Path::new("base.Containerfile"), "."), ("goward", &own, "image")]
    {
        let mut command = buildah(&BUILD);
        command.args(["-t", &format!("localhost/{tag}"), "-f"]).arg(file).arg(context);
        succeeds(command);
    }
}

#[test]
fn the_image_of_goward_has_its_programs() {
    let sandbox = Sandbox::new();
    let Some(buildah) = buildah(&sandbox) else { return };
    images(&sandbox, &buildah);
    let text = "FROM localhost/base\nCOPY --from=localhost/goward /usr/local/bin/ /usr/local/bin/\n\
                RUN goward version && goward-shim --version || true\n";
    sandbox.write("user.Containerfile", text);
    let mut command = buildah(&BUILD);
    let said = succeeds({
        command.args(["-f", "user.Containerfile", "."]);
        command
    });
    assert!(said.contains(&format!("goward {}", env!("CARGO_PKG_VERSION"))), "{said}");
}

/// The real Go builds a program, in two images: the second build fetches no Go.
#[test]
fn a_program_is_built_by_the_go_of_the_lock() {
    if !is_full() {
        sample("images: a program that the real Go builds in one: `GOWARD_TEST_FULL=1`");
        return;
    }
    if !crate::real::enabled(&["1.27.3"]) {
        return;
    }
    let (sandbox, _mirror) = project();
    let Some(buildah) = buildah(&sandbox) else { return };
    images(&sandbox, &buildah);
    let archive = packing::release_called("1.27.3", "1.99.3");
    let server = Server::start();
    let name = "go1.99.3.linux-amd64.tar.gz";
    server.route(&format!("/{name}.sha256"), Route::new(hex_sha256(&archive)));
    server.route(&format!("/{name}"), Route::new(archive));
    let sandbox = sandbox.source(&server.url("")).var("GOWARD_ACCEPT", "listed");
    let used = sandbox.goward(["use", "1.99.3"]);
    assert_eq!(used.code, Some(0), "{}", used.stderr);
    sandbox.write("project/go.mod", "module example.com/app\n\ngo 1.27\n");
    sandbox
        .write("project/main.go", "package main\n\nfunc main() { println(\"from an image\") }\n");
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("integrations/container/app.Containerfile");
    let archives = || server.log().iter().filter(|request| request.target.ends_with(name)).count();
    let build = || {
        let mut command = buildah(&BUILD);
        command.args(["--build-arg", "BASE=localhost/base", "-t", "localhost/app"]);
        command.args(["--build-arg", &format!("GOWARD_SOURCE={}", server.url(""))]);
        command.arg("-f").arg(&file).arg("project");
        succeeds(command);
    };
    let before = archives();
    build();
    assert!(archives() > before);
    let after = archives();
    sandbox.write("project/other.go", "package main\n");
    build();
    assert_eq!(archives(), after, "the layer of Go is kept");
    let container = succeeds(buildah(&["from", "localhost/app"])).trim().to_owned();
    let mounted = succeeds(buildah(&["mount", &container])).trim().to_owned();
    let app = machine::command(Path::new(&mounted).join("app")).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&app.stderr), "from an image\n");
}
