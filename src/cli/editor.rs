//! `goward editor`.

use crate::cli::args::{Editor, EditorName};
use crate::cli::changes::Changes;
use goward_core::editors::{Editor as Kept, EditorTargets};
use goward_core::error::{Error, Kind, Result, untrusted};
use goward_core::fs;
use goward_core::io::file;
use goward_core::resolve::Resolver;
use goward_core::resolve::resolved_go::{Origin, ResolvedGo};
use goward_core::session::Session;
use goward_shim::Tool;
use std::path::Path;

/// Longest file of settings that is changed, in bytes.
const MAX_SIZE: u64 = 16 << 20;

pub(super) fn run(session: &Session, args: &Editor) -> Result<()> {
    let resolver = Resolver::new(session);
    let no_lock = || {
        Error::new(Kind::Usage, "no lock governs here, and these settings are a project's")
            .hint("pin a Go first: `goward use stable`")
    };
    let ResolvedGo::Toolchain(toolchain) = resolver.governing(Tool::Go)? else {
        return Err(no_lock());
    };
    let Origin::Lock(lock) = &toolchain.origin else { return Err(no_lock()) };
    let project = lock.parent().unwrap_or(Path::new("/"));
    let (store, goroot) = (session.store()?, resolver.root(&toolchain)?);
    let shim = from_home(session, &store.shims().join("go"));
    let trees = store.home().join("tree");
    let targets = EditorTargets { shim: &shim, goroot: &goroot, trees: &trees };
    let editor = match args.editor {
        EditorName::Goland => Kept::Goland,
        EditorName::Helix => Kept::Helix,
        EditorName::Neovim => Kept::Neovim,
        EditorName::Vscode => Kept::Vscode,
        EditorName::Zed => Kept::Zed,
    };
    let path = project.join(editor.file());
    if !args.write && !args.undo {
        session.ui.data(editor.apply("", &targets)?.text.trim_end());
        session.ui.say(&format!("`--write` writes this to `{}`", path.display()));
        return Ok(());
    }
    let mut changes = Changes::new(session, args.writing);
    file::check_link(&path)?;
    let before = file::read_owned_text(&path, MAX_SIZE)?.map(|(text, _)| text).unwrap_or_default();
    let in_file = |error: Error| error.detail(format!("in `{}`", path.display()));
    if args.undo {
        let Some(after) = editor.revert(&before, &targets).map_err(in_file)? else {
            session.ui.say(&format!("nothing to undo in `{}`", path.display()));
            changes.finish();
            return Ok(());
        };
        take_back(session, &mut changes, &path, &after)?;
        changes.finish();
        return Ok(());
    }
    let after = editor.apply(&before, &targets).map_err(in_file)?;
    if after.text == before {
        session.ui.say(&format!("`{}` is up to date", path.display()));
        changes.finish();
        return Ok(());
    }
    changes.file("write", &path);
    if !changes.is_dry() {
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory)?;
        }
        file::replace(&path, after.text.as_bytes())?;
    }
    session.ui.say(&format!("{} `{}`", changes.verb("wrote", "would write"), path.display()));
    if let Some(replaced) = after.replaced {
        let (replaced, this) =
            (untrusted(replaced), changes.verb("this replaced", "this replaces"));
        session.ui.warn(&format!("{this} `{replaced}`; `--undo` does not bring it back"));
    }
    changes.finish();
    Ok(())
}

/// Writes what is left of settings; without anything left, the file goes, and its directory if it is empty.
fn take_back(session: &Session, changes: &mut Changes<'_>, path: &Path, after: &str) -> Result<()> {
    let is_left = !after.trim().is_empty();
    changes.file(if is_left { "write" } else { "remove" }, path);
    let done = if is_left {
        changes.verb("wrote", "would write")
    } else {
        changes.verb("removed", "would remove")
    };
    if is_left && !changes.is_dry() {
        file::replace(path, after.as_bytes())?;
    } else if !changes.is_dry() {
        fs::remove_file(path)?;
        if let Some(directory) = path.parent() {
            // One that has anything else stays.
            _ = fs::remove_dir(directory);
        }
    }
    session.ui.say(&format!("{done} `{}`", path.display()));
    Ok(())
}

/// Returns a path as editors of every person of a project can read it, if it is below the home directory.
fn from_home(session: &Session, path: &Path) -> String {
    let home = session.ctx.variable("HOME").map(Path::new);
    match home.and_then(|home| path.strip_prefix(home).ok()) {
        Some(below) => format!("~/{}", below.display()),
        None => path.display().to_string(),
    }
}
