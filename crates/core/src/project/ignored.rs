//! Test for files that git leaves out of the repository, by the rules of gitignore(5).
//!
//! Read without git, because a repository can make git run programs. What the index has is in the
//! repository, whatever the rules say.

use crate::ctx::Ctx;
use crate::io::file;
use crate::project::wanted::repository;
use std::path::{Path, PathBuf};

/// More of a file with rules is not read, in bytes.
const MAX_RULES: u64 = 1 << 20;

/// More of an index is not read, in bytes.
const MAX_INDEX: u64 = 64 << 20;

/// Returns the place of the rule, `path:line`, for which git ignores the file at `path`, an absolute path, which
/// is not in the repository yet. `None` where nothing does, where there is no git repository, and where its whole
/// directory is ignored, which people know.
pub fn ignored_by(path: &Path, ctx: &Ctx) -> Option<String> {
    let root = repository(path.parent()?).filter(|root| root.join(".git").exists())?;
    if is_tracked(&root, path) {
        return None;
    }
    let mut above = path.ancestors().skip(1).take_while(|part| *part != root);
    let is_above = above.any(|part| rule_about(&root, part, true, ctx).is_some());
    rule_about(&root, path, false, ctx).filter(|_| !is_above)
}

/// Returns the place of the last rule about `part`, if that ignores it.
fn rule_about(root: &Path, part: &Path, is_directory: bool, ctx: &Ctx) -> Option<String> {
    let mut decided = None;
    for (file, below, text) in files_with_rules(root, part, ctx) {
        let Some(relative) = part.strip_prefix(&below).ok().and_then(Path::to_str) else {
            continue;
        };
        for (line, rule) in (1..).zip(text.lines()) {
            if let Some(verdict) = verdict(rule, relative, is_directory) {
                decided = verdict.then(|| format!("{}:{line}", file.display()));
            }
        }
    }
    decided
}

/// Returns the files with rules about `part`, weakest first, each with the directory that its rules are about.
fn files_with_rules(root: &Path, part: &Path, ctx: &Ctx) -> Vec<(PathBuf, PathBuf, String)> {
    let configuration =
        ctx.config_directory().and_then(|own| Some(own.parent()?.join("git/ignore")));
    let mut files: Vec<(PathBuf, PathBuf)> =
        configuration.map(|file| (file, root.into())).into_iter().collect();
    let (own, common) = git_directories(root);
    files.push((common.unwrap_or(own).join("info/exclude"), root.into()));
    let above = part.parent().into_iter().flat_map(Path::ancestors);
    let mut above: Vec<&Path> = above.take_while(|directory| directory.starts_with(root)).collect();
    above.reverse();
    files.extend(
        above.into_iter().map(|directory| (directory.join(".gitignore"), directory.into())),
    );
    let read = |(file, below): (PathBuf, PathBuf)| {
        let text = file::read(&file, MAX_RULES).ok()??;
        Some((file, below, String::from_utf8_lossy(&text).into_owned()))
    };
    files.into_iter().filter_map(read).collect()
}

/// Returns git's own directory for what is at `root`, and the one that it shares with other working trees.
fn git_directories(root: &Path) -> (PathBuf, Option<PathBuf>) {
    let git = root.join(".git");
    let line = |file: &Path, before: &str| {
        let text = String::from_utf8(file::read(file, MAX_RULES).ok()??).ok()?;
        Some(PathBuf::from(text.strip_prefix(before)?.trim_end()))
    };
    let Some(own) = line(&git, "gitdir: ") else { return (git, None) };
    let own = root.join(own);
    let common = line(&own.join("commondir"), "").map(|common| own.join(common));
    (own, common)
}

/// Returns true when the index has the file: its entries end with NUL.
fn is_tracked(root: &Path, path: &Path) -> bool {
    let Some(name) = path.strip_prefix(root).ok().and_then(Path::to_str) else { return false };
    let index = git_directories(root).0.join("index");
    let index = file::read(&index, MAX_INDEX).ok().flatten().unwrap_or_default();
    let wanted = format!("{name}\0");
    index.windows(wanted.len()).any(|window| window == wanted.as_bytes())
}

/// Returns what one line of rules says of a path: ignored, not ignored, or nothing.
fn verdict(line: &str, path: &str, is_directory: bool) -> Option<bool> {
    let line = line.strip_suffix('\r').unwrap_or(line);
    // Spaces at the end count only behind a backslash.
    let trimmed = line.trim_end_matches(' ');
    let line = if trimmed.ends_with('\\') { line } else { trimmed };
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    let (rule, ignores) = line.strip_prefix('!').map_or((line, true), |rule| (rule, false));
    let (rule, for_directories) = rule.strip_suffix('/').map_or((rule, false), |rule| (rule, true));
    if for_directories && !is_directory {
        return None;
    }
    let is_anchored = rule.contains('/');
    let rule = rule.strip_prefix('/').unwrap_or(rule);
    let name = path.rsplit('/').next().unwrap_or(path);
    let subject = if is_anchored { path } else { name };
    (!rule.is_empty() && matches(rule, subject)).then_some(ignores)
}

/// A part of a pattern.
enum Part {
    /// `**/` or `/**`: any directories, or none.
    Directories,
    /// `**` at the end: everything.
    Everything,
    /// `*`
    Name,
    /// `?`
    Any,
    /// `[a-z]`: the ranges, and whether what is not in one of them is meant.
    Class(Vec<(char, char)>, bool),
    Exactly(char),
}

/// Returns true when all of `text`, a path or a name, matches.
fn matches(pattern: &str, text: &str) -> bool {
    let parts = parse(pattern);
    let mut reached = vec![false; parts.len() + 1];
    reached[0] = true;
    let mut before = '/';
    skip_empty(&parts, &mut reached, before);
    for character in text.chars() {
        let mut next = vec![false; parts.len() + 1];
        for (at, part) in parts.iter().enumerate().filter(|(at, _)| reached[*at]) {
            let (stays, goes) = match part {
                Part::Directories | Part::Everything => (true, false),
                Part::Name => (character != '/', false),
                Part::Any => (false, character != '/'),
                Part::Class(ranges, is_negated) => {
                    let is_in =
                        ranges.iter().any(|(low, high)| (*low..=*high).contains(&character));
                    (false, character != '/' && is_in != *is_negated)
                }
                Part::Exactly(wanted) => (false, character == *wanted),
            };
            next[at] |= stays;
            next[at + 1] |= goes;
        }
        reached = next;
        before = character;
        skip_empty(&parts, &mut reached, before);
    }
    reached[parts.len()]
}

/// Goes past parts that can be empty.
fn skip_empty(parts: &[Part], reached: &mut [bool], before: char) {
    for (at, part) in parts.iter().enumerate() {
        let can_be_empty = match part {
            // Only whole directories.
            Part::Directories => before == '/',
            Part::Everything | Part::Name => true,
            _ => false,
        };
        reached[at + 1] |= reached[at] && can_be_empty;
    }
}

fn parse(pattern: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        let is_at_start = parts.is_empty() || matches!(parts.last(), Some(Part::Exactly('/')));
        if let Some(after) = rest.strip_prefix("**/").filter(|_| is_at_start) {
            parts.push(Part::Directories);
            rest = after;
            continue;
        }
        if rest == "**" && is_at_start {
            parts.push(Part::Everything);
            return parts;
        }
        rest = &rest[first.len_utf8()..];
        parts.push(match first {
            '*' => Part::Name,
            '?' => Part::Any,
            '[' => match class(rest) {
                Some((class, after)) => {
                    rest = after;
                    class
                }
                None => Part::Exactly('['),
            },
            '\\' => {
                let escaped = rest.chars().next().unwrap_or('\\');
                rest = rest.get(escaped.len_utf8()..).unwrap_or_default();
                Part::Exactly(escaped)
            }
            other => Part::Exactly(other),
        });
    }
    parts
}

/// Reads a class behind its bracket.
fn class(text: &str) -> Option<(Part, &str)> {
    let inside = text.strip_prefix(['!', '^']);
    let is_negated = inside.is_some();
    let inside = inside.unwrap_or(text);
    // A bracket that closes at once stands for itself.
    let end = inside.char_indices().skip(1).find(|(_, character)| *character == ']')?.0;
    let members: Vec<char> = inside[..end].chars().collect();
    let mut ranges = Vec::new();
    let mut at = 0;
    while let Some(low) = members.get(at).copied() {
        if let (Some('-'), Some(high)) = (members.get(at + 1), members.get(at + 2)) {
            ranges.push((low, *high));
            at += 3;
        } else {
            ranges.push((low, low));
            at += 1;
        }
    }
    Some((Part::Class(ranges, is_negated), &inside[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;
    use tempfile::TempDir;

    #[test]
    fn patterns_match_as_those_of_git() {
        let cases = [
            ("*.lock", "goward.lock", true),
            ("*.lock", "a/goward.lock", true),
            ("goward.*", "goward.lock", true),
            ("/*.lock", "goward.lock", true),
            ("/*.lock", "a/goward.lock", false),
            ("a/*.lock", "a/goward.lock", true),
            ("a/*.lock", "b/a/goward.lock", false),
            ("**/goward.lock", "a/b/goward.lock", true),
            ("**/goward.lock", "goward.lock", true),
            ("a/**", "a/b/goward.lock", true),
            ("a/**/goward.lock", "a/goward.lock", true),
            ("a/**/goward.lock", "a/b/c/goward.lock", true),
            ("a/**/goward.lock", "ab/goward.lock", false),
            ("go?ard.loc[j-l]", "goward.lock", true),
            ("goward.loc[!k]", "goward.lock", false),
            ("goward.[]l]ock", "goward.lock", true),
            ("goward.lock/", "goward.lock", false),
            ("goward\\.lock", "goward.lock", true),
            ("goward.lock  ", "goward.lock", true),
            ("#goward.lock", "goward.lock", false),
            ("go", "goward.lock", false),
            ("[", "goward.lock", false),
            ("*", "a/goward.lock", true),
        ];
        for (rule, path, want) in cases {
            assert_eq!(verdict(rule, path, false).is_some(), want, "{rule} {path}");
        }
        assert_eq!(verdict("!*.lock", "goward.lock", false), Some(false));
        // A pattern that would take others for ever.
        assert!(!matches(&"*?".repeat(200), &"a".repeat(150)));
    }

    #[test]
    fn git_agrees() {
        if Command::new("git").arg("--version").output().is_err() {
            return eprintln!("SKIPPED: git is not installed");
        }
        let cases: [&[(&str, &str)]; 12] = [
            &[],
            &[(".gitignore", "*.lock\n")],
            &[(".gitignore", "# locks\n\n*.lock\r\n")],
            &[(".gitignore", "*.lock\n!goward.lock\n")],
            &[(".gitignore", "*.lock\n"), ("svc/.gitignore", "!goward.lock\n")],
            &[("svc/.gitignore", "/goward.lock\n")],
            &[(".gitignore", "svc/\n!svc/goward.lock\n")],
            &[(".gitignore", "/svc\n"), ("svc/.gitignore", "!*\n")],
            &[(".gitignore", "lock/\n")],
            &[(".git/info/exclude", "*.lock\n")],
            &[(".git/info/exclude", "*.lock\n"), (".gitignore", "!*.lock\n")],
            &[("../home/.config/git/ignore", "*.lock\n")],
        ];
        for files in cases {
            let dir = TempDir::new().unwrap();
            let (root, home) = (dir.path().join("repo"), dir.path().join("home"));
            let git = |arguments: &[&str]| {
                let mut command = Command::new("git");
                command
                    .env("HOME", &home)
                    .env_remove("XDG_CONFIG_HOME")
                    .env("GIT_CONFIG_NOSYSTEM", "1");
                command.arg("-C").arg(&root).args(arguments).output().unwrap().status.success()
            };
            fs_err::create_dir_all(root.join("svc")).unwrap();
            fs_err::create_dir_all(&home).unwrap();
            assert!(git(&["init", "-q"]));
            for (name, text) in files {
                let path = root.join(name);
                fs_err::create_dir_all(path.parent().unwrap()).unwrap();
                fs_err::write(path, text).unwrap();
            }
            let mut ctx = Ctx::default();
            ctx.variables.insert("HOME".into(), home.clone().into());
            let lock = root.join("svc/goward.lock");
            fs_err::write(&lock, "").unwrap();
            let ignores = |path| git(&["check-ignore", "-q", path]);
            let want = ignores("svc/goward.lock") && !ignores("svc");
            let found = ignored_by(&lock, &ctx);
            assert_eq!(found.is_some(), want, "{files:?}: {found:?}");
            assert!(git(&["add", "-f", "svc/goward.lock"]));
            assert_eq!(ignored_by(&lock, &ctx), None, "{files:?}");
            let commit = ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "x"];
            assert!(git(&commit) && git(&["worktree", "add", "-q", "../tree", "-b", "tree"]));
            let lock = dir.path().join("tree/svc/goward.lock");
            assert_eq!(ignored_by(&lock, &ctx), None, "{files:?}");
        }
    }

    #[test]
    fn the_rule_is_named() {
        let dir = TempDir::new().unwrap();
        fs_err::create_dir(dir.path().join(".git")).unwrap();
        let rules = dir.path().join(".gitignore");
        fs_err::write(&rules, "\n*.lock\n").unwrap();
        let found = ignored_by(&dir.path().join("goward.lock"), &Ctx::default());
        assert_eq!(found, Some(format!("{}:2", rules.display())));
        fs_err::remove_dir(dir.path().join(".git")).unwrap();
        assert_eq!(ignored_by(&dir.path().join("goward.lock"), &Ctx::default()), None);
    }
}
