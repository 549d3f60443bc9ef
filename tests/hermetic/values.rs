//! A value for each row of the table: one that the caller has, and one that a lock has.
//!
//! Values are such that go works where they get through, and shows it where they get through and
//! must not. What has no entry is harmless whatever it says.

use super::{Go, Lab};
use goward_shim::pins::{PINS, Pin};

/// What the caller has, where that matters.
const CALLER: &[(&str, &str)] = &[
    ("CGO_ENABLED", "1"),
    ("GNUTARGET", "default"),
    ("GO111MODULE", "auto"),
    ("GO386", "softfloat"),
    ("GOAMD64", "v2"),
    ("GOARCH", "arm64"),
    ("GOARM", "6"),
    ("GOARM64", "v8.1"),
    ("GOAUTH", "off"),
    ("GOBIN", "/caller/bin"),
    ("GODEBUG", "asynctimerchan=1"),
    ("GOEXPERIMENT", "nosuchexperiment"),
    ("GOFIPS140", "off"),
    ("GOFLAGS", "-tags=caller"),
    ("GOGC", "150"),
    ("GOMAXPROCS", "2"),
    ("GOMEMLIMIT", "4GiB"),
    ("GOMIPS", "softfloat"),
    ("GOMIPS64", "softfloat"),
    ("GOMODCACHE", "/caller/mod"),
    ("GOOS", "freebsd"),
    ("GOPATH", "/caller/path"),
    ("GOPPC64", "power9"),
    ("GOPROXY", "off"),
    ("GORISCV64", "rva22u64"),
    ("GOROOT", "/caller/goroot"),
    ("GOROOT_FINAL", "/caller/goroot-final"),
    ("GOSUMDB", "off"),
    ("GOTMPDIR", "/tmp"),
    ("GOTOOLCHAIN", "auto"),
    ("GOTOOLCHAIN_INTERNAL_SWITCH_COUNT", "200"),
    ("GOTOOLCHAIN_INTERNAL_SWITCH_VERSION", "go1.5"),
    ("GOTOOLDIR", "/caller/tools"),
    ("GOTRACEBACK", "single"),
    ("GOVCS", "*:off"),
    ("GOWASM", "satconv"),
    ("GOWORK", "off"),
    ("LANG", "C"),
    ("LC_ALL", "C"),
    ("LDEMULATION", "elf_x86_64"),
    ("TMPDIR", "/tmp"),
];

/// What the lock has; every row that a lock may hold has one.
const LOCKED: &[(&str, &str)] = &[
    ("CGO_ENABLED", "0"),
    ("GO386", "sse2"),
    ("GOAMD64", "v3"),
    ("GOARM", "5"),
    ("GOARM64", "v8.2"),
    ("GODEBUG", "netdns=go"),
    ("GOEXPERIMENT", "fieldtrack"),
    ("GOFIPS140", "latest"),
    ("GOFLAGS", "-trimpath"),
    ("GOMIPS", "hardfloat"),
    ("GOMIPS64", "hardfloat"),
    ("GOPPC64", "power10"),
    ("GORISCV64", "rva20u64"),
    ("GOROOT_FINAL", "/locked/goroot"),
    ("GOWASM", "signext"),
];

/// Returns a name that the row is for.
pub(super) fn name(row: &Pin) -> String {
    row.name.replace('*', "EXAMPLE")
}

/// Returns what the caller has for a row, in a home of its own.
pub(super) fn caller(lab: &Lab, home: &str, row: &Pin) -> String {
    let path = |relative: &str| lab.sandbox.path(relative).to_string_lossy().into_owned();
    match row.name {
        "GOCACHE" => path("cache"),
        "GOCACHEPROG" => path("cacheprog"),
        "GOENV" => path(&format!("{home}/own-env")),
        "HOME" | "PWD" => path(home),
        "PATH" => format!("{}/shims:/usr/bin:/bin", lab.sandbox.store().display()),
        "XDG_CACHE_HOME" => path(&format!("{home}/cache")),
        "XDG_CONFIG_HOME" => path(&format!("{home}/config")),
        name => {
            let known = CALLER.iter().find(|(known, _)| *known == name);
            known.map_or_else(
                || format!("caller-{}", name.to_lowercase()),
                |(_, value)| (*value).to_owned(),
            )
        }
    }
}

/// Returns what the lock has for a row; `None` when none may.
pub(super) fn locked(row: &Pin) -> Option<&'static str> {
    row.rule.is_lockable().then(|| {
        let known = LOCKED.iter().find(|(known, _)| *known == row.name);
        known.unwrap_or_else(|| panic!("{}: give it a value in values.rs", row.name)).1
    })
}

/// Returns everything that a lock for this version can hold at once.
pub(super) fn all_locked(go: &Go) -> Vec<(&'static str, &'static str)> {
    let lockable = PINS.iter().filter_map(|row| Some((row.name, locked(row)?)));
    lockable.filter(|(name, value)| go.takes(name, value)).collect()
}
