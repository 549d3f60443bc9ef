//! `goward godebug bake`.

use crate::cli::args::Bake;
use crate::cli::changes::Changes;
use goward_core::error::Result;
use goward_core::run::Runner;
use goward_core::session::Session;

pub(super) fn run(session: &Session, args: &Bake) -> Result<()> {
    let baked = Runner::new(session).debug_bake(args.check, args.writing.dry_run)?;
    let mut changes = Changes::new(session, args.writing);
    let Some(file) = &baked.file else {
        session.ui.say(&format!("{} pins no GODEBUG setting", baked.origin));
        changes.finish();
        return Ok(());
    };
    for warning in &baked.warnings {
        session.ui.warn(warning);
    }
    if !baked.lines.is_empty() {
        changes.file("write", file);
    }
    let file = file.display();
    let wrote = changes.verb("wrote", "would write");
    session.ui.say(&if baked.lines.is_empty() {
        format!("`{file}` has the GODEBUG pins of {}", baked.origin)
    } else {
        format!("{wrote} into `{file}`: `{}`", baked.lines.join("`, `"))
    });
    changes.finish();
    Ok(())
}
