//! The build information of a program: its Go version, its modules, the settings of the build.
//!
//! The lines are those of `runtime/debug` (`ParseBuildInfo` of Go 1.27): a word, a tab, and columns
//! with tabs between them. A line that begins with a word of none is passed over, as Go does.

use crate::binary::go_string::{is_plain_key, is_plain_value, quoted, unquoted};
use crate::binary::image::text;
use crate::version::GoVersion;
use crate::version::vendor_version::release_of;

/// A module that a program was built of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Module {
    /// Its path.
    pub path: String,
    /// Its version; `(devel)` for one that has none.
    pub version: String,
    /// Its hash in `go.sum`; empty for the main module.
    pub sum: String,
    /// What was used in its place.
    pub replacement: Option<Box<Self>>,
}

/// What the go command wrote into a program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BuildInfo {
    /// The version, as it stands there: `go1.26.6-X:nogreenteagc`.
    pub version: String,
    /// The path of the main package.
    pub package: String,
    /// The module of the main package.
    pub main: Option<Module>,
    /// All others.
    pub dependencies: Vec<Module>,
    /// `build` lines: name and value.
    pub settings: Vec<(String, String)>,
}

impl BuildInfo {
    pub(super) fn parse(version: String, lines: &[u8]) -> Result<Self, &'static str> {
        let mut info = Self { version, ..Self::default() };
        // Where a replacement belongs to: the main module, or the last other one.
        let mut last = None;
        let mut lines = lines;
        while let Some(end) = lines.iter().position(|&byte| byte == b'\n') {
            let line = text(&lines[..end]);
            lines = &lines[end + 1..];
            let Some((word, rest)) = line.split_once('\t') else { continue };
            match word {
                "path" => rest.clone_into(&mut info.package),
                "mod" => {
                    info.main = Some(module(rest)?);
                    last = Some(None);
                }
                "dep" => {
                    last = Some(Some(info.dependencies.len()));
                    info.dependencies.push(module(rest)?);
                }
                "=>" => {
                    let replaced = match last.take() {
                        Some(None) => info.main.as_mut(),
                        Some(Some(number)) => info.dependencies.get_mut(number),
                        None => None,
                    };
                    let replaced = replaced.ok_or("a module replaces none")?;
                    let replacement = module(rest)?;
                    if rest.split('\t').count() != 3 {
                        return Err("a module that replaces another has no hash");
                    }
                    replaced.replacement = Some(Box::new(replacement));
                }
                "build" => info.settings.push(setting(rest)?),
                _ => {}
            }
        }
        Ok(info)
    }

    /// Returns the value of a setting.
    pub fn setting(&self, name: &str) -> Option<&str> {
        self.settings.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Returns the version without a vendor's suffix and experiments, if it is one.
    pub fn release(&self) -> Option<GoVersion> {
        release_of(&self.version)
    }

    /// Returns the experiments that the version has beside it: those that are not as in its baseline.
    /// Go 1.25 and older put a space in front, later ones a hyphen (`cmd/link`).
    pub fn experiments(&self) -> Vec<&str> {
        let (_, list) = match self.version.split_once(" X:") {
            Some(parts) => parts,
            None => self.version.split_once("-X:").unwrap_or_default(),
        };
        let list = list.split(' ').next().unwrap_or_default();
        list.split(',').filter(|name| !name.is_empty()).collect()
    }

    /// Returns what the version is called without its experiments.
    pub fn version_alone(&self) -> &str {
        let end = self.version.find(" X:").or_else(|| self.version.find("-X:"));
        &self.version[..end.unwrap_or(self.version.len())]
    }

    /// Returns GOOS and GOARCH, which Go 1.18 and later write down.
    pub fn platform(&self) -> Option<String> {
        Some(format!("{}/{}", self.setting("GOOS")?, self.setting("GOARCH")?))
    }
}

fn module(columns: &str) -> Result<Module, &'static str> {
    let mut columns = columns.split('\t').map(str::to_owned);
    match (columns.next(), columns.next(), columns.next(), columns.next()) {
        (Some(path), Some(version), sum, None) => {
            Ok(Module { path, version, sum: sum.unwrap_or_default(), replacement: None })
        }
        _ => Err("a module has too few columns or too many"),
    }
}

fn setting(line: &str) -> Result<(String, String), &'static str> {
    let wrong = "a build setting is not written as Go writes it";
    let (key, value) = if line.starts_with(['"', '`']) {
        let key = quoted(line).ok_or(wrong)?;
        (unquoted(key).ok_or(wrong)?, line[key.len()..].strip_prefix('=').ok_or(wrong)?)
    } else {
        let (key, value) = line.split_once('=').ok_or(wrong)?;
        (Some(key.to_owned()).filter(|key| is_plain_key(key)).ok_or(wrong)?, value)
    };
    let value = if value.starts_with(['"', '`']) {
        unquoted(value).ok_or(wrong)?
    } else {
        Some(value.to_owned()).filter(|value| is_plain_value(value)).ok_or(wrong)?
    };
    Ok((key, value))
}
