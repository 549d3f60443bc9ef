//! The licences of what the programs are made of, with the texts that their authors ask to pass on.

use super::cargo::{Metadata, Package};
use goward_core::error::Result;
use std::collections::BTreeMap;
use std::fmt::Write;

/// What is in the programs and no package of cargo.
const BESIDES: &str = "\
## Rust's standard library, and C libraries

Every program has parts of Rust's standard library (MIT or Apache-2.0, the Rust project's
developers). Programs for `linux-musl` targets have parts of musl (MIT, Rich Felker and others).
Programs for `linux-gnu` targets have parts of the GNU C Library (LGPL-2.1 or later, the Free
Software Foundation and others), with which they are linked statically: goward's sources, which are
public under the licences above, let you link them with another version of that library.

";

/// Returns the text of `THIRD-PARTY.md`.
pub(super) fn text(metadata: &Metadata) -> Result<String> {
    let mut out = "# What goward is made of\n\n\
                   goward's own licences are `LICENSE-MIT` and `LICENSE-APACHE`. Its programs also \
                   have code of\nthese packages, each under its own licence.\n\n"
        .to_owned();
    let foreign = metadata.packages.iter().filter(|package| package.source.is_some());
    // Many packages have the same text.
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    out.push_str("| package | licence | by |\n|---|---|---|\n");
    for package in foreign {
        let name = format!("{} {}", package.name, package.version);
        let license = package.license.as_deref().unwrap_or("see its text");
        let by = by(package);
        _ = writeln!(out, "| {name} | {license} | {by} |");
        for text in texts_of(package)? {
            texts.entry(text).or_default().push(name.clone());
        }
    }
    out.push('\n');
    out.push_str(BESIDES);
    let mut texts: Vec<_> = texts.into_iter().collect();
    texts.sort_by(|one, other| one.1.cmp(&other.1));
    for (text, names) in texts {
        _ = write!(out, "## {}\n\n```text\n{text}\n```\n\n", names.join(", "));
    }
    Ok(out)
}

fn by(package: &Package) -> String {
    let by = if package.authors.is_empty() {
        package.repository.clone().unwrap_or_default()
    } else {
        package.authors.join(", ")
    };
    by.replace('|', "/")
}

/// Returns the texts of licences and notices that a package has.
fn texts_of(package: &Package) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let Some(directory) = package.manifest_path.parent() else { return Ok(found) };
    let mut files = Vec::new();
    for file in fs_err::read_dir(directory)? {
        let file = file?;
        let name = file.file_name().to_string_lossy().to_uppercase();
        let is_notice = ["LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE", "UNLICENSE"];
        if is_notice.iter().any(|start| name.starts_with(start)) && file.path().is_file() {
            files.push(file.path());
        }
    }
    files.sort();
    for file in files {
        let text = String::from_utf8_lossy(&fs_err::read(file)?).replace("\r\n", "\n");
        let text = text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
        found.push(text.trim_matches('\n').replace("```", "'''"));
    }
    Ok(found)
}
