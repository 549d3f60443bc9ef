//! Writes the build information of one program into another that has room for it.
//!
//! The shim reserves a section; a copy of it that is `bin/go` of a release gets what that release's `go` says
//! of itself, so that whatever asks the file reads the right version.

use super::pool::Pool;
use super::{BadBinary, build_info, elf, open};
use crate::io::read_at::ReadAt;
use std::ops::Range;

/// The section that holds build information, in ELF.
const SECTION: &str = ".go.buildinfo";

/// Gives `program` the build information of `from`. It stays as it is when it has no room, and when `from` is no
/// program of Go.
pub fn stamp(program: &mut Vec<u8>, from: &dyn ReadAt) -> std::io::Result<()> {
    let Some(room) = room(program) else { return Ok(()) };
    let info = match info_of(from) {
        Ok(info) => info,
        Err(BadBinary::Io(error)) => return Err(error),
        Err(_) => return Ok(()),
    };
    let [full, short] = info.encodings();
    let fits = |text: &&Vec<u8>| text.len() <= room.len();
    if let Some(text) = [&full, &short].into_iter().find(fits) {
        program[room.start..room.start + text.len()].copy_from_slice(text);
    }
    Ok(())
}

/// What the go command wrote into a program, word for word.
struct Info {
    version: Vec<u8>,
    modules: Vec<u8>,
}

impl Info {
    /// Returns the bytes of a section: with everything, and with the version alone.
    fn encodings(&self) -> [Vec<u8>; 2] {
        [&self.modules[..], &[]].map(|modules| build_info::encode(&self.version, modules))
    }
}

fn info_of(file: &dyn ReadAt) -> Result<Info, BadBinary> {
    let pool = Pool::new(file)?;
    let read = open(pool.all()).and_then(|(image, data)| {
        let (version, modules) = build_info::strings(&image, data)?;
        Ok(Info { version: version.to_vec(), modules: modules.to_vec() })
    });
    read.map_err(|error| pool.trouble().unwrap_or(error))
}

/// Returns where a program has room for build information, none of which is there yet.
fn room(program: &Vec<u8>) -> Option<Range<usize>> {
    let pool = Pool::new(program).ok()?;
    let image = elf::parse(pool.all()).ok()?;
    let section = image.section(&[SECTION])?;
    let start = usize::try_from(section.offset).ok()?;
    let room = start..start.checked_add(usize::try_from(section.size).ok()?)?;
    let empty = build_info::encode(&[], &[]);
    program.get(room.clone())?.starts_with(&empty).then_some(room)
}
