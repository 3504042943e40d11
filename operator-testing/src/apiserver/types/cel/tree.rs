//! An expression as a tree.

use super::kind::Kind;

/// A part of an expression.
#[derive(Debug)]
pub(super) struct Node {
    /// Counted from zero within an expression.
    pub(super) id: usize,
    /// Where it stands, in characters from the beginning.
    pub(super) at: usize,
    /// How many levels are below it.
    pub(super) depth: usize,
    pub(super) form: Form,
}

#[derive(Debug)]
pub(super) enum Form {
    Literal(Literal),
    Name(String),
    Select(Select),
    Call(Call),
    List {
        items: Vec<Node>,
        /// Which of the items may be missing.
        optional: Vec<usize>,
    },
    Map(Vec<Entry>),
    Message {
        name: String,
        fields: Vec<Field>,
    },
    Loop(Box<Loop>),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Literal {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    Text(String),
    Bytes(Vec<u8>),
}

impl Literal {
    /// A whole number without a sign.
    pub(super) fn unsigned(digits: &str) -> Option<Self> {
        let value = match digits.strip_prefix("0x") {
            Some(digits) => u64::from_str_radix(digits, 16),
            None => digits.parse(),
        };
        value.ok().map(Self::Uint)
    }

    /// A whole number.
    pub(super) fn whole(digits: &str, sign: &str) -> Option<Self> {
        let value = match digits.strip_prefix("0x") {
            Some(digits) => i64::from_str_radix(&format!("{sign}{digits}"), 16),
            None => format!("{sign}{digits}").parse(),
        };
        value.ok().map(Self::Int)
    }

    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Null => Kind::Null,
            Self::Bool(_) => Kind::Bool,
            Self::Int(_) => Kind::Int,
            Self::Uint(_) => Kind::Uint,
            Self::Double(_) => Kind::Double,
            Self::Text(_) => Kind::Text,
            Self::Bytes(_) => Kind::Bytes,
        }
    }
}

#[derive(Debug)]
pub(super) struct Select {
    pub(super) of: Box<Node>,
    pub(super) field: String,
    /// Only whether the field is there: `has()`.
    pub(super) is_test: bool,
}

#[derive(Debug)]
pub(super) struct Call {
    pub(super) function: String,
    pub(super) target: Option<Box<Node>>,
    pub(super) args: Vec<Node>,
}

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) key: Node,
    pub(super) value: Node,
    pub(super) is_optional: bool,
}

#[derive(Debug)]
pub(super) struct Field {
    pub(super) value: Node,
}

/// What a macro becomes: goes through a range, gathering a result.
#[derive(Debug)]
pub(super) struct Loop {
    pub(super) range: Node,
    pub(super) variable: String,
    /// With a second variable the first is the key or index and this one the value.
    pub(super) second: Option<String>,
    pub(super) gathered: String,
    pub(super) start: Node,
    pub(super) condition: Node,
    pub(super) step: Node,
    pub(super) result: Node,
}

impl Loop {
    /// Whether nothing is gone through: a name for a value.
    pub(super) fn only_names(&self) -> bool {
        matches!(&self.range.form, Form::List { items, .. } if items.is_empty())
            && matches!(self.condition.form, Form::Literal(Literal::Bool(false)))
    }
}

impl Node {
    /// The name that a node spells, dots included.
    pub(super) fn qualified_name(&self) -> Option<String> {
        match &self.form {
            Form::Name(name) => Some(name.clone()),
            Form::Select(select) if !select.is_test => {
                Some(format!("{}.{}", select.of.qualified_name()?, select.field))
            }
            _ => None,
        }
    }

    /// The parts that stand directly below a node.
    pub(super) fn children(&self) -> Vec<&Node> {
        match &self.form {
            Form::Literal(_) | Form::Name(_) => Vec::new(),
            Form::Select(select) => vec![&select.of],
            Form::Call(call) => call.target.as_deref().into_iter().chain(&call.args).collect(),
            Form::List { items, .. } => items.iter().collect(),
            Form::Map(entries) => entries
                .iter()
                .flat_map(|entry| [&entry.key, &entry.value])
                .collect(),
            Form::Message { fields, .. } => fields.iter().map(|field| &field.value).collect(),
            Form::Loop(inner) => {
                vec![
                    &inner.range,
                    &inner.start,
                    &inner.condition,
                    &inner.step,
                    &inner.result,
                ]
            }
        }
    }
}
