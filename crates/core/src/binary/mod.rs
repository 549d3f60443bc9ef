//! Facts about a built Go program, read from its file and never by running it.
//!
//! [`read`] takes ELF, Mach-O and PE apart with the crate `object`, and Go's own tables itself. It reads
//! headers and tables only: a program of 500 MB costs a few hundred reads, and never more memory than
//! its pool of pages allows. A file is untrusted: whatever it holds ends in an error or in text that others
//! have to escape.

mod build_info;
mod elf;
mod go_string;
mod image;
mod linkage;
mod mach_o;
mod modules;
mod pe;
mod pool;
mod source_paths;
mod stamp;

#[cfg(test)]
#[path = "../../../../tests/common/programs.rs"]
mod samples;
#[cfg(test)]
mod tests;

pub use linkage::{Libc, Linkage, Shape};
pub use modules::{BuildInfo, Module};
pub use source_paths::SourcePaths;
pub use stamp::stamp;

use crate::io::read_at::ReadAt;
use image::Image;
use pool::{Part, Pool};

/// A file with fewer bytes is no program.
const START: usize = 16;

/// Why a file is not what [`read`] wants.
#[derive(Debug, thiserror::Error)]
pub enum BadBinary {
    /// The file cannot be read.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// It is no program of a kind that is known here.
    #[error("it is no ELF, Mach-O or PE program")]
    Unknown,
    /// It is a program, and Go did not build it.
    #[error("no build information of Go is in it")]
    NotGo,
    /// It breaks the rules of its format.
    #[error("it is damaged: {0}")]
    Damaged(String),
    /// Its tables are larger than those of any real program.
    #[error("its tables are too large")]
    TooLarge,
}

impl BadBinary {
    fn damaged(what: &str) -> Self {
        Self::Damaged(what.to_owned())
    }
}

impl From<object::read::Error> for BadBinary {
    fn from(error: object::read::Error) -> Self {
        Self::Damaged(error.to_string())
    }
}

/// The formats of programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Linux, the BSDs, Solaris, Android.
    Elf,
    /// macOS and iOS.
    MachO,
    /// Windows.
    Pe,
}

impl Format {
    /// Finds out the format by the first bytes of a file.
    pub fn of(start: &[u8]) -> Option<Self> {
        match start {
            [0x7f, b'E', b'L', b'F', ..] => Some(Self::Elf),
            [b'M', b'Z', ..] => Some(Self::Pe),
            [0xfe, 0xed, 0xfa, _, ..]
            | [_, 0xfa, 0xed, 0xfe, ..]
            | [0xca, 0xfe, 0xba, 0xbe | 0xbf, ..] => Some(Self::MachO),
            _ => None,
        }
    }

    /// Returns the format's usual name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Elf => "ELF",
            Self::MachO => "Mach-O",
            Self::Pe => "PE",
        }
    }
}

/// A piece of a program that has a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Its name, as the file has it.
    pub name: String,
    /// Where it is loaded.
    pub address: u64,
    /// Where it begins in the file.
    pub offset: u64,
    /// How many bytes of the file it takes.
    pub size: u64,
}

/// A program that Go built.
#[derive(Clone, Debug)]
pub struct Binary {
    /// Its format.
    pub format: Format,
    /// GOARCH, by the header.
    pub machine: &'static str,
    /// How many programs for other processors the file has beside this one, the first.
    pub others: usize,
    /// What the go command wrote into it.
    pub build: BuildInfo,
    /// What it needs to start.
    pub linkage: Linkage,
    /// Whether it has a table of symbols.
    pub symbols: bool,
    /// Whether it has tables for debuggers.
    pub dwarf: bool,
    /// The paths of sources, if their table was found.
    pub paths: Option<SourcePaths>,
    /// Its pieces, in the order of the file.
    pub sections: Vec<Section>,
}

/// Reads a program.
pub fn read(file: &dyn ReadAt) -> Result<Binary, BadBinary> {
    let pool = Pool::new(file)?;
    let (image, data) = match open(pool.all()) {
        Ok(opened) => opened,
        // What the parser takes for a damaged table may have been a read that failed.
        Err(error) => return Err(pool.trouble().unwrap_or(error)),
    };
    describe(image, data).map_err(|error| pool.trouble().unwrap_or(error))
}

/// Reads the headers.
fn open(data: Part<'_>) -> Result<(Image, Part<'_>), BadBinary> {
    let mut start = [0; START];
    if data.read_into(0, &mut start)? < start.len() {
        return Err(BadBinary::Unknown);
    }
    match Format::of(&start).ok_or(BadBinary::Unknown)? {
        Format::Elf => elf::parse(data).map(|image| (image, data)),
        Format::Pe => pe::parse(data).map(|image| (image, data)),
        Format::MachO => mach_o::parse(data),
    }
}

fn describe(image: Image, data: Part<'_>) -> Result<Binary, BadBinary> {
    let build = build_info::read(&image, data)?;
    let paths = source_paths::read(&image, data)?;
    let linkage = linkage::judge(&image, &build, data)?;
    Ok(Binary {
        format: image.format,
        machine: image.machine,
        others: image.others,
        build,
        linkage,
        symbols: image.symbols,
        dwarf: image.dwarf,
        paths,
        sections: image.sections,
    })
}
