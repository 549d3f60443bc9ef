//! Whether a tool in the store is what its lock makes: it is built again, elsewhere, with an empty cache.

use crate::Tools;
use crate::go_command::GoFailure;
use crate::receipt::digest_of;
use goward_core::error::{Error, Kind, Result};

/// What came of building a tool again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// The same bytes.
    Same,
    /// The program in the store is not what was built first.
    Changed,
    /// The program was built again, and other bytes came out.
    Differs,
    /// It is a directory of the project, of which nothing is locked.
    Local,
}

/// What came of building tools again, by name.
pub type VerifyReport = Vec<(String, Comparison)>;

impl Tools<'_> {
    /// Builds the tools of the project here again, all or those named, each with an empty build cache
    /// and from modules that are fetched and verified again, and compares the bytes.
    ///
    /// # Errors
    ///
    /// When one is not there or cannot be built.
    pub fn verify(&self, names: &[String]) -> Result<VerifyReport> {
        let names = match names {
            [] => self.of_project()?.into_keys().collect(),
            names => names.to_vec(),
        };
        names.into_iter().map(|name| Ok((name.clone(), self.compare(&name)?))).collect()
    }

    fn compare(&self, name: &str) -> Result<Comparison> {
        let (root, tool) = self.named(name)?;
        let own = self.own_go()?;
        let installed = self.install_of(&root, name, &tool, &own)?;
        let (Some(receipt), Some(locked)) = (installed.receipt, tool.locked) else {
            return Ok(Comparison::Local);
        };
        let is = digest_of(&installed.program)?.to_string();
        if is != receipt.sha256 {
            return Ok(Comparison::Changed);
        }
        let go = self.go_of_lock(own, locked.go)?;
        let cache = self.session.store()?.stage("tool").map_err(Error::from)?;
        let bar = self.session.ui.spinner(&format!("building {name} again"));
        let built = self.build_with(&locked, &go, Some(cache.path()));
        bar.finish_and_clear();
        let (_staging, program) = built.map_err(|failure| match failure {
            GoFailure::Other(error) => error,
            GoFailure::TooOld(needed) => {
                Error::new(Kind::Failed, format!("`{name}` needs Go {needed}"))
            }
        })?;
        Ok(if digest_of(&program)?.to_string() == is {
            Comparison::Same
        } else {
            Comparison::Differs
        })
    }
}
