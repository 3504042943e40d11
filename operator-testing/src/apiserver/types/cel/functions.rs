//! The functions of the language, read from a table.

use std::{collections::HashMap, sync::LazyLock};

use super::kind::Kind;

static TABLE: &str = include_str!("../../../../data/cel-functions.tsv");

/// A function for some types of arguments.
#[derive(Debug)]
pub(super) struct Overload {
    pub(super) name: &'static str,
    /// Called on its first argument: `a.f(b)`.
    pub(super) is_method: bool,
    pub(super) args: Vec<Kind>,
    pub(super) result: Kind,
}

static FUNCTIONS: LazyLock<HashMap<&'static str, Vec<Overload>>> = LazyLock::new(|| {
    let mut functions: HashMap<_, Vec<_>> = HashMap::new();
    for line in TABLE.lines() {
        let mut columns = line.split('\t');
        let mut column = || columns.next().unwrap_or_default();
        let function = column();
        functions.entry(function).or_default().push(Overload {
            name: column(),
            is_method: column() == "method",
            args: Kind::parse_list(column()),
            result: Kind::parse(column()),
        });
    }
    functions
});

/// The overloads of a function, if there is one of that name.
pub(super) fn overloads(function: &str) -> Option<&'static [Overload]> {
    FUNCTIONS.get(function).map(Vec::as_slice)
}

/// The type that a name stands for, if it is the name of one.
pub(super) fn named_type(name: &str) -> Option<Kind> {
    let kind = match name {
        "bool" | "bytes" | "double" | "int" | "string" | "uint" | "net.IP" | "net.CIDR" => Kind::parse(name),
        "list" => Kind::parse("list(A)"),
        "map" => Kind::parse("map(A, B)"),
        "null_type" => Kind::Null,
        "type" => Kind::Type(None),
        "optional_type" => Kind::Opaque(name.into(), Vec::new()),
        "duration" | "google.protobuf.Duration" => Kind::Duration,
        "timestamp" | "google.protobuf.Timestamp" => Kind::Timestamp,
        _ => return None,
    };
    Some(kind)
}

/// Whether a type is declared by this name, but there is no value for it when an expression runs.
pub(super) fn is_only_declared(name: &str) -> bool {
    matches!(name, "duration" | "timestamp")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_complete() {
        assert_eq!(overloads("size").unwrap().len(), 8);
        let contains = &overloads("contains").unwrap()[0];
        assert!(contains.is_method && contains.args.len() == 2 && contains.result == Kind::Bool);
        assert!(overloads("nosuch").is_none());
        for overload in FUNCTIONS.values().flatten() {
            assert!(!overload.is_method || !overload.args.is_empty(), "{overload:?}");
        }
    }
}
