//! One line about a call, for those who ask with `GOWARD_TRACE=1`.

use crate::call::Call;
use crate::launch::Launch;
use crate::profile::{self, Applied};
use crate::resolve::Choice;
use crate::{lock, names, path};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Says what runs, who decided that, and what of the caller's environment does not get there.
#[cold]
pub fn line(call: &Call, choice: &Choice, launch: &Launch) -> String {
    let path = path::shown;
    let decided = match choice {
        Choice::Project(found) => {
            let lock = lock::parse(&found.text).ok();
            let applied = lock.as_ref().and_then(|lock| profile::apply(lock, call.caller()).ok());
            let applied = applied.filter(Applied::is_worth_saying);
            let applied = applied.map_or_else(String::new, |applied| format!(", {applied}"));
            format!("`{}`{applied}", path(&found.path))
        }
        Choice::Goroot { reason, .. } => reason.text().into(),
        Choice::Default(found) => format!("the default, `{}`", path(&found.path)),
        Choice::Bypass => format!("`{}=1`", names::BYPASS_VAR),
        Choice::Request { request, .. } => format!("the request `{}`", path(request)),
        Choice::Nobody => "nobody: no lock here or above, and no default".into(),
    };
    let left_out: Vec<String> = launch.left_out().iter().map(ToString::to_string).collect();
    let left_out = match left_out.join(", ") {
        names if names.is_empty() => names,
        names => format!("; not from the environment: {names}"),
    };
    format!("runs `{}`, decided by {decided}{left_out}", path(&launch.program))
}
