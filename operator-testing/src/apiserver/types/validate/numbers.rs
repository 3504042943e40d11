//! The keywords of numbers.

use serde_json::{Number, Value};

use super::report::{Report, show_number};
use crate::apiserver::types::{
    custom::Keywords,
    place::Place,
    schema::{Schema, ValueType},
};

/// The largest magnitude at which a float is exact about whole numbers.
const MAX_EXACT: f64 = 9_007_199_254_740_991.0;

/// Whether a float holds a whole number, as nearly as floats can tell.
pub(super) fn is_whole(number: &Number) -> bool {
    number.as_i64().is_some() || number.as_f64().is_some_and(is_whole_float)
}

fn is_whole_float(float: f64) -> bool {
    if !float.is_finite() || float.abs() > MAX_EXACT {
        return false;
    }
    let whole = float.trunc();
    let difference = (float - whole).abs();
    // Nearly whole counts: 0.75 / 0.25 need not come out as 3 exactly.
    difference == 0.0 || (whole != 0.0 && difference / (float.abs() + whole.abs()) < 1e-9)
}

/// Checks a number against its type, its bounds and its factor.
pub(super) fn validate(schema: &Schema, keywords: &Keywords, number: &Number, place: &Place<'_>) -> Report {
    let mut report = Report::default();
    range(schema, number, "Checked", place, &mut report);
    if let Some(factor) = &keywords.multiple_of {
        let mut inner = Report::default();
        range(schema, factor, "MultipleOf", place, &mut inner);
        inner.merge(multiple_of(number, factor, place));
        report.merge(inner);
    }
    if let Some(bound) = keywords.minimum.as_ref().map(|bound| beside(number, bound)) {
        let bound = &bound;
        let exclusive = keywords.exclusive_minimum;
        let what = if exclusive {
            "greater than"
        } else {
            "greater than or equal to"
        };
        let mut inner = Report::default();
        range(schema, bound, "Minimum boundary", place, &mut inner);
        if is_beyond(bound, number, exclusive) {
            inner.merge(beyond(number, bound, what, place));
        }
        report.merge(inner);
    }
    if let Some(bound) = keywords.maximum.as_ref().map(|bound| beside(number, bound)) {
        let bound = &bound;
        let exclusive = keywords.exclusive_maximum;
        let what = if exclusive {
            "less than"
        } else {
            "less than or equal to"
        };
        let mut inner = Report::default();
        range(schema, bound, "Maximum boundary", place, &mut inner);
        if is_beyond(number, bound, exclusive) {
            inner.merge(beyond(number, bound, what, place));
        }
        report.merge(inner);
    }
    report.matches += 1;
    report
}

/// A bound as a number is compared with it: beside a whole one it loses its fraction.
#[allow(clippy::cast_possible_truncation)]
fn beside(number: &Number, bound: &Number) -> Number {
    if number.is_i64() && bound.is_f64() {
        return Number::from(float(bound) as i64);
    }
    bound.clone()
}

fn is_beyond(larger: &Number, smaller: &Number, or_equal: bool) -> bool {
    match (larger.as_i64(), smaller.as_i64()) {
        (Some(a), Some(b)) => a > b || (or_equal && a == b),
        _ => {
            let (a, b) = (float(larger), float(smaller));
            a > b || (or_equal && a >= b)
        }
    }
}

fn beyond(number: &Number, bound: &Number, what: &str, place: &Place<'_>) -> Report {
    let bound = show_number(float(bound), bound.as_i64());
    Report::invalid(
        place,
        &Value::Number(number.clone()),
        &format!("should be {what} {bound}"),
    )
}

fn multiple_of(number: &Number, factor: &Number, place: &Place<'_>) -> Report {
    let value = Value::Number(number.clone());
    let shown = show_number(float(factor), factor.as_i64());
    let not_positive = |factor: &str| {
        let what = format!("factor MultipleOf declared for {place} must be positive: {factor}");
        Report::of(
            place,
            "FieldValueInvalid",
            format!("Invalid value: {factor}: {what}"),
        )
    };
    #[allow(clippy::cast_possible_truncation)]
    let is_multiple = match number.as_i64() {
        Some(whole) => {
            let factor = factor.as_i64().unwrap_or(float(factor) as i64);
            if factor <= 0 {
                return not_positive(&factor.to_string());
            }
            whole % factor == 0
        }
        None if float(factor) <= 0.0 => return not_positive(&shown),
        None => {
            let (number, factor) = (float(number), float(factor));
            let quotient = if factor < 1.0 {
                1.0 / factor * number
            } else {
                number / factor
            };
            is_whole_float(quotient)
        }
    };
    if is_multiple {
        return Report::default();
    }
    Report::invalid(place, &value, &format!("should be a multiple of {shown}"))
}

/// Whether a number fits the type and the format of its schema.
fn range(schema: &Schema, number: &Number, subject: &str, place: &Place<'_>, report: &mut Report) {
    let format = schema.format.as_deref().unwrap_or_default();
    let (name, format, fits) = match (schema.value_type, format) {
        (ValueType::Integer, "int32") => (
            "integer",
            "int32",
            number.as_i64().is_some_and(|whole| i32::try_from(whole).is_ok()),
        ),
        (ValueType::Integer, "int64") => ("integer", "int64", number.as_i64().is_some()),
        (ValueType::Integer, _) => ("integer", "", number.as_i64().is_some()),
        (ValueType::Number, "float") => ("number", "float", float(number).abs() <= f64::from(f32::MAX)),
        _ => return,
    };
    if fits {
        return;
    }
    let format = match format {
        "" => "(default format)".to_owned(),
        format => format!("with format {format}"),
    };
    report.about_whole(&format!(
        "{subject} value must be of type {name} {format} in {place}"
    ));
}

fn float(number: &Number) -> f64 {
    number.as_f64().unwrap_or_default()
}
