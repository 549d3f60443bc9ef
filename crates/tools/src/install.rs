//! From the lock to a program in the store, built of what is locked and of nothing else.
//!
//! Each build has a module cache of its own. `go list` fills it, from this machine's cache where that
//! has a module, and holds every file against the `go.sum` that is in the lock. `go install
//! PACKAGE@VERSION` then sees that cache alone, so that its program is, byte for byte, the one that
//! it makes by itself with `-trimpath`.

use crate::Tools;
use crate::go_command::{GoCall, GoFailure, url_of};
use crate::lockfile::{LockedTool, line_of};
use crate::locking::flags_of;
use crate::project::ProjectTool;
use crate::receipt::{FILE, Receipt, digest_of};
use gosumdb::{Module, escape};
use goward_core::error::{Error, Kind, Result, untrusted};
use goward_core::fs;
use goward_core::install::lock_wait_reporter::LockWaitReporter;
use goward_core::install::module_proof::ModuleProof;
use goward_core::platform::Platform;
use goward_core::project::manifest::{ToolRequest, ToolSource};
use goward_core::resolve::resolved_go::ResolvedToolchain;
use goward_core::store::{Staging, flock};
use goward_core::verify::Digest;
use goward_shim::lock::Level;
use goward_shim::names::TOOLS_DIRECTORY;
use std::env::consts::EXE_SUFFIX;
use std::ffi::OsString;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// A tool that can be run.
#[derive(Clone, Debug)]
pub struct InstalledTool {
    /// Its program.
    pub program: PathBuf,
    /// What is known of it; nothing of one that is a directory of the project.
    pub receipt: Option<Receipt>,
    /// Whether it was built just now.
    pub is_new: bool,
}

impl Tools<'_> {
    /// Builds a tool of the project here, if it is not in the store.
    ///
    /// # Errors
    ///
    /// When it is not locked, its modules are not those of the lock, or it cannot be built; nothing of
    /// it is then in the store.
    pub fn install(&self, name: &str) -> Result<InstalledTool> {
        self.install_with(name, &self.own_go()?)
    }

    /// The same where `own` is the Go of the project.
    pub(crate) fn install_with(
        &self,
        name: &str,
        own: &ResolvedToolchain,
    ) -> Result<InstalledTool> {
        let (root, tool) = self.named(name)?;
        self.install_of(&root, name, &tool, own)
    }

    pub(crate) fn install_of(
        &self,
        root: &Path,
        name: &str,
        tool: &ProjectTool,
        own: &ResolvedToolchain,
    ) -> Result<InstalledTool> {
        if let ToolSource::Directory(directory) = &tool.request.source {
            return self.build_directory(root, name, directory, &tool.request, own);
        }
        let locked = tool.locked.as_ref().ok_or_else(|| {
            Error::new(Kind::NotFound, format!("the tool `{name}` is not locked"))
                .hint("lock it: `goward lock`")
        })?;
        // What an older Go built may not understand the packages of this one.
        if tool.request.go.is_none() && locked.go < own.version {
            let (package, locked, own) = (&locked.package, locked.go, own.version);
            let message = format!("`{package}` is locked for {locked}, and this project has {own}");
            return Err(Error::new(Kind::Usage, message).hint("lock it for that: `goward lock`"));
        }
        let go = self.go_of_lock(own.clone(), locked.go)?;
        self.install_locked(name, locked, &go)
    }

    /// Builds what is locked, if it is not in the store.
    pub(crate) fn install_locked(
        &self,
        name: &str,
        locked: &LockedTool,
        go: &ResolvedToolchain,
    ) -> Result<InstalledTool> {
        let store = self.session.store()?;
        let key = key_of(name, locked, go);
        let place = store.home().join(TOOLS_DIRECTORY).join(&key);
        if let Some(installed) = installed(&place) {
            return Ok(installed);
        }
        let mut waiting = LockWaitReporter::new(self.session.ui);
        let _lock = store
            .lock(&format!("tool-{key}"), "build", flock::PATIENCE, &mut |holder| {
                waiting.tell(holder);
            })
            .map_err(Error::from)?;
        // Whoever was waited for may have built it.
        if let Some(installed) = installed(&place) {
            return Ok(installed);
        }
        let level = self.proved_level(locked)?;
        let started = Instant::now();
        let bar = self.session.ui.spinner(&format!("building {name} with {}", go.version));
        let built = self.build_locked(locked, go);
        bar.finish_and_clear();
        let (staging, program) = built?;
        let directory = staging.path().join("tool");
        let file = program.file_name().unwrap_or_default().to_string_lossy();
        let receipt = Receipt::new(
            &locked.package,
            locked.module.to_string(),
            go.version.to_string(),
            level.name().to_owned(),
            &file,
            digest_of(&program)?,
        );
        receipt.write(&directory)?;
        for path in [&program, &directory.join(FILE)] {
            fs::File::open(path)?.sync_all()?;
        }
        fs::create_dir_all(store.home().join(TOOLS_DIRECTORY))?;
        if place.symlink_metadata().is_ok() {
            // Its receipt says nothing, so nobody runs it.
            fs::rename(&place, staging.path().join("damaged"))?;
        }
        fs::rename(&directory, &place)?;
        let seconds = started.elapsed().as_secs();
        self.session.ui.say(&format!(
            "built {name} {} ({level}) with {} in {seconds} s",
            locked.module.version(),
            go.version
        ));
        installed(&place).map(|tool| InstalledTool { is_new: true, ..tool }).ok_or_else(|| {
            Error::new(Kind::Failed, format!("the tool `{name}` was removed meanwhile"))
        })
    }

    /// Has the checksum database say again what was said when the tool was locked.
    fn proved_level(&self, locked: &LockedTool) -> Result<Level> {
        match self.installer.prove_modules(&locked.sums)? {
            ModuleProof::Logged => Ok(Level::Logged),
            ModuleProof::Private => Ok(Level::Listed),
            ModuleProof::Unasked(why) => {
                self.session
                    .ui
                    .warn(&format!("the lock alone says what {} is: {why}", locked.module));
                Ok(Level::Listed.min(locked.level))
            }
        }
    }

    /// Builds in a private directory; returns it, and the program in it.
    pub(crate) fn build_locked(
        &self,
        locked: &LockedTool,
        go: &ResolvedToolchain,
    ) -> Result<(Staging, PathBuf)> {
        self.build_with(locked, go, None).map_err(|failure| match failure {
            GoFailure::Other(error) => error.context(format!("cannot build {}", locked.module)),
            GoFailure::TooOld(needed) => {
                let message = format!(
                    "{} needs Go {needed}, and is locked for {}",
                    locked.module, go.version
                );
                Error::new(Kind::Failed, message).hint("lock it again: `goward tools upgrade`")
            }
        })
    }

    /// The same with a build cache of its own, if one is named.
    pub(crate) fn build_with(
        &self,
        locked: &LockedTool,
        go: &ResolvedToolchain,
        cache: Option<&Path>,
    ) -> Result<(Staging, PathBuf), GoFailure> {
        let staging = self.session.store()?.stage("tool").map_err(Error::from)?;
        let base = staging.path();
        let [source, modules, proxy, bin] =
            ["source", "modules", "proxy", "tool/bin"].map(|name| base.join(name));
        for directory in [&source, &modules, &proxy, &bin] {
            fs::create_dir_all(directory).map_err(Error::from)?;
        }
        let write =
            |path: PathBuf, text: &str| fs::replace(&path, text.as_bytes()).map_err(Error::from);
        let mut go_mod = format!("module goward.tools\n\ngo {}\n", go.version.number());
        for module in &locked.requires {
            _ = writeln!(go_mod, "require {}", line_of(module));
        }
        write(source.join("go.mod"), &go_mod)?;
        let sums = locked.sum_lines().join("\n");
        write(source.join("go.sum"), &format!("{sums}\n"))?;
        let mut variables = vec![("GOMODCACHE", modules.clone().into_os_string())];
        variables.extend(cache.map(|cache| ("GOCACHE", cache.into())));
        let call = |directory, flags: &str, more: Vec<(&'static str, String)>| GoCall {
            toolchain: go,
            directory,
            flags: flags_of(flags, &locked.tags),
            cgo: locked.cgo,
            experiments: locked.experiments.as_deref(),
            variables: variables
                .iter()
                .cloned()
                .chain(more.into_iter().map(|(name, value)| (name, value.into())))
                .collect(),
        };
        let fetching = call(
            &source,
            "-mod=readonly -modcacherw",
            vec![("GOPROXY", self.proxies_with_cache()?)],
        );
        self.run_go(&fetching, &["list", "-deps", "-f", "", "--", &locked.package])?;
        offer(&proxy, &locked.module)?;
        let no_path = || Error::new(Kind::Usage, "the path of the store has a `,` or a `|`");
        let url = url_of(&proxy).ok_or_else(no_path)?;
        let building = call(
            base,
            "-trimpath -buildvcs=false -modcacherw",
            vec![("GOPROXY", url), ("GOBIN", bin.display().to_string())],
        );
        let wanted = format!("{}@{}", locked.package, locked.module.version());
        self.run_go(&building, &["install", &wanted])?;
        let made = fs::read_dir(&bin).map_err(Error::from)?;
        let [program] = &made[..] else {
            let message = format!("`go install {}` made no program", untrusted(wanted));
            return Err(Error::new(Kind::Failed, message).into());
        };
        let program = program.path();
        Ok((staging, program))
    }

    /// Builds a directory of the project; Go's own cache says what is left to do.
    fn build_directory(
        &self,
        root: &Path,
        name: &str,
        directory: &str,
        request: &ToolRequest,
        own: &ResolvedToolchain,
    ) -> Result<InstalledTool> {
        let go = match &request.go {
            Some(go) => self.other_go(&go.to_string())?,
            None => own.clone(),
        };
        let store = self.session.store()?;
        let place = format!("{}\n{directory}\n", root.display());
        let name = format!("{name}@local-{}", &Digest::of(place.as_bytes()).to_string()[..16]);
        let bin = store.home().join(TOOLS_DIRECTORY).join(name).join("bin");
        fs::create_dir_all(&bin)?;
        let program = bin.join(format!("{}{}", request.source.program_name(), EXE_SUFFIX));
        let call = GoCall {
            toolchain: &go,
            directory: root,
            flags: flags_of("-trimpath", &request.tags),
            cgo: request.cgo,
            experiments: request.experiments.as_deref(),
            // A workspace counts, as it does for the project itself.
            variables: vec![("GOWORK", OsString::new())],
        };
        let output = program.display().to_string();
        match self.run_go(&call, &["build", "-o", &output, "--", directory]) {
            Ok(_) => Ok(InstalledTool { program, receipt: None, is_new: false }),
            Err(GoFailure::Other(error)) => Err(error),
            Err(GoFailure::TooOld(needed)) => {
                Err(Error::new(Kind::Failed, format!("`{directory}` needs Go {needed}")))
            }
        }
    }
}

/// Puts what `go install PACKAGE@VERSION` asks a proxy for into a directory: which versions there are.
/// Everything else is in the module cache.
fn offer(proxy: &Path, module: &Module) -> Result<()> {
    let directory = proxy.join(escape(module.path())).join("@v");
    fs::create_dir_all(&directory)?;
    let (version, name) = (module.version(), escape(module.version()));
    fs::replace(&directory.join("list"), format!("{version}\n").as_bytes())?;
    let info = format!("{{\"Version\":\"{version}\"}}\n");
    fs::replace(&directory.join(format!("{name}.info")), info.as_bytes())?;
    Ok(())
}

/// Returns the tool in a directory of the store; `None` when there is none.
fn installed(place: &Path) -> Option<InstalledTool> {
    let receipt = Receipt::read(place)?;
    let program = place.join("bin").join(&receipt.program);
    let is_there = fs::metadata(&program).is_ok_and(|found| found.is_file());
    is_there.then_some(InstalledTool { program, receipt: Some(receipt), is_new: false })
}

/// Returns the name in the store of what is built so. It depends on everything that the bytes depend
/// on.
pub(crate) fn key_of(name: &str, locked: &LockedTool, go: &ResolvedToolchain) -> String {
    let mut text = format!(
        "goward-tool 1\n{} {} {}\n{}@{}\ncgo {}\ntags {}\n",
        Platform::host(),
        go.version,
        go.h1,
        locked.package,
        locked.module.version(),
        locked.cgo,
        locked.tags.join(","),
    );
    for (pin, value) in &go.pins {
        if pin != "GODEBUG" && pin != "GOFLAGS" {
            _ = writeln!(text, "{pin}={value}");
        }
    }
    if let Some(experiments) = &locked.experiments {
        _ = writeln!(text, "experiments {}", experiments.join(","));
    }
    for line in locked.sum_lines() {
        _ = writeln!(text, "{line}");
    }
    let digest = Digest::of(text.as_bytes()).to_string();
    format!("{name}@{}-{}", locked.module.version(), &digest[..16])
}
