//! Start a project from the version files that other tools left there.

use crate::error::{Error, Kind, Result};
use crate::lockfile::Locker;
use crate::lockfile::compatibility::Incompatibility;
use crate::project::files::Files;
use crate::project::manifest::ManifestEdit;
use crate::project::place;
use crate::project::transaction::FileChange;
use crate::project::wanted::find_wanted;
use crate::resolve::lookup;
use crate::version::request::Request;
use std::path::PathBuf;

/// A manifest that was just written.
#[derive(Clone, Debug)]
pub struct InitReport {
    /// Where it is.
    pub path: PathBuf,
    /// What it asks for.
    pub request: Request,
    /// The file and line that the request comes from, if it does.
    pub origin: Option<String>,
    /// What else there is to say of the choice.
    pub notes: Vec<String>,
    /// What will not work with it.
    pub warnings: Vec<String>,
    /// The manifest that was written.
    pub changes: Vec<FileChange>,
}

impl Locker<'_> {
    /// Writes a manifest: for `request`, else for what the files here ask for, else for `stable`. With `here`, it
    /// belongs to the working directory, whatever there is above.
    pub fn init(&self, request: Option<&str>, here: bool) -> Result<InitReport> {
        let root = place(&self.session.ctx, here);
        let transaction = self.transaction(&root)?;
        let path = root.join(goward_shim::names::MANIFEST_FILE);
        if path.symlink_metadata().is_ok() {
            let error = Error::new(Kind::Failed, format!("`{}` is there already", path.display()))
                .hint("change what it asks for: `goward use stable`");
            return Err(if root == self.session.ctx.cwd {
                error
            } else {
                error.hint("or give this directory its own: `goward init --here`")
            });
        }
        let mut started = InitReport {
            path,
            request: lookup::parse_request(request.unwrap_or("stable"))?,
            origin: None,
            notes: Vec::new(),
            warnings: Vec::new(),
            changes: Vec::new(),
        };
        if request.is_some() {
            self.warn_of_unreadable_files();
        } else {
            let search = find_wanted(&self.session.ctx.cwd, &self.session.ctx)?;
            let system = search
                .system
                .map(|place| format!("`{place}` says `system`, which names no release"));
            started.notes.extend(system);
            if let Some(wanted) = search.wanted {
                started.origin = Some(wanted.to_string());
                let note = wanted.minimum.as_ref().map(|least| {
                    format!(
                        "`go {least}` is the oldest Go that the module takes; it names no release"
                    )
                });
                started.notes.extend(note);
                started.request = wanted.request;
            }
        }
        if let Some(name) = started.request.as_link() {
            lookup::named(&self.session.store()?, name).map_err(|error| match &started.origin {
                Some(origin) => error.detail(format!("wanted by `{origin}`")),
                None => error,
            })?;
        }
        if let Some(version) = started.request.as_exact() {
            let unfit: Incompatibility = self.unfit(&root, version, false);
            started.warnings.extend(unfit.warnings(version));
        }
        let mut edit = ManifestEdit::open_or_new(&started.path)?;
        edit.set_request(&started.request)?;
        let manifest = Some(edit.text()?.into_bytes());
        let after = Files { manifest, ..transaction.before().clone() };
        started.changes = self.commit(transaction, "init", &after)?;
        Ok(started)
    }
}
