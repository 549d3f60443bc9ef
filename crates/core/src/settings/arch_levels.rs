//! The variables that choose a level of instructions (`internal/buildcfg/cfg.go` of Go 1.27).

/// Each level with the architectures whose code it changes.
pub const LEVELS: [(&str, &[&str]); 9] = [
    ("GO386", &["386"]),
    ("GOAMD64", &["amd64"]),
    ("GOARM", &["arm"]),
    ("GOARM64", &["arm64"]),
    ("GOMIPS", &["mips", "mipsle"]),
    ("GOMIPS64", &["mips64", "mips64le"]),
    ("GOPPC64", &["ppc64", "ppc64le"]),
    ("GORISCV64", &["riscv64"]),
    ("GOWASM", &["wasm"]),
];

/// Returns the architectures that a level is for; `None` for what is no level.
pub fn architectures_of(name: &str) -> Option<&'static [&'static str]> {
    LEVELS.iter().find(|(level, _)| *level == name).map(|(_, architectures)| *architectures)
}
