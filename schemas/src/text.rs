//! Crockford's base 32: the alphabet in which people see and type numbers.
//!
//! Source: Douglas Crockford, "Base 32" (<https://www.crockford.com/base32.html>). `I`, `L` are read as `1`
//! and `O` as `0`; letters are read in either case; `U` is not a digit.

/// The 32 digits, in order of their value.
pub const CROCKFORD_DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Writes the low `digits * 5` bits of `value`, most significant digit first.
#[must_use]
pub fn encode_crockford(value: u128, digits: u32) -> String {
    (0..digits)
        .rev()
        .map(|index| {
            let digit = value.checked_shr(index * 5).unwrap_or(0) & 31;
            char::from(CROCKFORD_DIGITS[usize::try_from(digit).unwrap_or(0)])
        })
        .collect()
}

/// The value of one digit, or `None` where the character is not a digit of this alphabet.
#[must_use]
pub fn decode_crockford_digit(character: char) -> Option<u8> {
    let upper = match character.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    CROCKFORD_DIGITS
        .iter()
        .position(|digit| char::from(*digit) == upper)
        .and_then(|position| u8::try_from(position).ok())
}

/// Reads digits as one number. `None` for a foreign character or a value over 128 bits.
#[must_use]
pub fn decode_crockford(text: &str) -> Option<u128> {
    text.chars().try_fold(0_u128, |value, character| {
        let digit = decode_crockford_digit(character)?;
        (value >> 123 == 0).then_some(value << 5 | u128::from(digit))
    })
}

/// Writes bytes as lower-case hexadecimal.
#[must_use]
pub fn encode_hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}

/// Reads exactly `N` bytes of lower-case hexadecimal; `None` for any other text.
#[must_use]
pub fn decode_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    fn nibble(digit: u8) -> Option<u8> {
        match digit {
            b'0'..=b'9' => Some(digit - b'0'),
            b'a'..=b'f' => Some(digit - b'a' + 10),
            _ => None,
        }
    }
    let digits = text.as_bytes();
    if digits.len() != N * 2 {
        return None;
    }
    let mut bytes = [0_u8; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn crockford_reads_what_it_writes(value: u128) {
            prop_assert_eq!(decode_crockford(&encode_crockford(value, 26)), Some(value));
        }

        #[test]
        fn hex_reads_what_it_writes(bytes: [u8; 32]) {
            prop_assert_eq!(decode_hex::<32>(&encode_hex(&bytes)), Some(bytes));
        }
    }

    #[test]
    fn crockford_forgives_case_and_look_alikes_and_refuses_the_rest() {
        assert_eq!(decode_crockford("oIl"), decode_crockford("011"));
        assert_eq!(decode_crockford("abc"), decode_crockford("ABC"));
        assert_eq!(decode_crockford("U"), None);
        assert_eq!(
            decode_crockford("80000000000000000000000000"),
            None,
            "129 bits"
        );
    }
}
