//! `goward editor`.

use crate::cli::args::{Editor, EditorName};
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
    file::check_link(&path)?;
    let before = file::read_owned_text(&path, MAX_SIZE)?.map(|(text, _)| text).unwrap_or_default();
    let in_file = |error: Error| error.detail(format!("in `{}`", path.display()));
    if args.undo {
        let Some(after) = editor.revert(&before, &targets).map_err(in_file)? else {
            session.ui.say(&format!("nothing to undo in `{}`", path.display()));
            return Ok(());
        };
        return take_back(session, &path, &after);
    }
    let after = editor.apply(&before, &targets).map_err(in_file)?;
    if after.text == before {
        session.ui.say(&format!("`{}` is up to date", path.display()));
        return Ok(());
    }
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory)?;
    }
    file::replace(&path, after.text.as_bytes())?;
    session.ui.say(&format!("wrote `{}`", path.display()));
    if let Some(replaced) = after.replaced {
        let replaced = untrusted(replaced);
        session.ui.warn(&format!("this replaced `{replaced}`; `--undo` does not bring it back"));
    }
    Ok(())
}

/// Writes what is left of settings; without anything left, the file goes, and its directory if it is empty.
fn take_back(session: &Session, path: &Path, after: &str) -> Result<()> {
    if !after.trim().is_empty() {
        file::replace(path, after.as_bytes())?;
        session.ui.say(&format!("wrote `{}`", path.display()));
        return Ok(());
    }
    fs::remove_file(path)?;
    if let Some(directory) = path.parent() {
        // One that has anything else stays.
        _ = fs::remove_dir(directory);
    }
    session.ui.say(&format!("removed `{}`", path.display()));
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
