//! Reads bytes from the front, without ever allocating or looking beyond the end.

use std::cell::Cell;

use super::{
    ChangeRefusal,
    leb128::{CONTINUES, SIGN},
};

/// What is left to be read.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'a> {
    rest: &'a [u8],
    steps: &'a Cell<u64>,
}

impl<'a> Cursor<'a> {
    /// A cursor over bytes, that counts its reads in `steps`.
    pub(super) fn new(bytes: &'a [u8], steps: &'a Cell<u64>) -> Self {
        Self { rest: bytes, steps }
    }

    /// A cursor over some of the bytes, that goes on with the count.
    pub(super) fn over(self, bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes,
            steps: self.steps,
        }
    }

    fn step(&self) {
        self.steps.set(self.steps.get() + 1);
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The next `length` bytes.
    pub(super) fn take(
        &mut self,
        length: u64,
        what: &'static str,
    ) -> Result<&'a [u8], ChangeRefusal> {
        self.step();
        let taken = usize::try_from(length)
            .ok()
            .and_then(|length| self.rest.split_at_checked(length));
        let (taken, rest) = taken.ok_or(ChangeRefusal::Truncated(what))?;
        self.rest = rest;
        Ok(taken)
    }

    /// The next `N` bytes.
    pub(super) fn array<const N: usize>(
        &mut self,
        what: &'static str,
    ) -> Result<[u8; N], ChangeRefusal> {
        self.step();
        let (taken, rest) = self
            .rest
            .split_first_chunk()
            .ok_or(ChangeRefusal::Truncated(what))?;
        self.rest = rest;
        Ok(*taken)
    }

    /// An unsigned LEB128 number of up to 64 bits. That it has the fewest bytes is checked by writing all again.
    pub(super) fn unsigned(&mut self, what: &'static str) -> Result<u64, ChangeRefusal> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let [byte] = self.array(what)?;
            let bits = u64::from(byte & !CONTINUES);
            if shift == 63 && bits > 1 {
                break;
            }
            value |= bits << shift;
            if byte & CONTINUES == 0 {
                return Ok(value);
            }
        }
        Err(ChangeRefusal::Number(what))
    }

    /// A signed LEB128 number of up to 63 bits: no count that we allow comes near it.
    pub(super) fn signed(&mut self, what: &'static str) -> Result<i64, ChangeRefusal> {
        let mut value = 0_i64;
        for shift in (0..63).step_by(7) {
            let [byte] = self.array(what)?;
            value |= i64::from(byte & !CONTINUES) << shift;
            if byte & CONTINUES == 0 {
                let negative = byte & SIGN != 0;
                return Ok(if negative {
                    value | -1 << (shift + 7)
                } else {
                    value
                });
            }
        }
        Err(ChangeRefusal::Number(what))
    }

    /// Refuses what is left.
    pub(super) fn end(&self, what: &'static str) -> Result<(), ChangeRefusal> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(ChangeRefusal::Trailing(what))
        }
    }
}
