//! A directory with the layout of go.dev/dl, for machines without network: archives, and if it has
//! them, `index.json` and `.sha256` files.

use super::index::{INDEX_FILE, MAX_INDEX, parse_digest};
use super::module_form::{self, has_archives};
use super::module_proxy::parse_list;
use super::{
    Artifact, ArtifactRequest, Body, File, Listing, Release, Source, archive_kind, deltas,
    not_there, parse_index,
};
use crate::error::{Error, Kind, Result, untrusted};
use crate::fs;
use crate::net::{MAX_SIZE, Progress};
use crate::platform::Platform;
use crate::source::SourceError;
use crate::version::GoVersion;
use std::collections::BTreeMap;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// One directory.
pub(super) struct Directory {
    name: String,
    path: PathBuf,
}

impl Directory {
    pub(super) fn new(name: String, path: PathBuf) -> Self {
        Self { name, path }
    }

    fn read_index(&self) -> Result<Option<Vec<Release>>> {
        let path = self.path.join(INDEX_FILE);
        let Some(bytes) = read_small(&path, MAX_INDEX)? else { return Ok(None) };
        parse_index(&bytes).map(Some).map_err(|error| {
            let error = Error::new(Kind::Failed, error.to_string());
            error.detail(format!("it is `{}`", shown_path(&path)))
        })
    }

    /// Lists the archives by their names.
    fn scan(&self) -> Result<Vec<Release>> {
        let mut found: BTreeMap<GoVersion, Vec<File>> = BTreeMap::new();
        for entry in fs::read_dir(&self.path)? {
            let Some(name) = entry.file_name().to_str().map(str::to_owned) else { continue };
            let Some((version, platform)) = parse_archive_name(&name) else { continue };
            let size = fs::metadata(entry.path()).ok().map(|metadata| metadata.len());
            found.entry(version).or_default().push(File { platform, name, sha256: None, size });
        }
        let newest_first = found.into_iter().rev();
        Ok(newest_first
            .map(|(version, mut files)| {
                files.sort_by_key(|file| file.platform);
                Release { version, files }
            })
            .collect())
    }

    /// Opens the module of a release of which there is no archive.
    fn open_module(&self, wanted: &ArtifactRequest) -> Result<Option<Artifact>> {
        let path = self.path.join(module_form::path_of(wanted));
        match size_of(&path)? {
            None => Ok(None),
            Some(size) if size > MAX_SIZE => {
                let message = format!("`{}` has {size} bytes", shown_path(&path));
                let error = Error::new(Kind::Verification, message);
                Err(error.detail(format!("no release has more than {MAX_SIZE}")))
            }
            Some(_) => {
                let file = fs::open_regular(&path)?;
                Ok(Some(module_form::artifact(wanted, shown_path(&path), file)?))
            }
        }
    }

    fn find_digest(&self, wanted: &ArtifactRequest, name: &str) -> Result<Option<String>> {
        let releases = self.read_index()?.unwrap_or_default();
        let listed = releases
            .into_iter()
            .find(|release| release.version == wanted.version)
            .and_then(|r| r.files.into_iter().find(|file| file.platform == wanted.platform))
            .and_then(|file| file.sha256);
        if listed.is_some() {
            return Ok(listed);
        }
        let path = self.path.join(format!("{name}.sha256"));
        let Some(bytes) = read_small(&path, 1024)? else { return Ok(None) };
        parse_digest(&bytes, name).map(Some).ok_or_else(|| {
            Error::new(
                Kind::Failed,
                format!("`{}` is not the digest file of `{name}`", shown_path(&path)),
            )
        })
    }
}

impl Source for Directory {
    fn name(&self) -> &str {
        &self.name
    }

    fn releases(&self) -> Result<Option<Vec<Release>>, SourceError> {
        let listed = match self.read_index()? {
            Some(releases) => releases,
            None => self.scan()?,
        };
        if has_archives(&listed) {
            return Ok(Some(listed));
        }
        let modules = read_small(&self.path.join(module_form::LIST), MAX_INDEX)?;
        let modules = modules.map(|text| parse_list(&String::from_utf8_lossy(&text)));
        Ok(module_form::merge(Some(listed), modules))
    }

    fn open(
        &self,
        wanted: &ArtifactRequest,
        _scratch: &Path,
        _progress: Progress,
    ) -> Result<Artifact, SourceError> {
        let name = wanted.platform.archive_name(wanted.version);
        let path = self.path.join(&name);
        let shown = shown_path(&path);
        let Some(size) = size_of(&path)? else {
            let module = self.open_module(wanted)?;
            return module.ok_or_else(|| not_there(&self.name, wanted, &shown));
        };
        let limit = wanted.size.unwrap_or(MAX_SIZE);
        if size > limit || wanted.size.is_some_and(|wanted| wanted != size) {
            let error = Error::new(Kind::Verification, format!("`{shown}` has {size} bytes"));
            return Err(match wanted.size {
                Some(wanted) => error.detail(format!("it should have {wanted}")).into(),
                None => error.detail(format!("no release has more than {limit}")).into(),
            });
        }
        let digest = if wanted.ask_digest { self.find_digest(wanted, &name)? } else { None };
        Ok(Artifact {
            kind: archive_kind(wanted.platform),
            name,
            origin: shown,
            listing: digest.map_or(Listing::Nothing, Listing::Sha256),
            size: Some(size),
            body: Body::File(fs::open_regular(&path)?),
        })
    }

    fn open_delta(
        &self,
        from: GoVersion,
        wanted: &ArtifactRequest,
        _scratch: &Path,
    ) -> Result<Option<fs::File>, SourceError> {
        deltas::open(&self.path, from, wanted)
    }
}

/// Returns the size of a file; `None` when it is not there. Looked at before it is opened: to open a
/// pipe is to wait for its writer.
fn size_of(path: &Path) -> Result<Option<u64>> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => Ok(Some(metadata.len())),
        Ok(_) => Err(Error::new(Kind::Failed, format!("`{}` is not a file", shown_path(path)))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Reads a file of at most `limit` bytes; `None` when it is not there.
fn read_small(path: &Path, limit: u64) -> Result<Option<Vec<u8>>> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => {}
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Ok(_) => {
            return Err(Error::new(Kind::Failed, format!("`{}` is not a file", shown_path(path))));
        }
        Err(error) => return Err(error.into()),
    }
    let mut bytes = Vec::new();
    fs::open_regular(path)?.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        let name = shown_path(path);
        return Err(Error::new(Kind::Failed, format!("`{name}` is larger than {limit} bytes")));
    }
    Ok(Some(bytes))
}

/// Reads `go1.27.1.linux-amd64.tar.gz` and `go1.27.1.windows-amd64.zip`.
fn parse_archive_name(name: &str) -> Option<(GoVersion, Platform)> {
    let stem = name.strip_suffix(".tar.gz").or_else(|| name.strip_suffix(".zip"))?;
    let (version, platform) = stem.rsplit_once('.')?;
    let version = GoVersion::parse(version).ok()?;
    let platform = Platform::find(platform)?;
    (platform.archive_name(version) == name).then_some((version, platform))
}

fn shown_path(path: &Path) -> String {
    untrusted(path.to_string_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    const DIGEST: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    const NAME: &str = "go1.27.1.linux-amd64.tar.gz";

    fn directory(files: &[(&str, &str)]) -> (TempDir, Directory) {
        let temp = TempDir::new().unwrap();
        for (name, content) in files {
            fs_err::write(temp.path().join(name), content).unwrap();
        }
        let source = Directory::new("file:///srv".to_owned(), temp.path().to_path_buf());
        (temp, source)
    }

    fn wanted(size: Option<u64>) -> ArtifactRequest {
        ArtifactRequest {
            version: GoVersion::parse("go1.27.1").unwrap(),
            platform: Platform::parse("linux/amd64").unwrap(),
            size,
            ask_digest: true,
        }
    }

    fn open(source: &Directory, size: Option<u64>) -> Result<Artifact, SourceError> {
        source.open(&wanted(size), Path::new("/nonexistent"), Box::new(|_, _| {}))
    }

    #[test]
    fn archive_names() {
        for name in [
            NAME,
            "go1.20.windows-386.zip",
            "go1.28rc1.linux-armv6l.tar.gz",
            "go1.linux-386.tar.gz",
        ] {
            assert!(parse_archive_name(name).is_some(), "{name}");
        }
        for name in [
            "go1.27.1.linux-amd64.zip",
            "go1.27.1.windows-amd64.tar.gz",
            "go1.27.1.linux-arm.tar.gz",
            "1.27.1.linux-amd64.tar.gz",
            "go1.27.1.src.tar.gz",
            "go1.20.0.linux-amd64.tar.gz",
            ".tar.gz",
            "index.json",
        ] {
            assert_eq!(parse_archive_name(name), None, "{name}");
        }
    }

    #[test]
    fn a_directory_is_listed_by_its_names() {
        let (_temp, source) = directory(&[
            ("go1.9.linux-amd64.tar.gz", "abc"),
            (NAME, "abcd"),
            ("go1.27.1.aix-ppc64.tar.gz", ""),
            ("README", ""),
        ]);
        let releases = source.releases().unwrap().unwrap();
        let shown: Vec<_> = releases
            .iter()
            .flat_map(|release| &release.files)
            .map(|file| (file.name.as_str(), file.size))
            .collect();
        let want = [
            ("go1.27.1.aix-ppc64.tar.gz", Some(0)),
            (NAME, Some(4)),
            ("go1.9.linux-amd64.tar.gz", Some(3)),
        ];
        assert_eq!(shown, want);
    }

    #[test]
    fn archives_open_with_what_is_said_of_them() {
        let digest_file = format!("{NAME}.sha256");
        let index = format!(
            r#"[{{"version":"go1.27.1","files":[{{"filename":"{NAME}","os":"linux",
            "arch":"amd64","version":"go1.27.1","sha256":"{}","size":4,"kind":"archive"}}]}}]"#,
            DIGEST.replace('a', "b")
        );
        let listed = |digest: String| Listing::Sha256(digest);
        let cases: [(&[(&str, &str)], Listing); 3] = [
            (&[(NAME, "abcd")], Listing::Nothing),
            (&[(NAME, "abcd"), (&digest_file, DIGEST)], listed(DIGEST.to_owned())),
            (
                &[(NAME, "abcd"), (&digest_file, DIGEST), (INDEX_FILE, &index)],
                listed(DIGEST.replace('a', "b")),
            ),
        ];
        for (files, listing) in cases {
            let (_temp, source) = directory(files);
            let mut artifact = open(&source, None).unwrap();
            assert_eq!(artifact.listing, listing);
            assert_eq!(artifact.size, Some(4));
            let mut text = String::new();
            artifact.body.read_to_string(&mut text).unwrap();
            assert_eq!(text, "abcd");
            assert!(artifact.body.file().is_some());
        }
    }

    #[test]
    fn failures_name_the_file() {
        let (temp, source) = directory(&[("index.json", "[]")]);
        let archive = temp.path().join(NAME);
        let shown = shown_path(&archive);
        let error = open(&source, None).map_err(Error::from).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("goward: file:///srv has no go1.27.1 for linux/amd64\n  wanted {shown}")
        );
        assert_eq!(error.kind(), Kind::NotFound);

        fs_err::write(&archive, "abcd").unwrap();
        let error = open(&source, Some(5)).map_err(Error::from).unwrap_err();
        assert_eq!(error.to_string(), format!("goward: `{shown}` has 4 bytes\n  it should have 5"));
        assert_eq!(error.kind(), Kind::Verification);

        fs_err::write(temp.path().join(format!("{NAME}.sha256")), "zzz").unwrap();
        assert!(
            open(&source, None)
                .map_err(Error::from)
                .unwrap_err()
                .message()
                .contains(".sha256` is not the digest")
        );

        fs_err::write(temp.path().join(INDEX_FILE), "{").unwrap();
        let error = source.releases().map_err(Error::from).unwrap_err();
        assert!(error.message().starts_with("the index is refused: "), "{error}");

        fs_err::remove_file(&archive).unwrap();
        fs_err::create_dir(&archive).unwrap();
        assert_eq!(
            open(&source, None).map_err(Error::from).unwrap_err().message(),
            format!("`{shown}` is not a file")
        );

        let missing = Directory::new("file:///x".to_owned(), temp.path().join("missing"));
        assert!(missing.releases().map_err(Error::from).unwrap_err().message().contains("missing"));
    }
}
