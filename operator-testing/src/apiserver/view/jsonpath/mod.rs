//! JSONPath as printer columns use it: the dialect of kubectl, not that of RFC 9535.
//!
//! Fields (`.a.b`, `['a']`, `.a\.b`), lists (`[0]`, `[-1]`, `[1:3]`, `[*]`, `[0,2]`), wildcards (`.*`), recursive descent
//! (`..a`) and filters (`[?(@.type=="Ready")]`) with one comparison each.
//!
//! Source: `k8s.io/client-go/util/jsonpath`.

mod eval;
mod parse;
mod print;

pub use eval::Mismatch;
pub use parse::JsonPathError;
pub(crate) use print::text;

use std::borrow::Cow;

use serde_json::Value;

/// A parsed path.
#[derive(Clone, Debug, PartialEq)]
pub struct JsonPath {
    nodes: Vec<Node>,
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq)]
enum Node {
    Field(String),
    Wildcard,
    Recursive,
    Slice(Slice),
    Union(Vec<Vec<Node>>),
    Filter(Filter),
    Literal(Value),
}

/// Part of a list.
#[derive(Clone, Debug, PartialEq)]
struct Slice {
    start: Option<i64>,
    end: Option<i64>,
    /// Whether `end` stands for "only the element at `start`".
    single: bool,
    step: Option<i64>,
}

/// A condition on the elements of a list.
#[derive(Clone, Debug, PartialEq)]
struct Filter {
    left: Vec<Node>,
    /// `None` asks only whether the left side is there.
    comparison: Option<(Operator, Vec<Node>)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl JsonPath {
    /// Parses a path as it is written in a CustomResourceDefinition, without braces around it.
    ///
    /// # Errors
    /// The path is not one: unclosed brackets, unknown characters, an index that is no number.
    pub fn parse(path: &str) -> Result<Self, JsonPathError> {
        parse::path(path).map(|nodes| Self { nodes })
    }

    /// Everything the path leads to; a missing key leads nowhere.
    ///
    /// # Errors
    /// The value has not the shape that the path expects: a list index on a map, an index out of bounds, a comparison of a
    /// number with a string.
    pub fn find<'a>(&'a self, value: &'a Value) -> Result<Vec<Cow<'a, Value>>, Mismatch> {
        eval::walk(&self.nodes, vec![Cow::Borrowed(value)])
    }
}
