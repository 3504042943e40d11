//! Brings back what a version could not hold, without undoing what a client changed in the meantime.

use serde_json::Value;

/// `now`, with everything of `kept` that the conversion lost.
///
/// `plain` is what becomes of `kept` when it goes to the other version and back: what differs between the two was lost on
/// the way. Where `now` differs from `plain`, a client changed it, and it stays.
pub(super) fn restore(kept: &Value, plain: &Value, now: &Value) -> Value {
    if now == plain {
        return kept.clone();
    }
    match (kept, plain, now) {
        (Value::Object(kept), Value::Object(plain), Value::Object(now)) => {
            let mut restored = now.clone();
            for (name, kept) in kept {
                match (plain.get(name), now.get(name)) {
                    (Some(plain), Some(now)) => {
                        restored.insert(name.clone(), restore(kept, plain, now));
                    }
                    (None, None) => {
                        restored.insert(name.clone(), kept.clone());
                    }
                    // A client removed it, or set what the conversion would not have set.
                    (Some(_), None) | (None, Some(_)) => {}
                }
            }
            Value::Object(restored)
        }
        (Value::Array(kept), Value::Array(plain), Value::Array(now)) if kept.len() == plain.len() => {
            Value::Array(elements(kept, plain, now))
        }
        _ => now.clone(),
    }
}

/// An element is found again by what it holds, else by its place while the list is as long as it was.
fn elements(kept: &[Value], plain: &[Value], now: &[Value]) -> Vec<Value> {
    let mut free: Vec<bool> = vec![true; plain.len()];
    let same: Vec<Option<usize>> = now
        .iter()
        .enumerate()
        .map(|(place, element)| {
            let fits = |index: &usize| free[*index] && plain[*index] == *element;
            let found = Some(place)
                .filter(|place| *place < plain.len())
                .filter(fits)
                .or_else(|| (0..plain.len()).find(fits));
            if let Some(index) = found {
                free[index] = false;
            }
            found
        })
        .collect();
    now.iter()
        .zip(same)
        .enumerate()
        .map(|(place, (element, same))| match same {
            Some(index) => kept[index].clone(),
            None if now.len() == plain.len() && free[place] => restore(&kept[place], &plain[place], element),
            None => element.clone(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_was_lost_comes_back_and_what_was_changed_stays() {
        let table = [
            // Nothing changed.
            (
                json!({"a": 1, "b": 2}),
                json!({"a": 1}),
                json!({"a": 1}),
                json!({"a": 1, "b": 2}),
            ),
            // Another field changed.
            (
                json!({"a": 1, "b": 2}),
                json!({"a": 1}),
                json!({"a": 9}),
                json!({"a": 9, "b": 2}),
            ),
            // The lost field came back as its default.
            (
                json!({"a": 1, "b": 2}),
                json!({"a": 1, "b": 0}),
                json!({"a": 9, "b": 0}),
                json!({"a": 9, "b": 2}),
            ),
            // A client removed a field.
            (
                json!({"a": 1, "b": 2}),
                json!({"a": 1}),
                json!({}),
                json!({"b": 2}),
            ),
            // A client set the field that was lost.
            (json!({"b": 2}), json!({}), json!({"b": 3}), json!({"b": 3})),
            // Another value altogether.
            (json!({"b": 2}), json!({}), json!("x"), json!("x")),
        ];
        for (kept, plain, now, expected) in table {
            assert_eq!(restore(&kept, &plain, &now), expected, "{kept} {plain} {now}");
        }
    }

    #[test]
    fn elements_are_found_again() {
        let kept = json!([{"n": 1, "x": 1}, {"n": 2, "x": 2}, {"n": 3, "x": 3}]);
        let plain = json!([{"n": 1}, {"n": 2}, {"n": 3}]);
        let table = [
            // One went, and the others moved.
            (
                json!([{"n": 3}, {"n": 2}]),
                json!([{"n": 3, "x": 3}, {"n": 2, "x": 2}]),
            ),
            // One was changed in its place.
            (
                json!([{"n": 1}, {"n": 7}, {"n": 3}]),
                json!([{"n": 1, "x": 1}, {"n": 7, "x": 2}, {"n": 3, "x": 3}]),
            ),
            // A new one has nothing to come back.
            (
                json!([{"n": 0}, {"n": 1}, {"n": 2}, {"n": 3}]),
                json!([{"n": 0}, {"n": 1, "x": 1}, {"n": 2, "x": 2}, {"n": 3, "x": 3}]),
            ),
            // The place of a changed one is taken by another that moved there.
            (json!([{"n": 2}, {"n": 9}]), json!([{"n": 2, "x": 2}, {"n": 9}])),
        ];
        for (now, expected) in table {
            assert_eq!(restore(&kept, &plain, &now), expected, "{now}");
        }
    }
}
