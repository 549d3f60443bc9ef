//! Mach-O programs, and files with several of them, of which the first counts, as for `go version`.

use super::image::{Image, Region, Start, is_debug_info, text};
use super::pool::Part;
use super::{BadBinary, Format, Section};
use object::macho;
use object::read::macho::{
    FatArch, LoadCommandVariant, MachHeader, MachOFatFile32, MachOFatFile64, Section as _, Segment,
};
use object::{Endianness, ReadRef};

/// Segments that are no part of the program in memory.
const NOT_LOADED: &[u8] = b"__PAGEZERO";

pub(super) fn parse(data: Part<'_>) -> Result<(Image, Part<'_>), BadBinary> {
    let magic = data.read_bytes_at(0, 4).map_err(|()| BadBinary::Unknown)?;
    match magic {
        [0xca, 0xfe, 0xba, 0xbe] => {
            let file = MachOFatFile32::parse(data)?;
            first(file.arches(), data)
        }
        [0xca, 0xfe, 0xba, 0xbf] => {
            let file = MachOFatFile64::parse(data)?;
            first(file.arches(), data)
        }
        _ => thin(data, 0).map(|image| (image, data)),
    }
}

fn first<'p>(programs: &[impl FatArch], data: Part<'p>) -> Result<(Image, Part<'p>), BadBinary> {
    let first = programs.first().ok_or(BadBinary::damaged("it holds no program"))?;
    let (offset, size) = first.file_range();
    let outside = BadBinary::damaged("its headers lead outside of the file");
    let part = data.part(offset, size).ok_or(outside)?;
    thin(part, programs.len() - 1).map(|image| (image, part))
}

fn thin(data: Part<'_>, others: usize) -> Result<Image, BadBinary> {
    let magic = data.read_bytes_at(0, 4).map_err(|()| BadBinary::Unknown)?;
    match magic {
        [0xfe, 0xed, 0xfa, 0xce] | [0xce, 0xfa, 0xed, 0xfe] => {
            read(macho::MachHeader32::<Endianness>::parse(data, 0)?, data, others)
        }
        [0xfe, 0xed, 0xfa, 0xcf] | [0xcf, 0xfa, 0xed, 0xfe] => {
            read(macho::MachHeader64::<Endianness>::parse(data, 0)?, data, others)
        }
        _ => Err(BadBinary::Unknown),
    }
}

fn read<'p, Mach: MachHeader<Endian = Endianness>>(
    header: &'p Mach,
    data: Part<'p>,
    others: usize,
) -> Result<Image, BadBinary> {
    let endian = header.endian()?;
    let mut image = Image {
        format: Format::MachO,
        machine: machine(header.cputype(endian)),
        others,
        regions: Vec::new(),
        sections: Vec::new(),
        data: None,
        start: Start {
            pie: header.flags(endian).contains(macho::MH_PIE),
            library: matches!(header.filetype(endian), macho::MH_DYLIB | macho::MH_BUNDLE),
            ..Start::default()
        },
        symbols: false,
        dwarf: false,
    };
    for command in header.load_commands(endian, data, 0)? {
        let command = command?;
        if let Some((segment, rest)) = Mach::Segment::from_command(command)? {
            add(&mut image, segment, endian, rest)?;
            continue;
        }
        match command.variant()? {
            LoadCommandVariant::Dylib(library) => {
                let name = command.string(endian, library.dylib.name)?;
                image.start.needed.push(text(name));
            }
            LoadCommandVariant::LoadDylinker(loader) => {
                let name = command.string(endian, loader.name)?;
                image.start.interpreter = Some(text(name));
            }
            LoadCommandVariant::Dysymtab(table) => {
                // Those that are not defined here stay when a program is stripped.
                let (local, global) = (table.nlocalsym.get(endian), table.nextdefsym.get(endian));
                image.symbols |= local > 0 || global > 0;
            }
            _ => {}
        }
    }
    let build_info = image.section(&["__go_buildinfo"]);
    image.data = build_info.map(|section| (section.address, section.size));
    Ok(image)
}

fn machine(processor: macho::CpuType) -> &'static str {
    match processor {
        macho::CPU_TYPE_X86 => "386",
        macho::CPU_TYPE_X86_64 => "amd64",
        macho::CPU_TYPE_ARM => "arm",
        macho::CPU_TYPE_ARM64 => "arm64",
        _ => "unknown",
    }
}

fn add<S: Segment<Endian = Endianness>>(
    image: &mut Image,
    segment: &S,
    endian: Endianness,
    rest: &[u8],
) -> Result<(), BadBinary> {
    let (start, size) = segment.file_range(endian);
    let loaded: u64 = segment.vmaddr(endian).into();
    if segment.name() != NOT_LOADED {
        image.regions.push(Region { address: loaded, offset: start, size });
    }
    for section in segment.sections(endian, rest)? {
        let (name, address) = (text(section.name()), section.addr(endian).into());
        image.dwarf |= is_debug_info(&name);
        // The section's own offset has 32 bits only.
        let offset = start.wrapping_add(address.wrapping_sub(loaded));
        let size = section.file_size(endian).unwrap_or_default();
        image.sections.push(Section { name, address, offset, size });
    }
    Ok(())
}
