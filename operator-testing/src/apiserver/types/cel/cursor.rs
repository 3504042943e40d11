//! Goes through the tokens of an expression, and knows what to say where it cannot go on.

use super::{
    lexer::{Placed, Token, tokens},
    problem::Problem,
};

/// A place among tokens.
#[derive(Debug)]
pub(super) struct Cursor {
    tokens: Vec<Placed>,
    next: usize,
}

impl Cursor {
    /// The beginning of an expression.
    ///
    /// # Errors
    /// The place of what is no token.
    pub(super) fn over(text: &str) -> Result<Self, Problem> {
        let tokens = tokens(text)?;
        Ok(Self { tokens, next: 0 })
    }

    pub(super) fn peek(&self) -> &Token {
        self.ahead(0)
    }

    pub(super) fn ahead(&self, count: usize) -> &Token {
        let last = self.tokens.len() - 1;
        &self.tokens[(self.next + count).min(last)].0
    }

    pub(super) fn place(&self) -> usize {
        self.tokens[self.next].1
    }

    pub(super) fn advance(&mut self) -> usize {
        let at = self.place();
        self.next = (self.next + 1).min(self.tokens.len() - 1);
        at
    }

    /// Takes a sign, if it is next.
    pub(super) fn take(&mut self, sign: &str) -> Option<usize> {
        matches!(self.peek(), Token::Sign(found) if *found == sign).then(|| self.advance())
    }

    pub(super) fn expect(&mut self, sign: &str) -> Result<usize, Problem> {
        self.take(sign).ok_or_else(|| self.unexpected())
    }

    /// Refuses the end where a value is wanted, or one of some signs.
    pub(super) fn refuse_end(&self, also: &[&str]) -> Result<(), Problem> {
        match self.peek() {
            Token::End => Err(unfinished(self.place(), also)),
            _ => Ok(()),
        }
    }

    /// Refuses the end where only one sign is wanted.
    pub(super) fn refuse_end_before(&self, sign: &str) -> Result<(), Problem> {
        match self.peek() {
            Token::End => Err(Problem::known(
                self.place(),
                format!("Syntax error: mismatched input '<EOF>' expecting '{sign}'"),
            )),
            _ => Ok(()),
        }
    }

    /// Refuses the end after a comma, where a list may end too.
    pub(super) fn refuse_missing(&self, close: &str) -> Result<(), Problem> {
        match self.peek() {
            Token::End => Err(Problem::known(
                self.place(),
                format!("Syntax error: missing '{close}' at '<EOF>'"),
            )),
            _ => Ok(()),
        }
    }

    pub(super) fn unexpected(&self) -> Problem {
        let shown = match self.peek() {
            Token::Name(text)
            | Token::Int(text)
            | Token::Uint(text)
            | Token::Double(text)
            | Token::Text(text) => text.as_str(),
            Token::Sign(sign) => sign,
            Token::Quoted => "`",
            Token::Bytes(_) => "literal",
            Token::End => "<EOF>",
        };
        Problem::unforeseen(self.place(), format!("Syntax error: mismatched input '{shown}'"))
    }

    /// What follows an element: a comma, or the sign that ends them all.
    pub(super) fn separator(&mut self, close: &str) -> Result<(), Problem> {
        if self.take(",").is_some() {
            return self.refuse_missing(close);
        }
        match self.peek() {
            Token::Sign(sign) if *sign == close => Ok(()),
            _ => Err(self.unexpected()),
        }
    }
}

/// The tokens that a value may begin with, in the order in which mistakes name them; those in brackets only in some places.
const BEGINNINGS: [&str; 20] = [
    "'['",
    "(']')",
    "'{'",
    "('}')",
    "'('",
    "(')')",
    "'.'",
    "(',')",
    "'-'",
    "'!'",
    "('?')",
    "'true'",
    "'false'",
    "'null'",
    "NUM_FLOAT",
    "NUM_INT",
    "NUM_UINT",
    "STRING",
    "BYTES",
    "IDENTIFIER",
];

/// What is said of an expression that ends where a value is wanted, or one of some signs.
fn unfinished(at: usize, also: &[&str]) -> Problem {
    let wanted = BEGINNINGS.into_iter().filter_map(|token| {
        let Some(sign) = token.strip_prefix('(') else {
            return Some(token);
        };
        let sign = sign.strip_suffix(')').unwrap_or(sign);
        also.iter()
            .any(|also| format!("'{also}'") == sign)
            .then_some(sign)
    });
    let wanted: Vec<_> = wanted.collect();
    Problem::known(
        at,
        format!(
            "Syntax error: mismatched input '<EOF>' expecting {{{}}}",
            wanted.join(", ")
        ),
    )
}
