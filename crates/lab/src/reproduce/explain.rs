//! Explanation of the differences between two builds.

use crate::reproduce::Build;
use crate::reproduce::side::CHUNK;
use crate::reproduce::side::{Piece, Side};
use goward_core::binary::Binary;
use goward_core::error::{Result, untrusted};
use goward_core::io::read_at::fill;
use std::collections::BTreeSet;

/// Go's linker puts the ID of a build at the start of the code, where it has no section.
const ID_START: &[u8] = b"\xff Go build ID: \"";

const ID_WITHIN: u64 = 64 << 10;

/// Why a file differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Paths of the build are inside.
    Paths {
        /// What is at these paths.
        what: BTreeSet<&'static str>,
        /// Whether the program says that it was built with `-trimpath`.
        trimmed: bool,
    },
    /// The go command wrote another state of the repository down.
    Stamp(Vec<String>),
    /// The go command wrote other settings down.
    Settings(Vec<String>),
    /// C code is part of it.
    Cgo,
    /// The ID of the build, which follows from the rest.
    BuildId,
    /// Nothing that is known here.
    Unknown,
}

impl Reason {
    /// Returns its name in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Paths { .. } => "paths",
            Self::Stamp(_) => "vcs",
            Self::Settings(_) => "settings",
            Self::Cgo => "cgo",
            Self::BuildId => "build-id",
            Self::Unknown => "unknown",
        }
    }

    /// Returns one line for people.
    pub fn text(&self) -> String {
        match self {
            Self::Paths { what, trimmed } => {
                let what: Vec<_> = what.iter().copied().collect();
                let with = if *trimmed { ", in spite of -trimpath" } else { ": no -trimpath" };
                format!("paths of {} are inside{with}", what.join(", "))
            }
            Self::Stamp(settings) => format!("the VCS stamp differs: {}", settings.join(", ")),
            Self::Settings(settings) => format!("other settings: {}", settings.join(", ")),
            Self::Cgo => {
                "C code is part of it: its compiler and linker leave paths and times".to_owned()
            }
            Self::BuildId => "the build ID differs, as it follows from the rest".to_owned(),
            Self::Unknown => {
                "no path, stamp or setting explains it; is a time or a random number generated?"
                    .to_owned()
            }
        }
    }

    /// Returns what to do about it, if there is something.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Paths { trimmed: false, .. } => Some(
                "leave paths out of what ships: `goward use --trimpath && \
                 export GOWARD_PROFILE=release`",
            ),
            Self::Paths { trimmed: true, .. } => Some(
                "is a path written by a generator, an embedded file, or a C compiler \
                 (CGO_CFLAGS=-ffile-prefix-map=...)?",
            ),
            Self::Stamp(_) => Some("leave the stamp out: `go build -buildvcs=false`"),
            Self::Cgo => Some("build without C: `CGO_ENABLED=0`, or pin it: `cgo = false`"),
            Self::Settings(_) | Self::BuildId | Self::Unknown => None,
        }
    }
}

/// Says why two files differ.
pub(crate) fn reasons(
    sides: [&Side; 2],
    builds: [&Build; 2],
    pieces: &[Piece],
) -> Result<Vec<Reason>> {
    let mut reasons = Vec::new();
    let mut what = BTreeSet::new();
    for (side, build) in sides.iter().zip(builds) {
        for (place, path) in build.places() {
            if contains(side, &path)? {
                what.insert(place);
            }
        }
    }
    let programs = sides.map(|side| side.binary.as_ref());
    if !what.is_empty() {
        let trimmed = programs
            .iter()
            .flatten()
            .any(|program| program.build.setting("-trimpath") == Some("true"));
        reasons.push(Reason::Paths { what, trimmed });
    }
    if let [Some(one), Some(two)] = programs {
        let (stamp, settings) = settings(one, two);
        reasons.extend((!stamp.is_empty()).then_some(Reason::Stamp(stamp)));
        reasons.extend((!settings.is_empty()).then_some(Reason::Settings(settings)));
        let of_c = |program: &Binary| {
            let c = program.sections.iter().any(|section| section.name == ".comment");
            c && program.build.setting("CGO_ENABLED") == Some("1")
        };
        if (of_c(one) || of_c(two)) && is_touched_by_c(pieces) {
            reasons.push(Reason::Cgo);
        }
    }
    let explained = !reasons.is_empty();
    if build_id(sides[0])? != build_id(sides[1])? {
        reasons.push(Reason::BuildId);
    }
    if !explained {
        reasons.insert(0, Reason::Unknown);
    }
    Ok(reasons)
}

/// Returns true when something differs that a C compiler or linker writes.
fn is_touched_by_c(pieces: &[Piece]) -> bool {
    let written = |name: &str| {
        name.starts_with(".debug_") || matches!(name, ".comment" | ".note.gnu.build-id" | ".strtab")
    };
    pieces.iter().any(|piece| written(&piece.name))
}

/// Returns the settings that differ: those of the stamp, and all others.
fn settings(one: &Binary, two: &Binary) -> (Vec<String>, Vec<String>) {
    let names: BTreeSet<&str> = [one, two]
        .iter()
        .flat_map(|program| program.build.settings.iter().map(|(name, _)| name.as_str()))
        .collect();
    let mut found = (Vec::new(), Vec::new());
    for name in names {
        let [a, b] = [one, two].map(|program| program.build.setting(name));
        if a == b {
            continue;
        }
        let shown = |value: Option<&str>| value.map_or("nothing".to_owned(), untrusted);
        let line = format!("{} is {} and {}", untrusted(name), shown(a), shown(b));
        let stamp = name == "vcs" || name.starts_with("vcs.");
        if stamp { found.0.push(line) } else { found.1.push(line) }
    }
    // The version of the main module is made from the stamp, since Go 1.24.
    let version = |program: &Binary| program.build.main.as_ref().map(|main| main.version.clone());
    if version(one) != version(two) {
        let shown = |program| version(program).map_or("nothing".to_owned(), untrusted);
        found.0.push(format!("the module is {} and {}", shown(one), shown(two)));
    }
    found
}

/// Returns the ID of the build, which Go's linker wrote.
fn build_id(side: &Side) -> Result<Option<Vec<u8>>> {
    let Some(program) = &side.binary else { return Ok(None) };
    let named = |name: &str| program.sections.iter().find(|section| section.name == name);
    let (place, note) = match (named(".note.go.buildid"), named(".text").or(named("__text"))) {
        (Some(note), _) => (note, true),
        (None, Some(code)) => (code, false),
        (None, None) => return Ok(None),
    };
    let wanted = usize::try_from(place.size.min(ID_WITHIN)).unwrap_or_default();
    let mut bytes = vec![0; wanted];
    let count = fill(&side.file, place.offset, &mut bytes)?;
    bytes.truncate(count);
    if note {
        return Ok(Some(bytes));
    }
    let start = bytes.windows(ID_START.len()).position(|window| window == ID_START);
    Ok(start.map(|start| {
        let id = &bytes[start + ID_START.len()..];
        id.iter().take_while(|&&byte| byte != b'"').copied().collect()
    }))
}

/// Returns true when a path is somewhere in a file.
fn contains(side: &Side, path: &[u8]) -> Result<bool> {
    let mut chunk = vec![0; CHUNK + path.len()];
    let mut offset = 0;
    loop {
        let count = fill(&side.file, offset, &mut chunk)?;
        let mut places = chunk[..count].windows(path.len().max(1));
        if places.any(|window| window == path) {
            return Ok(true);
        }
        if count < chunk.len() {
            return Ok(false);
        }
        offset += CHUNK as u64;
    }
}
