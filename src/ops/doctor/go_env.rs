//! What `go env -w` left for every Go of this user.

use super::{Found, Problem};
use crate::error::{Result, untrusted};
use crate::ops::Session;
use crate::ops::barrier::read_settings;
use crate::store::Store;
use goward_shim::environment::name_of;
use goward_shim::pins::{self, Isolation};
use goward_shim::{Environment, barrier};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

pub(super) fn look(session: &Session, store: &Store) -> Result<Found> {
    let mut found = Found::default();
    let entries = session.ctx.entries();
    let env = Environment::of(&entries);
    let home = store.home().as_os_str().as_bytes();
    let Some(own) = barrier::locate(home, Isolation::Pinned, &env).own else { return Ok(found) };
    let own = Path::new(OsStr::from_bytes(&own));
    for line in read_settings(own)?.split(|&byte| byte == b'\n') {
        let Some(row) = pins::row(name_of(line)) else { continue };
        let value = line.get(row.name.len() + 1..).unwrap_or_default();
        if row.rule.passes(Isolation::Pinned) || value.is_empty() {
            continue;
        }
        let value = untrusted(String::from_utf8_lossy(value));
        let what = format!("sets {} to `{value}` for every Go but locked ones", row.name);
        let hint = format!("if that was not meant: `go env -u {}`", row.name);
        found.problems.push(Problem::at(own, &what).hint(hint));
    }
    Ok(found)
}
