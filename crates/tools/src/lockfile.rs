//! `goward-tools.lock`: the modules that each tool is built of, and the Go that builds it.
//!
//! Equal values give equal bytes. What goward does not know in it is an error, so that an older goward
//! never builds something else than a newer one locked.

use gosumdb::{H1, Module};
use goward_core::error::{Error, Kind, Result, untrusted};
use goward_core::install::module_proof::ModuleHashes;
use goward_core::project::manifest::{ToolSource, is_tool_name};
use goward_core::version::GoVersion;
use goward_shim::lock::Level;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// The only schema that is read.
const SCHEMA: u32 = 1;
/// A longer lock is refused, in bytes.
pub(crate) const MAX_SIZE: u64 = 4 << 20;
const HEADER: &str =
    "# Written by goward from goward.toml; edit that file and run `goward lock`.\n";

/// The locked tools by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToolsLock(pub BTreeMap<String, LockedTool>);

/// What a tool is built of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockedTool {
    /// The import path of its package.
    pub package: String,
    /// The version that was asked for: `latest`, `v1.2.3`.
    pub query: String,
    /// Its module.
    pub module: Module,
    /// The Go that builds it.
    pub go: GoVersion,
    /// How well its modules were verified.
    pub level: Level,
    /// Build tags, sorted.
    pub tags: Vec<String>,
    /// Whether it is built with cgo.
    pub cgo: bool,
    /// Experiments in place of the project's.
    pub experiments: Option<Vec<String>>,
    /// The modules that its `go.mod` would require.
    pub requires: Vec<Module>,
    /// The lines of its `go.sum`.
    pub sums: BTreeMap<Module, ModuleHashes>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct RawLock {
    schema: u32,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    tool: BTreeMap<String, RawTool>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct RawTool {
    package: String,
    query: String,
    module: String,
    go: String,
    level: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    cgo: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    experiments: Option<Vec<String>>,
    requires: Vec<String>,
    sums: Vec<String>,
}

#[derive(Deserialize)]
struct Version {
    schema: u32,
}

impl ToolsLock {
    /// Reads the text of a lock; `path` is where it is, for messages.
    ///
    /// # Errors
    ///
    /// [`Kind::Usage`] for anything that goward did not write.
    pub fn parse(text: &str, path: &Path) -> Result<Self> {
        let wrong = |problem: &str| {
            Error::new(Kind::Usage, format!("`{}`: {problem}", path.display()))
                .hint("the file is written by `goward lock`; format: docs/tools.md")
        };
        if let Ok(Version { schema }) = toml_edit::de::from_str(text)
            && schema != SCHEMA
        {
            let error =
                Error::new(Kind::Usage, format!("`{}` is of a newer goward", path.display()));
            return Err(error.hint("update goward on this machine"));
        }
        let raw: RawLock =
            toml_edit::de::from_str(text).map_err(|error| wrong(&untrusted(error.message())))?;
        let mut tools = BTreeMap::new();
        for (name, tool) in raw.tool {
            if !is_tool_name(&name) {
                return Err(wrong(&format!("`{}` is not a tool's name", untrusted(&name))));
            }
            let locked =
                LockedTool::of(tool).map_err(|problem| wrong(&format!("`{name}`: {problem}")))?;
            tools.insert(name, locked);
        }
        Ok(Self(tools))
    }

    /// Returns the text of the lock.
    pub fn render(&self) -> Result<String> {
        let tool = self.0.iter().map(|(name, tool)| (name.clone(), tool.raw())).collect();
        let text = toml_edit::ser::to_string_pretty(&RawLock { schema: SCHEMA, tool });
        let text = text.map_err(|error| Error::new(Kind::Failed, error.to_string()))?;
        Ok(format!("{HEADER}{text}"))
    }
}

impl LockedTool {
    /// Returns the text of one tool, for what is kept by itself.
    pub(crate) fn render(&self) -> Result<String> {
        ToolsLock(BTreeMap::from([("tool".to_owned(), self.clone())])).render()
    }

    fn of(raw: RawTool) -> Result<Self, String> {
        let source = ToolSource::parse(&format!("{}@{}", raw.package, raw.query))?;
        let ToolSource::Module { package, query } = source else {
            return Err(format!("`{}` is not a package", untrusted(&raw.package)));
        };
        let requires: Vec<Module> =
            raw.requires.iter().map(|text| module_of(text)).collect::<Result<_, _>>()?;
        Ok(Self {
            package,
            query,
            module: module_of(&raw.module)?,
            go: GoVersion::parse(raw.go.strip_prefix("go").unwrap_or(&raw.go))
                .map_err(|error| error.to_string())?,
            level: Level::parse(&raw.level)
                .ok_or_else(|| format!("`{}` is not a level", untrusted(&raw.level)))?,
            tags: raw.tags,
            cgo: raw.cgo,
            experiments: raw.experiments,
            requires,
            sums: parse_sums(raw.sums.iter().map(String::as_str))?,
        })
    }

    fn raw(&self) -> RawTool {
        RawTool {
            package: self.package.clone(),
            query: self.query.clone(),
            module: line_of(&self.module),
            go: self.go.to_string(),
            level: self.level.name().to_owned(),
            tags: self.tags.clone(),
            cgo: self.cgo,
            experiments: self.experiments.clone(),
            requires: self.requires.iter().map(line_of).collect(),
            sums: self.sum_lines(),
        }
    }

    /// Returns the lines of its `go.sum`.
    pub(crate) fn sum_lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (module, hashes) in &self.sums {
            let line = line_of(module);
            lines.extend(hashes.files.map(|h1| format!("{line} {h1}")));
            lines.extend(hashes.go_mod.map(|h1| format!("{line}/go.mod {h1}")));
        }
        lines
    }
}

/// Writes a module as a line of `go.mod` has it.
pub(crate) fn line_of(module: &Module) -> String {
    format!("{} {}", module.path(), module.version())
}

/// Reads `PATH VERSION`.
pub(crate) fn module_of(line: &str) -> Result<Module, String> {
    let (path, version) = line.split_once(' ').unwrap_or((line, ""));
    Module::new(path, version).map_err(|error| format!("`{}`: {error}", untrusted(line)))
}

/// Reads lines of a `go.sum`.
pub(crate) fn parse_sums<'a>(
    lines: impl IntoIterator<Item = &'a str>,
) -> Result<BTreeMap<Module, ModuleHashes>, String> {
    let mut sums: BTreeMap<Module, ModuleHashes> = BTreeMap::new();
    for line in lines {
        let wrong = || format!("`{}` is not a line of go.sum", untrusted(line));
        let [path, version, h1] = line.split_ascii_whitespace().collect::<Vec<_>>()[..] else {
            return Err(wrong());
        };
        let h1 = H1::parse(h1).ok_or_else(wrong)?;
        let (version, is_go_mod) = match version.strip_suffix("/go.mod") {
            Some(version) => (version, true),
            None => (version, false),
        };
        let module = Module::new(path, version).map_err(|_| wrong())?;
        let hashes = sums.entry(module).or_default();
        let place = if is_go_mod { &mut hashes.go_mod } else { &mut hashes.files };
        if place.replace(h1).is_some_and(|known| known != h1) {
            return Err(format!("`{}` contradicts another line", untrusted(line)));
        }
    }
    Ok(sums)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = r#"# Written by goward from goward.toml; edit that file and run `goward lock`.
schema = 1

[tool.stringer]
package = "golang.org/x/tools/cmd/stringer"
query = "latest"
module = "golang.org/x/tools v0.52.0"
go = "go1.27.3"
level = "logged"
tags = ["a"]
cgo = true
requires = [
    "golang.org/x/mod v0.42.0",
    "golang.org/x/tools v0.52.0",
]
sums = [
    "golang.org/x/mod v0.42.0 h1:ICeL3t2L30ljSPHHxDnR4fqVcBt/zR2zJAb9juavmQg=",
    "golang.org/x/mod v0.42.0/go.mod h1:u5fzIrRInkL8MaO1cbRkUHT64v303YIT5KEqpNr7jRs=",
]
"#;

    fn parse(text: &str) -> Result<ToolsLock, String> {
        ToolsLock::parse(text, Path::new("/p/goward-tools.lock")).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_written_is_read_back() {
        let lock = parse(LOCK).unwrap();
        let text = lock.render().unwrap();
        assert_eq!(parse(&text).unwrap(), lock);
        assert_eq!(parse(&text).unwrap().render().unwrap(), text);
        assert!(
            text.contains("\n[tool.stringer]\npackage = \"golang.org/x/tools/cmd/stringer\"\n"),
            "{text}"
        );
        assert!(text.contains("\n    \"golang.org/x/mod v0.42.0 h1:ICeL3t2L"), "{text}");
        assert_eq!(ToolsLock::default().render().unwrap(), format!("{HEADER}schema = 1\n"));
    }

    #[test]
    fn what_goward_did_not_write_is_refused() {
        for (from, to, want) in [
            ("schema = 1", "schema = 2", "is of a newer goward"),
            ("cgo = true", "cgoo = true", "unknown field `cgoo`"),
            ("[tool.stringer]", "[tool.go]", "`go` is not a tool's name"),
            ("\"latest\"", "\"-x\"", "is not a version such as"),
            ("cmd/stringer\"", "../x\"", "is not a package such as"),
            ("tools v0.52.0\"\ngo", "tools 0.52\"\ngo", "it is not the version of a module"),
            ("go1.27.3", "go9", "`9` is not a Go version"),
            ("logged", "proved", "`proved` is not a level"),
            ("v0.42.0 h1:I", "v0.42.0 h1:J I", "is not a line of go.sum"),
            ("/go.mod h1", " h1", "contradicts another line"),
            ("schema = 1\n", "", "missing field `schema`"),
        ] {
            let got = parse(&LOCK.replacen(from, to, 1)).unwrap_err();
            assert!(got.contains(want), "{to}: {got}");
        }
    }
}
