//! Whether an expression fits the schema it stands on, as far as that can be told without a type checker of the whole language:
//! fields exist, names are declared, a field is not compared with a literal of another type.
//!
//! Source: the messages of `github.com/google/cel-go/checker`.

use std::collections::BTreeSet;

use serde_json::Value;

/// What an expression is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// A rule answers yes or no.
    Bool,
    /// A message is a text.
    Text,
}

/// Names that stand for something everywhere.
const DECLARED: &[&str] = &[
    "self",
    "oldSelf",
    "true",
    "false",
    "null",
    "in",
    "bool",
    "bytes",
    "double",
    "duration",
    "dyn",
    "int",
    "list",
    "map",
    "null_type",
    "string",
    "timestamp",
    "type",
    "uint",
    "optional",
    "optional_type",
    "google",
    "sets",
    "math",
    "base64",
    "strings",
    "format",
    "ip",
    "cidr",
    "semver",
    "lists",
    "cel",
];

/// Functions that take a variable and what to do with it.
const MACROS: &[&str] = &[
    "all",
    "exists",
    "exists_one",
    "existsOne",
    "filter",
    "map",
    "optMap",
    "optFlatMap",
    "sortBy",
    "transformList",
    "transformMap",
    "transformMapEntry",
    "bind",
];

/// Every function and method.
const FUNCTIONS: &[&str] = &[
    "has",
    "size",
    "contains",
    "startsWith",
    "endsWith",
    "matches",
    "type",
    "dyn",
    "int",
    "uint",
    "double",
    "string",
    "bytes",
    "bool",
    "timestamp",
    "duration",
    "getDate",
    "getDayOfMonth",
    "getDayOfWeek",
    "getDayOfYear",
    "getFullYear",
    "getHours",
    "getMilliseconds",
    "getMinutes",
    "getMonth",
    "getSeconds",
    "charAt",
    "indexOf",
    "join",
    "lastIndexOf",
    "lowerAscii",
    "replace",
    "split",
    "substring",
    "trim",
    "upperAscii",
    "format",
    "reverse",
    "quote",
    "isSorted",
    "sum",
    "min",
    "max",
    "find",
    "findAll",
    "url",
    "isURL",
    "getScheme",
    "getHost",
    "getHostname",
    "getPort",
    "getEscapedPath",
    "getQuery",
    "quantity",
    "isQuantity",
    "sign",
    "isInteger",
    "asInteger",
    "asApproximateFloat",
    "add",
    "sub",
    "isLessThan",
    "isGreaterThan",
    "compareTo",
    "ip",
    "isIP",
    "family",
    "isUnspecified",
    "isLoopback",
    "isLinkLocalMulticast",
    "isLinkLocalUnicast",
    "isGlobalUnicast",
    "isCanonical",
    "cidr",
    "isCIDR",
    "containsIP",
    "containsCIDR",
    "masked",
    "prefixLength",
    "validate",
    "named",
    "semver",
    "isSemver",
    "major",
    "minor",
    "patch",
    "intersects",
    "equivalent",
    "hasValue",
    "value",
    "orValue",
    "or",
    "of",
    "none",
    "ofNonZeroValue",
    "first",
    "last",
    "distinct",
    "flatten",
    "range",
    "slice",
    "sort",
    "encode",
    "decode",
    "greatest",
    "least",
    "ceil",
    "floor",
    "round",
    "trunc",
    "abs",
    "isInf",
    "isNaN",
    "isFinite",
    "bitOr",
    "bitAnd",
    "bitXor",
    "bitNot",
    "bitShiftLeft",
    "bitShiftRight",
    "sqrt",
    "dns1123Label",
    "dns1123Subdomain",
    "dns1035Label",
    "qualifiedName",
    "dns1123LabelPrefix",
    "dns1123SubdomainPrefix",
    "dns1035LabelPrefix",
    "labelValue",
    "uri",
    "uuid",
    "byte",
    "date",
    "datetime",
];

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Name(String),
    Text,
    Number { is_whole: bool },
    Sign(&'static str),
    Other(char),
}

/// A token and where it starts, in characters from the beginning.
type Placed = (Token, usize);

/// What is wrong with an expression on a schema.
///
/// # Errors
/// The words of the compiler.
pub(super) fn check(expression: &str, schema: &Value, is_root: bool, wanted: Wanted) -> Result<(), String> {
    let tokens = tokens(expression);
    let mut checking = Checking {
        expression,
        tokens: &tokens,
        variables: variables(&tokens),
        is_root,
        found: Vec::new(),
    };
    let whole = checking.run(schema);
    if checking.found.is_empty() {
        return match (whole, wanted) {
            (Some(kind), Wanted::Bool) if kind != "bool" && kind != "error" => {
                Err("cel expression must evaluate to a bool".to_owned())
            }
            (Some(kind), Wanted::Text) if kind != "string" && kind != "error" => {
                Err("must evaluate to a string".to_owned())
            }
            _ => Ok(()),
        };
    }
    Err(format!("compilation failed: {}", checking.found.join("\n")))
}

/// What the compiler says of an expression that ends too early.
pub(super) fn unfinished(expression: &str) -> String {
    let at = expression.chars().count();
    let why = "Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, \
               NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";
    format!("compilation failed: {}", report(expression, at, why))
}

/// An error with the line it is in and a mark below the place.
fn report(expression: &str, at: usize, why: &str) -> String {
    let before: String = expression.chars().take(at).collect();
    let line = before.matches('\n').count();
    let column = before.chars().rev().take_while(|c| *c != '\n').count();
    let text = expression.lines().nth(line).unwrap_or_default();
    let dots = ".".repeat(column);
    format!(
        "ERROR: <input>:{}:{}: {why}\n | {text}\n | {dots}^",
        line + 1,
        column + 1
    )
}

struct Checking<'a> {
    expression: &'a str,
    tokens: &'a [Placed],
    variables: BTreeSet<&'a str>,
    is_root: bool,
    found: Vec<String>,
}

impl Checking<'_> {
    /// Looks at every token; the type of the expression, if it is no more than a chain of fields.
    fn run(&mut self, schema: &Value) -> Option<&'static str> {
        let mut index = 0;
        let mut whole = None;
        while index < self.tokens.len() {
            let (Token::Name(name), at) = &self.tokens[index] else {
                index += 1;
                continue;
            };
            let after_dot = index > 0 && matches!(self.tokens[index - 1].0, Token::Other('.'));
            let is_call = self.is(index + 1, '(');
            if !after_dot && matches!(name.as_str(), "self" | "oldSelf") && !is_call {
                let (end, kind) = self.chain(index, schema);
                if index == 0 && end == self.tokens.len() {
                    whole = kind;
                }
                if let Some(kind) = kind {
                    self.compare(end, kind);
                }
                index = end;
                continue;
            }
            let is_known = FUNCTIONS.contains(&name.as_str()) || MACROS.contains(&name.as_str());
            if is_call && !is_known {
                let open = self.tokens[index + 1].1;
                self.complain(
                    open,
                    &format!("undeclared reference to '{name}' (in container '')"),
                );
            } else if !after_dot && !is_call && !self.is_declared(name) && !self.is(index + 1, ':') {
                self.complain(
                    *at,
                    &format!("undeclared reference to '{name}' (in container '')"),
                );
            }
            index += 1;
        }
        whole
    }

    fn is(&self, index: usize, c: char) -> bool {
        self.tokens
            .get(index)
            .is_some_and(|(token, _)| *token == Token::Other(c))
    }

    fn is_declared(&self, name: &str) -> bool {
        DECLARED.contains(&name) || self.variables.contains(name)
    }

    fn complain(&mut self, at: usize, why: &str) {
        self.found.push(report(self.expression, at, why));
    }

    /// Follows a chain of fields from `self`; where it ends and what type it has, if that can be told.
    fn chain(&mut self, start: usize, schema: &Value) -> (usize, Option<&'static str>) {
        let mut index = start + 1;
        let mut here = Some(schema.clone());
        let mut is_root = self.is_root;
        while let Some((token, at)) = self.tokens.get(index) {
            match token {
                Token::Other('.') => {
                    let Some((Token::Name(name), _)) = self.tokens.get(index + 1) else {
                        return (index + 1, None);
                    };
                    if self.is(index + 2, '(') {
                        // A method; what it gives is not looked into.
                        return (index + 1, None);
                    }
                    if let Some(schema) = &here {
                        match member(schema, name, is_root) {
                            Member::Known(child) => here = Some(child),
                            Member::Unknown => here = None,
                            Member::Missing => {
                                self.complain(*at, &format!("undefined field '{name}'"));
                                return (index + 2, Some("error"));
                            }
                        }
                    }
                    is_root = false;
                    index += 2;
                }
                Token::Other('[') => {
                    here = here.and_then(|schema| {
                        let child = ["items", "additionalProperties"]
                            .into_iter()
                            .map(|name| &schema[name]);
                        child.into_iter().find(|child| child.is_object()).cloned()
                    });
                    is_root = false;
                    // What stands in the brackets is looked at as any other part.
                    let Some(close) = self.closing(index) else {
                        return (index + 1, None);
                    };
                    if close != index + 2 {
                        return (index + 1, None);
                    }
                    index = close + 1;
                }
                _ => break,
            }
        }
        let is_scalar_end = !matches!(self.tokens.get(index), Some((Token::Other('?' | '{'), _)));
        (
            index,
            here.filter(|_| is_scalar_end).and_then(|schema| type_of(&schema)),
        )
    }

    fn closing(&self, open: usize) -> Option<usize> {
        let mut depth = 0;
        for (index, (token, _)) in self.tokens.iter().enumerate().skip(open) {
            match token {
                Token::Other('[') => depth += 1,
                Token::Other(']') => {
                    depth -= 1;
                    if depth == 0 {
                        return Some(index);
                    }
                }
                _ => {}
            }
        }
        None
    }

    /// A field compared with a literal must have its type.
    fn compare(&mut self, end: usize, kind: &'static str) {
        let Some((Token::Sign(sign), at)) = self.tokens.get(end) else {
            return;
        };
        let literal = match self.tokens.get(end + 1) {
            Some((Token::Text, _)) => "string",
            Some((Token::Number { is_whole: true }, _)) => "int",
            Some((Token::Number { is_whole: false }, _)) => "double",
            Some((Token::Name(name), _)) if name == "true" || name == "false" => "bool",
            _ => return,
        };
        let numbers = ["int", "double", "uint"];
        let is_order = !matches!(*sign, "==" | "!=");
        let fits = kind == literal || (is_order && numbers.contains(&kind) && numbers.contains(&literal));
        if !fits && matches!(kind, "string" | "int" | "double" | "bool") {
            let why = format!("found no matching overload for '_{sign}_' applied to '({kind}, {literal})'");
            self.complain(*at, &why);
        }
    }
}

enum Member {
    Known(Value),
    /// There, but nothing is known about it.
    Unknown,
    Missing,
}

fn member(schema: &Value, name: &str, is_root: bool) -> Member {
    use serde_json::json;
    let is_object = is_root || schema["x-kubernetes-embedded-resource"] == true;
    if is_object {
        match name {
            "apiVersion" | "kind" => return Member::Known(json!({"type": "string"})),
            "metadata" => {
                let text = json!({"type": "string"});
                return Member::Known(
                    json!({"type": "object", "properties": {"name": text, "generateName": text}}),
                );
            }
            _ => {}
        }
    }
    if schema["additionalProperties"].is_object() {
        return Member::Known(schema["additionalProperties"].clone());
    }
    if schema["x-kubernetes-int-or-string"] == true {
        return Member::Unknown;
    }
    let fields = schema["properties"].as_object();
    let found = fields
        .into_iter()
        .flatten()
        .find(|(field, _)| escape(field) == name);
    match found {
        Some((_, child)) if type_of(child).is_none() && child["type"].is_null() => {
            if child["x-kubernetes-int-or-string"] == true {
                Member::Unknown
            } else {
                Member::Missing
            }
        }
        Some((_, child)) => Member::Known(child.clone()),
        None => Member::Missing,
    }
}

fn type_of(schema: &Value) -> Option<&'static str> {
    if schema["x-kubernetes-int-or-string"] == true {
        return Some("dyn");
    }
    match (schema["type"].as_str()?, schema["format"].as_str()) {
        ("string", Some("date" | "date-time")) => Some("timestamp"),
        ("string", Some("duration")) => Some("duration"),
        ("string", Some("byte")) => Some("bytes"),
        ("string", _) => Some("string"),
        ("integer", _) => Some("int"),
        ("number", _) => Some("double"),
        ("boolean", _) => Some("bool"),
        ("object", _) => Some("object"),
        ("array", _) => Some("list"),
        _ => None,
    }
}

fn escape(name: &str) -> String {
    crate::apiserver::types::validate::escape(name)
}

/// The names that macros declare: `self.all(x, ...)`.
fn variables(tokens: &[Placed]) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    for window in tokens.windows(3) {
        if let [
            (Token::Name(function), _),
            (Token::Other('('), _),
            (Token::Name(variable), _),
        ] = window
            && MACROS.contains(&function.as_str())
        {
            names.insert(variable.as_str());
        }
    }
    // The second variable of the macros with two.
    for window in tokens.windows(5) {
        if let [
            (Token::Name(function), _),
            (Token::Other('('), _),
            (Token::Name(_), _),
            (Token::Other(','), _),
            (Token::Name(second), _),
        ] = window
            && MACROS.contains(&function.as_str())
        {
            names.insert(second.as_str());
        }
    }
    names
}

fn tokens(expression: &str) -> Vec<Placed> {
    const SIGNS: [&str; 6] = ["==", "!=", "<=", ">=", "<", ">"];
    let chars: Vec<char> = expression.chars().collect();
    let mut out = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let c = chars[at];
        let start = at;
        if c.is_whitespace() {
            at += 1;
        } else if c == '/' && chars.get(at + 1) == Some(&'/') {
            while at < chars.len() && chars[at] != '\n' {
                at += 1;
            }
        } else if let Some(end) = text_end(&chars, at) {
            at = end;
            out.push((Token::Text, start));
        } else if c.is_ascii_digit() {
            while at < chars.len() && (chars[at].is_ascii_alphanumeric() || chars[at] == '.') {
                at += 1;
            }
            let is_whole =
                !chars[start..at].iter().any(|c| ".eE".contains(*c)) || chars.get(start + 1) == Some(&'x');
            out.push((Token::Number { is_whole }, start));
        } else if c.is_alphabetic() || c == '_' {
            while at < chars.len() && (chars[at].is_alphanumeric() || chars[at] == '_') {
                at += 1;
            }
            out.push((Token::Name(chars[start..at].iter().collect()), start));
        } else if let Some(sign) = SIGNS.iter().find(|sign| starts_with(&chars[at..], sign)) {
            at += sign.len();
            out.push((Token::Sign(sign), start));
        } else {
            at += 1;
            // `.?` selects a field that may be missing.
            if !(c == '?' && matches!(out.last(), Some((Token::Other('.' | '['), _)))) {
                out.push((Token::Other(c), start));
            }
        }
    }
    out
}

fn starts_with(chars: &[char], text: &str) -> bool {
    text.chars()
        .enumerate()
        .all(|(index, c)| chars.get(index) == Some(&c))
}

/// Where a text literal ends, if one begins here.
fn text_end(chars: &[char], start: usize) -> Option<usize> {
    let prefix = chars[start..]
        .iter()
        .take_while(|c| "rRbB".contains(**c))
        .count()
        .min(2);
    let quote = *chars.get(start + prefix).filter(|c| **c == '\'' || **c == '"')?;
    let is_raw = chars[start..start + prefix]
        .iter()
        .any(|c| *c == 'r' || *c == 'R');
    let triple =
        chars.get(start + prefix + 1) == Some(&quote) && chars.get(start + prefix + 2) == Some(&quote);
    let width = if triple { 3 } else { 1 };
    let mut at = start + prefix + width;
    while at < chars.len() {
        if chars[at] == '\\' && !is_raw {
            at += 2;
        } else if (0..width).all(|offset| chars.get(at + offset) == Some(&quote)) {
            return Some(at + width);
        } else {
            at += 1;
        }
    }
    Some(chars.len())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn verdict(expression: &str) -> Result<(), String> {
        let schema = json!({"type": "object", "properties": {
            "a": {"type": "string"}, "n": {"type": "integer"}, "l": {"type": "array", "items": {"type": "string"}},
            "m": {"type": "object", "additionalProperties": {"type": "integer"}}, "a-b": {"type": "string"},
            "v": {"x-kubernetes-int-or-string": true}, "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}});
        check(expression, &schema, false, Wanted::Bool)
    }

    #[test]
    fn sound_expressions_pass() {
        for expression in [
            "self.a == 'x'",
            "!has(self.n) || self.n > 1",
            "self.l.all(x, x.startsWith('a'))",
            "self.m.all(k, self.m[k] > 0)",
            "self.m['k'] == 1",
            "self.a__dash__b == 'c // d'",
            "type(self.v) == string && quantity(self.v).isLessThan(quantity('1Gi'))",
            "oldSelf.hasValue() ? oldSelf.value().n == self.n : true",
            "{'a': 1}['a'] == self.n",
            "self.?n.orValue(1) > 0",
        ] {
            assert_eq!(verdict(expression), Ok(()), "{expression}");
        }
    }

    #[test]
    fn unsound_expressions_are_refused_with_their_place() {
        let error = |expression: &str| verdict(expression).unwrap_err();
        assert_eq!(
            error("self.b == 'x'"),
            "compilation failed: ERROR: <input>:1:5: undefined field 'b'\n | self.b == 'x'\n | ....^"
        );
        assert_eq!(
            error("self.a == 1"),
            "compilation failed: ERROR: <input>:1:8: found no matching overload for '_==_' applied to '(string, int)'\n | \
             self.a == 1\n | .......^"
        );
        assert!(error("self.nofunc()").contains("1:12: undeclared reference to 'nofunc'"));
        assert!(error("other.x").contains("1:1: undeclared reference to 'other'"));
        assert!(error("self.free.x == 1").contains("undefined field 'x'"));
        assert_eq!(error("self.a"), "cel expression must evaluate to a bool");
        assert_eq!(error("self.v"), "cel expression must evaluate to a bool");
    }
}
