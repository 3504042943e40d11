//! YAML as the real server reads it: version 1.1, where `yes` and `on` are true and `010` is eight.
//!
//! The first document of a body counts, the others are ignored. Keys become text whatever they are, and a key that occurs
//! twice counts the second time, which strict decoding complains about.
//!
//! Source: `sigs.k8s.io/yaml`, `go.yaml.in/yaml/v2`.

use std::collections::BTreeMap;

use granit_parser::{Event, Parser, ScalarStyle, Span, Tag};
use serde_json::{Map, Number, Value};

use crate::apiserver::types::decode::MAX_DEPTH;

/// A document that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// What it says.
    pub value: Value,
    /// Keys that occur twice: `line 6: key "k" already set in map`.
    pub duplicates: Vec<String>,
}

/// How many nodes a document may have once its aliases are written out.
const MAX_NODES: usize = 1_000_000;

/// Reads the first document of a text; an empty text is `null`.
///
/// # Errors
/// What is wrong with the text, in words close to the real server's.
pub fn read(text: &str) -> Result<Document, String> {
    let mut reader = Reader {
        events: Parser::new_from_str_with_options(text, granit_parser::options! { emit_comments: false }),
        anchors: BTreeMap::new(),
        duplicates: Vec::new(),
        nodes: 0,
    };
    let value = loop {
        match reader.next()? {
            Some((Event::StreamStart | Event::DocumentStart(..), _)) => {}
            Some((Event::StreamEnd | Event::DocumentEnd, _)) | None => break Value::Null,
            Some((event, span)) => break reader.node(event, &span, 0)?.value,
        }
    };
    Ok(Document {
        value,
        duplicates: reader.duplicates,
    })
}

struct Reader<'t, I: Iterator<Item = Result<(Event<'t>, Span), granit_parser::ScanError>>> {
    events: I,
    anchors: BTreeMap<usize, Node>,
    duplicates: Vec<String>,
    nodes: usize,
}

/// A value with what it is as a key.
#[derive(Clone)]
struct Node {
    value: Value,
    /// Whether it is the plain word `<<`, which merges a map into another.
    merges: bool,
    size: usize,
    /// How many lists and maps stand within one another.
    depth: usize,
}

impl<'t, I: Iterator<Item = Result<(Event<'t>, Span), granit_parser::ScanError>>> Reader<'t, I> {
    fn next(&mut self) -> Result<Option<(Event<'t>, Span)>, String> {
        match self.events.next() {
            None => Ok(None),
            Some(Ok(event)) => Ok(Some(event)),
            Some(Err(error)) => {
                let (line, why) = (error.marker().line(), error.kind().to_string());
                // the parser has a limit of its own, which is beyond ours
                let depth = if why == "recursion limit exceeded" {
                    usize::MAX
                } else {
                    0
                };
                check_depth(depth)?;
                Err(format!("error converting YAML to JSON: yaml: line {line}: {why}"))
            }
        }
    }

    fn take(&mut self) -> Result<(Event<'t>, Span), String> {
        self.next()?
            .ok_or_else(|| "error converting YAML to JSON: yaml: unexpected end of stream".to_owned())
    }

    fn node(&mut self, event: Event<'t>, span: &Span, depth: usize) -> Result<Node, String> {
        let opens = matches!(event, Event::SequenceStart(..) | Event::MappingStart(..));
        check_depth(depth + usize::from(opens))?;
        let (anchor, node) = match event {
            Event::Alias(id) => {
                let node = self.anchors.get(&id).cloned().ok_or_else(|| {
                    format!(
                        "error converting YAML to JSON: yaml: line {}: unknown anchor",
                        span.start.line()
                    )
                })?;
                self.count(node.size)?;
                check_depth(depth + node.depth)?;
                return Ok(node);
            }
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain;
                let node = Node {
                    value: scalar(&text, plain, tag.as_deref())?,
                    merges: plain && text == "<<",
                    size: 1,
                    depth: 0,
                };
                (anchor, node)
            }
            Event::SequenceStart(_, anchor, _) => {
                let (mut items, mut size, mut inner) = (Vec::new(), 1, 0);
                loop {
                    let (event, span) = self.take()?;
                    if event == Event::SequenceEnd {
                        break;
                    }
                    let item = self.node(event, &span, depth + 1)?;
                    size += item.size;
                    inner = inner.max(item.depth);
                    items.push(item.value);
                }
                (anchor, Node::of(items.into(), size, inner + 1))
            }
            Event::MappingStart(_, anchor, _) => (anchor, self.map(depth)?),
            other => {
                return Err(format!(
                    "error converting YAML to JSON: yaml: unexpected {other:?}"
                ));
            }
        };
        self.count(1)?;
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn map(&mut self, depth: usize) -> Result<Node, String> {
        let (mut members, mut merged, mut size, mut inner) = (Map::new(), Vec::new(), 1, 0);
        loop {
            let (event, span) = self.take()?;
            if event == Event::MappingEnd {
                break;
            }
            let line = span.start.line();
            let key = self.node(event, &span, depth + 1)?;
            let (event, span) = self.take()?;
            let value = self.node(event, &span, depth + 1)?;
            size += key.size + value.size;
            inner = inner.max(value.depth);
            if key.merges {
                merged.push(value.value);
                continue;
            }
            let key = key_text(&key.value).ok_or_else(|| {
                format!(
                    "error converting YAML to JSON: yaml: line {line}: invalid map key: {}",
                    key.value
                )
            })?;
            if members.insert(key.clone(), value.value).is_some() {
                self.duplicates
                    .push(format!("line {line}: key {key:?} already set in map"));
            }
        }
        for source in merged {
            let sources = match source {
                Value::Array(list) => list,
                one => vec![one],
            };
            for source in sources {
                let Value::Object(source) = source else {
                    return Err(
                        "error converting YAML to JSON: yaml: map merge requires map or sequence of maps as the value"
                            .into(),
                    );
                };
                for (key, value) in source {
                    members.entry(key).or_insert(value);
                }
            }
        }
        Ok(Node::of(members.into(), size, inner + 1))
    }

    /// Counts nodes, so that aliases of aliases do not grow without end.
    fn count(&mut self, nodes: usize) -> Result<(), String> {
        self.nodes += nodes;
        if self.nodes > MAX_NODES {
            return Err("error converting YAML to JSON: yaml: document contains excessive aliasing".into());
        }
        Ok(())
    }
}

fn check_depth(depth: usize) -> Result<(), String> {
    if depth > MAX_DEPTH {
        // the number is the real server's
        return Err("error converting YAML to JSON: yaml: exceeded max depth of 10000".into());
    }
    Ok(())
}

impl Node {
    fn of(value: Value, size: usize, depth: usize) -> Self {
        Self {
            value,
            merges: false,
            size,
            depth,
        }
    }
}

fn key_text(key: &Value) -> Option<String> {
    match key {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(key.to_string()),
        Value::Null => Some("null".to_owned()),
        Value::Array(_) | Value::Object(_) => None,
    }
}

fn scalar(text: &str, plain: bool, tag: Option<&Tag>) -> Result<Value, String> {
    let suffix = tag.map(Tag::suffix);
    match suffix {
        Some("str" | "binary") => return Ok(text.into()),
        Some("float") => {
            return match resolve(text)? {
                Value::Number(number) => Ok(number
                    .as_f64()
                    .and_then(Number::from_f64)
                    .map_or(Value::Null, Value::Number)),
                other => Ok(other),
            };
        }
        _ => {}
    }
    if plain || suffix.is_some() {
        resolve(text)
    } else {
        Ok(text.into())
    }
}

/// The value of a plain scalar.
fn resolve(text: &str) -> Result<Value, String> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Ok(Value::Null),
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return Ok(true.into());
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Ok(false.into());
        }
        ".nan" | ".NaN" | ".NAN" | ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" | "-.inf"
        | "-.Inf" | "-.INF" => {
            return Err(format!(
                "error converting YAML to JSON: json: unsupported value: {}",
                text.trim_start_matches('.')
            ));
        }
        _ => {}
    }
    if !text.starts_with(['+', '-', '.', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']) {
        return Ok(text.into());
    }
    let digits = text.replace('_', "");
    Ok(integer(&digits)
        .or_else(|| float(&digits))
        .map_or_else(|| text.into(), Value::Number))
}

/// A whole number: decimal, `0x`, `0o`, `0b`, or octal with a leading zero.
fn integer(text: &str) -> Option<Number> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let lower = digits.to_ascii_lowercase();
    let (radix, digits) = match lower.get(..2) {
        Some("0x") => (16, &lower[2..]),
        Some("0o") => (8, &lower[2..]),
        Some("0b") => (2, &lower[2..]),
        Some(_) if lower.starts_with('0') => (8, &lower[1..]),
        _ => (10, lower.as_str()),
    };
    let value = u64::from_str_radix(digits, radix).ok()?;
    if negative {
        let value = i64::try_from(-i128::from(value)).ok()?;
        Some(value.into())
    } else {
        Some(value.into())
    }
}

fn float(text: &str) -> Option<Number> {
    let body = text.trim_start_matches(['+', '-']);
    let looks_so = body.starts_with(|first: char| first == '.' || first.is_ascii_digit())
        && body
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-'));
    if !looks_so {
        return None;
    }
    Number::from_f64(text.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn value(text: &str) -> Value {
        read(text).expect("good YAML").value
    }

    #[test]
    fn words_and_numbers_of_yaml_1_1() {
        assert_eq!(
            value(
                "{on: yes, off: No, a: 010, b: 0x1F, c: 1_000, d: 1.5e3, e: ~, f: , g: -3, h: 08, i: 1.2.3, j: '5', k: 2020-01-01}"
            ),
            json!({
                "true": true, "false": false, "a": 8, "b": 31, "c": 1000, "d": 1500.0, "e": null, "f": null, "g": -3,
                "h": 8.0, "i": "1.2.3", "j": "5", "k": "2020-01-01",
            })
        );
        assert_eq!(value("just text"), json!("just text"));
        assert_eq!(value(""), Value::Null);
        assert_eq!(value("# nothing\n"), Value::Null);
        assert_eq!(value("a: !!str 5\nb: \"yes\""), json!({"a": "5", "b": "yes"}));
        assert_eq!(value("1: a\ny: b"), json!({"1": "a", "true": "b"}));
        assert!(read("a: .inf").is_err());
    }

    #[test]
    fn structure_and_aliases() {
        assert_eq!(
            value("a: &same {k: v}\nb: *same\nc:\n- 1\n- x\nd: |\n  line 1\n  line 2\n"),
            json!({"a": {"k": "v"}, "b": {"k": "v"}, "c": [1, "x"], "d": "line 1\nline 2\n"})
        );
        assert_eq!(
            value("base: &base {x: 1, z: 2}\nthis:\n  <<: *base\n  z: 3\n"),
            json!({"base": {"x": 1, "z": 2}, "this": {"x": 1, "z": 3}})
        );
        assert_eq!(value("a: first\n---\na: second\n"), json!({"a": "first"}));
    }

    #[test]
    fn duplicates_are_reported_and_the_last_one_counts() {
        let document = read("a: 1\ndata:\n  k: v\n  k: w\n").expect("good YAML");
        assert_eq!(document.value, json!({"a": 1, "data": {"k": "w"}}));
        assert_eq!(document.duplicates, [r#"line 4: key "k" already set in map"#]);
    }

    #[test]
    fn what_grows_without_end_is_refused() {
        let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for level in 1..12 {
            let refs = vec![format!("*a{}", level - 1); 10].join(", ");
            text += &format!("a{level}: &a{level} [{refs}]\n");
        }
        assert!(read(&text).is_err());
        assert!(read("a: [\n").is_err());
        assert!(read("a: *nothing\n").is_err());
    }
}
