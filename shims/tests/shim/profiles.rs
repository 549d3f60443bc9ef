//! Which pins a call gets: the variable, the first rule that matches, the base.

use super::sandbox::{Sandbox, lock, shown};

const PINS: &str = "\n[pins]\nGODEBUG = \"a=0\"\n\n\
                    [rule.1]\nprofile = \"prod\"\ntag = \"v*\"\n\n\
                    [rule.2]\nprofile = \"ci\"\nenv = \"CI=true\"\nbranch = \"release/*\"\n\n\
                    [profile.ci]\nGODEBUG = \"a=1\"\n\n[profile.prod]\nGODEBUG = \"a=2\"\n";

fn project() -> Sandbox {
    Sandbox::new().toolchain("go1.27.1").file("project/goward.lock", lock("go1.27.1", PINS))
}

fn with(variables: &[(&str, &str)]) -> Sandbox {
    variables.iter().fold(project(), |sandbox, (name, value)| sandbox.var(name, value))
}

#[test]
fn the_pins_are_those_of_the_variable_or_of_the_first_rule_that_matches() {
    let tag = [("GITLAB_CI", "true"), ("CI_COMMIT_TAG", "v1.2")];
    let branch = [("GITLAB_CI", "true"), ("CI_COMMIT_BRANCH", "release/1"), ("CI", "true")];
    let request = [&branch[..], &[("CI_MERGE_REQUEST_IID", "3")]].concat();
    let cases: [(&[(&str, &str)], &str); 9] = [
        (&[], "a=0"),
        (&[("GOWARD_PROFILE", "ci")], "a=1"),
        (&tag, "a=2"),
        (&tag[1..], "a=0"),
        (&branch, "a=1"),
        (&branch[..2], "a=0"),
        (&request, "a=0"),
        (&[tag[0], tag[1], ("GOWARD_PROFILE", "none")], "a=0"),
        (&[tag[0], tag[1], ("GOWARD_PROFILE", "ci")], "a=1"),
    ];
    for (variables, want) in cases {
        let got = with(variables).run().variable("GODEBUG");
        assert_eq!(got.as_deref(), Some(want), "{variables:?}");
    }
}

#[test]
fn the_trace_says_which_profile_applies_and_why() {
    let decided = |variables: &[(&str, &str)]| {
        let sandbox = with(variables).var("GOWARD_TRACE", "1");
        let lock = sandbox.path("project/goward.lock");
        let said = sandbox.run().stderr;
        let (_, decided) = said.split_once(&format!("decided by `{}`", lock.display())).unwrap();
        decided.trim_end().to_owned()
    };
    assert_eq!(decided(&[]), ", no profile: no rule matches");
    assert_eq!(
        decided(&[("DRONE", "true"), ("DRONE_TAG", "v1")]),
        ", profile `prod` by rule 1: `tag = \"v*\"`"
    );
    assert_eq!(decided(&[("GOWARD_PROFILE", "ci")]), ", profile `ci` by `GOWARD_PROFILE`");
    assert_eq!(decided(&[("GOWARD_PROFILE", "none")]), ", no profile by `GOWARD_PROFILE`");
}

#[test]
fn a_nested_call_in_another_project_goes_by_its_own_rules() {
    let other = "\n[rule.1]\nprofile = \"x\"\nenv = \"DRONE\"\n\n[profile.x]\nGODEBUG = \"b=1\"\n";
    let sandbox = with(&[("DRONE", "true"), ("DRONE_TAG", "v1")])
        .file("other/goward.lock", lock("go1.27.1", other));
    let outer = sandbox.run();
    assert_eq!(outer.variable("GODEBUG").as_deref(), Some("a=2"));
    assert_eq!(outer.variable("GOWARD_PROFILE"), None);
    let sandbox = sandbox.cwd("other").var("GODEBUG", "a=2");
    assert_eq!(sandbox.run().variable("GODEBUG").as_deref(), Some("b=1"));
}

#[test]
fn none_is_right_in_every_project_and_another_name_only_where_it_is() {
    let plain =
        || Sandbox::new().toolchain("go1.27.1").file("project/goward.lock", lock("go1.27.1", ""));
    let none = plain().var("GOWARD_PROFILE", "none");
    assert_eq!(none.run().program(), shown(none.tree("go1.27.1").join("libexec/go")));
    let other = plain().var("GOWARD_PROFILE", "prod");
    assert_eq!(other.run().program(), shown(other.goward()));
}

#[test]
fn a_lock_with_a_wrong_rule_is_refused() {
    for (from, to) in [("\"prod\"", "\"dev\""), ("rule.2", "rule.3"), ("CI=true", "GOFLAGS=-x")] {
        let sandbox = project();
        let text = lock("go1.27.1", &PINS.replacen(from, to, 1));
        let sandbox = sandbox.file("project/goward.lock", text);
        assert_eq!(sandbox.run().program(), shown(sandbox.goward()), "{to}");
    }
}
