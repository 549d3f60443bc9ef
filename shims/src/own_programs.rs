//! Commands that write where the programs of Go itself are.
//!
//! `go install cmd/gofmt` writes `$GOROOT/bin/gofmt`. There stand links to the shim, and a go command
//! that cannot rename into their place writes through them (`cmd/go/internal/work`,
//! `moveOrCopyFile`): every version would be left with gofmt for its `go`.

use crate::barrier::without_chdir;

/// Returns the package of `go install` or `go clean` that is one of Go's own programs, or stands for
/// all of them. `args` are those after the program's name.
pub fn changed<'a>(args: &[&'a [u8]]) -> Option<&'a [u8]> {
    let [b"install" | b"clean", rest @ ..] = without_chdir(args) else { return None };
    let is_own = |word: &&[u8]| *word == b"cmd" || word.starts_with(b"cmd/");
    rest.iter().copied().find(is_own)
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
