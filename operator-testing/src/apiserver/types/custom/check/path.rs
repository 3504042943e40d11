//! Paths of fields within a schema.

use serde_json::Value;

/// The schema that a path leads to.
pub(super) fn follow<'a>(schema: &'a Value, path: &str, with_brackets: bool) -> Result<&'a Value, String> {
    let mut rest = path;
    let mut schema = schema;
    while !rest.is_empty() {
        let name;
        if let Some(after) = rest.strip_prefix('[') {
            if !with_brackets {
                return Err("array notation is not allowed".to_owned());
            }
            let quoted = after.strip_prefix('\'').and_then(|after| after.split_once("']"));
            let Some((inner, tail)) = quoted else {
                let token = after.split([']', '.']).next().unwrap_or_default();
                return Err(format!("expected single quoted string but got {token}"));
            };
            (name, rest) = (inner, tail);
        } else if let Some(after) = rest.strip_prefix('.') {
            let end = after.find(['.', '[']).unwrap_or(after.len());
            (name, rest) = after.split_at(end);
            if name.is_empty() {
                return Err("unexpected end of JSON path".to_owned());
            }
        } else {
            let token = rest.split(['.', '[', ']']).next().unwrap_or_default();
            return Err(format!("expected [ or . but got: {token}"));
        }
        schema = match (schema["properties"].as_object(), &schema["additionalProperties"]) {
            (Some(fields), _) => fields.get(name).ok_or("does not refer to a valid field")?,
            (None, additional) if additional.is_object() => additional,
            _ => return Err("does not refer to a valid field".to_owned()),
        };
    }
    Ok(schema)
}
