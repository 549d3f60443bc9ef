//! `[check]`: what `goward check` is told about a project.

use crate::error::Result;
use crate::project::manifest::keys;
use crate::project::manifest::reader::Reader;
use std::path::{Component, Path};
use toml_edit::{Item, TableLike};

/// The keys of `[check]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckRules {
    /// The ends of the names of more images whose tags name their release of Go.
    pub images: Vec<String>,
    /// Findings that are on purpose.
    pub ignore: Vec<Ignore>,
}

/// Findings that are on purpose: those of a check, those in some files, or those of a check in some
/// files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ignore {
    /// A path from the manifest's directory. `*` is any part of a name, `**` any directories; a
    /// directory stands for everything in it.
    pub path: Option<String>,
    /// The check.
    pub check: Option<String>,
}

impl Reader<'_> {
    pub(super) fn check_rules(&self, item: &Item) -> Result<CheckRules> {
        let table = self.table(item, "check", &keys::CHECK)?;
        let mut rules = CheckRules::default();
        if let Some(item) = table.get("images") {
            let form = "a list such as `[\"corp.example/go-builder\"]`";
            for (name, span) in self.strings(self.array(item, "images", form)?, "images", form)? {
                if name.is_empty() || name.contains(['@', ' ']) || name.ends_with('/') {
                    let problem = "`images` takes names of images without tags and digests";
                    return Err(self.error(span, problem));
                }
                rules.images.push(name.to_owned());
            }
        }
        if let Some(item) = table.get("ignore") {
            let form = "a list such as `[{ path = \"hack/**\", check = \"dockerfile\" }]`";
            for value in self.array(item, "ignore", form)? {
                let table = value.as_inline_table();
                let table = table
                    .ok_or_else(|| self.error(value.span(), &format!("`ignore` must be {form}")))?;
                rules.ignore.push(self.ignore(table, value.span())?);
            }
        }
        Ok(rules)
    }

    fn ignore(
        &self,
        table: &toml_edit::InlineTable,
        span: Option<std::ops::Range<usize>>,
    ) -> Result<Ignore> {
        let mut ignore = Ignore::default();
        for (key, item) in TableLike::iter(table) {
            let text = self.string(item, key, "a string")?.to_owned();
            match key {
                "path" if is_below(&text) => ignore.path = Some(text),
                "path" => {
                    let problem = "`path` must lead from the directory of the manifest down";
                    return Err(self.error(item.span(), problem));
                }
                "check" => ignore.check = Some(text),
                _ => {
                    let problem =
                        format!("unknown key `{}` in `ignore`", crate::error::untrusted(key));
                    return Err(self.unknown(item.span(), &problem, key, &["check", "path"]));
                }
            }
        }
        if ignore == Ignore::default() {
            return Err(self.error(span, "an entry of `ignore` needs `path`, `check`, or both"));
        }
        Ok(ignore)
    }
}

fn is_below(path: &str) -> bool {
    let mut parts = Path::new(path).components();
    !path.is_empty() && parts.all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
}
