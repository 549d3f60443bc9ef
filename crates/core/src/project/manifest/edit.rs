//! Changes single values of a manifest and keeps everything else as people wrote it.

use crate::error::{Error, Kind, Result, near_match, untrusted};
use crate::io::file;
use crate::io::file::{place, syntax_error};
use crate::os::User;
use crate::platform::Platform;
use crate::project::manifest::keys::FIXED;
use crate::project::manifest::reader::not_a_profile;
use crate::project::manifest::values::{
    check_debug, check_experiment, check_goroot_final, switched,
};
use crate::project::manifest::{FIRST_CLASS, MAX_SIZE, Manifest, ToolRequest, is_tool_name};
use crate::version::request::Request;
use goward_shim::lock::is_profile;
use std::fmt;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, TableLike, Value};

/// What of a file stays, whatever changes in it.
#[derive(Clone, Copy, Debug)]
struct Style {
    owner: User,
    has_mark: bool,
    has_crlf: bool,
}

/// The mark of the byte order, which some editors put in front.
const MARK: &str = "\u{feff}";

const NEW: &str = "\
# The Go toolchain of this project, and the Go settings that builds here get.
# After a change run `goward lock`, which brings goward.lock up to date.
";

/// A manifest that is being changed.
#[derive(Debug)]
pub struct ManifestEdit {
    path: PathBuf,
    document: DocumentMut,
    /// How the file that is there is written; `None` when there is none.
    before: Option<Style>,
    /// The profile whose pins are changed, instead of the base pins.
    profile: Option<String>,
}

impl ManifestEdit {
    /// Reads the manifest at `path`, or starts a new one.
    pub fn open_or_new(path: &Path) -> Result<Self> {
        file::check_link(path)?;
        let before = file::read_owned_text(path, MAX_SIZE)?;
        let style = before.as_ref().map(|(text, owner)| Style {
            owner: *owner,
            has_mark: text.starts_with(MARK),
            has_crlf: text.contains("\r\n"),
        });
        let text = before.as_ref().map_or(NEW, |(text, _)| text.as_str());
        // One kind of line ends while it is edited; what is added has no other either.
        let text = text.trim_start_matches(MARK).replace("\r\n", "\n");
        let text = text.as_str();
        let parse = |text: &str| {
            text.parse::<DocumentMut>().map_err(|error| {
                let (line, problem) = syntax_error(text, &error);
                Error::new(Kind::Usage, format!("{}: {problem}", place(path, line)))
            })
        };
        let mut document = parse(text)?;
        if document.is_empty() {
            // Comments that stand above no table would come to stand below the first one.
            let gap = if text.is_empty() { "" } else { "\n" };
            document = parse(&format!("{}{gap}{gap}[toolchain]\n", text.trim_end()))?;
        }
        Ok(Self { path: path.into(), document, before: style, profile: None })
    }

    /// Returns false when there was no manifest.
    pub fn is_there(&self) -> bool {
        self.before.is_some()
    }

    /// Returns the user whom the file belonged to when it was read.
    pub fn owner(&self) -> Option<User> {
        self.before.map(|style| style.owner)
    }

    /// Returns true when the file that is there has the line ends of Windows.
    pub fn has_crlf(&self) -> bool {
        self.before.is_some_and(|style| style.has_crlf)
    }

    /// Turns to the pins of a profile, which is there afterwards.
    pub fn turn_to_profile(&mut self, name: &str) -> Result<()> {
        if !is_profile(name) {
            return Err(Error::new(Kind::Usage, not_a_profile(name)));
        }
        self.profile = Some(name.to_owned());
        self.pins().map(drop)
    }

    /// Sets the request.
    pub fn set_request(&mut self, request: &Request) -> Result<()> {
        set(self.table("toolchain")?, "go", request.to_string());
        Ok(())
    }

    /// Adds a platform that the lock covers. Where there is no list yet, the first-class ports, which are
    /// the default, stay covered.
    pub fn add_platform(&mut self, platform: Platform) -> Result<()> {
        let shape = self.not_a("list", "platforms");
        let table = self.table("toolchain")?;
        let is_covered = || Platform::first_class().any(|port| port == platform);
        if table.get("platforms").is_none() && is_covered() {
            return Ok(());
        }
        let list = array(table, "platforms").ok_or(shape)?;
        if list.is_empty() {
            push(list, FIRST_CLASS);
        }
        let known = |value: &Value| value.as_str().and_then(Platform::find) == Some(platform);
        if !list.iter().any(known) {
            push(list, &platform.to_string());
        }
        Ok(())
    }

    /// Adds an experiment to the pins; `jsonv2` replaces `nojsonv2` and the other way round. The list
    /// of a profile replaces that of the base pins, so a new one starts with what they have.
    pub fn add_experiment(&mut self, name: &str) -> Result<()> {
        check_experiment(name).map_err(|problem| Error::new(Kind::Usage, problem))?;
        let shape = self.not_a("list", "experiments");
        let base = self.base_experiments();
        let is_new = self.pins()?.get("experiments").is_none();
        let list = array(self.pins()?, "experiments").ok_or(shape)?;
        if is_new {
            for name in &base {
                push(list, name);
            }
        }
        let same = |value: &Value| value.as_str().map(switched) == Some(switched(name));
        let at = list.iter().position(same);
        match at.and_then(|at| list.get_mut(at)) {
            Some(old) => replace(old, name.into()),
            None => push(list, name),
        }
        Ok(())
    }

    /// Takes an experiment out of the pins, switched on or off. What the base pins have is taken out of a
    /// profile alone.
    ///
    /// # Errors
    ///
    /// [`Kind::NotFound`] for one that is not pinned; see also [`ManifestEdit::set_request`].
    pub fn remove_experiment(&mut self, name: &str) -> Result<()> {
        let shape = self.not_a("list", "experiments");
        let pinned = self.experiments();
        let kept: Vec<&String> =
            pinned.iter().filter(|pinned| switched(pinned) != switched(name)).collect();
        if kept.len() == pinned.len() {
            return Err(self.not_pinned("experiment", name, "--no-experiment", &pinned));
        }
        let has_own = self.pins()?.get("experiments").is_some();
        let is_base = self.profile.is_none();
        if kept.is_empty() && is_base {
            self.pins()?.remove("experiments");
            return Ok(());
        }
        let list = array(self.pins()?, "experiments").ok_or(shape)?;
        if has_own {
            list.retain(|value| value.as_str().map(switched) != Some(switched(name)));
        } else {
            // Without a list of its own the profile would have the base's.
            for name in kept {
                push(list, name);
            }
        }
        Ok(())
    }

    /// Takes a GODEBUG setting out of the pins. What the base pins have is taken out of a profile alone.
    ///
    /// # Errors
    ///
    /// [`Kind::NotFound`] for one that is not pinned; see also [`ManifestEdit::set_request`].
    pub fn remove_debug(&mut self, key: &str) -> Result<()> {
        let of = |pins: Option<&Item>| -> Vec<String> {
            let settings = pins.and_then(|pins| pins.get("debug")).and_then(Item::as_table_like);
            settings
                .into_iter()
                .flat_map(|table| table.iter())
                .map(|(key, _)| key.to_owned())
                .collect()
        };
        let (own, base) = (of(self.own_pins()), of(self.document.get("pins")));
        let in_base = self.profile.is_some() && base.iter().any(|pinned| pinned == key);
        if !in_base && !own.iter().any(|pinned| pinned == key) {
            let pinned: Vec<String> = own.into_iter().chain(base).collect();
            return Err(self.not_pinned("GODEBUG setting", key, "--no-debug", &pinned));
        }
        if in_base {
            return self.set_debug(key, "");
        }
        let settings = self.pins()?.get_mut("debug").and_then(Item::as_table_like_mut);
        let is_last = settings.is_some_and(|settings| {
            settings.remove(key);
            settings.is_empty()
        });
        if is_last {
            self.pins()?.remove("debug");
        }
        Ok(())
    }

    /// Takes every pin out of the table that is changed. A profile then has those of the base.
    pub fn clear(&mut self) -> Result<()> {
        let pins = self.pins()?;
        let keys: Vec<String> = pins.iter().map(|(key, _)| key.to_owned()).collect();
        for key in keys {
            pins.remove(&key);
        }
        Ok(())
    }

    /// Returns the experiments that are pinned.
    pub fn experiments(&self) -> Vec<String> {
        let list =
            self.own_pins().and_then(|pins| pins.get("experiments")).and_then(Item::as_array);
        match list {
            Some(list) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            None => self.base_experiments(),
        }
    }

    fn own_pins(&self) -> Option<&Item> {
        match &self.profile {
            None => self.document.get("pins"),
            Some(name) => self.document.get("profile")?.get(name),
        }
    }

    fn not_pinned(&self, what: &str, name: &str, option: &str, pinned: &[String]) -> Error {
        let (place, name) = (self.path.display(), untrusted(name));
        let message = format!("the {what} `{name}` is not pinned in `{place}`");
        let error = Error::new(Kind::NotFound, message).detail("nothing was changed");
        match (near_match(&name, pinned.iter().map(String::as_str)), pinned) {
            (Some(near), _) => error.hint(format!("did you mean `{near}`?")),
            (None, [one, ..]) => {
                error.hint(format!("take out what is pinned: `goward use {option} {one}`"))
            }
            (None, []) => error.hint("look at what is pinned: `goward which -v`"),
        }
    }

    /// Sets a GODEBUG setting; an empty value removes it, in a profile also what the base pins have.
    pub fn set_debug(&mut self, key: &str, value: &str) -> Result<()> {
        check_debug(key, value).map_err(|problem| Error::new(Kind::Usage, problem))?;
        let removes = value.is_empty() && self.profile.is_none();
        let shape = self.not_a("table", &format!("{}.debug", self.place_of_pins()));
        let item = self.pins()?.entry("debug").or_insert(toml_edit::table());
        let settings = item.as_table_like_mut().ok_or(shape)?;
        if removes {
            settings.remove(key);
        } else {
            set(settings, key, value);
        }
        Ok(())
    }

    /// Sets the path that Go 1.22 and older write into binaries; an empty one removes the pin, in a
    /// profile also what the base pins have.
    pub fn set_goroot_final(&mut self, path: &str) -> Result<()> {
        check_goroot_final(path).map_err(|problem| Error::new(Kind::Usage, problem))?;
        let removes = path.is_empty() && self.profile.is_none();
        let pins = self.pins()?;
        if removes {
            pins.remove("goroot-final");
        } else {
            set(pins, "goroot-final", path);
        }
        Ok(())
    }

    /// Says that the path of `goroot-final` is GOROOT itself, or no longer; for all profiles.
    pub fn set_goroot_fixed(&mut self, fixed: bool) -> Result<()> {
        let pins = self.table("pins")?;
        if fixed {
            set(pins, "goroot", FIXED);
        } else {
            pins.remove("goroot");
        }
        Ok(())
    }

    /// Adds `-trimpath` to GOFLAGS of the pins that are changed.
    pub fn set_trimpath(&mut self) -> Result<()> {
        set(self.pins()?, "trimpath", true);
        Ok(())
    }

    /// Asks for a tool, in place of one of the same name.
    pub fn set_tool(&mut self, name: &str, tool: &ToolRequest) -> Result<()> {
        if !is_tool_name(name) {
            let message = format!("`{}` cannot be a tool's name", untrusted(name));
            return Err(Error::new(Kind::Usage, message)
                .hint("name it yourself: `--name NAME`, of small letters, digits and `-._`"));
        }
        let source = tool.source.to_string();
        let list = |items: &[String]| Value::Array(items.iter().map(String::as_str).collect());
        let mut options = InlineTable::new();
        if tool.cgo {
            options.insert("cgo", true.into());
        }
        if let Some(experiments) = &tool.experiments {
            options.insert("experiments", list(experiments));
        }
        if let Some(go) = &tool.go {
            options.insert("go", go.to_string().into());
        }
        if !tool.tags.is_empty() {
            options.insert("tags", list(&tool.tags));
        }
        let value = if options.is_empty() {
            Value::from(source)
        } else {
            let mut whole = InlineTable::new();
            whole.insert("package", source.into());
            whole.extend(options);
            Value::InlineTable(whole)
        };
        set(self.table("tools")?, name, value);
        Ok(())
    }

    /// Asks for a tool no longer; returns false when nobody asked.
    pub fn remove_tool(&mut self, name: &str) -> Result<bool> {
        let tools = self.table("tools")?;
        let is_removed = tools.remove(name).is_some();
        if tools.is_empty() {
            self.document.remove("tools");
        }
        Ok(is_removed)
    }

    /// Returns the text, which is a manifest's, with the line ends that the file has.
    pub fn text(&self) -> Result<String> {
        let text = self.to_string();
        Manifest::parse(&text, &self.path).map_err(|error| {
            let path = self.path.display();
            error.context(format!("the changed manifest is wrong; `{path}` was left as it was"))
        })?;
        let text = if self.has_crlf() { text.replace('\n', "\r\n") } else { text };
        let mark = self.before.filter(|style| style.has_mark).map_or("", |_| MARK);
        Ok(format!("{mark}{text}"))
    }

    /// Returns the table of the pins that are changed, which is there afterwards.
    fn pins(&mut self) -> Result<&mut dyn TableLike> {
        let Some(name) = self.profile.clone() else { return self.table("pins") };
        let shape = self.not_a("table", &self.place_of_pins());
        let item = self.table("profile")?.entry(&name).or_insert(toml_edit::table());
        item.as_table_like_mut().ok_or(shape)
    }

    fn place_of_pins(&self) -> String {
        self.profile.as_ref().map_or_else(|| "pins".to_owned(), |name| format!("profile.{name}"))
    }

    /// Returns the experiments that stand below those of the profile.
    fn base_experiments(&self) -> Vec<String> {
        let base = self.profile.as_ref().and_then(|_| self.document.get("pins"));
        let list = base.and_then(|pins| pins.get("experiments")).and_then(Item::as_array);
        let names = list.into_iter().flatten().filter_map(Value::as_str);
        names.map(str::to_owned).collect()
    }

    /// Returns the top-level table `name`, which is there afterwards. A new one gets no header of
    /// its own as long as it holds nothing but tables.
    fn table(&mut self, name: &str) -> Result<&mut dyn TableLike> {
        let shape = self.not_a("table", name);
        let mut new = Table::new();
        new.set_implicit(true);
        let item = self.document.entry(name).or_insert(Item::Table(new));
        item.as_table_like_mut().ok_or(shape)
    }

    fn not_a(&self, what: &str, name: &str) -> Error {
        let path = self.path.display();
        Error::new(Kind::Usage, format!("`{path}`: `{name}` must be a {what}"))
    }
}

impl Display for ManifestEdit {
    /// Writes the manifest's text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.document.fmt(f)
    }
}

/// Returns the list `key` of a table, which is there afterwards; `None` when something else is.
fn array<'t>(table: &'t mut dyn TableLike, key: &str) -> Option<&'t mut Array> {
    table.entry(key).or_insert(toml_edit::value(Array::new())).as_array_mut()
}

fn set(table: &mut dyn TableLike, key: &str, value: impl Into<Value>) {
    match table.get_mut(key).and_then(Item::as_value_mut) {
        Some(old) => replace(old, value.into()),
        None => _ = table.insert(key, Item::Value(value.into())),
    }
}

/// Replaces a value and keeps the spaces and comments around it.
fn replace(old: &mut Value, new: Value) {
    let decor = old.decor().clone();
    *old = new;
    *old.decor_mut() = decor;
}

/// Appends to a list in the list's own layout: one line, or a line for each element with the
/// comments behind them.
fn push(list: &mut Array, text: &str) {
    let trailing = list.trailing().as_str().unwrap_or_default().to_owned();
    let comma = list.trailing_comma();
    let mut indent = "  ".to_owned();
    let mut tail = trailing;
    if let Some(last) = list.len().checked_sub(1).and_then(|at| list.get_mut(at)) {
        let prefix = last.decor().prefix().and_then(|prefix| prefix.as_str()).unwrap_or_default();
        if let Some((_, after)) = prefix.rsplit_once('\n') {
            after.clone_into(&mut indent);
        }
        if !comma {
            let suffix = last.decor().suffix().and_then(|s| s.as_str()).unwrap_or_default();
            tail.insert_str(0, suffix);
            last.decor_mut().set_suffix("");
        }
    }
    // Only a list over several lines has a line break before its bracket.
    if let Some((comments, closing)) = tail.rsplit_once('\n') {
        let prefix = format!("{}\n{indent}", comments.trim_end());
        list.push_formatted(Value::from(text).decorated(prefix, ""));
        list.set_trailing(format!("\n{closing}"));
        list.set_trailing_comma(true);
    } else {
        let prefix = if list.is_empty() { "" } else { " " };
        list.push_formatted(Value::from(text).decorated(prefix, ""));
        list.set_trailing(tail);
    }
}
