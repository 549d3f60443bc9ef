//! One call of the shim: who was called, with which arguments, where and in which environment.

use crate::caller::Undo;
use crate::environment::Environment;
use crate::sys::Text;
use crate::tool::Tool;
use crate::var_table::var;
use crate::{find, goenv_file, goroot, lock, names, path};
use alloc::borrow::Cow;
use alloc::vec::Vec;

/// One call of the shim.
#[derive(Clone, Debug)]
pub struct Call<'a> {
    /// Arguments, `argv[0]` included, as they are handed on.
    pub argv: &'a [Text<'a>],
    /// The same as bytes.
    words: Vec<&'a [u8]>,
    /// What the program is called.
    name: &'a [u8],
    tool: Tool,
    /// The environment as it was given.
    pub env: Environment<'a>,
    /// The same without what an outer call set for its own lock, if one did.
    undone: Option<Environment<'a>>,
    /// The working directory, absolute.
    pub cwd: &'a [u8],
}

impl<'a> Call<'a> {
    /// Describes a call. `undo` says how to take back what an outer one did, if there is one.
    pub fn new(
        argv: &'a [Text<'a>],
        env: Environment<'a>,
        cwd: &'a [u8],
        undo: Option<&'a Undo<'a>>,
    ) -> Self {
        let undone = undo.map(|undo| undo.apply(&env));
        let words: Vec<&[u8]> = argv.iter().map(|word| word.to_bytes()).collect();
        let name = program_name(env.started_by(), words.first().copied());
        let tool = if path::is_name(name, b"gofmt") { Tool::Gofmt } else { Tool::Go };
        Self { argv, words, name, tool, env, undone, cwd }
    }

    /// Returns the tool that was called: by the path of the program, else by `argv[0]`.
    pub fn tool(&self) -> Tool {
        self.tool
    }

    /// Returns what the program is called, where that is no program of Go: the name of a tool.
    pub fn other_name(&self) -> Option<&'a [u8]> {
        let is_go = self.name == b"go"
            || self.tool == Tool::Gofmt
            || path::is_name(self.name, b"go")
            || path::is_name(self.name, path::program_name(names::SHIM.as_bytes()))
            || is_release(self.name);
        (!is_go && !self.name.is_empty()).then_some(self.name)
    }

    /// Returns the arguments after `argv[0]`.
    pub fn args(&self) -> &[&'a [u8]] {
        self.words.get(1..).unwrap_or_default()
    }

    /// Returns the directory that the call is about.
    pub(crate) fn directory(&self) -> Cow<'a, [u8]> {
        match self.tool {
            Tool::Go => find::project_directory(self.cwd, self.args()),
            Tool::Gofmt => Cow::Borrowed(self.cwd),
        }
    }

    /// Returns the environment of the caller: what an outer call set for its own lock is not in it.
    pub fn caller(&self) -> &Environment<'a> {
        self.undone.as_ref().unwrap_or(&self.env)
    }

    /// Returns the release that the program is called like: `go1.27.1`.
    pub(crate) fn release(&self) -> Option<&'a [u8]> {
        if is_release(self.name) {
            return Some(self.name);
        }
        // Go's own switching keeps `argv[0]`, and not every system says what was run, rather than
        // where a link to that leads.
        let wanted = self.env.value(var::SWITCH_VERSION).filter(|name| is_release(name))?;
        let is_wanted =
            |path| goroot::of_program(path).is_some_and(|it| goroot::is_named(it, wanted));
        self.env.started_by().is_none_or(is_wanted).then_some(wanted)
    }

    /// Returns true for `go env -w` and `go env -u`.
    pub fn changes_settings(&self) -> bool {
        self.tool() == Tool::Go && goenv_file::changes_settings(self.args())
    }

    /// Returns true for a call that Go's own switching made.
    pub(crate) fn is_switch(&self) -> bool {
        self.env.value(var::SWITCH_VERSION).is_some()
    }
}

/// Returns what a program is called: by its path, else by `argv[0]`.
fn program_name<'a>(started_by: Option<&'a [u8]>, argv0: Option<&'a [u8]>) -> &'a [u8] {
    let last = |path: &'a [u8]| match path {
        // What nearly every path ends in.
        [.., b'/', b'g', b'o'] => &path[path.len() - 2..],
        _ => path::program_name(path::split(path).map_or(path, |(_, name)| name)),
    };
    let is_one = |name: &&[u8]| {
        path::is_name(name, b"go") || path::is_name(name, b"gofmt") || is_release(name)
    };
    started_by.map(last).filter(is_one).unwrap_or_else(|| argv0.map_or(b"", last))
}

/// Returns true for names such as `go1.27.1`.
fn is_release(name: &[u8]) -> bool {
    name.starts_with(b"go1.") && core::str::from_utf8(name).is_ok_and(lock::is_version)
}
