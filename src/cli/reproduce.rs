//! `goward reproduce`.

use crate::cli::args::Reproduce;
use goward_core::error::{Error, Kind, Result, untrusted};
use goward_core::session::Session;
use goward_lab::Lab;
use goward_lab::reproduce::{FileComparison, Reason, ReproduceReport};
use indicatif::HumanBytes;
use serde_json::{Value, json};

/// More pieces are not listed.
const MAX_PIECES: usize = 12;

pub(super) fn run(session: &Session, args: &Reproduce) -> Result<()> {
    let lab = Lab::new(session);
    let reproduced = lab.reproduce(&args.command)?;
    if args.json {
        session.ui.json(&reproduced.files.iter().map(entry).collect::<Vec<_>>());
    } else {
        let lines: Vec<_> = reproduced.files.iter().map(lines_of).collect();
        session.ui.data(&lines.join("\n"));
    }
    finish(session, &reproduced)?;
    if let Some(path) = &args.provenance {
        let statement = format!("{:#}\n", reproduced.provenance(&args.command));
        lab.write_report(path, &statement)?;
        session.ui.say(&format!("wrote `{}`", path.display()));
    }
    Ok(())
}

fn finish(session: &Session, reproduced: &ReproduceReport) -> Result<()> {
    let files = &reproduced.files;
    let counted = |count: usize| match count {
        1 => "1 file".to_owned(),
        _ => format!("{count} files"),
    };
    let different: Vec<_> = files.iter().filter(|file| !file.is_same()).collect();
    if different.is_empty() {
        let same = counted(files.len());
        session.ui.say(&format!("built twice, in different places: {same}, the same bytes"));
        return Ok(());
    }
    let (different, all) = (different, counted(files.len()));
    let error = Error::new(
        Kind::Findings,
        match different.len() {
            1 => format!("1 of {all} differs between two builds"),
            count => format!("{count} of {all} differ between two builds"),
        },
    );
    let mut hints: Vec<_> =
        different.iter().flat_map(|file| file.reasons.iter().filter_map(Reason::hint)).collect();
    hints.sort_unstable();
    hints.dedup();
    Err(hints.into_iter().fold(error, Error::hint))
}

/// Returns what there is to say of a file, for people.
fn lines_of(file: &FileComparison) -> String {
    let path = untrusted(file.path.to_string_lossy());
    let (one, two) = match &file.contents {
        [Some(one), Some(two)] => (one, two),
        [Some(_), None] => return format!("{path}  only the first build made it"),
        _ => return format!("{path}  only the second build made it"),
    };
    if file.is_same() {
        return format!("{path}  the same, {}, sha256 {}", HumanBytes(one.0), one.1);
    }
    let mut lines = vec![format!("{path}  differs, {} and {}", size(one.0), size(two.0))];
    let width = file.pieces.iter().map(|piece| piece.name.chars().count()).max().unwrap_or(0);
    for piece in file.pieces.iter().take(MAX_PIECES) {
        let name = untrusted(&piece.name);
        let [a, b] = piece.sizes;
        let of = if a == b { format!("of {a}") } else { format!("of {a} and {b}") };
        lines.push(format!("  {name:<width$}  {} {of} bytes", piece.bytes));
    }
    if file.pieces.len() > MAX_PIECES {
        lines.push(format!("  {} more sections", file.pieces.len() - MAX_PIECES));
    }
    lines.extend(file.reasons.iter().map(|reason| format!("  why: {}", reason.text())));
    lines.join("\n")
}

fn size(bytes: u64) -> String {
    HumanBytes(bytes).to_string()
}

fn entry(file: &FileComparison) -> Value {
    let content = |number: usize| {
        file.contents[number]
            .as_ref()
            .map(|(size, digest)| json!({"bytes": size, "sha256": digest.to_string()}))
    };
    json!({
        "path": file.path.to_string_lossy(),
        "same": file.is_same(),
        "first": content(0),
        "second": content(1),
        "sections": file.pieces.iter().map(|piece| json!({
            "name": piece.name,
            "differing": piece.bytes,
            "bytes": piece.sizes,
        })).collect::<Vec<_>>(),
        "reasons": file.reasons.iter().map(|reason| json!({
            "kind": reason.name(),
            "text": reason.text(),
        })).collect::<Vec<_>>(),
    })
}
