//! Kinds of module proxies and of networks, one row each: what `go` gets from them, goward gets.

use super::{ctx, denied, net_with, patience, sample, url};
use crate::common::server::{Fault, Route, Server};
use goward_core::error::Error;
use goward_core::net::{GoAuth, GoProxy, HttpRules, Net, NetError, Problem};
use goward_core::platform::Platform;
use goward_core::source::{ArtifactRequest, Modules, Source, SourceSpec, sources};
use goward_core::version::GoVersion;
use std::io::{Read, Write};
use std::net::TcpListener;
use tempfile::TempDir;

const ZIP: &str = "/golang.org/toolchain/@v/v0.0.1-go1.27.1.linux-amd64.zip";
const LIST: &str = "/golang.org/toolchain/@v/list";
const LISTED: &str = "v0.0.1-go1.27.1.linux-amd64\n";

fn source(goproxy: &str, goauth: Option<&str>, net: &Net) -> Box<dyn Source> {
    let auth = GoAuth::parse(goauth).unwrap();
    let list = GoProxy::parse(Some(goproxy)).unwrap();
    let modules = |_: Option<&GoProxy>| Ok(Modules { list: list.clone(), auth, net: net.clone() });
    let specs = SourceSpec::parse("goproxy").unwrap();
    sources(&specs, &ctx(&[]), &|| Ok(net.clone()), &modules, None).unwrap().remove(0)
}

fn open(source: &dyn Source) -> Result<Vec<u8>, Error> {
    let scratch = TempDir::new().unwrap();
    let wanted = ArtifactRequest {
        version: GoVersion::parse("go1.27.1").unwrap(),
        platform: Platform::parse("linux/amd64").unwrap(),
        size: None,
        ask_digest: true,
    };
    let mut artifact = source.open(&wanted, scratch.path(), Box::new(|_, _| {}))?;
    let mut bytes = Vec::new();
    artifact.body.read_to_end(&mut bytes).unwrap();
    Ok(bytes)
}

/// A proxy, and what stands before and behind its address in GOPROXY.
type Kind = (&'static str, fn(Route) -> Route, &'static str);

#[test]
fn what_go_gets_goward_gets() {
    let called_page = |route: Route| route.always(Fault::Header("Content-Type: text/html"));
    let packed = |route: Route| route.always(Fault::Packed(Box::new(Fault::None)));
    let kinds: [Kind; 8] = [
        ("files are called pages", called_page, ""),
        ("everything is packed", packed, ""),
        ("only Go's own client is let in", |r| r.only_for("user-agent", "Go-http-client"), ""),
        ("everybody with a name is let in", |r| r.only_for("user-agent", ""), ""),
        ("a token in the query", |r| r, "?token=abc"),
        ("a fragment", |r| r, "#x"),
        ("a slash at the end", |r| r, "/"),
        ("a prefix", |r| r, "/team/go"),
    ];
    for (name, change, behind) in kinds {
        let server = Server::start();
        let (path, query) = behind.split_once('?').map_or((behind, ""), |(path, _)| (path, behind));
        let prefix = path.split('#').next().unwrap().trim_end_matches('/');
        for (file, body) in [(ZIP, sample(5000)), (LIST, LISTED.into())] {
            server.route(&format!("{prefix}{file}{query}"), change(Route::new(body)));
        }
        let source = source(&format!("{}{behind}", server.url("")), None, &net_with(&[], &[]));
        assert!(open(&*source).unwrap() == sample(5000), "{name}");
        let listed = source.releases().unwrap().unwrap();
        assert_eq!(listed[0].version.to_string(), "go1.27.1", "{name}");
    }
}

#[test]
fn a_token_in_the_query_is_not_shown() {
    let server = Server::with(&format!("{ZIP}?token=s3cret"), {
        Route::new("").always(Fault::StatusText(500, "\n broken by policy \u{1b}[0m\nmore"))
    });
    let goproxy = server.url("?token=s3cret");
    let report = open(&*source(&goproxy, None, &net_with(&[], &[]))).unwrap_err().to_string();
    assert_eq!(
        report,
        format!(
            "goward: cannot download go1.27.1: HTTP status 500\n  wanted {}?…\n  \
             the server says: broken by policy \\u{{1b}}[0m\n  tried 3 times\n\
             hint: try again later, or give another source: `GOWARD_SOURCE=python-index`",
            server.url(ZIP)
        )
    );
}

#[test]
fn each_refusal_has_the_hint_that_helps() {
    let home = TempDir::new().unwrap();
    std::fs::write(home.path().join(".netrc"), "machine 127.0.0.1 login a password b\n").unwrap();
    let netrc = [("HOME", home.path().to_str().unwrap())];
    let with_passwords = net_with(&netrc, &[]);
    let clear = Net::with_patience(&ctx(&netrc), HttpRules::default(), patience(&[])).unwrap();
    let nobody = net_with(&[], &[]);
    let off = Net::without_netrc(&ctx(&netrc), HttpRules::default(), patience(&[])).unwrap();
    let wanted = |header| Route::new("").always(Fault::Status(401, header));
    let (basic, bearer) = ("WWW-Authenticate: Basic realm=x", "WWW-Authenticate: Bearer realm=x");
    for (net, goauth, header, hint) in [
        (&nobody, None, basic, "put user and password for this host into `~/.netrc`"),
        (&with_passwords, None, basic, "correct the user and password for this host in `~/.netrc`"),
        (&clear, None, basic, "passwords in netrc are not sent over http: write `https://`"),
        (&off, Some("off"), basic, "let netrc be read (`GOAUTH=netrc`)"),
        (&nobody, None, bearer, "this server takes tokens (Bearer), which goward does not send"),
        (&nobody, Some("helper"), basic, "put user and password for the proxy's host into"),
    ] {
        let server = Server::with(ZIP, wanted(header));
        let report = open(&*source(&server.url(""), goauth, net)).unwrap_err().to_string();
        let hints: Vec<&str> = report.split("\nhint: ").skip(1).collect();
        assert!(hints.len() == 1 && hints[0].starts_with(hint), "{report}");
        let sent = server.log()[0].header("authorization").is_some();
        assert_eq!(sent, std::ptr::eq(net, &raw const with_passwords), "{report}");
    }
    // One in the URL is refused before anything is asked.
    let server = Server::with(ZIP, Route::new("zip"));
    let own = server.url("").replace("http://", "http://me:s3cret@");
    let report = open(&*source(&own, None, &clear)).unwrap_err().to_string();
    let start =
        "goward: cannot download go1.27.1: a password would be sent to `127.0.0.1` over http";
    assert!(report.starts_with(start) && !report.contains("s3cret"), "{report}");
    assert_eq!(server.connections(), 0);
    assert_eq!(open(&*source(&own, None, &with_passwords)).unwrap(), b"zip");
    assert_eq!(server.log()[0].header("authorization"), Some("Basic bWU6czNjcmV0"));
}

fn ask(net: &Net, target: &str) -> NetError {
    net.fetch_small("x", &url(target), 10).unwrap_err()
}

#[test]
fn a_proxy_that_refuses_a_password_is_not_given_it_again() {
    for (login, had_password) in [("", false), ("anna:s3cret@", true)] {
        let proxy =
            Server::with("mirror.example:443", Route::new("").always(Fault::Status(407, "")));
        proxy.route("http://mirror.example/x", Route::new("").always(Fault::Status(407, "")));
        let address = proxy.url("").replace("http://", &format!("http://{login}"));
        let variables = [("HTTPS_PROXY", address.as_str()), ("HTTP_PROXY", &address)];
        let shown = format!("{}/", proxy.url(""));
        for target in ["https://mirror.example/x", "http://mirror.example/x"] {
            // Another network of this process knows of it, too.
            let error = ask(&net_with(&variables, &["mirror.example"]), target);
            let want = Problem::ProxyDenied { proxy: shown.clone(), had_password };
            assert_eq!((error.problem, error.attempts), (want, 1), "{target}");
        }
        assert_eq!(proxy.log().len(), 1);
        let given = proxy.log()[0].header("proxy-authorization").is_some();
        assert_eq!(given, had_password);
    }
}

#[test]
fn a_proxy_that_is_out_of_reach_is_named() {
    let proxy = Server::start();
    let address = proxy.url("");
    drop(proxy);
    let variables = [("HTTPS_PROXY", address.as_str())];
    let Problem::Connection(why) =
        ask(&net_with(&variables, &[]), "https://mirror.example/").problem
    else {
        panic!("another problem")
    };
    assert!(why.starts_with(&format!("cannot connect through the proxy `{address}/`: ")), "{why}");
    // One that is none is named where it is needed, and nowhere else.
    let variables = [("HTTPS_PROXY", "http://u:s3cret@["), ("NO_PROXY", "a.example:8443")];
    let net = net_with(&variables, &[]);
    let error = Error::from(ask(&net, "https://mirror.example/"));
    assert_eq!(
        error.to_string(),
        "goward: cannot download x: the value of `HTTPS_PROXY` is not a usable proxy\n  \
         wanted https://mirror.example/\n\
         hint: write it as in `HTTPS_PROXY=http://proxy.example:3128`"
    );
    let server = Server::with("/x", Route::new("x"));
    assert_eq!(net.fetch_small("x", &url(&server.url("/x")), 10).unwrap().body, b"x");
}

/// A server that has only what TLS has given up refuses each offer with an alert.
#[test]
fn a_server_without_usable_tls_is_asked_once_and_told_what_it_lacks() {
    for alert in [40, 70, 71] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let target = format!("https://127.0.0.1:{}/", listener.local_addr().unwrap().port());
        let server = std::thread::spawn(move || {
            let (mut socket, _) = listener.accept().unwrap();
            _ = socket.read(&mut [0; 4096]);
            socket.write_all(&[21, 3, 3, 0, 2, 2, alert]).unwrap();
            listener.set_nonblocking(true).unwrap();
            listener.accept().is_err()
        });
        let error = ask(&net_with(&[], &[]), &target);
        let Problem::Handshake(why) = &error.problem else { panic!("{alert}: {error}") };
        assert!(why.starts_with("the server has no TLS that goward speaks: it needs TLS 1.3, or "));
        assert!(why.contains("CBC") && error.attempts == 1, "{why}");
        assert!(server.join().unwrap(), "{alert}");
    }
}

#[test]
fn a_reason_is_one_line_of_text() {
    for (text, want) in
        [("quarantined; ask it-sec\n", Some("quarantined; ask it-sec")), ("", None), ("\n\n", None)]
    {
        for code in [403, 404, 410] {
            let server = Server::with("/x", Route::new("").always(Fault::StatusText(code, text)));
            let error = ask(&net_with(&[], &[]), &server.url("/x"));
            assert_eq!(error.problem.reason(), want, "{code}");
        }
    }
    let gone = Route::new("").always(Fault::StatusText(404, "quarantined; ask it-sec"));
    let server = Server::with(ZIP, gone);
    let report = open(&*source(&server.url(""), None, &net_with(&[], &[]))).unwrap_err();
    let said =
        [format!("wanted {}", server.url(ZIP)), "the server says: quarantined; ask it-sec".into()];
    assert_eq!(report.details(), said, "{report}");
    let long: &'static str = "x".repeat(100_000).leak();
    let server = Server::with("/x", Route::new("").always(Fault::StatusText(403, long)));
    let error = ask(&net_with(&[], &[]), &server.url("/x"));
    assert_eq!(error.problem.reason().map(str::len), Some(203));
    // A page is no line.
    let server =
        Server::with("/x", Route::new("").always(Fault::Status(403, "Content-Type: text/html")));
    assert_eq!(ask(&net_with(&[], &[]), &server.url("/x")).problem, denied(403));
}
