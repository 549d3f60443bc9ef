//! Reads the experiments of a release from its source.
//!
//! The names are the fields of a struct in `internal/goexperiment/flags.go`. What is on by default
//! on which platform, what is forced, and what needs what are the statements of
//! `ParseGOEXPERIMENT` in `internal/buildcfg/exp.go`. That function changes with every release, so
//! a statement about the platform or the defaults that is not understood is an error.

use super::condition::{Condition, Variable};
use super::experiments::{Experiment, Experiments, ForcedExperiments, Needs};
use super::scan::{Line, Source, is_identifier};
use crate::error::Result;
use crate::version::GoVersion;
use std::collections::BTreeMap;
use std::vec::IntoIter;

pub(super) const FLAGS: &str = "src/internal/goexperiment/flags.go";
pub(super) const RULES: &str = "src/internal/buildcfg/exp.go";

const BASELINE: &str = "baseline := goexperiment.Flags{";

/// Reads the texts of both files.
pub(super) fn read(version: GoVersion, flags: &str, rules: &str) -> Result<Experiments> {
    let known = read_flags(&Source { version, path: FLAGS, text: flags })?;
    let source = Source { version, path: RULES, text: rules };
    let mut lines = source.block("func ParseGOEXPERIMENT(")?.into_iter();
    let found = Experiments { known, ..Experiments::default() };
    let mut reader = Reader { source, found, variables: BTreeMap::new(), has_baseline: false };
    while let Some(line) = lines.next() {
        reader.read_statement(line, &mut lines)?;
    }
    if reader.has_baseline { Ok(reader.found) } else { Err(reader.source.lacks(BASELINE)) }
}

/// Reads the fields of `type Flags struct`, each with the comment right above it.
fn read_flags(source: &Source) -> Result<BTreeMap<String, Experiment>> {
    let mut known = BTreeMap::new();
    let mut doc: Vec<&str> = Vec::new();
    for line in source.block("type Flags struct {")? {
        match (line.code, line.comment) {
            ("", Some(comment)) => doc.extend(Some(comment).filter(|comment| !comment.is_empty())),
            ("", None) => doc.clear(),
            (code, _) => {
                let name = code.strip_suffix(" bool").map(str::trim_end);
                let name = name.filter(|name| is_identifier(name));
                let name = name.ok_or_else(|| source.strange(line))?;
                let doc = std::mem::take(&mut doc).join(" ");
                known.insert(name.to_lowercase(), Experiment { doc, ..Experiment::default() });
            }
        }
    }
    Ok(known)
}

/// Goes through the statements of `ParseGOEXPERIMENT`.
struct Reader<'a> {
    source: Source<'a>,
    found: Experiments,
    /// Its variables that depend on the platform.
    variables: BTreeMap<&'a str, Condition>,
    has_baseline: bool,
}

type Lines<'a> = IntoIter<Line<'a>>;

impl<'a> Reader<'a> {
    fn read_statement(&mut self, line: Line<'a>, lines: &mut Lines<'a>) -> Result<()> {
        let code = line.code;
        if let Some(names) = between(code, "var ", " bool") {
            for name in names.split(", ") {
                self.variables.insert(name, Condition::default());
            }
            return Ok(());
        }
        if let Some(variable) = between(code, "switch ", " {").and_then(Variable::parse) {
            return self.read_switch(variable, lines);
        }
        if code == BASELINE {
            self.has_baseline = true;
            return self.read_baseline(lines);
        }
        if let Some(alias) = between(code, "names[\"", "\"] = func(v bool) {") {
            let names = self.read_assignments(lines, |value| (value == "v").then_some(()))?;
            let names = names.into_iter().map(|(name, ())| name).collect();
            self.found.aliases.insert(alias.to_owned(), names);
            return Ok(());
        }
        if let Some(condition) = between(code, "if ", " {")
            && self.read_if(condition, lines)?
        {
            return Ok(());
        }
        if let Some((name, expression)) = code.split_once(" := ")
            && let Some(condition) = Condition::parse(expression)
        {
            self.variables.insert(name, condition);
            return Ok(());
        }
        let words = code.split(|c: char| !c.is_ascii_alphanumeric());
        let is_about_defaults = words.into_iter().any(|word| Variable::parse(word).is_some())
            || code.contains("baseline.");
        if is_about_defaults { Err(self.source.strange(line)) } else { Ok(()) }
    }

    /// Reads the cases of `switch goarch {`.
    fn read_switch(&mut self, variable: Variable, lines: &mut Lines<'a>) -> Result<()> {
        let mut here = Condition::default();
        let mut fallen = Condition::default();
        for line in lines.take_while(|line| line.code != "}") {
            let strange = || self.source.strange(line);
            if line.code.is_empty() {
                continue;
            }
            if let Some(values) = between(line.code, "case ", ":") {
                let these = Condition::one_of(variable, values).ok_or_else(strange)?;
                here = these.or(std::mem::take(&mut fallen));
            } else if line.code == "fallthrough" {
                fallen = here.clone();
            } else {
                let name = line.code.strip_suffix(" = true").ok_or_else(strange)?;
                let known = self.variables.get_mut(name);
                let Some(known) = known else { return Err(self.source.strange(line)) };
                *known = std::mem::take(known).or(here.clone());
            }
        }
        Ok(())
    }

    /// Reads the fields that are on by default.
    fn read_baseline(&mut self, lines: &mut Lines<'a>) -> Result<()> {
        for line in lines.take_while(|line| line.code != "}") {
            if line.code.is_empty() {
                continue;
            }
            let field = line.code.strip_suffix(',').and_then(|field| field.split_once(':'));
            let condition = field.and_then(|(_, value)| {
                let constant = parse_bool(value.trim()).map(Condition::constant);
                constant.or_else(|| self.variables.get(value.trim()).cloned())
            });
            let experiment =
                field.and_then(|(name, _)| self.found.known.get_mut(&name.to_lowercase()));
            let (Some(condition), Some(experiment)) = (condition, experiment) else {
                return Err(self.source.strange(line));
            };
            experiment.default = condition;
        }
        Ok(())
    }

    /// Reads what an `if` about a variable forces, and what needs what; returns false for any other.
    fn read_if(&mut self, condition: &'a str, lines: &mut Lines<'a>) -> Result<bool> {
        if let Some((name, other)) = condition.split_once(" && ")
            && let (Some(name), Some(other)) =
                (name.strip_prefix("flags."), other.strip_prefix("!flags."))
            && is_identifier(name)
            && is_identifier(other)
        {
            let (name, other) = (name.to_lowercase(), other.to_lowercase());
            self.found.needs.push(Needs { name, other });
            return Ok(true);
        }
        let when = !condition.starts_with('!');
        let Some(condition) = self.variables.get(condition.trim_start_matches('!')).cloned() else {
            return Ok(false);
        };
        for (name, is_on) in self.read_assignments(lines, parse_bool)? {
            let condition = condition.clone();
            self.found.forced.push(ForcedExperiments { condition, when, name, is_on });
        }
        Ok(true)
    }

    /// Reads lines `flags.NAME = VALUE` up to the brace.
    fn read_assignments<T>(
        &self,
        lines: &mut Lines<'a>,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Vec<(String, T)>> {
        let mut assigned = Vec::new();
        for line in lines.take_while(|line| line.code != "}") {
            if line.code.is_empty() {
                continue;
            }
            let sides = line.code.strip_prefix("flags.").and_then(|code| code.split_once(" = "));
            let sides = sides.filter(|(name, _)| is_identifier(name));
            let parsed = sides.and_then(|(name, value)| Some((name.to_lowercase(), parse(value)?)));
            assigned.push(parsed.ok_or_else(|| self.source.strange(line))?);
        }
        Ok(assigned)
    }
}

fn parse_bool(value: &str) -> Option<bool> {
    match value {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

fn between<'t>(text: &'t str, start: &str, end: &str) -> Option<&'t str> {
    text.strip_prefix(start)?.strip_suffix(end)
}
