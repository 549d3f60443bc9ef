use super::*;
use crate::pins::{PINS, pinned};
use std::collections::BTreeSet;
use std::vec::Vec;

/// Values that may stand in a lock, and values that may not.
const VALUES: &[(&str, &[&str], &[&str])] = &[
    ("CGO_ENABLED", &["0", "1"], &["", "2", "true", "01", "1 "]),
    ("GO386", &["sse2", "softfloat"], &["", "387", "SSE2", "hardfloat"]),
    ("GOAMD64", &["v1", "v2", "v3", "v4"], &["", "v0", "v5", "v9", "3", "V3", "v3 ", "v3,v4"]),
    (
        "GOARM",
        &["5", "6", "7", "7,softfloat", "6,hardfloat"],
        &["", "4", "8", "7,", "7,softfloat,hardfloat", "7 ,softfloat", ",softfloat"],
    ),
    (
        "GOARM64",
        &["v8.0", "v8.9", "v9.0", "v9.5", "v8.1,lse", "v8.0,crypto,lse", "v9.0,lse,crypto"],
        &["", "v8", "v8.10", "v9.6", "v7.0", "v8.0,", "v8.0,lse,lse", "v8.0,sve", "lse", "v8.a"],
    ),
    (
        "GODEBUG",
        &["http2debug=1,netdns=go+2,cpu.avx2=off", "tls10server=1#y", "execerrdot=0"],
        &["", "http2debug", "=1", "a=", "http2debug=1,,a=b", "#a=1", "a=b c"],
    ),
    ("GOEXPERIMENT", &["jsonv2,nogreenteagc", "none"], &["", "jsonv2, x", "JSONv2", "a,,b", ","]),
    (
        "GOFIPS140",
        &["off", "latest", "inprocess", "certified", "v1.0.0", "v1.26.10"],
        &["", "on", "v1", "v1.0", "v1.0.0.0", "v2.0.0", "v1.01.0", "v1.+1.0", "v1..0", "Latest"],
    ),
    (
        "GOFLAGS",
        &[
            "-trimpath",
            "-mod=readonly",
            "-mod=vendor",
            "-mod=mod",
            "-buildvcs=auto -trimpath",
            "-buildvcs=true",
            "-buildvcs=false",
            "-tags=netgo,osusergo,go1.27_x",
        ],
        &[
            "",
            " -trimpath",
            "-trimpath ",
            "-trimpath  -mod=mod",
            "-trimpath -trimpath",
            "-trimpath=true",
            "--trimpath",
            "-mod",
            "-mod=bad",
            "-mod mod",
            "-buildvcs",
            "-buildvcs=yes",
            "-tags",
            "-tags=",
            "-tags=a,,b",
            "-tags=a;b",
            "'-tags=a b'",
            "-",
            "--",
            "-toolexec=/x",
            "--toolexec=/x",
            "-trimpath -overlay=o.json",
            "-bogus",
            "trimpath",
        ],
    ),
    ("GOMIPS", &["hardfloat", "softfloat"], &["", "sse2"]),
    ("GOMIPS64", &["hardfloat", "softfloat"], &["", "Hardfloat"]),
    ("GOPPC64", &["power8", "power9", "power10"], &["", "power7", "power11", "9"]),
    ("GORISCV64", &["rva20u64", "rva22u64", "rva23u64"], &["", "rva21u64", "rva20"]),
    ("GOROOT_FINAL", &["/usr/local/go", "/x"], &["", "/", "/usr/../go", "/usr/go/", "go", "//go"]),
    ("GOWASM", &["satconv", "signext", "satconv,signext"], &["", "simd", "satconv,", "a,satconv"]),
];

#[test]
fn good_and_bad_values_of_every_pin() {
    for (name, good, bad) in VALUES {
        let check = pinned(name).unwrap().check;
        for value in *good {
            assert_eq!(check(value), Ok(()), "{name}={value}");
        }
        for value in *bad {
            assert!(check(value).is_err(), "{name}={value}");
        }
    }
    let tested: BTreeSet<&str> = VALUES.iter().map(|(name, ..)| *name).collect();
    let rows = PINS.iter().filter(|row| row.rule.is_lockable());
    assert_eq!(tested, rows.map(|row| row.name).collect());
}

#[test]
fn what_is_not_a_pin_accepts_nothing() {
    for row in PINS.iter().filter(|row| !row.rule.is_lockable()) {
        assert_eq!((row.check)("1"), Err(BadPin::Form("left to goward")), "{}", row.name);
        assert!(pinned(row.name).is_none());
    }
}

#[test]
fn refused_flags_say_why() {
    let cases = [
        ("-toolexec=/x", "-toolexec", "it runs a program at every compile"),
        ("--toolexec=/x", "--toolexec", "it runs a program at every compile"),
        (
            "-trimpath -overlay=x",
            "-overlay",
            "it replaces source files without a trace in the binary",
        ),
        ("-bogus", "-bogus", "goward does not know it to be safe"),
        ("--bogus=1", "--bogus", "goward does not know it to be safe"),
    ];
    for (value, name, reason) in cases {
        assert_eq!(flags(value), Err(BadPin::Unsafe { name, reason }), "{value}");
    }
    for (name, reason) in REFUSED_FLAGS {
        assert_eq!(flags(name), Err(BadPin::Unsafe { name, reason }));
    }
}

#[test]
fn values_that_old_versions_do_not_read() {
    let cases = [
        ("GOARM", "7", 0),
        ("GOARM", "7,softfloat", 22),
        ("GOARM64", "v8.0", 23),
        ("GORISCV64", "rva20u64", 23),
        ("GORISCV64", "rva23u64", 25),
        ("GOFIPS140", "off", 24),
        ("GOPPC64", "power9", 0),
        ("GOPPC64", "power10", 20),
        ("GOAMD64", "v3", 0),
    ];
    for (name, value, minor) in cases {
        assert_eq!(first_minor(name, value), minor, "{name}={value}");
    }
    let lockable: Vec<_> = PINS.iter().filter(|row| row.rule.is_lockable()).collect();
    assert!(cases.iter().all(|(name, ..)| lockable.iter().any(|row| row.name == *name)));
}
