//! Packages of rpm.

use super::{LICENCE, Parts, SUMMARY, of_distribution};
use crate::dist::pack::TIME;
use goward_core::error::{Error, Kind, Result};
use rpm::{BuildConfig, CompressionWithLevel, FileOptions, PackageBuilder};

/// Makes `goward-VERSION-1.ARCH.rpm`.
pub(in crate::dist) fn make(parts: &Parts<'_>) -> Result<(String, Vec<u8>)> {
    let failed = |error: rpm::Error| Error::new(Kind::Failed, format!("rpm: {error}"));
    let version = of_distribution(parts.version);
    let arch = parts.target.rpm;
    let config = BuildConfig::v4()
        .source_date(TIME)
        .compression(CompressionWithLevel::Gzip(9))
        .reserved_space(None);
    let mut builder = PackageBuilder::new("goward", &version, LICENCE, arch, SUMMARY);
    builder.using_config(config).release("1").build_host("localhost").description(
        "goward installs releases of Go, checks them against Go's public transparency log,\nand runs \
         the one that a project's lock names.",
    );
    let entries = parts.of_distribution(
        "rpm",
        "usr/share/zsh/site-functions",
        "usr/share/fish/vendor_completions.d",
    )?;
    for entry in entries {
        let mode = if entry.is_program { 0o755 } else { 0o644 };
        let path = format!("/{}", entry.path);
        let options = FileOptions::new(path).permissions(mode).user("root").group("root");
        builder.with_file_contents(entry.bytes, options).map_err(failed)?;
    }
    for directory in ["/usr/lib/goward", "/usr/share/doc/goward"] {
        let options = FileOptions::dir(directory).permissions(0o755).user("root").group("root");
        builder.with_dir_entry(options).map_err(failed)?;
    }
    let package = builder.build().map_err(failed)?;
    let mut bytes = Vec::new();
    package.write(&mut bytes).map_err(failed)?;
    Ok((format!("goward-{version}-1.{arch}.rpm"), bytes))
}
