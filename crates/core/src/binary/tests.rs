//! Programs made by hand, right, cut off and changed.

use super::samples::{Encoding, elf, encoded};
use super::*;
use std::time::{Duration, Instant};

const LINES: &str = "path\texample.com/app\n\
    mod\texample.com/app\tv1.2.3\th1:a=\n\
    dep\texample.com/a\tv0.1.0\n\
    =>\t./a\t(devel)\t\n\
    dep\texample.com/b\tv0.2.0\th1:b=\n\
    build\t-ldflags=\"-X main.a=\\\"b c\\\"\"\n\
    build\tCGO_ENABLED=0\n\
    build\tGOARCH=amd64\n\
    build\tGOOS=linux\n";

#[test]
fn both_encodings_say_the_same() {
    let inline = read(&elf("go1.27.1-X:nojsonv2", LINES)).unwrap();
    let old = read(&encoded("go1.27.1-X:nojsonv2", LINES, Encoding::Pointers)).unwrap();
    assert_eq!(inline.build, old.build);
    let build = inline.build;
    assert_eq!((build.version_alone(), build.experiments()), ("go1.27.1", vec!["nojsonv2"]));
    assert_eq!(build.package, "example.com/app");
    assert_eq!(build.main.as_ref().unwrap().sum, "h1:a=");
    let [a, b] = &build.dependencies[..] else { panic!("{build:?}") };
    assert_eq!(a.replacement.as_ref().unwrap().path, "./a");
    assert_eq!((b.version.as_str(), &b.replacement), ("v0.2.0", &None));
    assert_eq!(build.setting("-ldflags"), Some("-X main.a=\"b c\""));
    assert_eq!(build.platform().as_deref(), Some("linux/amd64"));
    assert_eq!(inline.linkage.shape, Shape::Static);
    assert_eq!((inline.machine, inline.symbols, inline.dwarf), ("amd64", false, false));
}

#[test]
fn versions_with_experiments() {
    let cases = [
        ("go1.22.10 X:rangefunc,loopvar", "go1.22.10", vec!["rangefunc", "loopvar"]),
        ("go1.26.6-X:nogreenteagc", "go1.26.6", vec!["nogreenteagc"]),
        ("go1.26.6", "go1.26.6", vec![]),
        ("go1.27.3-corp X:a", "go1.27.3-corp", vec!["a"]),
        ("devel go1.28-abc Thu X:a date", "devel go1.28-abc Thu", vec!["a"]),
    ];
    for (version, alone, experiments) in cases {
        let build = read(&elf(version, "")).unwrap().build;
        assert_eq!((build.version_alone(), build.experiments()), (alone, experiments), "{version}");
    }
}

#[test]
fn lines_that_go_would_not_write_are_refused() {
    let wrong = [
        "mod\ta\n",
        "mod\ta\tb\tc\td\n",
        "=>\ta\tb\tc\n",
        "dep\ta\tb\n=>\ta\tb\n",
        "dep\ta\tb\n=>\ta\tb\tc\n=>\ta\tb\tc\n",
        "build\t\n",
        "build\t=a\n",
        "build\ta\n",
        "build\ta b=c\n",
        "build\ta=b c\n",
        "build\ta=\"b\n",
        "build\t\"a\"b\n",
    ];
    for lines in wrong {
        let error = read(&elf("go1.27.1", lines)).unwrap_err();
        assert!(matches!(error, BadBinary::Damaged(_)), "{lines:?}: {error}");
    }
    // Lines of a later Go are passed over.
    assert!(read(&elf("go1.27.1", "new\ta\tb\tc\td\nbuild\t\"a b\"=`c d`\n")).is_ok());
}

#[test]
fn what_is_no_program_of_go() {
    for bytes in [&b""[..], b"#!/bin/sh\n", b"\x7fELF", b"MZ", b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"]
    {
        let error = read(&bytes.to_vec()).unwrap_err();
        assert!(matches!(error, BadBinary::Unknown), "{bytes:?}: {error}");
    }
    let mut without = elf("go1.27.1", "");
    let magic = without.windows(4).position(|window| window == b"\xff Go").unwrap();
    without[magic] = 0;
    assert!(matches!(read(&without).unwrap_err(), BadBinary::NotGo));
    assert!(matches!(read(&elf("", LINES)).unwrap_err(), BadBinary::NotGo));
}

#[test]
fn cut_off_and_changed_files_are_errors_or_programs_and_quick() {
    let started = Instant::now();
    let mut count = 0;
    for encoding in [Encoding::Inline, Encoding::Pointers] {
        let whole = encoded("go1.27.1", LINES, encoding);
        for length in 0..whole.len() {
            // The table of sections is the last thing in the file.
            assert!(read(&whole[..length].to_vec()).is_err(), "{length}");
            count += 1;
        }
        for place in 0..whole.len() {
            for value in [0, 1, 0x7f, 0x80, 0xff] {
                let mut changed = whole.clone();
                changed[place] = value;
                _ = read(&changed);
                // Numbers that are as large as can be, where headers have some.
                let end = (place + 8).min(changed.len());
                changed[place..end].fill(value);
                _ = read(&changed);
                count += 2;
            }
        }
    }
    assert!(count > 20_000, "{count}");
    assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
}

/// A file whose tables ask for more than any program needs, over and over.
#[test]
fn memory_has_an_end() {
    struct Endless;
    impl ReadAt for Endless {
        fn read_at(&self, buffer: &mut [u8], _: u64) -> std::io::Result<usize> {
            buffer.fill(1);
            Ok(buffer.len())
        }

        fn length(&self) -> std::io::Result<u64> {
            Ok(1 << 40)
        }
    }
    use object::ReadRef;
    let pool = Pool::new(&Endless).unwrap();
    assert!(pool.all().read_bytes_at(0, 65 << 20).is_err());
    assert!(matches!(pool.trouble(), Some(BadBinary::TooLarge)));
    let pool = Pool::new(&Endless).unwrap();
    let reads = (0..1 << 20).take_while(|offset| pool.all().read_bytes_at(*offset, 1).is_ok());
    assert_eq!(reads.count(), 1 << 10);
    assert_eq!(pool.all().read_bytes_at(1 << 40, 1), Err(()));
    assert_eq!(pool.all().read_bytes_at(u64::MAX, 2), Err(()));
}

#[test]
fn a_file_that_cannot_be_read_is_not_called_damaged() {
    struct Broken;
    impl ReadAt for Broken {
        fn read_at(&self, buffer: &mut [u8], offset: u64) -> std::io::Result<usize> {
            let start = elf("go1.27.1", "");
            if offset > 0 {
                return Err(std::io::Error::other("the disk is gone"));
            }
            buffer.copy_from_slice(&start[..buffer.len()]);
            Ok(buffer.len())
        }

        fn length(&self) -> std::io::Result<u64> {
            Ok(1 << 20)
        }
    }
    let error = read(&Broken).unwrap_err();
    assert!(matches!(&error, BadBinary::Io(_)), "{error}");
}

/// A program with a section for build information, of which `room` bytes are free.
fn with_room(room: usize) -> Vec<u8> {
    let mut program = elf("", &"x".repeat(room));
    let header = program.windows(14).position(|bytes| bytes == b"\xff Go buildinf:").unwrap();
    program[header + 32..header + 32 + room].fill(0);
    program
}

#[test]
fn a_program_with_room_is_stamped_and_no_other() {
    let from = elf("go1.27.1", LINES);
    let mut program = with_room(4 * LINES.len());
    assert!(matches!(read(&program).unwrap_err(), BadBinary::NotGo));
    stamp(&mut program, &from).unwrap();
    let (stamped, original) = (read(&program).unwrap().build, read(&from).unwrap().build);
    assert_eq!(stamped, original);
    // One that says something already is not changed, nor by what says nothing.
    let before = program.clone();
    stamp(&mut program, &elf("go1.26.2", "")).unwrap();
    assert!(program == before);
    for silent in [&b"#!/bin/sh\n"[..], b"", &elf("", "")] {
        let mut program = with_room(256);
        let before = program.clone();
        stamp(&mut program, &silent.to_vec()).unwrap();
        assert!(program == before);
    }
    // Where the modules have no room, the version has.
    let mut program = with_room(64);
    stamp(&mut program, &from).unwrap();
    let build = read(&program).unwrap().build;
    assert_eq!((build.version_alone(), &*build.package), ("go1.27.1", ""));
    // What is no program is passed on as it is.
    for other in ["", "#!/bin/sh\necho shim\n", "\x7fELF"] {
        let mut program = other.as_bytes().to_vec();
        stamp(&mut program, &from).unwrap();
        assert_eq!(program, other.as_bytes());
    }
}
