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

/// Returns what a file of GOROOT is called in the zip of the module `name`
/// (`v0.0.1-go1.27.1.linux-amd64`), if it is a part of that.
pub(crate) fn in_module(name: &str, path: &str) -> Option<String> {
    let (directory, file) = path.split_at(path.rfind('/').map_or(0, |slash| slash + 1));
    let file = if file == "go.mod" { "_go.mod" } else { file };
    (!directory.starts_with("misc/"))
        .then(|| format!("golang.org/toolchain@{name}/{directory}{file}"))
}

/// Packs a wheel's toolchain as a zip, with each path in GOROOT called what `rename` says, if anything;
/// with `own` files in the place of the wheel's, or besides them.
pub(crate) fn zip(
    wheel: &Path,
    own: &[(&str, Vec<u8>)],
    rename: impl Fn(&str) -> Option<String>,
) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let mut wheel = ZipArchive::new(File::open(wheel).unwrap()).unwrap();
    for index in 0..wheel.len() {
        // As it is packed: to deflate 12,000 files once more takes longer than everything else.
        let entry = wheel.by_index_raw(index).unwrap();
        let name = entry.name().unwrap().into_owned();
        let path = in_goroot(&name).filter(|path| own.iter().all(|(own, _)| own != path));
        if let Some(name) = path.and_then(&rename) {
            zip.raw_copy_file_rename(entry, name).unwrap();
        }
    }
    for (path, content) in own {
        zip.start_file(rename(path).unwrap(), SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}
