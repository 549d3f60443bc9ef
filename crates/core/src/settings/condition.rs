//! On which platforms something is so: what `exp.go` says with GOOS and GOARCH.

use super::scan::unquoted;
use crate::platform::Platform;
use std::collections::BTreeSet;

/// A set of platforms: those for which all tests of one of the lists hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Condition(Vec<Vec<Test>>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Test {
    variable: Variable,
    value: String,
    /// Whether the value has to be this one, or another.
    is_equal: bool,
}

/// A variable of the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Variable {
    Arch,
    Os,
}

impl Variable {
    /// Reads `goos` or `goarch`.
    pub(super) fn parse(name: &str) -> Option<Self> {
        match name {
            "goarch" => Some(Self::Arch),
            "goos" => Some(Self::Os),
            _ => None,
        }
    }
}

impl Condition {
    /// Every platform, or none.
    pub(super) fn constant(holds: bool) -> Self {
        Self(if holds { vec![Vec::new()] } else { Vec::new() })
    }

    /// The platforms of `case "amd64", "arm64":`.
    pub(super) fn one_of(variable: Variable, list: &str) -> Option<Self> {
        let test = |value: &str| {
            let value = unquoted(value.trim())?.to_owned();
            Some(vec![Test { variable, value, is_equal: true }])
        };
        list.split(',').map(test).collect::<Option<_>>().map(Self)
    }

    /// Reads an expression such as `(goos != "darwin" && goos != "ios")`; either all `&&` or all
    /// `||`.
    pub(super) fn parse(expression: &str) -> Option<Self> {
        let inner = expression.strip_prefix('(').and_then(|e| e.strip_suffix(')'));
        let inner = inner.unwrap_or(expression);
        let all =
            |part: &str| -> Option<Vec<Test>> { part.split(" && ").map(parse_test).collect() };
        if inner.contains(" && ") && inner.contains(" || ") {
            return None;
        }
        inner.split(" || ").map(all).collect::<Option<_>>().map(Self)
    }

    /// Reads a cell of the built-in tables: `all`, `no`, `arch:386,arm` or `not-os:aix,ios`.
    pub(super) fn of_table(cell: &str) -> Option<Self> {
        let test =
            |variable, value: &str, is_equal| Test { variable, value: value.into(), is_equal };
        match cell.split_once(':') {
            None if cell == "all" => Some(Self::constant(true)),
            None if cell == "no" => Some(Self::constant(false)),
            Some(("arch", list)) => {
                let one = |value| vec![test(Variable::Arch, value, true)];
                Some(Self(list.split(',').map(one).collect()))
            }
            Some(("not-os", list)) => {
                let all = list.split(',').map(|value| test(Variable::Os, value, false));
                Some(Self(vec![all.collect()]))
            }
            _ => None,
        }
    }

    /// Returns the cell of the built-in tables that says it, if one can.
    pub(super) fn to_cell(&self) -> Option<String> {
        let list = |values: BTreeSet<&str>| values.into_iter().collect::<Vec<_>>().join(",");
        match self.0.as_slice() {
            [] => return Some("no".to_owned()),
            [tests] if tests.is_empty() => return Some("all".to_owned()),
            [tests] if tests.iter().all(|test| !test.is_equal && test.variable == Variable::Os) => {
                let systems = tests.iter().map(|test| test.value.as_str()).collect();
                return Some(format!("not-os:{}", list(systems)));
            }
            _ => {}
        }
        let one = |tests: &'_ Vec<Test>| match tests.as_slice() {
            [test] if test.is_equal && test.variable == Variable::Arch => Some(test.value.clone()),
            _ => None,
        };
        let values: Vec<String> = self.0.iter().map(one).collect::<Option<_>>()?;
        Some(format!("arch:{}", list(values.iter().map(String::as_str).collect())))
    }

    /// Adds the platforms of another one.
    pub(super) fn or(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Returns true for a platform of the set.
    pub fn holds(&self, platform: Platform) -> bool {
        self.holds_on(platform.os(), platform.arch())
    }

    /// The same for any GOOS and GOARCH, also those that Go runs on nowhere, such as `js/wasm`.
    pub fn holds_on(&self, os: &str, arch: &str) -> bool {
        self.0.iter().any(|tests| {
            tests.iter().all(|test| {
                let value = match test.variable {
                    Variable::Arch => arch,
                    Variable::Os => os,
                };
                (value == test.value) == test.is_equal
            })
        })
    }
}

fn parse_test(text: &str) -> Option<Test> {
    let equal = text.split_once(" == ").map(|sides| (sides, true));
    let ((name, value), is_equal) =
        equal.or_else(|| text.split_once(" != ").map(|sides| (sides, false)))?;
    Some(Test { variable: Variable::parse(name)?, value: unquoted(value)?.to_owned(), is_equal })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions() {
        let holds = |text: &str, platform: &str| {
            Condition::parse(text).map(|c| c.holds(Platform::parse(platform).unwrap()))
        };
        let dwarf5 = r#"(goos != "darwin" && goos != "aix")"#;
        let cases = [
            (dwarf5, "linux/amd64", Some(true)),
            (dwarf5, "darwin/arm64", Some(false)),
            (r#"goarch == "386" || goarch == "arm""#, "linux/arm", Some(true)),
            (r#"goarch == "386" || goarch == "arm""#, "linux/arm64", Some(false)),
            (r#"goarch == "386" && goos == "linux""#, "windows/386", Some(false)),
            (r#"goarch == "386" && goos == "linux" || goos == "aix""#, "linux/386", None),
            (r#"!(goos == "linux")"#, "linux/386", None),
            ("goos == linux", "linux/386", None),
            ("race", "linux/386", None),
            ("", "linux/386", None),
        ];
        for (text, platform, want) in cases {
            assert_eq!(holds(text, platform), want, "{text} {platform}");
        }
        let cells = [
            ("all", "plan9", "arm", Some(true)),
            ("no", "plan9", "arm", Some(false)),
            ("arch:386,arm", "plan9", "arm", Some(true)),
            ("arch:386,arm", "plan9", "amd64", Some(false)),
            ("not-os:aix,ios", "ios", "arm64", Some(false)),
            ("not-os:aix,ios", "js", "wasm", Some(true)),
            ("os:aix", "aix", "ppc64", None),
            ("", "aix", "ppc64", None),
        ];
        for (cell, os, arch, want) in cells {
            let condition = Condition::of_table(cell);
            let held = condition.as_ref().map(|condition| condition.holds_on(os, arch));
            assert_eq!(held, want, "{cell} {os}/{arch}");
            let written = condition.and_then(|condition| condition.to_cell());
            assert_eq!(written.as_deref(), want.map(|_| cell), "{cell}");
        }
        let linux = Platform::parse("linux/amd64").unwrap();
        assert!(Condition::constant(true).holds(linux) && !Condition::constant(false).holds(linux));
    }
}
