//! `goward verify`.

use crate::cli::args::Verify;
use crate::cli::fetch;
use goward_core::error::Result;
use goward_core::session::Session;
use goward_core::store::Finding;
use goward_core::toolchains::Toolchains;
use goward_core::toolchains::verify::{Plan, Second, Subject, Verdict, Which};
use goward_core::verify::Level;
use goward_core::version::link_name::LinkName;
use indicatif::HumanBytes;
use std::path::Path;

pub(super) fn run(session: &Session, args: &Verify) -> Result<()> {
    let which = match (&args.requests[..], args.all, args.lock) {
        (_, true, _) => Which::All,
        (_, _, true) => Which::Lock,
        ([], ..) => Which::Here,
        (requests, ..) => Which::Requests(requests.to_vec()),
    };
    if args.rebuild {
        return rebuild(session, &which);
    }
    let plan = Plan {
        compare: args.fetching.source.is_some() && !args.repair,
        repair: args.repair,
        fetch: fetch(&args.fetching),
    };
    let mut entries = Vec::new();
    let done = Toolchains::new(session).verify(&which, &plan, &mut |seen| match seen {
        Subject::Toolchain(verdict) if args.json => entries.push(entry(verdict)),
        Subject::Toolchain(verdict) => report(session, verdict),
        Subject::Unproved(tree) if args.json => entries.push(unproved(tree)),
        Subject::Unproved(tree) => session.ui.data(&format!("{NO_RECEIPT}: {}", tree.display())),
    });
    if args.json {
        session.ui.json(&entries);
    }
    done
}

/// What is said of a tree that nothing can be held against.
const NO_RECEIPT: &str = "no receipt";

fn unproved(tree: &Path) -> serde_json::Value {
    serde_json::json!({
        "tree": tree.to_string_lossy(),
        "level": Level::None.name(),
        "state": "unproved",
        "error": NO_RECEIPT,
    })
}

/// Prints how to build the releases again.
fn rebuild(session: &Session, which: &Which) -> Result<()> {
    for rebuild in Toolchains::new(session).rebuilds(which)? {
        let (version, archive) = (rebuild.version, &rebuild.archive);
        if !rebuild.is_reproducible() {
            session
                .ui
                .warn(&format!("{version} cannot be reproduced: Go 1.21 is the first that can"));
            continue;
        }
        session.ui.data(&rebuild.command());
        session.ui.say(&format!(
            "gorebuild builds `{archive}` from source and compares it with go.dev's"
        ));
        let came = match rebuild.sha256 {
            Some(sha256) => format!("what is installed here came from sha256 {sha256}"),
            None => "what is installed here did not come from that archive; compare h1".to_owned(),
        };
        session.ui.say(&came);
        if rebuild.is_signed() {
            session
                .ui
                .say("the published programs are signed; it compares them without signatures");
        }
    }
    Ok(())
}

/// Prints what is wrong, one line each, and says what is right.
fn report(session: &Session, verdict: &Verdict) {
    let version = verdict.installed.receipt.version;
    let mut lines = Vec::new();
    for finding in verdict.findings() {
        lines.push(format!("{version} {finding}"));
    }
    if let Some(second) = &verdict.second {
        lines.extend(second.differences.iter().map(|f| format!("{version} {} {f}", second.source)));
    }
    if !lines.is_empty() {
        session.ui.data(&lines.join("\n"));
    }
    let subject = verdict.subject();
    let Some(checked) = verdict.checked.as_ref().filter(|_| verdict.findings().is_empty()) else {
        return;
    };
    let state = if verdict.repaired { "was repaired" } else { "is intact" };
    let size = HumanBytes(checked.bytes());
    let (count, h1) = (checked.files.len(), &verdict.installed.receipt.h1);
    session.ui.say(&format!("{subject} {state}: {count} files, {size}, {h1}"));
    match &verdict.second {
        Some(Second { source, h1: None, .. }) => {
            session.ui.say(&format!("{source} lists the archive that it was installed from"));
        }
        Some(Second { source, h1: Some(theirs), .. }) if theirs == h1 => {
            session.ui.say(&format!("{source} has the same"));
        }
        _ => {}
    }
}

fn entry(verdict: &Verdict) -> serde_json::Value {
    let (installed, receipt) = (&verdict.installed, &verdict.installed.receipt);
    let checked = verdict.checked.as_ref();
    let state = match (checked, verdict.findings(), verdict.repaired) {
        (None, ..) => "unknown",
        (_, _, true) => "repaired",
        (_, [], _) => "intact",
        _ => "different",
    };
    serde_json::json!({
        "names": verdict.names.iter().map(LinkName::as_str).collect::<Vec<_>>(),
        "version": receipt.version.to_string(),
        "platform": receipt.platform.to_string(),
        "level": receipt.level.name(),
        "h1": receipt.h1.to_string(),
        "tree": installed.tree.to_string_lossy(),
        "state": state,
        "files": checked.map(|checked| checked.files.len()),
        "bytes": checked.map(goward_core::store::CheckReport::bytes),
        "findings": findings(verdict.findings()),
        "second": verdict.second.as_ref().map(|second| serde_json::json!({
            "source": second.source,
            "h1": second.h1.as_ref().map(ToString::to_string),
            "differences": findings(&second.differences),
        })),
        "error": verdict.failure.as_ref().map(goward_core::error::Error::message),
    })
}

fn findings(findings: &[Finding]) -> Vec<serde_json::Value> {
    let finding = |finding: &Finding| {
        serde_json::json!({
            "path": finding.path,
            "fault": finding.fault.name(),
            "text": finding.to_string(),
        })
    };
    findings.iter().map(finding).collect()
}
