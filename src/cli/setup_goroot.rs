//! `goward setup goroot`.

use crate::cli::args::SetupGoroot;
use goward_core::error::Result;
use goward_core::lockfile::Locker;
use goward_core::lockfile::fixed_goroot::PathState;
use goward_core::session::Session;

pub(super) fn run(session: &Session, args: &SetupGoroot) -> Result<()> {
    if args.undo {
        let (path, was_there) = Locker::new(session).unlink_root()?;
        let path = path.display();
        session.ui.say(&if was_there {
            format!("removed `{path}`")
        } else {
            format!("`{path}` does not exist")
        });
        return Ok(());
    }
    let link = Locker::new(session).link_root()?;
    let (path, root) = (link.path.display(), link.root.display());
    session.ui.say(&match link.before {
        PathState::Nothing => format!("made `{path}`, which points to `{root}`"),
        PathState::Other(old) => {
            format!("`{path}` pointed to `{}` and points to `{root}` now", old.display())
        }
        PathState::Same => format!("`{path}` points to `{root}` already"),
    });
    Ok(())
}
