//! LEB128, the variable-length integers of the format, as they are written: always in the fewest bytes.

/// Where a change is written to.
pub(super) trait Sink {
    /// Takes the next bytes.
    fn put(&mut self, bytes: &[u8]);
}

impl Sink for Vec<u8> {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// Bytes that what is written should be equal to, without a copy of it.
pub(super) struct Comparison<'a> {
    rest: &'a [u8],
    differs: bool,
}

impl<'a> Comparison<'a> {
    pub(super) fn with(expected: &'a [u8]) -> Self {
        Self {
            rest: expected,
            differs: false,
        }
    }

    /// Whether exactly what was expected has been written.
    pub(super) fn is_equal(&self) -> bool {
        !self.differs && self.rest.is_empty()
    }
}

impl Sink for Comparison<'_> {
    fn put(&mut self, bytes: &[u8]) {
        match self.rest.strip_prefix(bytes) {
            Some(rest) => self.rest = rest,
            None => self.differs = true,
        }
    }
}

/// Appends an unsigned number.
pub(super) fn write_unsigned(out: &mut impl Sink, mut value: u64) {
    loop {
        let low = low_bits(value);
        value >>= 7;
        if value == 0 {
            out.put(&[low]);
            return;
        }
        out.put(&[low | CONTINUES]);
    }
}

/// Appends a signed number.
pub(super) fn write_signed(out: &mut impl Sink, mut value: i64) {
    loop {
        let low = low_bits(value.cast_unsigned());
        value >>= 7;
        let sign = low & SIGN != 0;
        if (value == 0 && !sign) || (value == -1 && sign) {
            out.put(&[low]);
            return;
        }
        out.put(&[low | CONTINUES]);
    }
}

/// Appends a length, of bytes or of items.
pub(super) fn write_length(out: &mut impl Sink, length: usize) {
    write_unsigned(out, u64::try_from(length).expect("a length fits 64 bits"));
}

/// Set in every byte but the last.
pub(super) const CONTINUES: u8 = 0x80;

/// The sign bit of the last byte of a signed number.
pub(super) const SIGN: u8 = 0x40;

fn low_bits(value: u64) -> u8 {
    value.to_le_bytes()[0] & !CONTINUES
}
