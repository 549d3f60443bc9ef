//! Places that hold the files of a mirror: a directory, or what is behind a URL.
//!
//! A [`StorageReader`] can be read, as a client reads it; a [`Storage`] can be written too. Paths are relative,
//! with slashes, and made by goward. Nothing here judges what the files hold.

mod cloud;
mod directory;
mod web;

use cloud::Cloud;
use directory::Directory;
use goward_core::ctx::Ctx;
use goward_core::error::{Error, Kind, Result, untrusted};
use goward_core::fs::File;
use goward_core::net::{Net, Url, parse_url};
use goward_core::verify::{Digest, Hashing};
use std::path::{Path, PathBuf};
use web::Web;

/// What the names of object stores begin with.
const CLOUDS: [&str; 3] = ["s3://", "gs://", "az://"];

/// A place that can be read.
pub trait StorageReader {
    /// Returns its name for people, without credentials.
    fn name(&self) -> &str;

    /// Reads a file of at most `limit` bytes; `None` when it is not there.
    fn read(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>>;

    /// Copies a file of at most `limit` bytes into `file`; returns false when it is not there. The file
    /// is left at its start.
    fn save(&self, path: &str, limit: u64, file: &mut File) -> Result<bool>;
}

/// A place that can be written. A file appears whole or not at all.
pub trait Storage: StorageReader {
    /// Returns true when the file is there and is the one that was put there: compared with its digest
    /// where that can be had, else by what the place itself says of it.
    fn holds(&self, path: &str, stored: &StoredFile) -> Result<bool>;

    /// Puts a file there in place of any other.
    fn put(&self, path: &str, contents: Contents<'_>) -> Result<StoredFile>;

    /// Returns the paths of all files.
    fn list(&self) -> Result<Vec<String>>;

    /// Removes a file, which may be gone already.
    fn remove(&self, path: &str) -> Result<()>;
}

/// What to put into a storage.
#[derive(Clone, Copy, Debug)]
pub enum Contents<'a> {
    /// These bytes.
    Bytes(&'a [u8]),
    /// What a file of this machine holds.
    File(&'a Path),
}

/// A file as it was put into a storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredFile {
    /// Its digest.
    pub sha256: Digest,
    /// Its size in bytes.
    pub size: u64,
    /// What the place calls this version of it.
    pub etag: Option<String>,
}

/// Opens the place that the user named, to write a mirror there.
pub fn open(name: &str, ctx: &Ctx, net: impl FnOnce() -> Result<Net>) -> Result<Box<dyn Storage>> {
    if is_web(name) {
        return Ok(Box::new(Cloud::open(&parse_url(name)?, ctx, &net()?)?));
    }
    if let Some(url) = parse_cloud(name) {
        return Ok(Box::new(Cloud::open(&url, ctx, &net()?)?));
    }
    Ok(Box::new(Directory::new(parse_directory(name, ctx)?)))
}

/// Opens the place that the user named, to read it.
pub fn look(
    name: &str,
    ctx: &Ctx,
    net: impl FnOnce() -> Result<Net>,
    scratch: &Path,
) -> Result<Box<dyn StorageReader>> {
    if is_web(name) {
        return Ok(Box::new(Web::new(parse_url(name)?, net()?, scratch.to_path_buf())));
    }
    if let Some(url) = parse_cloud(name) {
        return Ok(Box::new(Cloud::open(&url, ctx, &net()?)?));
    }
    Ok(Box::new(Directory::new(parse_directory(name, ctx)?)))
}

fn is_web(name: &str) -> bool {
    name.starts_with("https://") || name.starts_with("http://")
}

/// Reads the URL of a bucket or container.
fn parse_cloud(name: &str) -> Option<Url> {
    let is_known = CLOUDS.iter().any(|scheme| name.starts_with(scheme));
    Url::parse(name).ok().filter(|url| is_known && url.has_host() && url.query().is_none())
}

fn parse_directory(name: &str, ctx: &Ctx) -> Result<PathBuf> {
    if let Some(path) = name.strip_prefix("file://") {
        let path = Path::new(path);
        if path.is_absolute() {
            return Ok(path.to_path_buf());
        }
    } else if !name.contains("://") && !name.is_empty() {
        return Ok(ctx.cwd.join(name));
    }
    Err(Error::new(Kind::Usage, format!("`{}` is not a place for a mirror", untrusted(name))).hint(
        "write `/directory`, `s3://bucket/prefix`, `gs://bucket/prefix`, `az://container/prefix`, \
             `https://server/webdav` or `oci://registry/repository`",
    ))
}

/// Digests a file of this machine.
fn digest(path: &Path) -> Result<(Digest, u64)> {
    Ok(Hashing::new(File::open(path)?).drain()?)
}

/// Says that a file is larger than it can be.
fn too_large(path: &str, limit: u64) -> Error {
    let message = format!("`{}` has more than {limit} bytes", untrusted(path));
    Error::new(Kind::Verification, message)
}
