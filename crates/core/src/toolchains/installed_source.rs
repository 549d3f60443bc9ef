//! An installed toolchain as a source: its module, packed anew.
//!
//! It gets no more trust than any other source: what is packed is unpacked and verified before it is handed on, so
//! a tree that was changed is found out.

use crate::archive::module_zip;
use crate::archive::pack::Member;
use crate::error::Result;
use crate::fs;
use crate::install::request::ToolchainRequest;
use crate::net::Progress;
use crate::source::{
    Artifact, ArtifactKind, ArtifactRequest, Body, Digests, Listing, Source, SourceError, not_there,
};
use crate::store::{InstalledToolchain, Store, place_in};
use crate::verify::mode::is_executable;
use crate::verify::{Entry, H1, dirhash};
use std::collections::BTreeMap;
use std::io::{BufReader, BufWriter, Read, Seek};
use std::path::Path;

/// One toolchain of the store.
pub(super) struct InstalledSource {
    name: String,
    installed: InstalledToolchain,
    files: BTreeMap<String, Entry>,
}

impl InstalledSource {
    /// Finds what a lock names; `None` when it is not installed, or lacks files of its module.
    pub(super) fn find(store: &Store, want: &ToolchainRequest) -> Result<Option<Self>> {
        let h1 = want.locked.as_ref().and_then(|locked| H1::parse(&locked.h1));
        let Some(h1) = h1 else { return Ok(None) };
        let found = store.find(want.version, want.platform, Some(&h1))?;
        let whole = |one: &InstalledToolchain| !one.is_linked() && one.receipt.absent.is_empty();
        let Some(installed) = found.filter(whole) else { return Ok(None) };
        let Some(files) = store.layer_of(&installed).files(&installed)? else { return Ok(None) };
        let name = installed.tree.display().to_string();
        Ok(Some(Self { name, installed, files }))
    }
}

impl Source for InstalledSource {
    fn name(&self) -> &str {
        &self.name
    }

    fn digests(&self) -> Digests {
        Digests::None
    }

    fn resumes(&self) -> bool {
        false
    }

    fn open(
        &self,
        wanted: &ArtifactRequest,
        scratch: &Path,
        _progress: Progress,
    ) -> Result<Artifact, SourceError> {
        let receipt = &self.installed.receipt;
        if (receipt.version, receipt.platform) != (wanted.version, wanted.platform) {
            return Err(not_there(&self.name, wanted, &self.name));
        }
        let module = dirhash::module_of(wanted.version, wanted.platform);
        let covered = self.files.iter().filter(|(path, _)| dirhash::is_covered(path));
        let members: Vec<Member<'_>> = covered
            .map(|(path, entry)| Member {
                path,
                size: entry.size,
                is_executable: is_executable(path),
            })
            .collect();
        let open = |path: &str| -> Result<Box<dyn Read>> {
            let file = fs::open_regular(&place_in(&self.installed.tree, path))?;
            Ok(Box::new(BufReader::new(file)))
        };
        let mut file = fs::unnamed_in(scratch, "module.zip")?;
        module_zip::write(BufWriter::new(&mut file), &module, &members, &open)?;
        file.rewind()?;
        Ok(Artifact {
            kind: ArtifactKind::Module,
            name: format!("{module}.zip").replace('/', "-"),
            origin: self.name.clone(),
            listing: Listing::Nothing,
            size: Some(file.metadata()?.len()),
            body: Body::File(file),
        })
    }
}
