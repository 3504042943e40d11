//! `&&` and `||`, and the macros that are made of them, in the presence of mistakes.
//!
//! Either side may decide alone, whatever is wrong with the other one, and so may every element of a list. If nothing decides, a real
//! server tells the first mistake. The interpreter tells the last one, and ends at the first element that something is wrong with.
//!
//! Source: `github.com/google/cel-go/interpreter/interpretable.go`.

use std::sync::Arc;

use kube_cel::cel::{
    Context, ExecutionError, FunctionContext, IdedExpr, Value,
    common::ast::{ComprehensionExpr, EntryExpr, Expr},
    objects::Opaque,
};

use super::lower::{function, plain};

/// One of the operators.
struct Operator {
    name: &'static str,
    /// The value by which one side decides.
    decisive: bool,
    /// What takes its place.
    instead: &'static str,
    /// What takes its place in the step of a loop, where a mistake is kept for later.
    each: &'static str,
    /// Whether a loop has to go on.
    undecided: &'static str,
}

const OPERATORS: [Operator; 2] = [
    Operator {
        name: "_||_",
        decisive: true,
        instead: "@or",
        each: "@or_each",
        undecided: "@undecided_or",
    },
    Operator {
        name: "_&&_",
        decisive: false,
        instead: "@and",
        each: "@and_each",
        undecided: "@undecided_and",
    },
];

/// What a loop comes to, or the mistake that it kept.
const OUTCOME: &str = "@outcome";

/// A mistake that a loop keeps.
#[derive(Clone, Debug, PartialEq)]
struct Mistake(ExecutionError);

// mistakes are kept and told, and never compared
impl Eq for Mistake {}

impl Opaque for Mistake {
    fn runtime_type_name(&self) -> &str {
        "mistake"
    }
}

/// Adds what takes the place of the operators.
pub(super) fn extend(context: &mut Context<'_>) {
    for operator in OPERATORS {
        let decisive = operator.decisive;
        context.add_function(operator.instead, move |call: &FunctionContext<'_, '_>| {
            decide(call, decisive)
        });
        context.add_function(
            operator.each,
            move |call: &FunctionContext<'_, '_>| -> Result<Value, ExecutionError> {
                Ok(decide(call, decisive).unwrap_or_else(|error| Value::Opaque(Arc::new(Mistake(error)))))
            },
        );
        context.add_function(operator.undecided, move |so_far: Value| {
            so_far != Value::Bool(decisive)
        });
    }
    context.add_function(OUTCOME, outcome);
}

fn decide(call: &FunctionContext<'_, '_>, decisive: bool) -> Result<Value, ExecutionError> {
    let [left, right] = call.args else {
        return Err(ExecutionError::NoSuchOverload);
    };
    let side = |expression| Value::resolve(expression, call.ptx).and_then(outcome);
    let decided = Value::Bool(decisive);
    let left = side(left);
    if left.as_ref() == Ok(&decided) {
        return left;
    }
    let right = side(right);
    if right.as_ref() == Ok(&decided) {
        return right;
    }
    match (left?, right?) {
        (Value::Bool(_), Value::Bool(_)) => Ok(Value::Bool(!decisive)),
        _ => Err(ExecutionError::NoSuchOverload),
    }
}

fn outcome(of: Value) -> Result<Value, ExecutionError> {
    match &of {
        Value::Opaque(opaque) => match opaque.downcast_ref::<Mistake>() {
            Some(Mistake(error)) => Err(error.clone()),
            None => Ok(of),
        },
        _ => Ok(of),
    }
}

/// Puts what takes the place of the operators into an expression that is about to run.
pub(crate) fn tell_first_mistakes(expression: &mut IdedExpr) {
    match &mut expression.expr {
        Expr::Call(call) => {
            let operator = OPERATORS.iter().find(|operator| operator.name == call.func_name);
            if let Some(operator) = operator {
                operator.instead.clone_into(&mut call.func_name);
            }
            for part in call.target.as_deref_mut().into_iter().chain(&mut call.args) {
                tell_first_mistakes(part);
            }
        }
        Expr::Select(select) => tell_first_mistakes(&mut select.operand),
        Expr::List(list) => list.elements.iter_mut().for_each(tell_first_mistakes),
        Expr::Map(map) => {
            for entry in &mut map.entries {
                if let EntryExpr::MapEntry(entry) = &mut entry.expr {
                    tell_first_mistakes(&mut entry.key);
                    tell_first_mistakes(&mut entry.value);
                }
            }
        }
        Expr::Comprehension(each) => {
            keep_mistakes(each);
            for part in [
                &mut each.iter_range,
                &mut each.accu_init,
                &mut each.loop_cond,
                &mut each.loop_step,
                &mut each.result,
            ] {
                tell_first_mistakes(part);
            }
        }
        Expr::Struct(_) | Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) => {}
    }
}

/// Lets a loop that looks for an element which decides (`all`, `exists`) go on after a mistake.
fn keep_mistakes(each: &mut ComprehensionExpr) {
    let Expr::Call(step) = &mut each.loop_step.expr else {
        return;
    };
    let is_so_far = |part: &IdedExpr| matches!(&part.expr, Expr::Ident(name) if *name == each.accu_var);
    let operator = OPERATORS.iter().find(|operator| operator.name == step.func_name);
    let Some(operator) = operator.filter(|_| step.args.first().is_some_and(is_so_far)) else {
        return;
    };
    operator.each.clone_into(&mut step.func_name);
    let so_far = plain(Expr::Ident(each.accu_var.clone()));
    each.loop_cond = plain(function(operator.undecided, vec![so_far]));
    let result = std::mem::replace(&mut each.result, plain(Expr::Unspecified));
    each.result = plain(function(OUTCOME, vec![result]));
}

#[cfg(test)]
mod tests {
    use super::{super::read_expression, *};

    fn answer(text: &str) -> Result<Value, ExecutionError> {
        let mut context = Context::default();
        super::super::extend(&mut context);
        let mut expression = read_expression(text, None).expect("an expression");
        tell_first_mistakes(&mut expression);
        Value::resolve(&expression, &context)
    }

    #[test]
    fn one_side_may_decide() {
        for (text, expected) in [
            ("1 / 0 > 0 || true", true),
            ("true || 1 / 0 > 0", true),
            ("1 / 0 > 0 && false", false),
            ("[0, 1].exists(x, 1 / x > 0)", true),
            ("[0, 2].all(x, 1 / x > 0)", false),
            (
                "[0, 1].exists(x, x == 1 && [0].all(y, x / y > 0) || x == 1)",
                true,
            ),
            ("{'a': true && !false}.a", true),
        ] {
            assert_eq!(answer(text), Ok(Value::Bool(expected)), "{text}");
        }
    }

    #[test]
    fn the_first_mistake_is_told() {
        for text in [
            "1 / 0 > 0 || 1 % 0 > 0",
            "1 / 0 > 0 && {'a': 1}['b'] > 0",
            "!(1 / 0 > 0 || false)",
            "[1].exists(x, x / 0 > 0 || x % 0 > 0)",
            "[0, 1].exists(x, x > 0 ? 1 % 0 > 0 : 1 / 0 > 0)",
            "[3, 0].all(x, 1 / x >= 0)",
        ] {
            let answer = answer(text);
            assert!(
                matches!(answer, Err(ExecutionError::DivisionByZero(_))),
                "{text}: {answer:?}"
            );
        }
    }
}
