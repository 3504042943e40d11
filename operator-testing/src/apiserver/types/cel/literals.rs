//! What is checked of literals once their types are known.
//!
//! Source: `github.com/google/cel-go/cel/validator.go`.

use std::sync::Arc;

use kube_cel::cel::Value;

use super::{
    conversions,
    failure::Failure,
    formatting,
    kind::Kind,
    problem::{Problem, mismatch},
    tree::{Call, Form, Literal, Node},
};
use crate::apiserver::types::{decode, pattern::Pattern, validate};

/// Lists and maps of mixed types, texts that do not convert, formats that do not fit.
pub(super) fn problems(root: &Node, kinds: &[Kind]) -> Vec<Problem> {
    let mut out = Vec::new();
    mixed(root, kinds, &mut out);
    unfit(root, &mut out);
    formatting::problems(root, kinds, &mut out);
    out
}

/// The elements of a literal have one type; what is formatted may be anything.
fn mixed(node: &Node, kinds: &[Kind], out: &mut Vec<Problem>) {
    let held = |node: &Node, is_optional: bool| {
        let kind = &kinds[node.id];
        kind.held().filter(|_| is_optional).unwrap_or(kind)
    };
    match &node.form {
        Form::Call(call) if call.function == "format" => return,
        Form::List { items, optional } => {
            let mut items = items.iter().enumerate();
            if let Some((_, first)) = items.next() {
                let first = held(first, optional.contains(&0));
                let other = items
                    .map(|(index, item)| (item, held(item, optional.contains(&index))))
                    .find(|(_, kind)| !is_equivalent(first, kind));
                if let Some((item, kind)) = other {
                    out.push(Problem::known(item.at, mismatch(first, kind)));
                }
            }
        }
        Form::Map(entries) => {
            if let Some((first, rest)) = entries.split_first() {
                let (key, value) = (&kinds[first.key.id], held(&first.value, first.is_optional));
                for entry in rest {
                    let pairs = [
                        (&entry.key, key, &kinds[entry.key.id]),
                        (&entry.value, value, held(&entry.value, entry.is_optional)),
                    ];
                    for (node, wanted, found) in pairs {
                        if !is_equivalent(wanted, found) {
                            out.push(Problem::known(node.at, mismatch(wanted, found)));
                        }
                    }
                }
            }
        }
        _ => {}
    }
    for child in node.children() {
        mixed(child, kinds, out);
    }
}

fn is_equivalent(a: &Kind, b: &Kind) -> bool {
    match (a, b) {
        (Kind::Parameter(_), Kind::Parameter(_)) => true,
        _ => a == b,
    }
}

/// Literals that a function refuses whenever it is asked.
fn unfit(node: &Node, out: &mut Vec<Problem>) {
    if let Form::Call(call) = &node.form
        && let Some(arg) = call.args.first()
        && let Form::Literal(literal) = &arg.form
    {
        let fits = match (call.function.as_str(), literal) {
            ("duration", Literal::Text(text)) => validate::go_duration(text).is_some(),
            ("timestamp", Literal::Text(text)) => decode::is_time(text),
            ("timestamp", Literal::Int(seconds)) => conversions::moment_at(*seconds).is_some(),
            ("matches", Literal::Text(text)) => Pattern::new(text).problem().is_none(),
            _ => true,
        };
        if !fits {
            out.push(Problem::known(
                arg.at,
                format!("invalid {} argument", call.function),
            ));
        }
    }
    for child in node.children() {
        unfit(child, out);
    }
}

/// Why an expression cannot be made ready to run: a name that stands for nothing then, a text that is converted beforehand and
/// does not convert.
pub(super) fn unprepared(node: &Node) -> Option<String> {
    if let Some(why) = node.children().into_iter().find_map(unprepared) {
        return Some(why);
    }
    match &node.form {
        Form::Call(call) if matches!(call.function.as_str(), "find" | "findAll") => {
            match &call.args.first()?.form {
                Form::Literal(Literal::Text(pattern)) => Pattern::new(pattern).problem(),
                _ => None,
            }
        }
        Form::Call(call) => unconvertible(call),
        _ => None,
    }
}

/// Why a conversion of something that is known beforehand gives nothing.
fn unconvertible(call: &Call) -> Option<String> {
    let [arg] = &call.args[..] else { return None };
    let error = conversions::converted(&call.function, constant(arg)?)?.err()?;
    Some(Failure::of(&error).message().to_owned())
}

/// The value of a literal or of a conversion of one.
fn constant(node: &Node) -> Option<Value> {
    match &node.form {
        Form::Literal(literal) => Some(match literal {
            Literal::Null => Value::Null,
            Literal::Bool(flag) => Value::Bool(*flag),
            Literal::Int(number) => Value::Int(*number),
            Literal::Uint(number) => Value::UInt(*number),
            Literal::Double(number) => Value::Float(*number),
            Literal::Text(text) => Value::from(text.as_str()),
            Literal::Bytes(bytes) => Value::Bytes(Arc::new(bytes.clone())),
        }),
        Form::Call(call) => match &call.args[..] {
            [arg] if call.target.is_none() => conversions::converted(&call.function, constant(arg)?)?.ok(),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apiserver::types::cel::parser::parse;

    #[test]
    fn texts_must_convert() {
        let why = |text: &str| unprepared(&parse(text).unwrap().root);
        assert_eq!(why("int('12') + int(x)"), None);
        assert_eq!(why("bool('true') && double('1e3') > 1.0"), None);
        for (text, kind) in [
            ("1 + int(dyn(string('a')))", "int"),
            ("uint('-1')", "uint"),
            ("[bool('yes')]", "bool"),
        ] {
            let expected = format!("type conversion error from 'string' to '{kind}'");
            assert_eq!(why(text), Some(expected));
        }
    }

    #[test]
    fn literals_have_elements_of_one_type() {
        let found = |text: &str, kinds: &[Kind]| {
            let root = parse(text).unwrap().root;
            let found = problems(&root, kinds);
            found.into_iter().map(|problem| problem.at).collect::<Vec<_>>()
        };
        assert_eq!(
            found("[1, 'a']", &[Kind::Int, Kind::Text, Kind::list(Kind::Dyn)]),
            [4]
        );
        assert_eq!(found("duration('1x')", &[Kind::Text, Kind::Duration]), [9]);
        assert_eq!(
            found(
                "timestamp('2020-01-01T00:00:00Z')",
                &[Kind::Text, Kind::Timestamp]
            ),
            [0; 0]
        );
        assert_eq!(
            found("x.matches('(')", &[Kind::Text, Kind::Text, Kind::Bool]),
            [10]
        );
    }
}
