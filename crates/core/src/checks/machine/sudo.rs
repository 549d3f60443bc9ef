//! Check of `sudo go`: sudo can have a PATH of its own.

use super::Facts;
use crate::checks::{Check, CheckResult, Finding, Group, Place, Severity, SkipReason};
use crate::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

pub(super) const CHECK: Check<Facts> = Check::new(
    "sudo",
    Group::Machine,
    "`secure_path` in the files of sudo: whether it has the shims",
    run,
);

const FILE: &str = "/etc/sudoers";
const DIRECTORY: &str = "/etc/sudoers.d";

fn run(facts: &Facts) -> CheckResult {
    let more = fs::read_dir(DIRECTORY).unwrap_or_default();
    let mut files: Vec<PathBuf> = more.iter().map(fs::DirEntry::path).collect();
    files.sort();
    files.insert(0, FILE.into());
    let mut last = None;
    for file in files {
        match fs::read_to_string(&file) {
            Ok(text) => last = secure_path(&text).map(|path| (file, path)).or(last),
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                let why = format!("this user may not read `{}`", file.display());
                return Err(SkipReason::Unable(why, "`sudo goward doctor`".to_owned()));
            }
            Err(_) => {}
        }
    }
    let foreign = last.filter(|(_, path)| !has(path, &facts.path.shims));
    let finding = |(file, _)| {
        let message = "`sudo go` is not goward's: sudo has a PATH of its own (`secure_path`)";
        Finding::plain(Severity::Note, Place::Path(file), message)
    };
    Ok(foreign.map(finding).into_iter().collect())
}
fn has(path: &str, directory: &Path) -> bool {
    std::env::split_paths(path).any(|place| place == directory)
}

/// Returns the last `secure_path` of a file of sudo (sudoers(5)).
fn secure_path(text: &str) -> Option<String> {
    let lines = text.lines().map(str::trim_start).filter(|line| line.starts_with("Defaults"));
    let mut values = lines.filter_map(|line| {
        let (_, value) = line.split_once("secure_path")?;
        let value = value.trim_start().strip_prefix('=')?.trim();
        let quoted = value.strip_prefix('"').and_then(|rest| rest.split('"').next());
        Some(quoted.unwrap_or_else(|| value.split([',', ' ', '\t']).next().unwrap_or(value)))
    });
    values.next_back().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg_attr(windows, ignore = "Windows has no such file of sudo")]
    #[test]
    fn the_path_of_sudo_is_read() {
        let text = "# Defaults secure_path=\"/no\"\nDefaults env_reset\n\
                    Defaults\tsecure_path=\"/usr/sbin:/usr/bin\"\n";
        assert_eq!(secure_path(text).as_deref(), Some("/usr/sbin:/usr/bin"));
        assert_eq!(
            secure_path("Defaults:admin secure_path = /a:/b, env_reset").as_deref(),
            Some("/a:/b")
        );
        assert_eq!(secure_path("Defaults !secure_path\n"), None);
        assert_eq!(secure_path(""), None);
        assert!(has("/a:/b", Path::new("/b")) && !has("/a:/bc", Path::new("/b")));
    }
}
