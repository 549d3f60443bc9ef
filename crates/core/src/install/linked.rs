//! Toolchains that are already on the machine, and requests that name one.

use crate::checks::TOOLS;
use crate::error::{Error, Kind, Result, untrusted};
use crate::fs;
use crate::install::Installer;
use crate::install::request::{InstallOutcome, LockEntry, ToolchainRequest};
use crate::os::bytes::Bytes;
use crate::platform::Platform;
use crate::project::manifest::Manifest;
use crate::releases::schedule::recommended;
use crate::resolve::lookup::{check_unchanged, named, near_name, not_linked};
use crate::resolve::resolved_go::ResolvedToolchain;
use crate::store::hash_linked_tree;
use crate::store::{InstalledToolchain, LinkTarget, Receipt, Store, program_of};
use crate::verify::{H1, Level};
use crate::version::GoVersion;
use crate::version::link_name::LinkName;
use crate::version::vendor_version::release_of;
use goward_shim::{names, path_lookup};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A directory that was just linked.
#[derive(Clone, Debug)]
pub struct NewLink {
    /// Its name.
    pub name: LinkName,
    /// Where it is, and what it says of itself.
    pub linked: LinkTarget,
    /// What the name means now.
    pub installed: InstalledToolchain,
    /// Whether the name meant something else before.
    pub is_other: bool,
}

/// A directory that can be linked.
#[derive(Clone, Debug)]
pub struct LinkPlan {
    /// Its name.
    pub name: LinkName,
    /// Where it is, and what it says of itself.
    pub linked: LinkTarget,
    /// The release that it is.
    pub version: GoVersion,
}

/// What the `go` of a linked directory needs of the environment to say what it is.
const WANTED: &[&str] =
    if cfg!(windows) { &["LOCALAPPDATA", "PATH", "SystemRoot"] } else { &["HOME", "PATH"] };

impl Installer<'_> {
    /// Links the toolchain in a directory of the machine as `name`.
    ///
    /// # Errors
    ///
    /// For what can be no name, and for a directory that is no toolchain of this platform, is
    /// goward's own, or changes meanwhile. What the name meant before stays.
    pub fn link(&self, name: &str, directory: &Path) -> Result<NewLink> {
        let LinkPlan { name, linked, version } = self.plan_link(name, directory)?;
        let directory = PathBuf::from(&linked.path);
        let nothing = |error: Error| error.detail("nothing was linked");
        let store = self.session.store()?;
        self.prepare_store(&store)?;
        let found = hash_linked_tree(&directory, version, Platform::host());
        let found = found.map_err(|error| nothing(error.into()))?;
        if !linked.is_unchanged() {
            let message = format!("`{}` changed while it was read", linked.path);
            return Err(nothing(Error::new(Kind::Failed, message).hint("try again")));
        }
        let receipt = Receipt::of_linked(version, Platform::host(), &found, linked.clone());
        let before = store.linked(&name)?;
        let installed = store.link(&name, &receipt)?;
        if installed.is_linked() {
            store.write_list(&installed, &found.files)?;
        }
        let is_other = before.is_some_and(|before| before.key != installed.key);
        Ok(NewLink { name, linked, installed, is_other })
    }

    /// Returns what [`Installer::link`] would link, without reading all of it.
    ///
    /// # Errors
    ///
    /// For what can be no name, and for a directory that is no toolchain of this platform.
    pub fn plan_link(&self, name: &str, directory: &Path) -> Result<LinkPlan> {
        let name = LinkName::parse(name)?;
        let linked = LinkTarget::look_at(&self.directory_to_link(directory)?)?;
        let version = self.ask_version(&linked)?;
        Ok(LinkPlan { name, linked, version })
    }

    /// Returns the directory without links, if it is not goward's own.
    fn directory_to_link(&self, directory: &Path) -> Result<PathBuf> {
        let named = self.session.ctx.cwd.join(directory);
        let real = fs::canonicalize(&named).map_err(|error| {
            let missing = error.kind() == std::io::ErrorKind::NotFound;
            let error = if missing {
                Error::new(Kind::NotFound, format!("`{}` does not exist", named.display()))
            } else {
                Error::from(error)
            };
            error.detail("nothing was linked")
        })?;
        let home = self.session.ctx.home()?;
        let in_store = fs::canonicalize(&home).is_ok_and(|home| real.starts_with(home));
        // A copy of a tree of goward's has its programs elsewhere.
        if in_store || path_lookup::is_shim(program_of(&real, TOOLS[0]).as_os_str().as_bytes()) {
            let message = format!("`{}` is goward's own", real.display());
            return Err(Error::new(Kind::Usage, message)
                .detail("its `go` would call itself without end; nothing was linked")
                .hint("name what is installed by its version: `goward use REQUEST`"));
        }
        Ok(real)
    }

    /// Returns the version of a toolchain, which its own `go` has to confirm, and that it runs on
    /// this machine.
    fn ask_version(&self, linked: &LinkTarget) -> Result<GoVersion> {
        let LinkTarget { path, text, .. } = linked;
        let program = program_of(Path::new(path), TOOLS[0]);
        let shown = program.display();
        let refused =
            |kind, message: String| Error::new(kind, message).detail("nothing was linked");
        let version = release_of(text).ok_or_else(|| {
            let text = untrusted(text);
            refused(Kind::Usage, format!("`{path}` says that it is `{text}`, no version of Go"))
        })?;
        let mut command = Command::new(&program);
        command.args(["env", "GOHOSTOS", "GOHOSTARCH", "GOVERSION"]).env_clear();
        for name in WANTED {
            command.envs(self.session.ctx.variable(name).map(|value| (name, value)));
        }
        // Neither a module around it nor a setting may answer in its place.
        command.envs([("GOTOOLCHAIN", "local"), ("GOENV", "off"), ("GO111MODULE", "off")]);
        command.current_dir(path).stdin(Stdio::null());
        let output = command
            .output()
            .map_err(|error| refused(Kind::Failed, format!("cannot run `{shown}`: {error}")))?;
        if !output.status.success() {
            let why = String::from_utf8_lossy(&output.stderr);
            let message = format!("`{shown} env` fails: {}", untrusted(why.trim()));
            return Err(refused(Kind::Failed, message));
        }
        let answer = String::from_utf8_lossy(&output.stdout);
        let mut lines = answer.lines();
        let mut next = || lines.next().unwrap_or_default();
        let (os, arch, told) = (next(), next(), next());
        let host = Platform::host();
        if (os, arch) != (host.os(), host.arch()) {
            let platform = untrusted(format!("{os}/{arch}"));
            let message = format!("`{path}` is a toolchain for {platform}, and this is {host}");
            return Err(refused(Kind::Usage, message));
        }
        if release_of(told) != Some(version) {
            let (told, text) = (untrusted(told), untrusted(text));
            let message = format!("`{path}` says that it is `{text}`, its `bin/go` says `{told}`");
            return Err(refused(Kind::Verification, message));
        }
        Ok(version)
    }

    /// Takes a name away; returns what it meant.
    ///
    /// # Errors
    ///
    /// When nothing is linked under the name, or it is the default.
    pub(crate) fn unlink(
        &self,
        name: &LinkName,
        platform: Option<Platform>,
        is_dry: bool,
    ) -> Result<InstalledToolchain> {
        let store = self.session.store()?;
        let is_meant = |found: &InstalledToolchain| {
            platform.is_none_or(|wanted| wanted == found.receipt.platform)
        };
        let installed = store.linked(name)?.filter(is_meant).ok_or_else(|| {
            let error = not_linked(name);
            match near_name(&store, name, []) {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error.hint("`goward list` shows what is"),
            }
        })?;
        if installed.is_linked() {
            self.resolver
                .check_not_default(std::slice::from_ref(&installed), &format!("`{name}`"))?;
        }
        if !is_dry {
            store.unlink(name)?;
        }
        Ok(installed)
    }

    /// Installs a linked toolchain, which is there already or cannot be had.
    pub(crate) fn install_named(
        &self,
        name: &LinkName,
        platform: Platform,
    ) -> Result<InstallOutcome> {
        let installed = named(&self.session.store()?, name)?;
        let own = installed.receipt.platform;
        if own == platform {
            return self.with_links(installed);
        }
        let message = format!("`{name}` is linked for {own}, not for {platform}");
        Err(Error::new(Kind::Usage, message)
            .hint(format!("link it there: `goward link {name} PATH`")))
    }

    /// Installs what a lock of level `linked` wants; sources do not have it.
    pub(crate) fn install_locked_link(
        &self,
        want: &ToolchainRequest,
        locked: &LockEntry,
    ) -> Result<InstallOutcome> {
        self.with_links(self.link_for(want, locked)?)
    }

    /// Returns the linked toolchain that a lock wants.
    pub(crate) fn link_for(
        &self,
        want: &ToolchainRequest,
        locked: &LockEntry,
    ) -> Result<InstalledToolchain> {
        let store = self.session.store()?;
        let h1 = H1::parse(&locked.h1);
        let found = match &h1 {
            Some(h1) => store.find(want.version, want.platform, Some(h1))?,
            None => None,
        };
        let Some(installed) = found else { return Err(missing(&store, want, locked)?) };
        permit(&installed, want.demand)?;
        check_unchanged(&store, &installed)?;
        Ok(installed)
    }

    /// Returns what to say when a toolchain that governs is a directory that changed.
    pub fn change_of(&self, toolchain: &ResolvedToolchain) -> Result<Option<Error>> {
        let store = self.session.store()?;
        let Some(h1) = H1::parse(&toolchain.h1) else { return Ok(None) };
        let found = store.find(toolchain.version, Platform::host(), Some(&h1))?;
        Ok(found.and_then(|installed| check_unchanged(&store, &installed).err()))
    }

    /// Returns the linked toolchain that a manifest asks for by name.
    pub(crate) fn link_of(
        &self,
        manifest: &Manifest,
        name: &LinkName,
    ) -> Result<InstalledToolchain> {
        let installed = named(&self.session.store()?, name)?;
        let own = installed.receipt.platform;
        let listed = manifest.platforms().listed();
        if let Some(other) = listed.iter().find(|platform| **platform != own) {
            let message =
                format!("`{name}` is linked on this machine, for {own}; {other} has none");
            return Err(Error::new(Kind::Usage, message).detail("nothing was changed").hint(
                format!(
                    "take {other} out of `platforms` in `{}`, or ask for a release",
                    names::MANIFEST_FILE
                ),
            ));
        }
        permit(&installed, manifest.demanded_level(Level::None))?;
        Ok(installed)
    }

    /// Makes the links of an installed toolchain where they are missing.
    fn with_links(&self, installed: InstalledToolchain) -> Result<InstallOutcome> {
        if !installed.tree.join(names::GO).exists() {
            let store = self.session.store()?;
            self.prepare_store(&store)?;
            store.ensure_shims(&installed)?;
        }
        Ok(InstallOutcome { installed, is_new: false, warnings: Vec::new(), notes: Vec::new() })
    }
}

/// Refuses a linked toolchain where the project demands more. What the user accepts in general does
/// not matter: they linked it.
fn permit(installed: &InstalledToolchain, demand: Level) -> Result<()> {
    let level = installed.level();
    if level >= demand {
        return Ok(());
    }
    let Receipt { version, platform, .. } = &installed.receipt;
    let message =
        format!("{version} for {platform} is at level `{level}`; the project demands `{demand}`");
    Err(Error::new(Kind::Verification, message)
        .detail("nothing was changed")
        .hint(format!("ask for a release: `goward use 1.{}`", recommended(version.minor()))))
}

/// Explains that a lock wants a linked toolchain which is not there.
fn missing(store: &Store, want: &ToolchainRequest, locked: &LockEntry) -> Result<Error> {
    let path = &locked.path;
    let text = locked.link.as_deref().unwrap_or_default();
    let wanted = format!("it wants {} for {}, {}", want.version, want.platform, locked.h1);
    let is_default = Path::new(path).file_name().is_some_and(|n| n == names::DEFAULT_LOCK_FILE);
    let Ok(name) = LinkName::parse(text) else {
        let message = format!("`{path}` names no linked toolchain: `{}`", untrusted(text));
        return Ok(Error::new(Kind::NotFound, message).hint("write it again: `goward lock`"));
    };
    let Some(other) = store.linked(&name)? else {
        let message = format!("no toolchain is linked as `{name}` (wanted by `{path}`)");
        return Ok(Error::new(Kind::NotFound, message)
            .detail(wanted)
            .hint(format!("link it: `goward link {name} PATH`")));
    };
    let Receipt { version, h1, source, .. } = &other.receipt;
    let message = format!("`{name}` is another toolchain here than in `{path}`");
    Ok(Error::new(Kind::NotFound, message)
        .detail(wanted)
        .detail(format!("linked is {version}, {h1} ({source})"))
        .hint(if is_default {
            format!("take this one: `goward default {name}`")
        } else {
            "take this one: `goward lock`".to_owned()
        }))
}
