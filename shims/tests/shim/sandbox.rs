//! A home of its own: shim, store, projects and a cleared environment.

use std::env::consts::EXE_SUFFIX;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::{fs, io};

use goward_shim::layout;

/// The h1 of the toolchain called `version`: made up, but well formed and different for each.
pub(crate) fn h1(version: &str) -> String {
    let digits: String =
        version.bytes().map(|b| if b.is_ascii_alphanumeric() { b as char } else { '+' }).collect();
    format!("h1:{digits:A<43}=")
}

/// A lock for `version` on this platform, with more text at the end.
pub(crate) fn lock(version: &str, rest: &str) -> String {
    let (platform, h1) = (layout::HOST_PLATFORM, h1(version));
    let header = goward_shim::lock::HEADER;
    format!(
        "{header}\nschema = 1\n\n[toolchain]\nversion = \"{version}\"\nrequest = \"{version}\"\n\
         level = \"built-in\"\n\n[toolchain.{platform}]\nh1 = \"{h1}\"\n{rest}"
    )
}

/// What a run left behind.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) code: Option<i32>,
    pub(crate) signal: Option<i32>,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

impl Outcome {
    /// Lines of the fake go that start with `kind`, without it.
    pub(crate) fn lines(&self, kind: &str) -> Vec<String> {
        let prefix = format!("{kind} ");
        String::from_utf8_lossy(&self.stdout)
            .lines()
            .filter_map(|line| line.strip_prefix(&prefix).map(str::to_owned))
            .collect()
    }

    /// The program that ran, as [`shown`] has it.
    pub(crate) fn program(&self) -> String {
        shown(self.lines("exe").pop().unwrap_or_else(|| panic!("nothing ran: {self:?}")))
    }

    /// The value of a variable in the program that ran.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        let is_it =
            |found: &str| found == name || cfg!(windows) && found.eq_ignore_ascii_case(name);
        let lines = self.lines("env");
        let mut entries = lines.iter().filter_map(|line| line.split_once('='));
        entries.find(|(found, _)| is_it(found)).map(|(_, value)| value.to_owned())
    }
}

/// Returns the path of a program with slashes, and without what Windows puts at its end.
pub(crate) fn shown(path: impl AsRef<Path>) -> String {
    let path = path.as_ref().to_str().unwrap();
    if cfg!(windows) {
        path.strip_suffix(EXE_SUFFIX).unwrap_or(path).replace('\\', "/")
    } else {
        path.to_owned()
    }
}

/// Returns what a program's file is called.
pub(crate) fn exe(name: &str) -> String {
    format!("{name}{EXE_SUFFIX}")
}

/// Returns the string with these bytes.
pub(crate) fn os_string(bytes: &[u8]) -> OsString {
    #[cfg(unix)]
    return <OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(bytes).into();
    #[cfg(windows)]
    return goward_shim::sys::os_string(bytes);
}

/// Makes a link.
pub(crate) fn symlink(target: impl AsRef<Path>, link: impl AsRef<Path>) -> io::Result<()> {
    #[cfg(unix)]
    return std::os::unix::fs::symlink(target, link);
    #[cfg(windows)]
    return std::os::windows::fs::symlink_file(target, link);
}

/// Returns the user's file of `go env -w`, below a sandbox.
pub(crate) fn own_settings() -> &'static str {
    if cfg!(windows) { "home/AppData/Roaming/go/env" } else { "home/.config/go/env" }
}

/// Copies a directory.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

pub(crate) struct Sandbox {
    base: PathBuf,
    variables: Vec<(OsString, OsString)>,
    args: Vec<OsString>,
    cwd: PathBuf,
    stdin: Option<&'static str>,
    tool: &'static str,
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        Self::below(Path::new(env!("CARGO_TARGET_TMPDIR")))
    }

    /// A sandbox that every user can reach, wherever the checkout is.
    #[cfg(unix)]
    pub(crate) fn public() -> Self {
        Self::below(&std::env::temp_dir())
    }

    fn below(directory: &Path) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("shim-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let mut base = directory.join(name);
        // Under Wine each run has the same numbers.
        while cfg!(windows) && base.exists() {
            base.as_mut_os_string().push("-");
        }
        fs::create_dir_all(base.join("bin")).unwrap();
        #[cfg(windows)]
        let base = {
            let path = base.as_os_str().as_encoded_bytes();
            PathBuf::from(os_string(&goward_shim::sys::canonical(path).unwrap()))
        };
        fs::create_dir_all(base.join("store/shims")).unwrap();
        fs::create_dir_all(base.join("store/goenv")).unwrap();
        for isolation in ["pinned", "hermetic"] {
            fs::write(base.join(format!("store/goenv/{isolation}-none")), "").unwrap();
        }
        fs::create_dir_all(base.join("project")).unwrap();
        fs::write(base.join("store/goward-store"), "").unwrap();
        fs::create_dir_all(base.join("programs")).unwrap();
        for (program, name) in [(shim(), "shim"), (fake_go(), "fake-go")] {
            let path = base.join("programs").join(exe(name));
            // On another file system there is no link. What another process writes is not busy here.
            if fs::hard_link(program, &path).is_err() && cfg!(windows) {
                fs::copy(program, &path).unwrap();
            } else if !path.exists() {
                let status = Command::new("cp").args([program, &path]).status();
                assert!(status.unwrap().success());
            }
        }
        let shim = base.join("bin").join(exe("goward-shim"));
        fs::hard_link(base.join("programs").join(exe("shim")), &shim).unwrap();
        for tool in ["go", "gofmt"] {
            let place = base.join("store/shims").join(exe(tool));
            if cfg!(windows) {
                fs::hard_link(&shim, place).unwrap();
            } else {
                symlink("../../bin/goward-shim", place).unwrap();
            }
        }
        let mut sandbox = Self {
            cwd: base.join("project"),
            base,
            variables: vec![],
            args: vec![],
            stdin: None,
            tool: "go",
        };
        sandbox = sandbox.manager();
        let (home, store) = (sandbox.base.join("home"), sandbox.base.join("store"));
        if cfg!(windows) {
            let [roaming, local] =
                ["Roaming", "Local"].map(|it| sandbox.path("home/AppData").join(it));
            sandbox = sandbox.var("APPDATA", roaming).var("LOCALAPPDATA", local);
        }
        sandbox.var("HOME", home).var("GOWARD_HOME", store).var("PATH", "/proc/nowhere")
    }

    /// Where the manager is: beside the shim, which on Windows has no link to lead there.
    pub(crate) fn goward(&self) -> PathBuf {
        let directory = if cfg!(windows) { "store/shims" } else { "bin" };
        self.path(directory).join(exe("goward"))
    }

    /// A `goward` that prints what it got.
    fn manager(self) -> Self {
        fs::hard_link(self.program("fake-go"), self.goward()).unwrap();
        self
    }

    fn program(&self, name: &str) -> PathBuf {
        self.path("programs").join(exe(name))
    }

    /// Installs a toolchain whose programs print what they got.
    pub(crate) fn toolchain(self, version: &str) -> Self {
        let tree = self.tree(version);
        fs::create_dir_all(tree.join("bin")).unwrap();
        fs::create_dir_all(tree.join("libexec")).unwrap();
        for tool in ["go", "gofmt"] {
            let [shim, fake_go] = ["shim", "fake-go"].map(|it| self.program(it));
            fs::hard_link(fake_go, tree.join("libexec").join(exe(tool))).unwrap();
            fs::hard_link(shim, tree.join("bin").join(exe(tool))).unwrap();
        }
        fs::write(tree.join("libexec/goward-h1"), format!("{}\n", h1(version))).unwrap();
        fs::write(tree.join("VERSION"), format!("{version}\ntime 2026-11-30\n")).unwrap();
        let shim = self.path("store/shims").join(version);
        if !cfg!(windows) {
            symlink(tree.join("bin/go"), shim).unwrap();
        }
        self
    }

    /// A toolchain in another place, as somebody copies one.
    pub(crate) fn copied(self, version: &str, relative: &str) -> Self {
        let (tree, copy) = (self.tree(version), self.path(relative));
        self::copy(&tree, &copy);
        self
    }

    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        if cfg!(windows) {
            relative.split('/').fold(self.base.clone(), |path, name| path.join(name))
        } else {
            self.base.join(relative)
        }
    }

    pub(crate) fn tree(&self, version: &str) -> PathBuf {
        self.path("store/tree").join(layout::key(version, layout::HOST_PLATFORM, &h1(version)))
    }

    /// Writes a file, with its directories.
    pub(crate) fn file(self, relative: &str, text: impl AsRef<[u8]>) -> Self {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    /// A program called `go` that is not ours, in `directory`.
    pub(crate) fn foreign_go(self, directory: &str) -> Self {
        let path = self.path(directory).join(exe("go"));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::hard_link(self.program("fake-go"), path).unwrap();
        self
    }

    pub(crate) fn var(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.into(), value.as_ref().into()));
        self
    }

    /// Sets a variable that is not set yet.
    pub(crate) fn new_var(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.variables.push((name.into(), value.as_ref().into()));
        self
    }

    pub(crate) fn without_var(mut self, name: &str) -> Self {
        self.variables.retain(|(known, _)| known != name);
        self
    }

    pub(crate) fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.args.push(argument.as_ref().into());
        self
    }

    pub(crate) fn byte_arg(self, argument: &[u8]) -> Self {
        self.arg(os_string(argument))
    }

    pub(crate) fn cwd(mut self, relative: &str) -> Self {
        self.cwd = self.path(relative);
        fs::create_dir_all(&self.cwd).unwrap();
        self
    }

    pub(crate) fn stdin(mut self, text: &'static str) -> Self {
        self.stdin = Some(text);
        self
    }

    pub(crate) fn tool(mut self, tool: &'static str) -> Self {
        self.tool = tool;
        self
    }

    /// A command that runs the shim on PATH.
    pub(crate) fn command(&self) -> Command {
        self.command_of(&self.base.join("store/shims").join(self.tool))
    }

    /// A command that runs a program as the shim would be run.
    fn command_of(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .args(&self.args)
            .env_clear()
            .envs(self.variables.iter().cloned())
            .current_dir(&self.cwd);
        command
    }

    pub(crate) fn run(&self) -> Outcome {
        self.finish(self.command())
    }

    /// Runs the shim under another path.
    pub(crate) fn run_as(&self, program: impl AsRef<Path>) -> Outcome {
        self.finish(self.command_of(program.as_ref()))
    }

    /// Runs a program in a directory, in the environment that an outer call gave to its program.
    pub(crate) fn run_inside(
        &self,
        outer: &Outcome,
        program: impl AsRef<Path>,
        directory: &str,
        more: &[(&str, &str)],
    ) -> Outcome {
        fs::create_dir_all(self.path(directory)).unwrap();
        let mut command = Command::new(program.as_ref());
        command.args(&self.args).env_clear().current_dir(self.path(directory));
        for line in outer.lines("env").iter().filter(|line| !line.starts_with('=')) {
            let (name, value) = line.split_once('=').unwrap();
            command.env(name, value);
        }
        command.envs(more.iter().copied());
        self.finish(command)
    }

    fn finish(&self, mut command: Command) -> Outcome {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        io::Write::write_all(&mut stdin, self.stdin.unwrap_or_default().as_bytes()).ok();
        drop(stdin);
        let output = child.wait_with_output().unwrap();
        Outcome {
            code: output.status.code(),
            #[cfg(unix)]
            signal: std::os::unix::process::ExitStatusExt::signal(&output.status),
            #[cfg(windows)]
            signal: None,
            stdout: output.stdout,
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.base);
    }
}

/// Writes a script and makes it executable, from a process of its own: a descriptor open for
/// writing here could be inherited by another test's child and make the script "busy".
pub(crate) fn write_script(path: &Path, text: &str) {
    let mut shell = Command::new("/bin/sh")
        .args(["-c", "rm -f \"$0\"; cat >\"$0\" && chmod +x \"$0\""])
        .arg(path)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    io::Write::write_all(&mut shell.stdin.take().unwrap(), text.as_bytes()).unwrap();
    assert!(shell.wait().unwrap().success());
}

/// The shim that the tests are about: with std, as cargo builds it for tests, or the one that is shipped.
/// `GOWARD_TEST_SHIM` names one that was shipped, for this system or for another that this one can run.
pub(crate) fn shim() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| {
        let for_tests = PathBuf::from(env!("CARGO_BIN_EXE_shim"));
        // There is no cargo in Windows' world.
        if env!("CARGO_CRATE_NAME") == "as_built" || cfg!(windows) {
            return for_tests;
        }
        if let Some(path) = std::env::var_os("GOWARD_TEST_SHIM") {
            return fs::canonicalize(path).unwrap();
        }
        let target = for_tests.ancestors().nth(2).unwrap();
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--quiet", "--locked", "--release", "--package", "goward-shim"]);
        if cfg!(feature = "portable") {
            build.args(["--features", "portable"]);
        }
        let status = build.arg("--target-dir").arg(target).status().unwrap();
        assert!(status.success(), "cannot build the shim");
        target.join("release/shim")
    })
}

/// The fake go, compiled once. Sandboxes hold links to it, for the reason given above.
fn fake_go() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| {
        if let Some(made) = std::env::var_os("GOWARD_TEST_FAKE_GO") {
            return made.into();
        }
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let path = directory.join("fake-go");
        let fresh = directory.join(format!("fake-go-{}", std::process::id()));
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/shim/fake_go.rs");
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let status = Command::new(rustc)
            .args(["--edition=2024", "-o"])
            .arg(&fresh)
            .arg(source)
            .status()
            .unwrap();
        assert!(status.success());
        fs::rename(fresh, &path).unwrap();
        path
    })
}
