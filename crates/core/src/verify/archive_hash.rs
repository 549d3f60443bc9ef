//! The hash of the toolchain in an archive, found without writing any of it.

use crate::archive;
use crate::archive::{Contents, EntryPath, Limits, Sink};
use crate::error;
use crate::io::read_at::ReadAt;
use crate::platform::Platform;
use crate::verify::dirhash::{is_covered, module_of, tree_h1};
use crate::verify::error::Result;
use crate::verify::{Digest, H1, Hashing};
use crate::version::GoVersion;
use std::io::BufRead;
use std::sync::{Mutex, PoisonError};

/// Hashes what is in a release archive, whose name says how it is packed.
pub fn release_h1(
    version: GoVersion,
    platform: Platform,
    name: &str,
    input: &dyn ReadAt,
) -> Result<H1> {
    let kind = archive::Kind::of(name).unwrap_or(archive::Kind::TarGz);
    hash(version, platform, |sinks| archive::unpack(kind, name, input, &Limits::default(), sinks))
}

/// Hashes what is in the zip of a module.
pub fn module_h1(version: GoVersion, platform: Platform, input: &dyn ReadAt) -> Result<H1> {
    let module = module_of(version, platform);
    hash(version, platform, |sinks| {
        let limits = Limits::default();
        archive::module::unpack(&module, input, &limits, sinks, &module, is_covered)
    })
}

fn hash(
    version: GoVersion,
    platform: Platform,
    unpack: impl FnOnce(&mut [&mut Sink<'_>]) -> error::Result<Contents>,
) -> Result<H1> {
    let found: Mutex<Vec<(String, Digest)>> = Mutex::default();
    let mut sink = |path: &EntryPath, _: u64, contents: &mut dyn BufRead| {
        let (digest, _) = Hashing::new(contents).drain()?;
        let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
        found.push((path.as_str().to_owned(), digest));
        Ok(())
    };
    unpack(&mut [&mut sink])?;
    let found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    tree_h1(version, platform, found.iter().map(|(path, digest)| (path.as_str(), *digest)))
}
