//! From path and value to results.

use std::{borrow::Cow, cmp::Ordering};

use serde_json::Value;

use super::{Filter, Node, Operator, Slice};

/// The value does not have the shape that the path expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the value does not have the shape that the path expects")]
pub struct Mismatch;

type Found<'a> = Vec<Cow<'a, Value>>;

/// Follows the nodes from every value of `from`.
pub(super) fn walk<'a>(nodes: &'a [Node], from: Found<'a>) -> Result<Found<'a>, Mismatch> {
    nodes.iter().try_fold(from, |values, node| step(node, values))
}

fn step<'a>(node: &'a Node, values: Found<'a>) -> Result<Found<'a>, Mismatch> {
    match node {
        Node::Literal(literal) => Ok(values.iter().map(|_| Cow::Borrowed(literal)).collect()),
        Node::Field(name) => Ok(values
            .into_iter()
            .filter_map(|value| member(value, name))
            .collect()),
        Node::Wildcard => Ok(values.into_iter().flat_map(members).collect()),
        Node::Recursive => Ok(values.into_iter().flat_map(descendants).collect()),
        Node::Slice(slice) => flat(values, |value| elements(value, slice)),
        Node::Union(choices) => {
            let mut found = Vec::new();
            for choice in choices {
                found.extend(walk(choice, values.clone())?);
            }
            Ok(found)
        }
        Node::Filter(filter) => flat(values, |value| matching(value, filter)),
    }
}

fn flat<'a>(
    values: Found<'a>,
    each: impl Fn(Cow<'a, Value>) -> Result<Found<'a>, Mismatch>,
) -> Result<Found<'a>, Mismatch> {
    let mut found = Vec::new();
    for value in values {
        found.extend(each(value)?);
    }
    Ok(found)
}

fn member<'a>(value: Cow<'a, Value>, name: &str) -> Option<Cow<'a, Value>> {
    match value {
        Cow::Borrowed(value) => value.get(name).map(Cow::Borrowed),
        Cow::Owned(value) => value.get(name).cloned().map(Cow::Owned),
    }
}

fn members(value: Cow<'_, Value>) -> Found<'_> {
    match value {
        Cow::Borrowed(Value::Array(items)) => items.iter().map(Cow::Borrowed).collect(),
        Cow::Borrowed(Value::Object(fields)) => fields.values().map(Cow::Borrowed).collect(),
        Cow::Owned(Value::Array(items)) => items.into_iter().map(Cow::Owned).collect(),
        Cow::Owned(Value::Object(fields)) => fields.into_iter().map(|(_, value)| Cow::Owned(value)).collect(),
        _ => Vec::new(),
    }
}

/// The value and everything below it that has something below itself.
fn descendants(value: Cow<'_, Value>) -> Found<'_> {
    let below = members(value.clone());
    if below.is_empty() {
        return Vec::new();
    }
    let mut found = vec![value];
    found.extend(below.into_iter().flat_map(descendants));
    found
}

fn elements<'a>(value: Cow<'a, Value>, slice: &Slice) -> Result<Found<'a>, Mismatch> {
    if value.is_null() {
        return Ok(Vec::new());
    }
    let Some(length) = value.as_array().map(Vec::len) else {
        return Err(Mismatch);
    };
    let length = i64::try_from(length).map_err(|_| Mismatch)?;
    let mut start = slice.start.unwrap_or(0);
    if start < 0 {
        start += length;
    }
    let mut end = slice.end.unwrap_or(length);
    if end < 0 || (end == 0 && slice.single) {
        end += length;
    }
    if start == end {
        return Ok(Vec::new());
    }
    let inside = (0..length).contains(&start) && (0..=length).contains(&end) && start < end;
    let step = slice.step.unwrap_or(1);
    if !inside || step <= 0 {
        return Err(Mismatch);
    }
    let place = |index: i64| usize::try_from(index).map_err(|_| Mismatch);
    let (start, count, step) = (place(start)?, place(end - start)?, place(step)?);
    Ok(members(value)
        .into_iter()
        .skip(start)
        .take(count)
        .step_by(step)
        .collect())
}

fn matching<'a>(value: Cow<'a, Value>, filter: &'a Filter) -> Result<Found<'a>, Mismatch> {
    if !value.is_array() {
        return Err(Mismatch);
    }
    let mut found = Vec::new();
    for element in members(value) {
        if passes(&element, filter)? {
            found.push(element);
        }
    }
    Ok(found)
}

fn passes(element: &Value, filter: &Filter) -> Result<bool, Mismatch> {
    let left = walk(&filter.left, vec![Cow::Borrowed(element)]);
    let Some((operator, right)) = &filter.comparison else {
        return Ok(left.is_ok_and(|left| !left.is_empty()));
    };
    let (left, right) = (left?, walk(right, vec![Cow::Borrowed(element)])?);
    match (left.as_slice(), right.as_slice()) {
        ([], _) | (_, []) => Ok(false),
        ([left], [right]) => compare(left, *operator, right),
        _ => Err(Mismatch),
    }
}

/// Compares two scalars of one kind; whole numbers and fractions are two kinds.
fn compare(left: &Value, operator: Operator, right: &Value) -> Result<bool, Mismatch> {
    let order = match (left, right) {
        (Value::Bool(left), Value::Bool(right)) => {
            return match operator {
                Operator::Equal => Ok(left == right),
                Operator::NotEqual => Ok(left != right),
                _ => Err(Mismatch),
            };
        }
        (Value::String(left), Value::String(right)) => left.cmp(right),
        (Value::Number(left), Value::Number(right)) => match (left.as_i64(), right.as_i64()) {
            (Some(left), Some(right)) => left.cmp(&right),
            (None, None) => left
                .as_f64()
                .zip(right.as_f64())
                .and_then(|(left, right)| left.partial_cmp(&right))
                .ok_or(Mismatch)?,
            _ => return Err(Mismatch),
        },
        _ => return Err(Mismatch),
    };
    Ok(match operator {
        Operator::Equal => order == Ordering::Equal,
        Operator::NotEqual => order != Ordering::Equal,
        Operator::Less => order == Ordering::Less,
        Operator::LessOrEqual => order != Ordering::Greater,
        Operator::Greater => order == Ordering::Greater,
        Operator::GreaterOrEqual => order != Ordering::Less,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::JsonPath;
    use super::*;

    fn find(path: &str, value: &Value) -> Result<Vec<Value>, Mismatch> {
        let path = JsonPath::parse(path).expect(path);
        let found = path.find(value)?;
        Ok(found.into_iter().map(Cow::into_owned).collect())
    }

    fn sample() -> Value {
        json!({
            "metadata": {"annotations": {"example.com/x": "y", "a.b": "dotted"}},
            "spec": {"size": 3, "list": [{"name": "x", "v": 1}, {"name": "y", "v": 2}, {"name": "z"}]},
            "status": {"conditions": [{"type": "Ready", "status": "True"}, {"type": "Busy", "status": "False"}], "none": null},
        })
    }

    #[test]
    fn paths_lead_where_kubectl_would_go() {
        let cases = [
            (".spec.size", json!([3])),
            ("spec.size", json!(null)),
            ("$.spec.size", json!([3])),
            (".spec['size']", json!([3])),
            (".spec.missing", json!([])),
            (".spec.missing.deeper", json!([])),
            (".spec.list[0].name", json!(["x"])),
            (".spec.list[-1].name", json!(["z"])),
            (".spec.list[*].name", json!(["x", "y", "z"])),
            (".spec.list[0:2].name", json!(["x", "y"])),
            (".spec.list[0,2].name", json!(["x", "z"])),
            (".spec.list[::2].name", json!(["x", "z"])),
            (".spec.list[?(@.v>1)].name", json!(["y"])),
            (".spec.list[?(@.v<=2)].name", json!(["x", "y"])),
            (".spec.list[?(@.v)].name", json!(["x", "y"])),
            (".spec.list[?(@.name!=\"x\")].name", json!(["y", "z"])),
            (".status.conditions[?(@.type==\"Ready\")].status", json!(["True"])),
            (".status.conditions[?(@.type=='Busy')].status", json!(["False"])),
            (".status.none[0]", json!([])),
            (".metadata.annotations.example\\.com/x", json!(["y"])),
            (".metadata.annotations['a\\.b']", json!(["dotted"])),
            (".metadata.annotations.*", json!(["dotted", "y"])),
            ("..v", json!([1, 2])),
        ];
        for (path, expected) in cases {
            if expected.is_null() {
                assert!(JsonPath::parse(path).is_err(), "{path}");
            } else {
                assert_eq!(find(path, &sample()).map(Value::from), Ok(expected), "{path}");
            }
        }
    }

    #[test]
    fn a_wrong_shape_is_a_mismatch() {
        for path in [
            ".spec.list[7]",
            ".spec[0]",
            ".spec[?(@.a==1)]",
            ".spec.list[?(@.name==1)]",
            ".spec.list[2:1]",
        ] {
            assert_eq!(find(path, &sample()), Err(Mismatch), "{path}");
        }
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for path in [
            ".a[",
            ".a[?(@.b==1)",
            ".a[?(@.b=1)]",
            ".a[x]",
            "{.a}",
            ".a['b]",
            "....a",
        ] {
            assert!(JsonPath::parse(path).is_err(), "{path}");
        }
    }
}
