//! Parts of a time, in UTC or in another time zone.
//!
//! Source: `github.com/google/cel-go/common/types/timestamp.go`.

use chrono::{DateTime, Datelike, FixedOffset, Timelike};
use jiff::{Timestamp, tz::TimeZone};
use kube_cel::cel::{
    Context, ExecutionError, Value,
    extractors::{Arguments, This},
};

/// A part of a time.
type Part = fn(&DateTime<FixedOffset>) -> u32;

/// The parts, and how long durations are in each of them, if they have it.
const PARTS: [(&str, Part, Option<i64>); 10] = [
    ("getFullYear", |time| time.year().unsigned_abs(), None),
    ("getMonth", |time| time.month0(), None),
    ("getDate", |time| time.day(), None),
    ("getDayOfMonth", |time| time.day0(), None),
    ("getDayOfWeek", |time| time.weekday().num_days_from_sunday(), None),
    ("getDayOfYear", |time| time.ordinal0(), None),
    ("getHours", |time| time.hour(), Some(3_600_000)),
    ("getMinutes", |time| time.minute(), Some(60_000)),
    ("getSeconds", |time| time.second(), Some(1_000)),
    ("getMilliseconds", |time| time.timestamp_subsec_millis(), Some(1)),
];

/// Adds the functions that take times and durations apart.
pub(super) fn extend(context: &mut Context<'_>) {
    for (name, part, millis) in PARTS {
        context.add_function(
            name,
            move |This(of): This<Value>, Arguments(args): Arguments| match (&of, args.last(), millis) {
                (Value::Timestamp(time), Some(Value::String(zone)), _) => {
                    Ok(Value::Int(part(&moved(time, zone)?).into()))
                }
                (Value::Timestamp(time), _, _) => {
                    let time = time.to_utc().fixed_offset();
                    Ok(Value::Int(part(&time).into()))
                }
                (Value::Duration(duration), _, Some(millis)) => {
                    Ok(Value::Int(duration.num_milliseconds() / millis))
                }
                _ => Err(ExecutionError::NoSuchOverload),
            },
        );
    }
}

/// A time in a zone: a name of the time zone database, or hours and minutes from UTC.
fn moved(time: &DateTime<FixedOffset>, zone: &str) -> Result<DateTime<FixedOffset>, ExecutionError> {
    let failed = |why: String| ExecutionError::function_error("timestamp", why);
    let seconds = match zone.split_once(':') {
        None => {
            let known = TimeZone::get(zone).map_err(|_| failed(format!("unknown time zone {zone}")))?;
            let moment = Timestamp::from_second(time.timestamp()).map_err(|why| failed(why.to_string()))?;
            known.to_offset(moment).seconds()
        }
        Some((hours, minutes)) => {
            let number = |text: &str| {
                let parsed = text.parse::<i32>();
                parsed.map_err(|_| failed(format!("strconv.Atoi: parsing {text:?}: invalid syntax")))
            };
            let (hours, minutes) = (number(hours)?, number(minutes)?);
            let minutes = if zone.starts_with('-') { -minutes } else { minutes };
            hours
                .saturating_mul(3600)
                .saturating_add(minutes.saturating_mul(60))
        }
    };
    let offset = FixedOffset::east_opt(seconds);
    let offset = offset.ok_or_else(|| failed(format!("unknown time zone {zone}")))?;
    Ok(time.with_timezone(&offset))
}
