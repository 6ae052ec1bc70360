//! Which till takes which trade, where several trade one file.

use std::{fmt, num::NonZeroU32, str::FromStr};

use holdfast_schemas::identity::ExternalValue;

/// One till's share of a trade file: the second of four is `2/4`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// Which till, from 1.
    till: NonZeroU32,
    /// Of how many.
    of: NonZeroU32,
}

/// A text that is no share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a share is a till's number and how many tills there are, such as 2/4")]
pub struct ShareError;

impl Share {
    /// All of it.
    pub const WHOLE: Self = Self {
        till: NonZeroU32::MIN,
        of: NonZeroU32::MIN,
    };

    /// Whether the rows of this invoice number are this till's.
    #[must_use]
    pub fn takes(self, number: &ExternalValue) -> bool {
        taker(number, self.of) == self.till
    }
}

/// Which of so many tills, from 1, takes the rows of this invoice number: spread evenly, and the same in every run.
#[must_use]
pub fn taker(number: &ExternalValue, tills: NonZeroU32) -> NonZeroU32 {
    // FNV-1a (Fowler, Noll, Vo), 64 bits, then SplitMix64's finisher, since FNV alone hardly mixes short texts.
    let hash = number
        .as_str()
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
    let mixed = (hash ^ hash >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    let mixed = mixed ^ mixed >> 31;
    let before = u32::try_from(mixed % u64::from(tills.get())).unwrap_or(0);
    NonZeroU32::MIN.saturating_add(before)
}

impl FromStr for Share {
    type Err = ShareError;

    fn from_str(text: &str) -> Result<Self, ShareError> {
        let (till, of) = text.split_once('/').ok_or(ShareError)?;
        let till: NonZeroU32 = till.parse().map_err(|_| ShareError)?;
        let of: NonZeroU32 = of.parse().map_err(|_| ShareError)?;
        if till > of {
            return Err(ShareError);
        }
        Ok(Self { till, of })
    }
}

impl fmt::Display for Share {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.till, self.of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_reads_what_it_writes_and_nothing_else() {
        for text in ["1/1", "2/4", "4/4"] {
            assert_eq!(text.parse::<Share>().expect("a share").to_string(), text);
        }
        for text in ["", "2", "0/4", "5/4", "1/0", "-1/4", "1/4/4", "a/b"] {
            assert_eq!(text.parse::<Share>(), Err(ShareError), "{text}");
        }
    }

    #[test]
    fn every_invoice_is_taken_by_one_till_and_all_have_some() {
        let shares: Vec<Share> = (1..=4)
            .map(|till| format!("{till}/4").parse().expect("a share"))
            .collect();
        let mut taken = [0_u32; 4];
        for number in 536_365..537_365 {
            let number = ExternalValue::new(number.to_string()).expect("an invoice number");
            assert!(Share::WHOLE.takes(&number));
            let takers: Vec<usize> = (0..4).filter(|till| shares[*till].takes(&number)).collect();
            assert_eq!(takers.len(), 1, "{}", number.as_str());
            taken[takers[0]] += 1;
        }
        assert!(
            taken.iter().all(|count| (200..300).contains(count)),
            "{taken:?}"
        );
    }
}
