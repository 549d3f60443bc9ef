//! ELF programs.

use super::image::{Image, Region, Start, is_debug_info, string_at, text};
use super::pool::Part;
use super::{BadBinary, Format, Section};
use object::elf;
use object::read::elf::{Dyn, FileHeader, ProgramHeader, SectionHeader};
use object::{Endianness, ReadRef};

/// More libraries, or versions of symbols, are looked at by nobody.
const MAX_NAMES: usize = 10_000;

pub(super) fn parse(data: Part<'_>) -> Result<Image, BadBinary> {
    let ident = data.read_bytes_at(0, 16).map_err(|()| BadBinary::Unknown)?;
    match ident[4] {
        1 => read(elf::FileHeader32::<Endianness>::parse(data)?, data),
        2 => read(elf::FileHeader64::<Endianness>::parse(data)?, data),
        _ => Err(BadBinary::damaged("its class is neither 32 nor 64 bits")),
    }
}

type Segments<'p, Elf> = &'p [<Elf as FileHeader>::ProgramHeader];

fn read<'p, Elf: FileHeader<Endian = Endianness>>(
    header: &'p Elf,
    data: Part<'p>,
) -> Result<Image, BadBinary> {
    let endian = header.endian()?;
    let segments = header.program_headers(endian, data)?;
    let loaded = segments.iter().filter(|segment| segment.p_type(endian) == elf::PT_LOAD);
    let regions = loaded.map(|segment| Region {
        address: segment.p_vaddr(endian).into(),
        offset: segment.p_offset(endian).into(),
        size: segment.p_filesz(endian).into(),
    });
    let sections = sections(header, endian, data)?;
    let named = |name: &str| sections.iter().find(|section| section.name == name);
    let build_info = named(".go.buildinfo").map(|section| (section.address, section.size));
    let writable = || {
        let mut loaded = segments.iter().filter(|segment| {
            segment.p_type(endian) == elf::PT_LOAD && segment.p_flags(endian).contains(elf::PF_W)
        });
        loaded.next().map(|first| (first.p_vaddr(endian).into(), first.p_filesz(endian).into()))
    };
    let mut image = Image {
        format: Format::Elf,
        machine: machine(header, endian),
        others: 0,
        regions: regions.collect(),
        data: build_info.or_else(writable),
        start: Start::default(),
        symbols: named(".symtab").is_some(),
        dwarf: sections.iter().any(|section| is_debug_info(&section.name)),
        sections,
    };
    image.start = start(header, endian, segments, &image, data)?;
    Ok(image)
}

fn machine<Elf: FileHeader<Endian = Endianness>>(header: &Elf, endian: Endianness) -> &'static str {
    let little = header.is_little_endian();
    match header.e_machine(endian) {
        elf::EM_386 => "386",
        elf::EM_X86_64 => "amd64",
        elf::EM_ARM => "arm",
        elf::EM_AARCH64 => "arm64",
        elf::EM_LOONGARCH => "loong64",
        elf::EM_MIPS => match (header.is_class_64(), little) {
            (false, false) => "mips",
            (false, true) => "mipsle",
            (true, false) => "mips64",
            (true, true) => "mips64le",
        },
        elf::EM_PPC64 if little => "ppc64le",
        elf::EM_PPC64 => "ppc64",
        elf::EM_RISCV => "riscv64",
        elf::EM_S390 => "s390x",
        _ => "unknown",
    }
}

fn sections<'p, Elf: FileHeader<Endian = Endianness>>(
    header: &'p Elf,
    endian: Endianness,
    data: Part<'p>,
) -> Result<Vec<Section>, BadBinary> {
    let headers = header.section_headers(endian, data)?;
    if headers.is_empty() {
        return Ok(Vec::new());
    }
    let names = header.section_strings_index(endian, data)?;
    let names = headers.get(names.0).map(|section| section.data(endian, data));
    let names = names.transpose()?.unwrap_or_default();
    let section = |section: &Elf::SectionHeader| {
        let (offset, size) = section.file_range(endian).unwrap_or_default();
        Section {
            name: string_at(names, section.sh_name(endian)).unwrap_or_default(),
            address: section.sh_addr(endian).into(),
            offset,
            size,
        }
    };
    Ok(headers.iter().map(section).collect())
}

/// Reads what the loader reads.
fn start<'p, Elf: FileHeader<Endian = Endianness>>(
    header: &'p Elf,
    endian: Endianness,
    segments: Segments<'p, Elf>,
    image: &Image,
    data: Part<'p>,
) -> Result<Start, BadBinary> {
    let mut start = Start::default();
    let (mut strings, mut size, mut needed, mut pie) = (0, 0, Vec::new(), false);
    for segment in segments {
        if let Some(path) = segment.interpreter(endian, data)? {
            start.interpreter = Some(text(path));
        }
        let entries = segment.dynamic(endian, data)?.unwrap_or_default();
        for entry in entries.iter().take_while(|entry| entry.tag(endian) != elf::DT_NULL) {
            let value = entry.val(endian);
            match entry.tag(endian) {
                elf::DT_NEEDED if needed.len() < MAX_NAMES => needed.push(value),
                elf::DT_STRTAB => strings = value,
                elf::DT_STRSZ => size = value,
                elf::DT_FLAGS_1 => pie |= value & 0x0800_0000 != 0,
                _ => {}
            }
        }
    }
    let names = image.up_to(data, strings, size).unwrap_or_default();
    let name = |value: u64| string_at(names, u32::try_from(value).ok()?);
    let unnamed = BadBinary::damaged("a library that it needs has no name");
    let needed: Option<Vec<String>> = needed.into_iter().map(name).collect();
    start.needed = needed.ok_or(unnamed)?;
    start.versions = versions(header, endian, names, data)?;
    let movable = header.e_type(endian) == elf::ET_DYN;
    start.library = movable && start.interpreter.is_none() && !pie;
    start.pie = movable && (!start.library || start.needed.is_empty());
    Ok(start)
}

/// Returns the versions of symbols that a program asks for.
fn versions<'p, Elf: FileHeader<Endian = Endianness>>(
    header: &'p Elf,
    endian: Endianness,
    names: &[u8],
    data: Part<'p>,
) -> Result<Vec<String>, BadBinary> {
    let mut versions = Vec::new();
    let headers = header.section_headers(endian, data)?;
    for section in headers {
        let Some((libraries, _)) = section.gnu_verneed(endian, data)? else {
            continue;
        };
        for library in libraries {
            let (_, needs) = library?;
            for need in needs {
                let name = need?.vna_name.get(endian);
                versions.extend(string_at(names, name));
                if versions.len() > MAX_NAMES {
                    return Err(BadBinary::TooLarge);
                }
            }
        }
    }
    Ok(versions)
}
