//! What may be asked at all, and who gets credentials.

use super::{ctx, net, net_with, url};
use crate::common::server::{Fault, Route, Server};
use goward_core::error::Error;
use goward_core::net::{Download, Job, Net, Problem};
use goward_mirror::registry::Registry;
use tempfile::TempDir;

fn redirect(to: &str) -> Route {
    Route::new("").always(Fault::Redirect(to.to_owned()))
}

fn fetch(net: &Net, text: &str) -> Result<Vec<u8>, Problem> {
    let fetched = net.fetch_small("x", &url(text), 1000);
    fetched.map(|fetched| fetched.body).map_err(|error| error.problem)
}

#[test]
fn offline_opens_no_socket() {
    let server = Server::with("/x", Route::new("x"));
    let net = net_with(&[("GOWARD_OFFLINE", "1")], &[]);
    let target = url(&server.url("/x"));
    let error = net.fetch_small("go1.27.1", &target, 10).unwrap_err();
    assert_eq!(
        Error::from(error).to_string(),
        format!(
            "goward: cannot download go1.27.1: network is off (`GOWARD_OFFLINE=1`)\n  \
             wanted {target}\n\
             hint: unset `GOWARD_OFFLINE`, or give a directory: \
             `GOWARD_SOURCE=file:///path goward install go1.27.1`"
        )
    );
    let scratch = TempDir::new().unwrap();
    let job = Job {
        what: "x",
        url: &target,
        name: "x",
        directory: scratch.path(),
        size: None,
        is_known: false,
    };
    let error = Download::open(&net, job, Box::new(|_, _| {})).unwrap_err();
    assert_eq!(error.problem, Problem::Offline);
    assert_eq!(fs_err::read_dir(scratch.path()).unwrap().count(), 0);
    assert_eq!(server.connections(), 0);
}

#[test]
fn plain_http_is_refused_before_anything_is_looked_up() {
    // A proxy would be asked instead of the name server; nobody is.
    let proxy = Server::start();
    let net = net_with(&[("HTTP_PROXY", &proxy.url(""))], &["listed.example"]);
    let refused = Problem::PlainHttp("mirror.example".to_owned());
    assert_eq!(fetch(&net, "http://mirror.example/x"), Err(refused));
    assert_eq!(proxy.connections(), 0);
    proxy.route("http://listed.example/x", Route::new("through the proxy"));
    assert_eq!(fetch(&net, "http://listed.example/x"), Ok(b"through the proxy".to_vec()));
}

#[test]
fn proxies_are_for_others() {
    let proxy = Server::with("http://listed.example/x", Route::new("proxy"));
    let server = Server::with("/x", Route::new("direct"));
    let address = proxy.url("").replace("http://", "http://anna:s3cret@");
    for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
        let net = net_with(&[(name, &address)], &["listed.example"]);
        assert_eq!(fetch(&net, &server.url("/x")), Ok(b"direct".to_vec()), "{name}");
        assert_eq!(fetch(&net, "http://listed.example/x"), Ok(b"proxy".to_vec()), "{name}");
    }
    let log = proxy.log();
    assert_eq!(log.len(), 4);
    // anna:s3cret
    assert!(log.iter().all(|r| r.header("proxy-authorization") == Some("Basic YW5uYTpzM2NyZXQ=")));
    let variables = [("http_proxy", address.as_str()), ("NO_PROXY", "127.0.0.1, 0.0.0.0")];
    // An address of this machine that does not count as one.
    let past = format!("http://0.0.0.0:{}/x", server.port());
    let net = net_with(&variables, &["0.0.0.0"]);
    assert_eq!(fetch(&net, &past), Ok(b"direct".to_vec()));
    assert_eq!(proxy.log().len(), 4);
}

#[test]
fn registries_are_asked_as_everybody_else() {
    let tags = "http://listed.example/v2/team/go/tags/list?n=1000";
    let page = |tags: &str| Route::new(format!(r#"{{"name": "team/go", "tags": [{tags}]}}"#));
    for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY"] {
        let proxy = Server::with(tags, page("\"1.27.1\""));
        proxy.route(&format!("{tags}&last=1.27.1"), page(""));
        let variables = [(name, proxy.url(""))];
        let open = |variables: &[(&str, &str)]| {
            let net = net_with(variables, &["listed.example"]);
            Registry::open("listed.example/team/go", &ctx(variables), &net).unwrap().tags()
        };
        let through = variables.each_ref().map(|(name, value)| (*name, value.as_str()));
        assert_eq!(open(&through).unwrap(), ["1.27.1"], "{name}");
        let asked = proxy.log().len();
        let server = Server::with("/v2/team/go/tags/list?n=1000", page(""));
        let past = [through[0], ("NO_PROXY", "0.0.0.0")];
        let net = net_with(&past, &["0.0.0.0"]);
        let place = format!("0.0.0.0:{}/team/go", server.port());
        let tags = Registry::open(&place, &ctx(&past), &net).unwrap().tags().unwrap();
        assert_eq!(tags, Vec::<String>::new(), "{name}");
        assert_eq!((server.log().is_empty(), proxy.log().len()), (false, asked), "{name}");
    }
}

#[test]
fn redirects() {
    let other = Server::with("/y", Route::new("other"));
    let server = Server::with("/y", Route::new("same"));
    let loopback_name = format!("http://localhost:{}/y", other.port());
    let refused = |why: &str| Err(Problem::Refused(why.to_owned()));
    let cases = [
        ("/y".to_owned(), Ok(b"same".to_vec())),
        (server.url("/y"), Ok(b"same".to_vec())),
        (other.url("/y"), Ok(b"other".to_vec())),
        (loopback_name, Ok(b"other".to_vec())),
        ("/x".to_owned(), refused("it redirects more than 9 times")),
        (
            "http://mirror.example/y".to_owned(),
            refused("it redirects to `http://mirror.example/y`, which is not https"),
        ),
        (
            "http://me:secret@mirror.example/y?token=secret".to_owned(),
            refused("it redirects to `http://mirror.example/y?…`, which is not https"),
        ),
        (
            "file:///etc/passwd".to_owned(),
            refused("it redirects to `file:///etc/passwd`, which is not https"),
        ),
        (
            "ftp://127.0.0.1/y".to_owned(),
            refused("it redirects to `ftp://127.0.0.1/y`, which is not https"),
        ),
        ("data:,x".to_owned(), refused("it redirects to `data:,x`, which is not https")),
        ("http://[".to_owned(), refused("it redirects to something that is no URL")),
    ];
    for (to, want) in cases {
        server.route("/x", redirect(&to));
        assert_eq!(fetch(&net(), &server.url("/x")), want, "{to}");
    }
    server.route("/x", Route::new("").always(Fault::Status(302, "")));
    let nowhere = Problem::Answer("it redirects to nowhere".to_owned());
    assert_eq!(fetch(&net(), &server.url("/x")), Err(nowhere));
}

#[test]
fn nine_redirects_are_followed_as_by_go() {
    let server = Server::with("/0", Route::new("end"));
    for at in 1..=10 {
        server.route(&format!("/{at}"), redirect(&format!("/{}", at - 1)));
    }
    assert_eq!(fetch(&net(), &server.url("/9")), Ok(b"end".to_vec()));
    let too_many = Problem::Refused("it redirects more than 9 times".to_owned());
    assert_eq!(fetch(&net(), &server.url("/10")), Err(too_many));
}

/// Who gets the credentials that belong to the first server of a redirect.
#[test]
fn credentials_stay_with_their_host() {
    let home = TempDir::new().unwrap();
    let netrc = home.path().join(".netrc");
    fs_err::write(
        &netrc,
        "machine 127.0.0.1 login anna password s3cret\ndefault login a password b",
    )
    .unwrap();
    let other = Server::with("/y", Route::new("other"));
    let server = Server::with("/y", Route::new("same"));
    // anna:s3cret
    let sent = Some("Basic YW5uYTpzM2NyZXQ=");
    let in_url = |server: &Server| server.url("/x").replace("http://", "http://anna:s3cret@");
    let from_netrc = net_with(&[("HOME", home.path().to_str().unwrap())], &[]);
    for (net, target) in [(net(), in_url(&server)), (from_netrc, server.url("/x"))] {
        for (to, stays) in [
            ("/y".to_owned(), true),
            (other.url("/y"), false),
            (format!("http://localhost:{}/y", server.port()), false),
            (format!("http://eve:evil@localhost:{}/y", other.port()), false),
        ] {
            server.route("/x", redirect(&to));
            let before = (server.log().len(), other.log().len());
            fetch(&net, &target).unwrap();
            let log = [&server.log()[before.0..], &other.log()[before.1..]].concat();
            assert_eq!(log.len(), 2, "{to}");
            assert_eq!(log[0].header("authorization"), sent, "{to}");
            assert_eq!(log[1].header("authorization"), sent.filter(|_| stays), "{to}");
        }
    }
}

#[test]
fn netrc_is_for_its_hosts_only() {
    let home = TempDir::new().unwrap();
    let netrc = home.path().join("netrc");
    fs_err::write(&netrc, "machine m.example login a password b\ndefault login a password b")
        .unwrap();
    let server = Server::with("/x", Route::new("x"));
    let net = net_with(&[("NETRC", netrc.to_str().unwrap())], &[]);
    assert!(fetch(&net, &server.url("/x")).is_ok());
    assert_eq!(server.log()[0].header("authorization"), None);
}

#[test]
fn messages_have_no_credentials() {
    let server = Server::with("/x", Route::new("").always(Fault::Status(403, "")));
    let target = server.url("/x?token=hidden").replace("http://", "http://anna:s3cret@");
    server.route("/x?token=hidden", Route::new("").always(Fault::Status(403, "")));
    let error = net().fetch_small("x", &url(&target), 10).unwrap_err();
    let shown = server.url("/x?…");
    assert_eq!(
        Error::from(error).to_string(),
        format!(
            "goward: cannot download x: access was denied (HTTP status 403)\n  wanted {shown}\n\
             hint: correct the user and password in the URL"
        )
    );
}
