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
        let end = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(rest.len());
        let (number, suffix) = rest.split_at(end);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
            return Err(WRONG_FORMAT);
        }
        let allowed = |c: char| "eEinumkKMGTP+-".contains(c) || c.is_ascii_digit();
        if !suffix.chars().all(allowed) {
            return Err(WRONG_FORMAT);
        }
        let (base, exponent, family) = suffix_of(suffix).ok_or(WRONG_SUFFIX)?;
        let magnitude = scale(whole, fraction, base, exponent).min(LARGEST);
        Ok(Self {
            nano: if negative { -magnitude } else { magnitude },
            family,
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
        ] {
            assert_eq!(
                Quantity::parse(text).map(Quantity::canonical),
                Ok(canonical.to_owned()),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_quantity_is_refused() {
        assert_eq!(Quantity::parse("lots"), Err(WRONG_FORMAT));
        assert_eq!(Quantity::parse(""), Err(WRONG_FORMAT));
        assert_eq!(Quantity::parse("1.2.3"), Err(WRONG_FORMAT));
        assert_eq!(Quantity::parse("1Kk"), Err(WRONG_SUFFIX));
    }
}
