//! `[matrix.NAME]`: what `goward matrix NAME` runs.

use crate::error::{Result, untrusted};
use crate::project::manifest::keys;
use crate::project::manifest::reader::{Reader, key_span};
use crate::project::manifest::values::{check_debug, check_experiment};
use crate::project::matrix_plan::{Exclude, NONE, Plan};
use crate::version::request::Request;
use goward_shim::lock::is_profile;
use std::collections::BTreeMap;
use toml_edit::{Array, Item, TableLike, Value};

/// A named matrix.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NamedMatrix {
    /// Its cells.
    pub plan: Plan,
    /// Its command, if it has one.
    pub command: Vec<String>,
}

impl Reader<'_> {
    /// Reads every `[matrix.NAME]`.
    pub(super) fn matrices(&self, item: &Item) -> Result<BTreeMap<String, NamedMatrix>> {
        let table = self.any_table(item, "matrix")?;
        let mut matrices = BTreeMap::new();
        for (name, item) in table.iter() {
            if !is_profile(name) {
                let form = "1 to 32 lower-case letters, digits and hyphens, and not `none`";
                let problem = format!("`{}` cannot be a matrix's name: {form}", untrusted(name));
                return Err(self.error(key_span(table, name), &problem));
            }
            matrices.insert(name.to_owned(), self.named_matrix(item, name)?);
        }
        Ok(matrices)
    }

    fn named_matrix(&self, item: &Item, name: &str) -> Result<NamedMatrix> {
        let table = self.table(item, &format!("matrix.{name}"), &keys::MATRIX)?;
        let check_go = |go: &str| Request::parse(go).map(drop).map_err(|error| error.to_string());
        let gos = self.axis(table, "go", "[\"1.26\", \"1.27\"]", check_go)?;
        let experiments = self.axis(table, "experiments", "[\"none\", \"jsonv2\"]", |list| {
            each(list, check_experiment)
        })?;
        let debug = self.axis(table, "debug", "[\"none\", \"http2debug=1\"]", |list| {
            each(list, |setting| match setting.split_once('=') {
                Some((key, value)) if !value.is_empty() => check_debug(key, value),
                _ => Err(format!("`{}` is not KEY=VALUE", untrusted(setting))),
            })
        })?;
        let command = self.axis(table, "command", "[\"go\", \"test\", \"./...\"]", |_| Ok(()))?;
        let excludes = table.get("exclude").map_or_else(|| Ok(Vec::new()), |i| self.excludes(i))?;
        let plan = Plan { gos, experiments, debug, excludes };
        // What fits nothing or leaves nothing is found now, and not when somebody waits for it.
        plan.cells().map_err(|error| self.error(item.span(), error.message()))?;
        Ok(NamedMatrix { plan, command })
    }

    fn axis(
        &self,
        table: &dyn TableLike,
        key: &str,
        example: &str,
        check: impl Fn(&str) -> Result<(), String>,
    ) -> Result<Vec<String>> {
        let Some(item) = table.get(key) else { return Ok(Vec::new()) };
        let form = format!("a list such as `{example}`");
        let mut values = Vec::new();
        for (value, span) in self.strings(self.array(item, key, &form)?, key, &form)? {
            check(value).map_err(|problem| self.error(span, &problem))?;
            values.push(value.to_owned());
        }
        if values.is_empty() {
            return Err(self.error(item.span(), &format!("`{key}` is empty; leave it out")));
        }
        Ok(values)
    }

    fn excludes(&self, item: &Item) -> Result<Vec<Exclude>> {
        let form = "a list of tables such as `[{ go = \"1.24\", experiment = \"jsonv2\" }]`";
        let wrong = || self.error(item.span(), &format!("`exclude` must be {form}"));
        let tables: Vec<&dyn TableLike> = match item {
            Item::ArrayOfTables(tables) => {
                tables.iter().map(|table| table as &dyn TableLike).collect()
            }
            Item::Value(Value::Array(values)) => inline_tables(values).ok_or_else(wrong)?,
            _ => return Err(wrong()),
        };
        let mut excludes = Vec::new();
        for table in tables {
            let mut exclude = Exclude::default();
            for (key, item) in table.iter() {
                let value = item.as_str().ok_or_else(wrong)?;
                exclude.set(key, value).map_err(|error| {
                    let message = error.message().to_owned();
                    self.unknown(key_span(table, key), &message, key, &Exclude::KEYS)
                })?;
            }
            excludes.push(exclude);
        }
        Ok(excludes)
    }
}

fn inline_tables(values: &Array) -> Option<Vec<&dyn TableLike>> {
    values
        .iter()
        .map(|value| value.as_inline_table().map(|table| table as &dyn TableLike))
        .collect()
}

/// Checks every item of a comma-separated list, but for `none` alone.
fn each(list: &str, check: impl Fn(&str) -> Result<(), String>) -> Result<(), String> {
    if list == NONE {
        return Ok(());
    }
    list.split(',').try_for_each(|item| check(item.trim()))
}

#[cfg(test)]
mod tests {
    use super::super::Manifest;
    use std::path::Path;

    fn parse(table: &str) -> Result<Manifest, String> {
        let text = format!("[toolchain]\ngo = \"1.27\"\n{table}");
        Manifest::parse(&text, Path::new("/p/goward.toml")).map_err(|error| error.to_string())
    }

    #[test]
    fn a_matrix_is_read() {
        let manifest = parse(
            "[matrix.ci]\ngo = [\"1.26\", \"1.27\"]\nexperiments = [\"none\", \"jsonv2,simd\"]\n\
             debug = [\"none\", \"a=1,b=2\"]\nexclude = [{ go = \"1.26\", debug = \"a=1,b=2\" }]\n\
             command = [\"go\", \"vet\", \"./...\"]\n",
        )
        .unwrap();
        let matrix = manifest.matrix("ci").unwrap();
        assert_eq!(matrix.plan.cells().unwrap().len(), 6);
        assert_eq!(matrix.command, ["go", "vet", "./..."]);
        let error = manifest.matrix("cii").unwrap_err();
        assert_eq!(
            error.to_string(),
            "goward: `/p/goward.toml` has no matrix `cii`\nhint: did you mean `ci`?"
        );
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let cases = [
            (
                "[matrix.CI]\n",
                3,
                "`CI` cannot be a matrix's name: 1 to 32 lower-case letters, digits and hyphens, and not `none`",
            ),
            (
                "[matrix.ci]\ngos = [\"1.26\"]\n",
                4,
                "unknown key `gos` in `matrix.ci`; did you mean `go`?",
            ),
            (
                "[matrix.ci]\ngo = \"1.26\"\n",
                4,
                "`go` must be a list such as `[\"1.26\", \"1.27\"]`",
            ),
            ("[matrix.ci]\ngo = []\n", 4, "`go` is empty; leave it out"),
            ("[matrix.ci]\ndebug = [\"a\"]\n", 4, "`a` is not KEY=VALUE"),
            (
                "[matrix.ci]\nexclude = [{ go = \"1.20\" }]\n",
                3,
                "no cell fits the exclusion `go=1.20`",
            ),
            (
                "[matrix.ci]\nexclude = [{ gos = \"1.20\" }]\n",
                4,
                "a cell has no `gos`; did you mean `go`?",
            ),
        ];
        for (table, line, want) in cases {
            let got = parse(table).unwrap_err();
            let want = format!("goward: `/p/goward.toml:{line}`: {want}");
            assert_eq!(got.lines().next(), Some(want.as_str()));
        }
    }
}
