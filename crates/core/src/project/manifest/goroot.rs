//! A GOROOT that is the same path on every machine: `goroot = "fixed"` beside `goroot-final`.
//!
//! It holds for the whole toolchain, because one link can lead to one root: profiles cannot have
//! another path.

use crate::error::Result;
use crate::project::manifest::Overlay;
use crate::project::manifest::keys::FIXED;
use crate::project::manifest::reader::{Reader, key_span};
use goward_shim::lock::is_goroot;
use std::collections::BTreeMap;
use toml_edit::Item;

impl Reader<'_> {
    /// Takes the path out of `pins`, where the table `item` says that it is a fixed GOROOT: it is
    /// then no pin.
    pub(super) fn goroot(
        &self,
        item: &Item,
        pins: &mut Overlay,
        profiles: &BTreeMap<String, Overlay>,
    ) -> Result<Option<String>> {
        let table = self.any_table(item, "pins")?;
        let Some(goroot) = table.get("goroot") else { return Ok(None) };
        if goroot.as_str() != Some(FIXED) {
            return Err(self.error(goroot.span(), "`goroot` must be `\"fixed\"`, or left out"));
        }
        let Some(path) = pins.goroot_final.take().filter(|path| !path.is_empty()) else {
            let span = key_span(table, "goroot");
            return Err(self
                .error(span, "a fixed `goroot` needs its path in `goroot-final`")
                .hint("such as `goroot-final = \"/opt/go\"`"));
        };
        if !is_goroot(&path) {
            let span = table.get("goroot-final").and_then(Item::span);
            let problem = "`goroot-final` cannot be a fixed GOROOT: that is a clean absolute path of \
                           at most 200 letters, digits and `+ - . _`";
            return Err(self.error(span, problem));
        }
        if let Some((name, _)) = profiles.iter().find(|(_, over)| over.goroot_final.is_some()) {
            let problem = format!(
                "a fixed `goroot` is one for all profiles, and `profile.{name}` has a `goroot-final`"
            );
            return Err(self.error(key_span(table, "goroot"), &problem));
        }
        Ok(Some(path))
    }
}
