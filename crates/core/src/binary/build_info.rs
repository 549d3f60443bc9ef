//! The place of the build information in a program, in both of its encodings.
//!
//! `debug/buildinfo` of Go 1.27 decides: 32 bytes that begin with a magic word, at an address that is a
//! multiple of 16, in a section of their own (ELF, Mach-O) or among the first writable data. Since Go
//! 1.18 two strings follow, each after its length (`inline`); before, the header had two pointers
//! to strings, which were a pointer and a length themselves.

use super::BadBinary;
use super::image::{Image, text};
use super::modules::BuildInfo;
use super::pool::Part;

const MAGIC: &[u8] = b"\xff Go buildinf:";
const ALIGNMENT: u64 = 16;
const HEADER: usize = 32;
const BIG_ENDIAN: u8 = 1;
const INLINE: u8 = 2;
/// How much is searched at a time.
const CHUNK: usize = 1 << 20;
/// The go command puts 16 bytes in front of the modules and behind them, so that others can find them.
const FRAME: usize = 16;

/// Reads the build information of a program.
pub(super) fn read(image: &Image, data: Part<'_>) -> Result<BuildInfo, BadBinary> {
    let (version, modules) = strings(image, data)?;
    let framed = modules.len() > 2 * FRAME && modules[modules.len() - FRAME - 1] == b'\n';
    let modules = if framed { &modules[FRAME..modules.len() - FRAME] } else { &[][..] };
    BuildInfo::parse(text(version), modules).map_err(BadBinary::damaged)
}

/// Returns the bytes of a section with a version, which is not empty in any program of Go, and with modules, which
/// may be.
pub(super) fn encode(version: &[u8], modules: &[u8]) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    // The size of a pointer, of which there is none.
    bytes.extend([8, INLINE]);
    bytes.extend([0; HEADER - MAGIC.len() - 2]);
    for string in [version, modules] {
        let mut length = string.len();
        while length > 0x7f {
            bytes.push(length.to_le_bytes()[0] | 0x80);
            length >>= 7;
        }
        bytes.push(length.to_le_bytes()[0]);
        bytes.extend(string);
    }
    bytes
}

/// Returns the two strings of a program of Go: its version, and its modules in their frame.
pub(super) fn strings<'p>(
    image: &Image,
    data: Part<'p>,
) -> Result<(&'p [u8], &'p [u8]), BadBinary> {
    let (start, size) = image.data.ok_or(BadBinary::NotGo)?;
    let address = find(image, data, start, size)?.ok_or(BadBinary::NotGo)?;
    let header = image.bytes(data, address, HEADER as u64).ok_or(BadBinary::NotGo)?;
    let (pointer, flags) = (header[14], header[15]);
    let (version, modules) = if flags & INLINE != 0 {
        let inline = inline(image, data, address.checked_add(HEADER as u64));
        inline.ok_or(BadBinary::damaged("its build information is cut off"))?
    } else {
        let pointers = Pointers { image, data, size: pointer, big: flags & BIG_ENDIAN != 0 };
        let at = |number: usize| pointers.string(&header[16..], number);
        if !matches!(pointer, 4 | 8) {
            return Err(BadBinary::damaged("its build information has no size of pointers"));
        }
        // A program without modules has no second string.
        (at(0).unwrap_or_default(), at(1).unwrap_or_default())
    };
    if version.is_empty() {
        return Err(BadBinary::NotGo);
    }
    Ok((version, modules))
}

/// Returns the address of the first header in a range.
fn find(image: &Image, data: Part<'_>, start: u64, size: u64) -> Result<Option<u64>, BadBinary> {
    let wrong = || BadBinary::damaged("its data ends before it begins");
    let end = start.checked_add(size).ok_or_else(wrong)?;
    let mut address = start.checked_next_multiple_of(ALIGNMENT).ok_or_else(wrong)?;
    let mut chunk = Vec::new();
    while address.checked_add(HEADER as u64).is_some_and(|header| header <= end) {
        let Some((offset, loaded)) = image.place(address) else { break };
        let wanted = (end - address).min(loaded).min(CHUNK as u64);
        chunk.resize(usize::try_from(wanted).unwrap_or(CHUNK), 0);
        let count = data.read_into(offset, &mut chunk)?;
        let mut blocks = (0..).zip(chunk[..count].chunks_exact(16));
        if let Some((number, _)) = blocks.find(|(_, block)| block.starts_with(MAGIC)) {
            return Ok(Some(address + number * ALIGNMENT));
        }
        if count < CHUNK {
            break;
        }
        address += CHUNK as u64;
    }
    Ok(None)
}

/// Returns the two strings that follow a header.
fn inline<'p>(image: &Image, data: Part<'p>, address: Option<u64>) -> Option<(&'p [u8], &'p [u8])> {
    let (version, address) = counted(image, data, address?)?;
    let (modules, _) = counted(image, data, address)?;
    Some((version, modules))
}

/// Returns a string that stands after its length, and the address behind it.
fn counted<'p>(image: &Image, data: Part<'p>, address: u64) -> Option<(&'p [u8], u64)> {
    let mut length = 0u64;
    for (shift, byte) in (0..).step_by(7).zip(image.up_to(data, address, 10)?) {
        // What does not fit into 64 bits is longer than any file.
        length |= u64::from(byte & 0x7f).checked_shl(shift).filter(|_| shift < 63)?;
        if byte & 0x80 == 0 {
            let start = address.checked_add(u64::from(shift) / 7 + 1)?;
            if length == 0 {
                return Some((&[], start));
            }
            return Some((image.bytes(data, start, length)?, start.checked_add(length)?));
        }
    }
    None
}

/// How a program of Go 1.17 or older has its strings.
struct Pointers<'i, 'p> {
    image: &'i Image,
    data: Part<'p>,
    size: u8,
    big: bool,
}

impl<'p> Pointers<'_, 'p> {
    /// Returns the string that the pointer with this number leads to.
    fn string(&self, pointers: &[u8], number: usize) -> Option<&'p [u8]> {
        let string = self.number(pointers, number)?;
        let header = self.image.bytes(self.data, string, u64::from(self.size) * 2)?;
        let (start, length) = (self.number(header, 0)?, self.number(header, 1)?);
        self.image.bytes(self.data, start, length)
    }

    fn number(&self, bytes: &[u8], number: usize) -> Option<u64> {
        let size = usize::from(self.size);
        let bytes = bytes.get(number * size..(number + 1) * size)?;
        let digit = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
        Some(if self.big { bytes.iter().fold(0, digit) } else { bytes.iter().rev().fold(0, digit) })
    }
}
