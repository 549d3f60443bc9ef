//! `goward version`.

use crate::cli::args::Version;
use goward_core::calendar::{days_between, shown, today};
use goward_core::facts::{TABLES, Table, known, old_days};
use goward_core::platform::Platform;
use goward_core::session::Session;

pub(super) fn run(session: &Session, args: &Version) {
    let version = env!("CARGO_PKG_VERSION");
    let platform = Platform::host();
    let today = today();
    if args.json {
        let table = |table: &Table| {
            let checked = table.checked();
            serde_json::json!({
                "name": table.name,
                "about": table.about,
                "checked": shown(checked),
                "days": days_between(checked, today),
                "old": old_days(checked, today).is_some(),
            })
        };
        session.ui.json(&serde_json::json!({
            "version": version,
            "platform": platform.to_string(),
            "executable": session.ctx.executable.to_string_lossy(),
            "tables": TABLES.iter().map(table).collect::<Vec<_>>(),
        }));
        return;
    }
    session.ui.data(&format!("goward {version} {platform}"));
    if args.verbose {
        for table in TABLES {
            session.ui.data(&format!("{}: {}", table.about, known(table.checked(), today)));
        }
    }
}
