//! Times and their canonical form.
//!
//! Source: `k8s.io/apimachinery/pkg/apis/meta/v1/{time,micro_time}.go`.

use jiff::{Timestamp, tz::TimeZone};

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
    let fraction = text.get(19..).and_then(|rest| rest.strip_prefix('.'));
    let digits = fraction.map_or(0, |rest| rest.bytes().take_while(u8::is_ascii_digit).count());
    let time = parse(text, MICROS)?;
    if digits != 6 {
        let rest = text.get(19..).unwrap_or_default();
        return Err(format!(
            "parsing time {text:?} as {MICROS:?}: cannot parse {rest:?} as \".000000\""
        ));
    }
    Ok(format_utc(time, "%Y-%m-%dT%H:%M:%S%.6fZ"))
}

fn parse(text: &str, layout: &str) -> Result<Timestamp, String> {
    let shape = b"dddd-dd-ddTdd:dd:dd";
    let names = ["2006", "-", "01", "-", "02", "T", "15", ":", "04", ":", "05"];
    let starts = [0, 4, 5, 7, 8, 10, 11, 13, 14, 16, 17];
    let bytes = text.as_bytes();
    let wrong = |at: usize| {
        let b = bytes.get(at);
        match shape[at] {
            b'd' => !b.is_some_and(u8::is_ascii_digit),
            literal => b != Some(&literal),
        }
    };
    let fail = |at: usize, name: &str| {
        let rest = text.get(at..).unwrap_or_default();
        format!("parsing time {text:?} as {layout:?}: cannot parse {rest:?} as {name:?}")
    };
    if let Some(at) = (0..shape.len()).find(|at| wrong(*at)) {
        let part = starts.iter().rposition(|start| *start <= at).unwrap_or(0);
        return Err(fail(starts[part], names[part]));
    }
    let zone = bytes.get(19..).unwrap_or_default();
    let fraction = match zone.first() {
        Some(b'.' | b',') => 1 + zone[1..].iter().take_while(|b| b.is_ascii_digit()).count(),
        _ => 0,
    };
    let zone = &zone[fraction..];
    // what follows a time that is complete
    let extra = match zone {
        [b'Z', rest @ ..] if !rest.is_empty() => text.get(text.len() - rest.len()..),
        _ => None,
    };
    if let Some(extra) = extra {
        return Err(format!("parsing time {text:?}: extra text: {extra:?}"));
    }
    let is_offset = match zone {
        b"Z" => true,
        [b'+' | b'-', h1, h2, b':', m1, m2] => [h1, h2, m1, m2].iter().all(|b| b.is_ascii_digit()),
        _ => false,
    };
    if !is_offset {
        return Err(fail(19 + fraction, "Z07:00"));
    }
    text.replace(',', ".")
        .parse()
        .map_err(|_| format!("parsing time {text:?}: out of range"))
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
        assert!(seconds("2026-13-01T00:00:00Z").is_err());
        assert!(
            micros("2026-01-01T00:00:00Z")
                .unwrap_err()
                .ends_with(r#"cannot parse "Z" as ".000000""#)
        );
    }
}
