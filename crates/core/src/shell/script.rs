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

/// The directory of completions, in the store.
pub const COMPLETIONS: &str = "completions";

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
# Completions, where somebody types; zsh has them once `compinit` ran.
case $- in
    *i*)
        goward_completions=@completions@
        if [ -n "${BASH_VERSION-}" ] && [ -r "$goward_completions/goward.bash" ]; then
            . "$goward_completions/goward.bash"
        elif [ -n "${ZSH_VERSION-}" ] && [ -r "$goward_completions/goward.zsh" ] &&
            command -v compdef >/dev/null; then
            . "$goward_completions/goward.zsh"
        fi
        unset goward_completions
        ;;
esac
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
set -l goward_completions @completions@
if status is-interactive; and test -r $goward_completions/goward.fish
    source $goward_completions/goward.fish
end
"#;

/// The completer asks goward as fish does, and leaves other programs to the completer that was there.
const NU: &str = r#"$env.PATH = (
    $env.PATH
    | if ($in | describe) == "string" { split row (char esep) } else { $in }
    | where $it != @shims@
    | prepend @shims@
    | append (if @bin@ in $in { [] } else { [@bin@] })
)
let goward_next = ($env.config?.completions?.external?.completer?)
$env.config.completions.external.completer = {|spans|
    if $spans.0 == "goward" {
        with-env { GOWARD_COMPLETE: "fish" } { ^goward -- ...$spans }
        | lines
        | each {|line|
            let parts = ($line | split row "\t")
            { value: $parts.0, description: ($parts | get --optional 1 | default "") }
        }
    } else if $goward_next != null {
        do $goward_next $spans
    }
}
"#;

/// `$shims` stays in the block. A file without the mark at its start is read in the code page of the
/// machine.
const POWERSHELL: &str = "& {
    param($shims, $completions)
    $rest = $env:Path -split ';' | Where-Object { $_ -and $_ -ne $shims }
    $env:Path = (@($shims) + $rest) -join ';'
    if (Test-Path -LiteralPath $completions) { . $completions }
} ";
const BYTE_ORDER_MARK: char = '\u{feff}';

fn powershell(shims: &Path, completions: &Path) -> Option<String> {
    let shims = Syntax::PowerShell.quote(shims.as_os_str())?;
    let script = completions.join("goward.ps1");
    let script = Syntax::PowerShell.quote(script.as_os_str())?;
    Some(format!("{BYTE_ORDER_MARK}{HEADER}{POWERSHELL}{shims} {script}\n"))
}

/// Returns path and text of each script of the store at `home`.
pub(super) fn all(home: &Path, bin_dir: &Path) -> Vec<(PathBuf, String)> {
    let shims = home.join(goward_shim::names::SHIMS_DIRECTORY);
    let completions = home.join(COMPLETIONS);
    if cfg!(windows) {
        // goward is beside the shims there.
        let script = powershell(&shims, &completions);
        return script.map(|text| (path(home, Syntax::PowerShell), text)).into_iter().collect();
    }
    let templates = [(Syntax::Posix, POSIX), (Syntax::Fish, FISH), (Syntax::Nu, NU)];
    let places = [("@bin@", bin_dir), ("@shims@", &*shims), ("@completions@", &*completions)];
    let text = |(syntax, template): (Syntax, &str)| {
        Some((path(home, syntax), format!("{HEADER}{}", fill(syntax, template, &places)?)))
    };
    templates.into_iter().filter_map(text).collect()
}

/// Puts directories into a template, as words of the language. What is put in is not looked at: a directory
/// may be called `@bin@`.
fn fill(syntax: Syntax, template: &str, places: &[(&str, &Path)]) -> Option<String> {
    let mut text = String::new();
    let mut rest = template;
    loop {
        let next = places.iter().filter_map(|(name, place)| Some((rest.find(name)?, name, place)));
        let Some((at, name, place)) = next.min_by_key(|(at, ..)| *at) else { break };
        text.push_str(&rest[..at]);
        text.push_str(&syntax.quote(place.as_os_str())?);
        rest = &rest[at + name.len()..];
    }
    text.push_str(rest);
    Some(text)
}

/// Writes completions into the store at `home`: names of files, and what is in them.
pub(super) fn write_completions(
    home: &Path,
    completions: &[(String, String)],
) -> Result<Vec<(PathBuf, ChangeKind)>> {
    let directory = home.join(COMPLETIONS);
    fs::create_dir_all(&directory)?;
    let mut written = Vec::new();
    for (name, text) in completions {
        let path = directory.join(name);
        written.extend(write(&path, text)?.map(|what| (path, what)));
    }
    Ok(written)
}

/// Returns where the script in `syntax` is.
pub(super) fn path(home: &Path, syntax: Syntax) -> PathBuf {
    home.join(match syntax {
        Syntax::Posix => "env",
        Syntax::Fish => "env.fish",
        Syntax::PowerShell => "env.ps1",
        Syntax::Nu => "env.nu",
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
