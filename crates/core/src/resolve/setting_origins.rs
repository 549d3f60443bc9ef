//! Origins of values of GOEXPERIMENT and GODEBUG here, and which of them count.

use crate::error::{Result, untrusted};
use crate::os::bytes::{self, Bytes};
use crate::project::debug_comments::DebugLine;
use crate::project::debug_lines::ModuleDebug;
use crate::resolve::Resolver;
use crate::resolve::env_explain::{Lock, settings};
use crate::resolve::resolved_go::{ResolvedGo, ResolvedToolchain};
use crate::settings::{Settings, Source, Verdict};
use goward_shim::pins::Isolation;
use goward_shim::{Tool, goenv_file};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::fmt::Display;
use std::path::PathBuf;

/// A value that somebody gives to one of the two variables, or a part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingValue {
    /// Who.
    pub by: SettingOrigin,
    /// What, as Go reads it: items with commas between them.
    pub value: String,
    /// Whether it has a say in what runs, or is built, through goward here.
    pub counts: bool,
}

impl SettingValue {
    /// Returns what it says of GODEBUG, setting by setting, and what a release makes of each.
    pub fn judge(&self, settings: &Settings) -> Vec<(String, Verdict)> {
        let written = |source| settings.judge_written(source, &self.value);
        let whole = |verdict| vec![(self.value.clone(), verdict)];
        match self.by {
            SettingOrigin::ModuleFile(..) => whole(written(Source::Line)),
            SettingOrigin::Comment(..) | SettingOrigin::TestComment(..) => {
                whole(written(Source::Comment))
            }
            SettingOrigin::Member(..) => {
                whole(Verdict::Ignored("in a workspace those of `go.work` count".to_owned()))
            }
            SettingOrigin::GoEnvFile(_) | SettingOrigin::Environment | SettingOrigin::Pin(..) => {
                let items = self.value.split(',').filter(|item| !item.is_empty());
                let judge = |item: &str| match item.split_once('=') {
                    Some((key, value)) => settings.judge_variable(key, value),
                    None => Verdict::Ignored("it is no `key=value`".to_owned()),
                };
                items.map(|item| (item.to_owned(), judge(item))).collect()
            }
        }
    }
}

/// Who says it, weakest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingOrigin {
    /// A `godebug` line of `go.mod` or `go.work`.
    ModuleFile(PathBuf, u32),
    /// A `godebug` line of a `go.mod` in a workspace, which Go passes over.
    Member(PathBuf, u32),
    /// A `//go:debug` comment of a program.
    Comment(PathBuf, u32),
    /// A `//go:debug` comment of a test.
    TestComment(PathBuf, u32),
    /// The user's own file, written with `go env -w`.
    GoEnvFile(PathBuf),
    /// The environment of the caller.
    Environment,
    /// A pin: where the lock has it, and the profile, if one applies.
    Pin(String, Option<String>),
}

impl SettingOrigin {
    /// Returns true for a pin of the lock.
    pub fn is_pin(&self) -> bool {
        matches!(self, Self::Pin(..))
    }

    /// Returns true for what acts on tests alone.
    pub fn is_of_test(&self) -> bool {
        matches!(self, Self::TestComment(..))
    }

    /// Returns its name in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::ModuleFile(..) => "module-file",
            Self::Member(..) => "workspace-member",
            Self::Comment(..) => "comment",
            Self::TestComment(..) => "test-comment",
            Self::GoEnvFile(_) => "go-env-file",
            Self::Environment => "environment",
            Self::Pin(_, Some(_)) => "profile",
            Self::Pin(_, None) => "pin",
        }
    }
}

impl Display for SettingOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ModuleFile(path, line)
            | Self::Member(path, line)
            | Self::Comment(path, line)
            | Self::TestComment(path, line) => write!(f, "{}:{line}", path.display()),
            Self::GoEnvFile(path) => write!(f, "go env -w, {}", path.display()),
            Self::Environment => f.write_str("environment"),
            Self::Pin(place, None) => f.write_str(place),
            Self::Pin(place, Some(profile)) => write!(f, "{place}, profile {profile}"),
        }
    }
}

impl Resolver<'_> {
    /// Returns what is said of GOEXPERIMENT here, weakest first.
    pub fn experiment_origins(&self) -> Result<Vec<SettingValue>> {
        let toolchain = self.toolchain_here()?;
        let mut said = self.outside("GOEXPERIMENT", toolchain.as_ref());
        said.extend(toolchain.as_ref().and_then(|toolchain| pin("GOEXPERIMENT", toolchain)));
        Ok(said)
    }

    /// Returns what is said of GODEBUG here, weakest first.
    pub fn debug_origins(&self, module: &ModuleDebug) -> Result<Vec<SettingValue>> {
        let toolchain = self.toolchain_here()?;
        let said = |line: &DebugLine, by: fn(PathBuf, u32) -> SettingOrigin| SettingValue {
            by: by(line.path.clone(), line.line),
            value: line.setting.clone(),
            counts: true,
        };
        let lines = module.lines.iter().map(|line| said(line, SettingOrigin::ModuleFile));
        let members = module.passed_over.iter();
        let members =
            members.map(|line| SettingValue { counts: false, ..said(line, SettingOrigin::Member) });
        let comments = module.comments.iter().map(|line| {
            said(
                line,
                if line.is_of_test() { SettingOrigin::TestComment } else { SettingOrigin::Comment },
            )
        });
        let mut all: Vec<SettingValue> = lines.chain(members).chain(comments).collect();
        all.extend(self.outside("GODEBUG", toolchain.as_ref()));
        all.extend(toolchain.as_ref().and_then(|toolchain| pin("GODEBUG", toolchain)));
        Ok(all)
    }

    /// Returns what the module here says of GODEBUG.
    pub fn module_debug(&self) -> Result<ModuleDebug> {
        let go111module = self.passed("GO111MODULE")?;
        ModuleDebug::read(
            &self.session.ctx.cwd,
            self.session.ctx.variable("GOWORK"),
            go111module.as_deref(),
        )
    }

    /// Returns the value with which a variable that no lock pins reaches Go here.
    fn passed(&self, name: &str) -> Result<Option<OsString>> {
        let toolchain = self.toolchain_here()?;
        let changes = match &toolchain {
            Some(toolchain) => self.environment(toolchain)?,
            None => Vec::new(),
        };
        let ours = changes.into_iter().find(|(changed, _)| changed == name).map(|(_, value)| value);
        let caller = ours.unwrap_or_else(|| self.session.ctx.variable(name).map(OsString::from));
        if caller.is_some() {
            return Ok(caller.filter(|value| !value.is_empty()));
        }
        let isolation = toolchain.map_or(Isolation::default(), |toolchain| toolchain.isolation);
        let row = goward_shim::pins::row(name.as_bytes());
        let reaches = row.is_none_or(|row| row.rule.passes_from_file(isolation));
        let own = self.own_settings(isolation).filter(|_| reaches);
        let value = own.and_then(|(_, mut settings)| settings.remove(name));
        Ok(value.filter(|value| !value.is_empty()).map(OsString::from))
    }

    /// Returns the user's own file of `go env -w`, and what it has.
    fn own_settings(&self, isolation: Isolation) -> Option<(PathBuf, BTreeMap<String, String>)> {
        let entries = self.session.ctx.entries();
        let home = self.session.ctx.home().unwrap_or_default();
        let env = self.session.ctx.environment(&entries);
        let own = goenv_file::locate(home.as_os_str().as_bytes(), isolation, &env).own?;
        let path = bytes::into_path(own);
        let settings = settings(&path);
        Some((path, settings))
    }

    /// Returns what of goward governs here. Where nothing can run that is nothing, too.
    pub fn toolchain_here(&self) -> Result<Option<ResolvedToolchain>> {
        match self.governing(Tool::Go) {
            Ok(ResolvedGo::Toolchain(toolchain)) => Ok(Some(*toolchain)),
            Ok(ResolvedGo::Foreign { .. }) => Ok(None),
            Err(error) if error.is_not_installed() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Returns true when the user's own file says something of a variable.
    pub fn is_in_go_env_file(&self, name: &str, toolchain: &ResolvedToolchain) -> bool {
        let said = self.outside(name, Some(toolchain));
        said.iter().any(|said| matches!(said.by, SettingOrigin::GoEnvFile(_)))
    }

    /// Returns what the caller's environment and file say of a variable that goward owns: where it
    /// governs, they do not count. Go itself never reads GODEBUG from the file.
    fn outside(&self, name: &str, toolchain: Option<&ResolvedToolchain>) -> Vec<SettingValue> {
        let isolation = toolchain.map_or(Isolation::default(), |toolchain| toolchain.isolation);
        let variable =
            self.session.ctx.variable(name).map(|value| value.to_string_lossy().into_owned());
        let own = self.own_settings(isolation);
        let in_file = own.and_then(|(path, mut all)| Some((path, all.remove(name)?)));
        let in_file = in_file.filter(|(_, value)| !value.is_empty());
        let is_foreign = toolchain.is_none();
        let file_counts = is_foreign && variable.is_none() && name != "GODEBUG";
        let file = in_file.map(|(path, value)| SettingValue {
            by: SettingOrigin::GoEnvFile(path),
            value,
            counts: file_counts,
        });
        let variable = variable.map(|value| SettingValue {
            by: SettingOrigin::Environment,
            value,
            counts: is_foreign,
        });
        file.into_iter().chain(variable).collect()
    }
}

fn pin(name: &str, toolchain: &ResolvedToolchain) -> Option<SettingValue> {
    let (_, value) = toolchain.pins.iter().find(|(pinned, _)| pinned == name)?;
    let place = Lock::read(toolchain).place(name);
    let by = SettingOrigin::Pin(place, toolchain.profile.clone());
    Some(SettingValue { by, value: value.clone(), counts: true })
}

/// Returns what to say of a value that does not count.
pub fn ignored(name: &str, said: &SettingValue) -> Option<String> {
    let value = untrusted(&said.value);
    (!said.counts).then(|| format!("`{name}={value}` does not count here ({})", said.by))
}
