//! Who says something of GOEXPERIMENT and GODEBUG, and whether it counts.

use crate::resolve::Resolver;
use crate::resolve::setting_origins::{SettingOrigin, SettingValue, ignored};
use crate::session::samples::Machine;
use crate::verify::Level;

/// Who says what, and whether it counts.
fn shown(said: &[SettingValue]) -> Vec<(&'static str, &str, bool)> {
    said.iter().map(|said| (said.by.name(), said.value.as_str(), said.counts)).collect()
}

#[test]
fn where_a_lock_governs_its_pin_alone_counts() {
    let mut machine = Machine::new();
    let own = machine.go_env_file("GOEXPERIMENT=jsonv2\n");
    machine.set("GOEXPERIMENT", "rangefunc");
    let resolver = Resolver::new(&machine.session);
    let said = resolver.experiment_origins().unwrap();
    assert_eq!(
        shown(&said),
        [("go-env-file", "jsonv2", false), ("environment", "rangefunc", true)]
    );
    assert_eq!(said[0].by.to_string(), format!("go env -w, {}", own.display()));
    let why = format!("`GOEXPERIMENT=jsonv2` does not count here (go env -w, {})", own.display());
    assert_eq!(ignored("GOEXPERIMENT", &said[0]), Some(why));
    assert_eq!(ignored("GOEXPERIMENT", &said[1]), None);

    let path =
        machine.lock(&machine.install("1.99.1", Level::Listed), &[("GOEXPERIMENT", "arenas")]);
    let resolver = Resolver::new(&machine.session);
    let said = resolver.experiment_origins().unwrap();
    assert_eq!(
        shown(&said),
        [
            ("go-env-file", "jsonv2", false),
            ("environment", "rangefunc", false),
            ("pin", "arenas", true),
        ]
    );
    assert!(said[2].by.is_pin() && !said[2].by.is_of_test());
    assert!(said[2].by.to_string().starts_with(&format!("{}:", path.display())));
    let toolchain = resolver.toolchain_here().unwrap().unwrap();
    assert!(resolver.is_in_go_env_file("GOEXPERIMENT", &toolchain));
    assert!(!resolver.is_in_go_env_file("GODEBUG", &toolchain));
    machine.unset("GOEXPERIMENT").set("GOWARD_BYPASS", "1");
    machine.program(&format!("usr/{}", goward_shim::names::GO));
    machine.set("PATH", machine.path("usr/bin"));
    let said = Resolver::new(&machine.session).experiment_origins().unwrap();
    assert_eq!(shown(&said), [("go-env-file", "jsonv2", true)]);
}

#[test]
fn lines_and_comments_of_the_module_count_beside_a_pin() {
    let mut machine = Machine::new();
    machine.write("src/app/go.mod", "module m\n\ngo 1.25\n\ngodebug panicnil=1\n");
    machine.write("src/app/main.go", "//go:debug madvdontneed=1\npackage main\n");
    machine.write("src/app/main_test.go", "//go:debug http2debug=1\npackage main\n");
    machine.go_env_file("GODEBUG=gctrace=1\n");
    machine.lock(&machine.install("1.99.1", Level::Listed), &[("GODEBUG", "netdns=go")]);
    let resolver = Resolver::new(&machine.session);
    let module = resolver.module_debug().unwrap();
    let said = resolver.debug_origins(&module).unwrap();
    let mut found = shown(&said);
    found.sort_unstable();
    assert_eq!(
        found,
        [
            ("comment", "madvdontneed=1", true),
            ("go-env-file", "gctrace=1", false),
            ("module-file", "panicnil=1", true),
            ("pin", "netdns=go", true),
            ("test-comment", "http2debug=1", true),
        ]
    );
    let line = said.iter().find(|said| matches!(said.by, SettingOrigin::ModuleFile(..))).unwrap();
    assert_eq!(line.by.to_string(), format!("{}:5", machine.shown("src/app/go.mod")));
    // Go itself never reads GODEBUG from the file.
    machine.set("GOWARD_BYPASS", "1").program("usr/bin/go");
    machine.set("PATH", machine.path("usr/bin"));
    let said = Resolver::new(&machine.session).debug_origins(&module).unwrap();
    assert!(shown(&said).contains(&("go-env-file", "gctrace=1", false)), "{said:?}");
}

#[test]
fn who_says_it_is_told() {
    let profile = SettingOrigin::Pin("goward.lock:9".to_owned(), Some("ci".to_owned()));
    assert_eq!(
        (profile.name(), profile.to_string().as_str()),
        ("profile", "goward.lock:9, profile ci")
    );
    let test = SettingOrigin::TestComment("/m/x_test.go".into(), 3);
    assert!(test.is_of_test() && !test.is_pin());
    assert_eq!(test.to_string(), "/m/x_test.go:3");
    assert_eq!(SettingOrigin::Member("/m/go.mod".into(), 4).name(), "workspace-member");
    assert_eq!(SettingOrigin::Environment.to_string(), "environment");
}
