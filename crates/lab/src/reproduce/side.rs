//! One file of a build, opened for comparison.

use goward_core::binary;
use goward_core::binary::Binary;
use goward_core::error::Result;
use goward_core::fs::File;
use goward_core::io::read_at::fill;
use goward_core::verify::{Digest, Hasher};
use std::path::Path;

/// How much is read at a time, in bytes.
pub(super) const CHUNK: usize = 1 << 20;

/// A piece of a file that differs.
#[derive(Debug, PartialEq, Eq)]
pub struct Piece {
    /// Its section, or what it is instead.
    pub name: String,
    /// How many bytes differ.
    pub bytes: u64,
    /// Its size in each build.
    pub sizes: [u64; 2],
}

/// A file of one build, opened.
pub(crate) struct Side {
    pub(crate) file: File,
    pub(crate) size: u64,
    /// What it says of itself, when it is a program of Go.
    pub(crate) binary: Option<Binary>,
}

impl Side {
    pub(crate) fn open(path: &Path) -> Result<(Self, Digest)> {
        let file = File::open(path)?;
        let size = file.metadata()?.len();
        let (mut hasher, mut chunk, mut offset) = (Hasher::default(), vec![0; CHUNK], 0);
        loop {
            let count = fill(&file, offset, &mut chunk)?;
            if count == 0 {
                break;
            }
            hasher.update(&chunk[..count]);
            offset += count as u64;
        }
        let binary = binary::read(&file).ok();
        Ok((Self { file, size, binary }, hasher.finish()))
    }
}
