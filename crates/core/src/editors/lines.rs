//! Neovim: a block of lines between two marks in `.nvim.lua`, which it reads with `set exrc`.

use super::GOPLS;

const BEGIN: &str = "-- Written by `goward editor neovim`.\n";
const END: &str = "-- The end of what goward wrote.\n";

fn block() -> String {
    let words = GOPLS.map(|word| format!("\"{word}\""));
    format!("{BEGIN}vim.lsp.config(\"gopls\", {{ cmd = {{ {} }} }})\n{END}", words.join(", "))
}

pub(super) fn apply(text: &str) -> String {
    let mut rest = revert(text).unwrap_or_else(|| text.to_owned());
    if !rest.is_empty() && !rest.ends_with('\n') {
        rest.push('\n');
    }
    rest + &block()
}

pub(super) fn revert(text: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{after}"))
}
