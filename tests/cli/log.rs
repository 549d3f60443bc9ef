//! The checksum database as commands meet it.
//!
//! The program believes Google's key alone, and there is no way around that: so what the program itself
//! is shown here is every way not to be convinced. What it does once it is convinced is shown with
//! the library and a log of our own, over the same HTTP, on the same store.

use super::{archive, mirror, tree};
use crate::common::Sandbox;
use crate::common::log::{Signer, TestLog, record_of};
use crate::common::server::{Fault, Route as Answer, Server};
use gosumdb::{TrustRoot, VerifierKey};
use goward_core::config::Config;
use goward_core::ctx::Ctx;
use goward_core::error::{Error, Kind};
use goward_core::install::Installer;
use goward_core::install::request::Fetch;
use goward_core::lockfile::Locker;
use goward_core::lockfile::lock::LockOptions;
use goward_core::platform::Platform;
use goward_core::session::Session;
use goward_core::ui::Ui;
use goward_core::verify::sumdb::access::LogAccess;
use goward_core::verify::sumdb::route::Route;
use goward_core::verify::{Digest, dirhash};
use goward_core::version::GoVersion;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

pub(super) const GO_MOD: &str = "h1:8wlg68NqwW7eMnI1aABk/C2pDYXj8mrMY4TyRfiLeS0=";

pub(super) const OTHER_H1: &str = "h1:rRL9rPpsjKfpdDFcppvNgw1/dynUMrpDcTxdIwtyFR0=";

/// A genuine answer of sum.golang.org.
const GO1_21_9: &str = "24929362
golang.org/toolchain v0.0.1-go1.21.9.linux-amd64 h1:rRL9rPpsjKfpdDFcppvNgw1/dynUMrpDcTxdIwtyFR0=
golang.org/toolchain v0.0.1-go1.21.9.linux-amd64/go.mod h1:8wlg68NqwW7eMnI1aABk/C2pDYXj8mrMY4TyRfiLeS0=

go.sum database tree
28905453
f3f8U0MoQmXkWAgAEKDtXcaI3c2y6N9+55KNSRefF/w=

\u{2014} sum.golang.org Az3grr4J9x4SApup87osjthKONInbYdbN37ZskrLF12HIbhDuxOBTzt8Z2jUKbCvxYWrw0yNgshddOzt7pZEl7aSCw8=
";

const LOOKUP: &str =
    "/sumdb/sum.golang.org/lookup/golang.org/toolchain@v0.0.1-go1.21.9.linux-amd64";

/// A proxy that serves the log, as it says.
fn proxy() -> Server {
    Server::with("/sumdb/sum.golang.org/supported", Answer::new(""))
}

fn sandbox(mirror: &Server, proxy: &Server) -> Sandbox {
    Sandbox::new().source(&mirror.url("")).var("GOPROXY", proxy.url(""))
}

/// Installs go1.21.9 for Linux on x86-64, which the mirror does not have.
fn ask(sandbox: &Sandbox) -> crate::common::Outcome {
    sandbox.goward(["install", "1.21.9", "--platform", "linux/amd64"])
}

#[test]
fn tiles_that_the_signed_head_does_not_prove_stop_everything() {
    let (mirror, proxy) = (mirror(), proxy());
    proxy.route(LOOKUP, Answer::new(GO1_21_9));
    // The edge of the tree that is built in, which is larger than that of the answer.
    for (path, hashes) in
        [("0/x276/700.p/52", 52), ("1/x001/080.p/220", 220), ("2/004.p/56", 56), ("3/000.p/4", 4)]
    {
        let path = format!("/sumdb/sum.golang.org/tile/8/{path}");
        proxy.route(&path, Answer::new(vec![0; hashes * 32]));
    }
    let sandbox = sandbox(&mirror, &proxy).var("GOWARD_ACCEPT", "none");
    ask(&sandbox).fails(
        7,
        "goward: sum.golang.org cannot be believed: the tile `/tile/8/0/x276/700.p/52` is wrong: \
         with it, the tree does not have the hash that was signed\n  nothing was changed\n\
         hint: something between here and the log changes answers, most likely a proxy of \
         `GOPROXY`; ask the log itself: `GOPROXY=direct`",
    );
    assert!(!sandbox.store_listing().iter().any(|path| path.starts_with("tree/")));
    assert!(!sandbox.path("home/.local/state/goward").exists());
}

#[test]
fn answers_that_are_not_the_logs_stop_everything() {
    let (mirror, proxy) = (mirror(), proxy());
    let sandbox = sandbox(&mirror, &proxy).var("GOWARD_ACCEPT", "none");
    for (answer, cause) in [
        (String::new(), "its answer is no record: it does not begin with the number of a record"),
        (
            GO1_21_9.replace("\n28905453\n", "\n28905454\n"),
            "the head in its answer cannot be used: the signature is wrong",
        ),
        (
            GO1_21_9.replace("\u{2014} sum.golang.org", "\u{2014} sum.golang.example"),
            "the head in its answer cannot be used: it is not signed by the log's key",
        ),
    ] {
        proxy.route(LOOKUP, Answer::new(answer));
        let outcome = ask(&sandbox);
        let report = format!("goward: sum.golang.org cannot be believed: {cause}\n");
        assert_eq!(outcome.code, Some(7), "{}", outcome.stderr);
        assert!(outcome.stderr.starts_with(&report), "{}", outcome.stderr);
    }
    assert!(!sandbox.store_listing().iter().any(|path| path.starts_with("tree/")));
}

/// The version that the mirror has, and where the log is asked for it.
fn lookup_1_99_1() -> String {
    let host = Platform::host().lock_name();
    format!("/sumdb/sum.golang.org/lookup/golang.org/toolchain@v0.0.1-go1.99.1.{host}")
}

#[test]
fn nobody_who_answers_leaves_what_the_source_lists() {
    let (mirror, host) = (mirror(), Platform::host());
    let installed = format!("goward: installed go1.99.1 for {host} (listed) from [URL]/\n");
    let silent = proxy();
    silent.route(&lookup_1_99_1(), Answer::new("").always(Fault::Status(403, "")));
    let unknown = proxy();
    let dead = {
        let server = Server::start();
        server.url("")
    };
    let supported = format!("{dead}/sumdb/sum.golang.org/supported");
    let cannot = "goward: warning: sum.golang.org could not be asked: ";
    let lookup = lookup_1_99_1();
    for (goproxy, warning) in [
        (
            silent.url(""),
            format!("{cannot}{}: access was denied (HTTP status 403)\n", silent.url(&lookup)),
        ),
        (
            unknown.url(""),
            format!(
                "goward: warning: sum.golang.org does not know it: it has no record of \
                 `golang.org/toolchain@v0.0.1-go1.99.1.{}`\n",
                host.lock_name()
            ),
        ),
        (
            "htp://proxy.example".to_owned(),
            "goward: warning: sum.golang.org could not be asked: `GOPROXY` has the entry \
             `htp://proxy.example`, which cannot be used: it is neither https nor http\n"
                .to_owned(),
        ),
        ("off".to_owned(), String::new()),
    ] {
        let sandbox = Sandbox::new().source(&mirror.url("")).var("GOPROXY", &goproxy);
        let outcome = sandbox.goward(["install", "1.99.1"]);
        assert_eq!(outcome.says(), format!("{warning}{installed}"), "{goproxy}");
    }
    let sandbox = Sandbox::new().source(&mirror.url("")).var("GOPROXY", dead);
    let outcome = sandbox.goward(["install", "1.99.1"]);
    assert!(
        outcome.says().starts_with(&format!("{cannot}{supported}: cannot connect: ")),
        "{}",
        outcome.stderr
    );
    // It is not enough unless the user says so, and then the reason is part of the refusal.
    let sandbox = sandbox_without_accept(&mirror, &silent);
    sandbox.goward(["install", "1.99.1"]).fails(
        4,
        &format!(
            "goward: go1.99.1 for {host} is verified only at level `listed`; `built-in` is required\n  \
             sum.golang.org could not be asked: {}: access was denied (HTTP status 403)\n  \
             nothing was installed\n\
             hint: accept it for this call: `--accept listed`",
            silent.url(&lookup)
        ),
    );
}

#[test]
fn one_command_asks_once() {
    let (mirror, proxy) = (mirror(), proxy());
    let outcome = sandbox(&mirror, &proxy).goward(["use", "1.99.1"]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    let asked = proxy.log();
    let times = |end: &str| asked.iter().filter(|request| request.target.ends_with(end)).count();
    assert_eq!((times("/supported"), times(&lookup_1_99_1())), (1, 1));
}

fn sandbox_without_accept(mirror: &Server, proxy: &Server) -> Sandbox {
    sandbox(mirror, proxy).without_var("GOWARD_ACCEPT")
}

#[test]
fn who_is_asked() {
    let (mirror, proxy, other) = (mirror(), proxy(), proxy());
    let gosumdb = format!("sum.golang.org {}/sumdb/sum.golang.org", other.url(""));
    let asked = |server: &Server| server.log().iter().any(|r| r.target == lookup_1_99_1());
    for (name, value) in [
        ("GONOSUMDB", "golang.org/toolchain"),
        ("GOPRIVATE", "golang.org/*"),
        ("GOFLAGS", "-insecure"),
    ] {
        let proxy = self::proxy();
        let sandbox = sandbox(&mirror, &proxy).var(name, value);
        assert_eq!(sandbox.goward(["install", "1.99.1"]).code, Some(0));
        assert!(asked(&proxy), "{name}");
    }
    // What keeps Go from asking Go's log keeps goward from it, and the refusal says so.
    let key = Signer::new("sum.example", 1).key_text();
    for (name, value, why) in [
        ("GOSUMDB", "off", "`GOSUMDB` is `off`"),
        (
            "GOSUMDB",
            &*format!("{key} https://sum.example"),
            "`GOSUMDB` names another database, and goward believes Go's alone",
        ),
        ("config", "[log]\nask = \"never\"\n", "`log.ask` is `never` in `config.toml`"),
    ] {
        let proxy = self::proxy();
        let sandbox = sandbox(&mirror, &proxy).without_var("GOWARD_ACCEPT");
        let sandbox = match name {
            "config" => sandbox.file("home/.config/goward/config.toml", value),
            name => sandbox.var(name, value),
        };
        let refused = sandbox.goward(["install", "1.99.1"]);
        assert_eq!(refused.code, Some(4), "{value}");
        let detail = format!("\n  sum.golang.org was not asked: {why}\n");
        assert!(refused.stderr.contains(&detail), "{}", refused.stderr);
        // The user wants it so: no warning when it is enough.
        let installed = sandbox.goward(["install", "1.99.1", "--accept", "listed"]);
        assert_eq!(installed.code, Some(0));
        assert!(!installed.stderr.contains("warning"), "{}", installed.stderr);
        assert_eq!(proxy.log().len(), 0, "{value}");
    }
    // Once for all that the user does, with the floor beside it.
    let config = "accept = \"listed\"\n[log]\nask = \"never\"\n";
    let behind = sandbox(&mirror, &proxy)
        .without_var("GOWARD_ACCEPT")
        .file("home/.config/goward/config.toml", config);
    for arguments in [&["use", "1.99.1"][..], &["lock"], &["verify"], &["install"]] {
        let outcome = behind.goward(arguments);
        assert_eq!((outcome.code, outcome.stderr.contains("warning")), (Some(0), false));
    }
    assert_eq!(proxy.log().len(), 0);
    let sandbox = sandbox(&mirror, &proxy).var("GOSUMDB", gosumdb);
    assert_eq!(sandbox.goward(["install", "1.99.1"]).code, Some(0));
    assert!(asked(&other) && proxy.log().is_empty());
    // What `go env -w` wrote counts as it does for go.
    let written = Sandbox::new()
        .source(&mirror.url(""))
        .without_var("GOPROXY")
        .file("home/.config/go/env", format!("GOOS=plan9\nGOPROXY={}\n", proxy.url("")));
    assert_eq!(written.goward(["install", "1.99.1"]).code, Some(0));
    assert!(asked(&proxy));
    // Nobody is asked where no socket may be opened, or what is wanted is installed.
    let before = proxy.log().len();
    assert_eq!(written.goward(["install", "1.99.1"]).code, Some(0));
    let files = Sandbox::new()
        .source(&format!("file://{}", written.path("mirror").display()))
        .var("GOPROXY", proxy.url(""))
        .var("GOWARD_OFFLINE", "1");
    assert_eq!(files.goward(["install", "1.99.1"]).code, Some(3));
    assert_eq!(proxy.log().len(), before);
}

#[test]
fn an_outage_costs_one_wait_for_a_command_and_for_the_minute_after() {
    let mirror = mirror();
    let proxy = Server::with(
        "/sumdb/sum.golang.org/supported",
        Answer::new("").always(Fault::Status(503, "")),
    );
    let sandbox = sandbox(&mirror, &proxy);
    let outcome = sandbox.goward(["install", "1.98.3", "1.99.0", "1.99.1", "1.100rc1"]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    let log = proxy.log();
    let asked = log.len();
    // Twice, as everything that may have been an accident. Who waits for it asks a question meanwhile.
    let supported = log.iter().filter(|request| request.target.ends_with("/supported"));
    assert_eq!(supported.count(), 2, "{log:?}");
    assert!(asked <= 2 + 2 * 4, "{log:?}");
    let why = "sum.golang.org could not be asked";
    assert_eq!(outcome.stderr.matches(why).count(), 4, "{}", outcome.stderr);
    let outcome = sandbox.goward(["use", "1.99.1"]);
    assert_eq!((outcome.code, proxy.log().len()), (Some(0), asked), "{}", outcome.stderr);
    let outcome = sandbox.goward(["lock", "--upgrade"]);
    assert!(
        outcome.stderr.contains(why) && outcome.stderr.contains(" s ago)"),
        "{}",
        outcome.stderr
    );
    assert_eq!(proxy.log().len(), asked);
    // Who asks somebody else is not held up, and neither is anybody after a minute.
    let other = self::proxy();
    let sandbox = sandbox.var("GOPROXY", other.url(""));
    assert_eq!(sandbox.goward(["lock"]).code, Some(0));
    assert!(!other.log().is_empty());
    let sandbox = sandbox.var("GOPROXY", proxy.url(""));
    assert_eq!(sandbox.goward(["lock"]).code, Some(0));
    let asked = proxy.log().len();
    let memory = sandbox.path("home/.local/state/goward/sumdb/sum.golang.org/unreachable");
    let then = std::time::SystemTime::now() - std::time::Duration::from_secs(61);
    fs::File::open(memory).unwrap().set_modified(then).unwrap();
    assert_eq!(sandbox.goward(["lock"]).code, Some(0));
    assert!(proxy.log().len() > asked);
}

#[test]
fn what_the_log_said_is_not_asked_twice_in_one_command() {
    let own = Own::new(&h1());
    let wish = goward_core::lockfile::r#use::UseOptions {
        request: Some("1.99.1".to_owned()),
        ..goward_core::lockfile::r#use::UseOptions::default()
    };
    Locker::new(&own.session()).use_toolchain(&wish, &own.fetch()).unwrap();
    let log = own.server.log();
    let lookups = log.iter().map(|request| request.target.as_str());
    let lookups: Vec<&str> = lookups.filter(|target| target.starts_with("/lookup/")).collect();
    // One for each port that the lock can have.
    let different: std::collections::BTreeSet<&str> = lookups.iter().copied().collect();
    assert_eq!(lookups.len(), different.len(), "{lookups:?}");
    assert!(!lookups.is_empty());
}

#[test]
fn a_damaged_memory_and_evidence_stop_everything() {
    let (mirror, proxy) = (mirror(), proxy());
    let sandbox = sandbox(&mirror, &proxy);
    let state = "home/.local/state/goward/sumdb/sum.golang.org";
    sandbox.write(&format!("{state}/latest"), "");
    let place = format!("[HOME]{}/latest", &state["home".len()..]);
    sandbox.goward(["install", "1.99.1"]).fails(
        7,
        &format!(
            "goward: sum.golang.org was not asked: what `{place}` remembers of it cannot be used: \
             it has no lines of signatures\n  nothing was changed\n\
             hint: if nobody tampered with it, begin with the head built into goward: \
             `mv {place} {place}.old`"
        ),
    );
    fs::remove_file(sandbox.path(&format!("{state}/latest"))).unwrap();
    sandbox.write(&format!("{state}/fork"), "evidence");
    let outcome = sandbox.goward(["lock"]);
    assert_eq!(outcome.code, Some(3), "{}", outcome.stderr);
    let outcome = sandbox.goward(["use", "1.99.1"]);
    assert_eq!(outcome.code, Some(7), "{}", outcome.stderr);
    let report = "goward: sum.golang.org cannot be believed: it was caught with two histories\n";
    assert!(outcome.stderr.starts_with(report), "{}", outcome.stderr);
    assert!(proxy.log().is_empty() && !sandbox.path("project/goward.lock").exists());
}

/// The library with a log of our own, in the place of the program and Google's.
pub(super) struct Own {
    pub(super) sandbox: Sandbox,
    pub(super) mirror: Server,
    pub(super) server: Server,
    pub(super) log: TestLog,
}

impl Own {
    /// A log whose records have `h1` for go1.99.1 and go1.27.1 on this machine.
    fn new(h1: &str) -> Self {
        let host = Platform::host().lock_name();
        let record = |version: &str| {
            record_of("golang.org/toolchain", &format!("v0.0.1-{version}.{host}"), h1, GO_MOD)
        };
        let others = (0..300)
            .map(|id| record_of("example.com/module", &format!("v1.{id}.0"), OTHER_H1, GO_MOD));
        let records = [record("go1.99.1"), record("go1.27.1")].into_iter().chain(others).collect();
        Self::of(Sandbox::new(), mirror(), records)
    }

    /// The same, with a record more in the log.
    pub(super) fn grown(self) -> Self {
        let records = (0..self.log.size()).map(|id| self.log.record(id).to_owned());
        let more = record_of("example.com/module", "v2.0.0", OTHER_H1, GO_MOD);
        Self::of(self.sandbox, self.mirror, records.chain([more]).collect())
    }

    pub(super) fn of(sandbox: Sandbox, mirror: Server, records: Vec<String>) -> Self {
        let log = TestLog::new(Signer::new("log.example", 1), records);
        let server = Server::start();
        for (path, body) in log.files(log.size()) {
            server.route(&path, Answer::new(body));
        }
        Self { sandbox, mirror, server, log }
    }

    pub(super) fn session(&self) -> Session {
        self.session_of("home")
    }

    /// A session of somebody whose home is in this directory.
    pub(super) fn session_of(&self, home: &str) -> Session {
        let mut ctx = Ctx {
            cwd: self.sandbox.path("project"),
            executable: self.sandbox.path("bin/goward"),
            ..Ctx::default()
        };
        ctx.variables.insert("HOME".into(), self.sandbox.path(home).into());
        let key = VerifierKey::parse(&self.log.signer().key_text()).unwrap();
        let url = goward_core::net::Url::parse(&self.server.url("")).unwrap();
        let log = LogAccess::of(TrustRoot { key, seed: None }, Route::at("log.example", url));
        Session {
            log,
            registries: Some(goward_mirror::oci_source::open),
            ..Session::new(ctx, Ui::new(true), Config::default())
        }
    }

    pub(super) fn fetch(&self) -> Fetch {
        Fetch { source: Some(self.mirror.url("/")), ..Fetch::default() }
    }

    fn archives_fetched(&self) -> usize {
        self.mirror.log().iter().filter(|request| request.target.ends_with(".tar.gz")).count()
    }

    fn refuses(&self, result: Result<impl std::fmt::Debug, Error>) -> String {
        let error = result.unwrap_err();
        assert_eq!(error.kind(), Kind::Verification, "{error}");
        assert!(!self.sandbox.store_listing().iter().any(|path| path.starts_with("tree/")));
        self.sandbox.redact(error.to_string().as_bytes())
    }
}

/// The hash of the toolchain that the mirror has.
fn h1() -> String {
    let version = GoVersion::parse("1.99.1").unwrap();
    let host = Platform::host();
    let tree = tree("go1.99.1", &host.lock_name());
    let files = tree.0.iter().map(|(path, content)| (path.as_str(), Digest::of(content)));
    dirhash::tree_h1(version, host, files).unwrap().to_string()
}

#[test]
fn what_the_log_proves_needs_no_record_and_no_permission() {
    let own = Own::new(&h1());
    let outcome =
        Installer::new(&own.session()).install_for("1.99.1", Platform::host(), false, &own.fetch());
    let outcome = outcome.unwrap();
    assert!(outcome.is_new && outcome.warnings.is_empty(), "{:?}", outcome.warnings);
    let receipt = &outcome.installed.receipt;
    assert_eq!((receipt.level.name(), receipt.logged), ("logged", Some((0, 302))));
    // Where the hash is proved, nobody is asked for a digest.
    let asked: Vec<String> = own.mirror.log().into_iter().map(|request| request.target).collect();
    assert_eq!(asked, [format!("/{}", archive("go1.99.1"))]);
    let state = own.sandbox.path("home/.local/state/goward/sumdb/log.example/latest");
    assert_eq!(fs::read_to_string(state).unwrap(), own.log.note(302));
    // The program finds it installed, and how well.
    let listed = own.sandbox.goward(["list", "--json"]);
    assert!(listed.data().contains("\"level\": \"logged\""), "{}", listed.stdout);
    let again = own.sandbox.goward(["install", "1.99.1"]);
    let host = Platform::host();
    assert_eq!(again.says(), format!("goward: go1.99.1 for {host} is installed (logged)\n"));
}

#[test]
fn another_hash_in_the_log_is_fatal_whatever_the_source_and_the_user_say() {
    let own = Own::new(OTHER_H1);
    let fetch = Fetch { accept: Some(goward_core::verify::Level::None), ..own.fetch() };
    let host = Platform::host();
    let name = archive("go1.99.1");
    let url = own.mirror.url("/");
    assert_eq!(
        own.refuses(Installer::new(&own.session()).install_for("1.99.1", host, false, &fetch)),
        format!(
            "goward: checksum mismatch for go1.99.1 for {host}\n  \
             expected {OTHER_H1} (checksum database)\n  received {} ({url}{name})\n  \
             nothing was installed\n\
             hint: ask a second source: `goward install go1.99.1 --source go.dev`",
            h1()
        )
    );
    // What is known here says otherwise.
    if host.to_string() == "linux/amd64" {
        assert_eq!(
            own.refuses(Installer::new(&own.session()).install_for("1.27.1", host, false, &fetch)),
            format!(
                "goward: log.example has another go1.27.1 for linux/amd64 than is known here\n  \
                 expected h1:MeqkXdYlyiVdqJXENOTyX7xd8QjDM/mxR52RKOFBS0M= (built-in records)\n  \
                 received {OTHER_H1} (log.example, record 1)\n  nothing was changed\n\
                 hint: one of the two is wrong; show both to others, and to the Go team: \
                 https://go.dev/security"
            )
        );
    }
    let lock = format!(
        "schema = 1\n\n[toolchain]\nversion = \"go1.99.1\"\nrequest = \"1.99\"\nlevel = \"logged\"\n\n\
         [toolchain.{}]\nh1 = \"{}\"\n",
        host.lock_name(),
        h1()
    );
    own.sandbox.write("project/goward.lock", lock);
    assert_eq!(
        own.refuses(Locker::new(&own.session()).install_project(host, false, false, &fetch)),
        format!(
            "goward: log.example has another go1.99.1 for {host} than is known here\n  \
             expected {} (`[PROJECT]/goward.lock`)\n  received {OTHER_H1} (log.example, record 0)\n  \
             nothing was changed\n\
             hint: find out who changed the lock: `git log -p goward.lock`",
            h1()
        )
    );
}

/// What was downloaded once serves a machine that begins empty, and is verified there again.
#[test]
fn archives_are_kept_for_machines_that_begin_empty() {
    let own = Own::new(&h1());
    let cache = own.sandbox.path("cache");
    let fetch = Fetch { cache: Some(cache.clone()), ..own.fetch() };
    let install = |home: &str| {
        let session = own.session_of(home);
        Installer::new(&session).install_for("1.99.1", Platform::host(), false, &fetch).unwrap()
    };
    let first = install("home");
    assert_eq!((first.is_new, own.archives_fetched()), (true, 1));
    let names = |cache| fs::read_dir(cache).unwrap().map(|entry| entry.unwrap().file_name());
    assert_eq!(names(&cache).collect::<Vec<_>>(), [archive("go1.99.1").as_str()]);
    let second = install("other");
    assert_eq!((second.is_new, own.archives_fetched()), (true, 1));
    assert_eq!(second.installed.receipt.source, format!("file://{}", cache.display()));
    assert_eq!(second.installed.receipt.level.name(), "logged");
    // One that was changed is downloaded again.
    let kept = cache.join(archive("go1.99.1"));
    let right = fs::read(&kept).unwrap();
    fs::write(&kept, &right[..right.len() / 2]).unwrap();
    let third = install("third");
    assert_eq!((third.warnings.len(), own.archives_fetched()), (1, 2), "{:?}", third.warnings);
    assert_eq!(fs::read(&kept).unwrap(), right);
    assert_eq!(names(&cache).count(), 1);
}

/// The archive is asked for although the log has not answered, and its answer counts although it
/// comes later.
#[test]
fn the_log_is_asked_beside_the_download() {
    let own = Own::new(&h1());
    let gate = Arc::new(AtomicBool::new(false));
    let opens = Fault::Opens(Arc::clone(&gate));
    own.mirror.change(&format!("/{}", archive("go1.99.1")), |route| route.always(opens));
    own.server.change(&own.log.lookup_path(0), |route| route.faults([Fault::Held(gate)]));
    let fetch = Fetch { accept: Some(goward_core::verify::Level::Listed), ..own.fetch() };
    let session = own.session();
    let installing =
        Installer::new(&session).install_for("1.99.1", Platform::host(), false, &fetch);
    let outcome = installing.unwrap();
    assert_eq!(outcome.warnings, [""; 0]);
    assert_eq!(outcome.installed.receipt.level.name(), "logged");
}

/// The proxy says that it serves the log once it was asked the first question.
#[test]
fn the_first_question_does_not_wait_for_what_the_proxy_serves() {
    let (mirror, proxy) = (mirror(), proxy());
    let gate = Arc::new(AtomicBool::new(false));
    let held = Answer::new("").faults([Fault::Held(Arc::clone(&gate))]);
    proxy.route("/sumdb/sum.golang.org/supported", held);
    proxy.route(LOOKUP, Answer::new(GO1_21_9).always(Fault::Opens(gate)));
    ask(&sandbox(&mirror, &proxy));
    let log = proxy.log();
    assert!(log.iter().any(|request| request.target.contains("/tile/")), "{log:?}");
}

#[test]
fn a_log_that_does_not_answer_is_given_up_and_not_asked_again_at_once() {
    let (mirror, proxy) = (mirror(), proxy());
    proxy.route(&lookup_1_99_1(), Answer::new("").always(Fault::Silence));
    let sandbox = sandbox(&mirror, &proxy);
    let installed =
        format!("goward: installed go1.99.1 for {} (listed) from [URL]/\n", Platform::host());
    let outcome = sandbox.goward(["install", "1.99.1"]);
    let warning = "goward: warning: sum.golang.org did not answer within 1 s\n";
    assert_eq!(outcome.says(), format!("{warning}{installed}"));
    let before = proxy.log().len();
    assert_eq!(sandbox.goward(["uninstall", "1.99.1"]).code, Some(0));
    let again = sandbox.goward(["install", "1.99.1"]).says().to_owned();
    assert!(again.contains("did not answer within 1 s ("), "{again}");
    assert_eq!(proxy.log().len(), before);
}

#[test]
fn a_lock_needs_no_download_where_the_log_has_the_hash() {
    let own = Own::new(&h1());
    own.sandbox.write(
        "project/goward.toml",
        "[toolchain]\ngo = \"1.99.1\"\n[policy]\nlevel = \"logged\"\n",
    );
    let written = Locker::new(&own.session()).lock(LockOptions::default(), &own.fetch()).unwrap();
    assert_eq!((written.level.name(), written.warnings.len()), ("logged", 0));
    assert_eq!(own.archives_fetched(), 0);
    let lock = own.sandbox.read("project/goward.lock");
    assert!(lock.contains("level = \"logged\"") && lock.contains(&h1()), "{lock}");
    let head = own.log.head(own.log.size());
    let signature = own.log.signer().signature(&head);
    let head = format!(
        "\n[head]\nsize = 302\nhash = \"{}\"\nsignature = \"{signature}\"\n",
        head.lines().last().unwrap()
    );
    assert!(lock.ends_with(&head), "{lock}");
    Locker::new(&own.session()).check_lock().unwrap();
    // The same again is the same bytes, also when the log has grown.
    let grown = own.grown();
    let session = grown.session();
    let again = Locker::new(&session).lock(LockOptions::default(), &grown.fetch()).unwrap();
    assert!(again.changes.is_empty());
    Locker::new(&grown.session()).check_lock().unwrap();
    let state = grown.sandbox.path("home/.local/state/goward/sumdb/log.example/latest");
    // What was proved once is proved again without a request.
    assert_eq!(fs::read_to_string(state).unwrap(), grown.log.note(302));
    let own = grown;
    // What the project demands is proved again when it is installed.
    let host = Platform::host();
    let outcome =
        Locker::new(&own.session()).install_project(host, false, false, &own.fetch()).unwrap();
    assert_eq!(outcome.installed.receipt.level.name(), "logged");
}

#[test]
fn a_lock_that_contradicts_the_log_is_not_written_over() {
    let own = Own::new(&h1());
    own.sandbox.write("project/goward.toml", "[toolchain]\ngo = \"1.99.1\"\n");
    Locker::new(&own.session()).lock(LockOptions::default(), &own.fetch()).unwrap();
    let lock = own.sandbox.read("project/goward.lock").replace(&h1(), OTHER_H1);
    own.sandbox.write("project/goward.lock", &lock);
    let host = Platform::host();
    assert_eq!(
        own.refuses(Locker::new(&own.session()).lock(LockOptions::default(), &own.fetch())),
        format!(
            "goward: the lock contradicts the record in the checksum database of go1.99.1 for {host}\n  \
             expected {} (record in the checksum database)\n  received {OTHER_H1} (the lock)\n  \
             nothing was changed\nhint: find out who changed the lock: `git log -p goward.lock`",
            h1()
        )
    );
    assert_eq!(own.sandbox.read("project/goward.lock"), lock);
}

#[test]
fn the_head_in_a_lock_has_to_be_the_logs_and_of_its_history() {
    let own = Own::new(&h1());
    let host = Platform::host();
    own.sandbox.write("project/goward.toml", "[toolchain]\ngo = \"1.99.1\"\n");
    Locker::new(&own.session()).lock(LockOptions::default(), &own.fetch()).unwrap();
    let lock = own.sandbox.read("project/goward.lock");
    // Nobody else can sign one.
    let forged = lock.replace("size = 302", "size = 301");
    own.sandbox.write("project/goward.lock", &forged);
    let report = "goward: the head in the lock is not signed by log.example\n  nothing was changed\n\
                  hint: find out who changed the lock: `git log -p goward.lock`";
    let locking = Locker::new(&own.session()).lock(LockOptions::default(), &own.fetch());
    assert_eq!(own.refuses(locking), report);
    assert_eq!(own.refuses(Locker::new(&own.session()).check_lock()), report);
    let installing = Locker::new(&own.session()).install_project(host, false, false, &own.fetch());
    assert_eq!(own.refuses(installing), report);
    // For the program, nobody but Google can.
    let report = report.replace("log.example", "sum.golang.org");
    for arguments in [&["lock", "--check"][..], &["install"], &["lock"]] {
        own.sandbox.write("project/goward.lock", &lock);
        own.sandbox.goward(arguments).fails(4, &report);
    }
    // One that the log did sign, in another history: who wrote the lock saw another log.
    let other = Own::new(OTHER_H1);
    let head = other.log.head(200);
    let (hash, signature) = (head.lines().last().unwrap(), other.log.signer().signature(&head));
    let (before, _) = lock.split_once("[head]").unwrap();
    let split =
        format!("{before}[head]\nsize = 200\nhash = \"{hash}\"\nsignature = \"{signature}\"\n");
    own.sandbox.write("project/goward.lock", split);
    let error =
        Locker::new(&own.session()).install_project(host, false, false, &own.fetch()).unwrap_err();
    assert_eq!(error.kind(), Kind::Log, "{error}");
    assert!(own.sandbox.path("home/.local/state/goward/sumdb/log.example/fork").exists());
}
