//! Edits of start-up files: planned first, then applied.
//!
//! A line of ours is the command of [`Syntax::run_if_there`] and a mark. The mark of a file that
//! goward created says so, which is how undoing it knows whether an empty file was there before.

use crate::ctx::Ctx;
use crate::fs;
use crate::shell::script::replace;
use crate::shell::{Change, ChangeKind, SHELLS, StartupFile, Syntax, USER_HOME, script};
use std::collections::BTreeSet;
use std::io;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Ends a line in a file that was there before.
const MARK: &str = " # goward";

/// Ends a line in a file that goward created.
const MARK_OF_OWN_FILE: &str = " # goward, which created this file";

/// Ends a line before which goward ended the line that was the last, and had no end.
const MARK_AFTER_OPEN_LINE: &str = " # goward, which ended the line above";

const MARKS: [&str; 3] = [MARK, MARK_OF_OWN_FILE, MARK_AFTER_OPEN_LINE];

/// Which way to edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Add the line.
    Setup,
    /// Take it back.
    Undo,
}

/// What to do with one file; files that are fine are not planned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The file itself, links resolved.
    pub path: PathBuf,
    /// What to do with it.
    pub action: Action,
}

/// What to do with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Make it, with this content.
    Create(Vec<u8>),
    /// Replace its content.
    Replace(Vec<u8>),
    /// Remove it: goward created it, and nobody wrote into it since.
    Remove,
    /// Do nothing, because of this.
    Leave(String),
}

/// Returns the edits of all start-up files for the store at `home`. Changes nothing.
pub fn plan(ctx: &Ctx, home: &Path, direction: Direction) -> Vec<Edit> {
    let leave = |path: &Path, reason: &str| {
        vec![Edit { path: path.into(), action: Action::Leave(reason.to_owned()) }]
    };
    let user_home = ctx.variable(USER_HOME).map(Path::new).filter(|path| path.is_absolute());
    let Some(user_home) = user_home else {
        let reason = "it is unset or not absolute, so there are no start-up files to edit";
        return leave(Path::new("$HOME"), reason);
    };
    if !user_home.is_dir() {
        return leave(user_home, "it is not a directory, so there are no start-up files to edit");
    }
    let mut seen = BTreeSet::new();
    let mut edits = Vec::new();
    for shell in SHELLS {
        let syntax = shell.syntax();
        let Some(lines) = Lines::new(syntax, &script::path(home, syntax), user_home) else {
            continue;
        };
        for file in shell.startup_files(ctx, user_home) {
            let edit = match locate(&file) {
                Ok(None) => continue,
                // `.bash_profile` is often a link to `.bashrc`.
                Ok(Some(there)) if !seen.insert(there.path.clone()) => continue,
                Ok(Some(there)) => there.edit(&lines, direction),
                Err(reason) => Some(Edit { path: file.path, action: Action::Leave(reason) }),
            };
            edits.extend(edit);
        }
    }
    edits
}

/// Does what was planned. A failure leaves the file as it was and is part of the result.
pub fn apply(edit: Edit) -> Change {
    let Edit { path, action } = edit;
    let result = match &action {
        Action::Leave(reason) => Ok(ChangeKind::LeftAlone(reason.clone())),
        Action::Remove => fs::remove_file(&path).map(|()| ChangeKind::Removed),
        Action::Create(text) => create(&path, text).map(|()| ChangeKind::Created),
        Action::Replace(text) => fs::metadata(&path)
            .and_then(|metadata| replace(&path, text, Some(&metadata)))
            .map(|()| ChangeKind::Edited),
    };
    let what = result.unwrap_or_else(|error| ChangeKind::LeftAlone(reason(&error)));
    Change { path, what }
}

/// The lines that are goward's in files of one language.
struct Lines {
    syntax: Syntax,
    /// As setup writes them: with `$HOME` where it fits.
    command: String,
    /// As it would be with another HOME.
    absolute: String,
}

impl Lines {
    fn new(syntax: Syntax, script: &Path, user_home: &Path) -> Option<Self> {
        let command = syntax.run_if_there(script, user_home)?;
        Some(Self { syntax, command, absolute: syntax.run_if_there(script, Path::new("/"))? })
    }

    fn is_ours(&self, line: &[u8]) -> bool {
        let line = line.trim_ascii_end();
        [&self.command, &self.absolute].into_iter().any(|command| {
            let mark = line.strip_prefix(command.as_bytes());
            mark.is_some_and(|mark| MARKS.iter().any(|known| mark == known.as_bytes()))
        })
    }
}

/// A start-up file as it is now.
struct CurrentFile {
    path: PathBuf,
    text: Option<Vec<u8>>,
}

/// Finds and reads a file; `None` when it is not there and is not to be made.
fn locate(file: &StartupFile) -> Result<Option<CurrentFile>, String> {
    let path = file.path.clone();
    let metadata = match fs::symlink_metadata(&path) {
        Ok(metadata) => metadata,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(file.create.then_some(CurrentFile { path, text: None }));
        }
        Err(error) => return Err(reason(&error)),
    };
    let path = if metadata.is_symlink() {
        fs::canonicalize(&path).map_err(|_| "it is a link that leads nowhere".to_owned())?
    } else {
        path
    };
    if !fs::metadata(&path).map_err(|error| reason(&error))?.is_file() {
        return Err("it is not a regular file".to_owned());
    }
    let text = fs::read(&path).map_err(|error| reason(&error))?;
    Ok(Some(CurrentFile { path, text: Some(text) }))
}

impl CurrentFile {
    fn edit(self, lines: &Lines, direction: Direction) -> Option<Edit> {
        let action = match (direction, &self.text) {
            (Direction::Setup, None) => {
                Action::Create(format!("{}{MARK_OF_OWN_FILE}\n", lines.command).into())
            }
            (Direction::Setup, Some(text)) => {
                let edited = with_line(text, lines)?;
                match lines.syntax.obstacle(text, &lines.command) {
                    Some(reason) => Action::Leave(reason.to_owned()),
                    None => Action::Replace(edited),
                }
            }
            (Direction::Undo, None) => return None,
            (Direction::Undo, Some(text)) => without_lines(text, lines)?,
        };
        Some(Edit { path: self.path, action })
    }
}

/// Returns the text with our line at the end; `None` when it has one.
fn with_line(text: &[u8], lines: &Lines) -> Option<Vec<u8>> {
    if text.split(|&byte| byte == b'\n').any(|line| lines.is_ours(line)) {
        return None;
    }
    let end = lines.syntax.line_end(text);
    let mut text = text.to_vec();
    let mut mark = MARK;
    if text.last().is_some_and(|&byte| byte != b'\n') {
        text.extend_from_slice(end.as_bytes());
        mark = MARK_AFTER_OPEN_LINE;
    }
    text.extend_from_slice(format!("{}{mark}{end}", lines.command).as_bytes());
    Some(text)
}

/// Returns what remains without our lines; `None` when there are none.
fn without_lines(text: &[u8], lines: &Lines) -> Option<Action> {
    let all: Vec<&[u8]> = text.split_inclusive(|&byte| byte == b'\n').collect();
    let (ours, theirs): (Vec<&[u8]>, Vec<&[u8]>) = all.iter().partition(|line| lines.is_ours(line));
    let has = |line: &[u8], mark: &str| line.trim_ascii_end().ends_with(mark.as_bytes());
    let created = ours.iter().any(|line| has(line, MARK_OF_OWN_FILE));
    if ours.is_empty() {
        return None;
    }
    if theirs.is_empty() && created {
        return Some(Action::Remove);
    }
    let mut left = theirs.concat();
    // What was written below it since needs the end of the line.
    let is_last =
        all.last().is_some_and(|line| lines.is_ours(line) && has(line, MARK_AFTER_OPEN_LINE));
    if is_last {
        let end = lines.syntax.line_end(&left);
        left.truncate(left.strip_suffix(end.as_bytes()).unwrap_or(&left).len());
    }
    Some(Action::Replace(left))
}

fn create(path: &Path, text: &[u8]) -> io::Result<()> {
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory)?;
    }
    replace(path, text, None)
}

/// Returns an error's cause alone: the file is named beside it.
fn reason(error: &io::Error) -> String {
    let cause = error.get_ref().and_then(|inner| inner.source()).map(ToString::to_string);
    crate::error::untrusted(cause.unwrap_or_else(|| error.to_string()).to_lowercase())
}
