//! Start-up files in real home directories. Real shells read them in `tests/shell.rs`.

use super::*;
use fs_err as fs;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use tempfile::TempDir;

const LINE: &str = "if [ -r \"$HOME/store/env\" ]; then . \"$HOME/store/env\"; fi # goward\n";
const OWN_FILE: &str = "if [ -r \"$HOME/store/env\" ]; then . \"$HOME/store/env\"; fi # goward, \
                        which created this file\n";
const FISH: &str = "if test -r \"$HOME/store/env.fish\"; source \"$HOME/store/env.fish\"; end # \
                    goward, which created this file\n";

struct User {
    directory: TempDir,
    ctx: Ctx,
}

impl User {
    /// A home with nothing in it, of somebody whose login shell is `shell` and who has no other.
    fn new(shell: &str) -> Self {
        let directory = TempDir::new().unwrap();
        fs::create_dir(directory.path().join("home")).unwrap();
        let home = directory.path().join("home").into_os_string();
        let variables: BTreeMap<OsString, OsString> =
            [("HOME".into(), home), ("SHELL".into(), format!("/bin/{shell}").into())].into();
        Self { ctx: Ctx { variables, ..Ctx::default() }, directory }
    }

    fn with(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.ctx.variables.insert(name.into(), value.into());
        self
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join("home").join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn setup(&self) -> Vec<String> {
        self.show(setup(&self.ctx, &self.path("store"), Path::new("/opt/goward/bin")).unwrap())
    }

    fn undo(&self) -> Vec<String> {
        self.show(undo(&self.ctx, &self.path("store")).unwrap())
    }

    fn show(&self, changes: Vec<Change>) -> Vec<String> {
        let home = self.path("");
        changes
            .into_iter()
            .map(|change| {
                let path = change.path.strip_prefix(&home).map(Path::to_path_buf);
                Change { path: path.unwrap_or(change.path), what: change.what }.to_string()
            })
            .filter(|line| !line.contains("`store/env"))
            .collect()
    }

    /// Every file of the home but the store: name and content.
    fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        fn walk(directory: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
            for entry in fs::read_dir(directory).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    walk(&path, files);
                } else {
                    files.insert(path.clone(), fs::read(&path).unwrap_or_default());
                }
            }
        }
        let mut files = BTreeMap::new();
        walk(&self.path(""), &mut files);
        files.retain(|path, _| !path.starts_with(self.path("store")));
        files
    }
}

#[test]
fn which_files_are_edited() {
    type Case = (&'static str, &'static [&'static str], &'static [&'static str]);
    let cases: [Case; 9] = [
        ("bash", &[], &["created `.profile`", "created `.bashrc`"]),
        ("bash", &[".bash_profile"], &["edited `.bash_profile`", "created `.bashrc`"]),
        (
            "bash",
            &[".bashrc", ".bash_login", ".profile"],
            &["edited `.bash_login`", "edited `.profile`", "edited `.bashrc`"],
        ),
        ("ash", &[], &["created `.profile`"]),
        ("ash", &[".bashrc"], &["created `.profile`", "edited `.bashrc`"]),
        ("zsh", &[".profile"], &["edited `.profile`", "created `.zshenv`"]),
        (
            "zsh",
            &[".profile", ".zshenv", ".zprofile", ".zshrc"],
            &["edited `.profile`", "edited `.zshenv`", "edited `.zprofile`", "edited `.zshrc`"],
        ),
        (
            "fish",
            &[".profile"],
            &["edited `.profile`", "created `.config/fish/conf.d/goward.fish`"],
        ),
        (
            "sh",
            &[".profile", ".config/fish/conf.d/goward.fish"],
            &["edited `.profile`", "edited `.config/fish/conf.d/goward.fish`"],
        ),
    ];
    for (shell, there, want) in cases {
        let user = User::new(shell);
        for name in there {
            user.write(name, "x\n");
        }
        let got = user.setup();
        // path_helper: see zsh.rs.
        let got: Vec<&String> = got
            .iter()
            .filter(|line| !(cfg!(target_os = "macos") && *line == "created `.zprofile`"))
            .collect();
        assert_eq!(got, want, "{shell} with {there:?}");
        assert_eq!(user.setup(), [""; 0], "a second time");
    }
}

#[test]
fn a_shell_on_path_is_in_use() {
    let user = User::new("sh");
    user.write("bin/zsh", "");
    let user = {
        let path = user.path("bin");
        user.with("PATH", path)
    };
    assert!(!is_in_use(&user.ctx, "zsh"), "not executable");
    fs::set_permissions(user.path("bin/zsh"), PermissionsExt::from_mode(0o755)).unwrap();
    assert!(is_in_use(&user.ctx, "zsh") && !is_in_use(&user.ctx, "fish"));
}

#[test]
fn undoing_gives_back_what_was_there() {
    for text in [
        "",
        "# mine\n",
        "\n\n",
        "export A=1\nexport B='# goward'\n",
        "x # goward\n",
        "\u{e9}\0\r\n",
    ] {
        let user = User::new("bash");
        user.write(".bashrc", text);
        let before = user.files();
        assert_eq!(user.setup(), ["created `.profile`", "edited `.bashrc`"]);
        assert_eq!(user.read(".bashrc"), format!("{text}{LINE}"));
        assert_eq!(user.read(".profile"), OWN_FILE);
        assert_eq!(user.undo(), ["removed `.profile`", "edited `.bashrc`"]);
        assert_eq!(user.files(), before);
        assert!(!user.path("store/env").exists() && !user.path("store/env.fish").exists());
        assert_eq!(user.undo(), [""; 0], "a second time");
    }
}

#[test]
fn a_last_line_without_an_end_gets_one_and_loses_it() {
    let user = User::new("bash");
    user.write(".bashrc", "export A=1");
    user.setup();
    let line = LINE.replace("# goward", "# goward, which ended the line above");
    assert_eq!(user.read(".bashrc"), format!("export A=1\n{line}"));
    assert_eq!(user.setup(), [""; 0]);
    user.undo();
    assert_eq!(user.read(".bashrc"), "export A=1");
    // What was written below it since needs that end.
    user.setup();
    user.write(".bashrc", &format!("{}export B=1\n", user.read(".bashrc")));
    user.undo();
    assert_eq!(user.read(".bashrc"), "export A=1\nexport B=1\n");
}

#[test]
fn lines_that_were_added_later_stay() {
    let user = User::new("bash");
    user.setup();
    user.write(".bashrc", &format!("{OWN_FILE}export LATER=1\n"));
    assert_eq!(user.setup(), [""; 0]);
    assert_eq!(user.undo(), ["removed `.profile`", "edited `.bashrc`"]);
    assert_eq!(user.read(".bashrc"), "export LATER=1\n");
}

#[test]
fn the_line_is_found_under_another_home_and_with_other_line_ends() {
    let user = User::new("bash");
    let store = user.path("store").display().to_string();
    let absolute = format!("if [ -r '{store}/env' ]; then . '{store}/env'; fi # goward\r\n");
    user.write(".profile", "");
    user.write(".bashrc", &absolute);
    assert_eq!(user.setup(), ["edited `.profile`"]);
    assert_eq!(user.undo(), ["edited `.profile`", "edited `.bashrc`"]);
    assert_eq!(user.read(".bashrc"), "");
}

#[test]
fn two_stores_do_not_touch_each_others_lines() {
    let user = User::new("ash");
    user.write(".profile", "");
    user.setup();
    let bin = Path::new("/opt/goward/bin");
    setup(&user.ctx, &user.path("other"), bin).unwrap();
    undo(&user.ctx, &user.path("other")).unwrap();
    assert_eq!(user.read(".profile"), LINE);
    assert!(user.path("store/env").exists() && !user.path("other/env").exists());
}

#[test]
fn fish_has_a_file_of_its_own() {
    let user = User::new("fish").with("XDG_CONFIG_HOME", "relative");
    user.write(".profile", "");
    user.setup();
    assert_eq!(user.read(".config/fish/conf.d/goward.fish"), FISH);
    assert_eq!(user.undo(), ["edited `.profile`", "removed `.config/fish/conf.d/goward.fish`"]);
    let config = TempDir::new().unwrap();
    let user = user.with("XDG_CONFIG_HOME", config.path());
    user.setup();
    assert!(config.path().join("fish/conf.d/goward.fish").exists());
}

#[test]
fn zdotdir_comes_first_and_home_is_not_forgotten() {
    let user = User::new("zsh");
    user.write(".profile", "");
    user.write(".zshrc", "");
    let dots = user.path("dots");
    let user = user.with("ZDOTDIR", dots);
    let mut want = vec!["edited `.profile`", "created `dots/.zshenv`", "edited `.zshrc`"];
    if cfg!(target_os = "macos") {
        want.insert(2, "created `dots/.zprofile`");
    }
    assert_eq!(user.setup(), want);
    user.undo();
    user.write("dots/.zshenv", "");
    user.write(".zshenv", "");
    let got = user.setup();
    assert!(got.contains(&"edited `dots/.zshenv`".to_owned()), "{got:?}");
    assert!(got.contains(&"edited `.zshenv`".to_owned()), "{got:?}");
}

#[test]
fn links_are_followed_and_stay_links() {
    let user = User::new("bash");
    user.write("dotfiles/bashrc", "mine\n");
    fs::os::unix::fs::symlink("dotfiles/bashrc", user.path(".bashrc")).unwrap();
    fs::os::unix::fs::symlink(".bashrc", user.path(".bash_profile")).unwrap();
    assert_eq!(user.setup(), ["edited `dotfiles/bashrc`"], "one file, one line");
    assert_eq!(user.read("dotfiles/bashrc"), format!("mine\n{LINE}"));
    assert!(user.path(".bashrc").is_symlink() && user.path(".bash_profile").is_symlink());
    user.undo();
    assert_eq!(user.read("dotfiles/bashrc"), "mine\n");
}

#[test]
fn what_cannot_be_edited_is_left_alone_and_named() {
    let user = User::new("bash");
    fs::os::unix::fs::symlink("nowhere", user.path(".profile")).unwrap();
    fs::create_dir(user.path(".bashrc")).unwrap();
    assert_eq!(
        user.setup(),
        [
            "left `.profile` alone: it is a link that leads nowhere",
            "left `.bashrc` alone: it is not a regular file",
        ]
    );
    assert!(!user.path("nowhere").exists());
    assert!(user.path("store/env").exists());

    let user = User::new("fish");
    user.write(".profile", "");
    user.write(".config", "a file where a directory should be");
    let changes = user.setup();
    assert_eq!(changes.len(), 2, "{changes:?}");
    assert!(
        changes[1].starts_with("left `.config/fish/conf.d/goward.fish` alone: "),
        "{changes:?}"
    );
}

#[test]
fn without_a_home_only_the_scripts_are_written() {
    let cases = [
        (
            "",
            "left `$HOME` alone: it is unset or not absolute, so there are no start-up files to edit",
        ),
        (
            "rel",
            "left `$HOME` alone: it is unset or not absolute, so there are no start-up files to edit",
        ),
        (
            "/dev/null",
            "left `/dev/null` alone: it is not a directory, so there are no start-up files to edit",
        ),
        (
            "/nonexistent/x",
            "left `/nonexistent/x` alone: it is not a directory, so there are no start-up files to edit",
        ),
    ];
    for (home, want) in cases {
        let user = User::new("bash");
        let store = user.path("store");
        let user = user.with("HOME", home);
        let changes = setup(&user.ctx, &store, Path::new("/opt/bin")).unwrap();
        let shown: Vec<String> = changes.iter().map(Change::to_string).collect();
        assert_eq!(shown.len(), 4, "{shown:?}");
        assert_eq!(shown[3], want);
        assert!(changes[3].is_problem() && !changes[0].is_problem());
        assert!(!Path::new("/nonexistent").exists());
    }
}

#[test]
fn mode_and_owner_stay() {
    let user = User::new("bash");
    for (name, mode) in [(".bashrc", 0o640), (".profile", 0o755)] {
        user.write(name, "x\n");
        fs::set_permissions(user.path(name), PermissionsExt::from_mode(mode)).unwrap();
    }
    // Only root can give files away; for everybody else the owner is the same anyway.
    let owner = if std::os::unix::fs::chown(user.path(".bashrc"), Some(65534), Some(65534)).is_ok()
    {
        65534
    } else {
        fs::metadata(user.path(".bashrc")).unwrap().uid()
    };
    user.setup();
    let metadata = fs::metadata(user.path(".bashrc")).unwrap();
    assert_eq!((metadata.mode() & 0o7777, metadata.uid()), (0o640, owner));
    assert_eq!(fs::metadata(user.path(".profile")).unwrap().mode() & 0o7777, 0o755);
    let names: Vec<_> = user.files().into_keys().collect();
    assert_eq!(names.len(), 2, "no temporary file is left: {names:?}");
}

#[test]
fn a_plan_changes_nothing() {
    let user = User::new("bash");
    user.write(".bashrc", "x\n");
    let before = user.files();
    let edits = plan(&user.ctx, &user.path("store"), Direction::Setup);
    assert_eq!(edits.len(), 2);
    assert_eq!(edits[1].action, Action::Replace(format!("x\n{LINE}").into()));
    assert_eq!(user.files(), before);
}

#[test]
fn scripts_are_written_once_and_again_when_goward_moves() {
    let directory = TempDir::new().unwrap();
    let store = directory.path().join("a/store");
    let write = |bin: &str| {
        let changes = write_scripts(&store, Path::new(bin)).unwrap();
        changes.into_iter().map(|change| change.what).collect::<Vec<_>>()
    };
    assert_eq!(write("/opt/a"), vec![ChangeKind::Created; 3]);
    assert_eq!(write("/opt/a"), []);
    assert_eq!(write("/opt/b"), vec![ChangeKind::Edited; 3]);
    let text = fs::read_to_string(store.join("env")).unwrap();
    assert!(text.contains("goward_bin='/opt/b'\n") && !text.contains('@'), "{text}");
}

#[test]
fn directories_that_cannot_stand_on_path() {
    let store = TempDir::new().unwrap();
    let good = store.path().join("s");
    let colon = store.path().join("a:b");
    let cases: [(&Path, &Path, String); 4] = [
        (
            &colon,
            Path::new("/b"),
            format!(
                "goward: cannot put `{}` on PATH: `:` separates the entries of PATH; nothing was \
                 changed\nhint: choose another place: `GOWARD_HOME=/absolute/path`",
                colon.display()
            ),
        ),
        (
            Path::new("s"),
            Path::new("/b"),
            "goward: cannot put `s` on PATH: it is not absolute; nothing was changed\nhint: choose \
             another place: `GOWARD_HOME=/absolute/path`"
                .into(),
        ),
        (
            &good,
            Path::new("/a\nb"),
            "goward: cannot put `/a\\u{a}b` on PATH: it holds a line feed; nothing was changed\n\
             hint: install goward in another directory"
                .into(),
        ),
        (
            &good,
            Path::new(""),
            "goward: cannot put `` on PATH: it is not absolute; nothing was changed\nhint: install \
             goward in another directory"
                .into(),
        ),
    ];
    for (home, bin, want) in cases {
        let error = setup(&Ctx::default(), home, bin).unwrap_err();
        assert_eq!(error.to_string(), want);
    }
    assert_eq!(fs::read_dir(store.path()).unwrap().count(), 0);
}

#[test]
fn snippets() {
    let assignments: [(&str, Option<&OsStr>); 3] = [
        ("GODEBUG", Some(OsStr::new("a=1,b=it's"))),
        ("GOEXPERIMENT", None),
        ("X", Some(OsStr::new(""))),
    ];
    let posix = "export GODEBUG='a=1,b=it'\\''s'\nunset GOEXPERIMENT\nexport X=''\n";
    let fish = "set -gx GODEBUG 'a=1,b=it\\'s'\nset -e GOEXPERIMENT\nset -gx X ''\n";
    let powershell = "$env:GODEBUG = 'a=1,b=it''s'\nRemove-Item -Path 'Env:GOEXPERIMENT' \
                      -ErrorAction SilentlyContinue\n$env:X = ''\n";
    for (shell, want) in
        [("sh", posix), ("bash", posix), ("zsh", posix), ("fish", fish), ("powershell", powershell)]
    {
        assert_eq!(env_snippet(shell, &assignments).unwrap(), want, "{shell}");
    }
    for shell in SHELLS {
        assert!(SNIPPETS.contains(&(shell.name(), shell.syntax())), "{}", shell.name());
    }
}

#[test]
fn snippets_that_cannot_be_written() {
    use std::os::unix::ffi::OsStrExt;
    let latin1 = OsStr::from_bytes(b"\xe9");
    let cases: [(&str, &str, &OsStr, &str); 4] = [
        (
            "tcsh",
            "A",
            OsStr::new(""),
            "goward: unknown shell `tcsh`\nhint: shells: bash, fish, nu, powershell, sh, zsh",
        ),
        ("bsh", "A", OsStr::new(""), "goward: unknown shell `bsh`\nhint: did you mean `bash`?"),
        ("sh", "A;B", OsStr::new(""), "goward: `A;B` is not a name of a variable"),
        (
            "powershell",
            "A",
            latin1,
            "goward: the value of `A` cannot be written for this shell\n  it is not UTF-8, or holds a \
             NUL",
        ),
    ];
    for (shell, name, value, want) in cases {
        let error = env_snippet(shell, &[(name, Some(value))]).unwrap_err();
        assert_eq!(error.to_string(), want);
    }
}

#[test]
fn a_path_in_a_hint_is_one_word() {
    let cases = [
        ("/src/app-1.0/goward.lock", "/src/app-1.0/goward.lock"),
        ("/my files/x", "'/my files/x'"),
        ("/a;rm -rf ~/x", "'/a;rm -rf ~/x'"),
        ("/it's", r"'/it'\''s'"),
        ("", "''"),
    ];
    for (path, want) in cases {
        assert_eq!(word(Path::new(path)), want, "{path}");
    }
}
