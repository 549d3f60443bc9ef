//! JSON with comments, as editors and containers for development have it, as a list of scalars.

use super::files;
use super::yaml::{MAX_VALUES, Scalar};
use crate::checks::finding::{Finding, Place, Severity};
use crate::error::untrusted;
use jsonc_parser::ast::Value;
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use std::path::{Path, PathBuf};

/// Reads the scalars of a file; one that is not JSON becomes a finding.
fn scalars(path: &Path, findings: &mut Vec<Finding>) -> Option<Vec<Scalar>> {
    let text = files::text(path, findings)?;
    match read(&text) {
        Ok(scalars) => Some(scalars),
        Err((at, why)) => {
            let line = line_and_column(&text, at).0;
            let what = "the file is not JSON";
            let place = Place::Line(path.into(), line);
            findings.push(Finding::new(Severity::Warning, place, what, why, "correct it"));
            None
        }
    }
}

/// Judges every scalar of files.
pub(super) fn judge_each(
    paths: &[PathBuf],
    judge: impl Fn(&Path, &Scalar) -> Option<Finding>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for path in paths {
        let scalars = scalars(path, &mut findings).unwrap_or_default();
        findings.extend(scalars.iter().filter_map(|scalar| judge(path, scalar)));
    }
    findings
}

/// Returns the scalars, or where something is wrong, and what.
fn read(text: &str) -> Result<Vec<Scalar>, (usize, String)> {
    let parsed = parse_to_ast(text, &CollectOptions::default(), &ParseOptions::default())
        .map_err(|error| (error.range().start, untrusted(error.kind().to_string())))?;
    let (mut found, mut path) = (Vec::new(), Vec::new());
    if let Some(value) = &parsed.value {
        collect(text, value, &mut path, &mut found)?;
    }
    Ok(found)
}

fn collect(
    text: &str,
    value: &Value<'_>,
    path: &mut Vec<String>,
    found: &mut Vec<Scalar>,
) -> Result<(), (usize, String)> {
    let start = value.range().start;
    let said = match value {
        Value::Object(object) => {
            for property in &object.properties {
                path.push(property.name.as_str().to_owned());
                collect(text, &property.value, path, found)?;
                path.pop();
            }
            return Ok(());
        }
        Value::Array(array) => {
            for (index, item) in array.elements.iter().enumerate() {
                path.push(index.to_string());
                collect(text, item, path, found)?;
                path.pop();
            }
            return Ok(());
        }
        Value::StringLit(text) => text.value.clone().into_owned(),
        Value::NumberLit(number) => number.value.to_owned(),
        Value::BooleanLit(one) => one.value.to_string(),
        Value::NullKeyword(_) => String::new(),
    };
    if found.len() >= MAX_VALUES {
        return Err((start, "it has more values than are looked at".to_owned()));
    }
    let (line, column) = line_and_column(text, start);
    found.push(Scalar { path: path.clone(), value: said, line, column, is_plain: false });
    Ok(())
}

/// Returns the line, counted from 1, and the column, counted from 0, of a place in bytes.
fn line_and_column(text: &str, at: usize) -> (u32, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.len() - before.rfind('\n').map_or(0, |end| end + 1);
    (u32::try_from(line).unwrap_or(u32::MAX), column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_with_comments() {
        let text =
            "// a\n{\n\t\"é\": [\"x\", 1.20, true, null,],\n\t/* b */ \"c\": {\"d\": \"e\"},\n}\n";
        let found = read(text).unwrap();
        let shown: Vec<String> = found
            .iter()
            .map(|one| format!("{}={} {}:{}", one.path.join("."), one.value, one.line, one.column))
            .collect();
        let want = ["é.0=x 3:8", "é.1=1.20 3:13", "é.2=true 3:19", "é.3= 3:25", "c.d=e 4:20"];
        assert_eq!(shown, want);
        assert_eq!(read("{\n\"a\": }").unwrap_err().0, 7);
        assert_eq!(read("").unwrap(), []);
        let many = format!("[{}]", "1,".repeat(MAX_VALUES + 1));
        assert_eq!(read(&many).unwrap_err().1, "it has more values than are looked at");
    }
}
