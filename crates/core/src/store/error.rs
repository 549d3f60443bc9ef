//! Errors of the store, and their words.

use crate::error::{Advice, Error, Kind, untrusted};
use crate::os::User;
use crate::os::machine::OWN_PATH_HINT;
use crate::os::volume::Space;
use crate::shell;
use crate::verify::{H1, VerifyError};
use goward_shim::sys::is_root;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// The result of an operation on a store.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// Why a store did not do what was asked of it.
#[derive(Debug)]
pub enum StoreError {
    /// A call on a file failed; the error names the path.
    Io(io::Error),
    /// The store at `home` could not be written.
    Write { home: PathBuf, error: io::Error },
    /// There is too little room for what was to come.
    NoRoom(RoomReport),
    /// The store belongs to the first of the users, and this is the other.
    OtherOwner { home: PathBuf, users: Box<(User, User)> },
    /// The store was made by a newer goward.
    Newer { home: PathBuf },
    /// The store was made by an older goward.
    Older { home: PathBuf },
    /// The directory has files that no store has, such as `other`.
    NotAStore { home: PathBuf, other: String },
    /// No directory below this one could be kept.
    NoStaging(PathBuf),
    /// What was made is gone again; `during` says what was being done.
    Removed { name: String, during: &'static str },
    /// A toolchain has the name of another one that is installed.
    NameTaken { key: String, installed: H1, received: H1 },
    /// A tree is not the one that is installed.
    OtherTree { found: H1 },
    /// A tree has a file that no toolchain has.
    ForeignFile { path: String, directory: PathBuf },
    /// The shim is not where it belongs.
    NoShim(PathBuf),
    /// The path of this program is not known, and so not that of the shim.
    NoProgramPath,
    /// A directory to be linked is no toolchain.
    NotAToolchain { directory: PathBuf, why: String },
    /// A linked directory has something that cannot be hashed.
    Unfit { place: PathBuf, why: &'static str },
    /// A linked directory changed; `was` is its version at that time.
    LinkChanged { name: String, path: String, was: String },
    /// A toolchain is not linked.
    NotLinked { key: String },
    /// Bytes were not what they should be.
    Verify(VerifyError),
}

impl From<io::Error> for StoreError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<VerifyError> for StoreError {
    fn from(error: VerifyError) -> Self {
        Self::Verify(error)
    }
}

impl StoreError {
    fn kind(&self) -> Kind {
        match self {
            Self::NotAStore { .. } | Self::NotAToolchain { .. } => Kind::Usage,
            Self::NameTaken { .. }
            | Self::OtherTree { .. }
            | Self::ForeignFile { .. }
            | Self::LinkChanged { .. } => Kind::Verification,
            _ => Kind::Failed,
        }
    }

    fn message(&self) -> String {
        match self {
            Self::Io(_) | Self::Write { .. } | Self::NoRoom(_) | Self::Verify(_) => String::new(),
            Self::OtherOwner { home, users } => {
                format!("`{}` belongs to user {}", home.display(), users.0)
            }
            Self::Newer { home } => format!("`{}` is the store of a newer goward", home.display()),
            Self::Older { home } => {
                format!("`{}` is the store of an older goward", home.display())
            }
            Self::NotAStore { home, .. } => {
                format!("`{}` is not a store of goward: it holds other files", home.display())
            }
            Self::NoStaging(tmp) => format!("cannot keep a directory in `{}`", tmp.display()),
            Self::Removed { name, during } => {
                format!("`{name}` was removed while it was being {during}")
            }
            Self::NameTaken { key, .. } => {
                format!("`{key}` is already the name of another toolchain")
            }
            Self::OtherTree { found } => format!("{found} is not what is installed"),
            Self::ForeignFile { path, .. } => {
                format!("`{}` does not belong to the toolchain", untrusted(path))
            }
            Self::NoShim(shim) => format!(
                "`{}` is missing: goward's two programs belong in one directory",
                shim.display()
            ),
            Self::NoProgramPath => {
                "cannot tell where this program is, and so not where its shim is".to_owned()
            }
            Self::NotAToolchain { directory, why } => {
                format!("`{}` is not a Go toolchain: {why}", directory.display())
            }
            Self::Unfit { place, why } => format!("`{}` {why}", untrusted(place.to_string_lossy())),
            Self::LinkChanged { path, .. } => format!("`{path}` changed since it was linked"),
            Self::NotLinked { key } => format!("`{key}` is not a directory of the machine"),
        }
    }
}

/// The details below the message, and what helps.
impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        let report = Self::new(error.kind(), error.message());
        match error {
            StoreError::Io(error) => error.into(),
            StoreError::Verify(error) => error.into(),
            StoreError::NoRoom(room) => {
                room.add_to(Self::new(Kind::Failed, room.message()).hint(Advice::MakeRoom))
            }
            StoreError::Write { home, error } => {
                let is_full =
                    matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded);
                let report = Self::from(error);
                if is_full {
                    report.context(no_space(&home)).hint(Advice::MakeRoom)
                } else {
                    let message = format!("cannot write to the store `{}`", home.display());
                    report.context(message).hint(Advice::ChooseStore)
                }
            }
            StoreError::OtherOwner { users, .. } => {
                let (owner, user) = *users;
                let hint = match user {
                    _ if is_root(user) => Advice::RunAsOwner { owner: owner.to_string() },
                    _ => Advice::OwnStore,
                };
                report.detail(format!("nothing was changed: this is user {user}")).hint(hint)
            }
            StoreError::Newer { .. } => {
                report.detail("nothing was changed").hint(Advice::UpdateOrChooseStore)
            }
            StoreError::Older { home } => report
                .detail("its toolchains have to be installed again; nothing was changed")
                .hint(Advice::RemoveOldStore { path: shell::word(&home) }),
            StoreError::NotAStore { other, .. } => report
                .detail(format!("such as `{}`; nothing was changed", untrusted(other)))
                .hint(Advice::EmptyStore),
            StoreError::Removed { .. } => report.hint("try again"),
            StoreError::NameTaken { installed, received, .. } => report
                .detail(format!("installed {installed}"))
                .detail(format!("received  {received}"))
                .detail("nothing was installed"),
            StoreError::OtherTree { .. } => report.detail("nothing was changed"),
            StoreError::ForeignFile { directory, .. } => {
                report.detail(format!("found in `{}`", directory.display()))
            }
            StoreError::NoShim(_) => report.hint(if cfg!(windows) {
                r"install both: `.\install.ps1` in a checkout"
            } else {
                "install both: `./install.sh` in a checkout"
            }),
            StoreError::NoProgramPath => report.hint(OWN_PATH_HINT),
            StoreError::NotAToolchain { .. } => report
                .detail("nothing was linked")
                .hint("name the directory that its own `bin/go env GOROOT` prints"),
            StoreError::LinkChanged { name, path, was } => report
                .detail(format!("it is linked as `{name}` and was `{}`", untrusted(was)))
                .hint(Advice::LinkAgain { name, path }),
            StoreError::NoStaging(_) | StoreError::Unfit { .. } | StoreError::NotLinked { .. } => {
                report
            }
        }
    }
}

/// What something needs, and what the store's file system has.
#[derive(Clone, Debug)]
pub struct RoomReport {
    pub(super) home: PathBuf,
    /// What is to come.
    pub(super) what: String,
    /// About how many bytes and files.
    pub(super) needed: (u64, u64),
    pub(super) room: Option<Space>,
}

impl RoomReport {
    /// Returns the first line of a report about a full disk.
    pub(super) fn message(&self) -> String {
        no_space(&self.home)
    }

    /// Adds both figures to a report.
    pub(super) fn add_to(&self, error: Error) -> Error {
        let (what, bytes, files) = (untrusted(&self.what), megabytes(self.needed.0), self.needed.1);
        let error = error.detail(format!("{what} needs about {bytes} MB and {files} files"));
        let home = self.home.display();
        let error = match self.room {
            Some(Space { bytes, files, .. }) => {
                let files = files.map_or("any number of".to_owned(), |files| files.to_string());
                let bytes = megabytes(bytes);
                error.detail(format!("`{home}` has room for {bytes} MB and {files} files"))
            }
            None => error,
        };
        error.detail("nothing was installed").with_room_told()
    }
}

/// Returns tenths of a million bytes as text.
fn megabytes(bytes: u64) -> String {
    let tenths = bytes.div_ceil(100_000);
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// Returns the first line of a report about a full disk.
fn no_space(home: &Path) -> String {
    format!("no space left in the store `{}`", home.display())
}
