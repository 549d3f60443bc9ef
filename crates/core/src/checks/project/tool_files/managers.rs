//! Tools in the files of other managers: mise, asdf, aqua, and golangci-lint's own file.

use super::entry::{NamedTool, ToolEntry};
use crate::checks::project::yaml;
use crate::io::file::line_at;
use std::path::Path;
use toml_edit::{Document, Item, Value};

/// mise's way to install a Go package.
const GO_BACKEND: &str = "go:";
const GOLANGCI: &str = "golangci-lint";

/// Reads one name and version of mise or asdf; `None` for what is no tool written in Go, as far as its
/// name tells.
fn of_manager(name: &str, version: &str) -> Option<Result<NamedTool, String>> {
    if let Some(package) = name.strip_prefix(GO_BACKEND) {
        return Some(NamedTool::of(package, version));
    }
    if name == GOLANGCI {
        return Some(NamedTool::golangci(version));
    }
    let (backend, package) = name.split_once(':')?;
    match (backend, package) {
        ("aqua" | "github" | "ubi", "golangci/golangci-lint") => Some(NamedTool::golangci(version)),
        ("aqua" | "github" | "ubi", _) => Some(Err(not_a_package())),
        _ => None,
    }
}

fn not_a_package() -> String {
    "its name is not the path of a Go package".to_owned()
}

/// Reads `[tools]` of a `mise.toml`. What is wrong in it is for others to tell.
pub(super) fn of_mise(path: &Path, text: &str) -> Vec<ToolEntry> {
    let Ok(document) = Document::parse(text) else { return Vec::new() };
    let Some(tools) = document.get("tools").and_then(Item::as_table_like) else {
        return Vec::new();
    };
    let mut entries = Vec::new();
    for (name, item) in tools.iter() {
        let span = tools.key(name).and_then(toml_edit::Key::span).or(item.span());
        let line = line_at(text.as_bytes(), span.map_or(0, |span| span.start));
        let version = version_of(item);
        let shown = version.unwrap_or("latest");
        let Some(tool) = of_manager(name, shown) else { continue };
        let tool = tool.map(|mut tool| {
            tool.request.tags = tags_of(item);
            tool
        });
        entries.push(ToolEntry::new(path, line, &format!("{name} = \"{shown}\""), version, tool));
    }
    entries
}

/// A string, the first of a list, or `version` of a table.
fn version_of(item: &Item) -> Option<&str> {
    let first = item.as_array().and_then(|list| list.get(0));
    match first {
        Some(Value::InlineTable(table)) => table.get("version")?.as_str(),
        Some(value) => value.as_str(),
        None => match item.as_table_like() {
            Some(table) => table.get("version")?.as_str(),
            None => item.as_str(),
        },
    }
}

fn tags_of(item: &Item) -> Vec<String> {
    let tags = item.as_table_like().and_then(|table| table.get("tags"));
    let tags = tags.and_then(Item::as_str).unwrap_or_default();
    let mut tags: Vec<String> =
        tags.split([',', ' ']).filter(|tag| !tag.is_empty()).map(str::to_owned).collect();
    tags.sort();
    tags
}

/// Reads the lines of a `.tool-versions`.
pub(super) fn of_tool_versions(path: &Path, text: &str) -> Vec<ToolEntry> {
    let line = |(number, line): (u32, &str)| {
        let mut words = line.split('#').next()?.split_whitespace();
        let (name, version) = (words.next()?, words.next()?);
        let tool = of_manager(name, version)?;
        Some(ToolEntry::new(path, number, &format!("{name} {version}"), Some(version), tool))
    };
    (1..).zip(text.lines()).filter_map(line).collect()
}

/// Reads `packages` of an `aqua.yaml`. A package of its registry has the path of a Go package where it is
/// built by Go, else the name of a repository.
pub(super) fn of_aqua(path: &Path, text: &str) -> Vec<ToolEntry> {
    let Ok(scalars) = yaml::scalars(text) else { return Vec::new() };
    let mut entries = Vec::new();
    for scalar in &scalars {
        let [packages, number, name] = &scalar.path[..] else { continue };
        if packages != "packages" || name != "name" {
            continue;
        }
        let apart = scalars.iter().find(|other| {
            let [list, other_number, key] = &other.path[..] else { return false };
            list == packages && other_number == number && key == "version"
        });
        let (name, version) = scalar.value.rsplit_once('@').unwrap_or((&scalar.value, ""));
        let (version, line) = match apart {
            Some(apart) if version.is_empty() => (apart.value.as_str(), apart.line),
            _ => (version, scalar.line),
        };
        let has_host = name.split('/').next().is_some_and(|first| first.contains('.'));
        let tool = match name {
            "golangci/golangci-lint" => NamedTool::golangci(version),
            _ if version.is_empty() => Err("it names no version".to_owned()),
            _ if has_host => NamedTool::of(name, version),
            _ => Err(not_a_package()),
        };
        let text = format!("name: {}", scalar.value);
        entries.push(ToolEntry::new(path, line, &text, Some(version), tool));
    }
    entries
}

/// Reads a `.golangci-lint-version`.
pub(super) fn of_version_file(path: &Path, text: &str) -> Option<ToolEntry> {
    let mut lines = (1..).zip(text.lines().map(str::trim));
    let (line, version) = lines.find(|(_, line)| !line.is_empty() && !line.starts_with('#'))?;
    Some(ToolEntry::new(path, line, version, Some(version), NamedTool::golangci(version)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(entries: &[ToolEntry]) -> Vec<String> {
        let tool = |entry: &ToolEntry| match &entry.tool {
            Ok(tool) => format!("{} {:?}", tool.request.source, tool.request.tags),
            Err(why) => why.clone(),
        };
        entries.iter().map(|entry| format!("{}: {}", entry.line, tool(entry))).collect()
    }

    const LINT_V2: &str = "github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.1.6 []";

    #[test]
    fn mise_builds_what_has_go_in_front() {
        let text = "[tools]\ngo = \"1.27\"\n\"go:a.b/c\" = \"1.2.3\"\n\
                    \"go:a.b/d\" = { version = \"latest\", tags = \"y,x\" }\n\"go:a.b/e\" = [\"v0.1.0\"]\n\
                    golangci-lint = \"2.1.6\"\n\"aqua:mvdan/gofumpt\" = \"0.9\"\nnode = \"22\"\n";
        assert_eq!(
            shown(&of_mise(Path::new("/p/mise.toml"), text)),
            [
                "3: a.b/c@v1.2.3 []",
                "4: a.b/d@latest [\"x\", \"y\"]",
                "5: a.b/e@v0.1.0 []",
                &format!("6: {LINT_V2}"),
                "7: its name is not the path of a Go package",
            ]
        );
        assert!(of_mise(Path::new("/p/mise.toml"), "[tools\n").is_empty());
    }

    #[test]
    fn lines_of_asdf_have_the_same_names() {
        let text = "golang 1.27.1\nnodejs 22 # no\ngo:a.b/c 1.2.3 1.0\ngolangci-lint 2.1.6\n";
        assert_eq!(
            shown(&of_tool_versions(Path::new("/p/.tool-versions"), text)),
            ["3: a.b/c@v1.2.3 []", &format!("4: {LINT_V2}")]
        );
    }

    #[test]
    fn the_name_in_aquas_registry_tells_what_is_a_package() {
        let text = "registries:\n  - type: standard\npackages:\n  - name: golang.org/x/tools/gopls@v0.21.0\n\
                    \x20 - name: golangci/golangci-lint\n    version: v2.1.6\n  - name: cli/cli@v2.0.0\n\
                    \x20 - name: a.b/c\n";
        assert_eq!(
            shown(&of_aqua(Path::new("/p/aqua.yaml"), text)),
            [
                "4: golang.org/x/tools/gopls@v0.21.0 []",
                &format!("6: {LINT_V2}"),
                "7: its name is not the path of a Go package",
                "8: it names no version",
            ]
        );
        let text = "\n# ours\nv2.1.6\n";
        let entry = of_version_file(Path::new("/p/.golangci-lint-version"), text);
        assert_eq!(shown(entry.as_slice()), [format!("3: {LINT_V2}")]);
    }
}
