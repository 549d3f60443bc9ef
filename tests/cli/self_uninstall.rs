//! `goward self uninstall`: everything of goward goes, and nothing else. `tests/releases/installer.rs` compares a whole
//! home directory before an installation and after.

use super::{mirror, sandbox};
use crate::common::Sandbox;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

/// Puts the programs where `install.sh` does, with its note.
fn installed(sandbox: &Sandbox, owner: &str) {
    for directory in ["home/.local/bin", "home/.local/lib/goward"] {
        fs::create_dir_all(sandbox.path(directory)).unwrap();
    }
    for name in ["goward", "goward-shim"] {
        let place = sandbox.path("home/.local/bin").join(name);
        fs::hard_link(sandbox.path("bin").join(name), place).unwrap();
    }
    let made = sandbox.path("home/.local");
    let note = format!("{owner}\nmade {}\nmade {0}/bin\nmade {0}/lib\n", made.display());
    sandbox.write("home/.local/lib/goward/installed-by", note);
}

fn goward(sandbox: &Sandbox, words: &[&str]) -> crate::common::Outcome {
    let mut command = sandbox.command(&sandbox.path("home/.local/bin/goward"), "project");
    sandbox.finish(command.args(words))
}

/// Names below the home directory, sorted.
fn home(sandbox: &Sandbox) -> Vec<String> {
    let mut found = Vec::new();
    let mut todo = vec![sandbox.path("home")];
    while let Some(next) = todo.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            found.push(path.strip_prefix(sandbox.path("home")).unwrap().display().to_string());
            if path.is_dir() && !path.is_symlink() {
                todo.push(path);
            }
        }
    }
    found.sort();
    found
}

#[test]
fn nothing_is_left() {
    let server = mirror();
    let sandbox = sandbox(&server).var("SHELL", "/bin/bash");
    // Files whose last line has no end, or that are empty, are as they were, byte for byte.
    let files =
        [("home/.bashrc", "alias x=y"), ("home/.profile", ""), ("home/.zshrc", "# mine\n\n")];
    for (file, text) in files {
        sandbox.write(file, text);
    }
    let before = home(&sandbox);
    installed(&sandbox, "install.sh");
    assert_eq!(goward(&sandbox, &["setup"]).code, Some(0));
    assert_eq!(goward(&sandbox, &["use", "1.99.1"]).code, Some(0));
    assert_eq!(goward(&sandbox, &["default", "1.99.1"]).code, Some(0));
    sandbox.write("home/.local/share/goward/tools/greet@v1.0.0-0123456789abcdef/bin/greet", "");
    sandbox.write("home/.config/goward/config.toml", "[this is\nno TOML");
    assert_ne!(sandbox.read("home/.bashrc"), "alias x=y");
    let set_up = home(&sandbox);

    let dry = goward(&sandbox, &["self", "uninstall", "--dry-run"]);
    let says = dry.says();
    for line in [
        "goward: to remove: goward's line in `[HOME]/.bashrc`\n",
        "goward: to remove: the store `[STORE]`, with 1 toolchain\n",
        "goward: to remove: `[HOME]/.config/goward`\n",
        "goward: to remove: `[HOME]/.local/bin/goward`\n",
    ] {
        assert!(says.contains(line), "{line}: {says}");
    }
    goward(&sandbox, &["self", "uninstall"]).stderr.lines().last().map_or_else(
        || panic!("nothing was said"),
        |hint| assert_eq!(hint, "hint: `goward self uninstall --yes`"),
    );
    assert_eq!(home(&sandbox), set_up, "nothing was removed without a yes");

    let outcome = goward(&sandbox, &["self", "uninstall", "--yes"]);
    assert!(outcome.says().contains("goward: removed `[STORE]`\n"), "{outcome:?}");
    assert_eq!(home(&sandbox), before);
    for (file, text) in files {
        assert_eq!(sandbox.read(file), text, "{file}");
    }
}

#[test]
fn toolchains_can_stay() {
    let server = mirror();
    let sandbox = sandbox(&server);
    installed(&sandbox, "checkout");
    assert_eq!(goward(&sandbox, &["setup"]).code, Some(0));
    assert_eq!(goward(&sandbox, &["install", "1.99.1"]).code, Some(0));
    let outcome = goward(&sandbox, &["self", "uninstall", "--keep-toolchains", "--yes"]);
    assert!(
        outcome.says().contains("shims and scripts in `[STORE]`; toolchains stay"),
        "{outcome:?}"
    );
    assert!(!outcome.stderr.contains("goward: removed `[STORE]`\n"), "{outcome:?}");
    for gone in ["shims", "env", "completions"] {
        assert!(!sandbox.store().join(gone).exists(), "{gone}");
    }
    assert!(!sandbox.path("home/.local/bin").exists());
    installed(&sandbox, "checkout");
    assert!(goward(&sandbox, &["list"]).data().contains("go1.99.1"));
}

#[test]
fn programs_of_packages_stay() {
    let sandbox = sandbox(&mirror());
    for (owner, advice) in [
        ("deb", "`[HOME]/.local/bin/goward` belongs to a package (deb): `apt-get remove goward`"),
        ("wheel", "`uv tool uninstall goward`, or `pip uninstall goward`"),
        (
            "",
            "goward cannot tell who installed `[HOME]/.local/bin/goward`; remove it with that program",
        ),
    ] {
        if sandbox.path("home/.local").exists() {
            fs::remove_dir_all(sandbox.path("home/.local")).unwrap();
        }
        installed(&sandbox, owner);
        assert_eq!(goward(&sandbox, &["setup", "--no-modify-path"]).code, Some(0));
        let outcome = goward(&sandbox, &["self", "uninstall", "--yes"]);
        assert!(outcome.says().contains(advice), "{owner}: {outcome:?}");
        assert!(!sandbox.store().exists(), "{owner}");
        assert!(sandbox.path("home/.local/bin/goward").exists(), "{owner}");
        let again = goward(&sandbox, &["self", "uninstall", "--yes"]);
        assert!(
            again.says().starts_with("goward: nothing of goward is left to remove\n"),
            "{again:?}"
        );
    }
}

#[test]
fn what_is_not_gowards_stays() {
    let sandbox = sandbox(&mirror());
    assert_eq!(sandbox.goward(["setup", "--no-modify-path"]).code, Some(0));
    sandbox.write("precious/file", "x");
    let read_only = || fs::Permissions::from_mode(0o444);
    fs::set_permissions(sandbox.path("precious/file"), read_only()).unwrap();
    symlink(sandbox.path("precious"), sandbox.store().join("tree/linked")).unwrap();
    sandbox.write("home/.local/share/goward/mine", "x");
    let outcome = sandbox.goward(["self", "uninstall", "--yes"]);
    assert!(
        outcome.says().contains("goward: `[STORE]` stays: it has other files, such as `mine`\n"),
        "{outcome:?}"
    );
    assert!(outcome.stderr.contains("goward: removed `[STORE]/tree`\n"), "{outcome:?}");
    assert!(!outcome.stderr.contains("goward: removed `[STORE]`\n"), "{outcome:?}");
    let mut left = sandbox.store_listing();
    left.retain(|name| name != "goward-store");
    assert_eq!(left, ["mine"]);
    let mode = fs::metadata(sandbox.path("precious/file")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o444, "links are not followed");
    // Somebody's directory that is no store.
    let other = sandbox.path("other");
    sandbox.write("other/tmp/x", "x");
    sandbox.write("other/file", "x");
    let mut command = sandbox.command(&sandbox.path("bin/goward"), "project");
    command.env("GOWARD_HOME", &other).args(["self", "uninstall", "--yes"]);
    assert_eq!(sandbox.finish(&mut command).code, Some(0));
    assert!(other.join("tmp/x").exists() && other.join("file").exists());
}

/// `tmp` in a home directory, or at the root, is anybody's.
#[test]
fn a_home_directory_is_not_purged() {
    let sandbox = Sandbox::new();
    let home = sandbox.path("home");
    sandbox.write("home/tmp/x", "x");
    sandbox.write("home/goward-store", "goward store 2\n");
    for place in [home.clone(), home.join("tmp/..")] {
        let mut command = sandbox.command(&sandbox.path("bin/goward"), "project");
        command.env("GOWARD_HOME", &place).args(["self", "uninstall", "--yes"]);
        let outcome = sandbox.finish(&mut command);
        assert_eq!(outcome.code, Some(2), "{outcome:?}");
        assert!(outcome.stderr.contains("is not goward's own directory\n  nothing was removed\n"));
        assert!(home.join("tmp/x").exists());
    }
}

/// Whatever somebody did to the store, `setup` works after it, and so does `self uninstall`.
#[test]
fn half_deleted_stores() {
    let server = mirror();
    let ways: [(&str, &[&str]); 4] = [
        ("all of it", &[""]),
        ("what a user without more rights can", &["goward-store", "env", "shims", "meta"]),
        ("programs", &["shims", "completions", "locks", "tmp"]),
        ("what names the directories", &["goward-store", "made-directories", "trash"]),
    ];
    for (what, names) in ways {
        let sandbox = sandbox(&server);
        installed(&sandbox, "install.sh");
        assert_eq!(goward(&sandbox, &["setup"]).code, Some(0));
        assert_eq!(goward(&sandbox, &["install", "1.99.1"]).code, Some(0));
        let delete = || {
            for name in names {
                let path = sandbox.store().join(name);
                let mut chmod = sandbox.command("/bin/chmod".as_ref(), "project");
                chmod.args(["-R", "u+w"]).arg(&path).status().unwrap();
                if path.is_dir() {
                    fs::remove_dir_all(path).unwrap();
                } else {
                    _ = fs::remove_file(path);
                }
            }
        };
        delete();
        let outcome = goward(&sandbox, &["setup"]);
        assert_eq!(outcome.code, Some(0), "{what}: {outcome:?}");
        let outcome = goward(&sandbox, &["install", "1.99.1"]);
        assert_eq!(outcome.code, Some(0), "{what}: {outcome:?}");
        delete();
        let outcome = goward(&sandbox, &["self", "uninstall", "--yes"]);
        assert_eq!(outcome.code, Some(0), "{what}: {outcome:?}");
        assert!(!sandbox.store().exists(), "{what}: {:?}", sandbox.store_listing());
        installed(&sandbox, "install.sh");
        let outcome = goward(&sandbox, &["setup"]);
        assert_eq!(outcome.code, Some(0), "{what}: {outcome:?}");
    }
}
