//! Paths of fields within a schema.
//!
//! Source: `ValidFieldPath` in `k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel/validation.go`.

use serde_json::{Map, Value};

/// Where a path leads.
#[derive(Debug)]
pub(super) struct Found<'a> {
    /// The path as errors show it.
    pub(super) shown: String,
    /// The schema there; `None` where a map takes any value.
    pub(super) schema: Option<&'a Map<String, Value>>,
}

/// Follows a path from a schema.
///
/// # Errors
/// Why it leads nowhere.
pub(super) fn follow<'a>(
    schema: &'a Map<String, Value>,
    path: &str,
    with_brackets: bool,
) -> Result<Found<'a>, String> {
    let mut found = Found {
        shown: String::new(),
        schema: Some(schema),
    };
    let mut tokens = Tokens(path);
    let end = || "unexpected end of JSON path".to_owned();
    while let Some(token) = tokens.next() {
        match token {
            "[" if !with_brackets => return Err("array notation is not allowed".to_owned()),
            "[" => {
                let token = tokens.next().ok_or_else(end)?;
                let quoted = token.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
                let Some(quoted) = quoted else {
                    return Err(format!("expected single quoted string but got {token}"));
                };
                found.step(&unescaped(quoted)?)?;
                match tokens.next() {
                    None => return Err(end()),
                    Some("]") => {}
                    Some(other) => return Err(format!("expected ] but got {other}")),
                }
            }
            "." => found.step(tokens.next().ok_or_else(end)?)?,
            other => return Err(format!("expected [ or . but got: {other}")),
        }
    }
    Ok(found)
}

impl Found<'_> {
    fn step(&mut self, name: &str) -> Result<(), String> {
        let nowhere = || "does not refer to a valid field".to_owned();
        let schema = self.schema.ok_or_else(nowhere)?;
        let fields = schema.get("properties").and_then(Value::as_object);
        if let Some(fields) = fields.filter(|fields| !fields.is_empty()) {
            if !self.shown.is_empty() {
                self.shown.push('.');
            }
            self.shown += name;
            self.schema = Some(fields.get(name).and_then(Value::as_object).ok_or_else(nowhere)?);
        } else {
            let values = schema
                .get("additionalProperties")
                .filter(|values| !values.is_null());
            self.shown += &format!("[{name}]");
            self.schema = values.ok_or_else(nowhere)?.as_object();
        }
        Ok(())
    }
}

/// Names, texts in single quotes, and what stands between them.
struct Tokens<'p>(&'p str);

impl<'p> Iterator for Tokens<'p> {
    type Item = &'p str;

    fn next(&mut self) -> Option<&'p str> {
        let Self(rest) = *self;
        if rest.is_empty() {
            return None;
        }
        let end = if rest.starts_with('\'') {
            let bytes = rest.as_bytes();
            let closes = |at: &usize| bytes[*at] == b'\'' && bytes[at - 1] != b'\\';
            (1..bytes.len()).find(closes).map_or(rest.len(), |at| at + 1)
        } else {
            // what separates names stands alone
            rest.find(['.', '[', ']']).map_or(rest.len(), |at| at.max(1))
        };
        let (token, rest) = rest.split_at(end);
        *self = Self(rest);
        Some(token)
    }
}

/// The text between single quotes.
fn unescaped(quoted: &str) -> Result<String, String> {
    let mut text = String::new();
    let mut letters = quoted.chars();
    while let Some(letter) = letters.next() {
        let escaped = if letter == '\\' { letters.next() } else { None };
        text.push(match escaped {
            None => letter,
            Some('a') => '\u{7}',
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('v') => '\u{b}',
            Some(same @ ('\'' | '\\')) => same,
            Some(other) => return Err(format!("invalid string literal: invalid escape char \\{other}")),
        });
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(path: &str) -> Result<String, String> {
        let schema = json!({"properties": {
            "a": {"properties": {"b.c": {"type": "string"}}},
            "m": {"additionalProperties": {"properties": {"x": {}}}},
            "s": {"type": "string"}}});
        follow(schema.as_object().expect("an object"), path, true).map(|found| found.shown)
    }

    #[test]
    fn paths_are_shown_with_the_keys_of_maps_in_brackets() {
        for (path, expected) in [
            (".a", "a"),
            ("['a']['b.c']", "a.b.c"),
            (".m.k", "m[k]"),
            (".m['it\\'s'].x", "m[it's].x"),
        ] {
            assert_eq!(shown(path).as_deref(), Ok(expected), "{path}");
        }
    }

    #[test]
    fn what_leads_nowhere_says_why() {
        for (path, expected) in [
            ("a", "expected [ or . but got: a"),
            (".", "unexpected end of JSON path"),
            ("..a", "does not refer to a valid field"),
            (".nope", "does not refer to a valid field"),
            (".s.a", "does not refer to a valid field"),
            ("[a]", "expected single quoted string but got a"),
            ("['a'", "unexpected end of JSON path"),
            ("['a'.", "expected ] but got ."),
            ("['\\q']", "invalid string literal: invalid escape char \\q"),
        ] {
            assert_eq!(shown(path), Err(expected.to_owned()), "{path}");
        }
    }
}
