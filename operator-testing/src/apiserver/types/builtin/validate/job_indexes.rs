//! The indexes of Jobs, written as intervals: `0,2-4`.

/// How many indexes a text names.
///
/// # Errors
/// What is wrong with the text, for a Job of that many completions.
pub(super) fn counted(indexes: &str, completions: i64) -> Result<i64, String> {
    if indexes.is_empty() {
        return Ok(0);
    }
    let (mut last, mut total) = (None, 0);
    for text in indexes.split(',') {
        let (first, end) = interval(text, completions)?;
        if let Some(last) = last.filter(|last| *last >= first) {
            return Err(out_of_order(last, first));
        }
        total += end - first + 1;
        last = Some(end);
    }
    Ok(total)
}

/// The first index that two texts have in common; intervals that make no sense do not count.
pub(super) fn overlap(completed: &str, failed: &str, completions: i64) -> Option<i64> {
    let intervals = |text: &str| -> Vec<(i64, i64)> {
        let texts = text.split(',').filter(|text| !text.is_empty());
        texts
            .filter_map(|text| interval(text, completions).ok())
            .collect()
    };
    let (completed, failed) = (intervals(completed), intervals(failed));
    let (mut one, mut other) = (completed.iter().peekable(), failed.iter().peekable());
    while let (Some((first, end)), Some((start, last))) = (one.peek(), other.peek()) {
        if first <= last && start <= end {
            return Some(*first.max(start));
        }
        if first <= start {
            one.next();
        } else {
            other.next();
        }
    }
    None
}

/// The first and the last index of an interval.
fn interval(text: &str, completions: i64) -> Result<(i64, i64), String> {
    let limits: Vec<&str> = text.split('-').collect();
    if limits.len() > 2 {
        return Err(format!(
            "the fragment {text:?} violates the requirement that an index interval can have at most two parts separated by '-'"
        ));
    }
    let read = |text: &str| {
        let number = text.parse::<i64>();
        let number = number.map_err(|_| format!("cannot convert string to integer for index: {text:?}"))?;
        if number >= completions {
            return Err(format!("too large index: {text:?}"));
        }
        Ok(number)
    };
    let first = read(limits[0])?;
    let end = limits.get(1).map_or(Ok(first), |text| read(text))?;
    if limits.len() > 1 && first >= end {
        return Err(out_of_order(first, end));
    }
    Ok((first, end))
}

fn out_of_order(previous: i64, current: i64) -> String {
    format!("non-increasing order, previous: {previous}, current: {current}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indexes_are_counted_in_order() {
        assert_eq!(counted("", 5), Ok(0));
        assert_eq!(counted("0,2-4", 5), Ok(4));
        assert!(counted("0,5", 5).unwrap_err().contains("too large index: \"5\""));
        assert!(counted("3-1", 5).unwrap_err().contains("previous: 3, current: 1"));
        assert!(counted("1,1", 5).unwrap_err().contains("previous: 1, current: 1"));
        assert!(counted("1-2-3", 5).unwrap_err().contains("at most two parts"));
    }

    #[test]
    fn an_index_that_two_texts_name_is_found() {
        assert_eq!(overlap("0-3,5", "4,6", 9), None);
        assert_eq!(overlap("0-3,5", "1,5", 9), Some(1));
        assert_eq!(overlap("x,5", "y,4-6", 9), Some(5));
        assert_eq!(overlap("", "0", 9), None);
    }
}
