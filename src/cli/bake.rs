//! `goward godebug bake`.

use crate::cli::args::Bake;
use goward_core::error::Result;
use goward_core::run::Runner;
use goward_core::session::Session;

pub(super) fn run(session: &Session, args: &Bake) -> Result<()> {
    let baked = Runner::new(session).debug_bake(args.check)?;
    let Some(file) = &baked.file else {
        session.ui.say(&format!("{} pins no GODEBUG setting", baked.origin));
        return Ok(());
    };
    for warning in &baked.warnings {
        session.ui.warn(warning);
    }
    let file = file.display();
    session.ui.say(&if baked.lines.is_empty() {
        format!("`{file}` has the GODEBUG pins of {}", baked.origin)
    } else {
        format!("wrote into `{file}`: `{}`", baked.lines.join("`, `"))
    });
    Ok(())
}
