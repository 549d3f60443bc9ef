//! Packages and descriptions for package managers: all from the same facts.

pub(super) mod deb;
pub(super) mod manifests;
pub(super) mod npm;
pub(super) mod rpm;
pub(super) mod wheel;

use super::pack::{self, Entry};
use super::targets::Target;
use goward_core::error::Result;

/// What goward is, in one line.
pub(super) const SUMMARY: &str =
    "Go toolchain manager: verified, isolated toolchains and a hermetic go";
/// Its licence, as SPDX says it.
pub(super) const LICENCE: &str = "MIT OR Apache-2.0";

/// What packages of a target are made of.
pub(super) struct Parts<'p> {
    pub(super) version: &'p str,
    pub(super) target: &'p Target,
    pub(super) programs: &'p [Entry; 2],
    /// Documents, man pages and completions, by their paths in the archive.
    pub(super) shared: &'p [Entry],
}

impl Parts<'_> {
    /// Returns the note that keeps `goward self update` from replacing what a package owns.
    pub(super) fn note(path: &str, owner: &str) -> Entry {
        Entry::file(path, format!("{owner}\n"))
    }

    /// Returns the files below a directory of the archive, with their names in it.
    pub(super) fn below<'e>(
        &'e self,
        directory: &'e str,
    ) -> impl Iterator<Item = (&'e str, &'e Entry)> {
        self.shared
            .iter()
            .filter_map(move |entry| Some((entry.path.strip_prefix(directory)?, entry)))
    }

    /// Returns one of the shared files.
    pub(super) fn file(&self, path: &str) -> Vec<u8> {
        let found = self.shared.iter().find(|entry| entry.path == path);
        found.map(|entry| entry.bytes.clone()).unwrap_or_default()
    }

    /// Returns what a distribution's package installs, by path without the first slash.
    fn of_distribution(&self, owner: &str, zsh: &str, fish: &str) -> Result<Vec<Entry>> {
        let mut entries: Vec<Entry> =
            self.programs.iter().map(|entry| entry.at(format!("usr/bin/{}", entry.path))).collect();
        entries.push(Self::note("usr/lib/goward/installed-by", owner));
        let completions = [
            ("completions/goward.bash", "usr/share/bash-completion/completions/goward".to_owned()),
            ("completions/_goward", format!("{zsh}/_goward")),
            ("completions/goward.fish", format!("{fish}/goward.fish")),
        ];
        for (from, to) in completions {
            entries.push(Entry::file(to, self.file(from)));
        }
        for (name, page) in self.below("man/man1/") {
            let path = format!("usr/share/man/man1/{name}.gz");
            entries.push(Entry::file(path, pack::gzip(&page.bytes)?));
        }
        for name in ["LICENSE-APACHE", "LICENSE-MIT", "THIRD-PARTY.md"] {
            entries.push(Entry::file(format!("usr/share/doc/goward/{name}"), self.file(name)));
        }
        Ok(entries)
    }
}

/// Returns a version as Debian and rpm compare it: `0.2.0-rc.1` comes before `0.2.0`.
fn of_distribution(version: &str) -> String {
    version.replace('-', "~")
}
