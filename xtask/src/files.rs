//! The files of the repository that a release changes.

use goward_core::calendar::Day;
use goward_core::error::Result;
use goward_core::facts::checked_line;
use std::collections::BTreeMap;
use std::path::Path;

/// The files, as they are and as they will be.
pub(crate) struct Files<'r> {
    pub(crate) root: &'r Path,
    pub(crate) texts: BTreeMap<String, (String, String)>,
}

impl Files<'_> {
    pub(crate) fn read(&mut self, path: &str) -> Result<String> {
        if let Some((_, new)) = self.texts.get(path) {
            return Ok(new.clone());
        }
        let text = fs_err::read_to_string(self.root.join(path))?;
        self.texts.insert(path.to_owned(), (text.clone(), text.clone()));
        Ok(text)
    }

    pub(crate) fn write(&mut self, path: &str, text: String) {
        if let Some((_, new)) = self.texts.get_mut(path) {
            *new = text;
        }
    }

    /// Rewrites a table that was compared with its sources.
    pub(crate) fn table(
        &mut self,
        name: &str,
        today: Day,
        edit: impl FnOnce(&str) -> Result<String>,
    ) -> Result<()> {
        let path = format!("crates/core/data/{name}.tsv");
        let text = edit(&self.read(&path)?)?;
        let dated = text.lines().map(|line| {
            if line.starts_with("# Checked ") { checked_line(today) } else { line.to_owned() }
        });
        let dated = dated.collect::<Vec<_>>().join("\n") + "\n";
        self.write(&path, dated);
        Ok(())
    }

    /// Writes what is new, and returns what is more than a day.
    pub(crate) fn finish(self) -> Result<Vec<String>> {
        let undated = |text: &str| -> Vec<String> {
            let lines = text.lines().filter(|line| !line.starts_with("# Checked "));
            lines.map(str::to_owned).collect()
        };
        let mut changed = Vec::new();
        for (path, (old, new)) in self.texts.into_iter().filter(|(_, (old, new))| old != new) {
            fs_err::write(self.root.join(&path), &new)?;
            if undated(&old) != undated(&new) {
                changed.push(path);
            }
        }
        Ok(changed)
    }
}
