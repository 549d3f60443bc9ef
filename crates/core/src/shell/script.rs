//! The scripts in the store that put goward on PATH.
//!
//! They are run at the start of every shell, often several times, so they start no programs. The
//! shims have to be first, before any other `go`. goward's own directory only has to be on PATH:
//! moving it forward could put a whole `/usr/bin` before what the user prefers.

use crate::error::Result;
use crate::fs::{self, Metadata};
use crate::shell::{ChangeKind, Syntax};
use std::io;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Longest script that is compared.
const MAX_SCRIPT: u64 = 1 << 20;

const HEADER: &str = "# Puts goward's `go` first on PATH. Written by `goward setup`, which \
                      overwrites it; removed by\n# `goward setup --undo`.\n";

/// `${x%%…}` and `${x#…}` cut around the first occurrence; quotes keep `*` and `?` in a directory's
/// name from matching anything else.
const POSIX: &str = r#"goward_bin=@bin@
goward_shims=@shims@
case ":${PATH-}:" in
    *":$goward_bin:"*) ;;
    *) PATH=$goward_bin${PATH:+":$PATH"} ;;
esac
case "${PATH-}:" in
    "$goward_shims:"*) ;;
    *)
        goward_rest=":${PATH-}:"
        while :; do
            case $goward_rest in
                *":$goward_shims:"*)
                    goward_rest=${goward_rest%%":$goward_shims:"*}:${goward_rest#*":$goward_shims:"}
                    ;;
                *) break ;;
            esac
        done
        goward_rest=${goward_rest#:}
        PATH=$goward_shims:${goward_rest%:}
        unset goward_rest
        ;;
esac
export PATH
unset goward_bin goward_shims
"#;

const FISH: &str = r#"set -l goward_bin @bin@
set -l goward_shims @shims@
if not contains -- $goward_bin $PATH
    set -gx PATH $goward_bin $PATH
end
if test "$PATH[1]" != $goward_shims
    set -l goward_rest
    for directory in $PATH
        if test "$directory" != $goward_shims
            set goward_rest $goward_rest $directory
        end
    end
    set -gx PATH $goward_shims $goward_rest
end
"#;

/// `$shims` stays in the block. A file without the mark at its start is read in the code page of the
/// machine.
const POWERSHELL: &str = "& {
    param($shims)
    $rest = $env:Path -split ';' | Where-Object { $_ -and $_ -ne $shims }
    $env:Path = (@($shims) + $rest) -join ';'
} ";
const BYTE_ORDER_MARK: char = '\u{feff}';

fn powershell(shims: &Path) -> Option<String> {
    let shims = Syntax::PowerShell.quote(shims.as_os_str())?;
    Some(format!("{BYTE_ORDER_MARK}{HEADER}{POWERSHELL}{shims}\n"))
}

/// Returns path and text of each script of the store at `home`.
pub(super) fn all(home: &Path, bin_dir: &Path) -> Vec<(PathBuf, String)> {
    let shims = home.join(goward_shim::names::SHIMS_DIRECTORY);
    if cfg!(windows) {
        // goward is beside the shims there.
        let script = powershell(&shims).map(|text| (path(home, Syntax::PowerShell), text));
        return script.into_iter().collect();
    }
    [Syntax::Posix, Syntax::Fish]
        .into_iter()
        .filter_map(|syntax| {
            let template = if syntax == Syntax::Fish { FISH } else { POSIX };
            // In this order: a directory may be called `@bin@`.
            let (before, rest) = template.split_once("@bin@")?;
            let (between, after) = rest.split_once("@shims@")?;
            let bin = syntax.quote(bin_dir.as_os_str())?;
            let shims = syntax.quote(shims.as_os_str())?;
            let text = format!("{HEADER}{before}{bin}{between}{shims}{after}");
            Some((path(home, syntax), text))
        })
        .collect()
}

/// Returns where the script in `syntax` is.
pub(super) fn path(home: &Path, syntax: Syntax) -> PathBuf {
    home.join(match syntax {
        Syntax::Posix => "env",
        Syntax::Fish => "env.fish",
        Syntax::PowerShell => "env.ps1",
    })
}

/// Writes a script; `None` when it is there already.
pub(super) fn write(path: &Path, text: &str) -> Result<Option<ChangeKind>> {
    let what = match fs::read_regular(path, MAX_SCRIPT) {
        Ok(there) if there == text.as_bytes() => return Ok(None),
        Ok(_) => ChangeKind::Edited,
        Err(error) if error.kind() == ErrorKind::NotFound => ChangeKind::Created,
        Err(error) => return Err(error.into()),
    };
    replace(path, text.as_bytes(), None)?;
    Ok(Some(what))
}

/// Puts a file with `text` in the place of `path`, in one step: a reader sees the old or the new
/// content, and so does a machine that lost power. Mode and owner are those of `like`, or those of
/// any new file.
pub(super) fn replace(path: &Path, text: &[u8], like: Option<&Metadata>) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("/"));
    let mut draft = fs::Draft::usual(directory, ".goward-")?;
    draft.write_all(text)?;
    let file = draft.file();
    if let Some(like) = like {
        let own = file.metadata()?;
        if (own.owner(), own.group()) != (like.owner(), like.group()) {
            file.give_to(like)?;
        }
        file.set_mode(like.mode())?;
    }
    file.sync_all()?;
    draft.persist(path)
}
