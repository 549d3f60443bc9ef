//! `goward setup goroot`.

use crate::cli::args::SetupGoroot;
use crate::cli::changes::Changes;
use goward_core::error::Result;
use goward_core::lockfile::Locker;
use goward_core::lockfile::fixed_goroot::PathState;
use goward_core::session::Session;

pub(super) fn run(session: &Session, args: &SetupGoroot) -> Result<()> {
    let locker = Locker::new(session).dry_run(args.writing.dry_run);
    let mut changes = Changes::new(session, args.writing);
    if args.undo {
        let (path, was_there) = locker.unlink_root()?;
        if was_there {
            changes.file("remove", &path);
        }
        let remove = changes.verb("removed", "would remove");
        let path = path.display();
        session.ui.say(&if was_there {
            format!("{remove} `{path}`")
        } else {
            format!("`{path}` does not exist")
        });
        changes.finish();
        return Ok(());
    }
    let link = locker.link_root()?;
    if link.before != PathState::Same {
        changes.file("write", &link.path);
    }
    let (make, points) =
        (changes.verb("made", "would make"), changes.verb("points", "would point"));
    let (path, root) = (link.path.display(), link.root.display());
    session.ui.say(&match link.before {
        PathState::Nothing => format!("{make} `{path}`, which {points} to `{root}`"),
        PathState::Other(old) => {
            format!("`{path}` pointed to `{}` and {points} to `{root}` now", old.display())
        }
        PathState::Same => format!("`{path}` points to `{root}` already"),
    });
    changes.finish();
    Ok(())
}
