//! Commands that write where the programs of Go itself are.
//!
//! `go install cmd/gofmt` writes `$GOROOT/bin/gofmt`. That is a copy of the shim, without which
//! nested calls would be those of another project.

use crate::call::Call;
use crate::goenv_file::without_chdir;
use crate::tool::Tool;

/// Returns the package of `go install` or `go clean` that is one of Go's own programs, or stands
/// for all of them. `args` are those after the program's name.
pub fn changed<'a>(args: &[&'a [u8]]) -> Option<&'a [u8]> {
    let [b"install" | b"clean", rest @ ..] = without_chdir(args) else { return None };
    let is_own = |word: &&[u8]| *word == b"cmd" || word.starts_with(b"cmd/");
    rest.iter().copied().find(is_own)
}

/// Returns true for such a call.
pub fn is_changed(call: &Call) -> bool {
    call.tool() == Tool::Go && changed(call.args()).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn packages_whose_programs_stand_in_goroot() {
        let cases: &[(&[&str], Option<&str>)] = &[
            (&["install", "cmd/gofmt"], Some("cmd/gofmt")),
            (&["install", "-v", "std", "cmd"], Some("cmd")),
            (&["-C", "x", "install", "cmd/..."], Some("cmd/...")),
            (&["clean", "-i", "cmd/go"], Some("cmd/go")),
            (&["install", "./cmd/x", "example.com/cmd/x"], None),
            (&["install", "./..."], None),
            (&["install"], None),
            (&["build", "cmd/gofmt"], None),
            (&["test", "cmd/go"], None),
            (&[], None),
        ];
        for (args, want) in cases {
            let args: Vec<&[u8]> = args.iter().map(|arg| arg.as_bytes()).collect();
            assert_eq!(changed(&args), want.map(str::as_bytes), "{args:?}");
        }
    }
}
