//! Results of parts, as files.
//!
//! A part writes `cell-3.begun` when it begins and `cell-3.json` when it ends, as a whole or not at
//! all. So what is there tells a part that never began from one that was killed. A directory of
//! results may have been put together from many (artifacts of CI), so directories below it are read,
//! too. The files may come from anywhere: they are bounded, and never more than text.

use crate::matrix::memory::replace;
use crate::matrix::report::Origin;
use goward_core::error::{Error, Kind, Result, untrusted};
use goward_core::fs;
use goward_core::lock_holder::LockHolder;
use goward_core::os::bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// With another form of the file this changes.
const FORM: u32 = 1;

/// A longer file is none of ours, in bytes.
const MAX_SIZE: u64 = 256 * 1024 * 1024;

/// How deep directories are looked through.
const MAX_DEPTH: usize = 4;

/// How many entries of a directory are looked at.
const MAX_ENTRIES: usize = 20_000;

/// Where the parts of a plan write their results.
#[derive(Clone, Debug)]
pub struct ResultsDirectory {
    path: PathBuf,
    plan: String,
    cells: usize,
}

/// What every file of a part begins with.
#[derive(Debug, Deserialize)]
struct Header {
    form: u32,
    goward: String,
}

/// A file of a part; without a result, it has begun.
#[derive(Debug, Serialize, Deserialize)]
struct CellFile<T> {
    form: u32,
    goward: String,
    plan: String,
    cell: usize,
    origin: Origin,
    /// When it was written, in seconds since 1970.
    since: u64,
    result: Option<T>,
}

/// What came back of one part.
#[derive(Clone, Debug)]
pub enum Part<T> {
    /// It ended.
    Done(Box<T>),
    /// It did not, or nobody knows: why.
    Missing(String),
}

/// What came back of all.
#[derive(Clone, Debug)]
pub struct Collected<T> {
    /// One for each part of the plan, in its order.
    pub parts: Vec<Part<T>>,
    /// What else there is to say: of parts with several results, and of files that cannot be read.
    pub remarks: Vec<String>,
    /// What was tried, when, and on what machines.
    pub origin: Origin,
}

impl ResultsDirectory {
    /// Returns the one at `path`, for a plan with this hash and so many parts.
    pub fn new(path: PathBuf, plan: String, cells: usize) -> Self {
        Self { path, plan, cells }
    }

    /// Writes down that a part begins.
    pub fn begin(&self, cell: usize, origin: &Origin) -> Result<()> {
        self.write::<()>(cell, origin, None, &self.begun(cell))
    }

    /// Writes the result of a part; returns where.
    pub fn finish<T: Serialize>(&self, cell: usize, origin: &Origin, result: T) -> Result<PathBuf> {
        let place = self.path.join(format!("cell-{cell}.json"));
        self.write(cell, origin, Some(result), &place)?;
        // A result without a beginning is a result.
        _ = fs::remove_file(self.begun(cell));
        Ok(place)
    }

    fn begun(&self, cell: usize) -> PathBuf {
        self.path.join(format!("cell-{cell}.begun"))
    }

    fn write<T: Serialize>(
        &self,
        cell: usize,
        origin: &Origin,
        result: Option<T>,
        place: &Path,
    ) -> Result<()> {
        let file = CellFile {
            form: FORM,
            goward: env!("CARGO_PKG_VERSION").to_owned(),
            plan: self.plan.clone(),
            cell,
            origin: origin.clone(),
            since: LockHolder::this_process("").since.unwrap_or_default(),
            result,
        };
        let text = serde_json::to_vec(&file).map_err(std::io::Error::from)?;
        replace(place, &text)
    }

    /// Reads what is there.
    ///
    /// # Errors
    ///
    /// [`Kind::NotFound`] where there is no result at all; [`Kind::Failed`] for results of another
    /// plan, project or commit, and for those of a goward that writes them in another form.
    pub fn collect<T: DeserializeOwned>(&self) -> Result<Collected<T>> {
        let mut files = Vec::new();
        find(&self.path, MAX_DEPTH, &mut files)?;
        files.sort();
        let mut remarks = Vec::new();
        let mut read: Vec<CellFile<T>> = Vec::new();
        for path in &files {
            match self.read(path)? {
                Ok(file) => read.push(file),
                Err(why) => remarks.push(format!("{} {why}", self.shown(path))),
            }
        }
        same_origin(&read)?;
        if read.is_empty() {
            let message = format!("`{}` contains no results", self.path.display());
            let error = Error::new(Kind::NotFound, message);
            let error = remarks.into_iter().fold(error, Error::detail);
            return Err(error.hint("run the cells: the same with `--cell 0` and so on"));
        }
        let origin = origin_of(&read);
        let mut parts = Vec::new();
        for cell in 0..self.cells {
            let (of_cell, others): (Vec<_>, Vec<_>) =
                read.into_iter().partition(|file| file.cell == cell);
            read = others;
            parts.push(part(cell, of_cell, &mut remarks));
        }
        Ok(Collected { parts, remarks, origin })
    }

    /// Reads one file; the inner error is why it says nothing.
    fn read<T: DeserializeOwned>(&self, path: &Path) -> Result<Result<CellFile<T>, String>> {
        let text = fs::read_regular(path, MAX_SIZE)?;
        let Ok(header) = serde_json::from_slice::<Header>(&text) else {
            return Ok(Err("is cut off, or no result of a cell".to_owned()));
        };
        if header.form != FORM {
            let message = format!("`{}` was written by another goward", self.shown(path));
            return Err(Error::new(Kind::Failed, message)
                .detail(format!("it is goward {}", untrusted(&header.goward)))
                .hint("run all cells and put them together with one version of goward"));
        }
        let Ok(file) = serde_json::from_slice::<CellFile<T>>(&text) else {
            return Ok(Err("is cut off, or no result of a cell".to_owned()));
        };
        if file.plan != self.plan || file.cell >= self.cells {
            let message = format!("`{}` is the result of another plan", self.shown(path));
            return Err(Error::new(Kind::Failed, message)
                .detail(format!("it is of plan {}, and this is {}", untrusted(&file.plan), self.plan))
                .hint("give `--merge` what the cells were given, and a directory with their results alone"));
        }
        Ok(Ok(file))
    }

    fn shown(&self, path: &Path) -> String {
        let below = path.strip_prefix(&self.path).unwrap_or(path);
        untrusted(below.to_string_lossy())
    }
}

/// Finds the files of parts below a directory.
fn find(directory: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir_up_to(directory, MAX_ENTRIES)? {
        let kind = entry.file_type()?;
        if kind.is_dir() && depth > 0 {
            find(&entry.path(), depth - 1, found)?;
        }
        let name = entry.file_name();
        let name = name.as_bytes();
        let is_ours = name.ends_with(b".json") || name.ends_with(b".begun");
        if kind.is_file() && name.starts_with(b"cell-") && is_ours {
            found.push(entry.path());
        }
    }
    Ok(())
}

/// Makes one of all files of a part.
fn part<T>(cell: usize, files: Vec<CellFile<T>>, remarks: &mut Vec<String>) -> Part<T> {
    let (mut done, begun): (Vec<_>, Vec<_>) =
        files.into_iter().partition(|file| file.result.is_some());
    done.sort_by_key(|file| file.since);
    let count = done.len();
    let last = done.pop();
    if count > 1 {
        remarks.push(format!("cell {cell} has {count} results; the newest counts"));
    }
    let place = |file: &CellFile<T>| {
        let Origin { date, machine, .. } = &file.origin;
        format!("at {} on {}", untrusted(date), untrusted(machine))
    };
    let begun = begun.iter().max_by_key(|file| file.since);
    match (last.map(|file| (file.since, file.result)), begun) {
        (Some((since, Some(result))), begun) => {
            if let Some(begun) = begun.filter(|file| file.since > since) {
                let place = place(begun);
                remarks.push(format!(
                    "cell {cell} began again {place} and did not end; the result before counts"
                ));
            }
            Part::Done(Box::new(result))
        }
        (_, Some(begun)) => Part::Missing(format!("it began {} and did not end", place(begun))),
        (_, None) => Part::Missing("it has no result".to_owned()),
    }
}

/// Refuses results of different projects and commits.
fn same_origin<T>(files: &[CellFile<T>]) -> Result<()> {
    let Some((first, others)) = files.split_first() else { return Ok(()) };
    let commit = |file: &CellFile<T>| {
        file.origin.commit.as_deref().map(|commit| commit.split(' ').next().map(str::to_owned))
    };
    // A project without a module is called by its directory, which is another one on each machine.
    let project = |file: &CellFile<T>| {
        Some(file.origin.project.clone()).filter(|project| !Path::new(project).is_absolute())
    };
    for other in others {
        let pairs = [
            ("project", project(first), project(other)),
            ("commit", commit(first).flatten(), commit(other).flatten()),
        ];
        for (what, one, two) in pairs {
            if let (Some(one), Some(two)) = (one, two)
                && one != two
            {
                let message = format!("the results are not of one {what}");
                return Err(Error::new(Kind::Failed, message)
                    .detail(format!("cell {} is of {}", first.cell, untrusted(one)))
                    .detail(format!("cell {} is of {}", other.cell, untrusted(two)))
                    .hint("run the cells of one plan on the same sources"));
            }
        }
    }
    Ok(())
}

/// Says what was tried, when the last part ended, and on which machines.
fn origin_of<T>(files: &[CellFile<T>]) -> Origin {
    let Some(newest) = files.iter().max_by_key(|file| file.since) else {
        return Origin::default();
    };
    let machines: BTreeSet<&str> = files.iter().map(|file| file.origin.machine.as_str()).collect();
    let machine = match machines.len() {
        1 => newest.origin.machine.clone(),
        count => format!("{count} machines"),
    };
    // Where one of them had changes, they are part of what was tried.
    let changed = files.iter().filter_map(|file| file.origin.commit.as_ref());
    let commit = changed.max_by_key(|commit| commit.len()).cloned();
    Origin {
        commit,
        machine,
        goward: env!("CARGO_PKG_VERSION").to_owned(),
        ..newest.origin.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    fn origin() -> Origin {
        Origin {
            project: "example.com/x".to_owned(),
            commit: Some("abc".to_owned()),
            date: "2026-12-01 07:00 UTC".to_owned(),
            machine: "one".to_owned(),
            goward: "1".to_owned(),
        }
    }

    fn directory(place: &TempDir) -> ResultsDirectory {
        ResultsDirectory::new(place.path().to_path_buf(), "plan".to_owned(), 3)
    }

    #[test]
    fn lost_partial_and_repeated_parts_are_told() {
        let place = TempDir::new().unwrap();
        let results = directory(&place);
        results.begin(0, &origin()).unwrap();
        results.finish(0, &origin(), 10_u32).unwrap();
        results.begin(1, &origin()).unwrap();
        // The same part from another machine, in a directory of its own.
        let other = Origin { machine: "two".to_owned(), ..origin() };
        let below = ResultsDirectory { path: place.path().join("again"), ..results.clone() };
        below.finish(0, &other, 11_u32).unwrap();
        fs_err::write(place.path().join("cell-2.json"), "{\"form\":1,").unwrap();
        fs_err::write(place.path().join("other.json"), "{}").unwrap();
        let collected: Collected<u32> = results.collect().unwrap();
        let shown: Vec<String> = collected
            .parts
            .iter()
            .map(|part| match part {
                Part::Done(number) => number.to_string(),
                Part::Missing(why) => why.clone(),
            })
            .collect();
        assert!(["10", "11"].contains(&shown[0].as_str()), "{shown:?}");
        assert_eq!(shown[1], "it began at 2026-12-01 07:00 UTC on one and did not end");
        assert_eq!(shown[2], "it has no result");
        assert_eq!(
            collected.remarks,
            [
                "cell-2.json is cut off, or no result of a cell",
                "cell 0 has 2 results; the newest counts",
            ]
        );
        assert_eq!(collected.origin.machine, "2 machines");
    }

    #[test]
    fn what_is_of_another_plan_is_refused() {
        let message = |place: &TempDir| {
            let error = directory(place).collect::<u32>().unwrap_err();
            error.message().to_owned()
        };
        let place = TempDir::new().unwrap();
        assert_eq!(message(&place), format!("`{}` contains no results", place.path().display()));
        directory(&place).finish(0, &origin(), 1_u32).unwrap();
        let commit = Origin { commit: Some("def and changes".to_owned()), ..origin() };
        directory(&place).finish(1, &commit, 1_u32).unwrap();
        assert_eq!(message(&place), "the results are not of one commit");
        let project = Origin { project: "x".to_owned(), ..origin() };
        directory(&place).finish(1, &project, 1_u32).unwrap();
        assert_eq!(message(&place), "the results are not of one project");
        let elsewhere = Origin { project: "/builds/x".to_owned(), ..origin() };
        directory(&place).finish(1, &elsewhere, 1_u32).unwrap();
        assert_eq!(directory(&place).collect::<u32>().unwrap().parts.len(), 3);
        let other = ResultsDirectory { plan: "other".to_owned(), ..directory(&place) };
        other.finish(1, &origin(), 1_u32).unwrap();
        assert_eq!(message(&place), "`cell-1.json` is the result of another plan");
        fs_err::write(place.path().join("cell-1.json"), "{\"form\":9,\"goward\":\"7.0\"}").unwrap();
        assert_eq!(message(&place), "`cell-1.json` was written by another goward");
    }
}
