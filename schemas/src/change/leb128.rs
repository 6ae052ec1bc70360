//! LEB128, the variable-length integers of the format, as they are written: always in the fewest bytes.

/// Appends an unsigned number.
pub(super) fn write_unsigned(out: &mut Vec<u8>, mut value: u64) {
    loop {
        let low = low_bits(value);
        value >>= 7;
        if value == 0 {
            out.push(low);
            return;
        }
        out.push(low | CONTINUES);
    }
}

/// Appends a signed number.
pub(super) fn write_signed(out: &mut Vec<u8>, mut value: i64) {
    loop {
        let low = low_bits(value.cast_unsigned());
        value >>= 7;
        let sign = low & SIGN != 0;
        if (value == 0 && !sign) || (value == -1 && sign) {
            out.push(low);
            return;
        }
        out.push(low | CONTINUES);
    }
}

/// Appends a length, of bytes or of items.
pub(super) fn write_length(out: &mut Vec<u8>, length: usize) {
    write_unsigned(out, u64::try_from(length).expect("a length fits 64 bits"));
}

/// Set in every byte but the last.
pub(super) const CONTINUES: u8 = 0x80;

/// The sign bit of the last byte of a signed number.
pub(super) const SIGN: u8 = 0x40;

fn low_bits(value: u64) -> u8 {
    value.to_le_bytes()[0] & !CONTINUES
}
