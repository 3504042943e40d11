//! Where a text stops being JSON, in the words of the server's reader.
//!
//! Source: `encoding/json/scanner.go` of Go's standard library.

use super::MAX_DEPTH;

/// What is wrong with a text that is not JSON; `None` if nothing is.
pub(crate) fn problem(text: &[u8]) -> Option<String> {
    let mut scanner = Scanner { text, at: 0 };
    scanner.document().err()
}

struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
}

/// What the scanner is inside of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Array,
    Object,
}

impl Scanner<'_> {
    fn document(&mut self) -> Result<(), String> {
        let mut open: Vec<Inside> = Vec::new();
        loop {
            self.value(&mut open)?;
            // what follows a value, until another one does
            loop {
                self.skip_space();
                let Some(inside) = open.last().copied() else {
                    return match self.peek() {
                        None => Ok(()),
                        Some(_) => Err(self.unexpected("after top-level value")),
                    };
                };
                match (inside, self.peek()) {
                    (Inside::Array, Some(b',')) => {
                        self.at += 1;
                        break;
                    }
                    (Inside::Object, Some(b',')) => {
                        self.at += 1;
                        self.skip_space();
                        self.key()?;
                        break;
                    }
                    (Inside::Array, Some(b']')) | (Inside::Object, Some(b'}')) => {
                        self.at += 1;
                        open.pop();
                    }
                    (Inside::Array, _) => return Err(self.unexpected("after array element")),
                    (Inside::Object, _) => return Err(self.unexpected("after object key:value pair")),
                }
            }
        }
    }

    /// One value, or the beginning of one that holds others.
    fn value(&mut self, open: &mut Vec<Inside>) -> Result<(), String> {
        loop {
            self.skip_space();
            match self.peek() {
                Some(b'{') => {
                    self.open(open, Inside::Object)?;
                    self.skip_space();
                    if self.peek() == Some(b'}') {
                        self.at += 1;
                        open.pop();
                        return Ok(());
                    }
                    self.key()?;
                }
                Some(b'[') => {
                    self.open(open, Inside::Array)?;
                    self.skip_space();
                    if self.peek() == Some(b']') {
                        self.at += 1;
                        open.pop();
                        return Ok(());
                    }
                }
                Some(b'"') => return self.string(),
                Some(b't') => return self.literal("true"),
                Some(b'f') => return self.literal("false"),
                Some(b'n') => return self.literal("null"),
                Some(b'-' | b'0'..=b'9') => return self.number(),
                _ => return Err(self.unexpected("looking for beginning of value")),
            }
        }
    }

    fn open(&mut self, open: &mut Vec<Inside>, inside: Inside) -> Result<(), String> {
        if open.len() == MAX_DEPTH {
            return Err(self.unexpected("exceeded max depth"));
        }
        self.at += 1;
        open.push(inside);
        Ok(())
    }

    /// A key of an object, and the colon after it.
    fn key(&mut self) -> Result<(), String> {
        if self.peek() != Some(b'"') {
            return Err(self.unexpected("looking for beginning of object key string"));
        }
        self.string()?;
        self.skip_space();
        if self.peek() != Some(b':') {
            return Err(self.unexpected("after object key"));
        }
        self.at += 1;
        Ok(())
    }

    fn string(&mut self) -> Result<(), String> {
        self.at += 1;
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => {
                    self.at += 1;
                    match self.peek() {
                        Some(b'u') => {
                            self.at += 1;
                            for _ in 0..4 {
                                if !self.peek().is_some_and(|byte| byte.is_ascii_hexdigit()) {
                                    return Err(self.inside_of("in \\u hexadecimal character escape"));
                                }
                                self.at += 1;
                            }
                        }
                        Some(b'b' | b'f' | b'n' | b'r' | b't' | b'\\' | b'/' | b'"') => self.at += 1,
                        _ => return Err(self.inside_of("in string escape code")),
                    }
                }
                Some(0..0x20) => return Err(self.unexpected("in string literal")),
                Some(_) => self.at += 1,
                None => return Err(self.unexpected("")),
            }
        }
    }

    fn literal(&mut self, word: &str) -> Result<(), String> {
        for expected in word.bytes() {
            if self.peek() != Some(expected) {
                let context = format!("in literal {word} (expecting {})", quoted(expected));
                return Err(self.inside_of(&context));
            }
            self.at += 1;
        }
        Ok(())
    }

    fn number(&mut self) -> Result<(), String> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek() {
            Some(b'0') => self.at += 1,
            Some(b'1'..=b'9') => self.skip_digits(),
            _ => return Err(self.inside_of("in numeric literal")),
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits("after decimal point in numeric literal")?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits("in exponent of numeric literal")?;
        }
        Ok(())
    }

    /// At least one digit.
    fn digits(&mut self, context: &str) -> Result<(), String> {
        if !self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            return Err(self.inside_of(context));
        }
        self.skip_digits();
        Ok(())
    }

    fn skip_digits(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.peek() {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    /// The error at this place, where the end of the text is missed as such.
    fn unexpected(&self, context: &str) -> String {
        match self.peek() {
            Some(byte) => format!("invalid character {} {context}", quoted(byte)),
            None => "unexpected end of JSON input".to_owned(),
        }
    }

    /// The error at this place inside of a word, which at its end is followed by a space.
    fn inside_of(&self, context: &str) -> String {
        let byte = self.peek().unwrap_or(b' ');
        format!("invalid character {} {context}", quoted(byte))
    }
}

/// A byte as a character in quotes, as Go writes it.
fn quoted(byte: u8) -> String {
    match byte {
        b'\'' => r"'\''".to_owned(),
        b'"' => "'\"'".to_owned(),
        b'\\' => r"'\\'".to_owned(),
        b'\t' => r"'\t'".to_owned(),
        b'\n' => r"'\n'".to_owned(),
        b'\r' => r"'\r'".to_owned(),
        0x07 => r"'\a'".to_owned(),
        0x08 => r"'\b'".to_owned(),
        0x0b => r"'\v'".to_owned(),
        0x0c => r"'\f'".to_owned(),
        0..0x20 | 0x7f => format!("'\\x{byte:02x}'"),
        0x80..0xa0 | 0xad => format!("'\\u{byte:04x}'"),
        _ => format!("'{}'", char::from(byte)),
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_DEPTH, problem};

    #[test]
    fn errors_are_worded_as_the_server_words_them() {
        for (text, expected) in [
            (r#"{"a":1"#, "unexpected end of JSON input"),
            ("", "unexpected end of JSON input"),
            (r#"{"a":"x"#, "unexpected end of JSON input"),
            (r#"{"a":1}x"#, "invalid character 'x' after top-level value"),
            (r#"{"a" "x"}"#, "invalid character '\"' after object key"),
            (
                "{kind:1}",
                "invalid character 'k' looking for beginning of object key string",
            ),
            (
                r#"{"a":tru}"#,
                "invalid character '}' in literal true (expecting 'e')",
            ),
            (
                r#"{"a":nul"#,
                "invalid character ' ' in literal null (expecting 'l')",
            ),
            (
                r#"{"a":{} "x":1}"#,
                "invalid character '\"' after object key:value pair",
            ),
            (
                r#"{"a":"b",}"#,
                "invalid character '}' looking for beginning of object key string",
            ),
            (r#"{"a":"x\qy"}"#, "invalid character 'q' in string escape code"),
            (r#"{"a":01}"#, "invalid character '1' after object key:value pair"),
            (
                r#"{"a":[1,]}"#,
                "invalid character ']' looking for beginning of value",
            ),
            ("[1 2]", "invalid character '2' after array element"),
            ("{\"a\":\"x\ny\"}", "invalid character '\\n' in string literal"),
            (
                r#"{"a":+1}"#,
                "invalid character '+' looking for beginning of value",
            ),
            (
                r#"{"a":1.}"#,
                "invalid character '}' after decimal point in numeric literal",
            ),
            (
                r#"{"a":1e}"#,
                "invalid character '}' in exponent of numeric literal",
            ),
            (r#"{"a":-}"#, "invalid character '}' in numeric literal"),
            (r#"{"a"}"#, "invalid character '}' after object key"),
        ] {
            assert_eq!(problem(text.as_bytes()).as_deref(), Some(expected), "{text}");
        }
        assert_eq!(
            problem(b"\x9e").as_deref(),
            Some("invalid character '\\u009e' looking for beginning of value")
        );
    }

    #[test]
    fn what_is_json_has_no_problem() {
        for text in [
            "{}",
            " [ ] ",
            "null",
            r#"{"a":[1,-0.5e+3,{"b":[[]]}],"c":"\u00e9\n"}"#,
            "7",
            "\"\"",
        ] {
            assert_eq!(problem(text.as_bytes()), None, "{text}");
        }
        assert_eq!(
            problem("[".repeat(MAX_DEPTH + 1).as_bytes()).as_deref(),
            Some("invalid character '[' exceeded max depth")
        );
    }
}
