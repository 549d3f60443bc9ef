//! `install.sh` under every shell at hand, with stubs in place of cargo and goward, and a server of
//! its own on the loopback interface.
#![cfg(test)]

use crate::common::{machine, skip};
use fs_err as fs;
use fs_err::os::unix::fs::symlink;
use minisign::{KeyPair, SecretKey};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use tempfile::TempDir;

const INSTALLER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/install.sh");
const TARGET: &str = "x86_64-unknown-linux-musl";

/// What a stub called `goward` does: tells how it was called, and can be told to fail.
const GOWARD: &str = "#!/bin/sh\nprintf 'goward %s\\n' \"$*\"\nexit \"${GOWARD_STUB_STATUS:-0}\"\n";

/// A stub cargo. Its `build` makes both programs and reports them as the real one does.
const CARGO: &str = r#"#!/bin/sh
if [ "$1" = --version ]; then echo "${CARGO_STUB_VERSION:-cargo 1.95.0 (abc 2026-01-01)}"; exit; fi
printf 'cargo %s\nin %s\n' "$*" "$(pwd)" >&2
[ -z "${CARGO_STUB_STATUS-}" ] || exit "$CARGO_STUB_STATUS"
out=${CARGO_TARGET_DIR:-target}/$3
mkdir -p "$out"
out=$(cd "$out" && pwd)
cp "$GOWARD_STUB" "$out/$8"
echo '{"reason":"compiler-artifact","target":{"name":"'"$8"'"},"filenames":["/x/lib.rlib"],"executable":null}'
echo '{"reason":"compiler-artifact","target":{"name":"'"$8"'"},"executable":"'"$out/$8"'","fresh":false}'
echo '{"reason":"build-finished","success":true}'
"#;

/// Every program that the installer may use; a test takes away what it wants to be missing.
pub(crate) const TOOLS: [&str; 31] = [
    "cat",
    "chmod",
    "cmp",
    "cp",
    "curl",
    "cut",
    "dd",
    "dirname",
    "env",
    "grep",
    "gzip",
    "head",
    "ls",
    "mkdir",
    "minisign",
    "mktemp",
    "mv",
    "openssl",
    "rm",
    "rmdir",
    "sed",
    "sh",
    "sha256sum",
    "shasum",
    "sort",
    "tail",
    "tar",
    "uname",
    "wc",
    "wget",
    "id",
];

struct Machine {
    directory: TempDir,
    variables: BTreeMap<&'static str, String>,
}

struct Outcome {
    status: i32,
    stdout: String,
    stderr: String,
}

impl Machine {
    /// A home, a checkout with the real script in it, a PATH with links to the tools, stubs.
    fn new() -> Self {
        let directory = TempDir::new().unwrap();
        let machine = Self { directory, variables: BTreeMap::new() };
        for name in ["home", "tools", "checkout", "tmp"] {
            fs::create_dir(machine.path(name)).unwrap();
        }
        for tool in TOOLS {
            if let Some(program) = find(tool) {
                symlink(program, machine.path("tools").join(tool)).unwrap();
            }
        }
        machine.program("tools/cargo", CARGO);
        machine.program("tools/cc", "#!/bin/sh\n");
        machine.program("stub", GOWARD);
        fs::copy(INSTALLER, machine.path("checkout/install.sh")).unwrap();
        let manifest = "[package]\nname = \"goward\"\nrust-version = \"1.89\"\n";
        fs::write(machine.path("checkout/Cargo.toml"), manifest).unwrap();
        machine
            .with("HOME", "[DIR]/home")
            .with("PATH", "[DIR]/tools")
            .with("TMPDIR", "[DIR]/tmp")
            .with("GOWARD_STUB", "[DIR]/stub")
    }

    fn root(&self) -> String {
        self.directory.path().canonicalize().unwrap().into_os_string().into_string().unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        Path::new(&self.root()).join(name)
    }

    fn with(mut self, name: &'static str, value: &str) -> Self {
        let value = value.replace("[DIR]", &self.root());
        self.variables.insert(name, value);
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.variables.remove(name);
        self
    }

    fn without_tool(self, tool: &str) -> Self {
        fs::remove_file(self.path("tools").join(tool)).unwrap();
        self
    }

    fn program(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
    }

    /// Runs the script of the checkout under `sh`.
    fn install(&self, args: &[&str]) -> Outcome {
        let script = self.path("checkout/install.sh");
        self.run(&["sh"], &[&[script.to_str().unwrap()], args].concat(), None)
    }

    /// Runs the script as `curl … | sh` does.
    fn piped(&self, args: &[&str]) -> Outcome {
        self.run(&["sh"], &[&["-s", "--"], args].concat(), Some(INSTALLER))
    }

    fn run(&self, shell: &[&str], args: &[&str], stdin: Option<&str>) -> Outcome {
        let stdin = stdin.map_or_else(Stdio::null, |path| {
            Stdio::from(fs::File::open(path).unwrap().into_file())
        });
        let args = args.iter().map(|arg| arg.replace("[DIR]", &self.root()));
        let output = machine::command(find(shell[0]).unwrap())
            .args(&shell[1..])
            .args(args)
            .env_clear()
            .envs(&self.variables)
            .current_dir(self.path("home"))
            .stdin(stdin)
            .output()
            .unwrap();
        let left: Vec<_> = fs::read_dir(self.path("tmp")).unwrap().collect();
        assert!(left.is_empty(), "left behind: {left:?}");
        let text =
            |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().replace(&self.root(), "[DIR]");
        Outcome {
            status: output.status.code().unwrap(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// Names in a directory, hidden ones included.
    fn list(&self, directory: &str) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.path(directory)) else { return Vec::new() };
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

impl Outcome {
    #[track_caller]
    fn succeeds(&self, stdout: &str) -> &Self {
        assert_eq!((self.status, self.stdout.as_str()), (0, stdout), "stderr: {}", self.stderr);
        self
    }

    #[track_caller]
    fn fails(&self, status: i32, stderr: &str) {
        assert_eq!((self.status, self.stderr.as_str()), (status, stderr), "{}", self.stdout);
    }
}

fn find(program: &str) -> Option<PathBuf> {
    ["/usr/bin", "/bin", "/usr/local/bin", "/opt/homebrew/bin"]
        .map(|directory| Path::new(directory).join(program))
        .into_iter()
        .find(|path| path.is_file())
}

/// Serves files by path on a free port, and counts requests, until the test ends.
struct Server {
    url: String,
    requests: Arc<AtomicUsize>,
}

impl Server {
    fn new(files: Vec<(String, Vec<u8>)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&requests);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                count.fetch_add(1, Ordering::SeqCst);
                let mut request = Vec::new();
                let mut byte = [0];
                while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
                    request.push(byte[0]);
                }
                let request = String::from_utf8_lossy(&request);
                let path = request.split(' ').nth(1).unwrap_or_default();
                let file = files.iter().find(|(name, _)| path.strip_prefix('/') == Some(name));
                let (status, body) =
                    file.map_or(("404 Not Found", &b""[..]), |(_, body)| ("200 OK", body));
                let length = body.len();
                let head = format!(
                    "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
                );
                _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
            }
        });
        Self { url, requests }
    }

    /// A release with an archive of `members`, signed by [`key`], which is the newest, too.
    fn release(version: &str, members: &[(&str, &str)]) -> Self {
        Self::new(release(version, archive(members)))
    }

    fn good(version: &str) -> Self {
        let directory = format!("goward-{version}-{TARGET}");
        let goward = format!("{directory}/goward");
        let shim = format!("{directory}/goward-shim");
        let readme = format!("{directory}/README.md");
        Self::release(version, &[(&goward, GOWARD), (&shim, GOWARD), (&readme, "x"), ("evil", "x")])
    }

    fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

/// The key of these tests: the public one as `--key` takes it.
fn key() -> &'static (String, SecretKey) {
    static KEY: OnceLock<(String, SecretKey)> = OnceLock::new();
    KEY.get_or_init(|| {
        let pair = KeyPair::generate_unencrypted_keypair().unwrap();
        (pair.pk.to_base64(), pair.sk)
    })
}

/// The files of a release, by their paths on a server.
fn release(version: &str, archive: Vec<u8>) -> Vec<(String, Vec<u8>)> {
    let name = format!("goward-{version}-{TARGET}.tar.gz");
    let list = format!("{}  {name}\n", digest(&archive));
    let mut files = listed(version, &list);
    files.push((format!("download/v{version}/{name}"), archive));
    files
}

/// A list and its signature, where a release has them, and where the newest has.
fn listed(version: &str, list: &str) -> Vec<(String, Vec<u8>)> {
    let signature = minisign::sign(None, &key().1, list.as_bytes(), None, None).unwrap();
    let signature = signature.into_string();
    let mut files = Vec::new();
    for directory in ["latest/download".to_owned(), format!("download/v{version}")] {
        files.push((format!("{directory}/SHA256SUMS"), list.as_bytes().to_vec()));
        files.push((format!("{directory}/SHA256SUMS.minisig"), signature.clone().into_bytes()));
    }
    files
}

/// A `.tar.gz`; content that starts with `->` makes a link.
fn archive(members: &[(&str, &str)]) -> Vec<u8> {
    let gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut tar = tar::Builder::new(gzip);
    for (name, content) in members {
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o644);
        if let Some(target) = content.strip_prefix("->") {
            header.set_entry_type(tar::EntryType::Symlink);
            header.set_size(0);
            tar.append_link(&mut header, name, target).unwrap();
        } else {
            header.set_size(content.len() as u64);
            tar.append_data(&mut header, name, content.as_bytes()).unwrap();
        }
    }
    tar.into_inner().unwrap().finish().unwrap()
}

fn digest(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    use std::fmt::Write;
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        _ = write!(text, "{byte:02x}");
        text
    })
}

const INSTALLED: &str = "installed [DIR]/home/.local/bin/goward and [DIR]/home/.local/bin/goward-shim\n\
                         goward setup\nnext: open a new shell, or: . \
                         \"[DIR]/home/.local/share/goward/env\"\n";
const REMOVED: &str = "removed goward and goward-shim from [DIR]/home/.local/bin\n";
const BUILDING: &str = "building goward in [DIR]/checkout: a few minutes the first time\n";
const SHIM_CALL: &str = "cargo build --profile release --locked --package goward-shim --bin shim \
                         --message-format json-render-diagnostics\nin [DIR]/checkout\n";
/// The shim's settings are not goward's.
const CARGO_CALLS: &str = "cargo build --profile release --locked --package goward-shim --bin shim \
                           --message-format json-render-diagnostics\nin [DIR]/checkout\n\
                           cargo build --profile checkout --locked --package goward --bin goward \
                           --message-format json-render-diagnostics\nin [DIR]/checkout\n";

#[test]
fn a_checkout_is_built_and_installed_under_every_shell() {
    for shell in
        [&["dash"][..], &["bash"], &["bash", "--posix"], &["zsh", "-f"], &["busybox", "sh"]]
    {
        if find(shell[0]).is_none() {
            skip(&format!("install.sh: `{}` is not installed", shell[0]));
            continue;
        }
        let machine = Machine::new();
        // Twice: the second installs over the first.
        for _ in 0..2 {
            let outcome = machine.run(shell, &["[DIR]/checkout/install.sh"], None);
            outcome.succeeds(&format!("{BUILDING}{INSTALLED}"));
            assert_eq!(outcome.stderr, CARGO_CALLS, "{shell:?}");
            assert_eq!(machine.list("home/.local/bin"), ["goward", "goward-shim"]);
        }
        let outcome = machine.run(shell, &["[DIR]/checkout/install.sh", "--uninstall"], None);
        outcome.succeeds(
            "goward setup --undo\nremoved goward and goward-shim from [DIR]/home/.local/bin\n",
        );
    }
}

#[test]
fn options_of_a_build() {
    let cases: [(&[&str], &str, &str); 4] = [
        (&["--prefix", "[DIR]/p q"], "p q/bin", "goward setup\n"),
        (&["--prefix=[DIR]/p/"], "p/bin", "goward setup\n"),
        (&["--prefix", "relative"], "home/relative/bin", "goward setup\n"),
        (&["--no-modify-path"], "home/.local/bin", "goward setup --no-modify-path\n"),
    ];
    for (args, bin, called) in cases {
        let machine = Machine::new();
        let outcome = machine.install(args);
        assert_eq!(outcome.status, 0, "{args:?}: {}", outcome.stderr);
        assert!(outcome.stdout.contains(called), "{args:?}: {}", outcome.stdout);
        assert_eq!(machine.list(bin), ["goward", "goward-shim"]);
        let mode =
            fs::metadata(machine.path(bin).join("goward-shim")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o755);
    }
}

#[test]
fn the_target_directory_is_cargos_choice() {
    let machine = Machine::new().with("CARGO_TARGET_DIR", "[DIR]/elsewhere");
    machine.install(&[]).succeeds(&format!("{BUILDING}{INSTALLED}"));
    assert_eq!(machine.list("elsewhere/checkout"), ["goward"]);
    assert_eq!(machine.list("elsewhere/release"), ["shim"]);
    assert_eq!(machine.list("checkout"), ["Cargo.toml", "install.sh"]);
}

#[test]
fn cargo_is_also_found_where_rustup_puts_it() {
    let machine = Machine::new().without_tool("cargo");
    machine.program("home/.cargo/bin/cargo", CARGO);
    machine.install(&[]).succeeds(&format!("{BUILDING}{INSTALLED}"));
}

#[test]
fn what_is_missing_is_said_before_anything_happens() {
    let missing_cargo = "install.sh: building goward needs cargo, which is missing; nothing was \
                         installed\nhint: install Rust 1.89 or newer, for example from \
                         https://rustup.rs, and run this again\n";
    let missing_cc = "install.sh: building goward needs a C compiler called `cc`, which is missing; \
                      nothing was installed\nhint: Debian, Ubuntu: apt-get install \
                      build-essential\nhint: Fedora: dnf install gcc    Alpine: apk add \
                      build-base    macOS: xcode-select --install\n";
    let old_cargo = "install.sh: building goward needs Rust 1.89 or newer, and this is `cargo 1.63.0`; \
                     nothing was installed\nhint: rustup update stable\nhint: without rustup: install \
                     Rust from https://rustup.rs\n";
    let no_home = "install.sh: there is no default place: HOME is unset or not absolute\nhint: choose \
                   one: ./install.sh --prefix /absolute/directory\n";
    let failed = format!(
        "{SHIM_CALL}install.sh: the build failed; nothing was installed\nhint: the messages above \
         say why\n"
    );
    let cases: [(Machine, &str); 6] = [
        (Machine::new().without_tool("cargo"), missing_cargo),
        (Machine::new().without_tool("cc"), missing_cc),
        (Machine::new().with("CARGO_STUB_VERSION", "cargo 1.63.0"), old_cargo),
        (Machine::new().with("HOME", ""), no_home),
        (Machine::new().without("HOME"), no_home),
        (Machine::new().with("CARGO_STUB_STATUS", "101"), &failed),
    ];
    for (machine, want) in cases {
        machine.install(&[]).fails(1, want);
        assert_eq!(machine.list("home"), [""; 0]);
    }
}

#[test]
fn without_a_home_programs_are_installed_and_the_next_step_is_named() {
    for machine in [Machine::new().without("HOME"), Machine::new().with("HOME", "")] {
        let installed = "installed [DIR]/p/bin/goward and [DIR]/p/bin/goward-shim\n";
        machine.install(&["--prefix", "[DIR]/p"]).succeeds(&format!(
            "{BUILDING}{installed}not set up: there is no place for toolchains, as HOME, \
             XDG_DATA_HOME and GOWARD_HOME are unset\nnext: GOWARD_HOME=/absolute/directory \
             [DIR]/p/bin/goward setup\n"
        ));
        let machine = machine.with("GOWARD_HOME", "[DIR]/store");
        machine.install(&["--prefix", "[DIR]/p"]).succeeds(&format!(
            "{BUILDING}{installed}goward setup\nnext: open a new shell, or: . \"[DIR]/store/env\"\n"
        ));
    }
}

#[test]
fn usage_errors() {
    let cases: [(&[&str], &str); 6] = [
        (&["--prefix"], "`--prefix` needs a value"),
        (&["--prefix", ""], "`--prefix` needs a value"),
        (&["--frm", "x"], "unknown argument `--frm`"),
        (&["extra"], "unknown argument `extra`"),
        (&["--purge"], "`--purge` goes with `--uninstall`"),
        (&["--version", "../1"], "`--version` and `--target` hold letters, digits and `._+-` only"),
    ];
    for (args, message) in cases {
        let machine = Machine::new();
        machine
            .install(args)
            .fails(2, &format!("install.sh: {message}\nhint: ./install.sh --help\n"));
        assert_eq!(machine.list("home"), [""; 0]);
    }
    let help = Machine::new().install(&["--help"]);
    assert_eq!(help.status, 0);
    assert!(help.stdout.starts_with("Usage: install.sh [options]\n"), "{}", help.stdout);
}

#[test]
fn programs_that_cannot_be_placed_leave_the_old_ones() {
    let machine = Machine::new();
    fs::create_dir_all(machine.path("home/.local/bin/goward-shim")).unwrap();
    machine.program("home/.local/bin/goward", "old");
    machine.install(&[]).fails(
        1,
        &format!(
            "{CARGO_CALLS}install.sh: `[DIR]/home/.local/bin/goward-shim` is a directory; nothing was \
             installed\n"
        ),
    );
    assert_eq!(fs::read_to_string(machine.path("home/.local/bin/goward")).unwrap(), "old");

    let machine = Machine::new();
    fs::write(machine.path("home/.local"), "a file").unwrap();
    let outcome = machine.install(&[]);
    assert_eq!(outcome.status, 1);
    assert!(
        outcome.stderr.ends_with(
            "install.sh: cannot make `[DIR]/home/.local/bin`; nothing was installed\nhint: choose \
             another place: ./install.sh --prefix /absolute/directory\n"
        ),
        "{}",
        outcome.stderr
    );
}

#[test]
fn a_failing_setup_is_reported() {
    let machine = Machine::new().with("GOWARD_STUB_STATUS", "1");
    machine.install(&[]).fails(
        1,
        &format!(
            "{CARGO_CALLS}install.sh: goward is installed, but `goward setup` failed\nhint: when that \
             is solved: [DIR]/home/.local/bin/goward setup\n"
        ),
    );
    machine.install(&["--uninstall"]).fails(
        1,
        "install.sh: `goward setup --undo` failed; nothing was removed\nhint: to remove the programs \
         anyway: rm \"[DIR]/home/.local/bin/goward\" \"[DIR]/home/.local/bin/goward-shim\"\n",
    );
    assert_eq!(machine.list("home/.local/bin"), ["goward", "goward-shim"]);
}

#[test]
fn uninstalling_twice_and_purging() {
    let machine = Machine::new();
    let store = "home/.local/share/goward";
    let none = "goward is not installed in [DIR]/home/.local/bin";
    machine.install(&[]);
    fs::create_dir_all(machine.path(store)).unwrap();
    machine.install(&["--uninstall"]).succeeds(&format!(
        "goward setup --undo\n{REMOVED}toolchains stay in [DIR]/{store}; --purge removes them\n"
    ));
    machine.install(&["--uninstall"]).succeeds(&format!("{none}; nothing to do\n"));
    machine.install(&["--uninstall", "--purge"]).fails(
        1,
        &format!(
            "install.sh: {none}, and it is what purges [DIR]/{store}; nothing was removed\n\
             hint: install it again, and then: ./install.sh --uninstall --purge\n"
        ),
    );
    machine.install(&[]);
    // What goward itself removes, `tests/cli/self_uninstall.rs` and `tests/releases` try.
    let purged = format!("goward self uninstall --yes\n{REMOVED}");
    machine.install(&["--uninstall", "--purge"]).succeeds(&purged);
    assert_eq!(machine.list("home/.local/bin"), [""; 0]);
    fs::remove_dir(machine.path(store)).unwrap();
    machine.install(&["--uninstall", "--purge"]).succeeds(&format!("{none}; nothing to do\n"));
}

#[test]
fn a_purge_that_fails_leaves_the_programs() {
    let machine = Machine::new();
    machine.install(&[]);
    let machine = machine.with("GOWARD_STUB_STATUS", "1");
    machine.install(&["--uninstall", "--purge"]).fails(
        1,
        "install.sh: `goward self uninstall` failed\nhint: when that is solved: ./install.sh \
         --uninstall --purge\n",
    );
    assert_eq!(machine.list("home/.local/bin"), ["goward", "goward-shim"]);
}

#[test]
fn what_is_installed_is_its_users_alone_to_write() {
    let machine = Machine::new();
    let script = machine.path("checkout/install.sh");
    let line = format!("umask 000 && exec sh {}", script.display());
    let outcome = machine.run(&["sh"], &["-c", &line], None);
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    for place in ["home/.local", "home/.local/bin", "home/.local/bin/goward", "checkout/target"] {
        let mode = fs::metadata(machine.path(place)).unwrap().permissions().mode();
        assert_eq!(mode & 0o022, 0, "{place}: {mode:o}");
    }
}

#[test]
fn a_release_is_downloaded_checked_and_installed() {
    let server = Server::good("0.9.0");
    let archive = format!("goward-0.9.0-{TARGET}");
    let downloading = format!("downloading {}/download/v0.9.0/{archive}.tar.gz\n", server.url);
    let args = ["--target", TARGET];
    let from = ["--from", server.url.as_str(), "--key", key().0.as_str()];
    // By option in a checkout; by option and by variable without one. The newest, and one by its version.
    let machine = Machine::new();
    machine
        .install(&[args.as_slice(), &from].concat())
        .succeeds(&format!("{downloading}{INSTALLED}"));
    let machine = Machine::new();
    machine
        .piped(&[args.as_slice(), &from, &["--version", "v0.9.0"]].concat())
        .succeeds(&format!("{downloading}{INSTALLED}"));
    assert_eq!(fs::read_to_string(machine.path("home/.local/bin/goward")).unwrap(), GOWARD);
    let machine = Machine::new()
        .with("GOWARD_RELEASES", &format!("{}/", server.url))
        .with("GOWARD_RELEASES_KEY", &key().0);
    machine.piped(&args).succeeds(&format!("{downloading}{INSTALLED}"));
    machine.piped(&args).succeeds(&format!("{downloading}{INSTALLED}"));
    assert_eq!(machine.list("home/.local/bin"), ["goward", "goward-shim"]);
    let note = fs::read_to_string(machine.path("home/.local/lib/goward/installed-by")).unwrap();
    assert!(note.starts_with("install.sh\nmade "), "{note}");
    assert_eq!(server.requests(), 12);
}

#[test]
fn any_tool_that_can_do_it_will_do() {
    let server = Server::good("0.9.0");
    let key = key().0.as_str();
    let args = ["--target", TARGET, "--from", server.url.as_str(), "--key", key];
    for without in
        [&["curl"][..], &["sha256sum"], &["sha256sum", "shasum"], &["minisign"], &["openssl"]]
    {
        let machine = without.iter().fold(Machine::new(), |machine, tool| {
            if find(tool).is_some() { machine.without_tool(tool) } else { machine }
        });
        let outcome = machine.piped(&args);
        let stands_in = match without {
            ["curl"] => "wget",
            ["openssl"] => "minisign",
            _ => "openssl",
        };
        if find(stands_in).is_none() {
            skip(&format!("install.sh: `{stands_in}` is not installed"));
            continue;
        }
        assert_eq!((outcome.status, outcome.stderr.as_str()), (0, ""), "{without:?}");
    }
    let machine = Machine::new().without_tool("curl");
    machine.program("tools/wget.new", "#!/bin/sh\necho BusyBox >&2; exit 1\n");
    fs::rename(machine.path("tools/wget.new"), machine.path("tools/wget")).unwrap();
    machine.piped(&args).fails(
        1,
        "install.sh: downloading needs curl or GNU wget, and both are missing; nothing was \
         downloaded\nhint: Debian, Ubuntu: apt-get install curl    Alpine: apk add curl    Fedora: \
         dnf install curl\n",
    );
    let machine = Machine::new().without_tool("tar");
    machine
        .piped(&args)
        .fails(1, "install.sh: unpacking needs tar, which is missing; nothing was downloaded\n");
}

#[test]
fn a_download_that_is_not_right_installs_nothing() {
    let name = format!("goward-1.0.0-{TARGET}");
    let file = format!("{name}.tar.gz");
    let (goward, shim) = (format!("{name}/goward"), format!("{name}/goward-shim"));
    let good = archive(&[(&goward, GOWARD), (&shim, GOWARD)]);
    let wrong = "0".repeat(64);
    let list = "[URL]/download/v1.0.0/SHA256SUMS";
    let url = format!("[URL]/download/v1.0.0/{file}");
    let without = |end: &str| {
        let mut files = release("1.0.0", good.clone());
        files.retain(|(name, _)| !name.ends_with(end));
        Server::new(files)
    };
    let replaced = |name: &str, bytes: &[u8]| {
        let mut files = release("1.0.0", good.clone());
        for (_, content) in files.iter_mut().filter(|(known, _)| known.ends_with(name)) {
            *content = bytes.to_vec();
        }
        Server::new(files)
    };
    let unsigned = format!(
        "the signature of `{list}` is not by the key {}; nothing was installed\nhint: if it stays so, \
         tell whoever publishes it\n",
        key().0
    );
    let absent = |of: &str| {
        format!(
            "`{list}` has no archive of goward {of} for {TARGET}; nothing was installed\nhint: build \
             goward: run install.sh in a checkout of its repository\n"
        )
    };
    let other = listed("1.0.0", &format!("{wrong}  goward-0.9.0-{TARGET}.tar.gz\n"));
    let mut swapped = listed("1.0.0", &format!("{wrong}  {file}\n"));
    swapped.push((format!("download/v1.0.0/{file}"), good.clone()));
    let cases: Vec<(Server, String)> = vec![
        (
            Server::new(swapped),
            format!(
                "the sha256 of `{url}` is wrong; nothing was installed\n  wanted {wrong}\n  got    \
                 {}\nhint: try again; if it stays wrong, tell whoever publishes it\n",
                digest(&good)
            ),
        ),
        (replaced("SHA256SUMS", b"<html>"), unsigned.clone()),
        (replaced("SHA256SUMS.minisig", b""), unsigned.clone()),
        (Server::new(other), absent("1.0.0")),
        (Server::new(listed("1.0.0", "")), absent("1.0.0")),
        (
            Server::release("1.0.0", &[(&goward, GOWARD)]),
            format!("`{url}` does not hold `{goward}` and `{shim}`; nothing was installed\n"),
        ),
        (
            Server::release("1.0.0", &[(&goward, GOWARD), (&shim, "->/bin/sh")]),
            format!("`goward-shim` in `{url}` is not a regular file; nothing was installed\n"),
        ),
        (without("SHA256SUMS"), format!("cannot download `{list}`; nothing was installed\n")),
        (
            without("SHA256SUMS.minisig"),
            format!("cannot download `{list}.minisig`; nothing was installed\n"),
        ),
        (without(".tar.gz"), format!("cannot download `{url}`; nothing was installed\n")),
    ];
    for (server, want) in cases {
        // With either program that checks signatures.
        for tool in ["minisign", "openssl"] {
            let machine = Machine::new();
            let machine = if find(tool).is_some() { machine.without_tool(tool) } else { machine };
            let args = ["--version", "1.0.0", "--target", TARGET, "--from", server.url.as_str()];
            let outcome = machine.piped(&[args.as_slice(), &["--key", key().0.as_str()]].concat());
            // Above it stands what curl or tar says.
            let stderr = outcome.stderr.replace(&server.url, "[URL]");
            assert!(
                outcome.status == 1 && stderr.ends_with(&format!("install.sh: {want}")),
                "{stderr}, wanted {want}"
            );
            assert_eq!(machine.list("home"), [""; 0]);
        }
    }
}

#[test]
fn a_key_is_needed_and_decides() {
    let server = Server::good("0.9.0");
    let from = ["--target", TARGET, "--from", server.url.as_str()];
    Machine::new().piped(&from).fails(
        1,
        &format!(
            "install.sh: there is no key to check the signature of `{}` by; nothing was \
             downloaded\nhint: name the public key of whoever signs its releases: --key KEY\n",
            server.url
        ),
    );
    let other = KeyPair::generate_unencrypted_keypair().unwrap().pk.to_base64();
    let outcome = Machine::new().piped(&[from.as_slice(), &["--key", &other]].concat());
    assert!(outcome.stderr.contains("is not by the key"), "{}", outcome.stderr);
    let outcome = Machine::new().piped(&[from.as_slice(), &["--key", "$(id)"]].concat());
    assert_eq!(outcome.status, 2, "{}", outcome.stderr);
}

#[test]
fn urls_that_are_refused() {
    let plain = |url: &str| {
        format!(
            "install.sh: refusing to download over plain http: `{url}`; nothing was downloaded\nhint: \
             plain http is accepted from this machine itself only\n"
        )
    };
    let not_https =
        |url: &str| format!("install.sh: `{url}` is not an https URL; nothing was downloaded\n");
    let credentials =
        "install.sh: a URL with a user name or password is not accepted; nothing was downloaded\n";
    let cases: [(&str, String); 9] = [
        ("http://example.org/x", plain("http://example.org/x")),
        ("http://127.0.0.1.example.org", plain("http://127.0.0.1.example.org")),
        ("http://localhostx/", plain("http://localhostx/")),
        ("http://example.org/127.0.0.1", plain("http://example.org/127.0.0.1")),
        ("http://127.0.0.1:80@example.org/", credentials.into()),
        ("https://user:secret@example.org/", credentials.into()),
        ("ftp://example.org", not_https("ftp://example.org")),
        ("file:///x", not_https("file:///x")),
        ("example.org", not_https("example.org")),
    ];
    for (url, want) in cases {
        Machine::new().piped(&["--from", url]).fails(1, &want);
    }
}

#[test]
fn without_a_checkout_there_has_to_be_a_url() {
    let want = "install.sh: nothing to download from: goward has no published releases yet\nhint: clone \
                its repository and run ./install.sh there, or name a mirror with releases: --from URL \
                --key KEY\n";
    Machine::new().piped(&[]).fails(1, want);
    // Somebody else's checkout as working directory is none of ours, nor is a foreign Cargo.toml.
    let machine = Machine::new();
    fs::write(machine.path("home/Cargo.toml"), "name = \"goward\"\n").unwrap();
    machine.piped(&[]).fails(1, want);
    let machine = Machine::new();
    fs::write(machine.path("checkout/Cargo.toml"), "name = \"other\"\n").unwrap();
    machine.install(&[]).fails(1, want);
}

#[test]
fn platforms_without_a_release_are_named() {
    let machine = Machine::new().without_tool("uname");
    machine.program("tools/uname", "#!/bin/sh\n[ \"$1\" = -s ] && echo Plan9 || echo mips\n");
    machine.piped(&["--from", "https://example.invalid", "--key", "x"]).fails(
        1,
        "install.sh: there are no release archives for Plan9 on mips; nothing was downloaded\nhint: \
         build goward: run install.sh in a checkout of its repository\n",
    );
}

/// A Mac with an Apple processor says to a translated shell that it has Intel's.
#[test]
fn a_mac_gets_goward_for_its_own_processor() {
    let server = Server::good("0.9.0");
    for (translated, target) in [("1", "aarch64-apple-darwin"), ("0", "x86_64-apple-darwin")] {
        let machine = Machine::new().without_tool("uname");
        machine
            .program("tools/uname", "#!/bin/sh\n[ \"$1\" = -s ] && echo Darwin || echo x86_64\n");
        let sysctl =
            format!("#!/bin/sh\n[ \"$*\" = '-n sysctl.proc_translated' ] && echo {translated}\n");
        machine.program("tools/sysctl", &sysctl);
        let outcome = machine.piped(&["--from", &server.url, "--key", &key().0]);
        let said = format!("has no archive for {target}; nothing was installed");
        assert!(outcome.stderr.contains(&said), "{}", outcome.stderr);
    }
}

#[test]
fn a_script_that_was_cut_short_does_nothing() {
    let script = fs::read_to_string(INSTALLER).unwrap();
    assert!(script.ends_with("\nmain \"$@\"\n"));
    let machine = Machine::new();
    let step = script.len() / 40;
    for end in (1..script.len() - 10).step_by(step) {
        if !script.is_char_boundary(end) {
            continue;
        }
        fs::write(machine.path("cut.sh"), &script[..end]).unwrap();
        let cut = machine.path("cut.sh");
        let outcome = machine.run(&["sh"], &["-s", "--", "--prefix", "[DIR]/p"], cut.to_str());
        assert!(!outcome.stdout.contains("building"), "cut at {end}: {}", outcome.stdout);
        assert_eq!(machine.list(""), ["checkout", "cut.sh", "home", "stub", "tmp", "tools"]);
        assert_eq!(machine.list("home"), [""; 0]);
    }
}
