//! Who owns goward's programs, and so may replace them.

use crate::error::{Error, Kind, Result, untrusted};
use crate::fs;
use std::path::{Path, PathBuf};

/// Where installers and packages say who they are, beside the directory of programs.
const NOTE: &str = "lib/goward/installed-by";
/// More than the note has.
const LARGEST_NOTE: u64 = 64 << 10;

/// The start of a line of the note: a directory that the installation made.
const MADE: &str = "made ";

/// What packages call themselves in their notes, what updates them, and what removes them.
const PACKAGES: [(&str, &str, &str); 9] = [
    ("aur", "`pacman -Syu goward`, after it was built again", "`pacman -R goward`"),
    ("deb", "`apt-get install --only-upgrade goward`", "`apt-get remove goward`"),
    ("homebrew", "`brew upgrade goward`", "`brew uninstall goward`"),
    ("nix", "`nix profile upgrade goward`", "`nix profile remove goward`"),
    (
        "npm",
        "`npm update goward`, with `--global` where it was installed so",
        "`npm uninstall goward`, with `--global` where it was installed so",
    ),
    ("rpm", "`dnf upgrade goward`", "`dnf remove goward`"),
    ("scoop", "`scoop update goward`", "`scoop uninstall goward`"),
    (
        "wheel",
        "`uv tool upgrade goward`, or `pip install --upgrade goward`",
        "`uv tool uninstall goward`, or `pip uninstall goward`",
    ),
    ("winget", "`winget upgrade goward`", "`winget uninstall goward`"),
];

/// Who installed a goward.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// `install.sh` or `install.ps1`, from a release.
    Release,
    /// `install.sh`, which built it.
    Checkout,
    /// A package of this name.
    Package(String),
    /// Nobody who says so.
    Unknown,
}

impl Owner {
    /// Reads the note beside a `goward`.
    pub fn of(executable: &Path) -> Self {
        match read(executable).as_deref().and_then(|note| note.lines().next()) {
            None | Some("") => Self::Unknown,
            Some("install.sh" | "install.ps1") => Self::Release,
            Some("checkout") => Self::Checkout,
            Some(package) => Self::Package(package.to_owned()),
        }
    }

    /// Returns where the note beside a `goward` is, or would be.
    pub fn note(executable: &Path) -> Option<PathBuf> {
        Some(executable.parent()?.parent()?.join(NOTE))
    }

    /// Returns the directories that the installation of a `goward` made.
    pub fn made(executable: &Path) -> Vec<PathBuf> {
        let note = read(executable).unwrap_or_default();
        let made = note.lines().filter_map(|line| line.strip_prefix(MADE)).map(PathBuf::from);
        made.filter(|path| path.is_absolute()).collect()
    }

    /// Returns what removes the programs; `None` where goward does.
    pub fn removal(&self, executable: &Path) -> Option<String> {
        let place = executable.display();
        match self {
            Self::Release | Self::Checkout => None,
            Self::Package(name) => {
                let known = PACKAGES.iter().find(|(package, ..)| package == name);
                let fix = known.map_or("remove the package", |(.., fix)| fix);
                Some(format!("`{place}` belongs to a package ({}): {fix}", untrusted(name)))
            }
            Self::Unknown => Some(format!(
                "goward cannot tell who installed `{place}`; remove it with that program, such as \
                 `cargo uninstall goward`"
            )),
        }
    }

    /// Refuses unless goward may replace its own programs.
    pub fn require_own(&self, executable: &Path) -> Result<()> {
        let place = executable.display();
        let refused = |why: String, fix: String| Err(Error::new(Kind::Usage, why).hint(fix));
        match self {
            Self::Release => Ok(()),
            Self::Checkout => refused(
                format!("`{place}` was built from a checkout"),
                "in the checkout: `git pull && ./install.sh`".to_owned(),
            ),
            Self::Package(name) => {
                let update = PACKAGES.iter().find(|(package, ..)| package == name);
                let fix = update.map_or("update the package", |(_, fix, _)| fix);
                let name = untrusted(name);
                refused(format!("`{place}` belongs to a package ({name})"), fix.to_owned())
            }
            Self::Unknown => refused(
                format!("nothing says who installed `{place}`"),
                "update it by what installed it, such as `cargo install goward`".to_owned(),
            ),
        }
    }
}

fn read(executable: &Path) -> Option<String> {
    fs::read_text(&Owner::note(executable)?, LARGEST_NOTE).ok()
}

#[cfg(test)]
mod tests {
    use super::Owner;
    use crate::fs;

    #[test]
    fn the_note_decides() {
        let directory = tempfile::tempdir().unwrap();
        let (bin, note) = (directory.path().join("bin/goward"), directory.path().join(super::NOTE));
        assert_eq!(Owner::of(&bin), Owner::Unknown);
        fs::create_dir_all(note.parent().unwrap()).unwrap();
        for (text, owner) in [
            ("install.sh\nmade /x\n", Owner::Release),
            ("checkout\n", Owner::Checkout),
            ("deb", Owner::Package("deb".to_owned())),
            ("", Owner::Unknown),
        ] {
            fs::write(&note, text).unwrap();
            assert_eq!(Owner::of(&bin), owner, "{text}");
            assert_eq!(owner.require_own(&bin).is_ok(), owner == Owner::Release);
        }
    }
}
