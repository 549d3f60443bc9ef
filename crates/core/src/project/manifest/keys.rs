//! The keys of `goward.toml`.

use crate::toml_keys::{Key, Shape, schema};
use goward_shim::lock::Level;
use goward_shim::pins::Isolation;
use serde_json::Value;

/// The only value of `goroot`.
pub(super) const FIXED: &str = "fixed";

/// Names of profiles and matrices, as [`goward_shim::lock::is_profile`] takes them.
const NAME: &str = "^(?!none$)[a-z0-9-]{1,32}$";

pub(super) const MANIFEST: [Key; 8] = [
    Key::new("check", Shape::Table(&CHECK), "What `goward check` is told."),
    Key::new("matrix", Shape::Map(NAME, &Shape::Table(&MATRIX)), "What `goward matrix` runs."),
    Key::new("pins", Shape::Table(&PINS), "What `go` gets in its environment."),
    Key::new("policy", Shape::Table(&POLICY), "What every machine has to do."),
    Key::new(
        "profile",
        Shape::Map(NAME, &Shape::Table(&PROFILE)),
        "Pins that are laid over those of `pins`.",
    ),
    Key::new("rule", Shape::Tables(&RULE), "Which profile applies; the first rule that matches."),
    Key::new("toolchain", Shape::Table(&TOOLCHAIN), "Which Go the project has.").required(),
    Key::new(
        "tools",
        Shape::Map(TOOL_NAME, &Shape::TextOrTable(&TOOL)),
        "The programs written in Go that the project uses: `PACKAGE@VERSION`, or a table.",
    ),
];

/// Names of tools, as [`super::is_tool_name`] takes them.
const TOOL_NAME: &str = r"^(?!go$|gofmt$|go1\.|goward)[a-z]([a-z0-9._-]{0,62}[a-z0-9_-])?$";

pub(super) const TOOL: [Key; 5] = [
    Key::new("cgo", Shape::Switch, "Whether it is built with cgo."),
    Key::new("experiments", Shape::Texts, "GOEXPERIMENT of its build, in place of the pins'."),
    Key::new("go", Shape::Text, "The Go that builds it, in place of the project's."),
    Key::new("package", Shape::Text, "`PACKAGE@VERSION`, or a directory: `./cmd/gen`.").required(),
    Key::new("tags", Shape::Texts, "Build tags."),
];

pub(super) const TOOLCHAIN: [Key; 2] = [
    Key::new("go", Shape::Text, "The Go: `1.27`, `1.27.1`, `stable`, `oldstable`, `~1.27.3`.")
        .required(),
    Key::new(
        "platforms",
        Shape::SomeTexts,
        "The platforms that the lock covers, such as `linux/amd64` and `first-class`.",
    ),
];

pub(super) const POLICY: [Key; 3] = [
    Key::new(
        "isolation",
        Shape::OneOf(|| Isolation::ALL.map(Isolation::name).to_vec()),
        "How much of the caller's environment reaches `go`.",
    ),
    Key::new(
        "level",
        Shape::OneOf(|| Level::ALL.map(Level::name).to_vec()),
        "The weakest level that the toolchain may have.",
    ),
    Key::new("min-age", Shape::Text, "How long a release has to be public: `3d`, `2w`."),
];

const CGO: Key = Key::new("cgo", Shape::Switch, "CGO_ENABLED.");
const DEBUG: Key = Key::new(
    "debug",
    Shape::Map("^[A-Za-z0-9_#]+$", &Shape::TextOrNumber),
    "GODEBUG, a key for each setting; an empty value takes the setting out.",
);
const EXPERIMENTS: Key = Key::new("experiments", Shape::Texts, "GOEXPERIMENT: `jsonv2`, `nosimd`.");
const FIPS140: Key = Key::new("fips140", Shape::Text, "GOFIPS140.");
const FLAGS: Key = Key::new("flags", Shape::Texts, "GOFLAGS, a string for each flag.");
const GOROOT: Key = Key::new(
    "goroot",
    Shape::OneOf(|| vec![FIXED]),
    "`fixed`: the path in `goroot-final` is GOROOT in place of the toolchain's own.",
);
const GOROOT_FINAL: Key =
    Key::new("goroot-final", Shape::Text, "GOROOT_FINAL, an absolute path; Go 1.22 and older.");
const LEVELS: Key = Key::new(
    "levels",
    Shape::Table(&ARCH_LEVELS),
    "What processors the programs need, a variable for each architecture.",
);
const TRIMPATH: Key = Key::new("trimpath", Shape::Switch, "Whether GOFLAGS has `-trimpath`.");

pub(super) const PINS: [Key; 9] =
    [CGO, DEBUG, EXPERIMENTS, FIPS140, FLAGS, GOROOT, GOROOT_FINAL, LEVELS, TRIMPATH];

pub(super) const PROFILE: [Key; 8] =
    [CGO, DEBUG, EXPERIMENTS, FIPS140, FLAGS, GOROOT_FINAL, LEVELS, TRIMPATH];

pub(super) const ARCH_LEVELS: [Key; 9] = [
    Key::new("GO386", Shape::Text, "`sse2` or `softfloat`."),
    Key::new("GOAMD64", Shape::Text, "`v1` to `v4`."),
    Key::new("GOARM", Shape::Text, "`5`, `6` or `7`, with `,softfloat` or `,hardfloat`."),
    Key::new("GOARM64", Shape::Text, "`v8.0` to `v9.5`, with `,lse` and `,crypto`."),
    Key::new("GOMIPS", Shape::Text, "`hardfloat` or `softfloat`."),
    Key::new("GOMIPS64", Shape::Text, "`hardfloat` or `softfloat`."),
    Key::new("GOPPC64", Shape::Text, "`power8`, `power9` or `power10`."),
    Key::new("GORISCV64", Shape::Text, "`rva20u64`, `rva22u64` or `rva23u64`."),
    Key::new("GOWASM", Shape::Text, "`satconv` and `signext`."),
];

pub(super) const RULE: [Key; 4] = [
    Key::new("branch", Shape::Text, "A pattern for the branch that a CI service builds."),
    Key::new("env", Shape::Text, "`NAME=value`, or `NAME`: the variable is set."),
    Key::new("profile", Shape::Text, "The profile that applies.").required(),
    Key::new("tag", Shape::Text, "A pattern for the tag that a CI service builds."),
];

pub(super) const MATRIX: [Key; 5] = [
    Key::new("command", Shape::SomeTexts, "What runs in each cell, a string for each word."),
    Key::new("debug", Shape::SomeTexts, "GODEBUG of each cell: `none`, `http2debug=1`."),
    Key::new("exclude", Shape::Tables(&EXCLUDE), "Cells that are left out."),
    Key::new("experiments", Shape::SomeTexts, "GOEXPERIMENT of each cell: `none`, `jsonv2`."),
    Key::new("go", Shape::SomeTexts, "The Go of each cell: `1.26`, `stable`."),
];

const EXCLUDE: [Key; 3] = [
    Key::new("debug", Shape::Text, "As `debug` of the matrix has it."),
    Key::new("experiment", Shape::Text, "As `experiments` of the matrix has it."),
    Key::new("go", Shape::Text, "As `go` of the matrix has it."),
];

pub(super) const CHECK: [Key; 2] = [
    Key::new("ignore", Shape::Tables(&IGNORE), "What is not reported."),
    Key::new("images", Shape::Texts, "Names of images that have Go, without tags."),
];

const IGNORE: [Key; 2] = [
    Key::new("check", Shape::Text, "The name of a check."),
    Key::new("path", Shape::Text, "A path or pattern below the manifest: `hack/**`."),
];

/// Returns the JSON Schema of `goward.toml`.
pub fn manifest_schema() -> Value {
    schema("goward.toml", "Which Go a project has, and with what.", &MANIFEST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::matrix_plan::Exclude;
    use goward_shim::lock::Rule;

    fn names(keys: &[Key]) -> Vec<&'static str> {
        keys.iter().map(|key| key.name).collect()
    }

    #[test]
    fn keys_that_others_read_are_the_same() {
        assert_eq!(names(&RULE), Rule::KEYS);
        assert_eq!(names(&EXCLUDE), Exclude::KEYS);
    }
}
