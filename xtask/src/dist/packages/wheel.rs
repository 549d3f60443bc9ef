//! Python wheels, which hold the programs as scripts and run nothing when they are installed.

use super::{LICENCE, Parts, SUMMARY};
use crate::dist::pack::{self, Entry};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use goward_core::error::Result;
use goward_core::verify::Digest;
use std::fmt::Write;

/// Makes `goward-VERSION-py3-none-TAGS.whl`.
pub(in crate::dist) fn make(parts: &Parts<'_>) -> Result<(String, Vec<u8>)> {
    // As Python writes versions: 0.2.0rc1.
    let version = parts.version.replace("-rc.", "rc");
    let tags = parts.target.wheel;
    let (data, info) = (format!("goward-{version}.data"), format!("goward-{version}.dist-info"));
    let mut entries: Vec<Entry> = parts
        .programs
        .iter()
        .map(|entry| entry.at(format!("{data}/scripts/{}", entry.path)))
        .collect();
    entries.push(Parts::note(&format!("{data}/data/lib/goward/installed-by"), "wheel"));
    for (name, page) in parts.below("man/man1/") {
        entries.push(page.at(format!("{data}/data/share/man/man1/{name}")));
    }
    let licences = ["LICENSE-APACHE", "LICENSE-MIT", "THIRD-PARTY.md"];
    for name in licences {
        entries.push(Entry::file(format!("{info}/licenses/{name}"), parts.file(name)));
    }
    let mut metadata = format!(
        "Metadata-Version: 2.4\nName: goward\nVersion: {version}\nSummary: {SUMMARY}\n\
         License-Expression: {LICENCE}\nRequires-Python: >=3.8\nKeywords: go,golang,toolchain\n"
    );
    for name in licences {
        _ = writeln!(metadata, "License-File: {name}");
    }
    metadata.push_str("Description-Content-Type: text/markdown\n\n");
    metadata.push_str(&String::from_utf8_lossy(&parts.file("README.md")));
    entries.push(Entry::file(format!("{info}/METADATA"), metadata));
    let mut wheel = "Wheel-Version: 1.0\nGenerator: goward\nRoot-Is-Purelib: false\n".to_owned();
    for tag in tags.split('.') {
        _ = writeln!(wheel, "Tag: py3-none-{tag}");
    }
    entries.push(Entry::file(format!("{info}/WHEEL"), wheel));
    let mut record = String::new();
    for entry in &entries {
        let digest = URL_SAFE_NO_PAD.encode(Digest::of(&entry.bytes).as_bytes());
        _ = writeln!(record, "{},sha256={digest},{}", entry.path, entry.bytes.len());
    }
    _ = writeln!(record, "{info}/RECORD,,");
    entries.push(Entry::file(format!("{info}/RECORD"), record));
    Ok((format!("goward-{version}-py3-none-{tags}.whl"), pack::zip(&entries)?))
}
