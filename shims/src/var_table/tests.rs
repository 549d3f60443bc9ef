use super::*;
use crate::pins::Isolation;
use std::format;
use std::string::String;
use std::vec::Vec;

fn number_of(entry: &str) -> Option<usize> {
    let whole = look_up(format!("{entry}\0").as_bytes());
    for behind in ["\0G", "\0x", "\0GOROOT=/x\0HOME=/", "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0="] {
        let block = format!("{entry}{behind}");
        assert_eq!(look_up(block.as_bytes()), whole, "{block:?}");
    }
    whole.map(VarId::number)
}

fn names() -> Vec<&'static str> {
    (0..COUNT).map(name_at).collect()
}

/// What a search through the list says.
fn expected(name: &str) -> Option<usize> {
    let find = |is_it: &dyn Fn(&str, &str) -> bool| {
        names().iter().position(|known| match known.strip_suffix('*') {
            Some(start) => name.get(..start.len()).is_some_and(|name| is_it(name, start)),
            None => is_it(known, name),
        })
    };
    let exact = find(&|one, other| one == other);
    if cfg!(windows) {
        exact.or_else(|| find(&|one, other| one.eq_ignore_ascii_case(other)))
    } else {
        exact
    }
}

#[test]
fn every_name_is_found_and_nothing_else() {
    for (number, name) in names().into_iter().enumerate() {
        assert_eq!(expected(name), Some(number), "{name} stands twice");
        let known = find_name(name.as_bytes()).unwrap();
        assert_eq!((known.number(), known.length()), (number, name.len()));
        assert_eq!(known.row().map(|row| row.name), (number < PINS.len()).then_some(name));
        for other in [
            format!("{name}x"),
            format!("x{name}"),
            String::from(&name[1..]),
            String::from(&name[..name.len() - 1]),
            name.replace('O', "o"),
            format!("{name}\u{3d}"),
        ] {
            let plain = other.split('=').next().unwrap();
            for value in ["", "x", "GOROOT=x"] {
                let entry = format!("{plain}={value}");
                assert_eq!(number_of(&entry), expected(plain), "{entry}");
            }
            assert_eq!(find_name(plain.as_bytes()).map(VarId::number), expected(plain));
        }
    }
}

#[test]
fn what_is_no_entry_is_not_found() {
    for text in ["", "=", "=x", "GOROOT", "G", "GOROOT\u{80}=x", "\u{ff}", "GO\u{100}ROOT=x"] {
        assert_eq!(number_of(text), None, "{text}");
    }
    for byte in 1..=255 {
        for end in [&b"="[..], b"OROOT=x"] {
            let entry = [&[byte], end, b"\0"].concat();
            let is_letter = byte == b'G' || cfg!(windows) && byte == b'g';
            let want = (is_letter && end.len() > 1).then(|| expected("GOROOT").unwrap());
            assert_eq!(look_up(&entry).map(VarId::number), want, "{entry:?}");
        }
    }
}

#[test]
fn what_is_asked_for_and_what_can_be_dropped_is_noted() {
    for row in PINS {
        let known = find_name(row.name.as_bytes()).unwrap();
        let passes = row.rule.passes(Isolation::Pinned) && !row.rule.is_lockable();
        let is_asked = PASSING.contains(&row.name);
        assert_eq!(known.is_always_noted(), !passes || is_asked, "{}", row.name);
    }
    for name in names().into_iter().filter(|name| !name.ends_with('*')) {
        let known = find_name(name.as_bytes()).unwrap();
        let letters = name.as_bytes().first_chunk::<2>().unwrap();
        let is_seen = NOTED.iter().zip(letters).all(|(known, letter)| known.have(*letter));
        assert!(is_seen || !known.is_always_noted(), "{name}");
    }
    for asked in [
        var::ALLOW,
        var::BYPASS,
        var::CALLER,
        var::DEPTH,
        var::GO,
        var::GOENV,
        var::GOFLAGS,
        var::GOROOT,
        var::GOTOOLCHAIN,
        var::GOTOOLDIR,
        var::GOWARD_HOME,
        var::HOME,
        var::LOCK,
        var::PROFILE,
        var::PWD,
        var::SWITCH_VERSION,
        var::TOOLCHAIN,
        var::TRACE,
        var::XDG_CONFIG_HOME,
    ] {
        assert!(asked.is_always_noted(), "{asked:?}");
    }
}

/// What is none of ours is passed over with a look at its first letters, or at one place.
#[test]
fn nearly_all_places_are_free() {
    let taken = TABLE.places.iter().flatten().count();
    assert!(taken * 8 < PLACES, "{taken}");
    let letters = NOTED.map(|letters| (0..64).filter(|byte| letters.have(*byte)).count());
    assert!(letters.iter().all(|count| *count <= 12), "{letters:?}");
}

#[test]
fn names_that_begin_alike_are_told_apart() {
    for (name, want) in [
        ("PKG_CONFIG", Some("PKG_CONFIG")),
        ("PKG_CONFIG_", Some("PKG_CONFIG_*")),
        ("PKG_CONFIG_LIBDIR", Some("PKG_CONFIG_*")),
        ("PKG_CONFI", None),
        ("GOTOOLCHAIN", Some("GOTOOLCHAIN")),
        ("GOTOOLCHAINS", None),
        ("GOTOOLDIR", Some("GOTOOLDIR")),
        ("CCACHE_DIR", Some("CCACHE_*")),
        ("CCACHE", None),
        ("CGO_CFLAGS_ALLOW", Some("CGO_CFLAGS_ALLOW")),
        ("CGO_CFLAGS_ALLO", None),
        ("CGO_CFLAGS_ALLOWX", None),
        ("CGO_CPPFLAGS_ALL", None),
        ("CGO_CPPFLAGS_DISALLOW", Some("CGO_CPPFLAGS_DISALLOW")),
        ("HG", Some("HG*")),
    ] {
        let row = |known: Option<VarId>| known.map(|known| known.row().unwrap().name);
        assert_eq!(row(find_name(name.as_bytes())), want, "{name}");
        assert_eq!(row(look_up(format!("{name}=x").as_bytes())), want, "{name}");
        assert_eq!(row(find_name(format!("{name}=").as_bytes())), None, "{name}=");
    }
}
