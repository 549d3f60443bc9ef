//! What the repository says of itself is so: who uses whom, and what the documents list, what messages claim, what
//! workflows may do.

mod advice;
mod architecture;
mod claims;
mod docs;
mod words;
mod workflows;

use std::fs;
use std::path::{Path, PathBuf};

/// Returns a file of the repository as text.
pub(crate) fn read(relative: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(relative);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Returns every Rust file below a directory of the repository.
pub(crate) fn rust_files(relative: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut todo = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(relative)];
    while let Some(directory) = todo.pop() {
        for entry in fs::read_dir(&directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                todo.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
