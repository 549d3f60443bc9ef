//! What the tree of a release says of it, in the cells of the tables.

use super::spans::{State, key};
use goward_core::calendar::{Day, parse_day};
use goward_core::error::{Error, Kind, Result, untrusted};
use goward_core::settings::Settings;
use goward_core::verify::{Digest, wheel_missing_files};
use goward_core::version::GoVersion;
use std::collections::BTreeMap;
use std::path::Path;

/// Where a release lists what it builds for.
const PLATFORMS: &str = "src/internal/platform/zosarch.go";

/// Where a release lists its GODEBUG settings.
const DEBUG: &str = "src/internal/godebugs/table.go";

/// What a tree says.
#[derive(Debug)]
pub(crate) struct Tree {
    /// The day on which the release was made.
    pub(crate) day: Option<Day>,
    /// Rows of `crates/core/data/experiments.tsv`.
    pub(crate) experiments: State,
    /// Rows of `crates/core/data/godebug.tsv`.
    pub(crate) debug: State,
    /// Rows of `crates/core/data/platforms.tsv`.
    pub(crate) platforms: State,
    /// The digests of the texts that Python packages leave out, if they are there.
    pub(crate) texts: Option<Vec<String>>,
}

impl Tree {
    /// Reads a tree, which has to be of `version`.
    ///
    /// # Errors
    ///
    /// When it is another one, or has another form than every release so far.
    pub(crate) fn read(path: &Path, version: GoVersion) -> Result<Self> {
        let says = fs_err::read_to_string(path.join("VERSION"))?;
        let mut lines = says.lines();
        let found = lines.next().unwrap_or_default();
        if found != version.to_string() {
            let message = format!("`{}` is {}, not {version}", path.display(), untrusted(found));
            return Err(Error::new(Kind::Usage, message));
        }
        let day = lines.find_map(|line| line.strip_prefix("time ")?.split('T').next());
        let settings = Settings::read(path, version)?;
        Ok(Self {
            day: day.and_then(parse_day),
            experiments: experiments(&settings)?,
            debug: debug(&settings, &fs_err::read_to_string(path.join(DEBUG))?),
            platforms: platforms(&fs_err::read_to_string(path.join(PLATFORMS))?)?,
            texts: texts(path)?,
        })
    }
}

fn state(rows: impl IntoIterator<Item = (String, Vec<String>)>) -> State {
    rows.into_iter().map(|(name, cells)| (key(&name, &cells), cells)).collect()
}

fn experiments(settings: &Settings) -> Result<State> {
    let row = |name: &str| {
        let cells = settings.experiments.cells(name).ok_or_else(|| {
            let message =
                format!("`crates/core/data/experiments.tsv` has no way to say where {name} is on");
            Error::new(Kind::Failed, message)
        })?;
        Ok((name.to_owned(), cells.to_vec()))
    };
    Ok(state(settings.experiments.names().map(row).collect::<Result<Vec<_>>>()?))
}

fn debug(settings: &Settings, table: &str) -> State {
    // `{Name: "panicnil", Package: "runtime", …}`.
    let between = |line: &str, start: &str| {
        let (_, rest) = line.split_once(start)?;
        Some(rest.split('"').next()?.to_owned())
    };
    let packages: BTreeMap<String, String> = table
        .lines()
        .filter_map(|line| Some((between(line, "Name: \"")?, between(line, "Package: \"")?)))
        .collect();
    let hyphen = |cell: Option<String>| cell.filter(|it| !it.is_empty()).unwrap_or("-".to_owned());
    let known = settings.debug.names().filter_map(|name| {
        let setting = settings.debug.get(name)?;
        let package = packages.get(name).map_or("runtime", String::as_str);
        let kinds = [
            (setting.is_in_table, "table"),
            (setting.is_number, "number"),
            (setting.is_opaque, "opaque"),
            (setting.is_immutable, "immutable"),
        ];
        let kinds: Vec<&str> = kinds.iter().filter(|(is, _)| *is).map(|(_, kind)| *kind).collect();
        let changed = hyphen(setting.changed.map(|minor| minor.to_string()));
        let cells = vec![package.to_owned(), changed, hyphen(setting.old.clone()), kinds.join(",")];
        Some((name.to_owned(), cells))
    });
    let removed = settings.debug.removed().map(|(name, removed)| {
        let old = hyphen(Some(removed.old.join(",")));
        let cells = vec!["-".to_owned(), removed.minor.to_string(), old, "removed".to_owned()];
        (name.to_owned(), cells)
    });
    state(known.chain(removed))
}

/// Reads lines `{"linux", "amd64"}: {CgoSupported: true, FirstClass: true},`.
fn platforms(text: &str) -> Result<State> {
    let row = |line: &str| -> Option<(String, Vec<String>)> {
        let (target, facts) = line.trim().strip_prefix('{')?.split_once("}:")?;
        let mut names = target.split(", ").map(|name| name.trim_matches('"'));
        let name = format!("{}/{}", names.next()?, names.next()?);
        let is = |fact: &str| facts.contains(&format!("{fact}: true"));
        let kinds = [
            (is("FirstClass"), "first-class"),
            (is("CgoSupported"), "cgo"),
            (is("Broken"), "broken"),
        ];
        let kinds: Vec<&str> = kinds.iter().filter(|(is, _)| *is).map(|(_, kind)| *kind).collect();
        let kinds = if kinds.is_empty() { "-".to_owned() } else { kinds.join(",") };
        Some((name, vec![kinds]))
    };
    let (_, block) = text.split_once("var distInfo = ").unwrap_or_default();
    let rows: Vec<_> = block.lines().filter_map(row).collect();
    if rows.is_empty() {
        let message = format!("`{PLATFORMS}` has another form than every release so far");
        return Err(Error::new(Kind::Failed, message));
    }
    Ok(state(rows))
}

fn texts(tree: &Path) -> Result<Option<Vec<String>>> {
    let paths = wheel_missing_files::FILES.map(|file| tree.join(file));
    if paths.iter().any(|path| !path.is_file()) {
        return Ok(None);
    }
    let digest = |path| Ok(Digest::of(&fs_err::read(path)?).to_string());
    Ok(Some(paths.into_iter().map(digest).collect::<Result<_>>()?))
}
