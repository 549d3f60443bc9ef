//! `[[rule]]`: checked by the same code as the lock's, in words about the manifest.

use crate::error::{Result, near_match};
use crate::project::manifest::Overlay;
use crate::project::manifest::reader::{Reader, key_span};
use crate::project::rule::Rule;
use goward_shim::lock;
use goward_shim::lock::{MAX_RULES, Problem};
use std::collections::BTreeMap;
use toml_edit::{Item, TableLike, Value};

impl Reader<'_> {
    /// Reads the rules, whose profiles have to be among `profiles`.
    pub(super) fn rules(
        &self,
        item: &Item,
        profiles: &BTreeMap<String, Overlay>,
    ) -> Result<Vec<Rule>> {
        let wrong = |problem: &str| self.error(item.span(), problem);
        let tables: Option<Vec<&dyn TableLike>> = match item {
            Item::ArrayOfTables(tables) => {
                Some(tables.iter().map(|table| table as &dyn TableLike).collect())
            }
            Item::Value(Value::Array(values)) => values.iter().map(inline).collect(),
            _ => None,
        };
        let tables = tables.ok_or_else(|| wrong("`rule` must be a list of tables: `[[rule]]`"))?;
        if tables.len() > MAX_RULES {
            return Err(wrong(&format!("there are more than {MAX_RULES} rules")));
        }
        tables.into_iter().map(|table| self.rule(table, profiles)).collect()
    }

    fn rule(&self, table: &dyn TableLike, profiles: &BTreeMap<String, Overlay>) -> Result<Rule> {
        let mut rule = lock::Rule::default();
        for (key, item) in table.iter() {
            rule.set(key, item.as_str()).map_err(|problem| {
                let text = problem.to_string();
                match problem {
                    Problem::UnknownKey { .. } => {
                        self.unknown(key_span(table, key), &text, key, &lock::Rule::KEYS)
                    }
                    _ => self.error(item.span(), &text),
                }
            })?;
        }
        let first = table.iter().find_map(|(key, _)| key_span(table, key));
        rule.check().map_err(|problem| self.error(first, &problem.to_string()))?;
        if !profiles.contains_key(rule.profile) {
            let span = table.get("profile").and_then(Item::span);
            let problem = Problem::UnknownProfile(rule.profile.to_owned());
            let error = self.error(span, &problem.to_string());
            return Err(match near_match(rule.profile, profiles.keys().map(String::as_str)) {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error.hint(format!("add a table `[profile.{}]`", rule.profile)),
            });
        }
        Ok(Rule::from(&rule))
    }
}

fn inline(value: &Value) -> Option<&dyn TableLike> {
    value.as_inline_table().map(|table| table as &dyn TableLike)
}
