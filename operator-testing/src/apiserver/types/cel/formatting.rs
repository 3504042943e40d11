//! Whether what is formatted fits its format, where both are written down: `'%d'.format([1])`.
//!
//! Source: `github.com/google/cel-go/ext/formatting.go`.

use super::{
    kind::Kind,
    problem::Problem,
    tree::{Form, Literal, Node},
};

/// What is wrong with the calls of `format` in an expression.
pub(super) fn problems(node: &Node, kinds: &[Kind], out: &mut Vec<Problem>) {
    if let Form::Call(call) = &node.form
        && call.function == "format"
        && let Some(Form::Literal(Literal::Text(format))) = call.target.as_ref().map(|target| &target.form)
        && let [args] = &call.args[..]
        && let Form::List { items, .. } = &args.form
    {
        match clauses(format, items, kinds) {
            Ok(count) if items.len() > count => {
                let why = format!(
                    "too many arguments supplied to string.format (expected {count}, got {})",
                    items.len()
                );
                out.push(Problem::known(node.at, why));
            }
            Ok(_) => {}
            Err((at, why)) => out.push(Problem::known(at.unwrap_or(node.at), why)),
        }
    }
    for child in node.children() {
        problems(child, kinds, out);
    }
}

/// A mistake, and where it is if not in the format.
type Mistake = (Option<usize>, String);

/// Counts the clauses of a format while its arguments fit.
fn clauses(format: &str, args: &[Node], kinds: &[Kind]) -> Result<usize, Mistake> {
    let mut count = 0;
    let mut chars = format.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '%' || chars.next_if_eq(&'%').is_some() {
            continue;
        }
        let general = |why: String| Err((None, why));
        if chars.peek().is_none() {
            return general("unexpected end of string".to_owned());
        }
        let Some(arg) = args.get(count) else {
            return general(format!("index {count} out of range"));
        };
        if chars.next_if_eq(&'.').is_some() {
            while chars.next_if(char::is_ascii_digit).is_some() {}
        }
        let Some(clause) = chars.next() else {
            let why = "could not parse formatting clause: error while parsing precision: could not find end of precision specifier";
            return general(why.to_owned());
        };
        if !"sdfebxXo".contains(clause) {
            let why =
                format!("could not parse formatting clause: unrecognized formatting clause \"{clause}\"");
            return general(why);
        }
        if let Some(node) = unfit(clause, arg, kinds) {
            let (what, given) = (takes(clause), name(&kinds[node.id]));
            let why = format!("error during formatting: {what}, was given {given}");
            return Err((Some(node.at), why));
        }
        count += 1;
    }
    Ok(count)
}

/// The part of an argument that a clause cannot show.
fn unfit<'a>(clause: char, arg: &'a Node, kinds: &[Kind]) -> Option<&'a Node> {
    let kind = &kinds[arg.id];
    let fits = match clause {
        _ if kind.is_dyn() => true,
        's' => !matches!(kind, Kind::Object(_) | Kind::Opaque(..)),
        'd' | 'o' => matches!(kind, Kind::Int | Kind::Uint),
        'f' | 'e' => matches!(kind, Kind::Double | Kind::Text),
        'b' => matches!(kind, Kind::Int | Kind::Uint | Kind::Bool),
        _ => matches!(kind, Kind::Int | Kind::Uint | Kind::Text | Kind::Bytes),
    };
    if !fits {
        return Some(arg);
    }
    let is_aggregate = matches!(arg.form, Form::List { .. } | Form::Map(_));
    let parts = if clause == 's' && is_aggregate {
        arg.children()
    } else {
        Vec::new()
    };
    parts.into_iter().find_map(|part| unfit(clause, part, kinds))
}

fn takes(clause: char) -> &'static str {
    match clause {
        's' => {
            "string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps"
        }
        'd' => "decimal clause can only be used on integers",
        'o' => "octal clause can only be used on integers",
        'f' => "fixed-point clause can only be used on doubles",
        'e' => "scientific clause can only be used on doubles",
        'b' => "only integers and bools can be formatted as binary",
        _ => "only integers, byte buffers, and strings can be formatted as hex",
    }
}

/// The name of a type without its parameters.
fn name(kind: &Kind) -> String {
    match kind {
        Kind::Null => "null_type".to_owned(),
        Kind::Duration => "google.protobuf.Duration".to_owned(),
        Kind::Timestamp => "google.protobuf.Timestamp".to_owned(),
        other => other.to_string().split('(').next().unwrap_or_default().to_owned(),
    }
}
