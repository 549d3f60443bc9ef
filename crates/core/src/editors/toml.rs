//! Helix: how gopls is started.

use super::GOPLS;
use crate::error::{Error, Kind, Result, untrusted};
use toml_edit::{Array, DocumentMut, Item, table, value};

pub(super) fn apply(text: &str) -> Result<String> {
    let mut document = parse(text)?;
    let wrong = || Error::new(Kind::Failed, "`language-server` is no table");
    let servers = document.entry("language-server").or_insert_with(|| {
        let mut servers = toml_edit::Table::new();
        servers.set_implicit(true);
        Item::Table(servers)
    });
    let server = servers.as_table_like_mut().ok_or_else(wrong)?.entry("gopls").or_insert(table());
    let server = server.as_table_like_mut().ok_or_else(wrong)?;
    server.insert("command", value(GOPLS[0]));
    server.insert("args", value(GOPLS[1..].iter().copied().collect::<Array>()));
    Ok(document.to_string())
}

pub(super) fn revert(text: &str) -> Result<Option<String>> {
    let mut document = parse(text)?;
    let servers = document.get_mut("language-server").and_then(Item::as_table_like_mut);
    let Some(servers) = servers else { return Ok(None) };
    let Some(server) = servers.get_mut("gopls").and_then(Item::as_table_like_mut) else {
        return Ok(None);
    };
    let args = server.get("args").and_then(Item::as_array);
    let is_ours = server.get("command").and_then(Item::as_str) == Some(GOPLS[0])
        && args.is_some_and(|args| {
            args.iter().filter_map(|arg| arg.as_str()).eq(GOPLS[1..].iter().copied())
        });
    if !is_ours {
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

fn parse(text: &str) -> Result<DocumentMut> {
    text.parse::<DocumentMut>().map_err(|error| {
        Error::new(
            Kind::Failed,
            format!("the settings are not TOML: {}", untrusted(error.message())),
        )
    })
}
