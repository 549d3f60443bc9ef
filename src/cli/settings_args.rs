//! What `goward experiments` and `goward godebug` print alike.

use goward_core::resolve::setting_origins::SettingValue;
use goward_core::settings::Span;
use serde_json::{Value, json};

/// Returns the versions that know a name; nothing for a name that goward has not heard of.
pub(super) fn span_text(span: Option<Span>) -> String {
    span.map_or_else(|| "new".to_owned(), Span::tell)
}

/// Returns the first and the last version, `null` for older and newer than goward looked.
pub(super) fn span_json(span: Option<Span>) -> (Value, Value) {
    let version = |minor: Option<u32>| minor.map(|minor| format!("1.{minor}")).into();
    (version(span.and_then(|span| span.first)), version(span.and_then(|span| span.last)))
}

/// Returns who says `what`, and whether it counts.
pub(super) fn said_json(said: &SettingValue, what: &str) -> Value {
    json!({
        "value": what,
        "by": said.by.name(),
        "place": said.by.to_string(),
        "counts": said.counts,
    })
}
