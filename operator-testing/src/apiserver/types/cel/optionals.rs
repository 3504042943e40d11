//! Optional values that stand in for others.
//!
//! What stands in is only looked at if it is needed: `optional.of(1).or(...)` gives its value whatever is wrong with the rest.
//!
//! Source: `github.com/google/cel-go/cel/library.go`.

use kube_cel::cel::{Context, ExecutionError, FunctionContext, Value, objects::OptionalValue};

/// Adds `or` and `orValue`.
pub(super) fn extend(context: &mut Context<'_>) {
    context.add_function("or", |call: &FunctionContext<'_, '_>| match held(call)? {
        (this, Some(_)) => Ok(this.clone()),
        (_, None) => stand_in(call),
    });
    context.add_function("orValue", |call: &FunctionContext<'_, '_>| match held(call)? {
        (_, Some(value)) => Ok(value.clone()),
        (_, None) => stand_in(call),
    });
}

/// The optional that a function is called of, and what it holds.
fn held<'c>(call: &'c FunctionContext<'_, '_>) -> Result<(&'c Value, Option<&'c Value>), ExecutionError> {
    let this = call.this.as_ref().ok_or(ExecutionError::NoSuchOverload)?;
    let optional = <&OptionalValue>::try_from(this).map_err(|_| ExecutionError::NoSuchOverload)?;
    Ok((this, optional.value()))
}

fn stand_in(call: &FunctionContext<'_, '_>) -> Result<Value, ExecutionError> {
    match call.args {
        [other] => Value::resolve(other, call.ptx),
        _ => Err(ExecutionError::NoSuchOverload),
    }
}

#[cfg(test)]
mod tests {
    use kube_cel::{KubeCelExt, cel::Program};

    use super::*;

    #[test]
    fn what_is_not_needed_is_not_looked_at() {
        let mut context = Context::default().with_all();
        extend(&mut context);
        for (text, expected) in [
            ("optional.of(1).or(optional.of(1 / 0)).value() == 1", true),
            ("optional.of(1).orValue(1 / 0) == 1", true),
            ("optional.none().or(optional.of(2)).value() == 2", true),
            ("optional.none().orValue(3) == 3", true),
            ("optional.none().or(optional.none()).hasValue()", false),
        ] {
            let program = Program::compile(text).expect("an expression");
            assert_eq!(program.execute(&context), Ok(Value::Bool(expected)), "{text}");
        }
        let program = Program::compile("optional.none().orValue(1 / 0)").expect("an expression");
        assert!(program.execute(&context).is_err());
    }
}
