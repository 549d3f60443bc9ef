//! The JSON Schemas of the files that people write, which editors read.

use goward_core::config::config_schema;
use goward_core::error::Result;
use goward_core::project::manifest::manifest_schema;

use std::path::Path;

/// Returns the path below the repository, and the text, of each schema.
pub fn schemas() -> [(&'static str, String); 2] {
    [
        ("docs/schemas/config.toml.json", config_schema()),
        ("docs/schemas/goward.toml.json", manifest_schema()),
    ]
    .map(|(path, schema)| (path, format!("{schema:#}\n")))
}

/// Writes them into the repository at `root`.
///
/// # Errors
///
/// When a file cannot be written.
pub fn write_schemas(root: &Path) -> Result<()> {
    for (path, text) in schemas() {
        fs_err::write(root.join(path), text)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schemas_of_the_repository_are_those_of_the_parsers() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        for (path, text) in schemas() {
            let found = fs_err::read_to_string(root.join(path)).unwrap_or_default();
            assert_eq!(found, text, "{path}: run `cargo xtask schemas`");
        }
    }
}
