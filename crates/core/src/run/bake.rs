//! The lock's GODEBUG as the default of binaries: `godebug` lines in `go.mod` or `go.work`.
//!
//! The pin acts on what runs below the shim. What a binary does elsewhere is decided when it is
//! built, by the main module, or by the workspace in which it is built (Go 1.23 and newer). The
//! pinned Go's own editor makes the new text, so that the file has the form that Go gives it.

use crate::error::{Error, Kind, Result};
use crate::install::auto_install::not_installed;
use crate::os;
use crate::project::go_mod;
use crate::releases::schedule::recommended;
use crate::resolve::resolved_go::{Origin, ResolvedGo, ResolvedToolchain};
use crate::run::Runner;
use crate::settings::{FIRST_WITH_COMMENTS, FIRST_WITH_LINES, Settings};
use crate::version::GoVersion;
use goward_shim::Tool;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What came of it.
#[derive(Clone, Debug)]
pub struct BakeReport {
    /// Who pins the settings.
    pub origin: Origin,
    /// The file that has them now; `None` where nothing is pinned.
    pub file: Option<PathBuf>,
    /// The lines that it did not have before.
    pub lines: Vec<String>,
    /// What the lines do that people may not expect.
    pub warnings: Vec<String>,
}

impl Runner<'_> {
    /// Writes the GODEBUG pins that apply here into the file that decides the
    /// defaults of binaries here; other lines stay. With `check` nothing is written.
    ///
    /// # Errors
    ///
    /// When the release has no such lines, or one of the pins cannot stand in one, and with `check`
    /// when the file lacks one. The file is then as it was.
    pub fn debug_bake(&self, check: bool, is_dry: bool) -> Result<BakeReport> {
        let toolchain = match self.resolver.governing(Tool::Go)? {
            ResolvedGo::Toolchain(toolchain) => *toolchain,
            ResolvedGo::Foreign { .. } => {
                return Err(Error::new(Kind::Usage, "no toolchain of goward governs here")
                    .hint("choose one: `goward use stable --debug http2debug=1`"));
            }
        };
        let origin = toolchain.origin.clone();
        let settings = settings_of(&toolchain);
        if settings.is_empty() {
            return Ok(BakeReport { origin, file: None, lines: Vec::new(), warnings: Vec::new() });
        }
        if is_dry && !self.resolver.has(&toolchain)? {
            return Err(not_installed(toolchain.version, &toolchain.origin));
        }
        self.check_settings(&toolchain, &settings).map_err(untouched)?;
        let (file, command) = self.module_file(&toolchain).map_err(untouched)?;
        let edit = |settings: &BTreeMap<&str, &str>| {
            let flags = settings.iter().map(|(key, value)| format!("-godebug={key}={value}"));
            let mut args = vec![command.to_owned(), "edit".to_owned(), "-print".to_owned()];
            args.extend(flags);
            args.push(file.to_string_lossy().into_owned());
            let text = self.resolver.ask_go(&toolchain, &args);
            text.map_err(|error| untouched(error.with_kind(Kind::Failed)))
        };
        let (before, after) = (edit(&BTreeMap::new())?, edit(&settings)?);
        let lines: Vec<String> = settings
            .iter()
            .filter(|(key, value)| values_in(&before, key) != [**value])
            .map(|(key, value)| format!("godebug {key}={value}"))
            .collect();
        if before != after {
            if check {
                return Err(lacking(&file, &origin, &lines));
            }
            if !is_dry {
                go_mod::replace(&file, &after)?;
            }
        }
        let warnings = older_go(&file, &after).into_iter().collect();
        Ok(BakeReport { origin, file: Some(file), lines, warnings })
    }

    /// Requires that every setting can be a default of binaries of this release, which is installed
    /// if it is missing.
    fn check_settings(
        &self,
        toolchain: &ResolvedToolchain,
        settings: &BTreeMap<&str, &str>,
    ) -> Result<()> {
        let version = toolchain.version;
        if version.minor() < FIRST_WITH_COMMENTS {
            let message = format!("{version} cannot build GODEBUG settings into binaries");
            return Err(Error::new(Kind::Usage, message)
                .detail("Go has `//go:debug` comments from 1.21 and `godebug` lines from 1.23")
                .hint(format!(
                    "choose a newer one: `goward use 1.{}`",
                    recommended(FIRST_WITH_LINES)
                )));
        }
        self.installer.ensure_installed(toolchain, &crate::install::request::Fetch::default())?;
        let program = self.resolver.program(toolchain, Tool::Go)?;
        let tree = program.ancestors().nth(2).unwrap_or(Path::new("/"));
        let known = Settings::read(tree, version)?.debug;
        let obstacles: Vec<String> = settings
            .keys()
            .filter_map(|key| Some(format!("`{key}`: {}", known.bake_obstacle(key)?)))
            .collect();
        if !obstacles.is_empty() {
            let message = format!("not every GODEBUG pin can be a default of {version}'s binaries");
            return Err(obstacles
                .into_iter()
                .fold(Error::new(Kind::Usage, message), Error::detail)
                .hint(
                    "take the pins of a profile without it: `goward godebug bake --profile NAME`",
                ));
        }
        if version.minor() < FIRST_WITH_LINES { Err(comments(version, settings)) } else { Ok(()) }
    }

    /// Returns the file whose `godebug` lines count here, and the command that edits it.
    fn module_file(&self, toolchain: &ResolvedToolchain) -> Result<(PathBuf, &'static str)> {
        let args = ["env", "-json", "GOWORK", "GOMOD"].map(str::to_owned);
        let reported: BTreeMap<String, String> =
            serde_json::from_str(&self.resolver.ask_go(toolchain, &args)?)
                .map_err(|error| Error::new(Kind::Failed, format!("`go env -json`: {error}")))?;
        let file = |name: &str| reported.get(name).filter(|path| path.starts_with('/'));
        match (file("GOWORK"), file("GOMOD").filter(|path| *path != os::NULL)) {
            (Some(path), _) => Ok((path.into(), "work")),
            (None, Some(path)) => Ok((path.into(), "mod")),
            (None, None) => {
                let here = self.session.ctx.cwd.display();
                Err(Error::new(Kind::NotFound, format!("there is no `go.mod` for `{here}`"))
                    .hint("go to the module whose programs are shipped"))
            }
        }
    }
}

/// Returns the settings of a toolchain's GODEBUG; of several for one key the last one counts.
fn settings_of(toolchain: &ResolvedToolchain) -> BTreeMap<&str, &str> {
    let pin = toolchain.pins.iter().find(|(name, _)| name == "GODEBUG");
    let settings = pin.map_or("", |(_, value)| value.as_str()).split(',');
    settings.filter_map(|setting| setting.split_once('=')).collect()
}

/// Returns the values that a text which Go has formatted gives to a setting, in lines of their own or
/// in a block.
fn values_in<'t>(text: &'t str, key: &str) -> Vec<&'t str> {
    let lines = text.lines().map(|line| line.split("//").next().unwrap_or_default().trim());
    let settings = lines.map(|line| line.strip_prefix("godebug ").unwrap_or(line));
    settings.filter_map(|line| line.strip_prefix(key)?.strip_prefix('=')).collect()
}

fn untouched(error: Error) -> Error {
    error.detail("nothing was changed")
}

fn lacking(file: &Path, origin: &Origin, lines: &[String]) -> Error {
    let message = format!("`{}` does not have the GODEBUG pins of {origin}", file.display());
    lines
        .iter()
        .fold(Error::new(Kind::Failed, message), Error::detail)
        .hint("write them: `goward godebug bake`")
}

/// Says what to paste where there are no lines.
fn comments(version: GoVersion, settings: &BTreeMap<&str, &str>) -> Error {
    let message = format!("{version} has no `godebug` lines in go.mod; they came with Go 1.23");
    let error = Error::new(Kind::Usage, message);
    let error = settings
        .iter()
        .fold(error, |error, (key, value)| error.detail(format!("//go:debug {key}={value}")));
    let minor = recommended(FIRST_WITH_LINES);
    error.hint(format!(
        "put the lines above `package main` in each main package, or: `goward use 1.{minor}`"
    ))
}

/// Warns where the file asks for a Go that does not read it any more.
fn older_go(file: &Path, text: &str) -> Option<String> {
    let line = go_mod::parse_go_lines(text).go?;
    let minor = GoVersion::parse(&line.value).ok()?.minor();
    (minor < FIRST_WITH_LINES).then(|| {
        format!(
            "`{}` asks for go {}, and Go before 1.23 cannot read its `godebug` lines",
            file.display(),
            line.value
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_stand_alone_or_in_a_block() {
        let text = "module x\n\ngo 1.27\n\ngodebug netdns=go // why\n\ngodebug (\n\ta=1\n\ta=2\n)\n\
                    // godebug b=1\nrequire c v1.0.0\n";
        let cases: [(&str, &[&str]); 5] =
            [("netdns", &["go"]), ("a", &["1", "2"]), ("b", &[]), ("c", &[]), ("net", &[])];
        for (key, want) in cases {
            assert_eq!(values_in(text, key), want, "{key}");
        }
    }
}
