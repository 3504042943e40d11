//! The validation keywords of a custom resource's schema.

use std::sync::{Arc, OnceLock};

use regex::Regex;
use serde_json::{Number, Value};

use crate::apiserver::types::{schema::Schema, validate::Programs};

/// Keywords that only validation reads.
#[derive(Clone, Debug, Default)]
pub struct Keywords {
    /// `minimum`.
    pub minimum: Option<Number>,
    /// `exclusiveMinimum`.
    pub exclusive_minimum: bool,
    /// `maximum`.
    pub maximum: Option<Number>,
    /// `exclusiveMaximum`.
    pub exclusive_maximum: bool,
    /// `multipleOf`.
    pub multiple_of: Option<Number>,
    /// `minLength`, in characters.
    pub min_length: Option<i64>,
    /// `maxLength`, in characters.
    pub max_length: Option<i64>,
    /// `pattern`.
    pub pattern: Option<Pattern>,
    /// `minItems`.
    pub min_items: Option<i64>,
    /// `maxItems`.
    pub max_items: Option<i64>,
    /// `uniqueItems`.
    pub unique_items: bool,
    /// `minProperties`.
    pub min_properties: Option<i64>,
    /// `maxProperties`.
    pub max_properties: Option<i64>,
    /// `enum`.
    pub choices: Option<Vec<Value>>,
    /// `allOf`.
    pub all_of: Vec<Schema>,
    /// `anyOf`.
    pub any_of: Vec<Schema>,
    /// `oneOf`.
    pub one_of: Vec<Schema>,
    /// `not`.
    pub not: Option<Arc<Schema>>,
    /// `x-kubernetes-validations`.
    pub rules: Vec<Rule>,
}

/// A regular expression, compiled when it is first matched.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: Arc<str>,
    compiled: Arc<OnceLock<Option<Regex>>>,
}

impl Pattern {
    /// The pattern of that text.
    pub fn new(text: &str) -> Self {
        Self {
            text: text.into(),
            compiled: Arc::default(),
        }
    }

    /// As written in the schema.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the text holds a match; `None` if the pattern is no regular expression.
    pub fn is_match(&self, text: &str) -> Option<bool> {
        let compiled = self.compiled.get_or_init(|| compile(&self.text));
        compiled.as_ref().map(|regex| regex.is_match(text))
    }
}

/// Compiles a regular expression as Go's `regexp` understands it: the classes of Perl mean ASCII, and a bracket or an operator
/// within brackets means itself.
fn compile(pattern: &str) -> Option<Regex> {
    let mut translated = String::with_capacity(pattern.len());
    let mut chars = pattern.chars().peekable();
    // The number of characters seen since the bracket was opened, if one is open.
    let mut class: Option<usize> = None;
    while let Some(c) = chars.next() {
        match (c, class) {
            ('\\', _) => match chars.next() {
                Some('d') => translated.push_str("[0-9]"),
                Some('D') => translated.push_str("[^0-9]"),
                Some('w') => translated.push_str("[0-9A-Za-z_]"),
                Some('W') => translated.push_str("[^0-9A-Za-z_]"),
                Some('s') => translated.push_str(r"[\t\n\f\r ]"),
                Some('S') => translated.push_str(r"[^\t\n\f\r ]"),
                Some('b') if class.is_none() => translated.push_str(r"(?-u:\b)"),
                Some(next) => translated.extend(['\\', next]),
                None => translated.push('\\'),
            },
            ('[', None) => {
                translated.push('[');
                if chars.next_if_eq(&'^').is_some() {
                    translated.push('^');
                }
                class = Some(0);
                continue;
            }
            (']', Some(0)) => translated.push_str(r"\]"),
            (']', Some(_)) => {
                translated.push(']');
                class = None;
                continue;
            }
            ('[', Some(_)) if chars.peek() == Some(&':') => {
                translated.push('[');
                for c in chars.by_ref() {
                    translated.push(c);
                    if c == ']' {
                        break;
                    }
                }
            }
            ('[' | '&' | '~', Some(_)) => translated.extend(['\\', c]),
            _ => translated.push(c),
        }
        class = class.map(|seen| seen + 1);
    }
    Regex::new(&translated).ok()
}

/// One rule of `x-kubernetes-validations`.
#[derive(Clone, Debug, Default)]
pub struct Rule {
    /// The expression.
    pub rule: Arc<str>,
    /// What to say when it does not hold.
    pub message: Option<Arc<str>>,
    /// The expression that makes what to say.
    pub message_expression: Option<Arc<str>>,
    /// The reason of the cause, `FieldValueInvalid` unless told.
    pub reason: Option<Arc<str>>,
    /// The field to blame, relative to the value the rule stands on.
    pub field_path: Option<Arc<str>>,
    /// Whether a transition rule is also asked when there is no old value.
    pub optional_old_self: bool,
    /// The rule and its message, compiled.
    pub(crate) programs: Programs,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_mean_what_go_means() {
        let matches = |pattern: &str, text: &str| Pattern::new(pattern).is_match(text);
        assert_eq!(matches(r"^\d+$", "12"), Some(true));
        assert_eq!(matches(r"^\d+$", "\u{0663}"), Some(false));
        assert_eq!(matches(r"^[\d.]+$", "1.2"), Some(true));
        assert_eq!(matches(r"^[a[]$", "["), Some(true));
        assert_eq!(matches(r"^[]a]+$", "]a"), Some(true));
        assert_eq!(matches(r"^[^]a]+$", "b"), Some(true));
        assert_eq!(matches(r"^[a&&b]+$", "&"), Some(true));
        assert_eq!(matches(r"^[[:alpha:]]+$", "ab"), Some(true));
        assert_eq!(matches(r"^\\d$", r"\d"), Some(true));
        assert_eq!(matches("(", ""), None);
    }
}
