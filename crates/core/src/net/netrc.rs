//! netrc: user names and passwords by host.
//!
//! Read as `go` reads it, so that one file means the same to both. The rules are those of
//! `src/cmd/go/internal/auth/netrc.go` and `auth.go` in Go 1.27.3: lines are split at white space
//! into pairs of words, without quotes, escapes or comments; the first complete entry of a machine
//! counts; a machine may have a port and a path.
//!
//! Two things differ: a machine without a port is for every port of its host, and a file that
//! cannot be read is told without being asked (`go` tells it with `-x`).

use super::Url;
use crate::ctx::Ctx;
use crate::error::Error;
use crate::fs;
use crate::os::USER_HOME;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::collections::HashMap;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

/// Longest netrc that is read.
const MAX_SIZE: u64 = 1 << 20;

/// What a netrc says.
#[derive(Debug, Default)]
pub(super) struct Netrc {
    /// By machine, as in `host`, `host:port` or `host/path`.
    machines: HashMap<Vec<u8>, Credentials>,
    /// Why the file cannot be read, if it is there.
    pub(super) problem: Option<String>,
}

/// User name and password, in whatever encoding the file has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Credentials {
    user: Vec<u8>,
    password: Vec<u8>,
}

impl Credentials {
    /// Returns the value of the header `Authorization`.
    pub(super) fn authorization(&self) -> String {
        let pair = [self.user.as_slice(), &self.password].join(&b':');
        format!("Basic {}", STANDARD.encode(pair))
    }
}

impl Netrc {
    /// Reads `$NETRC`, else the file in the user's home. Without one there are no credentials.
    pub(super) fn read(ctx: &Ctx) -> Self {
        let bytes = match (ctx.variable("NETRC"), ctx.variable(USER_HOME)) {
            (Some(path), _) => read_any(Path::new(path)),
            (None, Some(home)) => {
                fs::read_regular(&in_home(Path::new(home), cfg!(windows)), MAX_SIZE)
            }
            (None, None) => return Self::default(),
        };
        match bytes {
            Ok(bytes) => Self::parse(&bytes),
            Err(error)
                if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) =>
            {
                Self::default()
            }
            Err(error) => {
                let problem = Some(Error::from(error).message().to_owned());
                Self { problem, ..Self::default() }
            }
        }
    }

    fn parse(bytes: &[u8]) -> Self {
        let mut machines = HashMap::new();
        for (machine, credentials) in entries(bytes) {
            let machine = machine.strip_prefix(b"https://").unwrap_or(machine);
            let machine = machine.strip_suffix(b"/").unwrap_or(machine);
            machines.entry(machine.to_vec()).or_insert(credentials);
        }
        Self { machines, problem: None }
    }

    /// Returns the credentials for a URL: those of the longest machine that it begins with, up to
    /// a `/`. A machine with the port is preferred to one without.
    pub(super) fn find(&self, url: &Url) -> Option<&Credentials> {
        let host = url.host_str()?;
        let mut rest = url.path().to_owned();
        if let Some(query) = url.query() {
            rest = format!("{rest}?{query}");
        }
        let rest = rest.strip_suffix('/').unwrap_or(&rest);
        let with_port = url.port_or_known_default().map(|port| format!("{host}:{port}{rest}"));
        let names = with_port.into_iter().chain([format!("{host}{rest}")]);
        names.into_iter().find_map(|name| {
            std::iter::successors(Some(name.as_str()), cut)
                .find_map(|name| self.machines.get(name.as_bytes()))
        })
    }
}

/// Returns what is before the last `/`.
fn cut<'a>(name: &&'a str) -> Option<&'a str> {
    name.rsplit_once('/').map(|(before, _)| before)
}

/// Returns the place of the file: `.netrc`, but on Windows `_netrc` where there is one.
fn in_home(home: &Path, is_windows: bool) -> PathBuf {
    let legacy = home.join("_netrc");
    if is_windows && legacy.exists() { legacy } else { home.join(".netrc") }
}

/// Reads what `NETRC` names, which may be a pipe, on purpose.
fn read_any(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(MAX_SIZE + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_SIZE {
        let message = format!("`{}` has more than {MAX_SIZE} bytes", path.display());
        return Err(io::Error::new(ErrorKind::FileTooLarge, message));
    }
    Ok(bytes)
}

/// An entry that has not all of its parts yet.
#[derive(Default)]
struct Draft<'a> {
    machine: Option<&'a [u8]>,
    login: Option<&'a [u8]>,
    password: Option<&'a [u8]>,
}

impl<'a> Draft<'a> {
    /// Returns the entry when it is complete.
    fn entry(&self) -> Option<(&'a [u8], Credentials)> {
        let (user, password) = (self.login?.to_vec(), self.password?.to_vec());
        Some((self.machine?, Credentials { user, password }))
    }
}

/// Returns the complete entries with their machines, in the file's order.
///
/// An entry lasts until it is complete or the next `machine`, over as many lines as it takes; login
/// and password come in either order. `default` is no entry: its credentials would go to every host
/// there is. As the odd last word of a line it ends the file. `macdef` hides the lines below it up
/// to an empty one. The first word of any other pair, and an odd last word, mean nothing.
fn entries(bytes: &[u8]) -> Vec<(&[u8], Credentials)> {
    let mut entries = Vec::new();
    let mut draft = Draft::default();
    let mut in_macro = false;
    for line in bytes.split(|byte| *byte == b'\n') {
        if in_macro {
            in_macro = !line.is_empty();
            continue;
        }
        let words = words(line);
        let pairs = words.chunks_exact(2);
        let odd = pairs.remainder();
        for pair in pairs {
            match pair[0] {
                b"machine" => draft = Draft { machine: Some(pair[1]), ..Draft::default() },
                b"login" => draft.login = Some(pair[1]),
                b"password" => draft.password = Some(pair[1]),
                b"macdef" => in_macro = true,
                _ => {}
            }
            if let Some(entry) = draft.entry() {
                entries.push(entry);
                draft = Draft::default();
            }
        }
        if odd == [b"default"] {
            break;
        }
    }
    entries
}

/// Splits a line at white space, that of Unicode included; other bytes need not be UTF-8.
fn words(line: &[u8]) -> Vec<&[u8]> {
    let mut words = Vec::new();
    let (mut start, mut at) = (0, 0);
    for chunk in line.utf8_chunks() {
        for c in chunk.valid().chars() {
            let end = at + c.len_utf8();
            if c.is_whitespace() {
                words.push(&line[start..at]);
                start = end;
            }
            at = end;
        }
        at += chunk.invalid().len();
    }
    words.push(&line[start..]);
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsString;
    use tempfile::TempDir;

    fn shown(text: &[u8]) -> Vec<String> {
        let text_of = |bytes: &[u8]| bytes.escape_ascii().to_string();
        let line = |(machine, c): &(&[u8], Credentials)| {
            format!("{} {} {}", text_of(machine), text_of(&c.user), text_of(&c.password))
        };
        entries(text).iter().map(line).collect()
    }

    /// Each was held against Go's own function.
    #[test]
    fn entries_are_those_that_go_finds() {
        let cases: &[(&str, &[&str])] = &[
            ("", &[]),
            ("machine m login a password b", &["m a b"]),
            ("machine m password b login a\n", &["m a b"]),
            ("machine m\n\tlogin a\n\n  password b\n", &["m a b"]),
            ("machine m login a\r\npassword b\r\n", &["m a b"]),
            ("machine\u{a0}m\u{2003}login\u{b}a\u{85}password b", &["m a b"]),
            // Incomplete.
            ("machine m login a\nmachine n login c password d", &["n c d"]),
            ("machine m password b\nlogin a", &["m a b"]),
            ("login a password b\nmachine m login c", &[]),
            ("login a password b\nlogin c machine m password d", &[]),
            ("machine m login a password", &[]),
            // Complete: what follows belongs to nobody.
            ("machine m login a password b account c\npassword d", &["m a b"]),
            ("machine m login a password b\nlogin c password d\nmachine n password e", &["m a b"]),
            ("machine m login a login c password b", &["m c b"]),
            // Both are found; the first counts.
            ("machine m login a password b\nmachine m login c password d", &["m a b", "m c d"]),
            // A word and the one after it, whatever it is.
            ("machine m account x login a password b", &["m a b"]),
            ("machine m bogus login a password b", &[]),
            ("machine m bogus login a\nlogin c password b", &["m c b"]),
            ("bogus\nmachine m login a password b", &["m a b"]),
            ("machine login login password password machine", &["login password machine"]),
            ("machine\nm login a password b", &[]),
            // There are no comments.
            ("# all\nmachine m login a password b # mine", &["m a b"]),
            ("# of machine m login a password b", &["m a b"]),
            ("# machine of m login a password b", &[]),
            ("machine m login a password b#c", &["m a b#c"]),
            // There are no quotes and no escapes.
            ("machine m login \"a\" password 'b\\c'", &["m \\\"a\\\" \\'b\\\\c\\'"]),
            ("machine m login a password \"b c\"", &["m a \\\"b"]),
            // `default`.
            ("default login x password y\nmachine m login a password b", &["m a b"]),
            ("default\nlogin x\npassword y\nmachine m login a password b", &[]),
            ("machine m login a default\npassword b", &[]),
            ("machine m default login a password b", &[]),
            ("machine m login a\ndefault x password b", &["m a b"]),
            ("machine default login a password b", &["default a b"]),
            // Macros.
            (
                "macdef init\nmachine m login a password b\n\nmachine n login c password d",
                &["n c d"],
            ),
            ("machine m macdef init login a password b\nmachine n login c password d", &["m a b"]),
            (
                "machine m login a password b macdef\nmachine n login c password d",
                &["m a b", "n c d"],
            ),
            ("macdef init\n \nmachine m login a password b", &[]),
            ("macdef init\r\n\r\nmachine m login a password b", &[]),
            ("macdef init\nx\n\nmacdef two\n\nmachine m login a password b", &["m a b"]),
            // Case, and a mark at the start.
            ("MACHINE m login a password b", &[]),
            ("\u{feff}machine m login a password b", &[]),
        ];
        for (text, want) in cases {
            assert_eq!(shown(text.as_bytes()), *want, "{text:?}");
        }
        assert_eq!(shown(b"machine m login a password p\xe4\xff\xa0"), ["m a p\\xe4\\xff\\xa0"]);
    }

    #[test]
    fn the_longest_machine_is_found() {
        let netrc = Netrc::parse(
            b"machine m login host password x\n\
              machine m login second password x\n\
              machine m/a/b login path password x\n\
              machine m:8443 login port password x\n\
              machine m:8443/a/ login both password x\n\
              machine https://n/ login scheme password x\n\
              machine o:443 login known password x\n\
              machine [::1]:1 login six password x\n\
              machine UPPER login upper password x\n\
              machine p/a?b=/c login query password x\n",
        );
        for (url, want) in [
            ("https://m", Some("host")),
            ("https://m/", Some("host")),
            ("https://M/a/bc", Some("host")),
            ("https://m/a/b", Some("path")),
            ("https://m/a/b/", Some("path")),
            ("https://m/a/b/c?d=/e", Some("path")),
            ("https://m:1/a/b/c", Some("path")),
            ("https://m:1/x", Some("host")),
            ("https://m:8443/x", Some("port")),
            ("https://m:8443/a/b", Some("both")),
            ("https://n/x", Some("scheme")),
            ("https://o/x", Some("known")),
            ("https://o:444/x", None),
            ("https://[::1]:1/x", Some("six")),
            ("https://upper/", None),
            ("https://p/a?b=/c/d", Some("query")),
            ("https://p/a", None),
            ("https://x.m/", None),
            ("https://mm/", None),
        ] {
            let got = netrc.find(&Url::parse(url).unwrap());
            let user = got.map(|found| String::from_utf8(found.user.clone()).unwrap());
            assert_eq!(user.as_deref(), want, "{url}");
        }
    }

    #[test]
    fn the_header_has_the_bytes_of_the_file() {
        let netrc = Netrc::parse(b"machine m login \xe4 password b:\xff");
        let found = netrc.find(&Url::parse("https://m/").unwrap()).unwrap();
        assert_eq!(found.authorization(), "Basic 5DpiOv8=");
    }

    fn read(variables: &[(&str, &Path)]) -> Netrc {
        let variables = variables.iter().map(|(n, v)| (OsString::from(n), (*v).into())).collect();
        Netrc::read(&Ctx { variables, ..Ctx::default() })
    }

    #[cfg_attr(windows, ignore = "files have modes")]
    #[test]
    fn a_file_that_cannot_be_read_is_told() {
        let home = TempDir::new().unwrap();
        let home = home.path();
        let file = home.join(".netrc");
        let missing =
            [("NETRC", home.join("none")), ("HOME", home.into()), ("HOME", "/dev/null".into())];
        for (name, path) in &missing {
            assert_eq!(read(&[(name, path)]).problem, None, "{name}={}", path.display());
        }
        assert_eq!(read(&[]).problem, None);
        let both = |want: &str| {
            for variables in [[("HOME", home)], [("NETRC", file.as_path())]] {
                let found = read(&variables);
                assert!(found.machines.is_empty());
                let problem = found.problem.unwrap();
                let named = problem.contains(&format!("`{}`", file.display()));
                assert!(named && problem.contains(want), "{problem}");
            }
        };
        fs_err::create_dir(&file).unwrap();
        let problem = read(&[("HOME", home)]).problem.unwrap();
        assert_eq!(problem, format!("`{}` is not a regular file", file.display()));
        let problem = read(&[("NETRC", &file)]).problem.unwrap();
        assert!(problem.contains("directory"), "{problem}");
        fs_err::remove_dir(&file).unwrap();

        let entry = b"machine m login a password b\n";
        fs_err::write(&file, entry).unwrap();
        for variables in [[("HOME", home)], [("NETRC", file.as_path())]] {
            assert_eq!((read(&variables).machines.len(), read(&variables).problem), (1, None));
        }
        let limit = usize::try_from(MAX_SIZE).unwrap();
        let long = |size: usize| [entry.as_slice(), &vec![b'\n'; size - entry.len()]].concat();
        fs_err::write(&file, long(limit)).unwrap();
        assert_eq!(read(&[("NETRC", &file)]).machines.len(), 1);
        fs_err::write(&file, long(limit + 1)).unwrap();
        both("has more than 1048576 bytes");

        fs::set_mode(&file, 0o0).unwrap();
        // The superuser reads everything.
        if fs_err::read(&file).is_err() {
            both("permission denied");
        }
    }

    #[test]
    fn windows_has_another_name_for_it() {
        let home = TempDir::new().unwrap();
        let home = home.path();
        assert_eq!(in_home(home, true), home.join(".netrc"));
        fs_err::write(home.join("_netrc"), "").unwrap();
        assert_eq!(in_home(home, true), home.join("_netrc"));
        assert_eq!(in_home(home, false), home.join(".netrc"));
    }
}
