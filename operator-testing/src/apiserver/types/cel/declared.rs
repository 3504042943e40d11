//! What a variable may hold: its type and how large it can be.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use super::kind::Kind;

/// The largest request that a server reads.
pub(in crate::apiserver::types) const MOST_BYTES: u64 = 3 * 1024 * 1024;

/// A declared type with its sizes.
#[derive(Clone, Debug)]
pub(in crate::apiserver::types) struct Declared {
    pub(in crate::apiserver::types) shape: Shape,
    /// The most elements it can have: characters, items, entries.
    pub(in crate::apiserver::types) most: u64,
    /// The least bytes it takes in JSON.
    pub(in crate::apiserver::types) least_bytes: u64,
}

#[derive(Clone, Debug)]
pub(in crate::apiserver::types) enum Shape {
    Scalar(Kind),
    List(Box<Declared>),
    /// From texts to what follows.
    Map(Box<Declared>),
    /// Fields by the names that expressions use.
    Object(BTreeMap<String, Declared>),
}

/// The types of objects by their names.
pub(super) type Objects<'a> = HashMap<Arc<str>, &'a BTreeMap<String, Declared>>;

impl Declared {
    /// The type for the checker; objects get names that begin with `name`.
    pub(super) fn kind<'a>(&'a self, name: &str, objects: &mut Objects<'a>) -> Kind {
        match &self.shape {
            Shape::Scalar(kind) => kind.clone(),
            Shape::List(of) => Kind::list(of.kind(&format!("{name}.@idx"), objects)),
            Shape::Map(of) => Kind::map(Kind::Text, of.kind(&format!("{name}.@elem"), objects)),
            Shape::Object(fields) => {
                let name: Arc<str> = name.into();
                objects.insert(name.clone(), fields);
                Kind::Object(name)
            }
        }
    }

    /// The most elements of what a path leads to; its first step is the variable.
    pub(super) fn most_at<'a>(&self, path: impl Iterator<Item = &'a str>) -> Option<u64> {
        let mut here = self;
        let mut steps = path.skip(1).peekable();
        while let Some(step) = steps.next() {
            here = match (&here.shape, step) {
                (Shape::List(of) | Shape::Map(of), "@items" | "@values") => of,
                // Nothing is known of the sizes of keys: they count as empty.
                (Shape::Map(_), "@keys") => return steps.peek().is_none().then_some(0),
                (Shape::Object(fields), field) => fields.get(field)?,
                _ => return None,
            };
        }
        Some(here.most)
    }
}
