//! Puts the [likeness](Likeness) of values into the expressions that compare them.
//!
//! The interpreter compares what it is given, without a schema. What a side of `==`, `!=` or `+` is by the schema can be seen from the
//! expression: where in `self` or `oldSelf` it comes from.

use std::sync::Arc;

use kube_cel::cel::{
    IdedExpr,
    common::ast::{CallExpr, Expr, LiteralValue},
};

use super::{
    likeness::{ALIKE, JOINED, Likeness},
    value::escape,
};
use crate::apiserver::types::{
    cel::{comparison, function, plain},
    schema::Schema,
};

/// A likeness that an expression compares by.
#[derive(Debug)]
pub(super) struct Compares {
    /// The variable that holds it.
    pub(super) variable: String,
    pub(super) likeness: Arc<Likeness>,
    /// What it is if there is an old value, which has no schema if it is wrapped.
    pub(super) with_old: Arc<Likeness>,
}

/// Where a value comes from.
#[derive(Clone, Copy, Debug)]
struct Source<'a> {
    schema: &'a Schema,
    /// Whether it is only there for a value that may not be (`orValue`).
    is_stand_in: bool,
}

/// The names of an expression, the innermost last.
type Scope<'a> = Vec<(String, Option<Source<'a>>)>;

/// Lets an expression compare by likeness wherever that makes a difference. An old value that is wrapped comes without its schema.
pub(super) fn liken(expression: &mut IdedExpr, schema: &Schema, is_old_wrapped: bool) -> Vec<Compares> {
    if Likeness::of(schema, false) == Likeness::Plain {
        return Vec::new();
    }
    let whole = Source {
        schema,
        is_stand_in: false,
    };
    let old = (!is_old_wrapped).then_some(whole);
    let mut scope = vec![("self".to_owned(), Some(whole)), ("oldSelf".to_owned(), old)];
    let mut found = Found {
        compares: Vec::new(),
        is_old_wrapped,
    };
    walk(expression, &mut scope, &mut found);
    found.compares
}

/// What has been found in an expression.
struct Found {
    compares: Vec<Compares>,
    is_old_wrapped: bool,
}

fn walk(expression: &mut IdedExpr, scope: &mut Scope<'_>, found: &mut Found) {
    match &mut expression.expr {
        Expr::Call(call) => {
            let source = call.args.first().and_then(|left| source(left, scope));
            for part in call.target.as_deref_mut().into_iter().chain(&mut call.args) {
                walk(part, scope, found);
            }
            if let Some(likened) = source.and_then(|source| likened(call, source, found)) {
                expression.expr = likened;
            }
        }
        Expr::Select(select) => walk(&mut select.operand, scope, found),
        Expr::List(list) => {
            for element in &mut list.elements {
                walk(element, scope, found);
            }
        }
        Expr::Comprehension(each) => {
            walk(&mut each.iter_range, scope, found);
            let item =
                source(&each.iter_range, scope).and_then(|range| below(range, range.schema.items.as_deref()));
            let gathered = source(&each.accu_init, scope);
            walk(&mut each.accu_init, scope, found);
            scope.push((each.accu_var.clone(), gathered));
            walk(&mut each.result, scope, found);
            scope.push((each.iter_var.clone(), item));
            walk(&mut each.loop_cond, scope, found);
            walk(&mut each.loop_step, scope, found);
            scope.truncate(scope.len() - 2);
        }
        Expr::Map(_) | Expr::Struct(_) | Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) => {}
    }
}

/// A comparison or sum by what its left side is.
fn likened(call: &mut CallExpr, source: Source<'_>, found: &mut Found) -> Option<Expr> {
    let likeness = Likeness::of(source.schema, false);
    let name = match (call.func_name.as_str(), &likeness) {
        (_, Likeness::Plain) => return None,
        ("_==_" | "_!=_", _) => ALIKE,
        ("_+_", Likeness::Set { .. } | Likeness::Keyed(..)) => JOINED,
        _ => return None,
    };
    let is_old = |side: &IdedExpr| side.references().has_variable("oldSelf");
    let with_old = match call.args.get(1) {
        _ if source.is_stand_in => Likeness::Plain,
        Some(right) if found.is_old_wrapped && is_old(right) => Likeness::of(source.schema, true),
        _ => likeness.clone(),
    };
    let variable = format!("@likeness{}", found.compares.len());
    let mut args = std::mem::take(&mut call.args);
    args.push(plain(Expr::Ident(variable.clone())));
    found.compares.push(Compares {
        variable,
        likeness: Arc::new(likeness),
        with_old: Arc::new(with_old),
    });
    Some(comparison(&call.func_name, function(name, args)))
}

/// Where the value of an expression comes from, if that can be told.
fn source<'a>(expression: &IdedExpr, scope: &Scope<'a>) -> Option<Source<'a>> {
    match &expression.expr {
        Expr::Ident(name) => scope.iter().rev().find(|(known, _)| known == name)?.1,
        Expr::Select(select) if !select.test => field(source(&select.operand, scope)?, &select.field),
        Expr::Call(call) => match (call.func_name.as_str(), call.target.as_deref(), &call.args[..]) {
            ("value", Some(target), []) => source(target, scope),
            ("orValue", Some(target), [other]) => source(target, scope).or_else(|| {
                let stand_in = source(other, scope)?;
                Some(Source {
                    is_stand_in: true,
                    ..stand_in
                })
            }),
            ("optional.of" | "optional.ofNonZeroValue" | "_+_", None, [first, ..]) => source(first, scope),
            ("of" | "ofNonZeroValue", Some(_), [of]) => source(of, scope),
            ("_?_:_", None, [_, first, second]) => source(first, scope).or_else(|| source(second, scope)),
            ("_[_]" | "_[?_]" | "_?._" | "@optional", None, [of, key]) => {
                let of = source(of, scope)?;
                match &key.expr {
                    Expr::Literal(LiteralValue::String(name)) if of.schema.items.is_none() => field(of, name),
                    _ => below(of, of.schema.items.as_deref().or(of.schema.additional.as_deref())),
                }
            }
            _ => None,
        },
        _ => None,
    }
}

fn field<'a>(of: Source<'a>, name: &str) -> Option<Source<'a>> {
    let fields = of.schema.properties.iter();
    let known = fields.filter(|(field, _)| escape(field) == name);
    let declared = known.map(|(_, schema)| &**schema).next();
    below(of, declared.or(of.schema.additional.as_deref()))
}

fn below<'a>(of: Source<'a>, schema: Option<&'a Schema>) -> Option<Source<'a>> {
    Some(Source {
        schema: schema?,
        ..of
    })
}

#[cfg(test)]
mod tests {
    use kube_cel::cel::Program;
    use serde_json::json;

    use super::*;
    use crate::apiserver::types::custom::structural;

    /// What is compared by a likeness of its own, and what of it if there is an old value.
    fn compared(text: &str, is_old_wrapped: bool) -> Vec<(Likeness, Likeness)> {
        let set = json!({"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set"});
        let schema = structural::parse(&json!({
            "type": "object",
            "properties": {
                "set": set,
                "text": {"type": "string"},
                "list": {"type": "array", "items": {"type": "object", "properties": {"set": set}}},
                "map": {"type": "object", "additionalProperties": set},
            },
        }));
        let mut expression = Program::compile(text)
            .expect("an expression")
            .expression()
            .clone();
        let found = liken(&mut expression, &schema, is_old_wrapped);
        let found = found.into_iter();
        found
            .map(|compares| ((*compares.likeness).clone(), (*compares.with_old).clone()))
            .collect()
    }

    #[test]
    fn the_type_of_the_left_side_is_found() {
        let set = Likeness::Set { is_other_raw: false };
        for text in [
            "self.set == oldSelf.set",
            "self.set != ['a']",
            "oldSelf.list[0].set == self.set",
            "self.list.all(x, x.set == self.set)",
            "self.map['a'] == self.set",
            "self.map.a == self.set",
            "(has(self.text) ? self.set : oldSelf.set) == []",
            "self.set + ['a'] != null",
        ] {
            let found = compared(text, false);
            assert!(
                found.iter().all(|(likeness, _)| *likeness == set),
                "{text}: {found:?}"
            );
            assert!(!found.is_empty(), "{text}");
        }
        for text in [
            "self.text == 'a'",
            "['a'] == self.set",
            "self.set.size() == 1",
            "self.set.map(x, x) == []",
        ] {
            assert_eq!(compared(text, false), [], "{text}");
        }
    }

    #[test]
    fn what_a_wrapped_old_value_is_compared_with_depends_on_it() {
        let typed = || Likeness::Set { is_other_raw: false };
        let raw = || Likeness::Set { is_other_raw: true };
        let found = compared("self.set == oldSelf.value().set", true);
        assert_eq!(found, [(typed(), raw())]);
        let found = compared("oldSelf.value().set == self.set", true);
        assert_eq!(found, [], "it has no schema");
    }
}
