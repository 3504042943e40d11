//! Expressions in CEL before they run: read, checked against declared types, and what they may cost.
//!
//! A real server compiles the rules of a CustomResourceDefinition when it is written. It names the place of whatever does not fit
//! and estimates what a rule costs at worst, from the sizes that the schema allows. Neither runs an expression, so neither needs
//! values: a text becomes a [`tree`], [`checker`] gives every node of it a [`kind`], [`cost`] walks the checked tree with intervals
//! of sizes. The functions of the language are a table (`data/cel-functions.tsv`).
//!
//! What the interpreter's own parser does not read is given to it as a tree ([`lower`]), with functions of our own ([`intrinsics`]).
//!
//! Sources: `github.com/google/cel-go/checker`, `k8s.io/apiserver/pkg/cel`.

mod calendar;
mod call_cost;
mod checker;
mod conversions;
mod cost;
mod cursor;
mod declared;
mod failure;
mod formatted;
mod formatting;
mod functions;
mod interval;
mod intrinsics;
mod kind;
mod lexer;
mod literals;
mod logic;
mod lower;
mod macros;
mod numbers;
mod optionals;
mod parser;
mod path;
mod problem;
mod reading;
mod texts;
mod tree;
mod unify;

pub(in crate::apiserver::types) use self::{
    checker::{Checked, Refusal, Variables, check},
    conversions::{DURATION, TIMESTAMP},
    cost::estimate,
    declared::{Declared, MOST_BYTES, Shape},
    kind::Kind,
    lower::{comparison, function, plain},
};
pub(crate) use self::{failure::Failure, logic::tell_first_mistakes, reading::read_expression};

/// Adds to the interpreter what lowered expressions call, and what the language has otherwise.
pub(crate) fn extend(context: &mut kube_cel::cel::Context<'_>) {
    intrinsics::extend(context);
    conversions::extend(context);
    calendar::extend(context);
    formatted::extend(context);
    texts::extend(context);
    optionals::extend(context);
    logic::extend(context);
}
