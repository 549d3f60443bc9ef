//! Helix: how gopls is started.

use super::{EditedSettings, GOPLS};
use crate::error::{Error, Kind, Result, untrusted};
use toml_edit::{Array, DocumentMut, Item, TableLike, table, value};

pub(super) fn apply(text: &str) -> Result<EditedSettings> {
    let mut document = parse(text)?;
    let wrong = || Error::new(Kind::Failed, "`language-server` is no table");
    let servers = document.entry("language-server").or_insert_with(|| {
        let mut servers = toml_edit::Table::new();
        servers.set_implicit(true);
        Item::Table(servers)
    });
    let server = servers.as_table_like_mut().ok_or_else(wrong)?.entry("gopls").or_insert(table());
    let server = server.as_table_like_mut().ok_or_else(wrong)?;
    let replaced = if is_ours(server) { None } else { command(server) };
    server.insert("command", value(GOPLS[0]));
    server.insert("args", value(GOPLS[1..].iter().copied().collect::<Array>()));
    Ok(EditedSettings { text: document.to_string(), replaced })
}

pub(super) fn revert(text: &str) -> Result<Option<String>> {
    let mut document = parse(text)?;
    let servers = document.get_mut("language-server").and_then(Item::as_table_like_mut);
    let Some(servers) = servers else { return Ok(None) };
    let Some(server) = servers.get_mut("gopls").and_then(Item::as_table_like_mut) else {
        return Ok(None);
    };
    if !is_ours(server) {
        return Ok(None);
    }
    server.remove("command");
    server.remove("args");
    if server.is_empty() {
        servers.remove("gopls");
    }
    if servers.is_empty() {
        document.remove("language-server");
    }
    Ok(Some(document.to_string()))
}

fn is_ours(server: &dyn TableLike) -> bool {
    let args = server.get("args").and_then(Item::as_array);
    server.get("command").and_then(Item::as_str) == Some(GOPLS[0])
        && args.is_some_and(|args| {
            args.iter().filter_map(|arg| arg.as_str()).eq(GOPLS[1..].iter().copied())
        })
}

/// Returns how a server is started, as the file has it.
fn command(server: &dyn TableLike) -> Option<String> {
    let values = ["command", "args"].map(|key| server.get(key));
    let words: Vec<String> =
        values.into_iter().flatten().map(|value| value.to_string().trim().to_owned()).collect();
    (!words.is_empty()).then(|| words.join(" "))
}

fn parse(text: &str) -> Result<DocumentMut> {
    text.parse::<DocumentMut>().map_err(|error| {
        Error::new(
            Kind::Failed,
            format!("the settings are not TOML: {}", untrusted(error.message())),
        )
    })
}
