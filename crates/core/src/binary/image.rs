//! The parts that ELF, Mach-O and PE files have in common.

use super::pool::Part;
use super::{Format, Section};

/// A range of the file that is loaded at an address.
#[derive(Clone, Copy, Debug)]
pub(super) struct Region {
    pub(super) address: u64,
    pub(super) offset: u64,
    pub(super) size: u64,
}

/// What the headers say of starting the program.
#[derive(Clone, Debug, Default)]
pub(super) struct Start {
    /// The program that loads it.
    pub(super) interpreter: Option<String>,
    /// The libraries that it asks for.
    pub(super) needed: Vec<String>,
    /// The versions of symbols that it asks for.
    pub(super) versions: Vec<String>,
    /// Whether it can be loaded anywhere.
    pub(super) pie: bool,
    /// Whether other programs load it.
    pub(super) library: bool,
}

/// A program of any format, without its contents.
#[derive(Clone, Debug)]
pub(super) struct Image {
    pub(super) format: Format,
    pub(super) machine: &'static str,
    pub(super) others: usize,
    pub(super) regions: Vec<Region>,
    pub(super) sections: Vec<Section>,
    /// Address and size of what holds the build information.
    pub(super) data: Option<(u64, u64)>,
    pub(super) start: Start,
    pub(super) symbols: bool,
    pub(super) dwarf: bool,
}

impl Image {
    /// Returns where `address` is in the file, and how much is loaded from there on.
    pub(super) fn place(&self, address: u64) -> Option<(u64, u64)> {
        self.regions.iter().find_map(|region| {
            let inside =
                address.checked_sub(region.address).filter(|inside| *inside < region.size)?;
            Some((region.offset.checked_add(inside)?, region.size - inside))
        })
    }

    /// Returns up to `size` bytes from `address` on, to the end of what is loaded with it.
    pub(super) fn up_to<'p>(&self, data: Part<'p>, address: u64, size: u64) -> Option<&'p [u8]> {
        let (offset, loaded) = self.place(address)?;
        data.up_to(offset, size.min(loaded))
    }

    /// Returns `size` bytes from `address` on.
    pub(super) fn bytes<'p>(&self, data: Part<'p>, address: u64, size: u64) -> Option<&'p [u8]> {
        // Before anything is read: a wrong size is no reason to.
        self.place(address).filter(|(_, loaded)| *loaded >= size)?;
        self.up_to(data, address, size).filter(|bytes| bytes.len() as u64 == size)
    }

    /// Returns the section called one of `names`.
    pub(super) fn section(&self, names: &[&str]) -> Option<&Section> {
        self.sections.iter().find(|section| names.contains(&section.name.as_str()))
    }
}

/// Returns bytes that should be text as text.
pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Returns what is before the first zero byte at `start` of a table of strings.
pub(super) fn string_at(table: &[u8], start: u32) -> Option<String> {
    let bytes = table.get(usize::try_from(start).ok()?..)?;
    let end = bytes.iter().position(|&byte| byte == 0)?;
    Some(text(&bytes[..end]))
}

/// Returns true for the name of a table that debuggers read.
pub(super) fn is_debug_info(name: &str) -> bool {
    matches!(name, ".debug_info" | ".zdebug_info" | "__debug_info" | "__zdebug_info")
}
