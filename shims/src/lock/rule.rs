//! Rules: which profile applies when nobody names one.

use super::error::Problem;
use super::grammar::{is_pattern, is_profile};
use crate::pins;
use core::fmt;

/// A lock with more rules than this is refused.
pub const MAX_RULES: usize = 32;

/// A profile, and what must hold for it: all of the conditions that are there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rule<'a> {
    /// The profile that applies.
    pub profile: &'a str,
    /// `NAME=value`: the variable has this value; `NAME`: it is set, and not empty.
    pub env: Option<&'a str>,
    /// A pattern for the branch that a CI service builds.
    pub branch: Option<&'a str>,
    /// A pattern for the tag that a CI service builds.
    pub tag: Option<&'a str>,
}

impl<'a> Rule<'a> {
    /// The keys of a rule.
    pub const KEYS: [&'static str; 4] = ["branch", "env", "profile", "tag"];

    /// Sets what a line says; `value` is `None` when it is no string.
    ///
    /// # Errors
    ///
    /// For an unknown key, one that is set already, and a value that is not of its form.
    pub fn set(&mut self, key: &str, value: Option<&'a str>) -> Result<(), Problem> {
        let bad = |wanted| Problem::BadValue { key: key.into(), wanted };
        let name = "a pattern such as \"v*\" or \"release/*\"";
        let (slot, checked) = match key {
            "profile" if !self.profile.is_empty() => return Err(Problem::Duplicate(key.into())),
            "profile" => {
                let profile = value.filter(|name| is_profile(name));
                self.profile = profile.ok_or_else(|| bad("a profile's name such as \"ci\""))?;
                return Ok(());
            }
            "branch" => (&mut self.branch, value.filter(|text| is_pattern(text)).ok_or(bad(name))),
            "tag" => (&mut self.tag, value.filter(|text| is_pattern(text)).ok_or(bad(name))),
            "env" => {
                let form = "a variable such as \"CI\", or one and its value such as \"CI=true\"";
                let condition = value.ok_or(bad(form)).and_then(|text| match variable_of(text) {
                    None => Err(bad(form)),
                    Some(name) if is_decided(name) => {
                        Err(Problem::BadRule("`env` cannot be a variable that goward or Go reads"))
                    }
                    Some(_) => Ok(text),
                });
                (&mut self.env, condition)
            }
            _ => return Err(Problem::UnknownKey { key: key.into(), table: "rule".into() }),
        };
        if slot.is_some() {
            return Err(Problem::Duplicate(key.into()));
        }
        *slot = Some(checked?);
        Ok(())
    }

    /// Checks that nothing is missing and that the rule can apply at all.
    ///
    /// # Errors
    ///
    /// What is wrong with the whole.
    pub fn check(&self) -> Result<(), Problem> {
        if self.profile.is_empty() {
            return Err(Problem::Missing { table: "rule", key: "profile" });
        }
        match (self.env, self.branch, self.tag) {
            (None, None, None) => Err(Problem::BadRule("a rule needs `env`, `branch` or `tag`")),
            (_, Some(_), Some(_)) => {
                Err(Problem::BadRule("a rule has `branch` or `tag`: a build is of one of them"))
            }
            _ => Ok(()),
        }
    }

    /// Iterates over the conditions, in the order of their keys.
    pub fn conditions(&self) -> impl Iterator<Item = (&'static str, &'a str)> {
        let all = [("branch", self.branch), ("env", self.env), ("tag", self.tag)];
        all.into_iter().filter_map(|(key, value)| Some((key, value?)))
    }
}

impl fmt::Display for Rule<'_> {
    /// Writes the conditions as they stand in the file, each in backticks.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, (key, value)) in self.conditions().enumerate() {
            let comma = if number == 0 { "" } else { ", " };
            write!(f, "{comma}`{key} = \"{value}\"`")?;
        }
        Ok(())
    }
}

/// Returns the variable's name in a condition of the right form.
fn variable_of(condition: &str) -> Option<&str> {
    let (name, has_value) = match condition.split_once('=') {
        Some((name, value)) => (name, !value.is_empty()),
        None => (condition, true),
    };
    let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let is_name = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    (starts && is_name && has_value).then_some(name)
}

/// Returns true for a variable that goward reads or that it may set or remove: a nested call would
/// see another value.
fn is_decided(name: &str) -> bool {
    name.starts_with("GOWARD_") || pins::row(name.as_bytes()).is_some()
}
