//! What is wrong with an expression, and where.

use super::kind::Kind;

/// A mistake at a place, counted in characters from the beginning of the expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) at: usize,
    pub(super) why: String,
    /// Whether these are the words of a real server; its parser has words of its own for many a place that fits no grammar.
    pub(super) is_known: bool,
}

impl Problem {
    /// Something that does not fit the grammar.
    pub(super) fn unforeseen(at: usize, why: impl Into<String>) -> Self {
        Self {
            at,
            why: why.into(),
            is_known: false,
        }
    }

    /// A mistake for which a real server has the same words.
    pub(super) fn known(at: usize, why: impl Into<String>) -> Self {
        Self {
            at,
            why: why.into(),
            is_known: true,
        }
    }
}

/// The problems in the order of their places, each with the line it is in and a mark below the place.
pub(super) fn report(text: &str, mut problems: Vec<Problem>) -> String {
    problems.sort_by_key(|problem| problem.at);
    let shown: Vec<_> = problems.iter().map(|problem| show(text, problem)).collect();
    shown.join("\n")
}

/// What another parser found, shown in the same way: lines and columns count from one.
pub(super) fn report_found(text: &str, found: impl Iterator<Item = (usize, usize, String)>) -> String {
    let problems = found.map(|(line, column, why)| {
        let before = text.split('\n').take(line.saturating_sub(1));
        let at = before.map(|line| line.chars().count() + 1).sum::<usize>() + column.saturating_sub(1);
        // Where the end may stand a real server names nothing else.
        let why = match why.split_once(" expecting {<EOF>,") {
            Some((why, _)) => format!("{why} expecting <EOF>"),
            None => why,
        };
        Problem::known(at, why)
    });
    report(text, problems.collect())
}

fn show(text: &str, problem: &Problem) -> String {
    let before: Vec<char> = text.chars().take(problem.at).collect();
    let line = before.iter().filter(|c| **c == '\n').count();
    let column = before.iter().rev().take_while(|c| **c != '\n').count();
    let shown = text.split('\n').nth(line).unwrap_or_default().replace('\t', " ");
    // Characters that take more than a byte take more room too.
    let is_wide = |c: Option<char>| c.is_some_and(|c| c.len_utf8() > 1);
    let dots: String = shown
        .chars()
        .take(column)
        .map(|c| if is_wide(Some(c)) { '\u{ff0e}' } else { '.' })
        .collect();
    let mark = if is_wide(shown.chars().nth(column)) {
        '\u{ff3e}'
    } else {
        '^'
    };
    format!(
        "ERROR: <input>:{}:{}: {}\n | {shown}\n | {dots}{mark}",
        line + 1,
        column + 1,
        problem.why
    )
}

pub(super) fn undeclared(name: &str) -> String {
    format!("undeclared reference to '{name}' (in container '')")
}

pub(super) fn mismatch(wanted: &Kind, found: &Kind) -> String {
    format!("expected type '{wanted}' but found '{found}'")
}

pub(super) fn no_overload(function: &str, target: Option<&Kind>, given: &[Kind]) -> String {
    let given: Vec<_> = given.iter().map(ToString::to_string).collect();
    let target = target.map(|kind| format!("{kind}.")).unwrap_or_default();
    let signature = format!("{target}({})", given.join(", "));
    format!("found no matching overload for '{function}' applied to '{signature}'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_are_shown_with_their_place() {
        let problems = vec![Problem::known(7, "late"), Problem::known(2, "early")];
        assert_eq!(
            report("a\né.\tbcd", problems),
            "ERROR: <input>:2:1: early\n | é. bcd\n | \u{ff3e}\nERROR: <input>:2:6: late\n | é. bcd\n | \u{ff0e}....^"
        );
    }
}
