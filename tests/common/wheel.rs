//! Toolchains in the Python index's wheels, and as what they can be packed again.

use std::fs::File;
use std::io::{Cursor, Write};
use std::path::Path;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

/// Returns the path in GOROOT of an entry of a wheel.
pub(crate) fn in_goroot(name: &str) -> Option<&str> {
    name.strip_prefix("go/").filter(|name| *name != "__init__.py" && !name.ends_with('/'))
}

/// Returns the zip of the module `name` (`v0.0.1-go1.27.1.linux-amd64`), with `own` files in the place of
/// the wheel's, or besides them.
pub(crate) fn module(wheel: &Path, name: &str, own: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let prefix = format!("golang.org/toolchain@{name}");
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let mut wheel = ZipArchive::new(File::open(wheel).unwrap()).unwrap();
    for index in 0..wheel.len() {
        // As it is packed: to deflate 12,000 files once more takes longer than everything else.
        let entry = wheel.by_index_raw(index).unwrap();
        let name = entry.name().unwrap().into_owned();
        let Some(path) = in_goroot(&name) else { continue };
        if path.starts_with("misc/") || own.iter().any(|(own, _)| *own == path) {
            continue;
        }
        let (directory, name) = path.split_at(path.rfind('/').map_or(0, |slash| slash + 1));
        let name = if name == "go.mod" { "_go.mod" } else { name };
        zip.raw_copy_file_rename(entry, format!("{prefix}/{directory}{name}")).unwrap();
    }
    for (name, content) in own {
        zip.start_file(format!("{prefix}/{name}"), SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}
