//! The table itself.

use super::Effect::Verification as V;
use super::Effect::{self, Breakage as B, Cache as C, Execution as X, Output as O};
use super::Rule::{Choose, Level, Pass, Pin as Pinned, Refuse, Remove, Scrub, Set, Target};
use super::{BadPin, Pin, Rule, checks};

/// Every variable that is known to matter, sorted by name; no name begins like one with `*`.
///
/// GOENV is not here: it is goward's own to set.
pub const PINS: &[Pin] = &[
    row("AR", Scrub, &[O, X], "is the archiver that cgo and gccgo run"),
    row("CC", Scrub, &[O, X], "is the C compiler that cgo and external linking run"),
    row(
        "CCACHE_*",
        Scrub,
        &[O, X],
        "configures a compiler cache, and what comes from it is in no key of Go's own cache",
    ),
    row(
        "CGO_CFLAGS",
        Scrub,
        &[O, X],
        "goes to the C compiler unfiltered, `-fplugin=` included, and with `-trimpath` leaves no \
         trace in the binary",
    ),
    row(
        "CGO_CFLAGS_ALLOW",
        Scrub,
        &[V],
        "widens what `#cgo` lines of dependencies may pass to the C compiler",
    ),
    row(
        "CGO_CFLAGS_DISALLOW",
        Scrub,
        &[V],
        "changes what `#cgo` lines of dependencies may pass to the C compiler",
    ),
    row("CGO_CPPFLAGS", Scrub, &[O, X], "goes to the C preprocessor unfiltered"),
    row(
        "CGO_CPPFLAGS_ALLOW",
        Scrub,
        &[V],
        "widens what `#cgo` lines of dependencies may pass to the C preprocessor",
    ),
    row(
        "CGO_CPPFLAGS_DISALLOW",
        Scrub,
        &[V],
        "changes what `#cgo` lines of dependencies may pass to the C preprocessor",
    ),
    row("CGO_CXXFLAGS", Scrub, &[O, X], "goes to the C++ compiler unfiltered"),
    row(
        "CGO_CXXFLAGS_ALLOW",
        Scrub,
        &[V],
        "widens what `#cgo` lines of dependencies may pass to the C++ compiler",
    ),
    row(
        "CGO_CXXFLAGS_DISALLOW",
        Scrub,
        &[V],
        "changes what `#cgo` lines of dependencies may pass to the C++ compiler",
    ),
    checked(
        "CGO_ENABLED",
        Choose,
        &[O],
        "decides whether packages are built with C; unset, it depends on whether a C compiler is \
         on PATH (Go 1.20 and newer)",
        checks::cgo,
    ),
    row("CGO_FFLAGS", Scrub, &[O, X], "goes to the Fortran compiler unfiltered"),
    row(
        "CGO_FFLAGS_ALLOW",
        Scrub,
        &[V],
        "widens what `#cgo` lines of dependencies may pass to the Fortran compiler",
    ),
    row(
        "CGO_FFLAGS_DISALLOW",
        Scrub,
        &[V],
        "changes what `#cgo` lines of dependencies may pass to the Fortran compiler",
    ),
    row("CGO_LDFLAGS", Scrub, &[O, X], "goes to the linker of C unfiltered"),
    row(
        "CGO_LDFLAGS_ALLOW",
        Scrub,
        &[V],
        "widens what `#cgo` lines of dependencies may pass to the linker",
    ),
    row(
        "CGO_LDFLAGS_DISALLOW",
        Scrub,
        &[V],
        "changes what `#cgo` lines of dependencies may pass to the linker",
    ),
    row(
        "COMPILER_PATH",
        Scrub,
        &[O, X],
        "is where gcc finds the programs it runs, and is in no key of Go's build cache",
    ),
    row("CPATH", Scrub, &[O], "adds C headers, and is in no key of Go's build cache"),
    row(
        "CPLUS_INCLUDE_PATH",
        Scrub,
        &[O],
        "adds C++ headers, and is in no key of Go's build cache",
    ),
    row("CXX", Scrub, &[O, X], "is the C++ compiler that cgo runs"),
    row("C_INCLUDE_PATH", Scrub, &[O], "adds C headers, and is in no key of Go's build cache"),
    row("FC", Scrub, &[O, X], "is the Fortran compiler that cgo runs"),
    row("GCCGO", Scrub, &[O, X], "is the compiler that `-compiler=gccgo` runs"),
    row(
        "GCC_EXEC_PREFIX",
        Scrub,
        &[O, X, B],
        "is where gcc finds its parts, and a wrong one stops every build with cgo",
    ),
    row(
        "GIT_*",
        Scrub,
        &[O, X, V],
        "names programs that git runs, replaces its configuration, and moves the repository whose \
         state `-buildvcs` writes into binaries",
    ),
    row(
        "GO111MODULE",
        Refuse,
        &[O, B],
        "switches modules off, and with them go.sum and the defaults of newer versions",
    ),
    row(
        "GO19CONCURRENTCOMPILATION",
        Pass,
        &[C],
        "changes how many compilers run, not what they write",
    ),
    checked(
        "GO386",
        Level,
        &[O],
        "is how floating point is compiled for 386; a wrong value is refused by the compiler, not \
         by the go command",
        checks::x86,
    ),
    checked(
        "GOAMD64",
        Level,
        &[O],
        "is the level of amd64 that code needs; Go 1.23 and newer build `v1` for a wrong one and \
         write the wrong one into the binary",
        checks::amd64,
    ),
    row("GOARCH", Target, &[O], "is the architecture that is built for"),
    checked(
        "GOARM",
        Level,
        &[O],
        "is the level of arm that code needs; its default differs between versions, and Go 1.23 \
         and newer build for it where the level is wrong",
        checks::arm,
    ),
    checked(
        "GOARM64",
        Level,
        &[O],
        "is the level of arm64 that code needs, from Go 1.23; a wrong one is refused",
        checks::arm64,
    ),
    row("GOAUTH", Scrub, &[X], "can name a command that downloads run, from Go 1.24"),
    row("GOBIN", Pass, &[C], "is where `go install` puts programs, which stay the same"),
    row(
        "GOCACHE",
        Pass,
        &[O, C],
        "is where compiled packages are; its content is trusted, so it has to be the user's own, \
         and builds need one",
    ),
    row(
        "GOCACHEPROG",
        Scrub,
        &[O, X],
        "is run at every build and can serve any object, from Go 1.24, and before with an \
         experiment from 1.21",
    ),
    row(
        "GOCLOBBERDEADHASH",
        Refuse,
        &[O],
        "changes what the compiler writes (`cmd/go/internal/work/exec.go`)",
    ),
    row(
        "GOCOMPILEDEBUG",
        Refuse,
        &[O],
        "passes debugging options to the compiler (`cmd/go/internal/work/exec.go`)",
    ),
    row("GOCOVERDIR", Pass, &[C], "is where programs built with `-cover` write their counters"),
    checked(
        "GODEBUG",
        Pinned,
        &[X, V, C, B],
        "changes how the go command, tests and `go run` behave, and a setting that one version \
         knows can stop another",
        checks::debug,
    ),
    row(
        "GOENV",
        Set,
        &[O, X, V],
        "names a copy of the user's own file without what goward owns, so that values set with \
         `go env -w` do not get in",
    ),
    row("GOEXE", Pass, &[], "is reported by `go env` and never read"),
    checked(
        "GOEXPERIMENT",
        Pinned,
        &[O, B],
        "selects compiler and library experiments; a name that a version does not know stops \
         nearly every command of it",
        checks::experiments,
    ),
    checked(
        "GOFIPS140",
        Choose,
        &[O],
        "chooses the cryptographic module that is built in, from Go 1.24",
        checks::fips140,
    ),
    checked(
        "GOFLAGS",
        Choose,
        &[O, X, V, B],
        "adds any flag to every command: `-toolexec` runs programs, `-overlay` replaces sources \
         unseen, an unknown one stops all but `go env`; a lock holds safe ones only",
        checks::flags,
    ),
    row("GOGC", Pass, &[C], "tunes the garbage collector of the tools, not their output"),
    row("GOHOSTARCH", Pass, &[], "is reported by `go env` and never read"),
    row("GOHOSTOS", Pass, &[], "is reported by `go env` and never read"),
    row("GOINSECURE", Scrub, &[V], "lets modules come without TLS and without checksums"),
    row("GOMAXPROCS", Pass, &[C], "limits how much runs at once, and does not change output"),
    row("GOMEMLIMIT", Pass, &[C], "tunes the garbage collector of the tools, not their output"),
    checked(
        "GOMIPS",
        Level,
        &[O],
        "is how floating point is compiled for mips; a wrong value is refused",
        checks::mips,
    ),
    checked(
        "GOMIPS64",
        Level,
        &[O],
        "is how floating point is compiled for mips64; a wrong value is refused",
        checks::mips,
    ),
    row(
        "GOMODCACHE",
        Pass,
        &[O, C],
        "is where sources of modules are, checked against go.sum when they were downloaded; builds \
         need one",
    ),
    row(
        "GONOPROXY",
        Pass,
        &[V],
        "names modules that no proxy has, and private modules have to keep working; go.sum still \
         holds",
    ),
    row("GONOSUMCHECK", Scrub, &[V], "switched off checksums once; Go 1.19 and newer ignore it"),
    row("GONOSUMDB", Scrub, &[V], "names modules that are not looked up in the checksum database"),
    row("GOOS", Target, &[O], "is the system that is built for"),
    row(
        "GOPACKAGESDRIVER",
        Scrub,
        &[X],
        "is run by linters and editors in place of `go list`; the go command does not read it",
    ),
    row(
        "GOPATH",
        Pass,
        &[O, C],
        "is where the caches of modules and installed programs are by default",
    ),
    checked(
        "GOPPC64",
        Level,
        &[O],
        "is the level of ppc64 that code needs; a wrong one is refused",
        checks::ppc64,
    ),
    row(
        "GOPRIVATE",
        Pass,
        &[V],
        "names modules that no proxy and no checksum database has, and private modules have to \
         keep working; go.sum still holds",
    ),
    row(
        "GOPROXY",
        Pass,
        &[O, V],
        "is where modules are downloaded from, and the network has to keep working; go.sum and the \
         checksum database still hold",
    ),
    row("GORACE", Pass, &[C], "changes what the race detector reports"),
    checked(
        "GORISCV64",
        Level,
        &[O],
        "is the profile of riscv64 that code needs, from Go 1.23; a wrong one is refused",
        checks::riscv64,
    ),
    row(
        "GOROOT",
        Remove,
        &[O, X, B],
        "names another toolchain; go finds its own, and is told only where a linked one or a fixed path is",
    ),
    checked(
        "GOROOT_FINAL",
        Pinned,
        &[O],
        "is written into binaries by Go 1.22 and older; nothing reads it since Go 1.23",
        checks::goroot_final,
    ),
    row(
        "GOSSADIR",
        Refuse,
        &[O],
        "is where the compiler writes its reports, and is part of the cache's keys",
    ),
    row("GOSSAFUNC", Refuse, &[O], "makes the compiler write a report beside the sources"),
    row("GOSUMDB", Scrub, &[V], "names the checksum database, or switches it off"),
    row("GOTMPDIR", Pass, &[C], "is where builds work; paths in it are not written into binaries"),
    row(
        "GOTOOLCHAIN",
        Set,
        &[O, X, B],
        "is `local`, so that go never switches away from the locked toolchain",
    ),
    row(
        "GOTOOLCHAIN_INTERNAL_SWITCH_COUNT",
        Remove,
        &[B],
        "counts switches of another go; above 100 it stops every command",
    ),
    row(
        "GOTOOLCHAIN_INTERNAL_SWITCH_VERSION",
        Remove,
        &[B],
        "names the version another go switched to; inherited, it stops every command",
    ),
    row("GOTOOLDIR", Remove, &[], "names the tools of another toolchain"),
    row("GOTRACEBACK", Pass, &[C], "changes what a crash prints"),
    row("GOVCS", Scrub, &[X, V], "decides which version control programs downloads may run"),
    row("GOVERSION", Pass, &[], "is reported by `go env` and never read"),
    checked(
        "GOWASM",
        Level,
        &[O],
        "names the features of WebAssembly that code needs; a wrong one is refused",
        checks::wasm,
    ),
    row(
        "GOWORK",
        Refuse,
        &[O, B],
        "names another workspace, or switches it off; a go.work above the directory is found \
         without it",
    ),
    row(
        "GO_BUILDER_NAME",
        Pass,
        &[C],
        "relaxes some errors on Go's own build machines, not output",
    ),
    row("GO_EXTLINK_ENABLED", Scrub, &[O, X], "makes the linker of C link every program"),
    row("GO_LDSO", Pass, &[], "is read when Go itself is built, never by a toolchain"),
    row(
        "HG*",
        Scrub,
        &[O, X, V],
        "names programs that Mercurial runs, and replaces its configuration",
    ),
    row(
        "HOME",
        Pass,
        &[O],
        "is where caches, credentials and the configuration of git are by default",
    ),
    row(
        "HTTPS_PROXY",
        Pass,
        &[V],
        "is how downloads reach the network; what they bring is checked",
    ),
    row("HTTP_PROXY", Pass, &[V], "is how downloads reach the network; what they bring is checked"),
    row("LANG", Pass, &[C], "is the language of messages; go asks the C compiler in English"),
    row("LC_ALL", Pass, &[C], "is the language of messages; go asks the C compiler in English"),
    row(
        "LD_LIBRARY_PATH",
        Scrub,
        &[O, X],
        "replaces libraries of every program that a build runs, and is in no key of Go's build \
         cache",
    ),
    row(
        "LD_PRELOAD",
        Scrub,
        &[O, X],
        "puts code into every program that a build runs, and is in no key of Go's build cache",
    ),
    row("LIBRARY_PATH", Scrub, &[O], "adds libraries for C, and is in no key of Go's build cache"),
    row("NETRC", Pass, &[X, V], "is the file with credentials that private modules need"),
    row("NO_PROXY", Pass, &[V], "names hosts that are asked directly; what they bring is checked"),
    row(
        "OBJC_INCLUDE_PATH",
        Scrub,
        &[O],
        "adds Objective-C headers, and is in no key of Go's build cache",
    ),
    row(
        "PATH",
        Pass,
        &[O, X],
        "is where the C compiler and version control are found; with `GOTOOLCHAIN=local` no other \
         go is looked for",
    ),
    row("PKG_CONFIG", Scrub, &[O, X], "is run for packages whose `#cgo` lines ask for it"),
    row(
        "PKG_CONFIG_*",
        Scrub,
        &[O],
        "decides what pkg-config finds: `PATH`, `LIBDIR`, `SYSROOT_DIR` and others",
    ),
    row("PWD", Pass, &[], "counts only where it names the working directory"),
    row(
        "SOURCE_DATE_EPOCH",
        Pass,
        &[],
        "is read by nothing in Go; it makes C compilers reproducible",
    ),
    row("SSH_ASKPASS", Scrub, &[X], "is a program that ssh runs during downloads"),
    row("SSH_AUTH_SOCK", Pass, &[V], "leads to the keys that private modules need"),
    row(
        "SSL_CERT_DIR",
        Pass,
        &[V],
        "names trusted certificates, without which some networks cannot be used",
    ),
    row(
        "SSL_CERT_FILE",
        Pass,
        &[V],
        "names trusted certificates, without which some networks cannot be used",
    ),
    row("TMPDIR", Pass, &[C], "is where builds work; paths in it are not written into binaries"),
    row("XDG_CACHE_HOME", Pass, &[O, C], "is where the build cache is by default"),
    row("XDG_CONFIG_HOME", Pass, &[O], "is where the settings of go and git are by default"),
    row("http_proxy", Pass, &[V], "is how downloads reach the network; what they bring is checked"),
    row(
        "https_proxy",
        Pass,
        &[V],
        "is how downloads reach the network; what they bring is checked",
    ),
    row("no_proxy", Pass, &[V], "names hosts that are asked directly; what they bring is checked"),
];

type Check = fn(&str) -> Result<(), BadPin<'_>>;

/// A variable that no lock may hold.
const fn row(
    name: &'static str,
    rule: Rule,
    effects: &'static [Effect],
    reason: &'static str,
) -> Pin {
    checked(name, rule, effects, reason, checks::never)
}

const fn checked(
    name: &'static str,
    rule: Rule,
    effects: &'static [Effect],
    reason: &'static str,
    check: Check,
) -> Pin {
    Pin { name, rule, effects, reason, check }
}
