//! Which processes count as users of a toolchain, each by one trace alone.

use super::*;
use crate::verify::Sharing;

#[cfg(unix)] // Where a program can be started by another name.
mod processes {
    use super::*;
    use crate::fs::symlink;
    use std::os::unix::process::CommandExt;
    use std::process::{Child, Command, Stdio};

    const SHELL: &str = "/bin/sh";

    /// macOS keeps the variables of its own programs to itself.
    const SHOWS_VARIABLES: bool = !cfg!(target_os = "macos");

    /// A process that waits until it is dropped.
    struct Waiting(Child);

    impl Waiting {
        /// Starts a shell that waits; `change` gives it a trace.
        fn start(program: &Path, change: impl FnOnce(&mut Command)) -> Self {
            let mut command = Command::new(program);
            command.args(["-c", "echo; read -r line"]).env_clear().current_dir("/");
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
            change(&mut command);
            let mut child = command.spawn().unwrap();
            // Until it says something it may not be what it will be.
            io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut [0]).unwrap();
            Self(child)
        }
    }

    impl Drop for Waiting {
        fn drop(&mut self) {
            _ = self.0.kill();
            _ = self.0.wait();
        }
    }

    /// Returns whether exactly this process, and none before it, uses a toolchain.
    fn is_user(
        store: &Store,
        installed: &InstalledToolchain,
        start: impl FnOnce() -> Waiting,
    ) -> bool {
        assert_eq!(store.user_of(installed, &store.processes()), None);
        let waiting = start();
        let user = store.user_of(installed, &store.processes());
        user.is_some_and(|user| user.starts_with(&format!("process {} (", waiting.0.id())))
    }

    #[test]
    fn who_has_a_file_open_stands_in_a_directory_or_is_named_after_a_program() {
        let (_directory, store) = store();
        let installed = install(&store, &tree(), false, Level::Listed);
        let shell = Path::new(SHELL);
        assert!(is_user(&store, &installed, || Waiting::start(shell, |command| {
            command.stderr(fs::File::open(installed.tree.join("VERSION")).unwrap().into_file());
        })));
        assert!(is_user(&store, &installed, || Waiting::start(shell, |command| {
            command.current_dir(installed.tree.join("bin"));
        })));
        assert!(is_user(&store, &installed, || Waiting::start(shell, |command| {
            command.arg0(installed.tree.join("bin/go"));
        })));
        for name in ["GOROOT", "GOWARD_TOOLCHAIN"] {
            let is_seen = is_user(&store, &installed, || {
                Waiting::start(shell, |command| {
                    command.env(name, &installed.tree);
                })
            });
            assert_eq!(is_seen, SHOWS_VARIABLES, "{name}");
        }
        // Who only mentions it does not use it.
        assert!(!is_user(&store, &installed, || Waiting::start(shell, |command| {
            command.env("NOTE", &installed.tree);
        })));
    }

    #[test]
    fn a_store_is_known_by_its_link_and_by_where_it_is() {
        let (directory, below) = store();
        let link = directory.path().join("link");
        symlink(below.home(), &link).unwrap();
        let store = with_shim(Store::new(link.clone()), directory.path());
        let installed = install(&store, &tree(), false, Level::Listed);
        for home in [below.home(), &link] {
            let program = home.join("tree").join(&installed.key).join("bin/go");
            assert!(is_user(&store, &installed, || Waiting::start(Path::new(SHELL), |command| {
                command.arg0(program);
            })));
        }
    }

    /// In a container the program has another path. macOS runs no copies of its own programs.
    #[cfg(target_os = "linux")]
    #[test]
    fn the_program_itself_is_known_by_any_name() {
        let (directory, store) = store();
        let installed = install(&store, &tree(), false, Level::Listed);
        let bin = installed.tree.join("libexec");
        fs::remove_file(bin.join("go")).unwrap();
        fs::copy(SHELL, bin.join("go")).unwrap();
        let other = directory.path().join("other");
        fs::hard_link(bin.join("go"), &other).unwrap();
        assert!(is_user(&store, &installed, || Waiting::start(&other, |_| {})));
    }

    /// What is mapped only Linux says.
    #[cfg(target_os = "linux")]
    #[test]
    fn what_is_mapped_is_used() {
        let (_directory, store) = store();
        let installed = install(&store, &tree(), false, Level::Listed);
        // A library that every program can load besides its own.
        let maps = fs::read_to_string("/proc/self/maps").unwrap();
        let paths = maps.lines().filter_map(|line| line.split_whitespace().nth(5));
        let library = paths.into_iter().find(|path| path.contains("/libgcc_s.")).unwrap();
        let copy = installed.tree.join("lib.so");
        fs::copy(library, &copy).unwrap();
        assert!(is_user(&store, &installed, || Waiting::start(Path::new(SHELL), |command| {
            command.env("LD_PRELOAD", &copy);
        })));
    }
}

#[test]
fn files_are_shared_with_toolchains_of_the_same_platform() {
    let (_directory, store) = store();
    let staging = store.stage("test").unwrap();
    let dedup_candidates =
        |platform| store.dedup_candidates(go(), platform, Sharing::Link, staging.path()).unwrap();
    assert!(dedup_candidates(linux()).is_none());
    install(&store, &tree(), false, Level::Listed);
    assert!(dedup_candidates(linux()).is_some());
    assert!(dedup_candidates(Platform::parse("darwin/arm64").unwrap()).is_none());
}
