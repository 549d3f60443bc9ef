//! Which release a request means, and several at once.

use crate::error::Kind;
use crate::install::Installer;
use crate::install::fetch::gather;
use crate::install::one::suggest_recorded;
use crate::install::records::merge_index;
use crate::install::request::Fetch;
use crate::install::version_selection::best_recorded;
use crate::platform::Platform;
use crate::session::samples::{Machine, absolute, file_url, platform, tree, version};
use crate::verify::{Level, Records};
use crate::version::request::Request;

fn pick(machine: &Machine, text: &str) -> Result<String, crate::error::Error> {
    let request = Request::parse(text).unwrap();
    let installer = Installer::new(&machine.session);
    let picked = installer.pick(&request, Platform::host(), &Fetch::default());
    picked.map(|version| version.to_string())
}

#[test]
fn the_source_decides_what_a_request_means() {
    let mut machine = Machine::new();
    for number in ["1.98.7", "1.99.1", "1.99.10", "1.99.9", "1.100rc1"] {
        machine.offer(number);
    }
    let other = platform(if cfg!(target_os = "linux") { "darwin/arm64" } else { "linux/amd64" });
    machine.offer_tree("1.99.11", other, &tree("1.99.11", other));
    machine.install("1.99.12", Level::Listed);
    let cases = [
        ("1.99.5", "go1.99.5"),
        ("1.99", "go1.99.10"),
        ("~1.99.1", "go1.99.10"),
        ("stable", "go1.99.10"),
        ("oldstable", "go1.98.7"),
        ("1.100", "go1.100rc1"),
    ];
    for (request, picked) in cases {
        assert_eq!(pick(&machine, request).unwrap(), picked, "{request}");
    }
    let installer = Installer::new(&machine.session);
    let listing = installer.releases(&Fetch::default()).unwrap();
    let versions: Vec<String> = listing.versions.iter().map(ToString::to_string).collect();
    assert_eq!(versions[..3], ["go1.100rc1", "go1.99.11", "go1.99.10"]);
    assert_eq!(listing.origin, machine.source_url());
    // An answer counts, also when what is installed would fit.
    let error = pick(&machine, "1.101").unwrap_err();
    assert_eq!(error.kind(), Kind::NotFound);
    let host = Platform::host();
    assert_eq!(error.message(), format!("no Go release matches `1.101` for {host}"));
    machine.set("GOWARD_SOURCE", file_url(absolute("/nowhere").as_ref()));
    assert_eq!(pick(&machine, "1.99").unwrap(), "go1.99.12");
    assert_eq!(pick(&machine, "stable").unwrap(), "go1.99.12");
}

#[test]
fn without_a_source_the_built_in_records_answer() {
    let mut machine = Machine::new();
    machine.set("GOWARD_SOURCE", file_url(absolute("/nowhere").as_ref()));
    let linux = platform("linux/amd64");
    let installer = Installer::new(&machine.session);
    let request = Request::parse("1.27").unwrap();
    let picked = installer.pick(&request, linux, &Fetch::default()).unwrap();
    let records = Records::built_in();
    assert!(records.get(picked, linux).is_some() && picked.minor() == 27);
    let proved = best_recorded(&request, linux).unwrap();
    assert!(records.get(proved, linux).unwrap().h1.is_some() && proved <= picked);
    let listing = installer.releases(&Fetch::default()).unwrap();
    assert_eq!(listing.origin, "the built-in records");
    assert!(listing.warnings[0].contains("nowhere"), "{:?}", listing.warnings);
    assert!(listing.versions.is_sorted_by(|a, b| a >= b));
    let error = pick(&machine, "1.99").unwrap_err();
    assert!(error.message().contains("and no source could be asked"), "{error}");
    assert!(error.details()[0].contains("nowhere"), "{error}");
}

#[test]
fn a_refusal_names_a_release_that_would_do() {
    let linux = platform("linux/amd64");
    let error = |kind| crate::error::Error::new(kind, "x");
    let request = |text: &str| Request::parse(text).unwrap();
    let hints =
        |kind, text: &str| suggest_recorded(error(kind), &request(text), linux).hints().to_vec();
    let proved = best_recorded(&request("1.27"), linux).unwrap().number();
    assert_eq!(
        hints(Kind::Verification, "1.27"),
        [format!("or take the newest with a built-in record: `{proved}`")]
    );
    assert_eq!(hints(Kind::Verification, "1.27.1"), [""; 0]);
    assert_eq!(hints(Kind::Network, "1.27"), [""; 0]);
    let hint = &hints(Kind::NotFound, "1.26.99")[0];
    assert!(
        hint.to_string().starts_with("the newest of 1.26 that is known here is go1.26."),
        "{hint}"
    );
    assert_eq!(hints(Kind::NotFound, "1.27.1"), [""; 0]);
}

#[test]
fn several_are_installed_and_reported_in_their_order() {
    let machine = Machine::new();
    for number in ["1.98.7", "1.99.1", "1.99.2"] {
        machine.offer(number);
    }
    let installer = Installer::new(&machine.session);
    let install = |requests: &[&str]| {
        let requests: Vec<String> = requests.iter().map(|text| (*text).to_owned()).collect();
        let mut told = Vec::new();
        let mut report = |outcome: &crate::install::request::InstallOutcome| {
            told.push((outcome.installed.receipt.version.to_string(), outcome.is_new));
        };
        let host = Platform::host();
        let done = installer.install_all(&requests, host, false, &Fetch::default(), &mut report);
        (done, told)
    };
    let told = |names: &[&str], is_new| -> Vec<(String, bool)> {
        names.iter().map(|name| ((*name).to_owned(), is_new)).collect()
    };
    let (done, reports) = install(&["1.99.1", "1.98", "1.98.7", "1.99"]);
    done.unwrap();
    assert_eq!(reports, told(&["go1.99.1", "go1.98.7", "go1.99.2"], true));
    let (done, reports) = install(&["1.99.77", "1.99.1", "1.97"]);
    let error = done.unwrap_err();
    assert_eq!(error.message(), "2 of 3 toolchains were not installed");
    assert_eq!(error.kind(), Kind::NotFound);
    assert!(error.details()[0].starts_with("1.99.77: "), "{error}");
    assert_eq!(reports, told(&["go1.99.1"], false));
    let (done, reports) = install(&["1.99", "nonsense!"]);
    assert_eq!((done.unwrap_err().kind(), reports.len()), (Kind::Usage, 0));
    let (done, reports) = install(&["1.99"]);
    done.unwrap();
    assert_eq!(reports, told(&["go1.99.2"], false));
}

#[test]
fn a_report_is_of_the_most_serious_kind() {
    let error = |kind, hint: &str| crate::error::Error::new(kind, "no").detail("why").hint(hint);
    let failures = [
        ("a".to_owned(), error(Kind::Network, "wait")),
        ("b".to_owned(), error(Kind::Verification, "look")),
    ];
    let report = gather("all".to_owned(), &failures, |report| report.detail("end"));
    assert_eq!(report.kind(), Kind::Verification);
    assert_eq!(
        report.to_string(),
        "goward: all\n  a: no\n    why\n  b: no\n    why\n  end\nhint: look"
    );
}

#[test]
fn an_index_adds_to_the_records_and_never_contradicts_them() {
    let machine = Machine::new();
    machine.offer("1.99.1");
    let installer = Installer::new(&machine.session);
    let sources = installer.sources(&Fetch::default()).unwrap();
    let listed = sources[0].releases().unwrap().unwrap();
    let mut records = Records::built_in().clone();
    let host = Platform::host();
    assert!(records.get(version("1.99.1"), host).is_none());
    assert_eq!(merge_index(&mut records, listed.clone()).unwrap(), 1);
    assert_eq!(merge_index(&mut records, listed).unwrap(), 0);
    let size = fs_err::metadata(machine.archive("1.99.1")).unwrap().len();
    assert_eq!(records.get(version("1.99.1"), host).unwrap().size, Some(size));

    let linux = platform("linux/amd64");
    machine.offer_tree("1.27.1", linux, &tree("1.27.1", linux));
    let text = Records::built_in().render(crate::calendar::today());
    let file = machine.write("releases.tsv", &text);
    let url = machine.source_url();
    assert!(installer.refresh_records(&file, &url).is_err());
    assert_eq!(fs_err::read_to_string(&file).unwrap(), text);
    fs_err::remove_file(machine.path("source").join(linux.archive_name(version("1.27.1"))))
        .unwrap();
    let report = installer.refresh_records(&file, &url).unwrap();
    assert_eq!(report.changed, 1);
    let before = text.lines().filter(|line| !line.starts_with('#')).count();
    assert_eq!(report.total, before + 1);
}
