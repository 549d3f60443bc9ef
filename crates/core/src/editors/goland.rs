//! `GoLand`: GOROOT of a project, in the file of its own that is not shared.

use super::EditorTargets;
use crate::error::{Error, Kind, Result};
use std::path::Path;

/// The component that has GOROOT.
const START: &str = "<component name=\"GOROOT\"";

/// How a file begins that is not there yet.
const EMPTY: &str =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<project version=\"4\">\n</project>\n";

const END: &str = "</project>";

pub(super) fn apply(text: &str, targets: &EditorTargets<'_>) -> Result<String> {
    let text = if text.trim().is_empty() { EMPTY } else { text };
    let (before, after) = match split(text) {
        Some((before, _, after)) => (before, after),
        None => {
            text.rsplit_once(END).map(|(before, _)| (before, &text[before.len()..])).ok_or_else(
                || Error::new(Kind::Failed, "these are no settings of GoLand: there is no project"),
            )?
        }
    };
    let path = targets.goroot.display().to_string();
    let path = path.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
    let component = format!("{START} url=\"file://{path}\" />\n");
    let before = before.trim_end_matches([' ', '\t']);
    Ok(format!("{before}  {component}{}", after.trim_start_matches([' ', '\t', '\n'])))
}

pub(super) fn revert(text: &str, targets: &EditorTargets<'_>) -> Option<String> {
    let (before, component, after) = split(text)?;
    let url = component.split_once("url=\"file://")?.1.split('"').next()?;
    if !Path::new(url).starts_with(targets.trees) {
        return None;
    }
    let before = before.trim_end_matches([' ', '\t']);
    let rest = format!("{before}{}", after.trim_start_matches([' ', '\t', '\n']));
    Some(if rest == EMPTY { String::new() } else { rest })
}

/// Returns what is before the component, the component, and what is after it.
fn split(text: &str) -> Option<(&str, &str, &str)> {
    let start = text.find(START)?;
    let length = text[start..].find("/>")? + 2;
    let (before, rest) = text.split_at(start);
    let (component, after) = rest.split_at(length);
    Some((before, component, after))
}
