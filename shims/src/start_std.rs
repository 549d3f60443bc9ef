//! The process as std hands it over: on systems other than Linux, and in programs for tests.

use crate::sys::{self, OwnedText, Text};
use crate::{Environment, path};
use alloc::vec;
use alloc::vec::Vec;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

/// Longest path, in bytes, with its NUL.
const MAX_PATH: usize = 4096;

/// Calls `run` with the process's arguments and environment.
#[expect(clippy::disallowed_methods, reason = "this module is where the process is read")]
pub(crate) fn start(
    run: impl for<'a> FnOnce(&'a [Text<'a>], Environment<'a>, Option<&'a [u8]>) -> u8,
) -> ExitCode {
    let text = |text: OsString| OwnedText::of([text.as_bytes()]);
    let argv: Vec<OwnedText> = std::env::args_os().map(text).collect();
    let argv: Vec<Text> = argv.iter().map(OwnedText::as_text).collect();
    let entries = std::env::vars_os().map(|(mut name, value)| {
        name.push("=");
        name.push(value);
        text(name)
    });
    let entries: Vec<OwnedText> = entries.collect();
    let env = Environment::of(&entries);
    let started_by = exec_name()
        .or_else(|| started_by(argv.first().map(|word| word.to_bytes()), env.get("PATH")));
    ExitCode::from(run(&argv, env, started_by.as_deref()))
}

/// Returns the path that the kernel was given, links and all: `AT_EXECFN` in the auxiliary vector.
/// What called may have kept its own `argv[0]`, as Go's switching does
/// (`cmd/go/internal/toolchain.execGoToolchain`).
fn exec_name() -> Option<Vec<u8>> {
    const AT_EXECFN: usize = 31;
    const WORD: usize = size_of::<usize>();
    let vector = fs::read("/proc/self/auxv").ok()?;
    let word = |bytes: &[u8]| bytes.try_into().map(usize::from_ne_bytes).ok();
    let mut pairs = vector.chunks_exact(2 * WORD).map(|pair| pair.split_at(WORD));
    let (_, address) = pairs.find(|(key, _)| word(key) == Some(AT_EXECFN))?;
    let mut text = vec![0; MAX_PATH];
    let memory = fs::File::open("/proc/self/mem").ok()?;
    let length = memory.read_at(&mut text, word(address)? as u64).ok()?;
    text.truncate(text[..length].iter().position(|&byte| byte == 0)?);
    Some(text).filter(|text| !text.is_empty())
}

/// Returns the path of the program as it was named, as far as that can be told: what `argv[0]`
/// says, if that is this program; of a copy in a GOROOT its own; else what `argv[0]` leads to on
/// PATH.
fn started_by(argv0: Option<&[u8]>, path: Option<&[u8]>) -> Option<Vec<u8>> {
    let own = sys::own_path();
    let argv0 = argv0.unwrap_or_default();
    if path::is_absolute(argv0) && own.is_some() && sys::canonical(argv0) == own {
        return Some(argv0.into());
    }
    let is_copy = |own: &Vec<u8>| own.ends_with(b"/bin/go") || own.ends_with(b"/bin/gofmt");
    if own.as_ref().is_some_and(is_copy) || argv0.contains(&b'/') {
        return own;
    }
    let directories = path::list(path?).filter(|it| path::is_absolute(it));
    let mut places = directories.map(|directory| path::join(directory, argv0));
    places.find(|place| sys::executable(place).is_some())
}

/// Replaces this process; returns only on failure, with the operating system's error number. Std
/// ignores SIGPIPE when it starts, and has its default here again.
pub(crate) fn exec(program: Text, argv: &[Text], env: Vec<Text>, more: &[OwnedText]) -> i32 {
    let os = |bytes| OsStr::from_bytes(bytes);
    let mut command = Command::new(os(program.to_bytes()));
    if let Some((name, args)) = argv.split_first() {
        command.arg0(os(name.to_bytes())).args(args.iter().map(|arg| os(arg.to_bytes())));
    }
    command.env_clear();
    let entries = env.into_iter().chain(more.iter().map(OwnedText::as_text));
    for (name, value) in entries.filter_map(Text::variable) {
        command.env(os(name), os(value));
    }
    command.exec().raw_os_error().unwrap_or(0)
}
