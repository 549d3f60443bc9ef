//! The tables of a small release, in the form that Go's own source has.

#![allow(dead_code, reason = "included by unit tests and by tests/")]

/// Paths below GOROOT, and what stands there.
pub(crate) const GO_SOURCES: [(&str, &str); 4] = [
    ("src/internal/goexperiment/flags.go", FLAGS),
    ("src/internal/buildcfg/exp.go", RULES),
    ("src/internal/godebugs/table.go", TABLE),
    ("src/runtime/runtime1.go", RUNTIME),
];

pub(crate) const FLAGS: &str = r"package goexperiment

type Flags struct {
	FieldTrack bool

	// These two belong together.

	// RegabiWrappers is for tests.
	RegabiWrappers bool
	// RegabiArgs is for tests.
	//
	// It needs the other one.
	RegabiArgs bool

	CgoCheck2    bool // trailing
	Dwarf5       bool
	GreenTeaGC   bool
	JSONv2       bool
	SpinbitMutex bool
}
";

pub(crate) const RULES: &str = r#"package buildcfg

func ParseGOEXPERIMENT(goos, goarch, goexp string) (*ExperimentFlags, error) {
	// A comment about goarch.
	var regabiSupported, regabiAlwaysOn bool
	switch goarch {
	case "amd64", "arm64":
		regabiAlwaysOn = true
		fallthrough
	case "s390x":
		regabiSupported = true
	}

	var haveXchg8 bool
	switch goarch {
	case "386", "amd64":
		haveXchg8 = true
	}
	dwarf5Supported := (goos != "darwin" && goos != "aix")

	baseline := goexperiment.Flags{
		RegabiWrappers: regabiSupported,
		RegabiArgs:     regabiSupported,
		Dwarf5:         dwarf5Supported,
		SpinbitMutex:   haveXchg8,
		GreenTeaGC:     true,
		CgoCheck2:      false,
	}
	flags := &ExperimentFlags{
		Flags:    baseline,
		baseline: baseline,
	}
	if goexp != "" {
		names["regabi"] = func(v bool) {
			flags.RegabiWrappers = v
			flags.RegabiArgs = v
		}
		for f := range strings.SplitSeq(goexp, ",") {
			if f == "none" {
				continue
			}
			set(val)
		}
	}

	if regabiAlwaysOn {
		flags.RegabiWrappers = true
		flags.RegabiArgs = true
	}
	if !regabiSupported {
		flags.RegabiWrappers = false
		flags.RegabiArgs = false
	}
	if flags.RegabiArgs && !flags.RegabiWrappers {
		return nil, fmt.Errorf("one needs the other")
	}
	return flags, nil
}
"#;

pub(crate) const TABLE: &str = r#"package godebugs

var All = []Info{
	{Name: "fips140", Package: "crypto/fips140", Opaque: true, Immutable: true},
	{Name: "http2debug", Package: "net/http", Opaque: true}, // remove Opaque
	//{Name: "multipartfiles", Package: "mime/multipart"},
	{Name: "netdns", Package: "net", Opaque: true},
	{Name: "panicnil", Package: "runtime", Changed: 21, Old: "1"},
}

var Removed = []RemovedInfo{
	{Name: "tls3des", Removed: 27, Old: one}, // Old: "1"
	{Name: "asynctimerchan", Removed: 27, Old: func(s string) bool { return s == "1" || s == "2" }},
	{Name: "x509sha1", Removed: 24},
}

func one(s string) bool  { return s == "1" }
"#;

pub(crate) const RUNTIME: &str = r#"package runtime

var dbgvars = []*dbgVar{
	{name: "cgocheck", value: &debug.cgocheck},
	{name: "gctrace", value: &debug.gctrace},
	{name: "panicnil", atomic: &debug.panicnil},
	{name: "profstackdepth", value: &debug.profstackdepth, def: 128},
}

func parsegodebug(godebug string, seen map[string]bool) {
	if seen == nil && key == "memprofilerate" {
	}
}
"#;
