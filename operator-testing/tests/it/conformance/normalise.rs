//! Takes out of an answer what differs from server to server: uids, versions, times, generated names.

use std::{collections::BTreeMap, sync::LazyLock};

use regex::{Captures, Regex};
use serde_json::{Map, Value};

static UID: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b").unwrap()
});
static TIME: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z\b").unwrap());
static SCHEME: LazyLock<Regex> = LazyLock::new(|| Regex::new(r#"in scheme "[^"]*""#).unwrap());
static TOO_OLD: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"too old resource version: \d+ \(\d+\)").unwrap());
static VERSION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\b(resourceVersion|resource version|requested|current|latest)[:=]? ?\(?(\d+)\)?").unwrap()
});

/// Stable symbols for uids and generated names, in the order in which a conversation shows them.
#[derive(Debug, Default)]
pub(crate) struct Names {
    uids: Vec<String>,
    generated: Vec<String>,
}

impl Names {
    /// Remembers the uids of an answer in the order of its text.
    pub(crate) fn note_uids(&mut self, text: &str) {
        for uid in UID.find_iter(text) {
            if !self.uids.iter().any(|known| known == uid.as_str()) {
                self.uids.push(uid.as_str().to_owned());
            }
        }
    }

    /// Remembers the name of an object if the server made it up.
    pub(crate) fn note_generated(&mut self, body: &Value) {
        let text = |field: &str| body["metadata"][field].as_str().unwrap_or_default();
        let (base, name) = (text("generateName"), text("name"));
        if !base.is_empty() && name.starts_with(base) && !self.generated.iter().any(|known| known == name) {
            self.generated.push(name.to_owned());
        }
    }

    /// A text with symbols in it.
    pub(crate) fn text(&self, text: &str) -> String {
        let symbol = |captures: &Captures<'_>| {
            let place = self.uids.iter().position(|known| *known == captures[0]);
            place.map_or_else(|| "<uid?>".to_owned(), |index| format!("<uid{}>", index + 1))
        };
        let text = UID.replace_all(text, symbol);
        let text = TIME.replace_all(&text, "<time>");
        let mut text = SCHEME
            .replace_all(&text, r#"in scheme "<source file>""#)
            .into_owned();
        for (index, name) in self.generated.iter().enumerate() {
            text = text.replace(name, &format!("<generated{}>", index + 1));
        }
        if text.contains("resource") || text.contains("too old") {
            text = VERSION.replace_all(&text, "$1 <rv>").into_owned();
            text = TOO_OLD
                .replace_all(&text, "too old resource version: <rv> (<rv>)")
                .into_owned();
        }
        text
    }

    fn value(&self, value: &Value, keep_managers: bool) -> Value {
        match value {
            Value::Object(members) => members
                .iter()
                .filter(|(name, _)| keep_managers || *name != "managedFields")
                .map(|(name, value)| {
                    let shown = match (name.as_str(), value) {
                        ("continue", Value::String(token)) if !token.is_empty() => "<token>".into(),
                        ("resourceVersion", Value::String(version))
                            if version.is_empty() || version == "0" =>
                        {
                            value.clone()
                        }
                        ("resourceVersion", Value::Null) => Value::Null,
                        ("resourceVersion", _) => "<rv>".into(),
                        _ => self.value(value, keep_managers),
                    };
                    (name.clone(), shown)
                })
                .collect::<Map<_, _>>()
                .into(),
            Value::Array(items) => items.iter().map(|item| self.value(item, keep_managers)).collect(),
            Value::String(text) => self.text(text).into(),
            other => other.clone(),
        }
    }
}

/// The part of an answer that a step compares.
pub(crate) fn shape(body: &Value, step: &Value, names: &Names) -> Value {
    let keep = step["keep"]
        .as_array()
        .is_some_and(|kept| kept.iter().any(|field| field == "managedFields"));
    let mut shown = names.value(body, keep);
    if !shown.is_object() {
        return shown;
    }
    if let Some(paths) = step["only"].as_array() {
        let mut out = Value::Object(Map::new());
        for path in paths {
            let parts: Vec<&str> = path.as_str().unwrap().split('.').collect();
            out = merge(out, only(&shown, &parts));
        }
        shown = out;
    }
    for path in step["ignore"].as_array().into_iter().flatten() {
        let parts: Vec<&str> = path.as_str().unwrap().split('.').collect();
        remove(&mut shown, &parts);
    }
    if let Some(field) = step["sortItemsBy"].as_str()
        && let Some(Value::Array(items)) = shown.get_mut("items")
    {
        items.sort_by_key(|item| item[field].to_string());
    }
    shown
}

fn only(node: &Value, parts: &[&str]) -> Value {
    let Some((first, rest)) = parts.split_first() else {
        return node.clone();
    };
    match node {
        Value::Array(items) => items.iter().map(|item| only(item, parts)).collect(),
        Value::Object(members) => members
            .get(*first)
            .map(|value| ((*first).to_owned(), only(value, rest)))
            .into_iter()
            .collect::<Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

fn merge(a: Value, b: Value) -> Value {
    match (a, b) {
        (Value::Object(mut a), Value::Object(b)) => {
            for (name, value) in b {
                let merged = match a.remove(&name) {
                    Some(known) => merge(known, value),
                    None => value,
                };
                a.insert(name, merged);
            }
            a.into()
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.into_iter().zip(b).map(|(a, b)| merge(a, b)).collect()
        }
        (_, b) => b,
    }
}

fn remove(node: &mut Value, parts: &[&str]) {
    match node {
        Value::Array(items) => items.iter_mut().for_each(|item| remove(item, parts)),
        Value::Object(members) => match parts {
            [last] => {
                members.remove(*last);
            }
            [first, rest @ ..] => {
                if let Some(inner) = members.get_mut(*first) {
                    remove(inner, rest);
                }
            }
            [] => {}
        },
        _ => {}
    }
}

/// A minimal path: `a.b[0].c`, with `~1` for a dot in a name.
pub(crate) fn lookup<'a>(path: &str, value: &'a Value) -> Option<&'a Value> {
    let path = path.replace('[', ".[");
    path.split('.')
        .filter(|part| !part.is_empty())
        .try_fold(value, |value, part| {
            match part.strip_prefix('[').and_then(|part| part.strip_suffix(']')) {
                Some(index) => value.get(index.parse::<usize>().ok()?),
                None => value.get(part.replace("~1", ".")),
            }
        })
}

/// How a value stands to one saved earlier.
pub(crate) fn relation(body: &Value, path: &str, saved: &Value) -> &'static str {
    let Some(value) = lookup(path, body) else {
        return "absent";
    };
    if value == saved {
        return "same";
    }
    let number = |value: &Value| match value {
        Value::String(text) => text.parse::<i64>().ok(),
        other => other.as_i64(),
    };
    match (number(value), number(saved)) {
        (Some(value), Some(saved)) if value > saved => "newer",
        (Some(_), Some(_)) => "older",
        _ => "different",
    }
}

/// Fills variables in.
pub(crate) fn substitute(value: &Value, variables: &BTreeMap<String, Value>) -> Value {
    let fill = |text: &str| {
        variables.iter().fold(text.to_owned(), |text, (name, value)| {
            let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            text.replace(&format!("${{{name}}}"), &shown)
        })
    };
    match value {
        Value::String(text) => {
            let whole = variables.iter().find(|(name, _)| *text == format!("${{{name}}}"));
            whole.map_or_else(|| fill(text).into(), |(_, value)| value.clone())
        }
        Value::Array(items) => items.iter().map(|item| substitute(item, variables)).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| (fill(name), substitute(value, variables)))
            .collect::<Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}
