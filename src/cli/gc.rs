//! `goward gc`.

use crate::cli::args::Gc;
use goward_core::error::Result;
use goward_core::session::Session;
use goward_core::store::StaleFile;
use goward_core::toolchains::Toolchains;
use goward_core::toolchains::gc::{GcDecision, GcReport, Plan};
use goward_tools::{Tools, UnusedTool};
use indicatif::HumanBytes;
use std::path::Path;

pub(super) fn run(session: &Session, args: &Gc) -> Result<()> {
    let plan =
        Plan { dry_run: args.dry_run, older_than: args.older_than, keep: args.keep, now: args.now };
    let collected = Toolchains::new(session).collect(&plan)?;
    let tools = Tools::new(session);
    let (unused, idle) = (tools.unused()?, tools.idle_names()?);
    if !plan.dry_run {
        unused.iter().try_for_each(|tool| tools.remove(tool))?;
        idle.iter().try_for_each(|name| tools.remove_name(name))?;
    }
    if args.json {
        let mut report = json(&plan, &collected);
        let tool = |tool: &UnusedTool| serde_json::json!({"name": tool.name, "bytes": tool.bytes});
        report["tools"] = unused.iter().map(tool).collect();
        session.ui.json(&report);
    } else {
        let removed = if plan.dry_run { "would remove" } else { "removed" };
        for UnusedTool { name, bytes, .. } in &unused {
            session.ui.data(&format!("{removed} the tool {name}, {}", HumanBytes(*bytes)));
        }
        for name in &idle {
            session.ui.data(&format!("{removed} `{}`, no project's tool", name.display()));
        }
        report(session, &plan, &collected);
    }
    Ok(())
}

fn report(session: &Session, plan: &Plan, collected: &GcReport) {
    let mut lines = Vec::new();
    let (removed, deleted) =
        if plan.dry_run { ("would remove", "would delete") } else { ("removed", "deleted") };
    for GcDecision { installed, bytes, .. } in collected.gone() {
        let receipt = &installed.receipt;
        let size = HumanBytes(*bytes);
        lines.push(format!("{removed} {} for {}, {size}", receipt.version, receipt.platform));
    }
    for StaleFile { kind, path, bytes } in &collected.leftovers {
        lines.push(format!("{deleted} `{}`, {kind}, {}", path.display(), HumanBytes(*bytes)));
    }
    for lock in &collected.forgotten {
        let forgot = if plan.dry_run { "would forget" } else { "forgot" };
        lines.push(format!("{forgot} `{}`, which is gone", lock.display()));
    }
    if !lines.is_empty() {
        session.ui.data(&lines.join("\n"));
    }
    for decision in &collected.decisions {
        if let Some(reason) = &decision.reason {
            let receipt = &decision.installed.receipt;
            session.ui.say(&format!("kept {} for {}: {reason}", receipt.version, receipt.platform));
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
fn freed(plan: &Plan, collected: &GcReport) -> u64 {
    let leftovers: u64 = collected.leftovers.iter().map(|leftover| leftover.bytes).sum();
    let waits = |decision: &GcDecision| {
        collected.waiting.iter().any(|removal| removal.key() == decision.installed.key)
    };
    let is_deleted = |decision: &&GcDecision| plan.now && !waits(decision);
    leftovers + collected.gone().filter(is_deleted).map(|decision| decision.bytes).sum::<u64>()
}

fn json(plan: &Plan, collected: &GcReport) -> serde_json::Value {
    let toolchains: Vec<_> = collected
        .decisions
        .iter()
        .map(|decision| {
            let receipt = &decision.installed.receipt;
            serde_json::json!({
                "version": receipt.version.to_string(),
                "platform": receipt.platform.to_string(),
                "h1": receipt.h1.to_string(),
                "tree": decision.installed.tree.to_string_lossy(),
                "disk": decision.bytes,
                "removed": decision.reason.is_none(),
                "keeper": decision.reason.as_ref().map(goward_core::toolchains::gc::RetainReason::name),
                "reason": decision.reason.as_ref().map(ToString::to_string),
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
        "trash": collected.waiting.iter().map(|removal| text(removal.path())).collect::<Vec<_>>(),
        "freed": freed(plan, collected),
    })
}
