//! A module proxy as a directory, with a program and a library.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Modules: path, version, files.
type Module = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const MODULES: [Module; 5] = [
    (
        "example.com/newer",
        "v1.0.0",
        &[("go.mod", "module example.com/newer\n\ngo 1.27.0\n"), ("main.go", TOOL)],
    ),
    (
        "example.com/tool",
        "v1.0.0",
        &[("go.mod", "module example.com/tool\n\ngo 1.21\n"), ("main.go", TOOL)],
    ),
    ("example.com/tool", "v1.1.0", &[("go.mod", TOOL_MOD), ("main.go", TOOL), ("uses.go", USES)]),
    (
        "example.com/lib",
        "v1.0.0",
        &[("go.mod", "module example.com/lib\n\ngo 1.21\n"), ("lib.go", LIBRARY)],
    ),
    (
        "example.com/lib",
        "v1.1.0",
        &[("go.mod", "module example.com/lib\n\ngo 1.21\n"), ("lib.go", LIBRARY)],
    ),
];

const TOOL: &str = "// Tool prints its version.\npackage main\n\nimport \"runtime\"\n\n\
    func main() { println(\"tool\", runtime.Version()) }\n";
const TOOL_MOD: &str = "module example.com/tool\n\ngo 1.21\n\nrequire example.com/lib v1.0.0\n";
const USES: &str = "package main\n\nimport \"example.com/lib\"\n\nvar _ = lib.Answer()\n";
const LIBRARY: &str = "// Package lib knows the answer.\npackage lib\n\n\
    // Answer returns it.\nfunc Answer() int { return 42 }\n";

/// Writes the proxy. It lists the releases of Go that there are, and has none of them.
pub(super) fn write(directory: &Path, releases: &[&str]) {
    let toolchain = directory.join("golang.org/toolchain/@v");
    fs::create_dir_all(&toolchain).unwrap();
    let name = |release: &&str| format!("v0.0.1-go{release}.linux-amd64\n");
    fs::write(toolchain.join("list"), releases.iter().map(name).collect::<String>()).unwrap();
    for (path, version, files) in MODULES {
        let directory = directory.join(path).join("@v");
        fs::create_dir_all(&directory).unwrap();
        let file = |name: &str| directory.join(name);
        let mut list = fs::read_to_string(file("list")).unwrap_or_default();
        list = list + version + "\n";
        fs::write(file("list"), list).unwrap();
        let info = format!("{{\"Version\":\"{version}\",\"Time\":\"2024-01-02T03:04:05Z\"}}");
        fs::write(file(&format!("{version}.info")), info).unwrap();
        fs::write(file(&format!("{version}.mod")), files[0].1).unwrap();
        let mut zip = ZipWriter::new(File::create(file(&format!("{version}.zip"))).unwrap());
        for (name, content) in files {
            let name = format!("{path}@{version}/{name}");
            zip.start_file(name, SimpleFileOptions::default()).unwrap();
            zip.write_all(content.as_bytes()).unwrap();
        }
        zip.finish().unwrap();
    }
}
