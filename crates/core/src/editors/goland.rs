//! `GoLand`: GOROOT of a project, in the file of its own that is not shared.

use super::{EditedSettings, EditorTargets};
use crate::error::{Error, Kind, Result};
use std::path::Path;

/// The component that has GOROOT.
const START: &str = "<component name=\"GOROOT\"";

/// How a file begins that is not there yet.
const EMPTY: &str =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<project version=\"4\">\n</project>\n";

const END: &str = "</project>";

pub(super) fn apply(text: &str, targets: &EditorTargets<'_>) -> Result<EditedSettings> {
    let text = if text.trim().is_empty() { EMPTY } else { text };
    let (before, component, after) = if let Some((before, component, after)) = split(text) {
        (before, Some(component), after)
    } else {
        let end = text.rfind(END).ok_or_else(|| {
            Error::new(Kind::Failed, "the settings are not those of GoLand: `project` is missing")
        })?;
        (&text[..end], None, &text[end..])
    };
    let replaced = component.filter(|component| !is_ours(component, targets)).map(str::to_owned);
    let component = format!("{START} url=\"file://{}\" />\n", escaped(targets.goroot));
    let before = before.trim_end_matches([' ', '\t']);
    let text = format!("{before}  {component}{}", after.trim_start_matches([' ', '\t', '\n']));
    Ok(EditedSettings { text, replaced })
}

pub(super) fn revert(text: &str, targets: &EditorTargets<'_>) -> Option<String> {
    let (before, component, after) = split(text)?;
    if !is_ours(component, targets) {
        return None;
    }
    let before = before.trim_end_matches([' ', '\t']);
    let rest = format!("{before}{}", after.trim_start_matches([' ', '\t', '\n']));
    Some(if rest == EMPTY { String::new() } else { rest })
}

/// Returns true for a GOROOT of goward, of whatever version.
fn is_ours(component: &str, targets: &EditorTargets<'_>) -> bool {
    let url = component.split_once("url=\"file://").and_then(|(_, rest)| rest.split('"').next());
    url.is_some_and(|url| Path::new(url).starts_with(escaped(targets.trees)))
}

/// Returns what is before the component, the component, and what is after it.
fn split(text: &str) -> Option<(&str, &str, &str)> {
    let start = text.find(START)?;
    let length = text[start..].find("/>")? + 2;
    let (before, rest) = text.split_at(start);
    let (component, after) = rest.split_at(length);
    Some((before, component, after))
}

/// Returns a path as it is in a value of XML.
fn escaped(path: &Path) -> String {
    path.display().to_string().replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}
