//! Release archives, packed anew from the files of a toolchain.
//!
//! Equal files give equal bytes: entries are sorted, and owner, time and mode say nothing about the
//! machine. What comes out is in the subset of the formats that [`super::unpack`] reads.

use crate::error::{Error, Kind, Result, untrusted};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::{self, Read, Seek, Write};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, System, ZipWriter};

/// A file to pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Member<'a> {
    /// Its path, relative to GOROOT.
    pub path: &'a str,
    /// Its size in bytes.
    pub size: u64,
    /// Whether it is a program.
    pub is_executable: bool,
}

impl Member<'_> {
    fn mode(&self) -> u32 {
        if self.is_executable { 0o755 } else { 0o644 }
    }
}

/// Opens the file at a path relative to GOROOT.
pub type Open<'a> = dyn Fn(&str) -> Result<Box<dyn Read>> + 'a;

/// Writes the files as a release for anything but Windows.
pub fn tar_gz(out: impl Write, members: &[Member<'_>], open: &Open<'_>) -> Result<()> {
    let mut tar = tar::Builder::new(GzEncoder::new(out, Compression::default()));
    for (name, member) in named(members, below_go) {
        let mut header = tar::Header::new_ustar();
        header.set_path(&name).map_err(|_| no_room(&name))?;
        header.set_size(member.size);
        header.set_mode(member.mode());
        header.set_mtime(0);
        header.set_cksum();
        let mut contents = Exactly::new(open(member.path)?, member);
        tar.append(&header, &mut contents)?;
        contents.finish()?;
    }
    tar.into_inner()?.finish()?.flush()?;
    Ok(())
}

/// Writes the files as a release for Windows.
pub fn zip(out: impl Write + Seek, members: &[Member<'_>], open: &Open<'_>) -> Result<()> {
    zip_as(out, members, open, below_go)
}

/// Writes a zip in which `name` says what a file is called.
pub(super) fn zip_as(
    out: impl Write + Seek,
    members: &[Member<'_>],
    open: &Open<'_>,
    name: impl Fn(&str) -> String,
) -> Result<()> {
    let mut writer = ZipWriter::new(out);
    for (name, member) in named(members, name) {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(DateTime::DEFAULT)
            .unix_permissions(member.mode())
            // On Windows too, which would keep no modes.
            .system(System::Unix);
        writer.start_file(name, options).map_err(io::Error::from)?;
        let mut contents = Exactly::new(open(member.path)?, member);
        io::copy(&mut contents, &mut writer)?;
        contents.finish()?;
    }
    writer.finish().map_err(io::Error::from)?.flush()?;
    Ok(())
}

/// Returns what a file of GOROOT is called in a release.
fn below_go(path: &str) -> String {
    format!("go/{path}")
}

/// Returns the members with their names in the archive, sorted by those.
fn named<'a>(
    members: &'a [Member<'a>],
    name: impl Fn(&str) -> String,
) -> Vec<(String, &'a Member<'a>)> {
    let mut named: Vec<_> = members.iter().map(|member| (name(member.path), member)).collect();
    named.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    named
}

fn no_room(name: &str) -> Error {
    let message = format!("`{}` is too long for a release archive", untrusted(name));
    Error::new(Kind::Verification, message)
}

/// The contents of a file, of which there have to be as many bytes as were announced.
struct Exactly<'a> {
    inner: io::Take<Box<dyn Read>>,
    member: &'a Member<'a>,
    count: u64,
}

impl<'a> Exactly<'a> {
    fn new(inner: Box<dyn Read>, member: &'a Member<'a>) -> Self {
        Self { inner: inner.take(member.size + 1), member, count: 0 }
    }

    fn finish(self) -> Result<()> {
        if self.count == self.member.size {
            return Ok(());
        }
        let message = format!("`{}` changed while it was packed", untrusted(self.member.path));
        Err(Error::new(Kind::Failed, message))
    }
}

impl Read for Exactly<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.count += count as u64;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    const GO: Member<'_> = Member { path: "bin/go", size: 3, is_executable: true };
    const VERSION: Member<'_> = Member { path: "VERSION", size: 2, is_executable: false };

    fn open(bytes: &'static [u8]) -> impl Fn(&str) -> Result<Box<dyn Read>> {
        move |path| Ok(Box::new(if path == "bin/go" { bytes } else { &b"v1"[..] }) as Box<dyn Read>)
    }

    #[test]
    fn programs_can_be_run_and_other_files_cannot() {
        let want = BTreeMap::from([("go/VERSION", 0o644), ("go/bin/go", 0o755)]);
        let want = want.iter().map(|(path, mode)| ((*path).to_owned(), *mode)).collect::<Vec<_>>();
        let mut bytes = Vec::new();
        tar_gz(&mut bytes, &[GO, VERSION], &open(b"elf")).unwrap();
        let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(&bytes[..]));
        let modes = archive.entries().unwrap().map(|entry| {
            let entry = entry.unwrap();
            (entry.path().unwrap().display().to_string(), entry.header().mode().unwrap())
        });
        assert_eq!(modes.collect::<Vec<_>>(), want);
        let mut bytes = io::Cursor::new(Vec::new());
        zip(&mut bytes, &[GO, VERSION], &open(b"elf")).unwrap();
        let mut archive = ::zip::ZipArchive::new(bytes).unwrap();
        let modes = (0..archive.len()).map(|index| {
            let file = archive.by_index(index).unwrap();
            (
                String::from_utf8_lossy(file.name_raw()).into_owned(),
                file.unix_mode().unwrap() & 0o7777,
            )
        });
        assert_eq!(modes.collect::<Vec<_>>(), want);
    }

    #[test]
    fn a_file_that_shrinks_or_grows_meanwhile_is_an_error() {
        for bytes in [&b""[..], b"el", b"elf!", b"elf and more"] {
            for error in [
                tar_gz(io::sink(), &[GO, VERSION], &open(bytes)).unwrap_err(),
                zip(io::Cursor::new(Vec::new()), &[GO, VERSION], &open(bytes)).unwrap_err(),
            ] {
                assert_eq!(error.message(), "`bin/go` changed while it was packed");
            }
        }
    }
}
