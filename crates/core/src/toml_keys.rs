//! The keys of a TOML file that people write, with what a value of each is: what its reader takes, and
//! what an editor is told by a JSON Schema.

use serde_json::{Map, Value, json};

/// A key of a table.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    pub name: &'static str,
    pub shape: Shape,
    /// What an editor shows.
    pub about: &'static str,
    /// Whether the table needs it.
    pub is_required: bool,
}

/// What a value is.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// A string.
    Text,
    /// One of these strings.
    OneOf(fn() -> Vec<&'static str>),
    /// A list of these strings.
    AnyOf(fn() -> Vec<&'static str>),
    /// `true` or `false`.
    Switch,
    /// An integer from the first to the second.
    Number(u8, u8),
    /// A string or an integer.
    TextOrNumber,
    /// A list of strings.
    Texts,
    /// A list of strings, at least one.
    SomeTexts,
    /// A table with these keys.
    Table(&'static [Key]),
    /// A string, or a table with these keys.
    TextOrTable(&'static [Key]),
    /// A list of tables with these keys.
    Tables(&'static [Key]),
    /// A table whose keys people choose: the pattern of their names, and what their values are.
    Map(&'static str, &'static Shape),
}

impl Key {
    /// A key that may be left out.
    pub const fn new(name: &'static str, shape: Shape, about: &'static str) -> Self {
        Self { name, shape, about, is_required: false }
    }

    /// The same key, which may not be left out.
    #[must_use]
    pub const fn required(self) -> Self {
        Self { is_required: true, ..self }
    }
}

impl Shape {
    fn schema(self) -> Value {
        match self {
            Self::Text => json!({"type": "string"}),
            Self::OneOf(words) => json!({"type": "string", "enum": words()}),
            Self::AnyOf(words) => json!({"type": "array", "items": Self::OneOf(words).schema()}),
            Self::Switch => json!({"type": "boolean"}),
            Self::Number(least, most) => {
                json!({"type": "integer", "minimum": least, "maximum": most})
            }
            Self::TextOrNumber => json!({"type": ["string", "integer"]}),
            Self::Texts => json!({"type": "array", "items": {"type": "string"}}),
            Self::SomeTexts => {
                json!({"type": "array", "items": {"type": "string"}, "minItems": 1})
            }
            Self::Table(keys) => table(keys),
            Self::TextOrTable(keys) => json!({"anyOf": [Self::Text.schema(), table(keys)]}),
            Self::Tables(keys) => json!({"type": "array", "items": table(keys)}),
            Self::Map(pattern, shape) => json!({
                "type": "object",
                "patternProperties": {pattern: shape.schema()},
                "additionalProperties": false,
            }),
        }
    }
}

/// Returns the JSON Schema (draft 7) of a file with these keys.
pub fn schema(title: &str, about: &str, keys: &[Key]) -> Value {
    let mut schema = table(keys);
    schema["$schema"] = json!("http://json-schema.org/draft-07/schema#");
    schema["title"] = json!(title);
    schema["description"] = json!(about);
    schema
}

fn table(keys: &[Key]) -> Value {
    let properties: Map<String, Value> = keys.iter().map(property).collect();
    let required: Vec<&str> =
        keys.iter().filter(|key| key.is_required).map(|key| key.name).collect();
    let mut table =
        json!({"type": "object", "properties": properties, "additionalProperties": false});
    if !required.is_empty() {
        table["required"] = json!(required);
    }
    table
}

fn property(key: &Key) -> (String, Value) {
    let mut value = key.shape.schema();
    value["description"] = json!(key.about);
    (key.name.to_owned(), value)
}
