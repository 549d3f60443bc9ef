//! Which pins of a lock apply to a call, and why.

use crate::ci::{self, Built};
use crate::environment::Environment;
use crate::lock::{Lock, Pins, Rule};
use crate::names;
use crate::var_table::var;
use core::fmt;

/// The pins that apply, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Applied<'l> {
    /// The profile; `None` for the base pins.
    pub name: Option<&'l str>,
    /// Its pins.
    pub pins: &'l Pins<'l>,
    /// Who chose it.
    pub reason: Reason<'l>,
}

/// Who chose a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason<'l> {
    /// Nobody: the variable is unset, and the lock has no rules.
    Nothing,
    /// None of the lock's rules matches.
    NoRule,
    /// The first rule that matches, counted from 1.
    Rule(usize, &'l Rule<'l>),
    /// `GOWARD_PROFILE`.
    Variable,
}

impl Applied<'_> {
    /// Returns true when there is something to say: a profile, a wish for none, or rules.
    pub fn is_worth_saying(&self) -> bool {
        self.reason != Reason::Nothing
    }
}

impl fmt::Display for Applied<'_> {
    /// Writes ``profile `ci` by rule 1: `env = "CI=true"` ``. Everything in it is printable.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name {
            Some(name) => write!(f, "profile `{name}`")?,
            None => f.write_str("no profile")?,
        }
        match self.reason {
            Reason::Nothing => Ok(()),
            Reason::NoRule => f.write_str(": no rule matches"),
            Reason::Rule(number, rule) => write!(f, " by rule {number}: {rule}"),
            Reason::Variable => write!(f, " by `{}`", names::PROFILE_VAR),
        }
    }
}

/// Returns the pins of `lock` that apply: those of the profile that `GOWARD_PROFILE` names, else
/// those of the first rule that matches, else the base pins.
///
/// # Errors
///
/// The value of `GOWARD_PROFILE`, when the lock does not have that profile.
pub fn apply<'l, 'e>(lock: &'l Lock<'l>, env: &Environment<'e>) -> Result<Applied<'l>, &'e [u8]> {
    let base = |reason| Applied { name: None, pins: &lock.pins, reason };
    let of = |name: &[u8], reason| {
        lock.profile(name).map(|(name, pins)| Applied { name: Some(name), pins, reason })
    };
    match env.value(var::PROFILE) {
        Some(value) if value == names::NO_PROFILE.as_bytes() => return Ok(base(Reason::Variable)),
        Some(value) => return of(value, Reason::Variable).ok_or(value),
        None if lock.rules.is_empty() => return Ok(base(Reason::Nothing)),
        None => {}
    }
    let built = ci::built(env);
    let first = (1..).zip(&lock.rules).find(|(_, rule)| holds(rule, env, built));
    // The parser made sure that the profile is there.
    let applied =
        first.and_then(|(number, rule)| of(rule.profile.as_bytes(), Reason::Rule(number, rule)));
    Ok(applied.unwrap_or_else(|| base(Reason::NoRule)))
}

/// Returns true when all conditions of `rule` hold.
fn holds(rule: &Rule, env: &Environment, built: Option<Built>) -> bool {
    let variable = rule.env.is_none_or(|condition| match condition.split_once('=') {
        Some((name, value)) => env.get(name) == Some(value.as_bytes()),
        None => env.get(condition).is_some(),
    });
    let branch = rule
        .branch
        .is_none_or(|pattern| matches!(built, Some(Built::Branch(name)) if matches(pattern, name)));
    let tag = rule
        .tag
        .is_none_or(|pattern| matches!(built, Some(Built::Tag(name)) if matches(pattern, name)));
    variable && branch && tag
}

/// Returns true when all of `name` fits `pattern`, in which `*` stands for any characters, `/`
/// included, and `?` for one.
pub fn matches(pattern: &str, name: &[u8]) -> bool {
    let pattern = pattern.as_bytes();
    let (mut at, mut next) = (0, 0);
    // Where the last `*` stands, and what is left of the name behind what it takes so far.
    let mut star: Option<(usize, usize)> = None;
    while next < name.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, next));
                at += 1;
            }
            Some(b'?') => {
                at += 1;
                next = character_end(name, next);
            }
            Some(&byte) if byte == name[next] => {
                at += 1;
                next += 1;
            }
            // The last `*` takes one more; those before it took enough.
            _ => match star {
                None => return false,
                Some((place, taken)) => {
                    star = Some((place, taken + 1));
                    (at, next) = (place + 1, taken + 1);
                }
            },
        }
    }
    pattern[at..].iter().all(|&byte| byte == b'*')
}

/// Returns where the UTF-8 character that starts at `start` ends; of other bytes each is one.
fn character_end(name: &[u8], start: usize) -> usize {
    let rest = &name[start + 1..];
    start + 1 + rest.iter().take_while(|&&byte| byte & 0xc0 == 0x80).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::environment;
    use alloc::string::ToString;
    use alloc::vec;
    use alloc::vec::Vec;

    #[test]
    fn patterns() {
        let cases: &[(&str, &str, bool)] = &[
            ("v*", "v1.2.3", true),
            ("v*", "v", true),
            ("v*", "rv1", false),
            ("v1", "v1", true),
            ("v1", "v10", false),
            ("v1", "", false),
            ("*", "", true),
            ("*", "release/1", true),
            ("**", "x", true),
            ("?", "", false),
            ("?", "x", true),
            ("?", "xy", false),
            ("?", "ä", true),
            ("??", "ä", false),
            ("*??", "ä", false),
            ("v?.?", "v1.2", true),
            ("v?.?", "v1.23", false),
            ("v?.*", "v1.", true),
            ("release/*", "release/1/x", true),
            ("release/*", "release", false),
            ("release/*", "xrelease/1", false),
            ("*/*", "a/b", true),
            ("*-rc?", "v1-rc1", true),
            ("*-rc?", "v1-rc1-rc2", true),
            ("*-rc?", "v1-rc", false),
            ("a*b*c", "abc", true),
            ("a*b*c", "axbxbxc", true),
            ("a*b*c", "acb", false),
            ("a*bc", "abbc", true),
            ("*a*a*a", "aa", false),
            ("V*", "v1", false),
        ];
        for (pattern, name, want) in cases {
            assert_eq!(matches(pattern, name.as_bytes()), *want, "{pattern} {name}");
        }
        assert!(matches("?x*", b"\xffx\xff"));
    }

    #[test]
    fn a_long_pattern_takes_no_long_time() {
        let name = vec![b'a'; 2000];
        assert!(!matches(&"*a".repeat(90), &name[..80]));
        assert!(!matches(&("*a".repeat(90) + "b"), &name));
    }

    fn lock() -> Lock<'static> {
        let text = "schema = 1\n[toolchain]\nversion = \"go1.27.1\"\nrequest = \"1.27\"\n\
                    level = \"built-in\"\n[pins]\nGODEBUG = \"a=0\"\n\
                    [rule.1]\nprofile = \"prod\"\ntag = \"v*\"\n\
                    [rule.2]\nprofile = \"ci\"\nenv = \"CI=true\"\nbranch = \"release/*\"\n\
                    [rule.3]\nprofile = \"dev\"\nenv = \"DEV\"\n\
                    [profile.ci]\nGODEBUG = \"a=1\"\n[profile.dev]\n[profile.prod]\n";
        crate::lock::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn the_variable_then_the_first_rule_then_the_base() {
        let branch = "GITHUB_REF=refs/heads/release/1";
        let cases: &[(&[&str], &str)] = &[
            (&[], "no profile: no rule matches"),
            (&["GOWARD_PROFILE=ci"], "profile `ci` by `GOWARD_PROFILE`"),
            (&["GOWARD_PROFILE=none", "DEV=1"], "no profile by `GOWARD_PROFILE`"),
            (&["GOWARD_PROFILE=", "DEV=1"], "profile `dev` by rule 3: `env = \"DEV\"`"),
            (&["DEV="], "no profile: no rule matches"),
            (
                &["GITHUB_ACTIONS=1", "GITHUB_REF=refs/tags/v1", "DEV=1"],
                "profile `prod` by rule 1: `tag = \"v*\"`",
            ),
            (
                &["GITHUB_ACTIONS=1", branch, "CI=true"],
                "profile `ci` by rule 2: `branch = \"release/*\"`, `env = \"CI=true\"`",
            ),
            (&["GITHUB_ACTIONS=1", branch, "CI=1"], "no profile: no rule matches"),
            (&["GITHUB_ACTIONS=1", branch], "no profile: no rule matches"),
            (&["CI=true"], "no profile: no rule matches"),
        ];
        let lock = lock();
        for (entries, want) in cases {
            let env = environment(entries);
            let applied = apply(&lock, &env).unwrap();
            assert_eq!(applied.to_string(), *want, "{entries:?}");
            assert!(applied.is_worth_saying());
            let own = applied.name.map(|name| lock.profile(name.as_bytes()).unwrap().1);
            assert_eq!(applied.pins, own.unwrap_or(&lock.pins));
        }
        for unknown in [&b"cj"[..], b"\xff"] {
            let env = environment(&[[b"GOWARD_PROFILE=", unknown].concat()]);
            assert_eq!(apply(&lock, &env), Err(unknown));
        }
        let plain = Lock { rules: Vec::new(), ..lock };
        let applied = apply(&plain, &Environment::default()).unwrap();
        assert_eq!((applied.name, applied.is_worth_saying()), (None, false));
    }
}
