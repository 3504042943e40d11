//! Regular expressions as Go's `regexp` understands them.

use std::sync::{Arc, OnceLock};

use regex::Regex;

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

    /// What Go says of the pattern if it is no regular expression.
    pub fn problem(&self) -> Option<String> {
        let is_sound = self.is_match("").is_some();
        (!is_sound).then(|| problem(&self.text))
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

fn problem(pattern: &str) -> String {
    let rest_from = |c: char| {
        pattern
            .rfind(c)
            .map(|at| &pattern[at..])
            .unwrap_or_default()
            .to_owned()
    };
    let opened = pattern.matches('[').count();
    if opened > pattern.matches(']').count() {
        return format!("error parsing regexp: missing closing ]: `{}`", rest_from('['));
    }
    let (open, close) = (pattern.matches('(').count(), pattern.matches(')').count());
    if open > close {
        return format!("error parsing regexp: missing closing ): `{pattern}`");
    }
    if close > open {
        return format!("error parsing regexp: unexpected ): `{pattern}`");
    }
    if pattern.contains("(?=") || pattern.contains("(?!") || pattern.contains("(?<") {
        let at = pattern.find("(?").unwrap_or(0);
        let operator: String = pattern[at..].chars().take(3).collect();
        return format!("error parsing regexp: invalid or unsupported Perl syntax: `{operator}`");
    }
    if let Some(first) = pattern.chars().next().filter(|c| "*+?".contains(*c)) {
        return format!("error parsing regexp: missing argument to repetition operator: `{first}`");
    }
    format!("error parsing regexp: invalid escape sequence: `{pattern}`")
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
