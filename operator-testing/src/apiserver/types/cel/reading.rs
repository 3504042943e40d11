//! From the text of an expression to what the interpreter runs.

use kube_cel::cel::{IdedExpr, Program};

use super::{lower::lowered, problem::report_found};

/// Reads an expression. A field that is selected from the variable `optional` may be missing, as the variable itself may be.
///
/// # Errors
/// What the interpreter's own parser says of a text that is no expression, shown with its places.
pub(crate) fn read_expression(text: &str, optional: Option<&str>) -> Result<IdedExpr, String> {
    if let Some(expression) = lowered(text, optional) {
        return Ok(expression);
    }
    let program = Program::compile(text).map_err(|refused| {
        let count = |number: isize| usize::try_from(number).unwrap_or_default();
        let found = refused.errors.into_iter();
        report_found(
            text,
            found.map(|error| (count(error.pos.0), count(error.pos.1), error.msg)),
        )
    })?;
    Ok(program.expression().clone())
}
