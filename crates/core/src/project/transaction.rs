//! Manifest and lock change together or not at all.
//!
//! [`Transaction::begin`] before anything is read, [`Transaction::commit`] when everything is known.
//! Between them nobody else who does the same changes the project. New files are written beside the
//! old ones and renamed; what is to happen is noted in the user's state directory first, so that
//! the next transaction finishes or undoes what a crash interrupted. `go` is never in between: the
//! shim reads the lock alone.
//!
//! Without a state directory there is no such note and no history: an error still leaves both files
//! as they were, a crash between the two renames leaves the new manifest with the old lock.

#[cfg(test)]
mod tests;

use crate::ctx::{take_callers_umask, take_own_umask};
use crate::error::{Error, Kind, Result};
use crate::fs;
use crate::io::file;
use crate::os::access;
use crate::project::files::Files;
use crate::project::history::{History, Record};
use std::io;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// What a person should know at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// What is being waited for, or was put in order.
    Said(String),
    /// What will not work later.
    Warning(String),
}

/// A file that is written or removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileChange {
    /// The file.
    pub path: PathBuf,
    /// Whether it is removed.
    pub is_removal: bool,
}

/// A change of a project's files that may be made.
#[derive(Debug)]
pub struct Transaction {
    root: PathBuf,
    before: Files,
    history: Option<History>,
}

impl Transaction {
    /// Waits until nobody else changes the project at `root`, puts in order what a crash left, and
    /// reads the files. `state` is the user's state directory.
    ///
    /// # Errors
    ///
    /// When the files cannot be read, or what a crash left cannot be put in order.
    pub fn begin(
        root: &Path,
        state: Option<&Path>,
        notice: &mut dyn FnMut(Notice),
    ) -> Result<Self> {
        let mut history = None;
        if let Some(state) = state {
            let shown = root.display();
            let opened = History::open(state, root, &mut |holder| {
                notice(Notice::Said(format!("waiting for {holder}, to change `{shown}`")));
            });
            match opened {
                Ok(opened) => history = Some(opened),
                Err(error) => notice(Notice::Warning(no_history(&error.into()))),
            }
        }
        if let Some(history) = &history
            && let Some(record) = history.intent()?
        {
            notice(Notice::Said(recover(root, history, &record)?));
        }
        Ok(Self { root: root.into(), before: Files::read(root)?, history })
    }

    /// Reads the files of the project at `root`, for a change that is only described: nothing is waited for,
    /// noted or put in order.
    ///
    /// # Errors
    ///
    /// When the files cannot be read.
    pub fn look(root: &Path) -> Result<Self> {
        Ok(Self { root: root.into(), before: Files::read(root)?, history: None })
    }

    /// Returns true when [`Transaction::begin`] would find a history of the project at `root`.
    pub fn has_history(root: &Path, state: Option<&Path>) -> bool {
        state.is_some_and(|state| History::is_there(state, root))
    }

    /// Returns the project's directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Returns the files as they are.
    pub fn before(&self) -> &Files {
        &self.before
    }

    /// Returns the changes that were made here, newest first.
    pub fn records(&self) -> Result<Vec<Record>> {
        self.history.as_ref().map_or_else(|| Ok(Vec::new()), History::records)
    }

    /// Returns what has to change for the files to be `after`.
    pub fn changes(&self, after: &Files) -> Vec<FileChange> {
        let changes = self.before.changes(after);
        let change = |(name, _, after): (_, _, Option<_>)| FileChange {
            path: self.root.join(name),
            is_removal: after.is_none(),
        };
        changes.map(change).collect()
    }

    /// Refuses a project where these files cannot be changed, before anything is done for that.
    pub fn check_writable(&self, names: &[&str]) -> Result<()> {
        for name in names {
            file::check_place(&self.root.join(name))?;
        }
        access::may_change(&self.root).map_err(|error| {
            let cause = Error::from(error);
            let message = format!("cannot write to `{}`: {}", self.root.display(), cause.message());
            Error::new(Kind::Failed, message).detail("nothing was changed")
        })
    }

    /// Makes the files what `after` says and notes that `command` did it; returns whether anything
    /// had to change.
    ///
    /// # Errors
    ///
    /// When somebody else changed a file since it was read, or one cannot be written. Both are then
    /// as they were, or the error says which is not.
    pub fn commit(self, command: &str, after: &Files) -> Result<bool> {
        if *after == self.before {
            return Ok(false);
        }
        let by = std::process::id().to_string();
        let changes = self.before.changes(after);
        let swaps: Vec<Swap> = changes
            .map(|(name, before, after)| Swap::new(&self.root, name, &by, before, after))
            .collect();
        swaps.iter().try_for_each(Swap::check_place)?;
        let untouched = |error: Error| error.detail("nothing was changed");
        if let Some(history) = &self.history {
            let announced = history.announce(command, &by, &self.before, after);
            announced.map_err(|error| untouched(error.into()))?;
        }
        take_callers_umask();
        let made = self.swap(&swaps);
        take_own_umask();
        let is_clear = swaps.iter().filter(|swap| !swap.clear()).count() == 0;
        // What cannot be noted any more is put in order by the next transaction, as a half is.
        if let Some(history) = &self.history {
            _ = match &made {
                // While the intent stands, the next transaction clears up.
                Ok(()) if !is_clear => Ok(()),
                Ok(()) => history.keep(),
                Err(CommitError { half: None, .. }) => history.forget(),
                Err(_) => Ok(()),
            };
        }
        made.map(|()| true).map_err(|CommitError { error, half }| match half {
            None => untouched(error),
            Some(path) if self.history.is_some() => error.detail(format!(
                "`{}` was changed; the next `goward lock` undoes that",
                path.display()
            )),
            Some(path) => error.detail(format!("`{}` was changed", path.display())),
        })
    }

    fn swap(&self, swaps: &[Swap]) -> Result<(), CommitError> {
        let unmade = |error: Error| CommitError { error, half: None };
        for swap in swaps {
            swap.prepare().map_err(|error| unmade(error.into()))?;
        }
        // As late as possible: an editor, or git, takes no part in this.
        if Files::read(&self.root).map_err(unmade)? != self.before {
            let message = format!("the files in `{}` changed meanwhile", self.root.display());
            let error = Error::new(Kind::Failed, message);
            return Err(unmade(error.hint("look at them, and run the command again")));
        }
        for (at, swap) in swaps.iter().enumerate() {
            if let Err(error) = swap.make() {
                let half = swaps[..at].iter().find(|swap| swap.undo().is_err());
                let half = half.map(|swap| swap.path.clone());
                return Err(CommitError { error: error.into(), half });
            }
        }
        sync(&self.root);
        Ok(())
    }
}

/// Returns the bytes of `text` with the line ends of the file that they take the place of. One that differs from it
/// in nothing else is that file.
pub fn in_style_of(before: Option<&[u8]>, text: &str) -> Vec<u8> {
    let has_crlf = before.is_some_and(has_crlf);
    if has_crlf { text.replace('\n', "\r\n").into_bytes() } else { text.into() }
}

/// Returns true when a file has the line ends of Windows.
pub fn has_crlf(text: &[u8]) -> bool {
    text.windows(2).any(|two| two == b"\r\n")
}

/// Why a change was not made.
struct CommitError {
    error: Error,
    /// A file that is changed nevertheless, because it could not be put back.
    half: Option<PathBuf>,
}

/// One file that is to be replaced, made or removed.
struct Swap<'a> {
    path: PathBuf,
    before: Option<&'a [u8]>,
    after: Option<&'a [u8]>,
    /// Where the new content is until it is put in place.
    draft: PathBuf,
    /// A copy of the old content, so that going back needs no space.
    spare: PathBuf,
}

impl<'a> Swap<'a> {
    fn new(
        root: &Path,
        name: &str,
        by: &str,
        before: Option<&'a [u8]>,
        after: Option<&'a [u8]>,
    ) -> Self {
        let [draft, spare] = drafts(root, name, by);
        Self { path: root.join(name), before, after, draft, spare }
    }

    /// Refuses to write through a link that a repository may have put there.
    fn check_place(&self) -> Result<()> {
        file::check_place(&self.path).map(drop)
    }

    fn prepare(&self) -> io::Result<()> {
        for (path, text) in [(&self.draft, self.after), (&self.spare, self.before)] {
            text.map_or(Ok(()), |text| write(path, text, &self.path))?;
        }
        Ok(())
    }

    fn make(&self) -> io::Result<()> {
        put(&self.draft, self.after, &self.path)
    }

    fn undo(&self) -> io::Result<()> {
        put(&self.spare, self.before, &self.path)
    }

    /// Removes what is not needed any more; returns whether nothing is left.
    fn clear(&self) -> bool {
        let is_gone = |path: &Path| match fs::remove_file(path) {
            Err(error) => error.kind() == ErrorKind::NotFound,
            Ok(()) => true,
        };
        let draft = is_gone(&self.draft);
        is_gone(&self.spare) && draft
    }
}

/// Puts a prepared file in place, or takes away what is to be gone.
fn put(prepared: &Path, text: Option<&[u8]>, path: &Path) -> io::Result<()> {
    match text {
        Some(_) => fs::rename(prepared, path),
        None => match fs::remove_file(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        },
    }
}

/// Returns the names of draft and spare of a file that the process `by` changes.
fn drafts(root: &Path, name: &str, by: &str) -> [PathBuf; 2] {
    ["new", "old"].map(|kind| root.join(format!(".{name}.{by}.{kind}")))
}

/// Writes a file with the mode of the one at `like`.
fn write(path: &Path, text: &[u8], like: &Path) -> io::Result<()> {
    // A process of the same number may have left one behind.
    _ = fs::remove_file(path);
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o666).open(path)?;
    if let Ok(metadata) = fs::symlink_metadata(like) {
        file.set_mode(metadata.mode())?;
    }
    file.write_all(text)?;
    file.sync_all()
}

fn sync(root: &Path) {
    // The files are replaced now. Some file systems cannot sync a directory; on those a power cut
    // may bring old files back, whole.
    _ = fs::File::open(root).and_then(|directory| directory.sync_all());
}

/// Finishes or undoes the change that a crash interrupted; returns what was done.
fn recover(root: &Path, history: &History, record: &Record) -> Result<String> {
    let what =
        format!("a `goward {}` in `{}` that was interrupted", record.command, root.display());
    let now = Files::read(root)?;
    let Record { before, after, .. } = record;
    let is_known = |file: fn(&Files) -> &Option<Vec<u8>>| {
        file(&now) == file(before) || file(&now) == file(after)
    };
    for (name, _) in now.parts() {
        for path in drafts(root, name, &record.by) {
            _ = fs::remove_file(path);
        }
    }
    if now == *after {
        history.keep()?;
        return Ok(format!("{what} had made its change"));
    }
    if !is_known(|files| &files.manifest) || !is_known(|files| &files.lock) {
        history.forget()?;
        return Ok(format!("{what}: its files were changed since, and are left as they are"));
    }
    for (name, _, before) in now.changes(before) {
        let path = root.join(name);
        match before {
            Some(text) => file::replace(&path, text)?,
            None => put(&path, None, &path)?,
        }
    }
    sync(root);
    history.forget()?;
    Ok(format!("{what} was undone"))
}

fn no_history(error: &Error) -> String {
    format!("no earlier states are kept, `goward undo` will not work: {}", error.message())
}
