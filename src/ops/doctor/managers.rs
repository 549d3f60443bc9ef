//! Other managers of Go toolchains that are on this machine.

use super::Found;
use crate::error::Result;
use crate::ops::Session;
use crate::store::Store;
use std::path::{Path, PathBuf};

/// Each with the variable that says where it is, if there is one, and where it is else, from the home
/// directory.
const MANAGERS: [(&str, &str, &str); 10] = [
    ("asdf", "ASDF_DATA_DIR", ".asdf/plugins/golang"),
    ("g", "G_HOME", ".g"),
    ("gobrew", "GOBREW_ROOT", ".gobrew"),
    ("goenv", "GOENV_ROOT", ".goenv"),
    ("golang.org/dl", "", "sdk"),
    ("goup", "GOUP_HOME", ".goup"),
    ("gvm", "GVM_ROOT", ".gvm"),
    ("mise", "MISE_DATA_DIR", ".local/share/mise/installs/go"),
    ("proto", "PROTO_HOME", ".proto/tools/go"),
    ("vfox", "VFOX_HOME", ".version-fox/cache/golang"),
];

#[expect(clippy::unnecessary_wraps, reason = "every check has this form")]
pub(super) fn look(session: &Session, _: &Store) -> Result<Found> {
    let mut found = Found::default();
    let home = session.ctx.variable("HOME").map(Path::new);
    for (name, variable, below) in MANAGERS {
        let usual = home.map(|home| home.join(below));
        let chosen = session.ctx.variable(variable).map(PathBuf::from);
        if let Some(place) = chosen.into_iter().chain(usual).find(|place| place.is_dir()) {
            found.notes.push(format!("{name} is here, too: `{}`", place.display()));
        }
    }
    Ok(found)
}
