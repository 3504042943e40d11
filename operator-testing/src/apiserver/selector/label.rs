//! Label selectors: `a=b,c in (d,e),!f`.
//!
//! Source: `k8s.io/apimachinery/pkg/labels/selector.go`.

use crate::apiserver::meta::{label_key_problems, label_value_problems};

/// Requirements on labels, all of which must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LabelSelector(Vec<Requirement>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Requirement {
    key: String,
    operator: Operator,
    values: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    In,
    NotIn,
    Equals,
    NotEquals,
    Exists,
    DoesNotExist,
    Greater,
    Less,
}

impl LabelSelector {
    /// Reads a selector.
    ///
    /// # Errors
    /// The real server's words for what is wrong.
    pub(crate) fn parse(selector: &str) -> Result<Self, String> {
        Parser {
            tokens: scan(selector),
            position: 0,
        }
        .parse()
        .map(Self)
    }

    /// Whether every object matches.
    pub(crate) fn is_everything(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether labels match.
    pub(crate) fn matches<'a>(&self, label: impl Fn(&str) -> Option<&'a str>) -> bool {
        self.0
            .iter()
            .all(|requirement| requirement.matches(label(&requirement.key)))
    }
}

impl Requirement {
    fn matches(&self, value: Option<&str>) -> bool {
        let listed = |value: &str| self.values.iter().any(|known| known == value);
        match self.operator {
            Operator::In | Operator::Equals => value.is_some_and(listed),
            Operator::NotIn | Operator::NotEquals => !value.is_some_and(listed),
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
            Operator::Greater | Operator::Less => {
                let number = |text: &str| text.parse::<i64>().ok();
                match (
                    value.and_then(number),
                    self.values.first().and_then(|text| number(text)),
                ) {
                    (Some(value), Some(limit)) if self.operator == Operator::Greater => value > limit,
                    (Some(value), Some(limit)) => value < limit,
                    _ => false,
                }
            }
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Error,
    End,
    ClosedPar,
    Comma,
    Not,
    Equals,
    DoubleEquals,
    Greater,
    Identifier,
    In,
    Less,
    NotEquals,
    NotIn,
    OpenPar,
}

fn token_of(text: &str) -> Option<Token> {
    Some(match text {
        ")" => Token::ClosedPar,
        "," => Token::Comma,
        "!" => Token::Not,
        "==" => Token::DoubleEquals,
        "=" => Token::Equals,
        ">" => Token::Greater,
        "in" => Token::In,
        "<" => Token::Less,
        "!=" => Token::NotEquals,
        "notin" => Token::NotIn,
        "(" => Token::OpenPar,
        _ => return None,
    })
}

fn is_special(byte: char) -> bool {
    matches!(byte, '=' | '!' | '(' | ')' | ',' | '>' | '<')
}

fn is_space(byte: char) -> bool {
    matches!(byte, ' ' | '\t' | '\r' | '\n')
}

fn scan(selector: &str) -> Vec<(Token, String)> {
    let mut tokens = Vec::new();
    let mut rest = selector;
    loop {
        rest = rest.trim_start_matches(is_space);
        let Some(first) = rest.chars().next() else {
            tokens.push((Token::End, String::new()));
            return tokens;
        };
        let length = if is_special(first) {
            let run = rest.find(|c| !is_special(c)).unwrap_or(rest.len());
            // the longest symbol that the run begins with
            let symbol = (1..=run.min(2))
                .rev()
                .find(|&end| token_of(&rest[..end]).is_some());
            symbol.unwrap_or(run)
        } else {
            rest.find(|c| is_special(c) || is_space(c)).unwrap_or(rest.len())
        };
        let (text, after) = rest.split_at(length);
        let token = match token_of(text) {
            Some(token) => (token, text.to_owned()),
            None if is_special(first) => (Token::Error, format!("error expected: keyword found '{text}'")),
            None => (Token::Identifier, text.to_owned()),
        };
        tokens.push(token);
        rest = after;
    }
}

struct Parser {
    tokens: Vec<(Token, String)>,
    position: usize,
}

impl Parser {
    fn parse(mut self) -> Result<Vec<Requirement>, String> {
        let mut requirements = Vec::new();
        loop {
            let (token, text) = self.look();
            match token {
                Token::Identifier | Token::Not => {
                    let requirement = self
                        .requirement()
                        .map_err(|error| format!("unable to parse requirement: {error}"))?;
                    requirements.push(requirement);
                    match self.next() {
                        (Token::End, _) => break,
                        (Token::Comma, _) => {
                            let (next, text) = self.look();
                            if !matches!(next, Token::Identifier | Token::Not) {
                                return Err(format!("found '{text}', expected: identifier after ','"));
                            }
                        }
                        (_, text) => return Err(format!("found '{text}', expected: ',' or 'end of string'")),
                    }
                }
                Token::End => break,
                _ => {
                    return Err(format!(
                        "found '{text}', expected: !, identifier, or 'end of string'"
                    ));
                }
            }
        }
        requirements.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(requirements)
    }

    /// The next token, `in` and `notin` taken as plain words.
    fn look(&self) -> (Token, String) {
        let (token, text) = self.operator();
        match token {
            Token::In | Token::NotIn => (Token::Identifier, text),
            token => (token, text),
        }
    }

    /// The next token, `in` and `notin` taken as operators. The end repeats for ever.
    fn operator(&self) -> (Token, String) {
        let last = self.tokens.len() - 1;
        self.tokens[self.position.min(last)].clone()
    }

    fn next(&mut self) -> (Token, String) {
        let token = self.look();
        self.position += 1;
        token
    }

    fn requirement(&mut self) -> Result<Requirement, String> {
        let (mut token, mut key) = self.next();
        let negated = token == Token::Not;
        if negated {
            (token, key) = self.next();
        }
        if token != Token::Identifier {
            return Err(format!("found '{key}', expected: identifier"));
        }
        check(&key, "<nil>", &label_key_problems(&key))?;
        if negated {
            return Ok(Requirement {
                key,
                operator: Operator::DoesNotExist,
                values: Vec::new(),
            });
        }
        if matches!(self.look().0, Token::End | Token::Comma) {
            return Ok(Requirement {
                key,
                operator: Operator::Exists,
                values: Vec::new(),
            });
        }
        let (token, text) = self.operator();
        self.position += 1;
        let operator = match token {
            Token::In => Operator::In,
            Token::NotIn => Operator::NotIn,
            Token::Equals | Token::DoubleEquals => Operator::Equals,
            Token::NotEquals => Operator::NotEquals,
            Token::Greater => Operator::Greater,
            Token::Less => Operator::Less,
            _ => {
                return Err(format!("found '{text}', expected: in, notin, =, ==, !=, gt, lt"));
            }
        };
        let mut values = match operator {
            Operator::In | Operator::NotIn => self.values()?,
            _ => vec![self.exact_value()?],
        };
        values.sort();
        values.dedup();
        let mut problems = Vec::new();
        if matches!(operator, Operator::Greater | Operator::Less) {
            for (index, value) in values.iter().enumerate() {
                if value.parse::<i64>().is_err() {
                    problems.push(format!(
                        "values[{index}]: Invalid value: {value:?}: for 'Gt', 'Lt' operators, the value must be an integer"
                    ));
                }
            }
        }
        for (index, value) in values.iter().enumerate() {
            let found = label_value_problems(value);
            if !found.is_empty() {
                problems.push(format!(
                    "values[{index}][{key}]: Invalid value: {value:?}: {}",
                    found.join("; ")
                ));
            }
        }
        match problems.as_slice() {
            [] => Ok(Requirement {
                key,
                operator,
                values,
            }),
            [one] => Err(one.clone()),
            many => Err(format!("[{}]", many.join(", "))),
        }
    }

    fn values(&mut self) -> Result<Vec<String>, String> {
        let (token, text) = self.next();
        if token != Token::OpenPar {
            return Err(format!("found '{text}' expected: '('"));
        }
        let (token, text) = self.look();
        match token {
            Token::Identifier | Token::Comma => {
                let values = self.identifiers()?;
                if self.next().0 != Token::ClosedPar {
                    return Err(format!("found '{text}', expected: ')'"));
                }
                Ok(values)
            }
            Token::ClosedPar => {
                self.next();
                Ok(vec![String::new()])
            }
            _ => Err(format!("found '{text}', expected: ',', ')' or identifier")),
        }
    }

    fn identifiers(&mut self) -> Result<Vec<String>, String> {
        let mut values: Vec<String> = Vec::new();
        loop {
            let (token, text) = self.next();
            match token {
                Token::Identifier => {
                    values.push(text);
                    let (token, text) = self.look();
                    match token {
                        Token::Comma => {}
                        Token::ClosedPar => return Ok(values),
                        _ => return Err(format!("found '{text}', expected: ',' or ')'")),
                    }
                }
                Token::Comma => {
                    if values.is_empty() {
                        values.push(String::new());
                    }
                    match self.look().0 {
                        Token::ClosedPar => {
                            values.push(String::new());
                            return Ok(values);
                        }
                        Token::Comma => values.push(String::new()),
                        _ => {}
                    }
                }
                _ => return Err(format!("found '{text}', expected: ',', or identifier")),
            }
        }
    }

    fn exact_value(&mut self) -> Result<String, String> {
        if matches!(self.look().0, Token::End | Token::Comma) {
            return Ok(String::new());
        }
        match self.next() {
            (Token::Identifier, text) => Ok(text),
            (_, text) => Err(format!("found '{text}', expected: identifier")),
        }
    }
}

fn check(value: &str, path: &str, problems: &[String]) -> Result<(), String> {
    if problems.is_empty() {
        Ok(())
    } else {
        Err(format!(
            "{path}: Invalid value: {value:?}: {}",
            problems.join("; ")
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::LabelSelector;

    fn matches(selector: &str, labels: &[(&str, &str)]) -> bool {
        LabelSelector::parse(selector).unwrap().matches(|name| {
            labels
                .iter()
                .find(|(label, _)| *label == name)
                .map(|(_, value)| *value)
        })
    }

    #[test]
    fn requirements_select() {
        let labels = [("env", "prod"), ("tier", ""), ("n", "5")];
        for yes in [
            "",
            "env=prod",
            "env==prod",
            "env in (dev,prod)",
            "env notin (dev)",
            "env",
            "!other",
            "other!=x",
            "tier=",
            "tier in ()",
            "n>4",
            "n<6",
            " env = prod , tier ",
            "in notin (in)",
            "env in (,prod)",
        ] {
            assert!(matches(yes, &labels), "{yes:?} should match");
        }
        for no in [
            "env=dev",
            "env!=prod",
            "!env",
            "other",
            "n>5",
            "env>1",
            "env=prod,env=dev",
            "other in ()",
        ] {
            assert!(!matches(no, &labels), "{no:?} should not match");
        }
    }

    #[test]
    fn mistakes_are_named() {
        let cases = [
            (
                "env in prod",
                "unable to parse requirement: found 'prod' expected: '('",
            ),
            ("=x", "found '=', expected: !, identifier, or 'end of string'"),
            ("a=b=c", "found '=', expected: ',' or 'end of string'"),
            (
                "bad key=1",
                "unable to parse requirement: found 'key', expected: in, notin, =, ==, !=, gt, lt",
            ),
            ("a,", "found '', expected: identifier after ','"),
            (
                "n in (a",
                "unable to parse requirement: found '', expected: ',' or ')'",
            ),
            ("env in", "unable to parse requirement: found '' expected: '('"),
        ];
        for (selector, message) in cases {
            assert_eq!(
                LabelSelector::parse(selector).unwrap_err(),
                message,
                "{selector:?}"
            );
        }
    }
}
