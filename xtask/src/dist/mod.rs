//! Makes a release: what `cargo xtask dist` does, from programs that are built.
//!
//! Everything comes from one [`Release`]: its version, its programs, the table of [`targets`]. The same programs give
//! the same bytes: files have one time, one owner and an order of their own, and the crates that pack are those of
//! `Cargo.lock`. `SHA256SUMS` lists all of it; whoever signs that list signs the release.

mod cargo;
mod notices;
mod pack;
mod packages;
mod sbom;
mod sign;
pub mod targets;

use goward_core::error::{Error, Kind, Result};
use goward_core::verify::Digest;
use pack::Entry;
use packages::Parts;
use std::collections::BTreeMap;
use std::fmt::{self, Display, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use targets::{TARGETS, Target};

/// The list of a release.
pub const LIST: &str = "SHA256SUMS";
/// The signature of the list.
pub const SIGNATURE: &str = "SHA256SUMS.minisig";

/// What a release is made of.
#[derive(Clone, Debug)]
pub struct Release {
    /// Its version: `0.1.0`.
    pub version: String,
    /// The repository.
    pub root: PathBuf,
    /// A directory with `TARGET/goward` and `TARGET/goward-shim` for each target.
    pub programs: PathBuf,
    /// A `goward` that runs here: it writes its man pages and completions.
    pub manager: PathBuf,
    /// Rust's names of the targets; those of all that are there if empty.
    pub targets: Vec<String>,
    /// A secret key of minisign, by which the list is signed.
    pub key: Option<PathBuf>,
    /// Where the files of this release will be, and the project's page: without them nothing is described to
    /// package managers.
    pub places: Option<Places>,
    /// Where everything goes.
    pub out: PathBuf,
}

/// Where people find a release.
#[derive(Clone, Debug)]
pub struct Places {
    /// The directory of the files of this release.
    pub url: String,
    /// The project's page.
    pub homepage: String,
}

/// What was made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Made {
    /// Names and digests of the files in the list.
    pub files: BTreeMap<String, Digest>,
    /// Targets whose programs are not there.
    pub left_out: Vec<&'static str>,
}

impl Display for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&list(&self.files))?;
        self.left_out.iter().try_for_each(|target| writeln!(f, "no programs: {target}"))
    }
}

/// Builds the programs of targets by `tests/platforms/build`, and returns where they are.
pub fn build(root: &Path, targets: &[String]) -> Result<PathBuf> {
    let status = Command::new(root.join("tests/platforms/build")).args(targets).status()?;
    if !status.success() {
        return Err(Error::new(Kind::Failed, "`tests/platforms/build` failed"));
    }
    Ok(root.join("dist"))
}

impl Release {
    /// Makes the release in its directory. What is there under the same names is replaced.
    pub fn make(&self) -> Result<Made> {
        let mut targets = self.targets()?;
        let mut made = Made::default();
        fs_err::create_dir_all(&self.out)?;
        let metadata = cargo::Metadata::read(&self.root)?;
        let shared = self.shared(&metadata)?;
        for target in &targets {
            let Some(programs) = self.programs(target)? else {
                made.left_out.push(target.rust);
                continue;
            };
            for (name, bytes) in self.of_target(target, &programs, &shared)? {
                self.write(&mut made, name, &bytes)?;
            }
        }
        targets.retain(|target| !made.left_out.contains(&target.rust));
        if made.files.is_empty() {
            let message = format!("there are no programs in `{}`", self.programs.display());
            return Err(
                Error::new(Kind::NotFound, message).hint("build them: tests/platforms/build")
            );
        }
        let (name, bytes) = packages::npm::main(&self.version, &targets, &shared)?;
        self.write(&mut made, name, &bytes)?;
        let bill = sbom::document(&metadata, &self.root)?;
        self.write(&mut made, format!("goward-{}.cdx.json", self.version), &bill)?;
        for name in ["install.ps1", "install.sh"].map(str::to_owned) {
            if self.root.join(&name).is_file() {
                let bytes = fs_err::read(self.root.join(&name))?;
                self.write(&mut made, name, &bytes)?;
            }
        }
        self.describe(&mut made, &targets)?;
        let list = list(&made.files);
        fs_err::write(self.out.join(LIST), &list)?;
        // A signature of another list is worse than none.
        match fs_err::remove_file(self.out.join(SIGNATURE)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        if let Some(key) = &self.key {
            let signature = sign::sign(key, &self.version, list.as_bytes())?;
            fs_err::write(self.out.join(SIGNATURE), signature)?;
        }
        Ok(made)
    }

    /// Writes what package managers read.
    fn describe(&self, made: &mut Made, targets: &[&'static Target]) -> Result<()> {
        let Some(Places { url, homepage }) = &self.places else { return Ok(()) };
        let archives = packages::manifests::archives(&self.version, targets, &made.files);
        let facts = packages::manifests::Facts { version: &self.version, url, homepage, archives };
        for (name, text) in facts.descriptions() {
            self.write(made, name, text.as_bytes())?;
        }
        Ok(())
    }

    fn write(&self, made: &mut Made, name: String, bytes: &[u8]) -> Result<()> {
        fs_err::write(self.out.join(&name), bytes)?;
        made.files.insert(name, Digest::of(bytes));
        Ok(())
    }

    fn targets(&self) -> Result<Vec<&'static Target>> {
        if self.targets.is_empty() {
            return Ok(TARGETS.iter().collect());
        }
        let find = |name: &String| {
            let unknown = || Error::new(Kind::Usage, format!("`{name}` is no target of releases"));
            TARGETS.iter().find(|target| target.rust == name).ok_or_else(unknown)
        };
        self.targets.iter().map(find).collect()
    }

    /// Returns the two programs of a target, if both are there.
    fn programs(&self, target: &Target) -> Result<Option<[Entry; 2]>> {
        let directory = self.programs.join(target.rust);
        let mut found = Vec::new();
        for name in ["goward", "goward-shim"] {
            let name = format!("{name}{}", target.suffix());
            let path = directory.join(&name);
            if !path.is_file() {
                return Ok(None);
            }
            found.push(Entry::program(name, fs_err::read(path)?));
        }
        Ok(found.try_into().ok())
    }

    /// Returns what stands beside the programs of every target.
    fn shared(&self, metadata: &cargo::Metadata) -> Result<Vec<Entry>> {
        let mut entries = Vec::new();
        for name in ["CHANGELOG.md", "LICENSE", "LICENSE-APACHE", "LICENSE-MIT", "README.md"] {
            entries.push(Entry::file(name, fs_err::read(self.root.join(name))?));
        }
        let notices = notices::text(metadata)?;
        entries.push(Entry::file("THIRD-PARTY.md", notices.into_bytes()));
        entries.extend(self.generated()?);
        Ok(entries)
    }

    /// Returns the man pages and completions that the manager writes.
    fn generated(&self) -> Result<Vec<Entry>> {
        let mut entries = Vec::new();
        let directory = tempfile::tempdir()?;
        self.run(&["self", "completions", "--man", &directory.path().to_string_lossy()])?;
        for file in fs_err::read_dir(directory.path())? {
            let file = file?;
            let name = file.file_name().to_string_lossy().into_owned();
            entries.push(Entry::file(format!("man/man1/{name}"), fs_err::read(file.path())?));
        }
        for (shell, name) in [
            ("bash", "goward.bash"),
            ("elvish", "goward.elv"),
            ("fish", "goward.fish"),
            ("powershell", "_goward.ps1"),
            ("zsh", "_goward"),
        ] {
            let script = self.run(&["self", "completions", shell])?;
            entries.push(Entry::file(format!("completions/{name}"), script));
        }
        entries.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(entries)
    }

    fn run(&self, words: &[&str]) -> Result<Vec<u8>> {
        let output = Command::new(&self.manager).args(words).output()?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let manager = self.manager.display();
        Err(Error::new(Kind::Failed, format!("`{manager} {}` failed", words.join(" ")))
            .detail(String::from_utf8_lossy(&output.stderr)))
    }

    /// Returns the files of one target.
    fn of_target(
        &self,
        target: &Target,
        programs: &[Entry; 2],
        shared: &[Entry],
    ) -> Result<Vec<(String, Vec<u8>)>> {
        let name = format!("goward-{}-{}", self.version, target.rust);
        let mut files = Vec::new();
        let entries: Vec<Entry> = programs
            .iter()
            .chain(shared)
            .map(|entry| entry.at(format!("{name}/{}", entry.path)))
            .collect();
        if target.is_windows() {
            files.push((format!("{name}.zip"), pack::zip(&entries)?));
        } else {
            files.push((format!("{name}.tar.gz"), pack::tar_gz(&entries)?));
        }
        let parts = Parts { version: &self.version, target, programs, shared };
        files.push(packages::wheel::make(&parts)?);
        files.push(packages::npm::make(&parts)?);
        if !target.deb.is_empty() {
            files.push(packages::deb::make(&parts)?);
        }
        if !target.rpm.is_empty() {
            files.push(packages::rpm::make(&parts)?);
        }
        Ok(files)
    }
}

/// Returns the text of a list, as `sha256sum --check` reads it.
fn list(files: &BTreeMap<String, Digest>) -> String {
    let mut text = String::new();
    for (name, digest) in files {
        _ = writeln!(text, "{digest}  {name}");
    }
    text
}
