//! From text to path.

use std::{iter::Peekable, str::Chars};

use serde_json::Value;

use super::{Filter, Node, Operator, Slice};

/// What is wrong with a path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JsonPathError {
    /// A bracket, parenthesis or quote is opened and not closed.
    #[error("{0} is not closed")]
    Unclosed(&'static str),
    /// A character has no meaning where it stands.
    #[error("character {0:?} is not expected here")]
    Unexpected(char),
    /// The text between brackets is no index.
    #[error("{0:?} is no array index")]
    Index(String),
    /// A filter compares in a way that does not exist.
    #[error("{0:?} is no comparison")]
    Comparison(String),
    /// A word that is neither a field nor a constant.
    #[error("{0:?} is not known")]
    Word(String),
}

/// Parses a whole path.
pub(super) fn path(text: &str) -> Result<Vec<Node>, JsonPathError> {
    let mut parser = Parser {
        rest: text.chars().peekable(),
    };
    let mut nodes = Vec::new();
    while let Some(next) = parser.rest.next() {
        match next {
            ' ' | '@' | '$' => {}
            '.' => parser.after_dot(&mut nodes)?,
            '[' => parser.brackets(&mut nodes)?,
            '"' | '\'' => nodes.push(Node::Literal(parser.quoted(next)?.into())),
            '+' | '-' | '0'..='9' => nodes.push(Node::Literal(parser.number(next)?)),
            letter if letter.is_alphanumeric() || letter == '_' => {
                nodes.push(parser.word(letter)?);
            }
            other => return Err(JsonPathError::Unexpected(other)),
        }
    }
    Ok(nodes)
}

struct Parser<'a> {
    rest: Peekable<Chars<'a>>,
}

impl Parser<'_> {
    fn after_dot(&mut self, nodes: &mut Vec<Node>) -> Result<(), JsonPathError> {
        if self.rest.next_if_eq(&'.').is_some() {
            if nodes.last() == Some(&Node::Recursive) {
                return Err(JsonPathError::Unexpected('.'));
            }
            nodes.push(Node::Recursive);
            if !self
                .rest
                .peek()
                .is_some_and(|next| next.is_alphanumeric() || *next == '_')
            {
                return Ok(());
            }
        }
        let name = self.name();
        nodes.push(if name == "*" {
            Node::Wildcard
        } else {
            Node::Field(name)
        });
        Ok(())
    }

    /// A field name: everything up to the next character that ends it; a backslash takes that meaning away.
    fn name(&mut self) -> String {
        let mut name = String::new();
        while let Some(next) = self.rest.next_if(|next| !ends_a_name(*next)) {
            if next == '\\' {
                name.extend(self.rest.next());
            } else {
                name.push(next);
            }
        }
        name
    }

    fn word(&mut self, first: char) -> Result<Node, JsonPathError> {
        let word = format!("{first}{}", self.name());
        match word.as_str() {
            "true" => Ok(Node::Literal(true.into())),
            "false" => Ok(Node::Literal(false.into())),
            _ => Err(JsonPathError::Word(word)),
        }
    }

    fn number(&mut self, first: char) -> Result<Value, JsonPathError> {
        let mut text = String::from(first);
        while let Some(next) = self.rest.next_if(|next| next.is_ascii_digit() || *next == '.') {
            text.push(next);
        }
        let whole = text.parse::<i64>().map(Value::from);
        whole
            .or_else(|_| text.parse::<f64>().map(Value::from))
            .map_err(|_| JsonPathError::Word(text))
    }

    fn quoted(&mut self, quote: char) -> Result<String, JsonPathError> {
        let mut text = String::new();
        loop {
            match self.rest.next() {
                None | Some('\n') => return Err(JsonPathError::Unclosed("quote")),
                Some('\\') => text.push(match self.rest.next() {
                    None => return Err(JsonPathError::Unclosed("quote")),
                    Some('n') => '\n',
                    Some('t') => '\t',
                    Some('r') => '\r',
                    Some(other) => other,
                }),
                Some(end) if end == quote => return Ok(text),
                Some(other) => text.push(other),
            }
        }
    }

    fn brackets(&mut self, nodes: &mut Vec<Node>) -> Result<(), JsonPathError> {
        if self.rest.next_if_eq(&'?').is_some() {
            return match self.rest.next() {
                Some('(') => self.filter(nodes),
                Some(other) => Err(JsonPathError::Unexpected(other)),
                None => Err(JsonPathError::Unclosed("bracket")),
            };
        }
        let mut inside = String::new();
        loop {
            match self.rest.next() {
                None | Some('\n') => return Err(JsonPathError::Unclosed("bracket")),
                Some(']') => break,
                Some(other) => inside.push(other),
            }
        }
        let mut choices = inside.split(',').map(|choice| index(choice.trim()));
        if inside.contains(',') {
            let choices = choices.collect::<Result<_, _>>()?;
            nodes.push(Node::Union(choices));
        } else if let Some(choice) = choices.next() {
            nodes.extend(choice?);
        }
        Ok(())
    }

    fn filter(&mut self, nodes: &mut Vec<Node>) -> Result<(), JsonPathError> {
        let mut condition = String::new();
        let mut quote = None;
        loop {
            match self.rest.next() {
                None | Some('\n') => return Err(JsonPathError::Unclosed("filter")),
                Some(')') if quote.is_none() => break,
                Some('\\') => {
                    condition.push('\\');
                    condition.extend(self.rest.next());
                }
                Some(next) => {
                    match quote {
                        Some(open) if open == next => quote = None,
                        None if matches!(next, '"' | '\'') => quote = Some(next),
                        _ => {}
                    }
                    condition.push(next);
                }
            }
        }
        if self.rest.next() != Some(']') {
            return Err(JsonPathError::Unclosed("bracket"));
        }
        nodes.push(Node::Filter(comparison(&condition)?));
        Ok(())
    }
}

fn ends_a_name(next: char) -> bool {
    matches!(
        next,
        ' ' | '\t' | '\r' | '\n' | '.' | ',' | '[' | ']' | '$' | '@' | '{' | '}'
    )
}

/// What stands between brackets: a name in quotes, a star, an index or a slice.
fn index(text: &str) -> Result<Vec<Node>, JsonPathError> {
    for quote in ['\'', '"'] {
        if let Some(name) = text.strip_prefix(quote).and_then(|text| text.strip_suffix(quote)) {
            // A name in brackets is read as the same name after a dot, dots in it included.
            return path(&format!(".{name}"));
        }
    }
    let bad = || JsonPathError::Index(text.to_owned());
    let parts: Vec<_> = if text == "*" {
        vec!["", ""]
    } else {
        text.split(':').collect()
    };
    let number = |part: &str| match part {
        "" => Ok(None),
        digits => digits.parse::<i64>().map(Some).map_err(|_| bad()),
    };
    let slice = match parts.as_slice() {
        [one] if !one.is_empty() => Slice {
            start: number(one)?,
            end: number(one)?.map(|at| at + 1),
            single: true,
            step: None,
        },
        [start, end] => Slice {
            start: number(start)?,
            end: number(end)?,
            single: false,
            step: None,
        },
        [start, end, step] => Slice {
            start: number(start)?,
            end: number(end)?,
            single: false,
            step: number(step)?,
        },
        _ => return Err(bad()),
    };
    Ok(vec![Node::Slice(slice)])
}

fn comparison(condition: &str) -> Result<Filter, JsonPathError> {
    let is_operator = |c: char| matches!(c, '!' | '<' | '>' | '=');
    let Some(at) = condition.find(is_operator).filter(|at| *at > 0) else {
        return Ok(Filter {
            left: path(condition)?,
            comparison: None,
        });
    };
    let (left, rest) = condition.split_at(at);
    let right = rest.trim_start_matches(is_operator);
    let operator = match &rest[..rest.len() - right.len()] {
        "==" => Operator::Equal,
        "!=" => Operator::NotEqual,
        "<" => Operator::Less,
        "<=" => Operator::LessOrEqual,
        ">" => Operator::Greater,
        ">=" => Operator::GreaterOrEqual,
        other => return Err(JsonPathError::Comparison(other.to_owned())),
    };
    Ok(Filter {
        left: path(left)?,
        comparison: Some((operator, path(right)?)),
    })
}
