//! `[tools]`: the programs written in Go that a project uses, and what each is built with.

use crate::error::{Result, untrusted};
use crate::project::manifest::keys;
use crate::project::manifest::reader::{Reader, key_span};
use crate::version::request::Request;
use std::collections::BTreeMap;
use std::fmt::{self, Display};
use toml_edit::{Item, TableLike};

/// A tool as people ask for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolRequest {
    /// Where its source is.
    pub source: ToolSource,
    /// Build tags, sorted.
    pub tags: Vec<String>,
    /// Whether it is built with cgo.
    pub cgo: bool,
    /// Experiments in place of the project's.
    pub experiments: Option<Vec<String>>,
    /// Another Go than the project's.
    pub go: Option<Request>,
}

/// Where the source of a tool is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToolSource {
    /// A package of a module.
    Module {
        /// Its import path.
        package: String,
        /// A version, or what `go get` takes in place of one: `latest`, `v1`, `>=v1.2.3`.
        query: String,
    },
    /// A directory of the project, from the manifest's: `./cmd/gen`.
    Directory(String),
}

impl ToolSource {
    /// Reads `PACKAGE@VERSION`, or a directory that begins with `./`. A package alone means
    /// `latest`.
    ///
    /// # Errors
    ///
    /// What is wrong, in words that follow the line.
    pub fn parse(text: &str) -> Result<Self, String> {
        let shown = untrusted(text);
        if let Some(directory) = text.strip_prefix("./") {
            let is_element = |part: &str| !matches!(part, "" | "." | "..") && is_of(part, "-._~+@");
            return if directory.split('/').all(is_element) {
                Ok(Self::Directory(text.to_owned()))
            } else {
                Err(format!("`{shown}` is not a directory below the manifest's"))
            };
        }
        let (package, query) = text.split_once('@').unwrap_or((text, "latest"));
        let is_element = |part: &str| {
            !part.starts_with(['.', '-']) && !part.ends_with('.') && is_of(part, "-._~+")
        };
        let mut elements = package.split('/');
        let has_host = elements.clone().next().is_some_and(|first| first.contains('.'));
        if !has_host || !elements.all(is_element) {
            return Err(format!(
                "`{shown}` is not a package such as `golang.org/x/tools/gopls@latest`"
            ));
        }
        let number = query.trim_start_matches(['<', '>', '=']);
        if number.starts_with('-') || !is_of(number, "-.+/_") || query.len() - number.len() > 2 {
            return Err(format!("`{}` is not a version such as `v1.2.3`", untrusted(query)));
        }
        Ok(Self::Module { package: package.to_owned(), query: query.to_owned() })
    }

    /// Returns the name that `go install` gives to the program.
    pub fn program_name(&self) -> &str {
        let (Self::Module { package: path, .. } | Self::Directory(path)) = self;
        let mut elements = path.rsplit('/');
        let last = elements.next().unwrap_or(path);
        let is_major = |name: &str| {
            let number = name.strip_prefix('v').unwrap_or_default();
            !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())
        };
        match elements.next() {
            Some(before) if is_major(last) => before,
            _ => last,
        }
    }
}

impl Display for ToolSource {
    /// Writes the text that [`ToolSource::parse`] reads.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Module { package, query } => write!(f, "{package}@{query}"),
            Self::Directory(path) => f.write_str(path),
        }
    }
}

impl ToolRequest {
    /// Returns a tool with the project's settings and no tags.
    pub fn new(source: ToolSource) -> Self {
        Self { source, tags: Vec::new(), cgo: false, experiments: None, go: None }
    }
}

fn is_of(text: &str, others: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || others.contains(c))
}

/// Returns true for what a tool may be called: 1 to 64 small letters, digits and `-._`, with a letter
/// first. Programs of Go and of goward are not among them.
pub fn is_tool_name(name: &str) -> bool {
    let is_taken = |name: &str| {
        matches!(name, "go" | "gofmt") || name.starts_with("go1.") || name.starts_with("goward")
    };
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-._".contains(c);
    name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(is_plain)
        && !name.ends_with('.')
        && !is_taken(name)
}

impl Reader<'_> {
    /// Reads `[tools]`.
    pub(super) fn tools(&self, item: &Item) -> Result<BTreeMap<String, ToolRequest>> {
        let table = self.any_table(item, "tools")?;
        let mut tools = BTreeMap::new();
        for (name, item) in table.iter() {
            if !is_tool_name(name) {
                let form = "1 to 64 small letters, digits and `-._`, and no program of Go";
                let problem = format!("`{}` cannot be a tool's name: {form}", untrusted(name));
                return Err(self.error(key_span(table, name), &problem));
            }
            tools.insert(name.to_owned(), self.tool(item, name)?);
        }
        Ok(tools)
    }

    fn tool(&self, item: &Item, name: &str) -> Result<ToolRequest> {
        let source = |item: &Item, key: &str| {
            let form = "a string such as `\"golang.org/x/tools/gopls@latest\"`";
            let text = self.string(item, key, form)?;
            ToolSource::parse(text).map_err(|problem| self.error(item.span(), &problem))
        };
        if item.is_str() {
            return source(item, name).map(ToolRequest::new);
        }
        if !item.is_table_like() {
            return Err(
                self.error(item.span(), &format!("`tools.{name}` must be a string or a table"))
            );
        }
        let table = self.table(item, &format!("tools.{name}"), &keys::TOOL)?;
        let Some(package) = table.get("package") else {
            let problem = format!("`tools.{name}` names no `package`");
            return Err(self.error(item.span(), &problem));
        };
        Ok(ToolRequest {
            source: source(package, "package")?,
            tags: self.tags(table)?,
            cgo: self.switch(table, "cgo")?.unwrap_or_default(),
            experiments: table.get("experiments").map(|i| self.experiments(i)).transpose()?,
            go: self.tool_go(table)?,
        })
    }

    fn tags(&self, table: &dyn TableLike) -> Result<Vec<String>> {
        let Some(item) = table.get("tags") else { return Ok(Vec::new()) };
        let form = "a list such as `[\"netgo\"]`";
        let mut tags = Vec::new();
        for (tag, span) in self.strings(self.array(item, "tags", form)?, "tags", form)? {
            if !is_of(tag, "_.") {
                return Err(self.error(span, &format!("`{}` is not a build tag", untrusted(tag))));
            }
            tags.push(tag.to_owned());
        }
        tags.sort();
        tags.dedup();
        Ok(tags)
    }

    fn tool_go(&self, table: &dyn TableLike) -> Result<Option<Request>> {
        let Some(item) = table.get("go") else { return Ok(None) };
        let text = self.string(item, "go", "a string such as `\"1.27\"`")?;
        let request = Request::parse(text);
        request.map(Some).map_err(|error| self.error(item.span(), &error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Manifest;
    use super::*;
    use std::path::Path;

    fn parse(table: &str) -> Result<Manifest, String> {
        let text = format!("[toolchain]\ngo = \"1.27\"\n[tools]\n{table}");
        Manifest::parse(&text, Path::new("/p/goward.toml")).map_err(|error| error.to_string())
    }

    #[test]
    fn a_tool_is_a_string_or_a_table() {
        let manifest = parse(
            "gopls = \"golang.org/x/tools/gopls@v0.24.0\"\ngen = \"./cmd/gen\"\n\
             lint = { package = \"example.com/lint/v2/cmd/lint@>=v2.1\", tags = [\"b\", \"a\", \"b\"],\
             cgo = true, experiments = [\"jsonv2\"], go = \"1.26\" }\n\
             mage = \"github.com/magefile/mage\"\n",
        )
        .unwrap();
        let tools = manifest.tools();
        let shown: Vec<_> =
            tools.iter().map(|(name, tool)| format!("{name} {}", tool.source)).collect();
        assert_eq!(
            shown,
            [
                "gen ./cmd/gen",
                "gopls golang.org/x/tools/gopls@v0.24.0",
                "lint example.com/lint/v2/cmd/lint@>=v2.1",
                "mage github.com/magefile/mage@latest",
            ]
        );
        let lint = &tools["lint"];
        assert_eq!((&lint.tags[..], lint.cgo), (&["a".to_owned(), "b".to_owned()][..], true));
        assert_eq!(lint.experiments.as_deref(), Some(&["jsonv2".to_owned()][..]));
        assert_eq!(lint.go.as_ref().map(ToString::to_string).as_deref(), Some("1.26"));
    }

    #[test]
    fn programs_have_the_names_that_go_gives_them() {
        for (text, name) in [
            ("golang.org/x/tools/gopls@latest", "gopls"),
            ("github.com/golangci/golangci-lint/v2/cmd/golangci-lint", "golangci-lint"),
            ("example.com/tool/v2@v2.0.1", "tool"),
            ("example.com/v2", "example.com"),
            ("./cmd/gen", "gen"),
        ] {
            assert_eq!(ToolSource::parse(text).unwrap().program_name(), name, "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (table, want) in [
            ("go = \"golang.org/x/a@v1.0.0\"", "`go` cannot be a tool's name: "),
            ("\"-x\" = \"golang.org/x/a@v1.0.0\"", "`-x` cannot be a tool's name: "),
            ("a = 1", "`tools.a` must be a string or a table"),
            ("a = \"stringer\"", "`stringer` is not a package such as "),
            ("a = \"-n.x/y\"", "`-n.x/y` is not a package such as "),
            ("a = \"a.b/../c@v1\"", "`a.b/../c@v1` is not a package such as "),
            ("a = \"a.b/c@-v1\"", "`-v1` is not a version such as `v1.2.3`"),
            ("a = \"a.b/c@\"", "`` is not a version such as `v1.2.3`"),
            ("a = \"a.b/c@v1 -x\"", "`v1 -x` is not a version such as `v1.2.3`"),
            ("a = \"./../x\"", "`./../x` is not a directory below the manifest's"),
            ("a = { tags = [\"x\"] }", "`tools.a` names no `package`"),
            ("a = { package = \"a.b/c\", env = {} }", "unknown key `env` in `tools.a`"),
            ("a = { package = \"a.b/c\", tags = [\"x y\"] }", "`x y` is not a build tag"),
            ("a = { package = \"a.b/c\", go = \"?\" }", "`?` is not a version"),
            ("a = { package = \"a.b/c\", cgo = 1 }", "`cgo` must be `true` or `false`"),
            (
                "a = { package = \"a.b/c\", experiments = [\"a\", \"noa\"] }",
                "`experiments` names `a` twice",
            ),
        ] {
            let got = parse(table).unwrap_err();
            let start = format!("goward: `/p/goward.toml:4`: {want}");
            assert!(got.starts_with(&start), "{table}: {got}");
        }
    }
}
