//! Who says something of GOEXPERIMENT or GODEBUG here, and whether it counts.

use super::Session;
use super::explain::{Lock, settings};
use super::governing::{Governing, Toolchain};
use crate::error::{Result, untrusted};
use crate::project::debug_lines::{DebugLine, FIRST_WITH_COMMENTS, FIRST_WITH_LINES, ModuleDebug};
use goward_shim::{Environment, Tool, barrier, pins::Isolation};
use std::ffi::OsStr;
use std::fmt::{self, Display};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// A value that somebody gives to one of the two variables, or a part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Who.
    pub by: By,
    /// What, as Go reads it: items with commas between them.
    pub value: String,
    /// Whether it has a say in what runs, or is built, through goward here.
    pub counts: bool,
}

impl Said {
    /// Returns the values that it gives to a GODEBUG setting, or to one of `cpu.*`.
    pub fn values<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s str> {
        let settings = self.value.split(',').filter_map(|setting| setting.split_once('='));
        let is_it = move |key: &str| match name.strip_suffix('*') {
            Some(prefix) => key.starts_with(prefix),
            None => key == name,
        };
        settings.filter(move |(key, _)| is_it(key)).map(|(_, value)| value)
    }
}

/// Who says it, weakest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    /// A `godebug` line of `go.mod` or `go.work`.
    ModuleFile(PathBuf, u32),
    /// A `//go:debug` comment.
    Comment(PathBuf, u32),
    /// The user's own file, written with `go env -w`.
    GoEnvFile(PathBuf),
    /// The environment of the caller.
    Environment,
    /// A pin: where the lock has it, and the profile, if one applies.
    Pin(String, Option<String>),
}

impl By {
    /// Returns true for a pin of the lock.
    pub fn is_pin(&self) -> bool {
        matches!(self, Self::Pin(..))
    }

    /// Returns its name in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::ModuleFile(..) => "module-file",
            Self::Comment(..) => "comment",
            Self::GoEnvFile(_) => "go-env-file",
            Self::Environment => "environment",
            Self::Pin(_, Some(_)) => "profile",
            Self::Pin(_, None) => "pin",
        }
    }
}

impl Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ModuleFile(path, line) | Self::Comment(path, line) => {
                write!(f, "{}:{line}", path.display())
            }
            Self::GoEnvFile(path) => write!(f, "go env -w, {}", path.display()),
            Self::Environment => f.write_str("environment"),
            Self::Pin(place, None) => f.write_str(place),
            Self::Pin(place, Some(profile)) => write!(f, "{place}, profile {profile}"),
        }
    }
}

impl Session {
    /// Returns what is said of GOEXPERIMENT here, weakest first.
    ///
    /// # Errors
    ///
    /// When the lock that governs here cannot be used.
    pub fn said_of_experiments(&self) -> Result<Vec<Said>> {
        let toolchain = self.toolchain_here()?;
        let mut said = self.outside("GOEXPERIMENT", toolchain.as_ref());
        said.extend(toolchain.as_ref().and_then(|toolchain| pin("GOEXPERIMENT", toolchain)));
        Ok(said)
    }

    /// Returns what is said of GODEBUG here, for a release of the line 1.`minor`, weakest first.
    ///
    /// # Errors
    ///
    /// When the lock that governs here cannot be used.
    pub fn said_of_debug(&self, module: &ModuleDebug, minor: u32) -> Result<Vec<Said>> {
        let toolchain = self.toolchain_here()?;
        let said = |line: &DebugLine, by: fn(PathBuf, u32) -> By, first| Said {
            by: by(line.path.clone(), line.line),
            value: format!("{}={}", line.key, line.value),
            counts: minor >= first,
        };
        let lines = module.lines.iter().map(|line| said(line, By::ModuleFile, FIRST_WITH_LINES));
        let comments = module.comments.iter();
        let comments = comments.map(|line| said(line, By::Comment, FIRST_WITH_COMMENTS));
        let mut all: Vec<Said> = lines.chain(comments).collect();
        all.extend(self.outside("GODEBUG", toolchain.as_ref()));
        all.extend(toolchain.as_ref().and_then(|toolchain| pin("GODEBUG", toolchain)));
        Ok(all)
    }

    /// Returns what of goward governs here. Where nothing can run that is nothing, too.
    pub(super) fn toolchain_here(&self) -> Result<Option<Toolchain>> {
        match self.governing(Tool::Go) {
            Ok(Governing::Toolchain(toolchain)) => Ok(Some(*toolchain)),
            Ok(Governing::Foreign { .. }) => Ok(None),
            Err(error) if error.kind() == crate::error::Kind::NotInstalled => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Returns true when the user's own file says something of a variable.
    pub(super) fn is_in_go_env_file(&self, name: &str, toolchain: &Toolchain) -> bool {
        let said = self.outside(name, Some(toolchain));
        said.iter().any(|said| matches!(said.by, By::GoEnvFile(_)))
    }

    /// Returns what the caller's environment and file say of a variable that goward owns: where it
    /// governs, they do not count. Go itself never reads GODEBUG from the file.
    fn outside(&self, name: &str, toolchain: Option<&Toolchain>) -> Vec<Said> {
        let entries = self.ctx.entries();
        let home = self.ctx.home().unwrap_or_default();
        let isolation = toolchain.map_or(Isolation::default(), |toolchain| toolchain.isolation);
        let env = Environment::of(&entries);
        let own = barrier::locate(home.as_os_str().as_bytes(), isolation, &env).own;
        let own = own.map(|path| Path::new(OsStr::from_bytes(&path)).to_owned());
        let variable = self.ctx.variable(name).map(|value| value.to_string_lossy().into_owned());
        let in_file = own.as_deref().and_then(|path| settings(path).remove(name));
        let in_file = own.zip(in_file.filter(|value| !value.is_empty()));
        let is_foreign = toolchain.is_none();
        let file_counts = is_foreign && variable.is_none() && name != "GODEBUG";
        let file = in_file.map(|(path, value)| Said {
            by: By::GoEnvFile(path),
            value,
            counts: file_counts,
        });
        let variable =
            variable.map(|value| Said { by: By::Environment, value, counts: is_foreign });
        file.into_iter().chain(variable).collect()
    }
}

fn pin(name: &str, toolchain: &Toolchain) -> Option<Said> {
    let (_, value) = toolchain.pins.iter().find(|(pinned, _)| pinned == name)?;
    let place = Lock::read(toolchain).place(name);
    let by = By::Pin(place, toolchain.profile.clone());
    Some(Said { by, value: value.clone(), counts: true })
}

/// Returns what to say of a value that does not count.
pub fn ignored(name: &str, said: &Said) -> Option<String> {
    let value = untrusted(&said.value);
    (!said.counts).then(|| format!("`{name}={value}` does not count here ({})", said.by))
}
