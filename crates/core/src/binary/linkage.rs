//! The needs of a program: a loader, libraries, a C library of some age.
//!
//! The headers decide, and nothing is run: `ldd` runs what it looks at, and says "not a dynamic
//! executable" of everything that is for another C library. What the C library of a static program is
//! can only be guessed at, by what the linker has left inside.

use super::image::{Image, Start};
use super::modules::BuildInfo;
use super::pool::Part;
use super::{BadBinary, Format};
use std::fmt::{self, Display};

/// How a program is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// By the kernel alone, at the address that it names.
    Static,
    /// By the kernel alone, anywhere.
    StaticPie,
    /// By a loader.
    Dynamic,
    /// Into another program.
    Shared,
    /// Into another program of Go.
    Plugin,
}

impl Shape {
    /// Returns its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Static => "static",
            Self::StaticPie => "static-pie",
            Self::Dynamic => "dynamic",
            Self::Shared => "shared",
            Self::Plugin => "plugin",
        }
    }
}

impl Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Static => "static",
            Self::StaticPie => "static PIE",
            Self::Dynamic => "dynamic",
            Self::Shared => "shared library",
            Self::Plugin => "plugin",
        })
    }
}

/// The C libraries of Linux.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Libc {
    /// Android's.
    Bionic,
    /// That of most distributions.
    Glibc,
    /// Alpine's.
    Musl,
}

impl Libc {
    /// Returns its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bionic => "bionic",
            Self::Glibc => "glibc",
            Self::Musl => "musl",
        }
    }
}

/// What a program needs to start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linkage {
    /// How it is loaded.
    pub shape: Shape,
    /// Whether it can be loaded at any address.
    pub pie: bool,
    /// The program that loads it.
    pub interpreter: Option<String>,
    /// The C library that it needs, or that is inside.
    pub libc: Option<Libc>,
    /// The libraries that it names.
    pub needed: Vec<String>,
    /// The oldest glibc that has all the symbols: `2.34`.
    pub glibc: Option<String>,
    /// Whether it is for two C libraries at once, which no system has.
    pub mixed: bool,
}

/// Says what the headers mean.
pub(super) fn judge(
    image: &Image,
    build: &BuildInfo,
    data: Part<'_>,
) -> Result<Linkage, BadBinary> {
    let start = &image.start;
    let shape = shape(image, build);
    let linux = image.format == Format::Elf
        && build.setting("GOOS").is_none_or(|os| matches!(os, "linux" | "android"));
    let libc = match shape {
        _ if !linux => None,
        Shape::Static | Shape::StaticPie => inside(image, build, data)?,
        _ => asked_for(start),
    };
    let glibc = newest_glibc(&start.versions).filter(|_| linux);
    let names_glibc = glibc.is_some() || start.needed.iter().any(|name| name == "libc.so.6");
    let names_musl = start.needed.iter().any(|name| name.starts_with("libc.musl-"));
    let mixed = match libc {
        Some(Libc::Musl) => names_glibc,
        Some(Libc::Glibc) => names_musl,
        _ => false,
    };
    Ok(Linkage {
        shape,
        pie: start.pie,
        interpreter: start.interpreter.clone(),
        libc,
        needed: start.needed.clone(),
        glibc,
        mixed,
    })
}

fn shape(image: &Image, build: &BuildInfo) -> Shape {
    let start = &image.start;
    let mode = build.setting("-buildmode").unwrap_or_default();
    let library = start.library
        && (image.format != Format::Elf
            || !start.needed.is_empty()
            || matches!(mode, "c-shared" | "plugin" | "shared"));
    if library {
        if mode == "plugin" { Shape::Plugin } else { Shape::Shared }
    } else if start.interpreter.is_some() || !start.needed.is_empty() {
        Shape::Dynamic
    } else if start.pie {
        Shape::StaticPie
    } else {
        Shape::Static
    }
}

/// Returns the C library that a loader or a library is of.
fn asked_for(start: &Start) -> Option<Libc> {
    if let Some(path) = &start.interpreter {
        let name = path.rsplit('/').next().unwrap_or_default();
        let libc = match name {
            _ if name.starts_with("ld-musl-") => Libc::Musl,
            "linker" | "linker64" => Libc::Bionic,
            _ if name.starts_with("ld-linux") || name.starts_with("ld64.so") => Libc::Glibc,
            // The loader of glibc on mips, s390x (31 bits) and old ports of powerpc.
            "ld.so.1" => Libc::Glibc,
            _ => return None,
        };
        return Some(libc);
    }
    start.needed.iter().find_map(|name| match name.as_str() {
        "libc.so.6" => Some(Libc::Glibc),
        "liblog.so" | "libdl.so" => Some(Libc::Bionic),
        "libc.so" => Some(Libc::Musl),
        name => name.starts_with("libc.musl-").then_some(Libc::Musl),
    })
}

/// Returns the C library that is inside a static program. glibc's start files have a note of their own,
/// which stays when symbols are stripped; musl leaves symbols only.
fn inside(image: &Image, build: &BuildInfo, data: Part<'_>) -> Result<Option<Libc>, BadBinary> {
    if build.setting("CGO_ENABLED") == Some("0") {
        return Ok(None);
    }
    if image.section(&[".note.ABI-tag"]).is_some() {
        return Ok(Some(Libc::Glibc));
    }
    let Some(names) = image.section(&[".strtab"]) else { return Ok(None) };
    let musl = data.part(names.offset, names.size).map(|part| contains(part, b"__init_libc\0"));
    Ok(musl.transpose()?.unwrap_or(false).then_some(Libc::Musl))
}

/// Returns true when `wanted` is somewhere in a part; keeps nothing of it.
fn contains(part: Part<'_>, wanted: &[u8]) -> Result<bool, BadBinary> {
    let mut chunk = vec![0; (1 << 20) + wanted.len()];
    let mut offset = 0;
    loop {
        let count = part.read_into(offset, &mut chunk)?;
        if chunk[..count].windows(wanted.len()).any(|bytes| bytes == wanted) {
            return Ok(true);
        }
        if count < chunk.len() {
            return Ok(false);
        }
        offset += 1 << 20;
    }
}

/// Returns the greatest `GLIBC_x.y` by its numbers; other names such as `GLIBC_PRIVATE` are none.
fn newest_glibc(versions: &[String]) -> Option<String> {
    let numbers = |text: &str| -> Option<Vec<u32>> {
        text.split('.').map(|number| number.parse().ok()).collect()
    };
    let known = versions.iter().filter_map(|name| name.strip_prefix("GLIBC_"));
    let known = known.filter_map(|text| Some((numbers(text)?, text)));
    known.max().map(|(_, text)| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_glibc_are_numbers() {
        let newest = |names: &[&str]| {
            newest_glibc(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(newest(&["GLIBC_2.9", "GLIBC_2.34", "GLIBC_2.2.5"]).as_deref(), Some("2.34"));
        assert_eq!(newest(&["GLIBC_2.2.5", "GLIBC_2.2"]).as_deref(), Some("2.2.5"));
        assert_eq!(newest(&["GLIBC_PRIVATE", "GLIBC_ABI_DT_RELR", "GCC_3.0"]), None);
    }

    #[test]
    fn loaders() {
        let cases = [
            ("/lib/ld-musl-x86_64.so.1", Some(Libc::Musl)),
            ("/lib64/ld-linux-x86-64.so.2", Some(Libc::Glibc)),
            ("/lib/ld-linux.so.2", Some(Libc::Glibc)),
            ("/lib64/ld64.so.2", Some(Libc::Glibc)),
            ("/system/bin/linker64", Some(Libc::Bionic)),
            ("/opt/ld.so", None),
        ];
        for (path, want) in cases {
            let start = Start { interpreter: Some(path.to_owned()), ..Start::default() };
            assert_eq!(asked_for(&start), want, "{path}");
        }
    }
}
