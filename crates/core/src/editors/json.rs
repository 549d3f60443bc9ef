//! Visual Studio Code and Zed: one value in JSON with comments.

use super::{EditedSettings, GOPLS};
use crate::error::{Error, Kind, Result, untrusted};
use jsonc_parser::ParseOptions;
use jsonc_parser::cst::{CstInputValue, CstObject, CstRootNode};
use serde_json::{Value, json};

/// What Zed has for a language server that another program starts.
pub(super) fn zed_binary() -> Value {
    json!({"path": GOPLS[0], "arguments": GOPLS[1..]})
}

/// Sets the value at a path of keys.
pub(super) fn set(text: &str, path: &[&str], value: &Value) -> Result<EditedSettings> {
    let root = parse(text)?;
    let mut edited = EditedSettings { text: text.to_owned(), replaced: None };
    let Some((last, above)) = path.split_last() else { return Ok(edited) };
    let mut object = root.object_value_or_set();
    for key in above {
        object = object.object_value_or_set(key);
    }
    match object.get(last) {
        Some(property) => {
            let was = property.value().and_then(|was| was.to_serde_value());
            edited.replaced = was.filter(|was| was != value).map(|was| was.to_string());
            property.set_value(input(value));
        }
        None => _ = object.append(last, input(value)),
    }
    edited.text = root.to_string();
    if !edited.text.ends_with('\n') {
        edited.text.push('\n');
    }
    Ok(edited)
}

/// Removes the value at a path, if it is `expected`, and objects that are empty without it.
pub(super) fn unset(text: &str, path: &[&str], expected: &Value) -> Result<Option<String>> {
    let root = parse(text)?;
    let Some((last, above)) = path.split_last() else { return Ok(None) };
    let Some(mut object) = root.object_value() else { return Ok(None) };
    let mut objects: Vec<(&str, CstObject)> = Vec::new();
    for key in above {
        let Some(below) = object.object_value(key) else { return Ok(None) };
        objects.push((key, object));
        object = below;
    }
    let Some(property) = object.get(last) else { return Ok(None) };
    if property.value().and_then(|value| value.to_serde_value()).as_ref() != Some(expected) {
        return Ok(None);
    }
    property.remove();
    while object.properties().is_empty()
        && let Some((key, above)) = objects.pop()
    {
        if let Some(property) = above.get(key) {
            property.remove();
        }
        object = above;
    }
    let text = root.to_string();
    // A comment is something.
    let is_empty = text.split_whitespace().collect::<String>() == "{}";
    Ok(Some(if is_empty { String::new() } else { text }))
}

fn parse(text: &str) -> Result<CstRootNode> {
    CstRootNode::parse(text, &ParseOptions::default()).map_err(|error| {
        let problem = untrusted(error.to_string());
        Error::new(Kind::Failed, format!("the settings are not JSON: {problem}"))
    })
}

fn input(value: &Value) -> CstInputValue {
    match value {
        Value::Null => CstInputValue::Null,
        Value::Bool(is_on) => CstInputValue::Bool(*is_on),
        Value::Number(number) => CstInputValue::Number(number.to_string()),
        Value::String(text) => CstInputValue::String(text.clone()),
        Value::Array(items) => CstInputValue::Array(items.iter().map(input).collect()),
        Value::Object(entries) => CstInputValue::Object(
            entries.iter().map(|(key, value)| (key.clone(), input(value))).collect(),
        ),
    }
}
