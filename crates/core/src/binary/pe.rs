//! PE programs.

use super::image::{Image, Region, Start, is_debug_info, text};
use super::pool::Part;
use super::{BadBinary, Format, Section};
use object::read::StringTable;
use object::read::pe::optional_header_magic;
use object::read::pe::{DataDirectories, ImageNtHeaders, ImageOptionalHeader, SectionTable};
use object::{LittleEndian as LE, ReadRef, pe};

/// More libraries are looked at by nobody.
const MAX_NAMES: usize = 10_000;
/// The size of a symbol; the names come behind the last one.
const SYMBOL: u64 = 18;
/// What a section of writable data is, but for its alignment.
const WRITABLE_DATA: u32 = 0xc000_0040;
const ALIGNMENT: u32 = 0x00f0_0000;

pub(super) fn parse(data: Part<'_>) -> Result<Image, BadBinary> {
    match optional_header_magic(data)? {
        pe::IMAGE_NT_OPTIONAL_HDR32_MAGIC => read::<pe::ImageNtHeaders32>(data),
        pe::IMAGE_NT_OPTIONAL_HDR64_MAGIC => read::<pe::ImageNtHeaders64>(data),
        _ => Err(BadBinary::damaged("its optional header is of no known kind")),
    }
}

fn read<Headers: ImageNtHeaders>(data: Part<'_>) -> Result<Image, BadBinary> {
    let dos = pe::ImageDosHeader::parse(data)?;
    let mut offset = dos.nt_headers_offset().into();
    let (headers, directories) = Headers::parse(data, &mut offset)?;
    let file = headers.file_header();
    let optional = headers.optional_header();
    let base = optional.image_base();
    let table = headers.sections(data, offset)?;
    let (symbols, count) = (
        u64::from(file.pointer_to_symbol_table.get(LE)),
        u64::from(file.number_of_symbols.get(LE)),
    );
    let end = data.len().unwrap_or_default();
    let names = StringTable::new(data, symbols + count * SYMBOL, end);
    let (mut sections, mut regions, mut first) = (Vec::new(), Vec::new(), None);
    for section in table.iter() {
        let name = section.name(names).unwrap_or_else(|_| section.raw_name());
        let address = base.wrapping_add(section.virtual_address.get(LE).into());
        let offset = section.pointer_to_raw_data.get(LE).into();
        let size = section.size_of_raw_data.get(LE).into();
        regions.push(Region { address, offset, size });
        let kind = section.characteristics.get(LE).0 & !ALIGNMENT;
        if first.is_none() && size != 0 && kind == WRITABLE_DATA {
            first = Some((address, section.virtual_size.get(LE).into()));
        }
        sections.push(Section { name: text(name), address, offset, size });
    }
    let machine = match file.machine.get(LE) {
        pe::IMAGE_FILE_MACHINE_I386 => "386",
        pe::IMAGE_FILE_MACHINE_AMD64 => "amd64",
        pe::IMAGE_FILE_MACHINE_ARMNT => "arm",
        pe::IMAGE_FILE_MACHINE_ARM64 => "arm64",
        _ => "unknown",
    };
    let characteristics = file.characteristics.get(LE);
    let movable =
        optional.dll_characteristics().contains(pe::IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE);
    Ok(Image {
        format: Format::Pe,
        machine,
        others: 0,
        regions,
        data: first,
        start: Start {
            needed: libraries(&directories, &table, data)?,
            pie: movable,
            library: characteristics.contains(pe::IMAGE_FILE_DLL),
            ..Start::default()
        },
        symbols: count > 0,
        dwarf: sections.iter().any(|section| is_debug_info(&section.name)),
        sections,
    })
}

/// Returns the libraries that a program imports.
fn libraries(
    directories: &DataDirectories<'_>,
    sections: &SectionTable<'_>,
    data: Part<'_>,
) -> Result<Vec<String>, BadBinary> {
    let mut libraries = Vec::new();
    let Some(table) = directories.import_table(data, sections)? else {
        return Ok(libraries);
    };
    for library in table.descriptors()? {
        let library = library?;
        if libraries.len() >= MAX_NAMES {
            return Err(BadBinary::TooLarge);
        }
        libraries.push(text(table.name(library.name.get(LE))?));
    }
    Ok(libraries)
}
