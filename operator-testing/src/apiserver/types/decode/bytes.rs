//! Bytes written as base64, with the place of the first character that does not belong there.
//!
//! Source: `encoding/base64/base64.go` of Go.

/// What four characters hold at most, bit by bit.
const SEXTET: u32 = 6;

/// Reads padded base64. Line breaks do not count, and bits beyond the last byte are dropped.
///
/// # Errors
/// Where the text stops to be base64.
pub(super) fn decode(text: &str) -> Result<Vec<u8>, usize> {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len() / 4 * 3);
    let mut at = 0;
    loop {
        let (mut bits, mut digits) = (0_u32, 0);
        while digits < 4 {
            let Some(byte) = bytes.get(at) else {
                return if digits == 0 {
                    Ok(decoded)
                } else {
                    Err(at - digits)
                };
            };
            at += 1;
            match digit(*byte) {
                Some(digit) => {
                    bits = bits << SEXTET | digit;
                    digits += 1;
                }
                None if is_break(*byte) => {}
                None if *byte == b'=' && digits >= 2 => {
                    end(bytes, at, digits)?;
                    let missing = 4 - digits;
                    let last = (bits << (SEXTET * u32::try_from(missing).unwrap_or(0))).to_be_bytes();
                    decoded.extend(&last[1..4 - missing]);
                    return Ok(decoded);
                }
                None => return Err(at - 1),
            }
        }
        decoded.extend(&bits.to_be_bytes()[1..]);
    }
}

/// What may follow the first padding character, which stands before `at`: a second one after two digits, and nothing else.
fn end(bytes: &[u8], mut at: usize, digits: usize) -> Result<(), usize> {
    if digits == 2 {
        at = past_breaks(bytes, at);
        match bytes.get(at) {
            None => return Err(bytes.len()),
            Some(b'=') => at += 1,
            Some(_) => return Err(at - 1),
        }
    }
    at = past_breaks(bytes, at);
    if at < bytes.len() { Err(at) } else { Ok(()) }
}

fn past_breaks(bytes: &[u8], at: usize) -> usize {
    at + bytes[at..].iter().take_while(|byte| is_break(**byte)).count()
}

fn is_break(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

fn digit(byte: u8) -> Option<u32> {
    let (first, offset) = match byte {
        b'A'..=b'Z' => (b'A', 0),
        b'a'..=b'z' => (b'a', 26),
        b'0'..=b'9' => (b'0', 52),
        b'+' => (b'+', 62),
        b'/' => (b'/', 63),
        _ => return None,
    };
    Some(u32::from(byte - first) + offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_read_with_breaks_and_loose_bits() {
        for (text, bytes) in [
            ("", &b""[..]),
            ("aGk=", b"hi"),
            ("aG\r\nk=\n", b"hi"),
            ("aGkh", b"hi!"),
            ("ea==", b"y"),
            ("eQ=\n=", b"y"),
        ] {
            assert_eq!(decode(text).as_deref(), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn the_first_character_that_does_not_belong_is_named() {
        for (text, at) in [
            ("AE=", 3),
            ("AAE=x", 4),
            ("dg==x", 4),
            ("not base64!", 3),
            ("AE", 0),
            ("AAAAA", 4),
            ("A===", 1),
            ("AE=x", 2),
            ("=", 0),
        ] {
            assert_eq!(decode(text), Err(at), "{text}");
        }
    }
}
