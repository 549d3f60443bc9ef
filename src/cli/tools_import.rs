//! `goward tools import`.

use crate::cli::args::ImportTools;
use goward_core::checks::Place;
use goward_core::error::Result;
use goward_core::session::Session;
use goward_tools::Tools;
use serde_json::{Value, json};
use std::path::Path;

pub(super) fn run(session: &Session, args: &ImportTools) -> Result<()> {
    let import = Tools::new(session).import(args.writing.dry_run)?;
    let root = import.manifest.parent().unwrap_or(Path::new("/"));
    for left in &import.left_out {
        let (place, text, why) = (left.place.shown(root), &left.text, &left.why);
        session.ui.say(&format!("left out `{text}` of `{place}`: {why}"));
    }
    for (tool, place) in &import.taken {
        let (name, source, place) = (&tool.name, &tool.request.source, place.shown(root));
        session.ui.say(&format!("{name} = \"{source}\", from `{place}`"));
    }
    let manifest = import.manifest.display();
    match (import.taken.len(), args.writing.dry_run) {
        (0, _) => session.ui.say(&format!("nothing to add to `{manifest}`")),
        (_, true) => session.ui.say(&format!("would add these to `{manifest}`")),
        (_, false) => {
            session.ui.say(&format!("added these to `{manifest}`"));
            session.ui.hint("lock and build them: `goward lock && goward tools install`");
        }
    }
    if args.writing.json {
        let place = |place: &Place| match place {
            Place::Line(path, line) => (path.to_string_lossy().into_owned(), Some(*line)),
            other => (other.shown(root), None),
        };
        let added = import.taken.iter().map(|(tool, at)| {
            let (file, line) = place(at);
            json!({
                "name": tool.name,
                "source": tool.request.source.to_string(),
                "tags": tool.request.tags,
                "cgo": tool.request.cgo,
                "file": file,
                "line": line,
            })
        });
        let left_out = import.left_out.iter().map(|left| {
            let (file, line) = place(&left.place);
            json!({ "text": left.text, "why": left.why, "file": file, "line": line })
        });
        session.ui.json(&json!({
            "manifest": manifest.to_string(),
            "added": added.collect::<Vec<Value>>(),
            "leftOut": left_out.collect::<Vec<Value>>(),
        }));
    }
    Ok(())
}
