//! `goward bundle`.

use crate::cli::args::{Bundle, BundleCommand, BundleCreate, BundleInstall};
use crate::cli::{fetch, install};
use goward_core::error::Result;
use goward_core::install::Installer;
use goward_core::install::bundle::DatabaseImport;
use goward_core::install::request::Fetch;
use goward_core::platform::Platform;
use goward_core::session::Session;
use goward_core::toolchains::Toolchains;

pub(super) fn run(session: &Session, args: &Bundle) -> Result<()> {
    match &args.command {
        BundleCommand::Create(args) => create(session, args),
        BundleCommand::Install(args) => install(session, args),
    }
}

fn create(session: &Session, args: &BundleCreate) -> Result<()> {
    let fetch = fetch(&args.fetching);
    let bundled = Toolchains::new(session).bundle_create(
        &args.locks,
        &args.output,
        args.without_proof,
        args.vulndb.as_deref(),
        &fetch,
    )?;
    for warning in &bundled.warnings {
        session.ui.warn(warning);
    }
    let (path, count) = (bundled.path.display(), bundled.toolchains);
    let toolchains = if count == 1 { "toolchain" } else { "toolchains" };
    let megabytes = bundled.bytes.div_ceil(1_000_000);
    session.ui.say(&format!("wrote `{path}`: {count} {toolchains}, {megabytes} MB"));
    if let Some(snapshot) = &bundled.vulnerabilities {
        session.ui.say(&format!("with the vulnerability database: {}", snapshot.told()));
    }
    Ok(())
}

fn install(session: &Session, args: &BundleInstall) -> Result<()> {
    let platform = args.platform.as_deref().map_or(Ok(Platform::host()), Platform::parse)?;
    let fetch = Fetch { accept: args.accept, has_option: true, ..Fetch::default() };
    let kept =
        Installer::new(session).bundle_install(&args.file, platform, &fetch, &mut |outcome| {
            install::report(session, outcome);
        })?;
    let Some(DatabaseImport { path, told, newer }) = kept else { return Ok(()) };
    match newer {
        None => session.ui.say(&format!("copied the vulnerability database: {told}")),
        Some(newer) => session.ui.warn(&format!(
            "the copy of the vulnerability database in `{}` stays: it is of {newer}, and the bundle has {told}",
            path.display()
        )),
    }
    Ok(())
}
