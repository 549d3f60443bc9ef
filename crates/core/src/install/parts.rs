//! From a source that sends parts of an archive: what an installed toolchain has is not fetched.

use crate::error::{Result, one_line};
use crate::install::Installer;
use crate::install::evidence::Claim;
use crate::install::request::ToolchainRequest;
use crate::net::Progress;
use crate::source::{Artifact, ArtifactRequest, InstalledFiles, Source};
use crate::store::Store;

/// An archive of which parts were fetched, and which toolchain has the rest.
pub(super) struct Parts {
    pub(super) artifact: Artifact,
    pub(super) from: String,
}

impl Installer<'_> {
    /// Fetches of an archive what no installed toolchain has; `None` where that is nothing for this
    /// source. Where the tree that comes of it is not what is wanted, all of the archive has to be
    /// fetched, whatever the reason is: the files of the toolchain may have been changed.
    pub(super) fn open_parts(
        &self,
        store: &Store,
        claim: &Claim<'_>,
        source: &dyn Source,
        progress: &dyn Fn() -> Progress,
    ) -> Result<Option<Parts>> {
        let want = claim.want;
        // Parts of two trees are worth something only where it is known what they have to come to.
        if want.full || !self.evidence(claim)?.knows_h1() {
            return Ok(None);
        }
        let Some(installed) = nearest(store, want)? else { return Ok(None) };
        let (version, platform) = (want.version, want.platform);
        let wanted = ArtifactRequest { version, platform, size: None, ask_digest: false };
        let opened = source.open_parts(&wanted, &installed, &store.downloads(), progress());
        let from = installed.name;
        match opened {
            Ok(Ok(artifact)) => return Ok(Some(Parts { artifact, from })),
            Ok(Err(None)) => {}
            Ok(Err(Some(why))) => self.tell_whole(claim, &from, &why),
            Err(error) => self.tell_whole(claim, &from, &one_line(&error.into())),
        }
        Ok(None)
    }

    /// Says why all of an archive is fetched, to who wants to know.
    pub(super) fn tell_whole(&self, claim: &Claim<'_>, from: &str, why: &str) {
        if claim.fetch.verbose {
            let (version, name) = (claim.want.version, claim.origin);
            let told = format!("{name}: cannot fetch {version} as an update of {from}: {why}");
            self.session.ui.say(&told);
        }
    }
}

/// Returns the installed toolchain that a release is likely to have most files of.
fn nearest(store: &Store, want: &ToolchainRequest) -> Result<Option<InstalledFiles>> {
    for found in store.similar(want.version, want.platform)? {
        let Some(files) = store.files(&found)? else { continue };
        let files = files.into_iter().map(|(path, entry)| (path, entry.size)).collect();
        let name = found.receipt.version.to_string();
        return Ok(Some(InstalledFiles { name, tree: found.tree, files }));
    }
    Ok(None)
}
