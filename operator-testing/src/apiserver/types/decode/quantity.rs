//! Quantities (`500m`, `1.5Gi`) and their canonical form.
//!
//! Source: `k8s.io/apimachinery/pkg/api/resource/quantity.go`.

use std::cmp::Ordering;

/// A quantity: a whole number of billionths and the family of suffixes it was written with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quantity {
    nano: i128,
    family: Family,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    Decimal,
    Exponent,
    Binary,
}

const NANO: i128 = 1_000_000_000;
const WRONG_FORMAT: &str =
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const WRONG_SUFFIX: &str = "unable to parse quantity's suffix";
/// The largest amount a quantity holds; more than that counts as that.
const LARGEST: i128 = i64::MAX as i128 * NANO;

impl Quantity {
    /// Reads a quantity. What is finer than a billionth is rounded away from zero.
    ///
    /// # Errors
    /// The server's words for what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let (negative, rest) = match text.as_bytes().first() {
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            Some(_) => (false, text),
            None => return Err(WRONG_FORMAT),
        };
        let (number, suffix) = rest.split_at(number_length(rest));
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if !is_suffix(suffix) {
            return Err(WRONG_FORMAT);
        }
        let (base, exponent, family) = suffix_of(suffix).ok_or(WRONG_SUFFIX)?;
        let magnitude = scale(whole, fraction, base, exponent).min(LARGEST);
        Ok(Self {
            nano: if negative { -magnitude } else { magnitude },
            family,
        })
    }

    /// The text that the server writes for a text: what is canonical anyway is left as it is, down to its sign and its zeros.
    ///
    /// # Errors
    /// As [`Quantity::parse`].
    pub fn normalised(text: &str) -> Result<String, &'static str> {
        let quantity = Self::parse(text)?;
        Ok(if is_kept(text, quantity) {
            text.to_owned()
        } else {
            quantity.canonical()
        })
    }

    /// The amount in billionths.
    pub fn nano(self) -> i128 {
        self.nano
    }

    /// The amount as a whole number, rounded up.
    pub fn value(self) -> i128 {
        self.nano.div_euclid(NANO) + i128::from(self.nano.rem_euclid(NANO) != 0)
    }

    /// The canonical text: no fraction, the largest suffix that fits.
    pub fn canonical(self) -> String {
        let is_small = self.nano.abs() < 1024 * NANO;
        match self.family {
            Family::Binary if !is_small && self.nano % NANO == 0 => binary(self.nano / NANO),
            Family::Binary | Family::Decimal => decimal(self.nano, false),
            Family::Exponent => decimal(self.nano, true),
        }
    }
}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.nano.cmp(&other.nano))
    }
}

/// Whether the server keeps the text of a quantity.
fn is_kept(text: &str, quantity: Quantity) -> bool {
    /// How many digits it counts without computing.
    const DIGITS: usize = 18;
    if text == "0" {
        return true;
    }
    let text = text
        .strip_prefix(['+', '-'])
        .unwrap_or(text)
        .trim_start_matches('0');
    if text.is_empty() {
        return false;
    }
    let (number, suffix) = text.split_at(number_length(text));
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let whole = if whole.is_empty() { "0" } else { whole };
    let digits = format!("{whole}{fraction}");
    let Some((_, exponent, _)) = suffix_of(suffix) else {
        return false;
    };
    if quantity.family == Family::Binary {
        let value = digits.parse::<i64>().unwrap_or_default();
        let most = DIGITS.saturating_sub(4 + usize::try_from(exponent * 3 / 10).unwrap_or_default());
        return fraction.is_empty() && whole.len() <= most && value % 8 != 0;
    }
    let places = i64::try_from(fraction.len()).unwrap_or(i64::MAX);
    let scale = i64::from(exponent).saturating_sub(places);
    digits.len() <= DIGITS
        && scale >= -9
        && scale % 3 == 0
        && !digits.ends_with("000")
        && !digits.starts_with('0')
}

/// How much of a text is a number: digits, which may be none at all, and at most one dot.
fn number_length(text: &str) -> usize {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(text);
    match text[whole..].strip_prefix('.') {
        Some(fraction) => whole + 1 + digits(fraction),
        None => whole,
    }
}

/// Whether a text has the form of a suffix: letters, a sign and digits.
fn is_suffix(text: &str) -> bool {
    let rest = text.trim_start_matches(|c| "eEinumkKMGTP".contains(c));
    let rest = rest.strip_prefix(['+', '-']).unwrap_or(rest);
    rest.bytes().all(|b| b.is_ascii_digit())
}

/// The base and the exponent that a suffix stands for.
fn suffix_of(suffix: &str) -> Option<(u32, i32, Family)> {
    let decimal = |exponent| Some((10, exponent, Family::Decimal));
    let binary = |exponent| Some((2, exponent, Family::Binary));
    match suffix {
        "n" => decimal(-9),
        "u" => decimal(-6),
        "m" => decimal(-3),
        "" => decimal(0),
        "k" => decimal(3),
        "M" => decimal(6),
        "G" => decimal(9),
        "T" => decimal(12),
        "P" => decimal(15),
        "E" => decimal(18),
        "Ki" => binary(10),
        "Mi" => binary(20),
        "Gi" => binary(30),
        "Ti" => binary(40),
        "Pi" => binary(50),
        "Ei" => binary(60),
        _ => {
            let exponent = suffix.strip_prefix(['e', 'E'])?;
            let exponent = exponent.parse::<i32>().ok()?;
            Some((10, exponent, Family::Exponent))
        }
    }
}

/// `whole.fraction` times `base` to the `exponent`, in billionths, rounded up.
fn scale(whole: &str, fraction: &str, base: u32, exponent: i32) -> i128 {
    // More digits than these are beyond the largest amount or below a billionth of the smallest suffix.
    const DIGITS: usize = 18;
    let fraction_kept = &fraction[..fraction.len().min(DIGITS)];
    let lost = fraction[fraction_kept.len()..].bytes().any(|digit| digit != b'0');
    let digits = format!("{whole}{fraction_kept}");
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return i128::from(lost);
    }
    if digits.len() > 2 * DIGITS {
        return LARGEST;
    }
    let mantissa = digits.parse::<i128>().unwrap_or(LARGEST);
    let places = i32::try_from(fraction_kept.len()).unwrap_or(i32::MAX);
    let ten = 9 - places + if base == 10 { exponent } else { 0 };
    let mut amount = mantissa;
    if base == 2 {
        let factor = 1_i128 << exponent.clamp(0, 60);
        amount = amount.checked_mul(factor).unwrap_or(LARGEST.saturating_mul(NANO));
    }
    if ten >= 0 {
        for _ in 0..ten.min(40) {
            amount = amount.saturating_mul(10);
        }
        amount
    } else {
        let mut rounded = lost;
        for _ in 0..(-ten).min(60) {
            rounded |= amount % 10 != 0;
            amount /= 10;
        }
        amount + i128::from(rounded)
    }
}

fn decimal(nano: i128, as_exponent: bool) -> String {
    if nano == 0 {
        return "0".to_owned();
    }
    let mut amount = nano;
    let mut exponent = -9;
    while amount % 1000 == 0 && exponent < 18 {
        amount /= 1000;
        exponent += 3;
    }
    let suffix = match exponent {
        0 => String::new(),
        exponent if as_exponent => format!("e{exponent}"),
        -9 => "n".into(),
        -6 => "u".into(),
        -3 => "m".into(),
        3 => "k".into(),
        6 => "M".into(),
        9 => "G".into(),
        12 => "T".into(),
        15 => "P".into(),
        _ => "E".into(),
    };
    format!("{amount}{suffix}")
}

fn binary(value: i128) -> String {
    const SUFFIXES: [&str; 7] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    let mut amount = value;
    let mut step = 0;
    while amount % 1024 == 0 && step + 1 < SUFFIXES.len() && amount != 0 {
        amount /= 1024;
        step += 1;
    }
    format!("{amount}{}", SUFFIXES[step])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_have_one_canonical_form() {
        for (text, canonical) in [
            ("0.5", "500m"),
            ("1024Mi", "1Gi"),
            ("1", "1"),
            ("1.5Gi", "1536Mi"),
            ("1000", "1k"),
            ("1500", "1500"),
            ("1e3", "1e3"),
            ("12E5", "1200e3"),
            ("0.1Ki", "102400m"),
            ("512", "512"),
            ("1023Ki", "1023Ki"),
            ("0", "0"),
            ("-1.5", "-1500m"),
            ("0.0000000001", "1n"),
            ("100Ei", "9223372036854775807"),
            ("+5", "5"),
            (".5", "500m"),
            ("5.", "5"),
            ("Gi", "0"),
            ("-", "0"),
            (".", "0"),
            ("m", "0"),
            ("-.m", "0"),
        ] {
            assert_eq!(
                Quantity::parse(text).map(Quantity::canonical),
                Ok(canonical.to_owned()),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_canonical_is_left_as_it_is() {
        for (text, kept) in [
            ("00012", "00012"),
            ("+5", "+5"),
            ("5.", "5."),
            ("1.500", "1.500"),
            ("0.500", "500m"),
            ("1000", "1k"),
            ("1e3", "1e3"),
            ("1e4", "10e3"),
            ("12Ki", "12Ki"),
            ("1024Ki", "1Mi"),
            ("0Gi", "0"),
            ("Gi", "0"),
            ("00", "0"),
            ("0", "0"),
        ] {
            assert_eq!(Quantity::normalised(text).as_deref(), Ok(kept), "{text}");
        }
    }

    #[test]
    fn what_is_no_quantity_is_refused() {
        assert_eq!(Quantity::parse("lots"), Err(WRONG_FORMAT));
        assert_eq!(Quantity::parse(""), Err(WRONG_FORMAT));
        assert_eq!(Quantity::parse("1.2.3"), Err(WRONG_FORMAT));
        assert_eq!(Quantity::parse("1K5m"), Err(WRONG_FORMAT));
        for text in ["1Kk", "e", "1K-5", "5+"] {
            assert_eq!(Quantity::parse(text), Err(WRONG_SUFFIX), "{text}");
        }
    }
}
