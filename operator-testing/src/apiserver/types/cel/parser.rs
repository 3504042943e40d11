//! Reads an expression.
//!
//! Source: the grammar of <https://github.com/google/cel-spec/blob/master/doc/langdef.md#syntax>.

use super::{
    cursor::Cursor,
    lexer::{RESERVED, Token, is_keyword},
    macros::{self, Builder},
    problem::Problem,
    tree::{Entry, Field, Form, Literal, Node, Select},
};

/// How deep brackets may be nested: as deep as the interpreter goes.
const DEEPEST: usize = 96;

/// An expression that was read.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) root: Node,
    /// How many nodes it has.
    pub(super) count: usize,
    /// Whether it uses what the interpreter's own parser does not know.
    pub(super) is_beyond: bool,
}

/// Reads an expression.
///
/// # Errors
/// The first place where the text is no expression.
pub(super) fn parse(text: &str) -> Result<Parsed, Problem> {
    let mut parser = Parser {
        tokens: Cursor::over(text)?,
        depth: 0,
        builder: Builder::default(),
    };
    let root = parser.expression()?;
    if *parser.tokens.peek() != Token::End {
        return Err(parser.tokens.unexpected());
    }
    Ok(Parsed {
        root,
        count: parser.builder.count(),
        is_beyond: parser.builder.is_beyond(),
    })
}

struct Parser {
    tokens: Cursor,
    depth: usize,
    builder: Builder,
}

type Found = Result<Node, Problem>;

impl Parser {
    fn expression(&mut self) -> Found {
        self.depth += 1;
        if self.depth > DEEPEST {
            let why = format!("expression recursion limit exceeded: {DEEPEST}");
            return Err(Problem::known(self.tokens.place(), why));
        }
        let condition = self.either()?;
        let node = if let Some(at) = self.tokens.take("?") {
            let holds = self.either()?;
            self.tokens.refuse_end_before(":")?;
            self.tokens.expect(":")?;
            let otherwise = self.expression()?;
            self.builder.call(at, "_?_:_", vec![condition, holds, otherwise])
        } else {
            condition
        };
        self.depth -= 1;
        Ok(node)
    }

    fn either(&mut self) -> Found {
        let mut terms = vec![self.both()?];
        let mut places = Vec::new();
        while let Some(at) = self.tokens.take("||") {
            places.push(at);
            terms.push(self.both()?);
        }
        Ok(self.builder.balanced("_||_", terms, &places))
    }

    fn both(&mut self) -> Found {
        let mut terms = vec![self.relation()?];
        let mut places = Vec::new();
        while let Some(at) = self.tokens.take("&&") {
            places.push(at);
            terms.push(self.relation()?);
        }
        Ok(self.builder.balanced("_&&_", terms, &places))
    }

    fn relation(&mut self) -> Found {
        self.chain(Self::sum, &["==", "!=", "<", "<=", ">", ">=", "in"])
    }

    fn sum(&mut self) -> Found {
        self.chain(Self::product, &["+", "-"])
    }

    fn product(&mut self) -> Found {
        self.chain(Self::unary, &["*", "/", "%"])
    }

    /// Operands with operators of one rank between them, from left to right.
    fn chain(&mut self, operand: fn(&mut Self) -> Found, operators: &[&str]) -> Found {
        let mut left = operand(self)?;
        loop {
            let found = match self.tokens.peek() {
                Token::Sign(sign) => operators.iter().find(|operator| *operator == sign),
                Token::Name(name) => operators.iter().find(|operator| **operator == name),
                _ => None,
            };
            let Some(operator) = found else { return Ok(left) };
            let function = match *operator {
                "in" => "@in".to_owned(),
                sign => format!("_{sign}_"),
            };
            let at = self.tokens.advance();
            let right = operand(self)?;
            left = self.builder.call(at, &function, vec![left, right]);
            self.builder.check_depth(at)?;
        }
    }

    fn unary(&mut self) -> Found {
        let (sign, function) = match self.tokens.peek() {
            Token::Sign("!") => ("!", "!_"),
            // A sign directly before a number belongs to it.
            Token::Sign("-") if !matches!(self.tokens.ahead(1), Token::Int(_) | Token::Double(_)) => {
                ("-", "-_")
            }
            _ => return self.member(),
        };
        let at = self.tokens.place();
        let mut count = 0;
        while self.tokens.take(sign).is_some() {
            count += 1;
        }
        let of = self.member()?;
        if count > 1 {
            self.builder.go_beyond();
        }
        if count % 2 == 0 {
            return Ok(of);
        }
        Ok(self.builder.call(at, function, vec![of]))
    }

    fn member(&mut self) -> Found {
        let mut node = self.primary()?;
        loop {
            if let Some(at) = self.tokens.take(".") {
                node = self.field_or_method(node, at)?;
            } else if let Some(at) = self.tokens.take("[") {
                self.tokens.refuse_end(&["?"])?;
                let function = if self.tokens.take("?").is_some() {
                    self.builder.go_beyond();
                    "_[?_]"
                } else {
                    "_[_]"
                };
                let index = self.expression()?;
                self.tokens.expect("]")?;
                node = self.builder.call(at, function, vec![node, index]);
            } else {
                return Ok(node);
            }
            self.builder.check_depth(node.at)?;
        }
    }

    fn field_or_method(&mut self, of: Node, at: usize) -> Found {
        let is_optional = self.tokens.take("?").is_some();
        let name = match self.tokens.peek().clone() {
            Token::Name(name) if !is_keyword(&name) => name,
            Token::Quoted => return Err(Problem::known(self.tokens.place(), "unsupported syntax: '`'")),
            _ => return Err(self.tokens.unexpected()),
        };
        let name_at = self.tokens.advance();
        if is_optional {
            self.builder.go_beyond();
            let field = self.builder.literal(name_at, Literal::Text(name));
            return Ok(self.builder.call(at, "_?._", vec![of, field]));
        }
        if let Some(open) = self.tokens.take("(") {
            let args = self.arguments()?;
            return macros::method(&mut self.builder, open, &name, of, args);
        }
        let select = Select {
            of: Box::new(of),
            field: name,
            is_test: false,
        };
        Ok(self.builder.node(at, Form::Select(select)))
    }

    fn arguments(&mut self) -> Result<Vec<Node>, Problem> {
        let mut args = Vec::new();
        if self.tokens.take(")").is_some() {
            return Ok(args);
        }
        self.tokens.refuse_end(&[")"])?;
        loop {
            args.push(self.expression()?);
            if self.tokens.take(",").is_none() {
                self.tokens.expect(")")?;
                return Ok(args);
            }
        }
    }

    fn primary(&mut self) -> Found {
        self.tokens.refuse_end(&[])?;
        let at = self.tokens.place();
        match self.tokens.peek().clone() {
            Token::Sign("(") => {
                self.tokens.advance();
                let node = self.expression()?;
                self.tokens.expect(")")?;
                Ok(node)
            }
            Token::Sign("[") => self.list(),
            Token::Sign("{") => self.map(),
            Token::Sign(".") => {
                self.tokens.advance();
                self.named()
            }
            Token::Name(name) if !matches!(name.as_str(), "true" | "false" | "null") => self.named(),
            _ => {
                let literal = self.literal()?;
                Ok(self.builder.literal(at, literal))
            }
        }
    }

    fn literal(&mut self) -> Result<Literal, Problem> {
        let at = self.tokens.place();
        let sign = if self.tokens.take("-").is_some() { "-" } else { "" };
        let literal = match self.tokens.peek().clone() {
            Token::Int(digits) => {
                Literal::whole(&digits, sign).ok_or_else(|| Problem::known(at, "invalid int literal"))?
            }
            Token::Double(text) => match format!("{sign}{text}").parse() {
                Ok(value) if f64::is_finite(value) => Literal::Double(value),
                _ => return Err(Problem::known(at, "invalid double literal")),
            },
            Token::Uint(digits) if sign.is_empty() => {
                Literal::unsigned(&digits).ok_or_else(|| Problem::known(at, "invalid uint literal"))?
            }
            Token::Text(text) if sign.is_empty() => Literal::Text(text),
            Token::Bytes(bytes) if sign.is_empty() => Literal::Bytes(bytes),
            Token::Name(name) if sign.is_empty() && name == "null" => Literal::Null,
            Token::Name(name) if sign.is_empty() && (name == "true" || name == "false") => {
                Literal::Bool(name == "true")
            }
            _ => return Err(self.tokens.unexpected()),
        };
        self.tokens.advance();
        Ok(literal)
    }

    /// A variable, a call, or a message: what begins with a name.
    fn named(&mut self) -> Found {
        let at = self.tokens.place();
        let Token::Name(name) = self.tokens.peek().clone() else {
            return Err(self.tokens.unexpected());
        };
        if is_keyword(&name) {
            return Err(self.tokens.unexpected());
        }
        if let Some(message) = self.message()? {
            return Ok(message);
        }
        self.tokens.advance();
        if RESERVED.contains(&name.as_str()) {
            return Err(Problem::known(at, format!("reserved identifier: {name}")));
        }
        if let Some(open) = self.tokens.take("(") {
            let args = self.arguments()?;
            return macros::function(&mut self.builder, open, &name, args);
        }
        Ok(self.builder.node(at, Form::Name(name)))
    }

    fn message(&mut self) -> Result<Option<Node>, Problem> {
        let mut count = 1;
        while *self.tokens.ahead(count) == Token::Sign(".")
            && matches!(self.tokens.ahead(count + 1), Token::Name(_))
        {
            count += 2;
        }
        if *self.tokens.ahead(count) != Token::Sign("{") {
            return Ok(None);
        }
        let mut name = String::new();
        for _ in 0..count {
            match self.tokens.peek() {
                Token::Name(part) => name += part,
                _ => name.push('.'),
            }
            self.tokens.advance();
        }
        let at = self.tokens.expect("{")?;
        let mut fields = Vec::new();
        while self.tokens.take("}").is_none() {
            self.tokens.take("?");
            if !matches!(self.tokens.peek(), Token::Name(_)) {
                return Err(self.tokens.unexpected());
            }
            self.tokens.advance();
            self.tokens.expect(":")?;
            fields.push(Field {
                value: self.expression()?,
            });
            self.tokens.separator("}")?;
        }
        Ok(Some(self.builder.node(at, Form::Message { name, fields })))
    }

    fn list(&mut self) -> Found {
        let at = self.tokens.expect("[")?;
        self.tokens.refuse_end(&["]", ",", "?"])?;
        let (mut items, mut optional) = (Vec::new(), Vec::new());
        while self.tokens.take("]").is_none() {
            if self.tokens.take("?").is_some() {
                optional.push(items.len());
            }
            items.push(self.expression()?);
            self.tokens.separator("]")?;
        }
        Ok(self.builder.node(at, Form::List { items, optional }))
    }

    fn map(&mut self) -> Found {
        let at = self.tokens.expect("{")?;
        self.tokens.refuse_end(&["}", ",", "?"])?;
        let mut entries = Vec::new();
        while self.tokens.take("}").is_none() {
            let is_optional = self.tokens.take("?").is_some();
            let key = self.expression()?;
            self.tokens.refuse_end_before(":")?;
            self.tokens.expect(":")?;
            let value = self.expression()?;
            entries.push(Entry {
                key,
                value,
                is_optional,
            });
            self.tokens.separator("}")?;
        }
        Ok(self.builder.node(at, Form::Map(entries)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tree in brackets.
    fn shape(node: &Node) -> String {
        match &node.form {
            Form::Name(name) => name.clone(),
            Form::Select(select) => {
                let test = if select.is_test { "?" } else { "" };
                format!("{}.{}{test}", shape(&select.of), select.field)
            }
            Form::Call(call) => {
                let parts: Vec<_> = node.children().into_iter().map(shape).collect();
                format!("({} {})", call.function, parts.join(" "))
            }
            Form::Literal(literal) => format!("{literal:?}"),
            _ => format!(
                "<{}>",
                node.children()
                    .into_iter()
                    .map(shape)
                    .collect::<Vec<_>>()
                    .join(" ")
            ),
        }
    }

    fn read(text: &str) -> String {
        shape(&parse(text).unwrap().root)
    }

    #[test]
    fn operators_bind_as_in_the_grammar() {
        for (text, tree) in [
            (
                "a || b && c == d + e * f",
                "(_||_ a (_&&_ b (_==_ c (_+_ d (_*_ e f)))))",
            ),
            ("a - 1 - -2", "(_-_ (_-_ a Int(1)) Int(-2))"),
            ("!!a.b", "a.b"),
            ("!a[0].b(c)", "(!_ (b (_[_] a Int(0)) c))"),
            ("-a", "(-_ a)"),
            ("a ? b : c ? d : e", "(_?_:_ a b (_?_:_ c d e))"),
            ("a.?b[?0]", "(_[?_] (_?._ a Text(\"b\")) Int(0))"),
            ("has(a.b) in [1, x,]", "(@in a.b? <Int(1) x>)"),
            ("a.b.C{d: 1}", "<Int(1)>"),
            ("{'a': 1}", "<Text(\"a\") Int(1)>"),
        ] {
            assert_eq!(read(text), tree, "{text}");
        }
    }

    #[test]
    fn nodes_stand_where_the_real_parser_puts_them() {
        let at = |text: &str| parse(text).unwrap().root.at;
        assert_eq!(at("self.a == 'x'"), 7);
        assert_eq!(at("self.a.b"), 6);
        assert_eq!(at("self.f(1)"), 6);
        assert_eq!(at("has(self.f)"), 3);
        assert_eq!(at("self.all(x, x)"), 8);
        assert_eq!(at("self[0]"), 4);
    }

    #[test]
    fn what_is_no_expression_is_refused() {
        for (text, at) in [
            ("", 0),
            ("a ==", 4),
            ("a b", 2),
            ("f(1,)", 4),
            ("self.all(1, x)", 9),
            ("if", 0),
            ("99999999999999999999", 0),
            ("has(a)", 4),
        ] {
            assert_eq!(parse(text).unwrap_err().at, at, "{text}");
        }
        for endless in ["(".repeat(1000), "a+".repeat(100_000), "a.".repeat(100_000)] {
            assert!(parse(&endless).is_err());
        }
    }
}
