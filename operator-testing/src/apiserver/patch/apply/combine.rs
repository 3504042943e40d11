//! Lays a configuration over an object.
//!
//! Source: `sigs.k8s.io/structured-merge-diff/v6/typed/merge.go`.

use serde_json::{Map, Value};

use super::{
    element::Element,
    index::Index,
    shape::{Fields, List, Shape, Type},
    validate::check_scalar,
};

/// The object with the values of the configuration in place of its own.
///
/// Elements of sets and of lists by key keep their places; those that both have take the order of the configuration, and new
/// ones come after the ones they follow there.
///
/// # Errors
/// The message of the real server, if a value does not fit its type on either side.
pub(super) fn combine(live: &Value, config: &Value, kind: Type<'_>) -> Result<Value, String> {
    let mut walk = Walk { misfits: Vec::new() };
    let combined = walk.values(Some(live), Some(config), kind);
    match walk.misfits.as_slice() {
        [] => Ok(combined.unwrap_or(Value::Null)),
        [one] => Err(one.clone()),
        many => Err(format!("errors:\n  {}", many.join("\n  "))),
    }
}

struct Walk {
    misfits: Vec<String>,
}

impl Walk {
    fn values(&mut self, live: Option<&Value>, config: Option<&Value>, kind: Type<'_>) -> Option<Value> {
        let shape = kind.shape(config.or(live));
        let keep = || config.or(live).cloned();
        match shape {
            Shape::Scalar(scalar) => {
                let check = |value: Option<&Value>| value.map_or(Ok(()), |value| check_scalar(scalar, value));
                if let (Err(left), Err(right)) = (check(live), check(config)) {
                    self.misfits.push(format!("lhs: {left}"));
                    self.misfits.push(format!("rhs: {right}"));
                    return None;
                }
                keep()
            }
            Shape::List(list) => {
                let (left, right) = (items(live), items(config));
                if list.is_atomic() || (left.is_empty() && right.is_empty()) {
                    return keep();
                }
                let combined = self.lists(left, right, list);
                (!combined.is_empty()).then_some(Value::Array(combined))
            }
            Shape::Map(fields) => {
                let (left, right) = (live.and_then(Value::as_object), config.and_then(Value::as_object));
                let nothing = |map: Option<&Map<String, Value>>| map.is_none_or(Map::is_empty);
                if fields.atomic || (nothing(left) && nothing(right)) {
                    return keep();
                }
                let combined = self.maps(left, right, fields);
                (!combined.is_empty()).then_some(Value::Object(combined))
            }
        }
    }

    fn maps(
        &mut self,
        live: Option<&Map<String, Value>>,
        config: Option<&Map<String, Value>>,
        fields: Fields<'_>,
    ) -> Map<String, Value> {
        let mut combined = Map::new();
        for (name, value) in live.into_iter().flatten() {
            let value = match config.and_then(|config| config.get(name)) {
                None => Some(value.clone()),
                Some(new) => self.values(Some(value), Some(new), fields.type_of(name)),
            };
            combined.extend(value.map(|value| (name.clone(), value)));
        }
        for (name, value) in config.into_iter().flatten() {
            if live.is_some_and(|live| live.contains_key(name)) {
                continue;
            }
            let value = self.values(None, Some(value), fields.type_of(name));
            combined.extend(value.map(|value| (name.clone(), value)));
        }
        combined
    }

    fn lists(&mut self, live: &[Value], config: &[Value], list: List<'_>) -> Vec<Value> {
        let right = Index::of_distinct(config, list, &mut self.misfits);
        let left = Index::of(live, list, &mut self.misfits);
        if !self.misfits.is_empty() {
            return Vec::new();
        }
        // What occurs twice in the live list is not merged with its namesake in the configuration.
        let partner = |element: &Element| {
            let mut found = left.get(element);
            match (found.next(), found.next()) {
                (Some(value), None) => Some(value),
                _ => None,
            }
        };
        let mut shared = right.elements().filter(|element| left.contains(element));
        let mut next_shared = shared.next();
        let mut combined = Vec::with_capacity(left.len().max(right.len()));
        let (mut l, mut r) = (0, 0);
        while l < left.len() || r < right.len() {
            if let (Some((ours, _)), Some((theirs, value))) = (left.at(l), right.at(r)) {
                if ours == theirs {
                    combined.extend(self.item(partner(theirs), Some(value), list));
                    l += 1;
                    r += 1;
                    next_shared = shared.next();
                    continue;
                }
                if right.contains(ours) && next_shared.is_some_and(|next| next != ours) {
                    // Both have it, but something else of the configuration comes first.
                    l += 1;
                    continue;
                }
            }
            if let Some((ours, value)) = left.at(l) {
                match right.place_of(ours) {
                    None => {
                        combined.push(value.clone());
                        l += 1;
                        continue;
                    }
                    // merged already
                    Some(place) if place < r => l += 1,
                    Some(_) => {}
                }
            }
            if let Some((theirs, value)) = right.at(r) {
                combined.extend(self.item(partner(theirs), Some(value), list));
                r += 1;
                if next_shared == Some(theirs) {
                    next_shared = shared.next();
                }
            }
        }
        combined
    }

    /// Merges two items. What does not fit inside an item is passed over, as the real server does.
    fn item(&mut self, live: Option<&Value>, config: Option<&Value>, list: List<'_>) -> Option<Value> {
        let before = self.misfits.len();
        let combined = self.values(live, config, list.items);
        self.misfits.truncate(before);
        combined
    }
}

fn items(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}
