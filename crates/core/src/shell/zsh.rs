//! zsh.

use super::{Shell, StartupFile, Syntax, is_in_use, is_there};
use crate::ctx::Ctx;
use std::path::Path;

pub(super) struct Zsh;

/// `.zshenv` is read by every zsh, scripts included. What comes later may put other directories
/// first again (Homebrew's line stands in `.zprofile`), so these say it again where they exist.
const LATER: [&str; 2] = [".zprofile", ".zshrc"];

impl Shell for Zsh {
    fn name(&self) -> &'static str {
        "zsh"
    }

    fn syntax(&self) -> Syntax {
        Syntax::Posix
    }

    /// `ZDOTDIR` is often set by `~/.zshenv` itself, so files may be in both places.
    fn startup_files(&self, ctx: &Ctx, user_home: &Path) -> Vec<StartupFile> {
        let dotdir = ctx.variable("ZDOTDIR").map(Path::new).filter(|path| path.is_absolute());
        let mut directories = vec![dotdir.unwrap_or(user_home), user_home];
        directories.dedup();
        let in_use = is_in_use(ctx, self.name());
        let files = |name: &str, create| -> Vec<StartupFile> {
            let paths = directories.iter().map(|directory| directory.join(name));
            let there: Vec<_> = paths.filter(|path| is_there(path)).collect();
            if there.is_empty() && create {
                return vec![StartupFile { path: directories[0].join(name), create }];
            }
            there.into_iter().map(|path| StartupFile { path, create: false }).collect()
        };
        let mut all = files(".zshenv", in_use);
        // On macOS /etc/zprofile moves the system's directories to the front, after `.zshenv`.
        let path_helper = in_use && cfg!(target_os = "macos");
        all.extend(LATER.iter().flat_map(|name| files(name, path_helper && *name == ".zprofile")));
        all
    }
}
