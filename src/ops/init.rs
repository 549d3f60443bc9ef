//! Start a project from the version files that other tools left there.

use super::{Session, link, pick};
use crate::error::{Error, Kind, Result};
use crate::project::manifest::ManifestEdit;
use crate::project::transaction::Files;
use crate::version::request::Request;
use std::path::PathBuf;

/// A manifest that was just written.
#[derive(Clone, Debug)]
pub struct Started {
    /// Where it is.
    pub path: PathBuf,
    /// What it asks for.
    pub request: Request,
    /// The file and line that the request comes from, if it does.
    pub origin: Option<String>,
}

impl Session {
    /// Writes a manifest: for `request`, else for what the files here ask for, else for `stable`.
    ///
    /// # Errors
    ///
    /// When there is a manifest already, or the files are not understood.
    pub fn init(&self, request: Option<&str>) -> Result<Started> {
        let (project, transaction) = self.project_to_change()?;
        let path = project.manifest_path;
        if path.symlink_metadata().is_ok() {
            return Err(Error::new(Kind::Failed, format!("`{}` is there already", path.display()))
                .hint("change it with `goward use REQUEST`, or by hand and `goward lock`"));
        }
        let wanted = match request {
            Some(text) => (pick::parse_request(text)?, None),
            None => match project.wanted {
                Some(wanted) => (wanted.request.clone(), Some(wanted.to_string())),
                None => (pick::parse_request("stable")?, None),
            },
        };
        if let Some(name) = wanted.0.as_link() {
            link::named(&self.store()?, name).map_err(|error| match &wanted.1 {
                Some(origin) => error.detail(format!("wanted by `{origin}`")),
                None => error,
            })?;
        }
        let mut edit = ManifestEdit::open_or_new(&path)?;
        edit.set_request(&wanted.0)?;
        let manifest = Some(edit.text()?.into_bytes());
        let after = Files { manifest, ..transaction.before().clone() };
        transaction.commit("init", &after)?;
        Ok(Started { path, request: wanted.0, origin: wanted.1 })
    }
}
