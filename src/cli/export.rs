//! `goward export`.

use crate::cli::args::Export;
use crate::cli::changes::Changes;
use goward_core::error::Result;
use goward_core::session::Session;
use goward_core::toolchains::Toolchains;
use goward_core::toolchains::export::MissingProof;

pub(super) fn run(session: &Session, args: &Export) -> Result<()> {
    let is_dry = args.writing.dry_run;
    let exported =
        Toolchains::new(session).dry_run(is_dry).export_to_module_cache(&args.versions)?;
    let mut changes = Changes::new(session, args.writing);
    let put = changes.verb("put", "would put");
    let cache = exported.cache.display();
    for (version, platform, is_new) in &exported.toolchains {
        if *is_new {
            changes.toolchain("write", Some(&exported.cache), None, (*version, *platform));
        }
        session.ui.say(&if *is_new {
            format!("{put} {version} for {platform} into `{cache}`")
        } else {
            format!("{version} for {platform} was in `{cache}`")
        });
    }
    for warning in &exported.warnings {
        session.ui.warn(warning);
    }
    changes.finish();
    if is_dry {
        return Ok(());
    }
    let first = exported.toolchains.first().map(|(version, ..)| version.to_string());
    let first = first.unwrap_or_default();
    match &exported.unproved {
        None => {
            session.ui.say(&format!("without network, too: `GOTOOLCHAIN={first} go version`"));
        }
        Some(MissingProof { why, variables: [proxy, exception] }) => {
            session.ui.warn(&format!("`go` will ask the checksum database itself: {why}"));
            session.ui.hint(&format!(
                "where it cannot, set: `{proxy} {exception} GOTOOLCHAIN={first} go version`"
            ));
        }
    }
    Ok(())
}
