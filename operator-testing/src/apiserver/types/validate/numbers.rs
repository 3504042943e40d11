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

/// One more than the largest whole number of 64 bits.
const TWO_TO_63: f64 = 9_223_372_036_854_775_808.0;

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
        report.merge(constraint(
            schema,
            number,
            factor,
            "MultipleOf",
            place,
            multiple_of,
        ));
    }
    for (bound, exclusive, is_most) in [
        (&keywords.minimum, keywords.exclusive_minimum, false),
        (&keywords.maximum, keywords.exclusive_maximum, true),
    ] {
        let Some(bound) = bound else { continue };
        let (subject, what) = match (is_most, exclusive) {
            (false, false) => ("Minimum boundary", "greater than or equal to"),
            (false, true) => ("Minimum boundary", "greater than"),
            (true, false) => ("Maximum boundary", "less than or equal to"),
            (true, true) => ("Maximum boundary", "less than"),
        };
        let check = |number: &Number, bound: &Number, place: &Place<'_>| {
            let (larger, smaller) = if is_most { (number, bound) } else { (bound, number) };
            if is_beyond(larger, smaller, exclusive) {
                return beyond(number, bound, what, place);
            }
            Report::default()
        };
        report.merge(constraint(schema, number, bound, subject, place, check));
    }
    report.matches += 1;
    report
}

/// Checks a number against one of its keywords, whose own number is to be one of the type. If it is none, both are compared as floats.
fn constraint(
    schema: &Schema,
    number: &Number,
    limit: &Number,
    subject: &str,
    place: &Place<'_>,
    check: impl Fn(&Number, &Number, &Place<'_>) -> Report,
) -> Report {
    let mut report = Report::default();
    range(schema, limit, subject, place, &mut report);
    let checked = if report.is_valid() {
        check(number, &beside(number, limit), place)
    } else {
        check(&as_float(number), &as_float(limit), place)
    };
    report.merge(checked);
    report
}

fn as_float(number: &Number) -> Number {
    Number::from_f64(float(number)).unwrap_or_else(|| number.clone())
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
    let whole = as_whole(number);
    let (name, format, fits) = match (schema.value_type, format) {
        (ValueType::Integer, "int32") => (
            "integer",
            "int32",
            whole.is_some_and(|whole| i32::try_from(whole).is_ok()),
        ),
        (ValueType::Integer, "int64") => ("integer", "int64", whole.is_some()),
        (ValueType::Integer, _) => ("integer", "", whole.is_some()),
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

/// A number as it is read from its digits, without a fraction of nothing.
#[allow(clippy::cast_possible_truncation)]
fn as_whole(number: &Number) -> Option<i64> {
    let in_range = |float: &f64| float.fract() == 0.0 && (-TWO_TO_63..TWO_TO_63).contains(float);
    number
        .as_i64()
        .or_else(|| number.as_f64().filter(in_range).map(|float| float as i64))
}

fn float(number: &Number) -> f64 {
    number.as_f64().unwrap_or_default()
}
