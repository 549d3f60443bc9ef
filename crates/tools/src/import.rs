//! `[tools]` filled from what other files of the repository name.

use crate::Tools;
use goward_core::checks::Place;
use goward_core::checks::project::{Files, NamedTool, ToolEntry, tool_entries};
use goward_core::error::Result;
use goward_core::project::manifest::ToolSource;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What came of it.
#[derive(Clone, Debug)]
pub struct Import {
    /// The manifest.
    pub manifest: PathBuf,
    /// What is in it now, or would be: each tool with the place that it comes from.
    pub taken: Vec<(NamedTool, Place)>,
    /// What is not.
    pub left_out: Vec<LeftOut>,
}

/// A tool that was not taken.
#[derive(Clone, Debug)]
pub struct LeftOut {
    /// Where it is.
    pub place: Place,
    /// What the file has there.
    pub text: String,
    /// Why.
    pub why: String,
}

impl Tools<'_> {
    /// Asks in the manifest here for the tools that other files of the repository name. Those that it
    /// asks for already stay as they are, and so does every other file; with `dry_run` the manifest,
    /// too.
    ///
    /// # Errors
    ///
    /// When there is no manifest, or it cannot be changed; nothing is then changed.
    pub fn import(&self, dry_run: bool) -> Result<Import> {
        let (project, manifest) = self.project()?;
        let mut unread = Vec::new();
        let entries = tool_entries(&Files::find(&project.root)?, &project.root, &mut unread);
        let mut left_out: Vec<LeftOut> = unread
            .into_iter()
            .map(|finding| LeftOut {
                place: finding.place,
                text: finding.message,
                why: finding.why,
            })
            .collect();
        let mut taken: Vec<(NamedTool, Place)> = Vec::new();
        let mut names: BTreeMap<String, (String, ToolSource)> = BTreeMap::new();
        for (name, tool) in manifest.tools() {
            names.insert(name.clone(), ("`[tools]`".to_owned(), tool.source.clone()));
        }
        for ToolEntry { path, line, text, tool, .. } in entries {
            let place = Place::Line(path, line);
            let why = match tool {
                Err(why) => why,
                Ok(tool) => match names.get(&tool.name) {
                    None => {
                        let origin = format!("`{}`", place.shown(&project.root));
                        names.insert(tool.name.clone(), (origin, tool.request.source.clone()));
                        taken.push((tool, place));
                        continue;
                    }
                    Some((origin, source)) if *source == tool.request.source => {
                        format!("{origin} has it, in the same version")
                    }
                    Some((origin, source)) => format!("{origin} has `{source}`"),
                },
            };
            left_out.push(LeftOut { place, text, why });
        }
        if !dry_run && !taken.is_empty() {
            self.change_manifest("tools import", |edit| {
                taken.iter().try_for_each(|(tool, _)| edit.set_tool(&tool.name, &tool.request))
            })?;
        }
        Ok(Import { manifest: project.manifest_path, taken, left_out })
    }
}
