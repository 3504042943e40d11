//! Functions of texts and lists that the interpreter refuses in other words.
//!
//! Sources: `github.com/google/cel-go/ext/{strings,lists}.go`.

use std::sync::Arc;

use kube_cel::cel::{
    Context, ExecutionError, Value,
    extractors::{Arguments, This},
};

/// Adds `charAt`, `substring`, `split` and `slice`.
pub(super) fn extend(context: &mut Context<'_>) {
    context.add_function("charAt", |This(text): This<Arc<String>>, index: i64| {
        char_at(&text, index)
    });
    context.add_function(
        "substring",
        |This(text): This<Arc<String>>, Arguments(args): Arguments| match args[..] {
            [Value::Int(start)] => substring(&text, start, None),
            [Value::Int(start), Value::Int(end)] => substring(&text, start, Some(end)),
            _ => Err(ExecutionError::NoSuchOverload),
        },
    );
    context.add_function(
        "split",
        |This(text): This<Arc<String>>, Arguments(args): Arguments| match &args[..] {
            [Value::String(at)] => Ok(split(&text, at, -1)),
            [Value::String(at), Value::Int(most)] => Ok(split(&text, at, *most)),
            _ => Err(ExecutionError::NoSuchOverload),
        },
    );
    context.add_function(
        "slice",
        |This(list): This<Arc<Vec<Value>>>, start: i64, end: i64| slice(&list, start, end),
    );
}

/// The character at an index; none at the end.
fn char_at(text: &str, index: i64) -> Result<Value, ExecutionError> {
    let rest = substring(text, index, None)
        .map_err(|_| ExecutionError::function_error("charAt", format!("index out of range: {index}")))?;
    Ok(match rest {
        Value::String(rest) => Value::from(rest.chars().take(1).collect::<String>()),
        other => other,
    })
}

fn substring(text: &str, start: i64, end: Option<i64>) -> Result<Value, ExecutionError> {
    let wrong = |why: String| ExecutionError::function_error("substring", why);
    let characters: Vec<char> = text.chars().collect();
    let index = |number: i64| {
        let index = usize::try_from(number).ok();
        let index = index.filter(|index| *index <= characters.len());
        index.ok_or_else(|| wrong(format!("index out of range: {number}")))
    };
    if let Some(end) = end.filter(|end| start > *end) {
        return Err(wrong(format!(
            "invalid substring range. start: {start}, end: {end}"
        )));
    }
    let from = index(start)?;
    let to = end.map_or(Ok(characters.len()), index)?;
    let part: String = characters[from..to].iter().collect();
    Ok(Value::String(Arc::new(part)))
}

/// The parts of a text between separators, at most so many; between its characters if the separator is empty.
fn split(text: &str, at: &str, most: i64) -> Value {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let parts: Vec<&str> = match most {
        0 => Vec::new(),
        _ if at.is_empty() => {
            let starts = text.char_indices().map(|(start, _)| start).take(most);
            let starts: Vec<usize> = starts.collect();
            let ends = starts.iter().copied().skip(1).chain([text.len()]);
            starts
                .iter()
                .zip(ends)
                .map(|(start, end)| &text[*start..end])
                .collect()
        }
        _ => text.splitn(most, at).collect(),
    };
    Value::from(parts)
}

fn slice(list: &[Value], start: i64, end: i64) -> Result<Value, ExecutionError> {
    let wrong = |why: &str| {
        let why = format!("cannot slice({start}, {end}), {why}");
        ExecutionError::function_error("slice", why)
    };
    let (Ok(from), Ok(to)) = (usize::try_from(start), usize::try_from(end)) else {
        return Err(wrong("negative indexes not supported"));
    };
    if from > to {
        return Err(wrong("start index must be less than or equal to end index"));
    }
    let part = list.get(from..to);
    let part = part.ok_or_else(|| wrong(&format!("list is length {}", list.len())))?;
    Ok(Value::List(Arc::new(part.to_vec())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_taken_by_characters() {
        let part = |start, end| substring("héllo", start, end);
        assert_eq!(part(1, Some(3)), Ok(Value::from("él")));
        assert_eq!(part(5, None), Ok(Value::from("")));
        assert_eq!(char_at("héllo", 1), Ok(Value::from("é")));
        assert_eq!(char_at("a", 1), Ok(Value::from("")));
        let why = "index out of range: 9";
        assert_eq!(
            char_at("a", 9),
            Err(ExecutionError::function_error("charAt", why))
        );
        for (start, end, why) in [
            (2, Some(1), "invalid substring range. start: 2, end: 1"),
            (6, None, "index out of range: 6"),
            (0, Some(9), "index out of range: 9"),
            (-1, None, "index out of range: -1"),
        ] {
            assert_eq!(
                part(start, end),
                Err(ExecutionError::function_error("substring", why))
            );
        }
    }

    #[test]
    fn texts_are_split_as_go_splits_them() {
        for (text, at, most, parts) in [
            ("a-b-c", "-", -1, &["a", "b", "c"][..]),
            ("a-b-c", "-", 2, &["a", "b-c"]),
            ("a-b", "-", 0, &[]),
            ("é-x", "", -1, &["é", "-", "x"]),
            ("é-x", "", 2, &["é", "-x"]),
            ("", "", -1, &[]),
            ("", "-", -1, &[""]),
        ] {
            assert_eq!(
                split(text, at, most),
                Value::from(parts.to_vec()),
                "{text} {at} {most}"
            );
        }
    }

    #[test]
    fn lists_are_cut_within_their_length() {
        let list = [Value::Int(1), Value::Int(2)];
        assert_eq!(slice(&list, 1, 2), Ok(Value::from(vec![2_i64])));
        for (start, end, why) in [
            (0, 3, "cannot slice(0, 3), list is length 2"),
            (
                2,
                1,
                "cannot slice(2, 1), start index must be less than or equal to end index",
            ),
            (-1, 1, "cannot slice(-1, 1), negative indexes not supported"),
        ] {
            assert_eq!(
                slice(&list, start, end),
                Err(ExecutionError::function_error("slice", why))
            );
        }
    }
}
