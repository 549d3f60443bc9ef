//! `goward list`.

use super::args::List;
use crate::error::Result;
use crate::ops::{Fetch, Session};
use crate::store::{Counted, Installed};
use indicatif::HumanBytes;

pub(super) fn run(session: &Session, args: &List) -> Result<()> {
    if args.remote { remote(session, args) } else { installed(session, args.json) }
}

fn installed(session: &Session, json: bool) -> Result<()> {
    let toolchains = session.store()?.list()?;
    let default = session.default_key().unwrap_or_else(|error| {
        session.ui.warn(error.message());
        None
    });
    let is_default = |toolchain: &Installed| default.as_deref() == Some(toolchain.key.as_str());
    let (store, mut counted) = (session.store()?, Counted::new());
    let mut sizes = Vec::new();
    for toolchain in &toolchains {
        sizes.push(store.disk(toolchain, &mut counted)?);
    }
    if json {
        let entries = toolchains.iter().zip(sizes);
        let entries: Vec<_> =
            entries.map(|(found, disk)| entry(found, is_default(found), disk)).collect();
        session.ui.json(&entries.into());
        return Ok(());
    }
    if toolchains.is_empty() {
        session.ui.say("no toolchain is installed; `goward install stable` installs one");
    }
    for (toolchain, disk) in toolchains.iter().zip(sizes) {
        let receipt = &toolchain.receipt;
        let mark = if is_default(toolchain) { "  default" } else { "" };
        let line = format!(
            "{:<12} {:<14} {:<9} {:>10} {:>10} on disk{mark}",
            receipt.version.to_string(),
            receipt.platform.to_string(),
            receipt.level.name(),
            HumanBytes(receipt.bytes).to_string(),
            HumanBytes(disk).to_string(),
        );
        session.ui.data(line.trim_end());
    }
    Ok(())
}

fn entry(toolchain: &Installed, is_default: bool, disk: u64) -> serde_json::Value {
    let receipt = &toolchain.receipt;
    serde_json::json!({
        "version": receipt.version.to_string(),
        "platform": receipt.platform.to_string(),
        "level": receipt.level.name(),
        "h1": receipt.h1.to_string(),
        "source": receipt.source,
        "files": receipt.files,
        "bytes": receipt.bytes,
        "disk": disk,
        "full": receipt.extra,
        "default": is_default,
        "tree": toolchain.tree.to_string_lossy(),
        "root": toolchain.root.to_string_lossy(),
    })
}

fn remote(session: &Session, args: &List) -> Result<()> {
    let listing = session.releases(&Fetch { source: args.source.clone(), accept: None })?;
    for warning in &listing.warnings {
        session.ui.warn(warning);
    }
    if args.json {
        let versions: Vec<_> = listing
            .versions
            .iter()
            .map(|version| serde_json::json!({"version": version.to_string(), "stable": version.is_final()}))
            .collect();
        session.ui.json(&serde_json::json!({"source": listing.origin, "releases": versions}));
    } else {
        for version in &listing.versions {
            session.ui.data(&version.to_string());
        }
        let count = listing.versions.len();
        let releases = if count == 1 { "release" } else { "releases" };
        session.ui.say(&format!("{count} {releases}, from {}", listing.origin));
    }
    Ok(())
}
