//! The types of the language.

use std::{fmt, sync::Arc};

/// The type of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::apiserver::types) enum Kind {
    Bool,
    Bytes,
    Double,
    Duration,
    Int,
    Null,
    Text,
    Timestamp,
    Uint,
    /// Known only when the expression runs.
    Dyn,
    /// Of what does not fit: everything is accepted of it, since the mistake is reported already.
    Error,
    List(Arc<Kind>),
    Map(Arc<Kind>, Arc<Kind>),
    /// A type as a value.
    Type(Option<Arc<Kind>>),
    /// With fields, if it is declared.
    Object(Arc<str>),
    /// Without fields; some have parameters.
    Opaque(Arc<str>, Vec<Kind>),
    /// What stands for any type in the declaration of a function.
    Parameter(Arc<str>),
}

const OPTIONAL: &str = "optional_type";

impl Kind {
    pub(super) fn list(of: Self) -> Self {
        Self::List(Arc::new(of))
    }

    pub(super) fn map(key: Self, value: Self) -> Self {
        Self::Map(Arc::new(key), Arc::new(value))
    }

    pub(in crate::apiserver::types) fn optional(of: Self) -> Self {
        Self::Opaque(OPTIONAL.into(), vec![of])
    }

    /// What an optional may hold.
    pub(super) fn held(&self) -> Option<&Self> {
        match self {
            Self::Opaque(name, of) if **name == *OPTIONAL => of.first(),
            _ => None,
        }
    }

    pub(super) fn is_dyn(&self) -> bool {
        *self == Self::Dyn
    }

    pub(super) fn is_dyn_or_error(&self) -> bool {
        matches!(self, Self::Dyn | Self::Error)
    }

    /// The parameters of a type.
    pub(super) fn parameters(&self) -> Vec<&Self> {
        match self {
            Self::List(of) => vec![of],
            Self::Map(key, value) => vec![key, value],
            Self::Type(of) => of.iter().map(|of| &**of).collect(),
            Self::Opaque(_, of) => of.iter().collect(),
            _ => Vec::new(),
        }
    }

    /// Whether every value of a type is as large as any other.
    pub(super) fn is_scalar(&self) -> bool {
        match self {
            Self::Bool | Self::Double | Self::Duration | Self::Int | Self::Timestamp | Self::Uint => true,
            _ => self.held().is_some_and(Self::is_scalar),
        }
    }

    /// Whether values may be null for reasons of history.
    pub(super) fn is_nullable(&self) -> bool {
        matches!(
            self,
            Self::Null | Self::Dyn | Self::Object(_) | Self::Opaque(..) | Self::Duration | Self::Timestamp
        )
    }

    /// Reads a type as the table of functions writes it.
    pub(super) fn parse(text: &str) -> Self {
        let plain = match text {
            "bool" => Self::Bool,
            "bytes" => Self::Bytes,
            "double" => Self::Double,
            "duration" => Self::Duration,
            "int" => Self::Int,
            "null" => Self::Null,
            "string" => Self::Text,
            "timestamp" => Self::Timestamp,
            "uint" => Self::Uint,
            "dyn" => Self::Dyn,
            "type" => Self::Type(None),
            "net.IP" | "net.CIDR" => Self::Opaque(text.into(), Vec::new()),
            _ if text.len() == 1 => Self::Parameter(text.into()),
            _ => Self::Object(text.into()),
        };
        let Some((name, rest)) = text.split_once('(') else {
            return plain;
        };
        let mut of = Self::parse_list(rest.strip_suffix(')').unwrap_or(rest)).into_iter();
        match (name, of.next(), of.next()) {
            ("list", Some(of), None) => Self::list(of),
            ("map", Some(key), Some(value)) => Self::map(key, value),
            ("type", Some(of), None) => Self::Type(Some(Arc::new(of))),
            (_, Some(of), None) => Self::Opaque(name.into(), vec![of]),
            _ => plain,
        }
    }

    /// Types that are separated by commas.
    pub(super) fn parse_list(text: &str) -> Vec<Self> {
        let (mut depth, mut start) = (0, 0);
        let mut out = Vec::new();
        for (at, c) in text.char_indices() {
            match c {
                '(' => depth += 1,
                ')' => depth -= 1,
                ',' if depth == 0 => {
                    out.push(Self::parse(text[start..at].trim()));
                    start = at + 1;
                }
                _ => {}
            }
        }
        let last = text[start..].trim();
        if !last.is_empty() {
            out.push(Self::parse(last));
        }
        out
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Bool => "bool",
            Self::Bytes => "bytes",
            Self::Double => "double",
            Self::Duration => "duration",
            Self::Int => "int",
            Self::Null => "null",
            Self::Text => "string",
            Self::Timestamp => "timestamp",
            Self::Uint => "uint",
            Self::Dyn => "dyn",
            Self::Error => "!error!",
            Self::List(_) => "list",
            Self::Map(..) => "map",
            Self::Type(_) => "type",
            Self::Object(name) | Self::Opaque(name, _) | Self::Parameter(name) => name,
        };
        f.write_str(name)?;
        let of = self.parameters();
        if of.is_empty() {
            return Ok(());
        }
        let of: Vec<_> = of.into_iter().map(ToString::to_string).collect();
        write!(f, "({})", of.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_read_and_shown() {
        for text in [
            "string",
            "list(map(string, A))",
            "optional_type(list(V))",
            "kubernetes.Quantity",
            "net.IP",
            "type(int)",
            "type",
        ] {
            assert_eq!(Kind::parse(text).to_string(), text);
        }
        assert_eq!(
            Kind::parse_list("map(A, B), A"),
            [Kind::parse("map(A, B)"), Kind::parse("A")]
        );
        assert_eq!(Kind::parse_list(""), []);
    }
}
