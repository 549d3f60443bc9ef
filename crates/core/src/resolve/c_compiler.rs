//! The C compiler that Go would call: whether it is there, and what it compiles for by its own word.

use crate::checks::project::{CCompiler, GoFacts};
use crate::error::Result;
use crate::fs;
use crate::resolve::environment::change;
use crate::resolve::resolved_go::ResolvedToolchain;
use crate::resolve::{Resolver, run_with_timeout};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// What a compiler or pkg-config takes to answer.
pub const QUICK: Duration = Duration::from_secs(30);

/// A C compiler.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compiler {
    /// What Go calls: `CC`.
    pub command: String,
    /// Where that is; `None` when it is nowhere on PATH.
    pub program: Option<PathBuf>,
    /// What it compiles for, by its own word.
    pub machine: Option<String>,
    /// Whether that is the platform.
    pub fits: Option<bool>,
    /// Its sysroot; empty for the machine's own root.
    pub sysroot: Option<String>,
    /// Where it finds the platform's C library.
    pub library: Option<PathBuf>,
}

impl Resolver<'_> {
    /// Asks the compiler that `command` names about itself, with `flags`, for a build for GOOS and GOARCH.
    pub fn ask_compiler(
        &self,
        toolchain: &ResolvedToolchain,
        command: &str,
        flags: &str,
        target: (&str, &str),
    ) -> Result<Compiler> {
        let (mut compiler, args) = self.find_compiler(command, flags);
        let Some(program) = &compiler.program else { return Ok(compiler) };
        let ask = |question: &str| self.question(toolchain, program, &args, question);
        compiler.machine = ask("-dumpmachine")?.filter(|machine| !machine.is_empty());
        compiler.sysroot = ask("-print-sysroot")?;
        // A compiler that does not find it repeats the name.
        let library = ask("-print-file-name=libc.so.6")?.map(PathBuf::from);
        let library = library.filter(|path| path.is_absolute());
        compiler.library = library.map(|path| fs::canonicalize(&path).unwrap_or(path));
        compiler.fits = compiler.machine.as_ref().map(|machine| fits(machine, target));
        Ok(compiler)
    }

    /// Asks the compiler that Go would call by these facts what it compiles for, and nothing else. `CC`
    /// is never a project's to say; what lies in the project, `root`, is not run all the same.
    pub(crate) fn c_compiler(
        &self,
        toolchain: &ResolvedToolchain,
        go: &GoFacts,
        root: &Path,
    ) -> Result<CCompiler> {
        let (Compiler { command, program, .. }, args) = self.find_compiler(go.value("CC"), "");
        let machine = match &program {
            Some(program) if !lies_in(program, root) => {
                self.question(toolchain, program, &args, "-dumpmachine")?
            }
            _ => None,
        };
        let machine = machine.filter(|machine| !machine.is_empty());
        let target = (go.value("GOOS"), go.value("GOARCH"));
        let fits = machine.as_ref().map(|machine| fits(machine, target));
        Ok(CCompiler { command, is_there: program.is_some(), machine, fits })
    }

    /// Finds the compiler that `command` names; the words behind its name and the flags are its arguments.
    fn find_compiler(&self, command: &str, flags: &str) -> (Compiler, Vec<String>) {
        let mut words = run_with_timeout::words(command).into_iter();
        let program =
            words.next().and_then(|name| fs::on_path(&name, &self.path(), &self.session.ctx.cwd));
        let args = words.chain(run_with_timeout::words(flags)).collect();
        (Compiler { command: command.to_owned(), program, ..Compiler::default() }, args)
    }

    /// Asks a compiler, in the environment that it gets from `go`; `None` when it has no answer.
    fn question(
        &self,
        toolchain: &ResolvedToolchain,
        program: &Path,
        args: &[String],
        question: &str,
    ) -> Result<Option<String>> {
        let mut command = self.foreign(program);
        change(&mut command, self.environment(toolchain)?);
        let ran = run_with_timeout::run(command.args(args).arg(question), QUICK)?;
        Ok(ran.is_ok.then_some(ran.output))
    }

    pub fn path(&self) -> OsString {
        self.session.ctx.variable("PATH").unwrap_or_default().to_owned()
    }

    /// Returns the command for a program that is not Go's: in the caller's environment, and nowhere.
    pub fn foreign(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(&self.session.ctx.variables).env("LC_ALL", "C").current_dir("/");
        command
    }
}

/// Returns true for a program in the directory `root`, whatever links lead there.
fn lies_in(program: &Path, root: &Path) -> bool {
    let real = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    !program.is_absolute() || program.starts_with(root) || real(program).starts_with(real(root))
}

/// Returns the processor's name in the triples of compilers, of which the target's begins with one.
fn processors(arch: &str) -> &'static [&'static str] {
    match arch {
        // Go calls a 64-bit compiler with -m32.
        "386" => &["i386", "i486", "i586", "i686", "x86_64"],
        "amd64" => &["x86_64", "amd64"],
        "arm" => &["arm"],
        "arm64" => &["aarch64", "arm64"],
        "loong64" => &["loongarch64"],
        "mips" => &["mips-", "mipsisa32"],
        "mipsle" => &["mipsel"],
        "mips64" => &["mips64-", "mipsisa64"],
        "mips64le" => &["mips64el"],
        "ppc64" => &["powerpc64-", "ppc64-"],
        "ppc64le" => &["powerpc64le", "ppc64le"],
        "riscv64" => &["riscv64"],
        "s390x" => &["s390x"],
        "wasm" => &["wasm32"],
        _ => &[],
    }
}

/// Returns true when a compiler's triple is about the platform.
fn fits(machine: &str, (os, arch): (&str, &str)) -> bool {
    let has_processor = processors(arch).iter().any(|name| machine.starts_with(name));
    // 32-bit ARM is no beginning of the 64-bit one.
    let is_other = arch == "arm" && machine.starts_with("arm64");
    let system = match os {
        "windows" => "mingw",
        "ios" => "apple",
        "darwin" if machine.contains("apple") => "apple",
        other => other,
    };
    // Compilers for Android name themselves so, behind `linux`.
    let is_android = machine.contains("android") == (os == "android");
    has_processor && !is_other && is_android && machine.contains(system)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn triples_of_compilers() {
        let cases = [
            ("x86_64-linux-gnu", "linux/amd64", true),
            ("x86_64-linux-gnu", "linux/386", true),
            ("x86_64-linux-gnu", "linux/arm64", false),
            ("aarch64-linux-gnu", "linux/arm64", true),
            ("aarch64-linux-android21", "linux/arm64", false),
            ("aarch64-linux-android21", "android/arm64", true),
            ("arm-linux-gnueabihf", "linux/arm", true),
            ("arm64-apple-darwin23", "linux/arm", false),
            ("arm64-apple-darwin23", "darwin/arm64", true),
            ("x86_64-w64-mingw32", "windows/amd64", true),
            ("mips64el-linux-gnuabi64", "linux/mips64", false),
            ("mips64el-linux-gnuabi64", "linux/mips64le", true),
            ("powerpc64le-linux-gnu", "linux/ppc64", false),
            ("x86_64-linux-gnu", "freebsd/amd64", false),
        ];
        for (machine, name, want) in cases {
            let (os, arch) = name.split_once('/').unwrap();
            assert_eq!(fits(machine, (os, arch)), want, "{machine} {name}");
        }
    }
}
