//! The workspace of a directory, where GOWORK names another one.

use crate::path;
use crate::sys;

/// Returns true when GOWORK has no effect: it names the workspace that Go finds without it
/// (`cmd/go/internal/modload`, `FindGoWork`), or switches off one that is not there.
#[cold]
pub(crate) fn is_the_same(value: &[u8], directory: &[u8]) -> bool {
    let mut above = Some(directory);
    while let Some(directory) = above {
        let file = path::join(directory, b"go.work");
        if sys::identity(&file).is_some() {
            return value == file;
        }
        above = path::split(directory).map(|(above, _)| above);
    }
    value == b"off"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workspace_above_or_none() {
        let base = std::env::temp_dir().join(std::format!("goward-work-{}", std::process::id()));
        std::fs::create_dir_all(base.join("a/b")).unwrap();
        let at = |name: &str| base.join(name).into_os_string().into_encoded_bytes();
        assert!(is_the_same(b"off", &at("a/b")) && !is_the_same(&at("go.work"), &at("a/b")));
        std::fs::write(base.join("go.work"), "").unwrap();
        assert!(is_the_same(&at("go.work"), &at("a/b")) && !is_the_same(b"off", &at("a/b")));
        std::fs::remove_dir_all(base).unwrap();
    }
}
