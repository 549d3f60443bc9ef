//! `goward.toml`, which people write: the request, the pins, the profiles.
//!
//! [`Manifest`] is the file as typed and checked values; `lockfile` makes the lock from it.
//! [`ManifestEdit`] changes single values and keeps comments and layout. Whatever a manifest holds
//! that goward does not know is an error that names the line, because a pin with a typing error
//! would silently not be one.

mod check;
mod edit;
mod goroot;
mod matrix;
mod rules;
#[cfg(test)]
mod tests;
mod values;

use crate::error::{Error, Kind, Result, near_match, untrusted};
use crate::io::file;
use crate::io::file::{line_at, place, syntax_error};
use crate::platform::Platform;
use crate::project::lock::Pins;
use crate::project::rule::Rule;
use crate::project::wanted::LocatedRequest;
use crate::version::request::Request;
pub use check::{CheckRules, Ignore};
pub use edit::ManifestEdit;
use goward_shim::lock::{Level, is_profile};
use goward_shim::names::NO_PROFILE;
use goward_shim::pins::{BadPin, Isolation, pinned};
pub use matrix::NamedMatrix;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use toml_edit::{Array, Document, Item, TableLike};
use values::{LEVELS, check_fips140, check_flag, check_level, flag_name};

/// A longer manifest is refused, in bytes.
pub(super) const MAX_SIZE: u64 = 256 * 1024;

/// What a manifest says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    wanted: LocatedRequest,
    platforms: Platforms,
    goroot: Option<String>,
    pins: Overlay,
    profiles: BTreeMap<String, Overlay>,
    rules: Vec<Rule>,
    matrices: BTreeMap<String, NamedMatrix>,
    policy: Policy,
    check: CheckRules,
    owner: Option<u32>,
}

/// Which platforms a lock covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Platforms {
    listed: BTreeSet<Platform>,
    /// Whether the first-class ports of Go belong to them, as far as they are known without a download, and
    /// whatever platforms the project's people have.
    first_class: bool,
}

/// The word that stands for the first-class ports.
pub(super) const FIRST_CLASS: &str = "first-class";

impl Platforms {
    /// Returns the platforms that have to be in the lock.
    pub fn required(&self) -> BTreeSet<Platform> {
        let host = self.first_class.then(Platform::host);
        self.listed.iter().copied().chain(host).collect()
    }

    /// Returns the platforms that are in the lock if they are known without a download.
    pub fn optional(&self) -> BTreeSet<Platform> {
        let required = self.required();
        let ports = Platform::first_class().filter(|_| self.first_class);
        ports.filter(|platform| !required.contains(platform)).collect()
    }

    /// Returns true for a platform that may be in the lock.
    pub fn allow(&self, platform: Platform) -> bool {
        self.first_class || self.listed.contains(&platform)
    }

    /// Returns the platforms that people listed.
    pub fn listed(&self) -> &BTreeSet<Platform> {
        &self.listed
    }
}

/// What a project demands of the machines that build it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Policy {
    isolation: Isolation,
    level: Option<Level>,
}

/// The keys of `[pins]` and of a profile; what is absent leaves what is below as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Overlay {
    cgo: Option<bool>,
    debug: BTreeMap<String, String>,
    experiments: Option<Vec<String>>,
    fips140: Option<String>,
    flags: Option<Vec<String>>,
    goroot_final: Option<String>,
    levels: BTreeMap<String, String>,
    trimpath: Option<bool>,
}

impl Manifest {
    /// Reads the manifest at `path`.
    ///
    /// # Errors
    ///
    /// [`Kind::NotFound`] when there is none, [`Kind::Usage`] for one that is wrong, with the line, and for a
    /// link that leads out of its repository.
    pub fn read(path: &Path) -> Result<Self> {
        file::check_link(path)?;
        let (text, owner) = file::read_owned_text(path, MAX_SIZE)?.ok_or_else(|| {
            Error::new(Kind::NotFound, format!("`{}` does not exist", path.display()))
                .hint("write it: `goward use 1.27`")
        })?;
        Ok(Self { owner: Some(owner), ..Self::parse(&text, path)? })
    }

    /// Reads the text of a manifest; `path` is where it stands, for messages.
    ///
    /// # Errors
    ///
    /// [`Kind::Usage`] for a manifest that is wrong, with the line.
    pub fn parse(text: &str, path: &Path) -> Result<Self> {
        Reader { text, path }.read()
    }

    /// Returns the user whom the file belonged to when it was read.
    pub fn owner(&self) -> Option<u32> {
        self.owner
    }

    /// Returns the request.
    pub fn request(&self) -> &Request {
        &self.wanted.request
    }

    /// Returns the request and where it stands.
    pub fn wanted(&self) -> &LocatedRequest {
        &self.wanted
    }

    /// Returns the platforms that the lock covers.
    pub fn platforms(&self) -> &Platforms {
        &self.platforms
    }

    /// Returns what `goward check` is told.
    pub fn check_rules(&self) -> &CheckRules {
        &self.check
    }

    /// Returns the names of the profiles, sorted.
    pub fn profiles(&self) -> impl Iterator<Item = &str> {
        self.profiles.keys().map(String::as_str)
    }

    /// Returns which profile applies when nobody names one; the first that matches.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Returns the matrix called `name`.
    ///
    /// # Errors
    ///
    /// [`Kind::NotFound`] when there is none.
    pub fn matrix(&self, name: &str) -> Result<&NamedMatrix> {
        self.matrices.get(name).ok_or_else(|| {
            let path = self.wanted.path.display();
            let message = format!("`{path}` has no matrix `{}`", untrusted(name));
            let error = Error::new(Kind::NotFound, message);
            match near_match(name, self.matrices.keys().map(String::as_str)) {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error.hint(format!("add a table `[matrix.{}]`", untrusted(name))),
            }
        })
    }

    /// Returns the level that a toolchain of this project needs, where the user's own settings
    /// demand `user`. A project can raise it, never lower it.
    pub fn demanded_level(&self, user: Level) -> Level {
        self.policy.level.map_or(user, |level| level.max(user))
    }

    /// Returns how much of the caller's environment reaches `go`.
    pub fn isolation(&self) -> Isolation {
        self.policy.isolation
    }

    /// Returns the path that is GOROOT in place of the root, if there is one; it is then no pin.
    pub fn goroot(&self) -> Option<&str> {
        self.goroot.as_deref()
    }

    /// Returns the pins as the lock has them, sorted by name, with those of `profile` laid over the
    /// base.
    ///
    /// # Errors
    ///
    /// [`Kind::NotFound`] for a profile that the manifest does not have.
    pub fn resolved_pins(&self, profile: Option<&str>) -> Result<Pins> {
        let Some(name) = profile else {
            return Ok(self.pins.resolve(&Overlay::default()));
        };
        let overlay = self.profiles.get(name).ok_or_else(|| {
            let path = self.wanted.path.display();
            let message = format!("`{path}` has no profile `{}`", untrusted(name));
            let error = Error::new(Kind::NotFound, message);
            match near_match(name, self.profiles()) {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error.hint(format!("add a table `[profile.{}]`", untrusted(name))),
            }
        })?;
        Ok(self.pins.resolve(overlay))
    }
}

/// The flag that `trimpath` adds or takes out.
const TRIMPATH: &str = "-trimpath";

impl Overlay {
    /// Lays `over` on these pins; what ends up empty is left out.
    fn resolve(&self, over: &Self) -> Pins {
        let mut debug = self.debug.clone();
        debug.extend(over.debug.clone());
        debug.retain(|_, value| !value.is_empty());
        let settings: Vec<String> =
            debug.into_iter().map(|(key, value)| format!("{key}={value}")).collect();
        let experiments = over.experiments.as_ref().or(self.experiments.as_ref());
        let goroot_final = over.goroot_final.as_ref().or(self.goroot_final.as_ref());
        let fips140 = over.fips140.as_ref().or(self.fips140.as_ref());
        let cgo = over.cgo.or(self.cgo).map(|on| if on { "1" } else { "0" });
        let levels = self.levels.iter().chain(&over.levels);
        let mut all: BTreeMap<&str, String> =
            levels.map(|(name, value)| (name.as_str(), value.clone())).collect();
        all.extend([
            ("CGO_ENABLED", cgo.unwrap_or_default().to_owned()),
            ("GODEBUG", settings.join(",")),
            ("GOEXPERIMENT", experiments.map(|names| names.join(",")).unwrap_or_default()),
            ("GOFIPS140", fips140.cloned().unwrap_or_default()),
            ("GOFLAGS", self.flags_below(over).join(" ")),
            ("GOROOT_FINAL", goroot_final.cloned().unwrap_or_default()),
        ]);
        let present = all.into_iter().filter(|(_, value)| !value.is_empty());
        present.map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// Returns GOFLAGS with `over` laid on these, and with what `trimpath` makes of them.
    fn flags_below(&self, over: &Self) -> Vec<String> {
        let mut flags = over.flags.as_ref().or(self.flags.as_ref()).cloned().unwrap_or_default();
        let is_there = flags.iter().any(|flag| flag == TRIMPATH);
        // A profile that lists the flag itself has it, whatever stands below.
        let below = self.trimpath.filter(|_| over.flags.is_none() || !is_there);
        match over.trimpath.or(below) {
            Some(true) if !is_there => flags.insert(0, TRIMPATH.to_owned()),
            Some(false) => flags.retain(|flag| flag != TRIMPATH),
            _ => {}
        }
        flags
    }
}

/// Walks through a manifest's tables and knows where everything stands.
struct Reader<'a> {
    text: &'a str,
    path: &'a Path,
}

type Span = Option<Range<usize>>;

impl Reader<'_> {
    fn read(&self) -> Result<Manifest> {
        let document = Document::parse(self.text).map_err(|error| {
            let (line, problem) = syntax_error(self.text, &error);
            Error::new(Kind::Usage, format!("{}: {problem}", place(self.path, line)))
        })?;
        let all = self.table(
            document.as_item(),
            "the manifest",
            &["check", "matrix", "pins", "policy", "profile", "rule", "toolchain"],
        )?;
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
        let table = self.table(item, "toolchain", &["go", "platforms"])?;
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
        let table = self.table(item, "policy", &["isolation", "level"])?;
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
        Ok(policy)
    }

    fn pins(&self, item: &Item, name: &str) -> Result<Overlay> {
        let mut known = vec!["cgo", "debug", "experiments", "fips140", "flags", "goroot-final"];
        known.extend(["levels", "trimpath"]);
        if name == "pins" {
            known.push("goroot");
        }
        let table = self.table(item, name, &known)?;
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

    fn switch(&self, table: &dyn TableLike, key: &str) -> Result<Option<bool>> {
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
        let table = self.table(item, name, &LEVELS)?;
        let level = |(key, item): (&str, &Item)| {
            let value = self.string(item, key, "a string")?;
            check_level(key, value).map_err(|problem| self.error(item.span(), &problem))?;
            Ok((key.to_owned(), value.to_owned()))
        };
        table.iter().map(level).collect()
    }

    fn experiments(&self, item: &Item) -> Result<Vec<String>> {
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
    fn table<'i>(&self, item: &'i Item, name: &str, known: &[&str]) -> Result<&'i dyn TableLike> {
        let table = self.any_table(item, name)?;
        for (key, _) in table.iter() {
            if !known.contains(&key) {
                let of = if name == "the manifest" { name.to_owned() } else { format!("`{name}`") };
                let problem = format!("unknown key `{}` in {of}", untrusted(key));
                return Err(self.unknown(key_span(table, key), &problem, key, known));
            }
        }
        Ok(table)
    }

    fn any_table<'i>(&self, item: &'i Item, name: &str) -> Result<&'i dyn TableLike> {
        item.as_table_like().ok_or_else(|| {
            self.error(item.span(), &format!("`{}` must be a table", untrusted(name)))
        })
    }

    fn array<'i>(&self, item: &'i Item, key: &str, form: &str) -> Result<&'i Array> {
        item.as_array().ok_or_else(|| self.error(item.span(), &format!("`{key}` must be {form}")))
    }

    fn strings<'i>(&self, array: &'i Array, key: &str, form: &str) -> Result<Vec<(&'i str, Span)>> {
        let string = |value: &'i toml_edit::Value| {
            let text = value.as_str();
            let text =
                text.ok_or_else(|| self.error(value.span(), &format!("`{key}` must be {form}")))?;
            Ok((text, value.span()))
        };
        array.iter().map(string).collect()
    }

    fn string<'i>(&self, item: &'i Item, key: &str, form: &str) -> Result<&'i str> {
        item.as_str()
            .ok_or_else(|| self.error(item.span(), &format!("`{}` must be {form}", untrusted(key))))
    }

    fn line(&self, span: Span) -> u32 {
        line_at(self.text.as_bytes(), span.map_or(0, |span| span.start))
    }

    fn error(&self, span: Span, problem: &str) -> Error {
        Error::new(Kind::Usage, format!("{}: {problem}", place(self.path, self.line(span))))
    }

    fn unknown(&self, span: Span, problem: &str, typed: &str, known: &[&str]) -> Error {
        match near_match(typed, known.iter().copied()) {
            Some(near) => self.error(span, &format!("{problem}; did you mean `{near}`?")),
            None => self.error(span, problem).hint(format!("known here: `{}`", known.join("`, `"))),
        }
    }
}

/// Says why `name` cannot be a profile's.
fn not_a_profile(name: &str) -> String {
    let form = match name {
        NO_PROFILE => "that word chooses none",
        _ => "1 to 32 lower-case letters, digits and hyphens",
    };
    format!("`{}` cannot be a profile's name: {form}", untrusted(name))
}

fn key_span(table: &dyn TableLike, key: &str) -> Span {
    table.key(key).and_then(toml_edit::Key::span)
}

/// Returns the experiment that `name` switches on or off, as Go reads it.
fn switched(name: &str) -> &str {
    name.strip_prefix("no").unwrap_or(name)
}

fn check_experiment(name: &str) -> Result<(), String> {
    if name == "none" {
        return Err(
            "`none` would switch every experiment off, the defaults of Go included; name those \
                    to switch off, as in `nojsonv2`"
                .to_owned(),
        );
    }
    match check_pin("GOEXPERIMENT", name) {
        Ok(()) if !name.contains(',') && !switched(name).is_empty() => Ok(()),
        _ => Err(format!(
            "`{}` cannot be an experiment: their names are lower-case letters and digits",
            untrusted(name)
        )),
    }
}

/// An empty value removes the key.
fn check_debug(key: &str, value: &str) -> Result<(), String> {
    let shown = if value.is_empty() { "0" } else { value };
    let setting = format!("{key}={shown}");
    match check_pin("GODEBUG", &setting) {
        Ok(()) if !setting.contains(',') => Ok(()),
        _ => Err(format!(
            "`{}` is not one setting of GODEBUG, such as `http2debug=1`",
            untrusted(&setting)
        )),
    }
}

/// An empty path removes the pin.
fn check_goroot_final(path: &str) -> Result<(), String> {
    // What a lock's string cannot hold, no pin can.
    let plain = path.bytes().all(|b| (b' '..=b'~').contains(&b) && b != b'"' && b != b'\\');
    match check_pin("GOROOT_FINAL", path) {
        _ if path.is_empty() => Ok(()),
        Ok(()) if plain => Ok(()),
        _ => Err("`goroot-final` must be an absolute path such as `/usr/local/go`".to_owned()),
    }
}

fn check_pin<'v>(variable: &str, value: &'v str) -> Result<(), BadPin<'v>> {
    pinned(variable).map_or(Err(BadPin::Form("a pin")), |pin| (pin.check)(value))
}
