//! Every row of the table, in every version and both modes, from each place a value can come from.
//!
//! A case is one row in one version and one mode, from one place: what the real go command got is
//! held against what the row's rule says. One call shows all rows at once.

use super::{Go, Lab, TOOLCHAINS, Variables, lab, note, values};
use goward_shim::environment::name_of;
use goward_shim::pins::{Isolation, PINS, Pin, Rule};
use std::path::Path;
use std::process::Command;

/// Where a value comes from; each of them is a test below.
const PLACES: [&str; 6] = ["inherited", "allowed", "go env file", "go env -w", "lock", "profile"];

/// Counts cases, and collects what is wrong.
struct Tally {
    place: &'static str,
    ran: usize,
    wrong: Vec<String>,
}

impl Tally {
    fn new(place: &'static str) -> Self {
        Self { place, ran: 0, wrong: Vec::new() }
    }

    fn case<T: PartialEq + std::fmt::Debug>(
        &mut self,
        go: &Go,
        row: &Pin,
        isolation: Isolation,
        (want, got): (&T, &T),
    ) {
        self.ran += 1;
        if want != got {
            let Go { release, .. } = go;
            let (name, rule, mode) = (row.name, row.rule.name(), isolation.name());
            self.wrong.push(format!(
                "{release} {name} ({rule}) {mode} {}: want {want:?}, got {got:?}",
                self.place
            ));
        }
    }

    fn finish(self, expected: usize) {
        let Self { place, ran, wrong } = self;
        note(&format!("hermetic table, {place}: {} of {ran} cases passed", ran - wrong.len()));
        assert_eq!(ran, expected, "{place}");
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

/// Returns the number of cases of one place.
fn cases(versions: usize) -> usize {
    versions * PINS.len() * Isolation::ALL.len()
}

/// Runs `body` for each version and mode, with a directory of their own.
fn each(lab: &Lab, tally: &mut Tally, mut body: impl FnMut(&mut Tally, &Go, Isolation, &str)) {
    for go in &lab.gos {
        for isolation in Isolation::ALL {
            let place = tally.place.replace(' ', "-");
            let directory = format!("table/{place}/{}-{}", go.release, isolation.name());
            body(tally, go, isolation, &directory);
        }
    }
}

/// Gives a command every variable of the table that is not `left_out`.
fn give_all(lab: &Lab, home: &str, command: &mut Command, left_out: impl Fn(&Pin) -> bool) {
    for row in PINS.iter().filter(|row| !left_out(row)) {
        command.env(values::name(row), values::caller(lab, home, row));
    }
}

/// Returns true for a row whose value the caller may not have where the lock has none.
fn is_refused(row: &Pin, isolation: Isolation) -> bool {
    // `GOWORK=off` is no choice where there is no go.work, `GO111MODULE=auto` none in a module, and
    // `GOFIPS140=off` is what everybody has.
    let is_choice = !["GO111MODULE", "GOFIPS140", "GOWORK"].contains(&row.name);
    isolation == Isolation::Hermetic && row.rule.is_refused() && is_choice
}

/// Returns true for a row whose value of the caller passes where the lock has none.
fn passes(row: &Pin, isolation: Isolation) -> bool {
    row.rule.passes(isolation) || row.name == "GOFIPS140"
}

/// Returns true for a row whose value has to be that of the lock. Flags are put together.
fn is_disputed(row: &Pin, isolation: Isolation) -> bool {
    matches!(row.rule, Rule::Choose | Rule::Level)
        && (row.name != "GOFLAGS" || isolation == Isolation::Hermetic)
}

/// Calls go with the caller's value of one row alone; returns its exit code, and whether it named the row.
fn refusal(
    lab: &Lab,
    directory: &str,
    row: &Pin,
    profile: Option<(&str, &str)>,
) -> (Option<i32>, bool) {
    let mut command = lab.go(directory);
    command.env(values::name(row), values::caller(lab, directory, row)).envs(profile);
    let outcome = lab.sandbox.finish(command.arg("version"));
    (outcome.code, outcome.stderr.contains(row.name))
}

/// What [`refusal`] has to return.
const REFUSED: (Option<i32>, bool) = (Some(126), true);

/// Returns what goward itself sets.
fn own(lab: &Lab, go: &Go, isolation: Isolation, row: &Pin) -> Option<String> {
    match (row.rule, row.name) {
        (Rule::Set, "GOENV") => Some(copy(lab, isolation)),
        (_, "GOROOT") => go.is_linked().then(|| go.root.to_string_lossy().into_owned()),
        (Rule::Set, "GOTOOLCHAIN") => Some("local".to_owned()),
        (Rule::Set, name) => panic!("{name}: what does goward set?"),
        _ => None,
    }
}

/// Returns how the names of copies of the user's file begin.
fn copy(lab: &Lab, isolation: Isolation) -> String {
    format!("{}/goenv/{}-", lab.sandbox.store().display(), isolation.name())
}

/// Returns the value of a row in an environment, with the state left out of a copy's name.
fn value(lab: &Lab, variables: &Variables, isolation: Isolation, row: &Pin) -> Option<String> {
    let value = variables.get(&values::name(row))?;
    if row.name == "GOGCCFLAGS" {
        // The name of a temporary directory is another one each time.
        let is_number = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit());
        let words = value.split("go-build").map(|word| match word.split_once('=') {
            Some((number, rest)) if is_number(number) => rest,
            _ => word,
        });
        return Some(words.collect());
    }
    let copy = copy(lab, isolation);
    if row.name == "GOENV" && value.starts_with(&copy) { Some(copy) } else { Some(value.clone()) }
}

/// Returns what a child of `go generate` gets where the go command itself has `value`.
fn for_child(go: &Go, row: &Pin, directory: &Path, value: Option<String>) -> Option<String> {
    match row.name {
        "GOARCH" => Some(value.unwrap_or_else(|| "amd64".to_owned())),
        "GOOS" => Some(value.unwrap_or_else(|| "linux".to_owned())),
        "GOROOT" => Some(go.root.to_string_lossy().into_owned()),
        "PATH" => Some(format!("{}:{}", go.root.join("bin").display(), value.unwrap_or_default())),
        "PWD" => Some(directory.to_string_lossy().into_owned()),
        _ => value,
    }
}

/// Holds both environments against `want`, and has each value that is `refused` refused.
fn compare(
    lab: &Lab,
    tally: &mut Tally,
    go: &Go,
    isolation: Isolation,
    directory: &str,
    refused: impl Fn(&Pin) -> bool,
    want: impl Fn(&Pin) -> Option<String>,
) {
    let (of_go, of_child) = lab.observed(directory);
    let here = lab.sandbox.path(directory);
    for row in PINS {
        if refused(row) {
            tally.case(go, row, isolation, (&REFUSED, &refusal(lab, directory, row, None)));
            continue;
        }
        let want = want(row);
        let got = [&of_go, &of_child].map(|found| value(lab, found, isolation, row));
        let want = [want.clone(), for_child(go, row, &here, want)];
        tally.case(go, row, isolation, (&want, &got));
    }
}

#[test]
fn inherited() {
    let Some(lab) = lab() else { return };
    let mut tally = Tally::new(PLACES[0]);
    each(lab, &mut tally, |tally, go, isolation, directory| {
        lab.project(directory, go, isolation, &[]);
        let mut command = lab.go(directory);
        let refused = |row: &Pin| is_refused(row, isolation);
        give_all(lab, directory, &mut command, refused);
        lab.run(command.arg("generate"));
        compare(lab, tally, go, isolation, directory, refused, |row| {
            let passes = passes(row, isolation);
            let caller = || values::caller(lab, directory, row);
            own(lab, go, isolation, row).or_else(|| passes.then(caller))
        });
    });
    tally.finish(cases(lab.gos.len()));
}

#[test]
fn allowed() {
    let Some(lab) = lab() else { return };
    let mut tally = Tally::new(PLACES[1]);
    let names: Vec<String> = PINS.iter().map(values::name).collect();
    each(lab, &mut tally, |tally, go, isolation, directory| {
        lab.project(directory, go, isolation, &[]);
        let mut command = lab.go(directory);
        give_all(lab, directory, &mut command, |_| false);
        lab.run(command.env("GOWARD_ALLOW", names.join(",")).arg("generate"));
        compare(
            lab,
            tally,
            go,
            isolation,
            directory,
            |_| false,
            |row| {
                let passes = row.rule.passes(isolation) || row.rule.is_allowable();
                let caller = || values::caller(lab, directory, row);
                own(lab, go, isolation, row).or_else(|| passes.then(caller))
            },
        );
    });
    tally.finish(cases(lab.gos.len()));
}

/// Lines of a file as `go env -w` writes it, written by hand: go takes them whatever `-w` says.
#[test]
fn go_env_file() {
    let Some(lab) = lab() else { return };
    let mut tally = Tally::new(PLACES[2]);
    each(lab, &mut tally, |tally, go, isolation, directory| {
        lab.project(directory, go, isolation, &[]);
        let home = format!("{directory}-home");
        let line =
            |row: &Pin| format!("{}={}\n", values::name(row), values::caller(lab, &home, row));
        let file = format!("{home}/.config/go/env");
        lab.sandbox.write(&file, PINS.iter().map(line).collect::<String>());
        read_back(lab, tally, go, isolation, directory);
    });
    tally.finish(cases(lab.gos.len()));
}

/// The same through the real command, which takes some of them.
#[test]
fn go_env_w() {
    let Some(lab) = lab() else { return };
    let mut tally = Tally::new(PLACES[3]);
    each(lab, &mut tally, |tally, go, isolation, directory| {
        lab.project(directory, go, isolation, &[]);
        let homes = [format!("{directory}-home"), format!("{directory}-real")];
        let files = homes.each_ref().map(|home| format!("{home}/.config/go/env"));
        for file in &files {
            lab.sandbox.write(file, "");
        }
        let mut written = Tally::new(tally.place);
        for row in PINS {
            let assignment =
                format!("{}={}", values::name(row), values::caller(lab, &homes[0], row));
            let write = |mut command: Command, home: &str| {
                command.env("HOME", lab.sandbox.path(home)).env_remove("GOPROXY");
                command.args(["env", "-w", &assignment]);
                lab.sandbox.finish(&mut command).code
            };
            let decided = matches!(row.rule, Rule::Pin | Rule::Remove | Rule::Set);
            let got = write(lab.go(directory), &homes[0]);
            let want = if decided { Some(126) } else { write(lab.real(go, directory), &homes[1]) };
            let [got_file, want_file] = files.each_ref().map(|file| lab.sandbox.read(file));
            written.case(go, row, isolation, (&(want, want_file), &(got, got_file)));
        }
        tally.wrong.append(&mut written.wrong);
        read_back(lab, tally, go, isolation, directory);
    });
    tally.finish(cases(lab.gos.len()));
}

/// Holds what go makes of the file in `{directory}-home` against what it makes of those lines alone
/// that pass, and requires that none is exported.
fn read_back(lab: &Lab, tally: &mut Tally, go: &Go, isolation: Isolation, directory: &str) {
    let home = format!("{directory}-home");
    let at_home = lab.sandbox.path(&home);
    let names: Vec<String> = PINS.iter().map(values::name).collect();
    let ask = |mut command: Command| -> Variables {
        command.env("HOME", &at_home).env_remove("GOPROXY").args(["env", "-json"]).args(&names);
        let output = command.output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{} {}: {error}", go.release, isolation.name());
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let text = lab.sandbox.read(&format!("{home}/.config/go/env"));
    let alone = at_home.join("alone");
    let passing = |line: &&str| {
        let row = goward_shim::pins::row(name_of(line.as_bytes()));
        row.is_none_or(|row| row.rule.passes_from_file(isolation))
    };
    let lines: Vec<&str> = text.lines().filter(passing).collect();
    std::fs::write(&alone, lines.join("\n") + "\n").unwrap();
    let got = ask(lab.go(directory));
    let mut real = lab.real(go, directory);
    real.env("GOENV", &alone).env("GOTOOLCHAIN", "local");
    if go.is_linked() {
        real.env("GOROOT", &go.root);
    }
    let want = ask(real);
    lab.run(lab.go(directory).env("HOME", &at_home).env_remove("GOPROXY").arg("generate"));
    let (of_go, _) = lab.observed(directory);
    let given = ["GOCACHE", "HOME", "PATH"];
    for row in PINS {
        let own = own(lab, go, isolation, row);
        let caller = || values::caller(lab, &home, row);
        let exported = own.clone().or_else(|| given.contains(&row.name).then(caller));
        // Go 1.19 answers nothing for GOTOOLCHAIN, which it does not know.
        let answered = own.filter(|_| row.name != "GOTOOLCHAIN");
        let want = [answered.or_else(|| value(lab, &want, isolation, row)), exported];
        let got = [&got, &of_go].map(|found| value(lab, found, isolation, row));
        tally.case(go, row, isolation, (&want, &got));
    }
}

#[test]
fn lock() {
    let Some(lab) = lab() else { return };
    let mut tally = Tally::new(PLACES[4]);
    each(lab, &mut tally, |tally, go, isolation, directory| {
        lab.project(directory, go, isolation, &values::all_locked(go));
        pinned(lab, tally, go, isolation, directory, None);
    });
    tally.finish(cases(lab.gos.len()));
}

#[test]
fn profile() {
    let Some(lab) = lab() else { return };
    let mut tally = Tally::new(PLACES[5]);
    each(lab, &mut tally, |tally, go, isolation, directory| {
        let base = [("GODEBUG", "netdns=cgo"), ("GOAMD64", "v4"), ("GOFLAGS", "-tags=base")];
        lab.unlocked(directory, go, isolation, &base, &values::all_locked(go));
        lab.lock(directory).says();
        pinned(lab, tally, go, isolation, directory, Some("p"));
    });
    tally.finish(cases(lab.gos.len()));
}

/// Requires that each locked value arrives, against another one of `go env -w`, that another one of the
/// caller is refused, removed or put together with it, and that a lock with anything else is refused.
fn pinned(
    lab: &Lab,
    tally: &mut Tally,
    go: &Go,
    isolation: Isolation,
    directory: &str,
    profile: Option<&str>,
) {
    let profile_variable = profile.map(|profile| ("GOWARD_PROFILE", profile));
    let is_locked = |row: &Pin| values::locked(row).is_some_and(|value| go.takes(row.name, value));
    let is_contrary = |row: &Pin| is_locked(row) && is_disputed(row, isolation);
    let mut command = lab.go(directory);
    give_all(lab, directory, &mut command, |row| {
        is_contrary(row) || !is_locked(row) && is_refused(row, isolation)
    });
    let line =
        |row: &Pin| format!("{}={}\n", values::name(row), values::caller(lab, directory, row));
    lab.sandbox.write(&format!("{directory}/own-env"), PINS.iter().map(line).collect::<String>());
    lab.run(command.envs(profile_variable).arg("generate"));
    let (of_go, of_child) = lab.observed(directory);
    let good = lab.sandbox.read(&format!("{directory}/goward.lock"));
    for row in PINS {
        let locked = values::locked(row);
        if let Some(value) = locked.filter(|_| is_locked(row)) {
            let contrary = is_contrary(row).then(|| refusal(lab, directory, row, profile_variable));
            let is_merged = row.name == "GOFLAGS" && isolation == Isolation::Pinned;
            let caller = || format!("{value} {}", values::caller(lab, directory, row));
            let want = Some(if is_merged { caller() } else { value.to_owned() });
            let got = [&of_go, &of_child].map(|found| value_of(found, row));
            let want = ([want.clone(), want], is_contrary(row).then_some(REFUSED));
            tally.case(go, row, isolation, (&want, &(got, contrary)));
            continue;
        }
        let refused = format!("{directory}-refused");
        let outcome = if let Some(value) = locked {
            let pins = [(row.name, value)];
            let (pins, in_profile): (&[_], &[_]) =
                if profile.is_some() { (&[], &pins) } else { (&pins, &[]) };
            lab.unlocked(&refused, go, isolation, pins, in_profile);
            lab.lock(&refused)
        } else {
            let table = profile.map_or_else(|| "pins".to_owned(), |name| format!("profile.{name}"));
            let table = format!("[{table}]\n");
            let name = values::name(row);
            let bad = good.replace(&table, &format!("{table}{name} = \"1\"\n"));
            assert_ne!(bad, good);
            lab.sandbox.write(&format!("{refused}/goward.lock"), bad);
            lab.sandbox.finish(lab.go(&refused).envs(profile_variable).arg("version"))
        };
        let named = outcome.stderr.contains(row.name.trim_end_matches('*'));
        let want = (Some(if locked.is_some() { 2 } else { 126 }), String::new(), true);
        tally.case(go, row, isolation, (&want, &(outcome.code, outcome.stdout, named)));
    }
}

fn value_of(variables: &Variables, row: &Pin) -> Option<String> {
    variables.get(&values::name(row)).cloned()
}

/// A call inside another version's, whose lock holds all that a lock can hold.
#[test]
fn nested() {
    let Some(lab) = lab() else { return };
    let mut tally = Tally::new("nested");
    for outer in &lab.gos {
        for go in lab.gos.iter().filter(|go| go.release != outer.release) {
            for isolation in Isolation::ALL {
                nest(lab, &mut tally, outer, go, isolation);
            }
        }
    }
    tally.finish(cases(lab.gos.len()) * (lab.gos.len() - 1));
}

fn nest(lab: &Lab, tally: &mut Tally, outer: &Go, go: &Go, isolation: Isolation) {
    let directory = format!("table/nested/{}-{}-{}", outer.release, go.release, isolation.name());
    let inner = format!("{directory}/inner");
    let pins = values::all_locked(outer);
    lab.project(&directory, outer, Isolation::Pinned, &pins);
    lab.project(&inner, go, isolation, &[]);
    lab.sandbox.write(&format!("{directory}/observe.sh"), "cd inner && exec go generate\n");
    let mut command = lab.go(&directory);
    let is_locked = |row: &Pin| pins.iter().any(|(name, _)| *name == row.name);
    let is_left_out = |row: &Pin| {
        is_locked(row) && is_disputed(row, Isolation::Pinned) || is_refused(row, isolation)
    };
    give_all(lab, &directory, &mut command, is_left_out);
    lab.run(command.arg("generate"));
    let outer_path = |path: String| format!("{}:{path}", outer.root.join("bin").display());
    let here = lab.sandbox.path(&inner);
    let (before, ran) = (tally.wrong.len(), tally.ran);
    compare(
        lab,
        tally,
        go,
        isolation,
        &inner,
        |_| false,
        |row| {
            // What the outer lock set is undone, and what the caller had is back.
            let passes = passes(row, isolation) && !is_left_out(row);
            let caller = || match row.name {
                "PATH" => outer_path(values::caller(lab, &directory, row)),
                "PWD" => here.to_string_lossy().into_owned(),
                _ => values::caller(lab, &directory, row),
            };
            own(lab, go, isolation, row).or_else(|| passes.then(caller))
        },
    );
    debug_assert_eq!(tally.ran, ran + PINS.len());
    for wrong in &mut tally.wrong[before..] {
        *wrong = format!("in {}: {wrong}", outer.release);
    }
}

/// The numbers in the README are those of the table.
#[test]
fn the_readme_counts_the_cases() {
    let versions = TOOLCHAINS.len();
    let one = cases(versions);
    let nested = one * (versions - 1);
    let total = one * PLACES.len() + nested;
    let readme = crate::repository::read("tests/hermetic/README.md");
    let mut rows: Vec<String> = PLACES.iter().map(|place| format!("| {place} | {one} |")).collect();
    rows.push(format!("| nested | {nested} |"));
    rows.push(format!("| all | {total} |"));
    for row in rows {
        assert!(readme.contains(&row), "{row}");
    }
    let counts = format!("{} rows, {versions} versions and 2 modes", PINS.len());
    assert!(readme.contains(&counts), "{counts}");
}
