//! Expressions that the interpreter's own parser does not read, or reads as something else, put in terms that it knows.
//!
//! Optional fields, macros of two variables, `sortBy`, `optMap` and repeated signs (`!!a`) become loops and calls of the functions
//! that [`extend`](super::extend) adds.

use kube_cel::cel::{
    IdedExpr,
    common::ast::{
        CallExpr, ComprehensionExpr, EntryExpr, Expr, IdedEntryExpr, ListExpr, LiteralValue, MapEntryExpr,
        MapExpr, SelectExpr,
    },
};

use super::{
    intrinsics::{INCOMPARABLE, OPTIONAL, PAIRS, SAME},
    parser::parse,
    tree::{Call, Form, Literal, Loop, Node, Select},
};

/// The element of a loop of two variables.
const PAIR: &str = "@pair";

/// An expression for the interpreter, if its own parser is not to read it.
///
/// A field that is selected from the variable `optional` may be missing, as the variable itself may be.
pub(super) fn lowered(text: &str, optional: Option<&str>) -> Option<IdedExpr> {
    let parsed = parse(text).ok()?;
    let lowering = Lowering { optional };
    if !parsed.is_beyond && !lowering.is_needed(&parsed.root) {
        return None;
    }
    lowering.lower(&parsed.root)
}

/// What is known of an expression besides its form.
struct Lowering<'a> {
    /// The variable whose value may not be there.
    optional: Option<&'a str>,
}

impl Lowering<'_> {
    /// Whether the interpreter would not understand an expression, or would understand something else.
    fn is_needed(&self, node: &Node) -> bool {
        self.is_below_optional(node)
            || compares_with_sum(node)
            || compares_anything(node)
            || node.children().into_iter().any(|child| self.is_needed(child))
    }

    /// Whether a node is a field or element of an optional.
    fn is_below_optional(&self, node: &Node) -> bool {
        match &node.form {
            Form::Select(select) => self.is_optional(&select.of),
            Form::Call(call) => self.indexes_optional(call),
            _ => false,
        }
    }

    fn indexes_optional(&self, call: &Call) -> bool {
        call.function == "_[_]" && call.args.first().is_some_and(|of| self.is_optional(of))
    }

    /// Whether a node gives an optional, as far as its form tells.
    fn is_optional(&self, node: &Node) -> bool {
        match &node.form {
            Form::Name(name) => self.optional == Some(name),
            Form::Select(select) => !select.is_test && self.is_optional(&select.of),
            Form::Call(call) => takes_optional(call) || self.indexes_optional(call),
            _ => false,
        }
    }

    fn lower(&self, node: &Node) -> Option<IdedExpr> {
        let expr = match &node.form {
            Form::Literal(literal) => Expr::Literal(self::literal(literal)?),
            Form::Name(name) => Expr::Ident(name.clone()),
            Form::Select(select) => self.select(select)?,
            Form::Call(call) if compares_with_sum(node) => {
                function(INCOMPARABLE, self.lower_all(&call.args)?)
            }
            Form::Call(call) if compares_anything(node) => {
                comparison(&call.function, function(SAME, self.lower_all(&call.args)?))
            }
            Form::Call(call) => self.call(call)?,
            Form::List { items, optional } => Expr::List(ListExpr {
                elements: self.lower_all(items)?,
                optional_indices: optional.clone(),
            }),
            Form::Map(entries) => {
                let entries = entries.iter().map(|entry| {
                    Some(IdedEntryExpr {
                        id: 0,
                        expr: EntryExpr::MapEntry(MapEntryExpr {
                            key: self.lower(&entry.key)?,
                            value: self.lower(&entry.value)?,
                            optional: entry.is_optional,
                        }),
                    })
                });
                Expr::Map(MapExpr {
                    entries: entries.collect::<Option<_>>()?,
                })
            }
            Form::Message { .. } => return None,
            Form::Loop(inner) => self.each(inner)?,
        };
        let id = node.id as u64 + 1;
        Some(IdedExpr { id, expr })
    }

    fn lower_all(&self, nodes: &[Node]) -> Option<Vec<IdedExpr>> {
        nodes.iter().map(|node| self.lower(node)).collect()
    }

    fn select(&self, select: &Select) -> Option<Expr> {
        let of = self.lower(&select.of)?;
        if self.is_optional(&select.of) {
            let found = function(OPTIONAL, vec![of, text(&select.field)]);
            if !select.is_test {
                return Some(found);
            }
            return Some(Expr::Call(CallExpr {
                func_name: "hasValue".to_owned(),
                target: Some(Box::new(plain(found))),
                args: Vec::new(),
            }));
        }
        Some(Expr::Select(SelectExpr {
            operand: Box::new(of),
            field: select.field.clone(),
            test: select.is_test,
        }))
    }

    fn call(&self, call: &Call) -> Option<Expr> {
        let args = self.lower_all(&call.args)?;
        if takes_optional(call) || self.indexes_optional(call) {
            return Some(function(OPTIONAL, args));
        }
        let target = match &call.target {
            None => None,
            Some(target) => Some(self.lower(target)?),
        };
        if call.function.starts_with('@')
            && let Some(target) = target
        {
            // what macros call is no method to the interpreter
            return Some(function(
                &call.function,
                std::iter::once(target).chain(args).collect(),
            ));
        }
        Some(Expr::Call(CallExpr {
            func_name: call.function.clone(),
            target: target.map(Box::new),
            args,
        }))
    }

    fn each(&self, inner: &Loop) -> Option<Expr> {
        let range = self.lower(&inner.range)?;
        let step = self.lower(&inner.step)?;
        let (range, variable, step) = match &inner.second {
            None => (range, inner.variable.clone(), step),
            Some(second) => {
                let part = |index: i64| {
                    let index = plain(Expr::Literal(LiteralValue::Int(index.into())));
                    plain(function("_[_]", vec![plain(Expr::Ident(PAIR.to_owned())), index]))
                };
                let step = named(second, part(1), step);
                let step = named(&inner.variable, part(0), step);
                (plain(function(PAIRS, vec![range])), PAIR.to_owned(), step)
            }
        };
        Some(Expr::Comprehension(Box::new(ComprehensionExpr {
            iter_range: range,
            iter_var: variable,
            iter_var2: None,
            accu_var: inner.gathered.clone(),
            accu_init: self.lower(&inner.start)?,
            loop_cond: self.lower(&inner.condition)?,
            loop_step: step,
            result: self.lower(&inner.result)?,
        })))
    }
}

/// The sides of a comparison for equality.
fn compared(node: &Node) -> &[Node] {
    match &node.form {
        Form::Call(call) if matches!(call.function.as_str(), "_==_" | "_!=_") => &call.args,
        _ => &[],
    }
}

/// Whether a quantity is compared with the sum or difference of others. To a real server that is no quantity on the right side: it has
/// the number behind a pointer (`k8s.io/apiserver/pkg/cel/library/quantity.go`).
fn compares_with_sum(node: &Node) -> bool {
    compared(node).get(1).is_some_and(|right| match &right.form {
        Form::Call(call) => call.target.is_some() && matches!(call.function.as_str(), "add" | "sub"),
        _ => false,
    })
}

/// Whether two values are compared whose types are not looked at, so that they may be numbers of two types.
fn compares_anything(node: &Node) -> bool {
    let is_dyn = |node: &Node| matches!(&node.form, Form::Call(call) if call.function == "dyn");
    compared(node).iter().any(is_dyn)
}

/// Whether a call asks for a field or element that may be missing.
fn takes_optional(call: &Call) -> bool {
    matches!(call.function.as_str(), "_?._" | "_[?_]")
}

/// An expression that no message points at.
pub(crate) fn plain(expr: Expr) -> IdedExpr {
    IdedExpr { id: 0, expr }
}

/// A call of a function.
pub(crate) fn function(name: &str, args: Vec<IdedExpr>) -> Expr {
    Expr::Call(CallExpr {
        func_name: name.to_owned(),
        target: None,
        args,
    })
}

/// What an operator gives, from what takes its place: `!=` the opposite of whether two sides are the same.
pub(crate) fn comparison(operator: &str, same: Expr) -> Expr {
    match operator {
        "_!=_" => function("!_", vec![plain(same)]),
        _ => same,
    }
}

fn text(text: &str) -> IdedExpr {
    plain(Expr::Literal(LiteralValue::String(text.to_owned().into())))
}

fn literal(literal: &Literal) -> Option<LiteralValue> {
    Some(match literal {
        Literal::Null => LiteralValue::Null,
        Literal::Bool(value) => LiteralValue::Boolean((*value).into()),
        Literal::Int(value) => LiteralValue::Int((*value).into()),
        Literal::Uint(value) => LiteralValue::UInt((*value).into()),
        Literal::Double(value) => LiteralValue::Double((*value).into()),
        Literal::Text(value) => LiteralValue::String(value.clone().into()),
        Literal::Bytes(value) => LiteralValue::Bytes(value.clone().into()),
    })
}

/// A name for a value within a result: a loop that goes through nothing.
fn named(name: &str, value: IdedExpr, result: IdedExpr) -> IdedExpr {
    let nothing = ListExpr {
        elements: Vec::new(),
        optional_indices: Vec::new(),
    };
    plain(Expr::Comprehension(Box::new(ComprehensionExpr {
        iter_range: plain(Expr::List(nothing)),
        iter_var: "#unused".to_owned(),
        iter_var2: None,
        accu_var: name.to_owned(),
        accu_init: value,
        loop_cond: plain(Expr::Literal(LiteralValue::Boolean(false.into()))),
        loop_step: plain(Expr::Ident(name.to_owned())),
        result,
    })))
}

#[cfg(test)]
mod tests {
    use std::{collections::HashMap, sync::Arc};

    use kube_cel::{
        KubeCelExt,
        cel::{Context, Value, objects::OptionalValue},
    };

    use super::{
        super::{extend, read_expression},
        *,
    };

    fn asked(text: &str) -> Value {
        let mut context = Context::default().with_all();
        extend(&mut context);
        let expression = lowered(text, None).unwrap_or_else(|| panic!("{text} needs no lowering"));
        Value::resolve(&expression, &context).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn what_the_parser_does_not_read_is_answered() {
        for text in [
            "{'a': 1}.?a.orValue(2) == 1",
            "{'a': 1}.?b.orValue(2) == 2",
            "!{'a': {'b': 1}}.?b.b.hasValue()",
            "{'a': {'b': 1}}.?a.b.value() == 1",
            "[1, 2][?1].value() == 2 && ![1][?3].hasValue()",
            "!!true",
            "--1 == 1",
            "['a', 'b'].all(i, v, i < 2 && v != '')",
            "{'a': 1, 'b': 2}.exists(k, v, k == 'b' && v == 2)",
            "[1, 2].existsOne(i, v, v == 2)",
            "['a', 'b'].transformList(i, v, i > 0, v) == ['b']",
            "[1, 2].transformMap(i, v, v * 2) == {0: 2, 1: 4}",
            "{'a': 'x'}.transformMapEntry(k, v, {v: k}) == {'x': 'a'}",
            "[3, 1, 2].sortBy(x, -x) == [3, 2, 1]",
            "{'a': b'xy'}.?a.value() == b'xy'",
            "dyn(1) == 1.0 && dyn(1u) == 1 && dyn(1.5) != 1 && dyn('a') != 1",
            "{'a': 1}.?a.optMap(x, x + 1).value() == 2",
            "!{'a': 1}.?b.optFlatMap(x, optional.of(x)).hasValue()",
        ] {
            assert_eq!(asked(text), Value::Bool(true), "{text}");
        }
    }

    #[test]
    fn what_is_selected_from_an_optional_variable_may_be_missing() {
        for (text, given, missing) in [
            ("has(old.a)", true, false),
            ("old.a.hasValue()", true, false),
            ("old['a'].orValue(2) == 1", true, false),
            ("!has(old.b)", true, true),
            ("old.hasValue()", true, false),
        ] {
            let mut context = Context::default().with_all();
            extend(&mut context);
            let expression = read_expression(text, Some("old")).expect("an expression");
            let object = Value::from(HashMap::from([("a".to_owned(), 1)]));
            for (old, expected) in [
                (OptionalValue::of(object), given),
                (OptionalValue::none(), missing),
            ] {
                context.add_variable_from_value("old", Value::Opaque(Arc::new(old)));
                let answer = Value::resolve(&expression, &context);
                assert_eq!(answer, Ok(Value::Bool(expected)), "{text}");
            }
        }
    }

    #[test]
    fn the_rest_is_left_to_the_interpreter() {
        for text in ["a.b == 1", "!a", "a.all(x, x > -1)", "has(a.b)", "a["] {
            assert!(lowered(text, None).is_none(), "{text}");
        }
    }
}
