//! How long ago something was, in two or three digits.
//!
//! Source: `k8s.io/apimachinery/pkg/util/duration/duration.go`.

use jiff::{SignedDuration, Timestamp};

/// The time from `since` to `now` as people read it: `12s`, `5m30s`, `3h`, `2d4h`, `1y20d`.
pub(super) fn elapsed(since: Timestamp, now: Timestamp) -> String {
    human(now.duration_since(since))
}

/// The time since a timestamp in an object; `<unknown>` where there is none.
pub(super) fn age(timestamp: Option<&str>, now: Timestamp) -> String {
    timestamp
        .and_then(|text| text.parse::<Timestamp>().ok())
        .filter(|since| !is_zero(*since))
        .map_or_else(|| "<unknown>".into(), |since| elapsed(since, now))
}

/// Whether a timestamp is Go's zero time, the first instant of year one.
pub(super) fn is_zero(timestamp: Timestamp) -> bool {
    timestamp.as_second() == -62_135_596_800
}

/// A duration as people read it.
pub(super) fn human(duration: SignedDuration) -> String {
    let seconds = duration.as_secs();
    if seconds < -1 {
        return "<invalid>".into();
    }
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    // A value of the larger unit, and the rest in the smaller one unless it is nothing.
    let pair = |large: i64, unit: &str, small: i64, rest: &str| match small {
        0 => format!("{large}{unit}"),
        _ => format!("{large}{unit}{small}{rest}"),
    };
    match () {
        () if seconds < 0 => "0s".into(),
        () if seconds < 120 => format!("{seconds}s"),
        () if minutes < 10 => pair(minutes, "m", seconds % 60, "s"),
        () if minutes < 180 => format!("{minutes}m"),
        () if hours < 8 => pair(hours, "h", minutes % 60, "m"),
        () if hours < 48 => format!("{hours}h"),
        () if days < 8 => pair(days, "d", hours % 24, "h"),
        () if days < 365 * 2 => format!("{days}d"),
        () if days < 365 * 8 => pair(days / 365, "y", days % 365, "d"),
        () => format!("{}y", days / 365),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_keep_two_or_three_digits() {
        let cases = [
            (-5, "<invalid>"),
            (-1, "0s"),
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (125, "2m5s"),
            (600, "10m"),
            (10_799, "179m"),
            (10_800, "3h"),
            (11_400, "3h10m"),
            (28_800, "8h"),
            (172_799, "47h"),
            (172_800, "2d"),
            (176_400, "2d1h"),
            (691_200, "8d"),
            (63_072_000, "2y"),
            (63_158_400, "2y1d"),
            (252_288_000, "8y"),
        ];
        for (seconds, expected) in cases {
            assert_eq!(human(SignedDuration::from_secs(seconds)), expected, "{seconds}");
        }
    }

    #[test]
    fn an_age_needs_a_timestamp() {
        let now = "2026-01-01T00:02:00Z".parse().expect("a timestamp");
        assert_eq!(age(Some("2026-01-01T00:00:00Z"), now), "2m");
        assert_eq!(age(Some("0001-01-01T00:00:00Z"), now), "<unknown>");
        assert_eq!(age(None, now), "<unknown>");
    }
}
