//! Cuts an expression into tokens.

use super::problem::Problem;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Name(String),
    /// A field name in backticks, which Kubernetes does not know.
    Quoted,
    Int(String),
    Uint(String),
    Double(String),
    Text(String),
    Bytes(Vec<u8>),
    Sign(&'static str),
    End,
}

/// A token and where it starts, in characters from the beginning.
pub(super) type Placed = (Token, usize);

/// Longer ones first: the first that fits is taken.
const SIGNS: [&str; 24] = [
    "==", "!=", "<=", ">=", "&&", "||", "<", ">", "[", "]", "{", "}", "(", ")", ".", ",", "-", "!", "?", ":",
    "+", "*", "/", "%",
];

/// The tokens of an expression; the last is the end.
///
/// # Errors
/// The place of what is no token.
pub(super) fn tokens(text: &str) -> Result<Vec<Placed>, Problem> {
    let chars: Vec<char> = text.chars().collect();
    let mut out = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let rest = &chars[at..];
        let c = rest[0];
        if matches!(c, ' ' | '\t' | '\r' | '\n' | '\u{c}') {
            at += 1;
        } else if rest.starts_with(&['/', '/']) {
            at += rest.iter().take_while(|c| **c != '\n').count();
        } else {
            let (token, width) = token(rest).ok_or_else(|| {
                Problem::unforeseen(at, format!("Syntax error: token recognition error at: '{c}'"))
            })?;
            out.push((token, at));
            at += width;
        }
    }
    out.push((Token::End, at));
    Ok(out)
}

fn token(rest: &[char]) -> Option<(Token, usize)> {
    if let Some(found) = quoted(rest) {
        return Some(found);
    }
    let c = rest[0];
    let follows_dot = c == '.' && rest.get(1).is_some_and(char::is_ascii_digit);
    if c.is_ascii_digit() || follows_dot {
        return Some(number(rest));
    }
    if c.is_ascii_alphabetic() || c == '_' {
        let name: String = rest
            .iter()
            .take_while(|c| c.is_ascii_alphanumeric() || **c == '_')
            .collect();
        let width = name.len();
        return Some((Token::Name(name), width));
    }
    if c == '`' {
        let width = rest.iter().skip(1).position(|c| *c == '`')?;
        return Some((Token::Quoted, width + 2));
    }
    let sign = SIGNS
        .into_iter()
        .find(|sign| sign.chars().zip(rest).filter(|(a, b)| a == *b).count() == sign.len())?;
    Some((Token::Sign(sign), sign.len()))
}

fn number(rest: &[char]) -> (Token, usize) {
    let digits = |from: usize| {
        rest[from.min(rest.len())..]
            .iter()
            .take_while(|c| c.is_ascii_digit())
            .count()
    };
    let is_unsigned = |at: usize| matches!(rest.get(at), Some('u' | 'U'));
    if rest.starts_with(&['0', 'x']) {
        let end = 2 + rest[2..].iter().take_while(|c| c.is_ascii_hexdigit()).count();
        if is_unsigned(end) {
            return (Token::Uint(rest[..end].iter().collect()), end + 1);
        }
        return (Token::Int(rest[..end].iter().collect()), end);
    }
    let whole = digits(0);
    let mut end = whole;
    if rest.get(end) == Some(&'.') && digits(end + 1) > 0 {
        end += 1 + digits(end + 1);
    }
    if matches!(rest.get(end), Some('e' | 'E')) {
        let sign = usize::from(matches!(rest.get(end + 1), Some('+' | '-')));
        let exponent = digits(end + 1 + sign);
        if exponent > 0 {
            end += 1 + sign + exponent;
        }
    }
    if end > whole {
        (Token::Double(rest[..end].iter().collect()), end)
    } else if is_unsigned(end) {
        (Token::Uint(rest[..end].iter().collect()), end + 1)
    } else {
        (Token::Int(rest[..end].iter().collect()), end)
    }
}

/// A text or bytes, if they begin here.
fn quoted(rest: &[char]) -> Option<(Token, usize)> {
    let prefix = rest.iter().take_while(|c| "rRbB".contains(**c)).count();
    let quote = *rest.get(prefix).filter(|c| **c == '\'' || **c == '"')?;
    let (is_raw, is_bytes) = match rest[..prefix] {
        [] => (false, false),
        ['r' | 'R'] => (true, false),
        ['b' | 'B'] => (false, true),
        ['b' | 'B', 'r' | 'R'] => (true, true),
        _ => return None,
    };
    let is_triple = rest[prefix..].starts_with(&[quote; 3]);
    let width = if is_triple { 3 } else { 1 };
    let mut at = prefix + width;
    let mut text = String::new();
    loop {
        if rest[at.min(rest.len())..].starts_with(&[quote; 3][..width]) {
            break;
        }
        match *rest.get(at)? {
            '\n' | '\r' if !is_triple => return None,
            '\\' if !is_raw => {
                let (c, taken) = escape(&rest[at + 1..])?;
                text.push(c);
                at += 1 + taken;
            }
            c => {
                text.push(c);
                at += 1;
            }
        }
    }
    let end = at + width;
    let token = if is_bytes {
        Token::Bytes(text.into_bytes())
    } else {
        Token::Text(text)
    };
    Some((token, end))
}

/// What stands after a backslash, and how long it is.
fn escape(rest: &[char]) -> Option<(char, usize)> {
    let code = |from: usize, length: usize, radix: u32| {
        let digits: String = rest.get(from..from + length)?.iter().collect();
        Some((
            char::from_u32(u32::from_str_radix(&digits, radix).ok()?)?,
            from + length,
        ))
    };
    let plain = match *rest.first()? {
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        c @ ('"' | '\'' | '\\' | '?' | '`') => c,
        'x' | 'X' => return code(1, 2, 16),
        'u' => return code(1, 4, 16),
        'U' => return code(1, 8, 16),
        '0'..='3' => return code(0, 3, 8),
        _ => return None,
    };
    Some((plain, 1))
}

/// Words that are never names.
pub(super) fn is_keyword(name: &str) -> bool {
    matches!(name, "in" | "true" | "false" | "null")
}

/// Words that are kept for later: fields may be named so, variables may not.
pub(super) const RESERVED: [&str; 17] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
    "while",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_know_their_place() {
        let found = tokens("a.b >= 1.5e3 // more\n&& 'x\\u0041' != r\"\\d\"").unwrap();
        let expected = [
            (Token::Name("a".to_owned()), 0),
            (Token::Sign("."), 1),
            (Token::Name("b".to_owned()), 2),
            (Token::Sign(">="), 4),
            (Token::Double("1.5e3".to_owned()), 7),
            (Token::Sign("&&"), 21),
            (Token::Text("xA".to_owned()), 24),
            (Token::Sign("!="), 34),
            (Token::Text("\\d".to_owned()), 37),
            (Token::End, 42),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn numbers_have_their_kind() {
        let kind = |text: &str| tokens(text).unwrap().remove(0).0;
        assert_eq!(kind("0x1F"), Token::Int("0x1F".to_owned()));
        assert_eq!(kind("12u"), Token::Uint("12".to_owned()));
        assert_eq!(kind(".5"), Token::Double(".5".to_owned()));
        assert_eq!(kind("1.size"), Token::Int("1".to_owned()));
        assert_eq!(kind("b'ab'"), Token::Bytes(b"ab".to_vec()));
        assert_eq!(kind("'''a\n'b'''"), Token::Text("a\n'b".to_owned()));
    }

    #[test]
    fn what_is_no_token_is_refused_at_its_place() {
        assert_eq!(tokens("a == #").unwrap_err().at, 5);
        assert_eq!(tokens("'a").unwrap_err().at, 0);
        assert_eq!(tokens("'\\d'").unwrap_err().at, 0);
    }
}
