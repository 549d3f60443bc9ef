//! fish.

use super::{Shell, StartupFile, Syntax, is_in_use};
use crate::ctx::Ctx;
use std::path::Path;

pub(super) struct Fish;

impl Shell for Fish {
    fn name(&self) -> &'static str {
        "fish"
    }

    fn syntax(&self) -> Syntax {
        Syntax::Fish
    }

    /// fish runs every file in `conf.d`, in all kinds of sessions, so goward has one of its own.
    fn startup_files(&self, ctx: &Ctx, user_home: &Path) -> Vec<StartupFile> {
        let config = ctx.variable("XDG_CONFIG_HOME").map(Path::new).filter(|p| p.is_absolute());
        let config = config.map_or_else(|| user_home.join(".config"), Path::to_path_buf);
        let path = config.join("fish/conf.d/goward.fish");
        vec![StartupFile { path, create: is_in_use(ctx, self.name()) }]
    }
}
