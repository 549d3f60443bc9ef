//! Reads the tables of `goward.toml`; what they hold that goward does not know is an error with its line.

use crate::calendar::{MIN_AGE_FORM, MinAge};
use crate::error::{Error, Kind, Result, near_match, untrusted};
use crate::io::file::{line_at, place, syntax_error};
use crate::platform::Platform;
use crate::project::manifest::keys;
use crate::project::manifest::values::{
    check_debug, check_experiment, check_fips140, check_flag, check_goroot_final, check_level,
    flag_name, switched,
};
use crate::project::manifest::{
    CheckRules, FIRST_CLASS, Manifest, Overlay, Platforms, Policy, Span,
};
use crate::project::wanted::LocatedRequest;
use crate::toml_keys::Key;
use crate::version::request::Request;
use goward_shim::lock::{Level, is_profile};
use goward_shim::names::NO_PROFILE;
use goward_shim::pins::Isolation;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use toml_edit::{Array, Document, Item, TableLike};

/// Walks through a manifest's tables and knows where everything stands.
pub(super) struct Reader<'a> {
    pub(super) text: &'a str,
    pub(super) path: &'a Path,
}

impl Reader<'_> {
    pub(super) fn read(&self) -> Result<Manifest> {
        let document = Document::parse(self.text).map_err(|error| {
            let (line, problem) = syntax_error(self.text, &error);
            Error::new(Kind::Usage, format!("{}: {problem}", place(self.path, line)))
        })?;
        let all = self.table(document.as_item(), "the manifest", &keys::MANIFEST)?;
        let (wanted, platforms) = self.toolchain(all.get("toolchain"))?;
        let mut pins =
            all.get("pins").map_or_else(|| Ok(Overlay::default()), |i| self.pins(i, "pins"))?;
        let profiles =
            all.get("profile").map_or_else(|| Ok(BTreeMap::new()), |i| self.profiles(i))?;
        let goroot = all.get("pins").map_or(Ok(None), |i| self.goroot(i, &mut pins, &profiles))?;
        Ok(Manifest {
            wanted,
            platforms,
            goroot,
            pins,
            rules: all.get("rule").map_or_else(|| Ok(Vec::new()), |i| self.rules(i, &profiles))?,
            profiles,
            matrices: all
                .get("matrix")
                .map_or_else(|| Ok(BTreeMap::new()), |i| self.matrices(i))?,
            policy: all.get("policy").map_or_else(|| Ok(Policy::default()), |i| self.policy(i))?,
            check: all
                .get("check")
                .map_or_else(|| Ok(CheckRules::default()), |i| self.check_rules(i))?,
            tools: all.get("tools").map_or_else(|| Ok(BTreeMap::new()), |i| self.tools(i))?,
            owner: None,
        })
    }

    fn toolchain(&self, item: Option<&Item>) -> Result<(LocatedRequest, Platforms)> {
        let missing = || {
            let path = self.path.display();
            Error::new(Kind::Usage, format!("`{path}`: `go` is missing in `toolchain`"))
                .hint("choose one: `goward use stable`")
        };
        let item = item.ok_or_else(missing)?;
        let table = self.table(item, "toolchain", &keys::TOOLCHAIN)?;
        let go = table.get("go").ok_or_else(missing)?;
        let text = self.string(go, "go", "a string such as `\"1.27\"`")?;
        let request =
            Request::parse(text).map_err(|error| self.error(go.span(), &error.to_string()))?;
        let (path, line) = (PathBuf::from(self.path), self.line(go.span()));
        let wanted = LocatedRequest { request, path, line, minimum: None };
        let mut platforms = Platforms { listed: BTreeSet::new(), first_class: true };
        if let Some(item) = table.get("platforms") {
            let form = "a list such as `[\"linux/amd64\"]`";
            platforms.first_class = false;
            for (name, span) in
                self.strings(self.array(item, "platforms", form)?, "platforms", form)?
            {
                if name == FIRST_CLASS {
                    platforms.first_class = true;
                    continue;
                }
                let platform = Platform::parse(name).map_err(|error| {
                    let line = place(self.path, self.line(span));
                    error.context(format!("{line}: unknown platform in `platforms`"))
                })?;
                platforms.listed.insert(platform);
            }
            if !platforms.first_class && platforms.listed.is_empty() {
                return Err(self.error(item.span(), "`platforms` names no platform"));
            }
        }
        Ok((wanted, platforms))
    }

    fn profiles(&self, item: &Item) -> Result<BTreeMap<String, Overlay>> {
        let table = self.any_table(item, "profile")?;
        let mut profiles = BTreeMap::new();
        for (name, item) in table.iter() {
            if !is_profile(name) {
                return Err(self.error(key_span(table, name), &not_a_profile(name)));
            }
            profiles.insert(name.to_owned(), self.pins(item, &format!("profile.{name}"))?);
        }
        Ok(profiles)
    }

    fn policy(&self, item: &Item) -> Result<Policy> {
        let table = self.table(item, "policy", &keys::POLICY)?;
        let mut policy = Policy::default();
        if let Some(item) = table.get("isolation") {
            let name = self.string(item, "isolation", "a string such as `\"hermetic\"`")?;
            policy.isolation = Isolation::parse(name).ok_or_else(|| {
                let problem = format!("unknown isolation `{}`", untrusted(name));
                self.unknown(item.span(), &problem, name, &Isolation::ALL.map(Isolation::name))
            })?;
        }
        if let Some(item) = table.get("level") {
            let name = self.string(item, "level", "a string such as `\"logged\"`")?;
            policy.level = Some(Level::parse(name).ok_or_else(|| {
                let problem = format!("unknown level `{}`", untrusted(name));
                self.unknown(item.span(), &problem, name, &Level::ALL.map(Level::name))
            })?);
        }
        if let Some(item) = table.get("min-age") {
            let text = self.string(item, "min-age", "a string such as `\"3d\"`")?;
            policy.min_age = MinAge::parse(text).ok_or_else(|| {
                self.error(item.span(), &format!("`min-age` must be {MIN_AGE_FORM}"))
            })?;
        }
        Ok(policy)
    }

    fn pins(&self, item: &Item, name: &str) -> Result<Overlay> {
        let known: &[Key] = if name == "pins" { &keys::PINS } else { &keys::PROFILE };
        let table = self.table(item, name, known)?;
        let mut overlay = Overlay {
            cgo: self.switch(table, "cgo")?,
            trimpath: self.switch(table, "trimpath")?,
            ..Overlay::default()
        };
        if let Some(item) = table.get("fips140") {
            let module = self.string(item, "fips140", "a string such as `\"latest\"`")?;
            check_fips140(module).map_err(|problem| self.error(item.span(), &problem))?;
            overlay.fips140 = Some(module.to_owned());
        }
        if let Some(item) = table.get("flags") {
            overlay.flags = Some(self.flags(item)?);
        }
        if let Some(item) = table.get("levels") {
            overlay.levels = self.levels(item, &format!("{name}.levels"))?;
        }
        if let Some(item) = table.get("experiments") {
            overlay.experiments = Some(self.experiments(item)?);
        }
        if let Some(item) = table.get("goroot-final") {
            let path = self.string(item, "goroot-final", "a string such as `/usr/local/go`")?;
            check_goroot_final(path).map_err(|problem| self.error(item.span(), &problem))?;
            overlay.goroot_final = Some(path.to_owned());
        }
        if let Some(item) = table.get("debug") {
            let settings = self.any_table(item, &format!("{name}.debug"))?;
            for (key, item) in settings.iter() {
                let value = match item.as_integer() {
                    Some(number) => number.to_string(),
                    None => self.string(item, key, "a string or an integer")?.to_owned(),
                };
                check_debug(key, &value).map_err(|problem| {
                    self.error(key_span(settings, key).or(item.span()), &problem)
                })?;
                overlay.debug.insert(key.to_owned(), value);
            }
        }
        Ok(overlay)
    }

    pub(super) fn switch(&self, table: &dyn TableLike, key: &str) -> Result<Option<bool>> {
        let Some(item) = table.get(key) else { return Ok(None) };
        let problem = || self.error(item.span(), &format!("`{key}` must be `true` or `false`"));
        item.as_bool().map(Some).ok_or_else(problem)
    }

    fn flags(&self, item: &Item) -> Result<Vec<String>> {
        let form = "a list such as `[\"-trimpath\"]`";
        let mut flags: Vec<String> = Vec::new();
        for (flag, span) in self.strings(self.array(item, "flags", form)?, "flags", form)? {
            check_flag(flag).map_err(|problem| self.error(span.clone(), &problem))?;
            if flags.iter().any(|other| flag_name(other) == flag_name(flag)) {
                let problem = format!("`flags` names `{}` twice", flag_name(flag));
                return Err(self.error(span, &problem));
            }
            flags.push(flag.to_owned());
        }
        Ok(flags)
    }

    fn levels(&self, item: &Item, name: &str) -> Result<BTreeMap<String, String>> {
        let table = self.table(item, name, &keys::ARCH_LEVELS)?;
        let level = |(key, item): (&str, &Item)| {
            let value = self.string(item, key, "a string")?;
            check_level(key, value).map_err(|problem| self.error(item.span(), &problem))?;
            Ok((key.to_owned(), value.to_owned()))
        };
        table.iter().map(level).collect()
    }

    pub(super) fn experiments(&self, item: &Item) -> Result<Vec<String>> {
        let form = "a list such as `[\"jsonv2\"]`";
        let array = self.array(item, "experiments", form)?;
        let mut names: Vec<String> = Vec::new();
        for (name, span) in self.strings(array, "experiments", form)? {
            check_experiment(name).map_err(|problem| self.error(span.clone(), &problem))?;
            if names.iter().any(|other| switched(other) == switched(name)) {
                let problem = format!("`experiments` names `{}` twice", switched(name));
                return Err(self.error(span, &problem));
            }
            names.push(name.to_owned());
        }
        Ok(names)
    }

    /// Returns the table, in which every key is one of `known`.
    pub(super) fn table<'i>(
        &self,
        item: &'i Item,
        name: &str,
        keys: &[Key],
    ) -> Result<&'i dyn TableLike> {
        let table = self.any_table(item, name)?;
        let known: Vec<&str> = keys.iter().map(|key| key.name).collect();
        for (key, _) in table.iter() {
            if !known.contains(&key) {
                let of = if name == "the manifest" { name.to_owned() } else { format!("`{name}`") };
                let problem = format!("unknown key `{}` in {of}", untrusted(key));
                return Err(self.unknown(key_span(table, key), &problem, key, &known));
            }
        }
        Ok(table)
    }

    pub(super) fn any_table<'i>(&self, item: &'i Item, name: &str) -> Result<&'i dyn TableLike> {
        item.as_table_like().ok_or_else(|| {
            self.error(item.span(), &format!("`{}` must be a table", untrusted(name)))
        })
    }

    pub(super) fn array<'i>(&self, item: &'i Item, key: &str, form: &str) -> Result<&'i Array> {
        item.as_array().ok_or_else(|| self.error(item.span(), &format!("`{key}` must be {form}")))
    }

    pub(super) fn strings<'i>(
        &self,
        array: &'i Array,
        key: &str,
        form: &str,
    ) -> Result<Vec<(&'i str, Span)>> {
        let string = |value: &'i toml_edit::Value| {
            let text = value.as_str();
            let text =
                text.ok_or_else(|| self.error(value.span(), &format!("`{key}` must be {form}")))?;
            Ok((text, value.span()))
        };
        array.iter().map(string).collect()
    }

    pub(super) fn string<'i>(&self, item: &'i Item, key: &str, form: &str) -> Result<&'i str> {
        item.as_str()
            .ok_or_else(|| self.error(item.span(), &format!("`{}` must be {form}", untrusted(key))))
    }

    fn line(&self, span: Span) -> u32 {
        line_at(self.text.as_bytes(), span.map_or(0, |span| span.start))
    }

    pub(super) fn error(&self, span: Span, problem: &str) -> Error {
        Error::new(Kind::Usage, format!("{}: {problem}", place(self.path, self.line(span))))
    }

    pub(super) fn unknown(&self, span: Span, problem: &str, typed: &str, known: &[&str]) -> Error {
        match near_match(typed, known.iter().copied()) {
            Some(near) => self.error(span, &format!("{problem}; did you mean `{near}`?")),
            None => self.error(span, problem).hint(format!("known here: `{}`", known.join("`, `"))),
        }
    }
}

/// Says why `name` cannot be a profile's.
pub(super) fn not_a_profile(name: &str) -> String {
    let form = match name {
        NO_PROFILE => "that word chooses none",
        _ => "1 to 32 lower-case letters, digits and hyphens",
    };
    format!("`{}` cannot be a profile's name: {form}", untrusted(name))
}

pub(super) fn key_span(table: &dyn TableLike, key: &str) -> Span {
    table.key(key).and_then(toml_edit::Key::span)
}
