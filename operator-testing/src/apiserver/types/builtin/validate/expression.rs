//! What is wrong with an expression in CEL, as far as its form tells.
//!
//! Source: the messages of `github.com/google/cel-go`, `k8s.io/apiserver/pkg/admission/plugin/cel/compile.go`.

use kube_cel::cel::common::ast::{EntryExpr, Expr, IdedExpr, LiteralValue};

use crate::apiserver::types::cel::read_expression;

/// What is wrong with an expression that knows some variables and should give one of some types; any type will do if there
/// are none.
pub(super) fn problem(text: &str, variables: &[&str], wanted: &[&str]) -> Option<String> {
    let expression = match read_expression(text, None) {
        Ok(expression) => expression,
        Err(why) => return Some(format!("compilation failed: {why}")),
    };
    if let Some(name) = unknown(&expression, &mut variables.to_vec()) {
        return Some(format!("compilation failed: {}", undeclared(text, name)));
    }
    let given = type_of(&expression)?;
    if wanted.is_empty() || wanted.contains(&given.as_str()) {
        return None;
    }
    Some(format!(
        "must evaluate to {} but got {given}",
        wanted.join(" or ")
    ))
}

/// The first name that nothing stands behind.
fn unknown<'a>(expression: &'a IdedExpr, known: &mut Vec<&'a str>) -> Option<&'a str> {
    match &expression.expr {
        Expr::Ident(name) => {
            let declared =
                name.starts_with('@') || TYPES.contains(&name.as_str()) || known.contains(&name.as_str());
            (!declared).then_some(name.as_str())
        }
        Expr::Select(select) => unknown(&select.operand, known),
        Expr::Call(call) => {
            // A namespace of functions is no variable.
            let target = call.target.as_deref().filter(|target| match &target.expr {
                Expr::Ident(name) => !NAMESPACES.contains(&name.as_str()),
                _ => true,
            });
            target
                .into_iter()
                .chain(&call.args)
                .find_map(|part| unknown(part, known))
        }
        Expr::List(list) => list.elements.iter().find_map(|element| unknown(element, known)),
        Expr::Map(map) => map.entries.iter().find_map(|entry| in_entry(&entry.expr, known)),
        Expr::Struct(message) => message
            .entries
            .iter()
            .find_map(|entry| in_entry(&entry.expr, known)),
        Expr::Comprehension(comprehension) => {
            if let Some(name) = unknown(&comprehension.iter_range, known) {
                return Some(name);
            }
            let outer = known.len();
            known.push(&comprehension.iter_var);
            known.extend(comprehension.iter_var2.as_deref());
            known.push(&comprehension.accu_var);
            let parts = [
                &comprehension.accu_init,
                &comprehension.loop_cond,
                &comprehension.loop_step,
                &comprehension.result,
            ];
            let found = parts.into_iter().find_map(|part| unknown(part, known));
            known.truncate(outer);
            found
        }
        Expr::Literal(_) | Expr::Unspecified => None,
    }
}

fn in_entry<'a>(entry: &'a EntryExpr, known: &mut Vec<&'a str>) -> Option<&'a str> {
    match entry {
        EntryExpr::StructField(field) => unknown(&field.value, known),
        EntryExpr::MapEntry(entry) => unknown(&entry.key, known).or_else(|| unknown(&entry.value, known)),
    }
}

const TYPES: [&str; 14] = [
    "bool",
    "bytes",
    "double",
    "dyn",
    "duration",
    "int",
    "list",
    "map",
    "null_type",
    "optional_type",
    "string",
    "timestamp",
    "type",
    "uint",
];

const NAMESPACES: [&str; 10] = [
    "base64",
    "cel",
    "format",
    "google",
    "jsonpatch",
    "lists",
    "math",
    "optional",
    "sets",
    "strings",
];

/// The error about a name, with the line it is in and a mark below it.
fn undeclared(text: &str, name: &str) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let stands_alone = |at: usize| {
        let (before, after) = (&text[..at], &text[at + name.len()..]);
        !before.ends_with(|c| is_part(c) || c == '.') && !after.starts_with(is_part)
    };
    let place = text
        .match_indices(name)
        .map(|(at, _)| at)
        .find(|at| stands_alone(*at));
    let before = &text[..place.unwrap_or_default()];
    let line = before.matches('\n').count();
    let column = before.chars().rev().take_while(|c| *c != '\n').count();
    format!(
        "ERROR: <input>:{}:{}: undeclared reference to '{name}' (in container '')\n | {}\n | {}^",
        line + 1,
        column + 1,
        text.lines().nth(line).unwrap_or_default(),
        ".".repeat(column)
    )
}

/// The type of an expression whose form gives it away.
fn type_of(expression: &IdedExpr) -> Option<String> {
    let name = match &expression.expr {
        Expr::Literal(LiteralValue::Boolean(_)) => "bool",
        Expr::Literal(LiteralValue::Bytes(_)) => "bytes",
        Expr::Literal(LiteralValue::Double(_)) => "double",
        Expr::Literal(LiteralValue::Int(_)) => "int",
        Expr::Literal(LiteralValue::Null) => "null_type",
        Expr::Literal(LiteralValue::String(_)) => "string",
        Expr::Literal(LiteralValue::UInt(_)) => "uint",
        Expr::Struct(message) => &message.type_name,
        Expr::List(list) => {
            let mut kinds = list.elements.iter().map(type_of);
            let first = kinds.next()??;
            return kinds
                .all(|kind| kind.as_ref() == Some(&first))
                .then(|| format!("list({first})"));
        }
        _ => return None,
    };
    Some(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::problem;

    #[test]
    fn names_must_be_declared() {
        let known = ["object"];
        for text in [
            "object.spec.replicas > 1",
            "object.items.all(item, item.name != '' && object.x)",
            "object.items.map(i, i.filter(j, j > i)).size() == 0",
            "has(object.x) && math.greatest(1, 2) == 2",
            "type(object) == string",
            "object.?spec.x.orValue(1) > 0 && object.all(k, v, k != v)",
        ] {
            assert_eq!(problem(text, &known, &["bool"]), None, "{text}");
        }
        let found = problem("object.x &&\n  nosuch.y", &known, &["bool"]);
        assert_eq!(
            found.as_deref(),
            Some(
                "compilation failed: ERROR: <input>:2:3: undeclared reference to 'nosuch' (in container '')\n |   nosuch.y\n | ..^"
            )
        );
        assert!(problem("object.items.all(i, i) && i", &known, &[]).is_some());
    }

    #[test]
    fn literals_have_types() {
        assert_eq!(
            problem("['x']", &[], &["list(JSONPatch)"]).as_deref(),
            Some("must evaluate to list(JSONPatch) but got list(string)")
        );
        assert_eq!(problem("1", &[], &["int"]), None);
        assert_eq!(problem("[1, 'a']", &[], &["bool"]), None);
    }
}
