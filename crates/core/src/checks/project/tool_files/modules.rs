//! Tools in Go's own files: `tool` lines of `go.mod`, a `tools.go`, and bingo's modules.

use super::entry::{NamedTool, ToolEntry};
use crate::project::go_mod::Entry;
use crate::project::manifest::{ToolSource, is_tool_name};
use crate::project::requirements::{Origin, Requirements};
use std::ffi::OsStr;
use std::path::Path;

/// Reads the `tool` lines of a `go.mod`; `is_root` where its directory is the manifest's.
pub(super) fn of_module(path: &Path, text: &str, is_root: bool) -> Vec<ToolEntry> {
    let requirements = Requirements::parse(text);
    let tools = requirements.tools.iter();
    let entry = |tool: &Entry| {
        let named = named(&requirements, &tool.value, is_root);
        ToolEntry::new(path, tool.line, &format!("tool {}", tool.value), None, named)
    };
    tools.map(entry).collect()
}

/// Reads the blank imports of a source that only builds with the tag `tools`; `module` reads the
/// `go.mod` that governs there.
pub(super) fn of_source(
    path: &Path,
    head: &str,
    module: impl FnOnce() -> Option<String>,
) -> Vec<ToolEntry> {
    if !has_tag(head) {
        return Vec::new();
    }
    let module = module().unwrap_or_default();
    let requirements = Requirements::parse(&module);
    let mut entries = Vec::new();
    for (number, line) in (1..).zip(head.lines()) {
        let line = line.trim();
        let line = line.strip_prefix("import").map_or(line, str::trim_start);
        let Some(quoted) = line.strip_prefix('_').map(str::trim_start) else { continue };
        let Some(package) = quoted.strip_prefix('"').and_then(|rest| rest.split('"').next()) else {
            continue;
        };
        let named = named(&requirements, package, false);
        entries.push(ToolEntry::new(path, number, &format!("_ \"{package}\""), None, named));
    }
    entries
}

fn has_tag(head: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
    let lines = head.lines().take_while(|line| !line.starts_with("package "));
    lines
        .filter_map(|line| line.strip_prefix("//go:build ").or(line.strip_prefix("// +build ")))
        .any(|tags| tags.split(|c| !is_word(c)).any(|tag| tag == "tools"))
}

fn named(requirements: &Requirements, package: &str, is_root: bool) -> Result<NamedTool, String> {
    match requirements.origin(package) {
        Origin::Required(version) => NamedTool::of(package, version),
        Origin::Own(below) if is_root && !below.is_empty() => {
            NamedTool::of_source(ToolSource::parse(&format!("./{below}"))?)
        }
        Origin::Own(_) => Err("it is a package of this module".to_owned()),
        Origin::Replaced(module) => Err(format!("`go.mod` replaces `{module}`")),
        Origin::Unknown => Err("no `require` line of `go.mod` has its version".to_owned()),
    }
}

/// Reads one `.mod` file of bingo, which has the tool's name: `require MODULE VERSION // DIRECTORY`.
pub(super) fn of_bingo(path: &Path, text: &str) -> Option<ToolEntry> {
    let (line, rest) = (1..)
        .zip(text.lines())
        .find_map(|(number, line)| Some((number, line.trim().strip_prefix("require ")?)))?;
    let (required, comment) = rest.split_once("//").unwrap_or((rest, ""));
    let mut words = required.split_whitespace();
    let (module, version) = (words.next()?, words.next()?);
    let is_path = |word: &str| !word.starts_with('-') && !word.contains('=');
    let (directories, options): (Vec<&str>, Vec<&str>) =
        comment.split_whitespace().partition(|word| is_path(word));
    let below = directories.first().map(|directory| format!("/{directory}")).unwrap_or_default();
    let tool = NamedTool::of(&format!("{module}{below}"), version).and_then(|mut tool| {
        let own = path.file_stem().and_then(OsStr::to_str).unwrap_or_default();
        if is_tool_name(own) {
            own.clone_into(&mut tool.name);
        }
        for option in options {
            match option.trim_start_matches('-').split_once('=') {
                Some(("tags", tags)) => {
                    tool.request.tags = tags.split(',').map(str::to_owned).collect();
                    tool.request.tags.sort();
                }
                Some(("CGO_ENABLED", "1")) => tool.request.cgo = true,
                Some(("CGO_ENABLED", "0")) => {}
                _ => return Err(format!("goward has nothing for the option `{option}`")),
            }
        }
        Ok(tool)
    });
    Some(ToolEntry::new(path, line, &format!("require {module} {version}"), Some(version), tool))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(entries: &[ToolEntry]) -> Vec<String> {
        let tool = |entry: &ToolEntry| match &entry.tool {
            Ok(tool) => format!("{} {} {:?}", tool.name, tool.request.source, tool.request.tags),
            Err(why) => why.clone(),
        };
        entries.iter().map(|entry| format!("{}: {}", entry.line, tool(entry))).collect()
    }

    const MODULE: &str = "module m.x/a\n\nrequire (\n\tq.x/t v0.3.0\n\tr.x/y v2.0.0\n)\n\
                          replace r.x/y => ../y\ntool m.x/a/cmd/gen\ntool q.x/t/cmd/t\ntool r.x/y\n";

    #[test]
    fn tool_lines_have_the_version_of_their_module() {
        let path = Path::new("/p/go.mod");
        assert_eq!(
            shown(&of_module(path, MODULE, true)),
            ["8: gen ./cmd/gen []", "9: t q.x/t/cmd/t@v0.3.0 []", "10: `go.mod` replaces `r.x/y`"]
        );
        assert_eq!(shown(&of_module(path, MODULE, false))[0], "8: it is a package of this module");
    }

    #[test]
    fn blank_imports_count_below_the_tag() {
        let text = "//go:build tools || ignore\n\npackage a\n\nimport (\n\t\"fmt\"\n\t_ \"q.x/t/cmd/t\"\n)\n\n\
                    import _ \"s.x/y\"\n";
        let path = Path::new("/p/tools.go");
        assert_eq!(
            shown(&of_source(path, text, || Some(MODULE.to_owned()))),
            ["7: t q.x/t/cmd/t@v0.3.0 []", "10: no `require` line of `go.mod` has its version"]
        );
        let other = text.replace("tools ", "mytools ");
        assert!(of_source(path, &other, || None).is_empty());
    }

    #[test]
    fn bingo_has_one_module_in_a_file() {
        let read = |require: &str| {
            let text = format!("module _ // Auto generated\n\ngo 1.27\n\n{require}\n");
            shown(of_bingo(Path::new("/p/.bingo/x.mod"), &text).as_slice())
        };
        for (require, want) in [
            ("require q.x/t v0.3.0 // cmd/t", "5: x q.x/t/cmd/t@v0.3.0 []"),
            ("require q.x/t v0.3.0", "5: x q.x/t@v0.3.0 []"),
            ("require q.x/h v1.0.0 // CGO_ENABLED=0 -tags=b,a", "5: x q.x/h@v1.0.0 [\"a\", \"b\"]"),
            (
                "require q.x/h v1.0.0 // -ldflags=-s",
                "5: goward has nothing for the option `-ldflags=-s`",
            ),
        ] {
            assert_eq!(read(require), [want]);
        }
        assert!(read("").is_empty());
    }
}
