//! Which values may stand in a lock, one function per kind of pin.
//!
//! The parser of the lock and the reader of the manifest call them through the table. They check
//! what holds for every version of Go; [`first_minor`] says since when a value does anything.
//! Levels are checked here because Go does not check GOAMD64 and GOARM: 1.23 to 1.27 build for the
//! default and write the wrong level into the binary (`internal/buildcfg/cfg.go` drops the error).

use super::rule::BadPin;
use super::weakening::REFUSED_FLAGS;
use crate::char_class::{DEBUG_KEY, DEBUG_VALUE, WORD, all_in};
use crate::scan::{items, split_once};

type Checked<'a> = Result<(), BadPin<'a>>;

/// Returns the first minor version of Go that acts on a value that passed its check; 0 where every
/// version does that is old enough to be met.
pub fn first_minor(name: &str, value: &str) -> u32 {
    match name {
        "GOARM" if value.contains(',') => 22,
        "GOFIPS140" => 24,
        "GOPPC64" if value == "power10" => 20,
        "GORISCV64" if value == "rva23u64" => 25,
        "GOARM64" | "GORISCV64" => 23,
        _ => 0,
    }
}

pub(super) fn never(_: &str) -> Checked<'_> {
    Err(BadPin::Form("left to goward"))
}

/// Lower-case names with commas between them; Go trims nothing and refuses other spellings
/// (`internal/buildcfg/exp.go`).
pub(super) fn experiments(value: &str) -> Checked<'_> {
    let name = |name: &str| !name.is_empty() && all_in(WORD, name);
    form(items(value, b',').all(name), "a list such as \"jsonv2,nogreenteagc\"")
}

/// `key=value` with commas between; keys as in `internal/godebugs/table.go` and `cpu.*`. Settings
/// that weaken security have the right form: [`super::weakening()`] finds them.
pub(super) fn debug(value: &str) -> Checked<'_> {
    for setting in items(value, b',') {
        let wrong = BadPin::Form("a list such as \"http2debug=1,netdns=go\"");
        let Some((key, value)) = split_once(setting, b'=') else {
            return Err(wrong);
        };
        let is_whole = !key.is_empty() && !value.is_empty();
        if !is_whole || !all_in(DEBUG_KEY, key) || !all_in(DEBUG_VALUE, value) {
            return Err(wrong);
        }
    }
    Ok(())
}

/// An absolute path as Go's linker writes it into binaries: clean, without a trailing slash.
pub(super) fn goroot_final(value: &str) -> Checked<'_> {
    let part = |part: &str| !part.is_empty() && part != "." && part != "..";
    let clean = value.strip_prefix('/').is_some_and(|rest| rest.split('/').all(part));
    form(clean, "an absolute path such as \"/usr/local/go\"")
}

/// Safe flags with one space between them, each at most once. Quotes, two hyphens and the other
/// spellings that Go takes are left out, so that each list has one spelling.
pub(super) fn flags(value: &str) -> Checked<'_> {
    let mut items = value.split(' ');
    while let Some(item) = items.next() {
        flag(item)?;
        let name = flag_name(item);
        if items.clone().any(|other| flag_name(other) == name) {
            return Err(BadPin::Form("a list that names each flag once"));
        }
    }
    Ok(())
}

fn flag_name(item: &str) -> &str {
    item.split_once('=').map_or(item, |(name, _)| name)
}

fn flag(item: &str) -> Checked<'_> {
    let (name, argument) = match item.split_once('=') {
        Some((name, argument)) => (name, Some(argument)),
        None => (item, None),
    };
    match (name, argument) {
        ("-trimpath", None) => return Ok(()),
        ("-trimpath", Some(_)) => return Err(BadPin::Form("`-trimpath`, which takes no value")),
        ("-mod", _) => {
            let known = matches!(argument, Some("mod" | "readonly" | "vendor"));
            return form(known, "`-mod=readonly`, `-mod=vendor` or `-mod=mod`");
        }
        ("-buildvcs", _) => {
            let known = matches!(argument, Some("auto" | "false" | "true"));
            return form(known, "`-buildvcs=auto`, `-buildvcs=true` or `-buildvcs=false`");
        }
        ("-tags", _) => {
            let letter = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.');
            let tag = |tag: &str| !tag.is_empty() && tag.bytes().all(letter);
            let fine = argument.is_some_and(|tags| tags.split(',').all(tag));
            return form(fine, "`-tags=` and names with commas between them");
        }
        _ => {}
    }
    // Go takes a flag with two hyphens too, and the reason is the same.
    let plain = if name.starts_with("--") { &name[1..] } else { name };
    if matches!(plain, "-trimpath" | "-mod" | "-buildvcs" | "-tags") {
        return Err(BadPin::Form("a flag with one hyphen"));
    }
    let reason = match REFUSED_FLAGS.iter().find(|(refused, _)| *refused == plain) {
        Some((_, reason)) => reason,
        None if plain.len() > 1 && plain.starts_with('-') => "goward does not know it to be safe",
        None => return Err(BadPin::Form("a flag such as \"-trimpath\"")),
    };
    Err(BadPin::Unsafe { name, reason })
}

/// Go counts other strings as unset (`cmd/go/internal/cfg`).
pub(super) fn cgo(value: &str) -> Checked<'_> {
    one_of(value, &["0", "1"], "\"0\" or \"1\"")
}

/// The forms that Go 1.27 names when it refuses one; 1.26 and older do not check all of them.
pub(super) fn fips140(value: &str) -> Checked<'_> {
    let number =
        |n: &str| n == "0" || !n.starts_with('0') && n.parse::<u16>().is_ok() && !n.contains('+');
    let version = value.strip_prefix("v1.").and_then(|rest| rest.split_once('.'));
    let fine = matches!(value, "off" | "latest" | "inprocess" | "certified")
        || version.is_some_and(|(minor, patch)| number(minor) && number(patch));
    form(fine, "\"off\", \"latest\", \"inprocess\", \"certified\" or \"v1.Y.Z\"")
}

pub(super) fn x86(value: &str) -> Checked<'_> {
    one_of(value, &["softfloat", "sse2"], "\"sse2\" or \"softfloat\"")
}

pub(super) fn amd64(value: &str) -> Checked<'_> {
    one_of(value, &["v1", "v2", "v3", "v4"], "\"v1\", \"v2\", \"v3\" or \"v4\"")
}

pub(super) fn arm(value: &str) -> Checked<'_> {
    let (version, float) = value.split_once(',').unwrap_or((value, "hardfloat"));
    let fine = matches!(version, "5" | "6" | "7") && matches!(float, "hardfloat" | "softfloat");
    form(fine, "\"5\", \"6\" or \"7\", with \",softfloat\" or \",hardfloat\" from Go 1.22")
}

pub(super) fn arm64(value: &str) -> Checked<'_> {
    let mut parts = value.split(',');
    let version = parts.next().unwrap_or_default();
    let digit = |start, most| {
        version.strip_prefix(start).is_some_and(
            |rest| matches!(rest.as_bytes(), [digit] if digit.is_ascii_digit() && *digit <= most),
        )
    };
    let options = || parts.clone();
    let known = options().all(|option| matches!(option, "crypto" | "lse"));
    let once = ["crypto", "lse"].iter().all(|o| options().filter(|option| option == o).count() < 2);
    form(
        (digit("v8.", b'9') || digit("v9.", b'5')) && known && once,
        "\"v8.0\" to \"v8.9\" or \"v9.0\" to \"v9.5\", with \",lse\" and \",crypto\" if wanted",
    )
}

pub(super) fn mips(value: &str) -> Checked<'_> {
    one_of(value, &["hardfloat", "softfloat"], "\"hardfloat\" or \"softfloat\"")
}

pub(super) fn ppc64(value: &str) -> Checked<'_> {
    let known = ["power8", "power9", "power10"];
    one_of(value, &known, "\"power8\", \"power9\" or \"power10\"")
}

pub(super) fn riscv64(value: &str) -> Checked<'_> {
    let known = ["rva20u64", "rva22u64", "rva23u64"];
    one_of(value, &known, "\"rva20u64\", \"rva22u64\" or \"rva23u64\"")
}

pub(super) fn wasm(value: &str) -> Checked<'_> {
    let known = ["satconv", "signext", "satconv,signext"];
    one_of(value, &known, "\"satconv\", \"signext\" or \"satconv,signext\"")
}

fn one_of<'a>(value: &str, known: &[&str], wanted: &'static str) -> Checked<'a> {
    form(known.contains(&value), wanted)
}

fn form<'a>(fine: bool, wanted: &'static str) -> Checked<'a> {
    if fine { Ok(()) } else { Err(BadPin::Form(wanted)) }
}

#[cfg(test)]
mod tests;
