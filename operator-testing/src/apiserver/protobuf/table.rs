//! The committed table of messages, made by `reference/cmd/protobuf-fields`, which describes its form.

use std::{collections::BTreeMap, sync::LazyLock};

static TABLE: &str = include_str!("../../../data/protobuf.tsv");

/// One message.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) fields: Vec<Field>,
}

/// One field of a message.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) number: u64,
    /// The name of the JSON field; empty where the fields of a message stand among those of its parent.
    pub(super) name: &'static str,
    /// Whether a zero is written to JSON: it was set on purpose, or the field is never left out.
    pub(super) zero: bool,
    pub(super) kind: Kind,
}

/// The type of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Whole,
    Boolean,
    Fraction,
    Bytes,
    Time,
    MicroTime,
    Quantity,
    NumberOrText,
    Anything,
    FieldSet,
    Texts,
    Message(usize),
    List(Box<Kind>),
    Map(Box<Kind>),
}

/// What the table says.
pub(super) struct Table {
    messages: Vec<Message>,
    kinds: BTreeMap<&'static str, usize>,
}

/// The table, read at first use.
pub(super) static MESSAGES: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table {
        messages: Vec::new(),
        kinds: BTreeMap::new(),
    };
    for line in TABLE.lines() {
        let mut parts = line.split('\t');
        let name = parts.next().unwrap_or_default();
        if name.contains('/') {
            let message = parts.next().and_then(|number| number.parse().ok());
            table
                .kinds
                .insert(name, message.expect("a kind names the line of its message"));
        } else {
            let fields = parts.map(field).collect();
            table.messages.push(Message { fields });
        }
    }
    table
});

impl Table {
    /// The message on a line.
    pub(super) fn message(&self, line: usize) -> &Message {
        &self.messages[line]
    }

    /// The line of the message of a kind; `api_version` is as in the object.
    pub(super) fn line_of(&self, api_version: &str, kind: &str) -> Option<usize> {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        let name = if kind == "DeleteOptions" {
            "*/*/DeleteOptions".to_owned()
        } else {
            format!("{group}/{version}/{kind}")
        };
        self.kinds.get(name.as_str()).copied()
    }
}

fn field(text: &'static str) -> Field {
    let mut parts = text.splitn(3, ':');
    let mut part = || parts.next().expect("a field has a number, a name and a type");
    let (number, name, kind) = (part(), part(), part());
    let plain = kind.trim_start_matches(['?', '!']);
    Field {
        number: number.parse().expect("fields are numbered"),
        name,
        zero: plain.len() < kind.len(),
        kind: kind_of(plain),
    }
}

fn kind_of(text: &str) -> Kind {
    let (first, rest) = text.split_at(1);
    match first {
        "s" => Kind::Text,
        "i" => Kind::Whole,
        "b" => Kind::Boolean,
        "d" => Kind::Fraction,
        "y" => Kind::Bytes,
        "t" => Kind::Time,
        "u" => Kind::MicroTime,
        "q" => Kind::Quantity,
        "o" => Kind::NumberOrText,
        "r" => Kind::Anything,
        "f" => Kind::FieldSet,
        "x" => Kind::Texts,
        "@" => Kind::Message(rest.parse().expect("a message is named by its line")),
        "[" => Kind::List(Box::new(kind_of(rest))),
        "{" => Kind::Map(Box::new(kind_of(rest))),
        other => unreachable!("the table has no type {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_table_is_whole() {
        for (kind, line) in &MESSAGES.kinds {
            assert!(*line < MESSAGES.messages.len(), "{kind}");
        }
        fn check(kind: &Kind) {
            match kind {
                Kind::Message(line) => assert!(*line < MESSAGES.messages.len()),
                Kind::List(kind) | Kind::Map(kind) => check(kind),
                _ => {}
            }
        }
        for field in MESSAGES.messages.iter().flat_map(|message| &message.fields) {
            check(&field.kind);
        }
        assert!(MESSAGES.line_of("apps/v1", "Deployment").is_some());
        assert!(MESSAGES.line_of("v1", "Pod").is_some());
        assert!(MESSAGES.line_of("policy/v1", "DeleteOptions").is_some());
        assert!(MESSAGES.line_of("example.com/v1", "Pod").is_none());
    }
}
