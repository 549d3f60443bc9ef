//! `goward inspect` knows how programs are linked: with which loader, which C library, and how new.

use super::inspect::{asked, build, inspected};
use super::lab;
use crate::common::{machine, skip};
use goward_core::binary::Shape;
use serde_json::Value;
use std::path::Path;

/// A program with C in it, which works as a library and as a plugin, too.
const WITH_C: &str = "package main\n\n// #include <stdlib.h>\nimport \"C\"\n\n//export Two\n\
                      func Two() C.int { return C.abs(-2) }\n\nfunc main() { println(int(Two())) }\n";

/// How a program is built, and what comes out.
struct Linked {
    name: &'static str,
    compiler: &'static str,
    args: &'static [&'static str],
    shape: Shape,
    pie: bool,
    libc: Option<&'static str>,
    needed: &'static [&'static str],
}

const EXTERNAL: &str = "-ldflags=-linkmode=external -extldflags=-static";
const STRIPPED: &str = "-ldflags=-s -linkmode=external -extldflags=-static";
const STATIC_PIE: &str = "-ldflags=-linkmode=external -extldflags=-static-pie";

const fn linked(
    name: &'static str,
    compiler: &'static str,
    args: &'static [&'static str],
    (shape, pie): (Shape, bool),
    libc: Option<&'static str>,
    needed: &'static [&'static str],
) -> Linked {
    Linked { name, compiler, args, shape, pie, libc, needed }
}

const LINKED: &[Linked] = &[
    linked("cgo", "gcc", &[], (Shape::Dynamic, false), Some("glibc"), &["libc.so.6"]),
    linked(
        "pie",
        "gcc",
        &["-buildmode=pie"],
        (Shape::Dynamic, true),
        Some("glibc"),
        &["libc.so.6"],
    ),
    linked("static", "gcc", &[EXTERNAL], (Shape::Static, false), Some("glibc"), &[]),
    linked("static-s", "gcc", &[STRIPPED], (Shape::Static, false), Some("glibc"), &[]),
    linked(
        "static-pie",
        "gcc",
        &["-buildmode=pie", STATIC_PIE],
        (Shape::StaticPie, true),
        Some("glibc"),
        &[],
    ),
    linked(
        "c-shared",
        "gcc",
        &["-buildmode=c-shared"],
        (Shape::Shared, false),
        Some("glibc"),
        &["libc.so.6"],
    ),
    linked(
        "plugin",
        "gcc",
        &["-buildmode=plugin"],
        (Shape::Plugin, false),
        Some("glibc"),
        &["libc.so.6"],
    ),
    linked("musl", "musl-gcc", &[], (Shape::Dynamic, false), Some("musl"), &["libc.so"]),
    linked("musl-static", "musl-gcc", &[EXTERNAL], (Shape::Static, false), Some("musl"), &[]),
    // Nothing is left that could tell.
    linked("musl-static-s", "musl-gcc", &[STRIPPED], (Shape::Static, false), None, &[]),
];

#[test]
fn it_knows_how_programs_are_linked() {
    let Some(lab) = lab() else { return };
    let go = lab.gos.last().unwrap();
    lab.sandbox.write("linked/go.mod", "module example.com/linked\n\ngo 1.19\n");
    lab.sandbox.write("linked/main.go", WITH_C);
    for case in LINKED {
        if !has(case.compiler) {
            skip(&format!("inspect: {} without {}", case.name, case.compiler));
            continue;
        }
        let variables = [("CGO_ENABLED", "1"), ("CC", case.compiler)];
        let program = build(lab, go, "linked", case.name, &variables, case.args);
        let (said, file) = inspected(lab, &program);
        assert_eq!(said, asked(lab, go, &program), "{}", case.name);
        assert_eq!(file["linkage"], case.shape.name(), "{}", case.name);
        assert_eq!(file["pie"], case.pie, "{}", case.name);
        assert_eq!(file["libc"].as_str(), case.libc, "{}", case.name);
        assert_eq!(file["libraries"], serde_json::json!(case.needed), "{}", case.name);
        assert_eq!(file["mixed"], false);
        let glibc = file["glibc"].as_str();
        assert_eq!(glibc.is_some(), case.needed.contains(&"libc.so.6"), "{}", case.name);
        if let Some(glibc) = glibc {
            if has("readelf") {
                assert_eq!(glibc, newest_by_readelf(&program), "{}", case.name);
            } else {
                skip("the newest symbol of glibc: there is no readelf");
            }
        }
    }
    // Without C: Go's own linker, which names a loader all the same.
    let pure = "package main\n\nfunc main() { println(2) }\n";
    lab.sandbox.write("pure/go.mod", "module example.com/pure\n\ngo 1.19\n");
    lab.sandbox.write("pure/main.go", pure);
    let (_, file) = inspected(lab, &build(lab, go, "pure", "pie", &[], &["-buildmode=pie"]));
    assert_eq!((&file["linkage"], &file["pie"]), (&"dynamic".into(), &true.into()));
    assert_eq!(file["interpreter"], "/lib64/ld-linux-x86-64.so.2");
    assert_eq!((&file["libraries"], &file["glibc"]), (&serde_json::json!([]), &Value::Null));
}

fn has(program: &str) -> bool {
    machine::command(program).arg("--version").output().is_ok()
}

/// Returns the newest version of glibc that the table of another program has.
fn newest_by_readelf(program: &Path) -> String {
    let output = machine::command("readelf").args(["-W", "-V"]).arg(program).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let versions = text.split("Name: GLIBC_").skip(1).map(|rest| {
        let version = rest.split_whitespace().next().unwrap();
        let numbers: Vec<u32> = version.split('.').map(|n| n.parse().unwrap()).collect();
        (numbers, version.to_owned())
    });
    versions.max().unwrap().1
}
