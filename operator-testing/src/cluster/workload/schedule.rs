//! When a cron expression is due.

use jiff::{Timestamp, ToSpan as _, civil::DateTime, tz::TimeZone};

/// A schedule of five fields, read in a time zone.
#[derive(Clone, Debug)]
pub(super) struct Schedule {
    minutes: Vec<bool>,
    hours: Vec<bool>,
    days: Vec<bool>,
    months: Vec<bool>,
    weekdays: Vec<bool>,
    any_day: bool,
    any_weekday: bool,
    zone: TimeZone,
}

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// No schedule is looked for further ahead: one that is due on no day of these never is.
const HORIZON_DAYS: i64 = 5 * 366;

impl Schedule {
    /// Reads an expression; `None` if it is none.
    pub(super) fn parse(expression: &str, zone: &str) -> Option<Self> {
        let zone = if zone.is_empty() {
            TimeZone::UTC
        } else {
            TimeZone::get(zone).ok()?
        };
        let expression = match expression.trim() {
            "@yearly" | "@annually" => "0 0 1 1 *",
            "@monthly" => "0 0 1 * *",
            "@weekly" => "0 0 * * 0",
            "@daily" | "@midnight" => "0 0 * * *",
            "@hourly" => "0 * * * *",
            other => other,
        };
        let fields: Vec<&str> = expression.split_whitespace().collect();
        let [minutes, hours, days, months, weekdays] = fields.as_slice() else {
            return None;
        };
        Some(Self {
            minutes: field(minutes, 0, 59, &[])?,
            hours: field(hours, 0, 23, &[])?,
            days: field(days, 1, 31, &[])?,
            months: field(months, 1, 12, &MONTHS)?,
            weekdays: field(weekdays, 0, 7, &WEEKDAYS)?,
            any_day: days.starts_with('*') || *days == "?",
            any_weekday: weekdays.starts_with('*') || *weekdays == "?",
            zone,
        })
    }

    /// The first time after `time` at which it is due.
    pub(super) fn after(&self, time: Timestamp) -> Option<Timestamp> {
        let local = time.to_zoned(self.zone.clone()).datetime();
        let mut candidate = local.with().second(0).subsec_nanosecond(0).build().ok()?;
        candidate = candidate.checked_add(1.minute()).ok()?;
        let end = candidate.checked_add(HORIZON_DAYS.days()).ok()?;
        while candidate < end {
            if !self.is_day(candidate) {
                candidate = candidate.date().tomorrow().ok()?.at(0, 0, 0, 0);
            } else if !is_set(&self.hours, candidate.hour()) {
                let hour = candidate.with().minute(0).build().ok()?;
                candidate = hour.checked_add(1.hour()).ok()?;
            } else if !is_set(&self.minutes, candidate.minute()) {
                candidate = candidate.checked_add(1.minute()).ok()?;
            } else {
                return Some(self.zone.to_timestamp(candidate).ok()?).filter(|due| *due > time);
            }
        }
        None
    }

    /// A day matches by its number or by its weekday where both are given, and by the one that is given otherwise.
    fn is_day(&self, at: DateTime) -> bool {
        let weekday = at.weekday().to_sunday_zero_offset();
        let by_weekday = is_set(&self.weekdays, weekday) || (weekday == 0 && is_set(&self.weekdays, 7));
        let by_day = is_set(&self.days, at.day());
        let day = if self.any_day || self.any_weekday {
            by_day && by_weekday
        } else {
            by_day || by_weekday
        };
        is_set(&self.months, at.month()) && day
    }
}

fn is_set(values: &[bool], value: i8) -> bool {
    usize::try_from(value)
        .ok()
        .and_then(|value| values.get(value).copied())
        .unwrap_or_default()
}

/// A field: a list of values, ranges and steps.
fn field(text: &str, low: usize, high: usize, names: &[&str]) -> Option<Vec<bool>> {
    let mut values = vec![false; high + 1];
    let number = |text: &str| {
        let named = names.iter().position(|name| text.eq_ignore_ascii_case(name));
        // months count from one, weekdays from zero
        named.map_or_else(|| text.parse().ok(), |position| Some(position + low))
    };
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, step.parse::<usize>().ok().filter(|step| *step > 0)?),
            None => (part, 1),
        };
        let (start, end) = match range.split_once('-') {
            _ if range == "*" || range == "?" => (low, high),
            Some((start, end)) => (number(start)?, number(end)?),
            None if part.contains('/') => (number(range)?, high),
            None => (number(range)?, number(range)?),
        };
        if start < low || end > high || start > end {
            return None;
        }
        for value in (start..=end).step_by(step) {
            values[value] = true;
        }
    }
    Some(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_are_due_when_they_say() {
        let cases = [
            ("* * * * *", "2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z"),
            ("* * * * *", "2026-01-01T00:00:59Z", "2026-01-01T00:01:00Z"),
            ("*/15 * * * *", "2026-01-01T00:15:00Z", "2026-01-01T00:30:00Z"),
            ("0 3 * * *", "2026-01-01T03:00:00Z", "2026-01-02T03:00:00Z"),
            ("30 4 1,15 * *", "2026-01-02T00:00:00Z", "2026-01-15T04:30:00Z"),
            ("0 0 * * mon-fri", "2026-01-02T00:00:00Z", "2026-01-05T00:00:00Z"),
            ("0 0 * * 7", "2026-01-01T00:00:00Z", "2026-01-04T00:00:00Z"),
            ("0 0 13 * 5", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"),
            ("0 0 29 feb *", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z"),
            ("5-10/5 * * * *", "2026-01-01T00:05:00Z", "2026-01-01T00:10:00Z"),
            ("@weekly", "2026-01-01T00:00:00Z", "2026-01-04T00:00:00Z"),
        ];
        for (expression, from, expected) in cases {
            let schedule = Schedule::parse(expression, "").unwrap();
            let due = schedule.after(from.parse().unwrap()).unwrap();
            assert_eq!(due.to_string(), expected, "{expression} from {from}");
        }
        assert!(
            Schedule::parse("0 0 31 2 *", "")
                .unwrap()
                .after("2026-01-01T00:00:00Z".parse().unwrap())
                .is_none()
        );
    }

    #[test]
    fn what_is_no_schedule_is_not_read() {
        for expression in [
            "",
            "* * * *",
            "60 * * * *",
            "x * * * *",
            "5-1 * * * *",
            "*/0 * * * *",
        ] {
            assert!(Schedule::parse(expression, "").is_none(), "{expression}");
        }
        assert!(Schedule::parse("* * * * *", "Nowhere/At-All").is_none());
    }
}
