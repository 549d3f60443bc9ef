//! Comparison of two builds, byte by byte.

use crate::reproduce::explain::{Reason, reasons};
use crate::reproduce::side::{CHUNK, Piece, Side};
use crate::reproduce::{Build, copy};
use goward_core::binary::{Binary, BuildInfo, Section};
use goward_core::error::Result;
use goward_core::fs::File;
use goward_core::io::read_at::fill;
use goward_core::verify::Digest;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

/// A file that a build left behind.
#[derive(Debug)]
pub struct FileComparison {
    /// Where it is in the project, or `bin/` and its name for what `go install` made.
    pub path: PathBuf,
    /// Size and digest in each build; `None` where it is missing.
    pub contents: [Option<(u64, Digest)>; 2],
    /// The pieces of it that differ.
    pub pieces: Vec<Piece>,
    /// Why.
    pub reasons: Vec<Reason>,
    /// What the go command wrote into it, if it is a program.
    pub build: Option<BuildInfo>,
}

impl FileComparison {
    /// Returns true when both builds have it, with the same bytes.
    pub fn is_same(&self) -> bool {
        self.contents[0].is_some() && self.contents[0] == self.contents[1]
    }
}

/// Compares what two builds left behind.
pub(crate) fn compare(first: &Build, second: &Build) -> Result<Vec<FileComparison>> {
    let outputs = [outputs(first)?, outputs(second)?];
    let paths: BTreeSet<&PathBuf> = outputs.iter().flat_map(BTreeMap::keys).collect();
    let mut compared = Vec::new();
    for path in paths {
        let open =
            |number: usize| outputs[number].get(path).map(|place| Side::open(place)).transpose();
        let sides = [open(0)?, open(1)?];
        let content = |side: &Option<(Side, Digest)>| {
            side.as_ref().map(|(side, digest)| (side.size, *digest))
        };
        let contents = [content(&sides[0]), content(&sides[1])];
        let (mut pieces, mut why) = (Vec::new(), Vec::new());
        if let [Some((one, a)), Some((two, b))] = &sides
            && a != b
        {
            pieces = self::pieces(one, two)?;
            why = reasons([one, two], [first, second], &pieces)?;
        }
        let [one, two] = sides;
        let build = one.or(two).and_then(|(side, _)| side.binary).map(|binary| binary.build);
        let path = path.clone();
        compared.push(FileComparison { path, contents, pieces, reasons: why, build });
    }
    Ok(compared)
}

/// Returns what a build left behind: how it is called, and where it is.
fn outputs(build: &Build) -> Result<BTreeMap<PathBuf, PathBuf>> {
    let mut outputs = BTreeMap::new();
    for path in copy::written(&build.project, &build.before)? {
        let place = build.project.join(&path);
        outputs.insert(path, place);
    }
    for path in copy::files(&build.installed)?.into_keys() {
        let place = build.installed.join(&path);
        outputs.insert(Path::new("bin").join(path), place);
    }
    Ok(outputs)
}

/// Returns the sections that differ, or for other files that the whole does.
fn pieces(one: &Side, two: &Side) -> Result<Vec<Piece>> {
    let whole = |name: &str| -> Result<Piece> {
        let bytes = differing([&one.file, &two.file], [0, 0], [one.size, two.size])?;
        Ok(Piece { name: name.to_owned(), bytes, sizes: [one.size, two.size] })
    };
    let (Some(a), Some(b)) = (&one.binary, &two.binary) else {
        return Ok(vec![whole("the file")?]);
    };
    let mut pieces = Vec::new();
    let mut taken: BTreeMap<&str, usize> = BTreeMap::new();
    for section in a.sections.iter().filter(|section| !section.name.is_empty()) {
        // Names are not always unique.
        let number = taken.entry(&section.name).or_default();
        let twin = b.sections.iter().filter(|other| other.name == section.name).nth(*number);
        *number += 1;
        let nothing = Section { size: 0, ..section.clone() };
        let twin = twin.unwrap_or(&nothing);
        let sizes = [section.size, twin.size];
        let bytes = differing([&one.file, &two.file], [section.offset, twin.offset], sizes)?;
        if bytes > 0 {
            pieces.push(Piece { name: section.name.clone(), bytes, sizes });
        }
    }
    let names = |binary: &Binary| -> Vec<String> {
        binary.sections.iter().map(|section| section.name.clone()).collect()
    };
    let known = names(a);
    for section in b.sections.iter().filter(|section| !known.contains(&section.name)) {
        let (name, bytes) = (section.name.clone(), section.size);
        pieces.push(Piece { name, bytes, sizes: [0, bytes] });
    }
    if pieces.is_empty() {
        pieces.push(whole("headers, or what is between sections")?);
    }
    Ok(pieces)
}

/// Returns how many bytes of two ranges differ, those that only one has included.
fn differing(files: [&File; 2], offsets: [u64; 2], sizes: [u64; 2]) -> io::Result<u64> {
    let common = sizes[0].min(sizes[1]);
    let mut found = sizes[0].abs_diff(sizes[1]);
    let mut chunks = [vec![0; CHUNK], vec![0; CHUNK]];
    let mut done = 0;
    while done < common {
        let wanted = usize::try_from(common - done).unwrap_or(CHUNK).min(CHUNK);
        let [one, two] = &mut chunks;
        let a = fill(files[0], offsets[0].saturating_add(done), &mut one[..wanted])?;
        let b = fill(files[1], offsets[1].saturating_add(done), &mut two[..wanted])?;
        let both = a.min(b);
        found += one[..both].iter().zip(&two[..both]).filter(|(x, y)| x != y).count() as u64;
        if both < wanted {
            break;
        }
        done += wanted as u64;
    }
    Ok(found)
}
