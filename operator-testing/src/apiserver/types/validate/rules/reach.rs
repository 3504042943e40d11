//! How far a rule looks into a value.
//!
//! Most rules compare a field or two of objects that hold dozens. What a rule cannot see need not be converted for it.

use std::collections::BTreeMap;

use kube_cel::cel::{
    IdedExpr,
    common::ast::{EntryExpr, Expr},
};

/// The parts of a value that an expression can tell apart from nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// All of it.
    Whole,
    /// That it is there, its type, and these of its fields, by the names that rules give them.
    Fields(BTreeMap<String, Reach>),
}

impl Reach {
    /// How far an expression looks into the value of a variable.
    ///
    /// A variable of the same name that a macro makes counts as the variable: that only adds to the reach.
    pub(super) fn of(expression: &IdedExpr, variable: &str) -> Self {
        let mut reach = Self::nothing();
        reach.grow(expression, variable);
        reach
    }

    fn nothing() -> Self {
        Self::Fields(BTreeMap::new())
    }

    /// Adds what one expression looks at.
    fn grow(&mut self, expression: &IdedExpr, variable: &str) {
        match &expression.expr {
            Expr::Unspecified | Expr::Literal(_) => {}
            Expr::Ident(name) => {
                if name == variable {
                    *self = Self::Whole;
                }
            }
            Expr::Select(_) => self.select(expression, variable),
            Expr::Call(call) => {
                for part in call.target.as_deref().into_iter().chain(&call.args) {
                    self.grow(part, variable);
                }
            }
            Expr::List(list) => {
                for element in &list.elements {
                    self.grow(element, variable);
                }
            }
            Expr::Map(map) => self.entries(map.entries.iter().map(|entry| &entry.expr), variable),
            Expr::Struct(made) => self.entries(made.entries.iter().map(|entry| &entry.expr), variable),
            Expr::Comprehension(macro_call) => {
                for part in [
                    &macro_call.iter_range,
                    &macro_call.accu_init,
                    &macro_call.loop_cond,
                    &macro_call.loop_step,
                    &macro_call.result,
                ] {
                    self.grow(part, variable);
                }
            }
        }
    }

    fn entries<'e>(&mut self, entries: impl Iterator<Item = &'e EntryExpr>, variable: &str) {
        for entry in entries {
            match entry {
                EntryExpr::StructField(field) => self.grow(&field.value, variable),
                EntryExpr::MapEntry(entry) => {
                    self.grow(&entry.key, variable);
                    self.grow(&entry.value, variable);
                }
            }
        }
    }

    /// Adds a chain of selected fields. Of the last one in `has(a.b.c)` nothing matters but that it is there.
    fn select(&mut self, expression: &IdedExpr, variable: &str) {
        let mut fields = Vec::new();
        let mut place = expression;
        let mut leaf = Self::Whole;
        while let Expr::Select(select) = &place.expr {
            if select.test {
                fields.clear();
                leaf = Self::nothing();
            }
            fields.push(select.field.as_str());
            place = &select.operand;
        }
        match &place.expr {
            Expr::Ident(name) if name == variable => self.add(fields.into_iter().rev(), leaf),
            _ => self.grow(place, variable),
        }
    }

    fn add<'e>(&mut self, mut fields: impl Iterator<Item = &'e str>, leaf: Self) {
        let Self::Fields(known) = self else { return };
        match fields.next() {
            Some(field) => known
                .entry(field.to_owned())
                .or_insert_with(Self::nothing)
                .add(fields, leaf),
            None if leaf == Self::Whole => *self = leaf,
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use kube_cel::cel::Program;

    use super::*;

    fn reach(text: &str) -> Reach {
        Reach::of(
            Program::compile(text).expect("an expression").expression(),
            "self",
        )
    }

    fn fields(fields: &[(&str, Reach)]) -> Reach {
        Reach::Fields(
            fields
                .iter()
                .map(|(name, reach)| ((*name).to_owned(), reach.clone()))
                .collect(),
        )
    }

    #[test]
    fn selected_fields_are_all_that_is_seen() {
        let whole = || Reach::Whole;
        let nothing = || fields(&[]);
        for (text, expected) in [
            ("self.a >= self.b", fields(&[("a", whole()), ("b", whole())])),
            (
                "!has(self.a) || self.a.b > 0",
                fields(&[("a", fields(&[("b", whole())]))]),
            ),
            ("has(self.a.b)", fields(&[("a", fields(&[("b", nothing())]))])),
            ("self.a.b == 1 && self.a.size() > 0", fields(&[("a", whole())])),
            ("self.a.all(x, x.b > 0)", fields(&[("a", whole())])),
            ("[1].all(x, x < self.a)", fields(&[("a", whole())])),
            (
                "{'k': self.a}.k == [self.b][0]",
                fields(&[("a", whole()), ("b", whole())]),
            ),
            ("1 < 2", nothing()),
        ] {
            assert_eq!(reach(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_used_as_a_whole_is_seen_as_a_whole() {
        for text in [
            "self == oldSelf",
            "self['a'] > 1",
            "self.all(x, x > 1)",
            "size(self) > 1 && self.a > 1",
            "optional.of(self).hasValue()",
            "[1].all(self, self > 0)",
            "'a' in self",
        ] {
            assert_eq!(reach(text), Reach::Whole, "{text}");
        }
    }
}
