//! Where a value stands in an object.

use std::fmt;

/// The way to a value. Every step stands on the stack of whoever took it: walking costs nothing, and nothing is written before
/// there is something to say about the value.
#[derive(Clone, Copy, Debug)]
pub(in crate::apiserver::types) enum Place<'a> {
    /// The value that the walk began with.
    Root,
    /// `place.name`, and `name` alone at the root.
    Field(&'a Self, &'a str),
    /// `place.name`, and `.name` at the root.
    Member(&'a Self, &'a str),
    /// `place[name]`.
    Entry(&'a Self, &'a str),
    /// `place[index]`.
    Item(&'a Self, usize),
}

impl Place<'_> {
    /// Whether there is nothing to write.
    pub(in crate::apiserver::types) fn is_empty(&self) -> bool {
        match self {
            Self::Root => true,
            Self::Field(outer, name) => name.is_empty() && outer.is_empty(),
            Self::Member(..) | Self::Entry(..) | Self::Item(..) => false,
        }
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Field(outer, name) if outer.is_empty() => f.write_str(name),
            Self::Field(outer, name) | Self::Member(outer, name) => write!(f, "{outer}.{name}"),
            Self::Entry(outer, name) => write!(f, "{outer}[{name}]"),
            Self::Item(outer, index) => write!(f, "{outer}[{index}]"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_written_as_messages_show_them() {
        let root = Place::Root;
        let (spec, ports, odd) = (
            Place::Field(&root, "spec"),
            Place::Member(&root, "ports"),
            Place::Field(&root, ""),
        );
        let item = Place::Item(&spec, 3);
        for (place, text) in [
            (root, ""),
            (spec, "spec"),
            (ports, ".ports"),
            (item, "spec[3]"),
            (Place::Field(&item, "name"), "spec[3].name"),
            (Place::Entry(&spec, "a.b"), "spec[a.b]"),
            (Place::Field(&odd, "x"), "x"),
            (Place::Member(&odd, "x"), ".x"),
        ] {
            assert_eq!(place.to_string(), text);
            assert_eq!(place.is_empty(), text.is_empty());
        }
    }
}
