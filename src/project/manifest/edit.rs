//! Changes single values of a manifest and keeps everything else as people wrote it.

use super::goroot::FIXED;
use super::{MAX_SIZE, Manifest, check_debug, check_experiment, check_goroot_final, switched};
use crate::error::{Error, Kind, Result};
use crate::platform::Platform;
use crate::project::file::{self, place, syntax_error};
use crate::version::request::Request;
use std::fmt::{self, Display};
use std::path::{Path, PathBuf};
use toml_edit::{Array, DocumentMut, Item, Table, TableLike, Value};

const NEW: &str = "\
# The Go toolchain of this project, and the Go settings that builds here get.
# After a change run `goward lock`, which brings goward.lock up to date.
";

/// A manifest that is being changed.
#[derive(Debug)]
pub struct ManifestEdit {
    path: PathBuf,
    /// The text of the file; `None` when it does not exist yet.
    before: Option<String>,
    document: DocumentMut,
}

impl ManifestEdit {
    /// Reads the manifest at `path`, or starts a new one.
    ///
    /// # Errors
    ///
    /// When the file cannot be read or is not TOML.
    pub fn open_or_new(path: &Path) -> Result<Self> {
        let before = file::read_text(path, MAX_SIZE)?;
        let text = before.as_deref().unwrap_or(NEW);
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
        Ok(Self { path: path.into(), before, document })
    }

    /// Sets the request.
    ///
    /// # Errors
    ///
    /// When the manifest has something else where the table should be; so for each setter.
    pub fn set_request(&mut self, request: &Request) -> Result<()> {
        set(self.table("toolchain")?, "go", request.to_string());
        Ok(())
    }

    /// Adds a platform that the lock covers. Where there is no list yet, the host's platform, which
    /// was the default, stays covered.
    ///
    /// # Errors
    ///
    /// See [`ManifestEdit::set_request`].
    pub fn add_platform(&mut self, platform: Platform) -> Result<()> {
        let list = self.array("toolchain", "platforms")?;
        if list.is_empty() && platform != Platform::host() {
            push(list, &Platform::host().to_string());
        }
        let known = |value: &Value| value.as_str().and_then(Platform::find) == Some(platform);
        if !list.iter().any(known) {
            push(list, &platform.to_string());
        }
        Ok(())
    }

    /// Adds an experiment to the pins; `jsonv2` replaces `nojsonv2` and the other way round.
    ///
    /// # Errors
    ///
    /// [`Kind::Usage`] for what cannot be a name; see also [`ManifestEdit::set_request`].
    pub fn add_experiment(&mut self, name: &str) -> Result<()> {
        check_experiment(name).map_err(|problem| Error::new(Kind::Usage, problem))?;
        let list = self.array("pins", "experiments")?;
        let same = |value: &Value| value.as_str().map(switched) == Some(switched(name));
        let at = list.iter().position(same);
        match at.and_then(|at| list.get_mut(at)) {
            Some(old) => replace(old, name.into()),
            None => push(list, name),
        }
        Ok(())
    }

    /// Sets a GODEBUG setting; an empty value removes it.
    ///
    /// # Errors
    ///
    /// [`Kind::Usage`] for what cannot be a setting or would weaken security; see also
    /// [`ManifestEdit::set_request`].
    pub fn set_debug(&mut self, key: &str, value: &str) -> Result<()> {
        check_debug(key, value).map_err(|problem| Error::new(Kind::Usage, problem))?;
        let shape = self.not_a_table("pins.debug");
        let pins = self.table("pins")?;
        let item = pins.entry("debug").or_insert(toml_edit::table());
        let settings = item.as_table_like_mut().ok_or(shape)?;
        if value.is_empty() {
            settings.remove(key);
        } else {
            set(settings, key, value);
        }
        Ok(())
    }

    /// Sets the path that Go 1.22 and older write into binaries; an empty one removes the pin.
    ///
    /// # Errors
    ///
    /// [`Kind::Usage`] for what is no clean absolute path; see also
    /// [`ManifestEdit::set_request`].
    pub fn set_goroot_final(&mut self, path: &str) -> Result<()> {
        check_goroot_final(path).map_err(|problem| Error::new(Kind::Usage, problem))?;
        let pins = self.table("pins")?;
        if path.is_empty() {
            pins.remove("goroot-final");
        } else {
            set(pins, "goroot-final", path);
        }
        Ok(())
    }

    /// Says that the path of `goroot-final` is GOROOT itself, or no longer.
    ///
    /// # Errors
    ///
    /// See [`ManifestEdit::set_request`].
    pub fn set_goroot_fixed(&mut self, fixed: bool) -> Result<()> {
        let pins = self.table("pins")?;
        if fixed {
            set(pins, "goroot", FIXED);
        } else {
            pins.remove("goroot");
        }
        Ok(())
    }

    /// Adds `-trimpath` to GOFLAGS.
    ///
    /// # Errors
    ///
    /// See [`ManifestEdit::set_request`].
    pub fn set_trimpath(&mut self) -> Result<()> {
        set(self.table("pins")?, "trimpath", true);
        Ok(())
    }

    /// Writes the file unless it already holds just this; returns whether it did.
    ///
    /// # Errors
    ///
    /// When it cannot be written, or would not be a manifest. The old file is then as it was.
    pub fn write(&self) -> Result<bool> {
        let text = self.to_string();
        Manifest::parse(&text, &self.path).map_err(|error| {
            let path = self.path.display();
            error.context(format!("the changed manifest is wrong; `{path}` was left as it was"))
        })?;
        if self.before.as_deref() == Some(text.as_str()) {
            return Ok(false);
        }
        file::replace(&self.path, &text).map(|()| true)
    }

    /// Returns the top-level table `name`, which is there afterwards. A new one gets no header of
    /// its own as long as it holds nothing but tables.
    fn table(&mut self, name: &str) -> Result<&mut dyn TableLike> {
        let shape = self.not_a_table(name);
        let mut new = Table::new();
        new.set_implicit(true);
        let item = self.document.entry(name).or_insert(Item::Table(new));
        item.as_table_like_mut().ok_or(shape)
    }

    fn array(&mut self, table: &str, key: &str) -> Result<&mut Array> {
        let path = self.path.display();
        let shape = Error::new(Kind::Usage, format!("`{path}`: `{key}` must be a list"));
        let item = self.table(table)?.entry(key).or_insert(toml_edit::value(Array::new()));
        item.as_array_mut().ok_or(shape)
    }

    fn not_a_table(&self, name: &str) -> Error {
        let path = self.path.display();
        Error::new(Kind::Usage, format!("`{path}`: `{name}` must be a table"))
    }
}

impl Display for ManifestEdit {
    /// Writes the manifest's text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.document.fmt(f)
    }
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
