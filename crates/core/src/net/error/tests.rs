use super::*;
use std::time::UNIX_EPOCH;

/// Returns a message for Unix as it is on this system.
fn for_system(message: &str) -> String {
    if cfg!(unix) {
        return message.to_owned();
    }
    let directory = "goward install go1.24.3 --source file:///C:/path";
    message
        .replace("~/.netrc", r"%USERPROFILE%\_netrc")
        .replace("GOWARD_SOURCE=file:///path goward install go1.24.3", directory)
        .replace(
            "GOWARD_SOURCE=file:///path goward install",
            "goward install --source file:///C:/path",
        )
}

fn report(what: &str, problem: Problem, attempts: u32) -> String {
    let url = Url::parse("https://user:secret@go.dev/dl/x.tar.gz?token=1").unwrap();
    Error::from(NetError::new(what, &url, problem, attempts)).to_string()
}

fn denied(code: u16, sent: Sent, reason: Option<&str>) -> Problem {
    let reason = reason.map(str::to_owned);
    Problem::Denied(Denial { code, sent, reason, ..Denial::default() })
}

#[test]
fn who_denies_is_named_with_what_helps() {
    let start = "goward: cannot download x: access was denied (HTTP status 401)\n  \
                 wanted https://go.dev/dl/x.tar.gz?…\n";
    for (sent, hint) in [
        (Sent::Url, "correct the user and password in the URL"),
        (Sent::Netrc, "correct the user and password for this host in `~/.netrc`"),
        (
            Sent::NetrcIsOff,
            "let netrc be read (`GOAUTH=netrc`), or put user and password into the URL",
        ),
    ] {
        let text = report("x", denied(401, sent, None), 1);
        assert_eq!(text, for_system(&format!("{start}hint: {hint}")));
    }
    let said = report("x", denied(401, Sent::Url, Some("ask it-sec")), 1);
    assert!(said.starts_with(&format!("{start}  the server says: ask it-sec\nhint: ")), "{said}");
    let token = Denial { code: 401, wants_token: true, ..Denial::default() };
    let text = report("x", Problem::Denied(token), 1);
    assert!(text.contains("\nhint: this server takes tokens"), "{text}");
    let proxy = |had_password| {
        let proxy = "http://p.example:3128/".to_owned();
        report("x", Problem::ProxyDenied { proxy, had_password }, 1)
    };
    for (had_password, what) in [
        (false, "wants a user and a password"),
        (true, "does not take the user and password that it was given"),
    ] {
        let want = format!(
            "goward: cannot download x: the proxy `http://p.example:3128/` {what} (HTTP status 407)\n"
        );
        assert!(proxy(had_password).starts_with(&want), "{}", proxy(had_password));
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table: a row for each case")]
fn messages_in_full() {
    let cases = [
        (
            report("go1.24.3", Problem::Offline, 1),
            "goward: cannot download go1.24.3: network is off (`GOWARD_OFFLINE=1`)\n  \
             wanted https://go.dev/dl/x.tar.gz?…\n\
             hint: unset `GOWARD_OFFLINE`, or give a directory: \
             `GOWARD_SOURCE=file:///path goward install go1.24.3`",
        ),
        (
            report("the list of releases", Problem::Offline, 1),
            "goward: cannot download the list of releases: network is off \
             (`GOWARD_OFFLINE=1`)\n  wanted https://go.dev/dl/x.tar.gz?…\n\
             hint: unset `GOWARD_OFFLINE`, or give a directory: \
             `GOWARD_SOURCE=file:///path goward install`",
        ),
        (
            report("x", Problem::Connection("connection refused".to_owned()), 3),
            "goward: cannot download x: connection refused\n  \
             wanted https://go.dev/dl/x.tar.gz?…\n  tried 3 times\n\
             hint: check the network and the proxy variables (`HTTPS_PROXY`, `NO_PROXY`), or \
             give another source: `GOWARD_SOURCE=python-index`",
        ),
        (
            report("x", Problem::Stalled(Duration::from_secs(30)), 3),
            "goward: cannot download x: the server sent too little for 30 seconds\n  \
             wanted https://go.dev/dl/x.tar.gz?…\n  tried 3 times\n\
             hint: check the network and the proxy variables (`HTTPS_PROXY`, `NO_PROXY`), or \
             give another source: `GOWARD_SOURCE=python-index`",
        ),
        (
            report("x", Problem::Silent(Duration::from_secs(30)), 1),
            "goward: cannot download x: the server did not answer within 30 seconds\n  \
             wanted https://go.dev/dl/x.tar.gz?…\n\
             hint: check the network and the proxy variables (`HTTPS_PROXY`, `NO_PROXY`), or \
             give another source: `GOWARD_SOURCE=python-index`",
        ),
        (
            report("x", Problem::absent(404), 1),
            "goward: cannot download x: there is no such file (HTTP status 404)\n  \
             wanted https://go.dev/dl/x.tar.gz?…",
        ),
        (
            report("x", denied(403, Sent::Nothing, None), 1),
            "goward: cannot download x: access was denied (HTTP status 403)\n  \
             wanted https://go.dev/dl/x.tar.gz?…\n\
             hint: put user and password for this host into `~/.netrc`, or give another \
             source: `GOWARD_SOURCE=go.dev`",
        ),
        (
            report("x", denied(407, Sent::Nothing, None), 1),
            "goward: cannot download x: access was denied (HTTP status 407)\n  \
             wanted https://go.dev/dl/x.tar.gz?…\n\
             hint: give the proxy's user and password: \
             `HTTPS_PROXY=http://user:password@host:port`",
        ),
        (
            report("x", Problem::PlainHttp("m.example".to_owned()), 1),
            "goward: cannot download x: `m.example` would be asked over http, which anybody \
             on the way can read and change\n  wanted https://go.dev/dl/x.tar.gz?…\n\
             hint: write `https://`, or list the host as `http-hosts` in your own \
             configuration",
        ),
        (
            report(
                "x",
                Problem::Status {
                    code: 429,
                    retry_after: Some(Duration::from_secs(90)),
                    reason: None,
                },
                1,
            ),
            "goward: cannot download x: HTTP status 429; the server asks to wait 90 seconds\n  \
             wanted https://go.dev/dl/x.tar.gz?…\n\
             hint: try again later, or give another source: `GOWARD_SOURCE=python-index`",
        ),
        (
            report("x", Problem::Cut(17), 3),
            "goward: cannot download x: the connection was cut after 17 bytes\n  \
             wanted https://go.dev/dl/x.tar.gz?…\n  tried 3 times\n\
             hint: try again later, or give another source: `GOWARD_SOURCE=python-index`",
        ),
        (
            report("x", Problem::TooLarge(9), 1),
            "goward: cannot download x: the answer is larger than 9 bytes\n  \
             wanted https://go.dev/dl/x.tar.gz?…",
        ),
    ];
    for (got, want) in cases {
        assert_eq!(got, for_system(want));
    }
}

#[test]
fn a_wrong_date_names_the_clock() {
    let text = report("x", Problem::CertificateDate("it has expired".to_owned()), 1);
    assert!(text.contains("\nhint: system clock is 2"), "{text}");
}

#[test]
fn only_our_own_files_are_no_network_error() {
    let url = Url::parse("https://go.dev/").unwrap();
    let kind = |problem| Error::from(NetError::new("x", &url, problem, 1)).kind();
    assert_eq!(kind(Problem::Local("no space".to_owned())), Kind::Failed);
    assert_eq!(kind(Problem::Changed), Kind::Network);
}

#[test]
fn dates() {
    let cases = [
        (0, "1970-01-01 00:00 UTC"),
        (951_782_400, "2000-02-29 00:00 UTC"),
        (1_000_000_000, "2001-09-09 01:46 UTC"),
        (4_102_444_799, "2099-12-31 23:59 UTC"),
    ];
    for (seconds, want) in cases {
        assert_eq!(clock(UNIX_EPOCH + Duration::from_secs(seconds)), want);
    }
}
