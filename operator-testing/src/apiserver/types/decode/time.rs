//! Times and their canonical form.
//!
//! Sources: `k8s.io/apimachinery/pkg/apis/meta/v1/{time,micro_time}.go`, `time/format.go` of Go.

use std::ops::RangeInclusive;

use jiff::{
    Timestamp,
    civil::Date,
    tz::{Offset, TimeZone},
};

const SECONDS: &str = "2006-01-02T15:04:05Z07:00";
const MICROS: &str = "2006-01-02T15:04:05.000000Z07:00";

/// A time in UTC to the second.
///
/// # Errors
/// The server's words for what is wrong with the text.
pub(super) fn seconds(text: &str) -> Result<String, String> {
    let time = parse(text, SECONDS)?;
    Ok(format_utc(time, "%Y-%m-%dT%H:%M:%SZ"))
}

/// A time in UTC to the microsecond, which must be written with six digits.
///
/// # Errors
/// The server's words for what is wrong with the text.
pub(super) fn micros(text: &str) -> Result<String, String> {
    let time = parse(text, MICROS)?;
    Ok(format_utc(time, "%Y-%m-%dT%H:%M:%S%.6fZ"))
}

fn parse(text: &str, layout: &str) -> Result<Timestamp, String> {
    let mut reader = Reader {
        text: text.as_bytes(),
        rest: text.as_bytes(),
        layout,
    };
    let year = reader.year()?;
    let month = reader.number(b'-', "01", Some(("month", 1..=12)))?;
    let day = reader.number(b'-', "02", None)?;
    let hour = reader.number(b'T', "15", Some(("hour", 0..=23)))?;
    let minute = reader.number(b':', "04", Some(("minute", 0..=59)))?;
    let second = reader.number(b':', "05", Some(("second", 0..=59)))?;
    let nanos = reader.fraction(layout == MICROS)?;
    let offset = reader.offset()?;
    if !reader.rest.is_empty() {
        return Err(reader.wrong(&format!("extra text: {}", quote(reader.rest))));
    }
    let date = Date::new(year, month, day).map_err(|_| reader.wrong("day out of range"))?;
    let time = date
        .at(hour, minute, second, nanos)
        .to_zoned(TimeZone::fixed(offset));
    // the end of the year 9999 in another zone, which a real server stores as a year of five digits
    let time = time.map_err(|_| reader.wrong("year out of range"))?;
    Ok(time.timestamp())
}

/// Reads a time as Go does: from left to right, until something does not fit.
struct Reader<'a> {
    text: &'a [u8],
    rest: &'a [u8],
    layout: &'a str,
}

impl Reader<'_> {
    fn wrong(&self, why: &str) -> String {
        format!("parsing time {}: {why}", quote(self.text))
    }

    /// The rest is not what an element of the layout stands for.
    fn misfit(&self, element: &str) -> String {
        let (text, layout) = (quote(self.text), quote(self.layout.as_bytes()));
        let (rest, element) = (quote(self.rest), quote(element.as_bytes()));
        format!("parsing time {text} as {layout}: cannot parse {rest} as {element}")
    }

    fn year(&mut self) -> Result<i16, String> {
        let digits = self.rest.get(..4).and_then(digits);
        let year = digits.ok_or_else(|| self.misfit("2006"))?;
        self.rest = &self.rest[4..];
        Ok(i16::try_from(year).expect("four digits"))
    }

    /// A number of two digits after a sign. The first hours of a day may have one.
    fn number(
        &mut self,
        before: u8,
        element: &str,
        range: Option<(&str, RangeInclusive<i8>)>,
    ) -> Result<i8, String> {
        let Some((_, rest)) = self.rest.split_first().filter(|(first, _)| **first == before) else {
            return Err(self.misfit(char::from(before).encode_utf8(&mut [0; 4])));
        };
        self.rest = rest;
        let is_digit = |at: usize| self.rest.get(at).is_some_and(u8::is_ascii_digit);
        let length = match element {
            "15" if !is_digit(1) => 1,
            _ => 2,
        };
        let number = self.rest.get(..length).and_then(digits);
        let number = number.ok_or_else(|| self.misfit(element))?;
        self.rest = &self.rest[length..];
        let number = i8::try_from(number).expect("two digits");
        match range {
            Some((name, range)) if !range.contains(&number) => {
                Err(self.wrong(&format!("{name} out of range")))
            }
            _ => Ok(number),
        }
    }

    /// Parts of a second, in nanoseconds: exactly six digits, or as many as there are.
    fn fraction(&mut self, is_micros: bool) -> Result<i32, String> {
        let begins = matches!(self.rest, [b'.' | b',', ..]);
        let length = self
            .rest
            .iter()
            .skip(1)
            .take_while(|b| b.is_ascii_digit())
            .count();
        let (length, counted) = match (is_micros, begins) {
            (true, true) if length >= 6 => (6, 6),
            (true, _) => return Err(self.misfit(".000000")),
            (false, true) if length > 0 => (length, length.min(9)),
            (false, _) => return Ok(0),
        };
        let number = digits(&self.rest[1..=counted]).expect("they are digits");
        self.rest = &self.rest[1 + length..];
        let scale = (counted..9).fold(1, |scale, _| scale * 10);
        Ok(number * scale)
    }

    fn offset(&mut self) -> Result<Offset, String> {
        if let [b'Z', rest @ ..] = self.rest {
            self.rest = rest;
            return Ok(Offset::UTC);
        }
        let (sign, hours, minutes, rest) = match self.rest {
            [sign, h1, h2, b':', m1, m2, rest @ ..] => {
                (*sign, digits(&[*h1, *h2]), digits(&[*m1, *m2]), rest)
            }
            _ => return Err(self.misfit("Z07:00")),
        };
        let (Some(hours), Some(minutes), b'+' | b'-') = (hours, minutes, sign) else {
            return Err(self.misfit("Z07:00"));
        };
        // a day and an hour are written by some people
        if minutes > 60 {
            return Err(self.wrong("time zone offset minute out of range"));
        }
        if hours > 24 {
            return Err(self.wrong("time zone offset hour out of range"));
        }
        self.rest = rest;
        let seconds = (hours * 60 + minutes) * 60;
        let seconds = if sign == b'-' { -seconds } else { seconds };
        Ok(Offset::from_seconds(seconds).expect("a little more than a day at most"))
    }
}

/// The number that digits stand for; `None` if there is anything else.
fn digits(text: &[u8]) -> Option<i32> {
    text.iter().try_fold(0, |number, digit| {
        digit
            .is_ascii_digit()
            .then(|| number * 10 + i32::from(digit - b'0'))
    })
}

/// A text as Go quotes it in messages about times: whatever is not ASCII byte by byte.
fn quote(text: &[u8]) -> String {
    let mut quoted = String::from('"');
    for byte in text {
        match byte {
            b'"' | b'\\' => quoted.extend(['\\', char::from(*byte)]),
            b' '..=0x7f => quoted.push(char::from(*byte)),
            _ => quoted += &format!("\\x{byte:02x}"),
        }
    }
    quoted.push('"');
    quoted
}

fn format_utc(time: Timestamp, format: &str) -> String {
    time.to_zoned(TimeZone::UTC).strftime(format).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_brought_to_utc() {
        assert_eq!(
            seconds("2026-01-01T02:00:05.7+01:00").as_deref(),
            Ok("2026-01-01T01:00:05Z")
        );
        assert_eq!(
            seconds("2026-01-01T2:00:05,123456789012-24:60").as_deref(),
            Ok("2026-01-02T03:00:05Z")
        );
        assert_eq!(
            micros("2026-01-01T00:00:00.120000Z").as_deref(),
            Ok("2026-01-01T00:00:00.120000Z")
        );
    }

    #[test]
    fn what_is_no_time_is_refused_in_the_servers_words() {
        assert_eq!(
            seconds("yesterday").unwrap_err(),
            r#"parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006""#
        );
        assert!(
            seconds("2026-01-01")
                .unwrap_err()
                .ends_with(r#"cannot parse "" as "T""#)
        );
        let seconds = |text: &str| seconds(text).unwrap_err();
        for (text, name) in [
            ("2026-13-01T00:00:00Z", "month"),
            ("2026-00-99Tx", "month"),
            ("2026-02-30T00:00:00Z", "day"),
            ("2026-02-00T00:00:00Z", "day"),
            ("2026-02-01T24:00:00Z", "hour"),
            ("2026-02-01T00:60:00Z", "minute"),
            ("2026-02-01T00:00:60Z", "second"),
            ("2026-02-01T00:00:00+25:00", "time zone offset hour"),
            ("2026-02-01T00:00:00+00:61", "time zone offset minute"),
        ] {
            assert_eq!(
                seconds(text),
                format!("parsing time {text:?}: {name} out of range")
            );
        }
        assert!(seconds("2026-01-01T00:00:00Zulu").ends_with(r#": extra text: "ulu""#));
        assert!(seconds("2026-1-01T00:00:00Z").ends_with(r#"cannot parse "1-01T00:00:00Z" as "01""#));
        assert!(seconds("2026-01-01T00:00:00 00:00").ends_with(r#"cannot parse " 00:00" as "Z07:00""#));
        assert!(seconds("é\"\n").ends_with(r#"cannot parse "\xc3\xa9\"\x0a" as "2006""#));
        for (text, rest) in [("00Z", "Z"), ("00.12345Z", ".12345Z")] {
            let why = micros(&format!("2026-01-01T00:00:{text}")).unwrap_err();
            assert!(
                why.ends_with(&format!("cannot parse {rest:?} as \".000000\"")),
                "{why}"
            );
        }
        let why = micros("2026-01-01T00:00:00.1234567Z").unwrap_err();
        assert!(why.ends_with(r#"cannot parse "7Z" as "Z07:00""#), "{why}");
    }
}
