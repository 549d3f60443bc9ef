//! Who owns goward's programs, and so may replace them.

use crate::error::{Error, Kind, Result, untrusted};
use crate::fs;
use std::path::Path;

/// Where installers and packages say who they are, beside the directory of programs.
const NOTE: &str = "lib/goward/installed-by";
/// More than the note has.
const LARGEST_NOTE: u64 = 64 << 10;

/// What packages call themselves in their notes, and what updates them.
const PACKAGES: [(&str, &str); 9] = [
    ("aur", "`pacman -Syu goward`, after it was built anew"),
    ("deb", "`apt-get install --only-upgrade goward`"),
    ("homebrew", "`brew upgrade goward`"),
    ("nix", "`nix profile upgrade goward`"),
    ("npm", "`npm update goward`, with `--global` where it was installed so"),
    ("rpm", "`dnf upgrade goward`"),
    ("scoop", "`scoop update goward`"),
    ("wheel", "`uv tool upgrade goward`, or `pip install --upgrade goward`"),
    ("winget", "`winget upgrade goward`"),
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
        let prefix = executable.parent().and_then(Path::parent);
        let note = prefix.and_then(|prefix| fs::read_text(&prefix.join(NOTE), LARGEST_NOTE).ok());
        match note.as_deref().and_then(|note| note.lines().next()) {
            None | Some("") => Self::Unknown,
            Some("install.sh" | "install.ps1") => Self::Release,
            Some("checkout") => Self::Checkout,
            Some(package) => Self::Package(package.to_owned()),
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
                let update = PACKAGES.iter().find(|(package, _)| package == name);
                let fix = update.map_or("update the package", |(_, fix)| fix);
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
