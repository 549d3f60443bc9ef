//! Real shells run what `goward_core::shell` writes. A shell that is not installed is named and skipped.
#![cfg(test)]

use crate::common::{machine, skip};
use fs_err as fs;
use goward_core::ctx::Ctx;
use goward_core::shell;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Programs and arguments of the shells that read POSIX syntax.
const POSIX: [&[&str]; 5] =
    [&["dash"], &["bash"], &["bash", "--posix"], &["zsh", "-f"], &["busybox", "sh"]];
const FISH: &[&str] = &["fish", "--no-config"];

/// Returns where `program` is, or says that its part of a test is skipped.
fn find(program: &str) -> Option<PathBuf> {
    let path = ["/usr/bin", "/bin", "/usr/local/bin", "/opt/homebrew/bin"]
        .map(|directory| Path::new(directory).join(program))
        .into_iter()
        .find(|path| path.is_file());
    if path.is_none() {
        skip(&format!("`{program}` is not installed"));
    }
    path
}

/// Runs a shell with nothing but the given environment and returns its standard output.
fn run(shell: &[&str], args: &[&OsStr], env: &[(&str, &OsStr)]) -> Option<Vec<u8>> {
    let program = find(shell[0])?;
    let directory = TempDir::new().unwrap();
    let output = machine::command(program)
        .args(&shell[1..])
        .args(args)
        .env_clear()
        .env("HOME", directory.path())
        .env("LC_ALL", "C.UTF-8")
        .envs(env.iter().copied())
        .current_dir(directory.path())
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{shell:?} {args:?}: {}\n{stderr}", output.status);
    assert_eq!(stderr, "", "{shell:?} {args:?}");
    Some(output.stdout)
}

/// A name with everything that a shell could take for something else.
const HOSTILE: &str = "it's a \"$HOME\" `x` \\ *?[a] ~ & ; # \u{e4} @bin@ @shims@";

#[test]
fn the_scripts_put_the_shims_first_once() {
    for name in ["plain", HOSTILE] {
        let directory = TempDir::new().unwrap();
        let base = directory.path().canonicalize().unwrap().join(name);
        let (store, bin) = (base.join("store"), base.join("bin"));
        fs::create_dir_all(&store).unwrap();
        shell::write_scripts(&store, &bin).unwrap();
        let shims = format!("{}/shims", store.display());
        let bin = bin.display().to_string();
        // A directory that only looks the same to a pattern stays.
        let twin = shims.replace('*', "x");
        let mut cases = vec![
            ("/usr/bin".to_owned(), format!("{shims}:{bin}:/usr/bin")),
            (format!("/a:{shims}:/b"), format!("{shims}:{bin}:/a:/b")),
            (format!("/a:{bin}:/b:{shims}"), format!("{shims}:/a:{bin}:/b")),
            (format!("{shims}:/a:{bin}"), format!("{shims}:/a:{bin}")),
            (format!("/a:{shims}:{shims}:/b:{bin}:{shims}"), format!("{shims}:/a:/b:{bin}")),
            (format!("{shims}x:{bin}x:/a"), format!("{shims}:{bin}:{shims}x:{bin}x:/a")),
        ];
        if twin != shims {
            cases.push((format!("{twin}:/a"), format!("{shims}:{bin}:{twin}:/a")));
        }
        for (path, want) in cases {
            for shell in POSIX.iter().chain([&FISH]).copied() {
                let fish = shell == FISH;
                let script = store.join(if fish { "env.fish" } else { "env" });
                // Twice, strict, and with the script's path as an argument: it needs no quoting here.
                let code = if fish {
                    "source $argv[1]; source $argv[1]; string join : $PATH"
                } else {
                    "set -eu; . \"$1\"; . \"$1\"; printf '%s\\n' \"$PATH\"; \
                     test -z \"${goward_bin+x}${goward_shims+x}${goward_rest+x}\""
                };
                let zero: &[&str] = if fish { &[] } else { &["sh"] };
                let mut args = vec![OsStr::new("-c"), OsStr::new(code)];
                args.extend(zero.iter().map(OsStr::new));
                args.push(script.as_os_str());
                let Some(got) = run(shell, &args, &[("PATH", OsStr::new(&path))]) else { continue };
                assert_eq!(String::from_utf8_lossy(&got), format!("{want}\n"), "{shell:?} {path}");
            }
        }
    }
}

#[test]
fn an_empty_path_does_not_become_the_working_directory() {
    let directory = TempDir::new().unwrap();
    let store = directory.path();
    shell::write_scripts(store, Path::new("/opt/b")).unwrap();
    let code = ". \"$1\"; printf '%s' \"$PATH\"";
    for shell in POSIX {
        let args = ["-c", code, "sh"].map(OsStr::new);
        let script = store.join("env");
        let args = [args.as_slice(), &[script.as_os_str()]].concat();
        let Some(got) = run(shell, &args, &[("PATH", OsStr::new(""))]) else { continue };
        // zsh takes an empty PATH for an unset one and has a default.
        let got = format!("{}:", String::from_utf8_lossy(&got));
        let want = format!("{}/shims:/opt/b:", store.display());
        assert!(got.starts_with(&want) && !got.contains("::"), "{shell:?}: {got}");
    }
}

#[test]
fn every_kind_of_session_has_the_shims_first() {
    let sessions: [(&[&str], &str); 8] = [
        (&["bash", "-l"], "printf '%s\\n' \"$PATH\""),
        (&["bash", "-i"], "printf '%s\\n' \"$PATH\""),
        (&["dash", "-l"], "printf '%s\\n' \"$PATH\""),
        (&["zsh"], "printf '%s\\n' \"$PATH\""),
        (&["zsh", "-l"], "printf '%s\\n' \"$PATH\""),
        (&["zsh", "-i"], "printf '%s\\n' \"$PATH\""),
        (&["fish"], "string join : $PATH"),
        (&["fish", "-l"], "string join : $PATH"),
    ];
    for name in ["home", HOSTILE] {
        let directory = TempDir::new().unwrap();
        let home = directory.path().canonicalize().unwrap().join(name);
        fs::create_dir(&home).unwrap();
        let store = home.join(".local/share/goward");
        for (shell, code) in sessions {
            let Some(program) = find(shell[0]) else { continue };
            let mut ctx = Ctx::default();
            ctx.variables.insert("HOME".into(), home.clone().into());
            ctx.variables.insert("SHELL".into(), program.into());
            for change in shell::setup(&ctx, &store, Path::new("/opt/b")).unwrap() {
                assert!(!change.is_problem(), "{change}");
            }
            let path = |what: &str| {
                let output = machine::command(find(shell[0]).unwrap())
                    .args(&shell[1..])
                    .args(["-c", code])
                    .env_clear()
                    .envs([
                        ("HOME", home.as_os_str()),
                        ("PATH", OsStr::new("/usr/bin:/bin")),
                        ("LC_ALL", OsStr::new("C.UTF-8")),
                    ])
                    .stdin(std::process::Stdio::null())
                    .output()
                    .unwrap();
                assert!(output.status.success(), "{shell:?} {what}: {}", output.status);
                String::from_utf8(output.stdout).unwrap()
            };
            let shims = format!("{}/shims:", store.display());
            let set_up = path("set up");
            assert!(set_up.starts_with(&shims), "{shell:?}: {set_up}");
            assert!(
                set_up.contains("/opt/b:") && set_up.contains("/usr/bin"),
                "{shell:?}: {set_up}"
            );
            // Somebody deleted the store: the line does nothing, silently.
            fs::remove_dir_all(&store).unwrap();
            assert!(!path("store deleted").contains("goward"), "{shell:?}");
            shell::undo(&ctx, &store).unwrap();
            assert!(!path("undone").contains("goward"), "{shell:?}");
        }
    }
}

#[test]
fn shells_read_snippets_as_they_were_meant() {
    let every_byte: Vec<u8> = (1..=255).collect();
    let values: [&[u8]; 9] = [
        b"plain",
        HOSTILE.as_bytes(),
        b"'",
        b"''quoted''",
        b"ends in a backslash \\",
        b"two\nlines\n and \t",
        b"$(touch pwned) `touch pwned` !! %s %% ${HOME}",
        b"latin \xe9\xff0",
        &every_byte,
    ];
    for shell in POSIX.iter().chain([&FISH]).copied() {
        let name = if shell[0] == "busybox" { "sh" } else { shell[0] };
        let name = if name == "dash" { "sh" } else { name };
        for value in values {
            let value = OsStr::from_bytes(value);
            let snippet =
                shell::env_snippet(name, &[("GOWARD_X", Some(value)), ("GOWARD_Y", None)]).unwrap();
            let code = if shell == FISH {
                "printf '%s' $argv[1] | source; printenv GOWARD_X; \
                 if set -q GOWARD_Y; echo still set; end"
            } else {
                "eval \"$1\"; printenv GOWARD_X; if [ -n \"${GOWARD_Y+x}\" ]; then echo still set; fi"
            };
            let mut args = vec![OsString::from("-c"), code.into()];
            if shell != FISH {
                args.push("sh".into());
            }
            args.push(snippet.into());
            let args: Vec<&OsStr> = args.iter().map(OsString::as_os_str).collect();
            let path = OsStr::new("/usr/bin:/bin");
            let env = [("PATH", path), ("GOWARD_Y", OsStr::new("y"))];
            let Some(mut got) = run(shell, &args, &env) else { continue };
            assert_eq!(got.pop(), Some(b'\n'));
            assert_eq!(OsString::from_vec(got), value, "{shell:?}");
        }
    }
}
