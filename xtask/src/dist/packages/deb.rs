//! Debian's packages.

use super::{Parts, SUMMARY, of_distribution};
use crate::dist::pack::{self, Entry, TIME};
use goward_core::error::Result;

/// Makes `goward_VERSION_ARCH.deb`.
pub(in crate::dist) fn make(parts: &Parts<'_>) -> Result<(String, Vec<u8>)> {
    let version = of_distribution(parts.version);
    let mut entries = parts.of_distribution(
        "deb",
        "usr/share/zsh/vendor-completions",
        "usr/share/fish/vendor_completions.d",
    )?;
    let copyright = "goward is licensed under the MIT licence or the Apache licence 2.0, as you like:\n\
                     LICENSE-MIT and LICENSE-APACHE beside this file. THIRD-PARTY.md has the licences of\n\
                     what it is made of.\n";
    entries.push(Entry::file("usr/share/doc/goward/copyright", copyright));
    let changes = pack::gzip(&parts.file("CHANGELOG.md"))?;
    entries.push(Entry::file("usr/share/doc/goward/changelog.gz", changes));
    entries.sort_by(|one, other| one.path.cmp(&other.path));
    let size = entries.iter().map(|entry| entry.bytes.len().div_ceil(1024)).sum::<usize>();
    let control = format!(
        "Package: goward\nVersion: {version}\nArchitecture: {}\nMaintainer: The developers of goward \
         <goward@goward.invalid>\nInstalled-Size: {size}\nSection: devel\nPriority: optional\n\
         Description: {SUMMARY}\n goward installs releases of Go, checks them against Go's public \
         transparency\n log, and runs the one that a project's lock names.\n",
        parts.target.deb
    );
    let inside = |entries: &[Entry]| -> Result<Vec<u8>> {
        let entries: Vec<Entry> =
            entries.iter().map(|entry| entry.at(format!("./{}", entry.path))).collect();
        pack::gzip(&pack::tar(&entries, true)?)
    };
    let members = [
        ("debian-binary", b"2.0\n".to_vec()),
        ("control.tar.gz", inside(&[Entry::file("control", control)])?),
        ("data.tar.gz", inside(&entries)?),
    ];
    Ok((format!("goward_{version}_{}.deb", parts.target.deb), archive(&members)))
}

/// Packs files as `ar` does.
fn archive(members: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut out = b"!<arch>\n".to_vec();
    for (name, bytes) in members {
        let header =
            format!("{name:<16}{TIME:<12}{:<6}{:<6}{:<8}{:<10}`\n", 0, 0, "100644", bytes.len());
        out.extend(header.as_bytes());
        out.extend(bytes);
        if bytes.len() % 2 == 1 {
            out.push(b'\n');
        }
    }
    out
}
