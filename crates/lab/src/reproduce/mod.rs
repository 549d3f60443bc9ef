//! `goward reproduce`: build a project twice, in two places that have nothing in common but the pins, and
//! compare what came out.
//!
//! Each build has its own copy of the project, its own build cache and directory for temporary files,
//! and its own store, which is another path for GOROOT. The modules that were downloaded are shared. What a
//! build left in its copy is compared byte by byte.

mod compare;
mod copy;
mod explain;
mod provenance;
mod side;

use crate::Lab;
pub use compare::FileComparison;
use copy::Files;
pub use explain::Reason;
use goward_core::ctx::Ctx;
use goward_core::error::{Error, Kind, Result, untrusted};
use goward_core::fs;
use goward_core::install::request::Fetch;
use goward_core::os::bytes::{self, Bytes};
use goward_core::resolve::Resolver;
use goward_core::resolve::environment::change;
use goward_core::resolve::resolved_go::{Origin, ResolvedGo, ResolvedToolchain};
use goward_core::resolve::shim_errors::first_step;
use goward_core::session::Session;
use goward_core::store::Store;
use goward_shim::{Tool, layout, names};
pub(crate) use provenance::package_url;
use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The two builds: their directories differ in length, too, so that a path inside moves things.
const BUILDS: [&str; 2] = ["first", "second-build"];

/// One of the two builds.
struct Build {
    /// What it is called in messages.
    name: &'static str,
    /// Its copy of the project.
    project: PathBuf,
    /// Where the command runs.
    directory: PathBuf,
    cache: PathBuf,
    scratch: PathBuf,
    /// Where `go install` puts programs.
    installed: PathBuf,
    /// The store that it uses.
    home: PathBuf,
    session: Session,
    /// What was there before it began.
    before: Files,
}

/// What came out of two builds.
#[derive(Debug)]
pub struct ReproduceReport {
    /// What the builds left behind, sorted by path.
    pub files: Vec<FileComparison>,
    /// What built.
    pub toolchain: ResolvedToolchain,
    /// The directory in the project in which the command ran; empty for the project's own.
    pub directory: PathBuf,
}

impl Lab<'_> {
    /// Builds twice with what governs here, and compares.
    ///
    /// # Errors
    ///
    /// When nothing governs here, the project cannot be copied, or a build fails or leaves nothing.
    pub fn reproduce(&self, command: &[OsString]) -> Result<ReproduceReport> {
        let ResolvedGo::Toolchain(toolchain) = self.resolver.governing(Tool::Go)? else {
            return Err(Error::new(Kind::Usage, "there are no pins to build with here")
                .hint(first_step(&self.session.ctx)));
        };
        check(command)?;
        self.installer.ensure_installed(&toolchain, &Fetch::default())?;
        self.installer.check_resolved(&toolchain)?;
        let root = self.root_to_copy(&toolchain);
        let base = self.session.ctx.variable("TMPDIR").map_or(Path::new("/tmp"), Path::new);
        let base = fs::canonicalize(base)?;
        if base.starts_with(fs::canonicalize(&root)?) {
            let (base, root) = (base.display(), root.display());
            return Err(Error::new(
                Kind::Usage,
                format!("`{base}` is in `{root}`, which is copied"),
            )
            .hint("choose another place for the copies: `TMPDIR=/absolute/path`"));
        }
        let base =
            fs::retry(|| tempfile::Builder::new().prefix("goward-reproduce-").tempdir_in(&base))?;
        let mut builds = Vec::new();
        for (number, name) in BUILDS.into_iter().enumerate() {
            let build =
                self.prepare_build(&toolchain, &root, &base.path().join(name), number, name)?;
            build.run(&toolchain, command)?;
            builds.push(build);
        }
        let files = match &builds[..] {
            [first, second] => compare::compare(first, second)?,
            _ => Vec::new(),
        };
        if files.is_empty() {
            return Err(Error::new(Kind::Failed, "the builds left nothing to compare")
                .detail("a file counts that was made or changed in the project's directory")
                .hint("name an output: `goward reproduce -- go build -o app .`"));
        }
        let directory = self.session.ctx.cwd.strip_prefix(&root).unwrap_or(Path::new(""));
        Ok(ReproduceReport { files, toolchain: *toolchain, directory: directory.to_owned() })
    }

    /// Returns the outermost directory that belongs to the project here: that of its lock, workspace,
    /// module or repository. Without the repository there would be no stamp.
    fn root_to_copy(&self, toolchain: &ResolvedToolchain) -> PathBuf {
        let cwd = &self.session.ctx.cwd;
        let of_lock = match &toolchain.origin {
            Origin::Lock(lock) => lock.parent().filter(|parent| cwd.starts_with(parent)),
            Origin::Call(_) | Origin::Default(_) | Origin::Request(_) => None,
        };
        let with = |name: &str| cwd.ancestors().find(|directory| directory.join(name).exists());
        let candidates = [of_lock, with("go.work"), with("go.mod"), with(".git"), Some(cwd)];
        let outermost = candidates.into_iter().flatten().min_by_key(|path| path.as_os_str().len());
        outermost.unwrap_or(cwd).to_owned()
    }

    /// Makes the place of one build.
    fn prepare_build(
        &self,
        toolchain: &ResolvedToolchain,
        root: &Path,
        base: &Path,
        number: usize,
        name: &'static str,
    ) -> Result<Build> {
        let label = root.file_name().unwrap_or(OsStr::new("project"));
        let project = base.join("src").join(label);
        let inside = self.session.ctx.cwd.strip_prefix(root).unwrap_or(Path::new(""));
        let [cache, scratch, installed] =
            ["cache", "tmp", "bin"].map(|directory| base.join(directory));
        for directory in [&cache, &scratch, &installed] {
            fs::create_dir_all(directory)?;
        }
        let before = copy::copy(root, &project)?;
        // A GOROOT that the lock fixes is the same for everybody, and only leads to the user's store.
        let own_store = number > 0 && toolchain.goroot.is_none();
        let home = if own_store {
            second_store(self.session, toolchain, base)?
        } else {
            self.session.ctx.home()?
        };
        let mut variables = self.session.ctx.variables.clone();
        let mut set = |name: &str, value: &Path| variables.insert(name.into(), value.into());
        set("GOCACHE", &cache);
        set("GOTMPDIR", &scratch);
        set("TMPDIR", &scratch);
        set(names::HOME_VAR, &home);
        if let Origin::Lock(lock) | Origin::Default(lock) = &toolchain.origin {
            // The copy of a lock is not what was trusted.
            set(names::LOCK_VAR, lock);
        }
        let directory = project.join(inside);
        set("PWD", &directory);
        let ctx = Ctx { variables, cwd: directory.clone(), ..self.session.ctx.clone() };
        let (ui, config) = (self.session.ui, self.session.config.clone());
        let session = Session::new(ctx, ui, config);
        Ok(Build { name, project, directory, cache, scratch, installed, home, session, before })
    }
}

/// Refuses a command whose output both builds would write to the same place.
fn check(command: &[OsString]) -> Result<()> {
    let mut words = command.iter().map(|word| word.to_string_lossy());
    if words.next().as_deref() != Some("go") {
        return Ok(());
    }
    while let Some(word) = words.next() {
        let output = match word.trim_start_matches('-').split_once('=') {
            Some(("o", output)) if word.starts_with('-') => output.to_owned(),
            _ if matches!(&*word, "-o" | "--o") => {
                words.next().map(Cow::into_owned).unwrap_or_default()
            }
            _ => continue,
        };
        if Path::new(&output).is_absolute() {
            let output = untrusted(output);
            let message = format!("both builds would write `{output}`");
            return Err(Error::new(Kind::Usage, message)
                .detail("nothing was built")
                .hint("name an output in the project: `-o app`"));
        }
    }
    Ok(())
}

/// Makes a store at another path, whose toolchain is that of the user's store.
fn second_store(session: &Session, toolchain: &ResolvedToolchain, base: &Path) -> Result<PathBuf> {
    let home = base.join("store");
    let bytes = home.as_os_str().as_bytes();
    let real = session.ctx.home()?;
    let real = real.as_os_str().as_bytes();
    let [target, link] =
        [real, bytes].map(|home| bytes::into_path(layout::tree(home, &toolchain.key)));
    Store::new(home.clone()).prepare()?;
    fs::symlink(target, link)?;
    Ok(home)
}

impl Build {
    /// Runs the command; what it prints goes to standard error.
    fn run(&self, toolchain: &ResolvedToolchain, words: &[OsString]) -> Result<()> {
        let Some((program, args)) = words.split_first() else {
            return Err(Error::new(Kind::Usage, "there is no command to run"));
        };
        let own = program == "go";
        let program = if own {
            Resolver::new(&self.session).program(toolchain, Tool::Go)?
        } else {
            program.into()
        };
        let mut command = Command::new(&program);
        command.args(args).env_clear().envs(&self.session.ctx.variables);
        change(&mut command, Resolver::new(&self.session).environment(toolchain)?);
        command.env("PATH", Resolver::new(&self.session).path_with(toolchain)?);
        if toolchain.goroot.is_none() {
            // By itself `go` finds its own directory, whatever link leads there.
            command.env("GOROOT", Resolver::new(&self.session).root(toolchain)?);
        }
        if own && args.first().is_some_and(|word| word == "install") {
            command.env("GOBIN", &self.installed);
        }
        command.current_dir(&self.directory).stdin(Stdio::null()).stdout(std::io::stderr());
        let shown = untrusted(words[0].to_string_lossy());
        let status = command.status().map_err(|error| Error::cannot_run(&words[0], &error))?;
        if status.success() {
            return Ok(());
        }
        let error = Error::new(Kind::Failed, format!("`{shown}` failed: {status}"));
        Err(if self.name == BUILDS[0] {
            error
        } else {
            error.with_kind(Kind::Findings).detail("the first build, elsewhere, did not fail")
        })
    }

    /// Returns the paths that a program must not know, each with what it is.
    fn places(&self) -> Vec<(&'static str, Vec<u8>)> {
        let place = |what, path: &Path| (what, path.as_os_str().as_bytes().to_vec());
        vec![
            place("the project's directory", &self.project),
            place("GOROOT", &self.home.join("tree")),
            place("the build cache", &self.cache),
            place("the directory for temporary files", &self.scratch),
        ]
    }
}
