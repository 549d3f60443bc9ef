//! Commands that take a module at a version: `go install example.com/tool@latest`.
//!
//! Such a module can need a newer Go than the lock has. Then the go command says so, and not what
//! to do: the manager runs these commands, and adds that.

use crate::call::Call;
use crate::goenv_file::without_chdir;
use crate::path;
use crate::tool::Tool;

/// What a command does with a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// `go get`: adds it to the project.
    Get,
    /// `go install` and `go run`.
    Program,
}

/// Returns what a call does with a module, and which, as it is written: `example.com/tool@latest`.
pub fn module<'a>(call: &Call<'a>) -> Option<(Use, &'a [u8])> {
    if call.tool() == Tool::Go { module_in(call.args()) } else { None }
}

fn module_in<'a>(args: &[&'a [u8]]) -> Option<(Use, &'a [u8])> {
    let (use_of, is_run, rest) = match without_chdir(args) {
        [b"get", rest @ ..] => (Use::Get, false, rest),
        [b"install", rest @ ..] => (Use::Program, false, rest),
        [b"run", rest @ ..] => (Use::Program, true, rest),
        _ => return None,
    };
    // What follows a package of this machine is for its program.
    let is_local = |word: &[u8]| {
        matches!(word, [b'.' | b'/', ..] | [.., b'.', b'g', b'o'])
            || path::is_absolute(word)
            || word == b"--"
    };
    let words = rest.iter().copied().filter(|word| !word.starts_with(b"-") || *word == b"--");
    let mut words = words.take_while(|word| !is_run || !is_local(word));
    words.find(|word| word.contains(&b'@')).map(|module| (use_of, module))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn modules_at_a_version() {
        let (get, program) = (Some(Use::Get), Some(Use::Program));
        let cases: &[(&[&str], Option<Use>)] = &[
            (&["install", "example.com/x@latest"], program),
            (&["install", "-v", "-tags", "a", "example.com/x@v1"], program),
            (&["-C", "d", "install", "example.com/x@v1"], program),
            (&["run", "example.com/x@v1", "arg"], program),
            (&["run", "-mod=mod", "-tags", "a", "example.com/x@v1"], program),
            (&["get", "-u", "example.com/x@v1"], get),
            (&["get", "example.com/x"], None),
            (&["install", "./..."], None),
            (&["run", ".", "me@example.com"], None),
            (&["run", "./cmd", "me@example.com"], None),
            (&["run", "main.go", "me@example.com"], None),
            (&["build", "example.com/x@v1"], None),
            (&["install", "-ldflags=-X=a@b"], None),
            (&[], None),
        ];
        for (args, want) in cases {
            let args: Vec<&[u8]> = args.iter().map(|arg| arg.as_bytes()).collect();
            let got = module_in(&args);
            assert_eq!(got.map(|(use_of, _)| use_of), *want, "{args:?}");
            assert!(got.is_none_or(|(_, module)| module.starts_with(b"example.com/x@")));
        }
    }
}
