//! Zips of which a part is in files that are here.

use super::*;
use crate::archive::partial_zip::{PartialZip, ZipPacking, ZipPlan};
use crate::fs;
use std::ops::Range;

/// A module, and a directory with the files of it that are here.
struct Case {
    zip: Vec<u8>,
    here: tempfile::TempDir,
}

fn bytes(seed: u32, count: u32) -> Vec<u8> {
    (0..count).flat_map(|at| (at ^ seed).wrapping_mul(0x9e37_79b9).to_le_bytes()).collect()
}

/// Large files with small ones between them.
fn large() -> Tree {
    tree()
        .with("src/a", bytes(1, 50_000))
        .with("src/b", "b")
        .with("src/c", bytes(2, 100_000))
        .with("src/empty", "")
        .with("src/z", bytes(3, 30_000))
}

fn in_module(path: &str) -> Vec<u8> {
    [MODULE, "/", &path.replace("go.mod", "_go.mod")].concat().into_bytes()
}

/// The module of a tree, with sums after the contents as Go's own writer has them.
fn with_descriptors(tree: &Tree) -> Vec<u8> {
    let covered = tree.0.iter().filter(|(path, _)| crate::verify::dirhash::is_covered(path));
    let entries = covered.map(|(path, content)| {
        let entry = RawEntry::new(&in_module(path), content);
        let flags = 1 << 3 | if path.is_ascii() { 0 } else { 1 << 11 };
        let (local_sums, descriptor) = ([0; 3], Some(entry.sums));
        RawEntry { flags, local_flags: flags, local_sums, descriptor, ..entry }
    });
    RawZip(entries.collect()).pack()
}

impl Case {
    fn new(zip: Vec<u8>) -> Self {
        Self { zip, here: tempfile::tempdir().unwrap() }
    }

    /// Puts files here.
    fn with<'a>(self, files: impl IntoIterator<Item = (&'a String, &'a Vec<u8>)>) -> Self {
        for (path, content) in files {
            let place = self.here.path().join(path);
            fs::create_dir_all(place.parent().unwrap()).unwrap();
            fs::write(place, content).unwrap();
        }
        self
    }

    /// Plans with the last `length` bytes: what is here by name is taken for what is wanted.
    fn plan(&self, length: usize) -> Result<ZipPlan> {
        let (total, limits) = (self.zip.len() as u64, Limits::default());
        let end = &self.zip[self.zip.len().saturating_sub(length)..];
        let mut plan = ZipPlan::read("go.zip", end, total, &limits)?;
        plan.look_for(ZipPacking::Module(MODULE), |described| {
            let place = self.here.path().join(described.path);
            place.exists().then_some(place)
        });
        Ok(plan)
    }

    /// Fetches what is planned.
    fn fetch(&self, plan: ZipPlan) -> Result<PartialZip> {
        let file = fs::unnamed_in(self.here.path(), "go.zip").unwrap();
        let mut at = 0;
        for Range { start, end } in plan.spans() {
            let span = usize::try_from(start).unwrap()..usize::try_from(end).unwrap();
            assert_eq!(file.write_at(&self.zip[span.clone()], at).unwrap(), span.len());
            at += span.len() as u64;
        }
        plan.assemble("go.zip", Box::new(file))
    }

    fn read(&self) -> Result<Files> {
        read_module_at(&self.fetch(self.plan(usize::MAX)?)?)
    }
}

/// Whatever is here, all files come out, and little is fetched of what is here.
#[test]
fn files_that_are_here_take_the_place_of_entries() {
    let tree = large();
    let version = MODULE.rsplit('@').next().unwrap();
    for zip in [tree.module(version), with_descriptors(&tree)] {
        let whole = read_module(&zip).unwrap();
        let large: Vec<_> = whole.iter().filter(|(_, content)| content.len() > 100_000).collect();
        assert_eq!(large.len(), 3);
        for chosen in 0..1 << large.len() {
            let is_chosen = |at: usize| chosen >> at & 1 == 1;
            let here = large.iter().enumerate().filter(|(at, _)| is_chosen(*at));
            let case = Case::new(zip.clone()).with(here.map(|(_, file)| *file));
            let plan = case.plan(usize::MAX).unwrap();
            let fetched: u64 = plan.spans().iter().map(|span| span.end - span.start).sum();
            let left: usize = large
                .iter()
                .enumerate()
                .filter(|(at, _)| !is_chosen(*at))
                .map(|(_, (_, content))| content.len())
                .sum();
            assert!(fetched < left as u64 + 20_000, "{fetched} {left}");
            assert_eq!(read_module_at(&case.fetch(plan).unwrap()).unwrap(), whole);
        }
        // All of it, small and empty files too.
        let case = Case::new(zip).with(&whole);
        assert!(case.plan(usize::MAX).unwrap().spans().is_empty());
        assert_eq!(case.read().unwrap(), whole);
    }
}

#[cfg_attr(windows, ignore = "makes pipes that are files")]
#[test]
fn a_file_that_is_not_what_the_directory_says_is_refused() {
    let tree = large();
    let zip = with_descriptors(&tree);
    let content = tree.0["src/a"].clone();
    let refused = |change: &dyn Fn(&Path)| {
        let case = Case::new(zip.clone()).with([(&"src/a".to_owned(), &content)]);
        let partial = case.fetch(case.plan(usize::MAX).unwrap()).unwrap();
        // After everything was planned and fetched.
        change(&case.here.path().join("src/a"));
        read_module_at(&partial).unwrap_err()
    };
    let mut changed = content.clone();
    changed[70_000] ^= 1;
    let error = refused(&|path| fs::write(path, &changed).unwrap());
    assert!(error.is_verification(), "{error}");
    let want = format!("entry `{MODULE}/src/a` is damaged: wrong checksum");
    assert!(error.message().ends_with(&want), "{error}");
    let error = refused(&|path| fs::write(path, &content[..1000]).unwrap());
    assert!(error.is_verification(), "{error}");
    refused(&|path| fs::remove_file(path).unwrap());
    // What waits for a writer is not waited for.
    let error = refused(&|path| {
        fs::remove_file(path).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
    });
    assert!(error.to_string().contains("is not a regular file"), "{error}");
    // What follows is not a part of it.
    let longer = [&content[..], b"more"].concat();
    let case = Case::new(zip.clone()).with([(&"src/a".to_owned(), &longer)]);
    assert_eq!(case.read().unwrap()["src/a"], content);
}

#[test]
fn the_end_has_to_have_the_whole_directory() {
    let case = Case::new(large().module(MODULE.rsplit('@').next().unwrap()));
    let (total, limits) = (case.zip.len(), Limits::default());
    let start = |length: usize| {
        let end = &case.zip[total - length..];
        ZipPlan::directory_start("go.zip", end, total as u64, &limits)
    };
    let found = start(22).unwrap();
    assert_eq!(found, start(total).unwrap());
    let needed = total - usize::try_from(found).unwrap();
    case.plan(needed).unwrap();
    for length in [0, 21, 22, needed - 1] {
        let error = case.plan(length).unwrap_err();
        assert!(error.message().ends_with("it is cut short"), "{error}");
    }
}

/// With nothing here a zip is as hostile as it is as a whole.
#[test]
fn hostile_zips_are_refused_in_parts_too() {
    for Hostile { name, bytes, .. } in samples::hostile_zip() {
        let case = Case::new(bytes);
        let read = case.plan(usize::MAX).and_then(|plan| {
            let partial = case.fetch(plan)?;
            with_sinks(
                1,
                |_, _, _| Ok(()),
                |sinks| crate::archive::zip::unpack("go.zip", &partial, &Limits::default(), sinks),
            )
        });
        assert!(read.is_err(), "{name}");
    }
}

/// A directory that lies in one byte gives the right files or none, if size and name are right.
#[test]
fn no_byte_of_the_directory_can_be_wrong() {
    let tree = Tree::new("go1.27.1", "linux-amd64");
    let zip = tree.module(MODULE.rsplit('@').next().unwrap());
    let whole = read_module(&zip).unwrap();
    let here = whole.iter().enumerate().filter(|(at, _)| at % 2 == 0).map(|(_, file)| file);
    let mut case = Case::new(zip).with(here);
    let start = usize::try_from(
        ZipPlan::directory_start("x", &case.zip, case.zip.len() as u64, &Limits::default())
            .unwrap(),
    )
    .unwrap();
    for at in (start..case.zip.len()).step_by(5) {
        case.zip[at] ^= 0xff;
        if let Ok(files) = case.read() {
            let contents: Vec<_> = files.values().collect();
            assert!(contents == whole.values().collect::<Vec<_>>(), "{at}");
        }
        case.zip[at] ^= 0xff;
    }
}
