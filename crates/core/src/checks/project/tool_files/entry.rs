//! A tool as a file of the project names it.

use crate::error::untrusted;
use crate::project::manifest::{ToolRequest, ToolSource, is_tool_name};
use std::path::{Path, PathBuf};

/// The path of golangci-lint's module without its major version.
const GOLANGCI: &str = "github.com/golangci/golangci-lint";

/// A tool that a file names, or something that may be one.
#[derive(Clone, Debug)]
pub struct ToolEntry {
    /// The file; absolute.
    pub path: PathBuf,
    /// Counted from 1.
    pub line: u32,
    /// What it has there, for messages.
    pub text: String,
    /// The version as it is written there, where it is on that line.
    pub version: Option<String>,
    /// The tool, or why it is none that goward can build.
    pub tool: Result<NamedTool, String>,
}

/// A tool with its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedTool {
    /// Its name.
    pub name: String,
    /// What `[tools]` would ask for.
    pub request: ToolRequest,
}

impl NamedTool {
    /// Returns a package in a version, under the name of its program; what is wrong with it otherwise.
    pub(super) fn of(package: &str, version: &str) -> Result<Self, String> {
        // Others leave out the `v`.
        let has_v = !version.starts_with(|c: char| c.is_ascii_digit());
        let v = if has_v { "" } else { "v" };
        let source = ToolSource::parse(&format!("{package}@{v}{version}"))?;
        Self::of_source(source)
    }

    pub(super) fn of_source(source: ToolSource) -> Result<Self, String> {
        let name = source.program_name().to_ascii_lowercase();
        if !is_tool_name(&name) {
            return Err(format!("`{}` cannot be a tool's name", untrusted(name)));
        }
        Ok(Self { name, request: ToolRequest::new(source) })
    }

    /// Returns golangci-lint in a version.
    pub(super) fn golangci(version: &str) -> Result<Self, String> {
        let number = version.trim_start_matches('v');
        let major = number.split('.').next().unwrap_or_default();
        let package = match major {
            "0" | "1" => format!("{GOLANGCI}/cmd/golangci-lint"),
            "" => return Err("it names no version".to_owned()),
            _ if major.parse::<u32>().is_ok() => {
                format!("{GOLANGCI}/v{major}/cmd/golangci-lint")
            }
            _ => format!("{GOLANGCI}/v2/cmd/golangci-lint"),
        };
        Self::of(&package, version)
    }
}

impl ToolEntry {
    pub(super) fn new(
        path: &Path,
        line: u32,
        text: &str,
        version: Option<&str>,
        tool: Result<NamedTool, String>,
    ) -> Self {
        let version = version.map(str::to_owned);
        Self { path: path.into(), line, text: untrusted(text.trim()), version, tool }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_has_a_v_and_golangci_lint_its_major_version() {
        let shown = |tool: Result<NamedTool, String>| {
            tool.map(|tool| format!("{} {}", tool.name, tool.request.source))
        };
        for (version, want) in [
            (
                "v1.64.8",
                "golangci-lint github.com/golangci/golangci-lint/cmd/golangci-lint@v1.64.8",
            ),
            (
                "2.1.6",
                "golangci-lint github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.1.6",
            ),
            (
                "latest",
                "golangci-lint github.com/golangci/golangci-lint/v2/cmd/golangci-lint@latest",
            ),
        ] {
            assert_eq!(shown(NamedTool::golangci(version)).as_deref(), Ok(want));
        }
        assert!(NamedTool::golangci("").is_err());
        assert_eq!(shown(NamedTool::of("a.b/C", "1.2")).as_deref(), Ok("c a.b/C@v1.2"));
        assert!(NamedTool::of("a/b", "1.2").is_err() && NamedTool::of("a.b/go", "v1").is_err());
    }
}
