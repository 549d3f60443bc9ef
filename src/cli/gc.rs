//! `goward gc`.

use crate::cli::args::Gc;
use goward_core::error::Result;
use goward_core::session::Session;
use goward_core::store::Leftover;
use goward_core::toolchains::Toolchains;
use goward_core::toolchains::gc::{Collected, Fate, Plan};
use indicatif::HumanBytes;
use std::path::Path;

pub(super) fn run(session: &Session, args: &Gc) -> Result<()> {
    let plan =
        Plan { dry_run: args.dry_run, older_than: args.older_than, keep: args.keep, now: args.now };
    let collected = Toolchains::new(session).collect(&plan)?;
    if args.json {
        session.ui.json(&json(&plan, &collected));
    } else {
        report(session, &plan, &collected);
    }
    Ok(())
}

fn report(session: &Session, plan: &Plan, collected: &Collected) {
    let mut lines = Vec::new();
    let (removed, deleted) =
        if plan.dry_run { ("would remove", "would delete") } else { ("removed", "deleted") };
    for Fate { installed, bytes, .. } in collected.gone() {
        let receipt = &installed.receipt;
        let size = HumanBytes(*bytes);
        lines.push(format!("{removed} {} for {}, {size}", receipt.version, receipt.platform));
    }
    for Leftover { kind, path, bytes } in &collected.leftovers {
        lines.push(format!("{deleted} `{}`, {kind}, {}", path.display(), HumanBytes(*bytes)));
    }
    for lock in &collected.forgotten {
        let forgot = if plan.dry_run { "would forget" } else { "forgot" };
        lines.push(format!("{forgot} `{}`, which is gone", lock.display()));
    }
    if !lines.is_empty() {
        session.ui.data(&lines.join("\n"));
    }
    for fate in &collected.fates {
        if let Some(keeper) = &fate.keeper {
            let receipt = &fate.installed.receipt;
            session.ui.say(&format!("kept {} for {}: {keeper}", receipt.version, receipt.platform));
        }
    }
    let freed = HumanBytes(freed(plan, collected));
    let has_gone = collected.gone().next().is_some();
    session.ui.say(&if plan.dry_run && has_gone && !plan.now {
        format!(
            "{freed} would be freed at once, and the rest after the grace period in the trash, or by `goward gc --now`; \
             nothing was changed"
        )
    } else if plan.dry_run {
        format!("{freed} would be freed; nothing was changed")
    } else {
        format!("freed {freed}")
    });
    let waiting = collected.waiting.len();
    if waiting > 0 {
        let (them, are) = if waiting == 1 { ("toolchain", "is") } else { ("toolchains", "are") };
        let hint =
            if plan.now { "processes use what is left" } else { "`goward gc --now` does it now" };
        session.ui.say(&format!(
            "{waiting} removed {them} {are} in the trash, and deleted after the grace period; {hint}"
        ));
    }
}

/// Returns how many bytes of the disk are free now, or would be.
fn freed(plan: &Plan, collected: &Collected) -> u64 {
    let leftovers: u64 = collected.leftovers.iter().map(|leftover| leftover.bytes).sum();
    let waits =
        |fate: &Fate| collected.waiting.iter().any(|grave| grave.key() == fate.installed.key);
    let is_deleted = |fate: &&Fate| plan.now && !waits(fate);
    leftovers + collected.gone().filter(is_deleted).map(|fate| fate.bytes).sum::<u64>()
}

fn json(plan: &Plan, collected: &Collected) -> serde_json::Value {
    let toolchains: Vec<_> = collected
        .fates
        .iter()
        .map(|fate| {
            let receipt = &fate.installed.receipt;
            serde_json::json!({
                "version": receipt.version.to_string(),
                "platform": receipt.platform.to_string(),
                "h1": receipt.h1.to_string(),
                "tree": fate.installed.tree.to_string_lossy(),
                "disk": fate.bytes,
                "removed": fate.keeper.is_none(),
                "keeper": fate.keeper.as_ref().map(goward_core::toolchains::gc::Keeper::name),
                "reason": fate.keeper.as_ref().map(ToString::to_string),
            })
        })
        .collect();
    let leftovers: Vec<_> = collected
        .leftovers
        .iter()
        .map(|leftover| {
            serde_json::json!({
                "kind": leftover.kind.name(),
                "path": leftover.path.to_string_lossy(),
                "bytes": leftover.bytes,
            })
        })
        .collect();
    let text = |path: &Path| path.to_string_lossy().into_owned();
    serde_json::json!({
        "dry_run": plan.dry_run,
        "toolchains": toolchains,
        "leftovers": leftovers,
        "forgotten": collected.forgotten.iter().map(|path| text(path)).collect::<Vec<_>>(),
        "trash": collected.waiting.iter().map(|grave| text(grave.path())).collect::<Vec<_>>(),
        "freed": freed(plan, collected),
    })
}
