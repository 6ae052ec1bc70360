//! Dividing an amount so that the parts always sum to the whole.
//!
//! The method is the largest remainder (Hamilton's method of apportionment: Balinski and Young, *Fair
//! Representation*, 1982, chapter 2): every part gets its exact share rounded down, and the units that are left go one
//! each to the parts that lost most by the rounding. Every part is thus less than one unit from its exact share, and
//! no part of a discount can exceed the line that bears it.

use super::MinorUnits;

/// Why an amount can't be divided.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AllocationError {
    /// Something must be divided, and there is no part to give it to.
    #[error("an amount of {whole} minor units has nothing to be divided over")]
    NoParts {
        /// The amount.
        whole: MinorUnits,
    },
}

/// Divides `whole` in proportion to `weights`, one part for each.
///
/// Of two equal remainders the earlier part comes first, so the result depends on the arguments alone. A weight below
/// zero counts as zero, and a part of weight zero gets nothing; where every weight is zero they count as equal.
/// A negative `whole` is divided as the positive one is, with every sign turned.
///
/// # Errors
/// [`AllocationError::NoParts`] where there is no weight at all and `whole` is not zero.
pub fn allocate(
    whole: MinorUnits,
    weights: &[MinorUnits],
) -> Result<Vec<MinorUnits>, AllocationError> {
    if weights.is_empty() {
        return match whole {
            MinorUnits::ZERO => Ok(Vec::new()),
            whole => Err(AllocationError::NoParts { whole }),
        };
    }
    let mut weights: Vec<i128> = weights
        .iter()
        .map(|weight| i128::from(weight.get().max(0)))
        .collect();
    if weights.iter().all(|weight| *weight == 0) {
        weights.fill(1);
    }
    // 64 bits × 63 bits: a product fits 128 bits, and so does a sum of as many weights as fit any memory.
    let sum: i128 = weights.iter().sum();
    let size = i128::from(whole.get()).abs();
    let mut parts: Vec<i128> = weights.iter().map(|weight| size * weight / sum).collect();
    let mut by_remainder: Vec<usize> = (0..weights.len()).collect();
    by_remainder.sort_by_key(|index| (-(size * weights[*index] % sum), *index));
    let left = size - parts.iter().sum::<i128>();
    // What is left is less than one for each part with a remainder, so nobody gets two.
    for index in by_remainder
        .into_iter()
        .take(usize::try_from(left).unwrap_or(usize::MAX))
    {
        parts[index] += 1;
    }
    let sign = if whole.is_negative() { -1 } else { 1 };
    Ok(parts
        .into_iter()
        .map(|part| {
            let part = i64::try_from(sign * part).expect("a part is no larger than the whole");
            MinorUnits::new(part)
        })
        .collect())
}

/// What the first `first` of `pieces` equal pieces cost together, where all of them cost `whole`.
///
/// This is [`allocate`] with equal weights, summed, without the list: the pieces that bear the odd units come first,
/// and the share of the k-th piece is the difference of two such sums. More than `pieces` count as `pieces`.
pub(super) fn first_pieces(whole: u64, pieces: u64, first: u64) -> u64 {
    let first = first.min(pieces);
    match (whole.checked_div(pieces), whole.checked_rem(pieces)) {
        // At most `whole`, so it can't overflow.
        (Some(each), Some(odd)) => each * first + odd.min(first),
        _ => 0,
    }
}

/// `numerator / denominator`, rounded half to even. The denominator is more than zero.
pub(super) fn divide_half_even(numerator: i128, denominator: i128) -> i128 {
    let (quotient, remainder) = (
        numerator.div_euclid(denominator),
        numerator.rem_euclid(denominator),
    );
    let up = match remainder.cmp(&(denominator - remainder)) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Equal => quotient % 2 != 0,
        std::cmp::Ordering::Greater => true,
    };
    quotient + i128::from(up)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn amounts(amounts: &[i64]) -> Vec<MinorUnits> {
        amounts.iter().copied().map(MinorUnits::new).collect()
    }

    fn parts(whole: i64, weights: &[i64]) -> Vec<i64> {
        allocate(MinorUnits::new(whole), &amounts(weights))
            .expect("some parts")
            .into_iter()
            .map(MinorUnits::get)
            .collect()
    }

    proptest! {
        #[test]
        fn the_parts_sum_to_the_whole(whole: i64, weights in prop::collection::vec(any::<i64>(), 1..20)) {
            let sum: i128 = parts(whole, &weights).into_iter().map(i128::from).sum();
            prop_assert_eq!(sum, i128::from(whole));
        }

        #[test]
        fn every_part_is_less_than_one_unit_from_its_exact_share(
            whole: i64,
            weights in prop::collection::vec(0..=i64::MAX, 1..20),
        ) {
            let sum: i128 = weights.iter().copied().map(i128::from).sum();
            prop_assume!(sum > 0);
            for (part, weight) in parts(whole, &weights).into_iter().zip(weights) {
                // |part − whole × weight / sum| < 1, without a fraction; in two steps, since the product needs 127 bits.
                let exact = i128::from(whole) * i128::from(weight);
                let (floor, rest) = (exact.div_euclid(sum), exact.rem_euclid(sum));
                let above = i128::from(part) - floor;
                prop_assert!(above == 0 || (above == 1 && rest > 0), "{part} for {exact}/{sum}");
            }
        }

        #[test]
        fn no_line_bears_more_discount_than_it_costs(
            weights in prop::collection::vec(0_i64..100_000, 1..20),
            share in 0_i64..=1_000,
        ) {
            let sum: i64 = weights.iter().sum();
            for (part, weight) in parts(sum * share / 1_000, &weights).into_iter().zip(weights) {
                prop_assert!((0..=weight).contains(&part));
            }
        }

        #[test]
        fn a_negative_whole_is_the_mirror_of_the_positive_one(
            whole in 0..=i64::MAX,
            weights in prop::collection::vec(any::<i64>(), 1..20),
        ) {
            let mirrored: Vec<i64> = parts(-whole, &weights).into_iter().map(|part| -part).collect();
            prop_assert_eq!(mirrored, parts(whole, &weights));
        }

        #[test]
        fn the_first_pieces_are_the_sum_of_the_equal_parts(whole in 0_i64..1_000_000, pieces in 1_usize..60) {
            let each = parts(whole, &vec![1; pieces]);
            for first in 0..=pieces {
                let sum: i64 = each[..first].iter().sum();
                prop_assert_eq!(
                    first_pieces(whole.unsigned_abs(), pieces as u64, first as u64),
                    sum.unsigned_abs()
                );
            }
        }
    }

    #[test]
    fn worked_by_hand() {
        // whole | weights | parts | why
        for (whole, weights, expected, why) in [
            (
                100,
                &[1, 1, 1][..],
                &[34, 33, 33][..],
                "a tie goes to the earlier part",
            ),
            (
                -100,
                &[1, 1, 1],
                &[-34, -33, -33],
                "and so it does below zero",
            ),
            (
                2,
                &[1, 1, 1],
                &[1, 1, 0],
                "two odd units go to two different parts",
            ),
            (
                10,
                &[15, 15, 70],
                &[2, 1, 7],
                "1.5 and 1.5: the earlier half wins",
            ),
            (
                1000,
                &[2999, 1999, 999],
                &[500, 333, 167],
                "500.08, 333.33, 166.58: the last lost most",
            ),
            (
                5,
                &[0, 7, 0],
                &[0, 5, 0],
                "what weighs nothing gets nothing",
            ),
            (
                5,
                &[-9, 7, 3],
                &[0, 4, 1],
                "a negative weight weighs nothing: 3.5 and 1.5, a tie",
            ),
            (
                5,
                &[0, 0],
                &[3, 2],
                "if nothing weighs anything, all are equal",
            ),
            (0, &[3, 4], &[0, 0], "nothing is divided into nothings"),
            (7, &[9], &[7], "one part is the whole"),
            (i64::MAX, &[i64::MAX], &[i64::MAX], "the largest amount"),
            (i64::MIN, &[i64::MAX], &[i64::MIN], "the smallest amount"),
        ] {
            assert_eq!(parts(whole, weights), expected, "{why}");
        }
        assert_eq!(allocate(MinorUnits::ZERO, &[]), Ok(Vec::new()));
        assert_eq!(
            allocate(MinorUnits::new(1), &[]),
            Err(AllocationError::NoParts {
                whole: MinorUnits::new(1)
            })
        );
    }

    #[test]
    fn a_half_goes_to_the_even_neighbour() {
        for (numerator, denominator, quotient) in [
            (5, 10, 0),
            (15, 10, 2),
            (25, 10, 2),
            (26, 10, 3),
            (24, 10, 2),
            (-5, 10, 0),
            (-15, 10, -2),
            (-25, 10, -2),
            (-26, 10, -3),
            (7, 1, 7),
        ] {
            assert_eq!(
                divide_half_even(numerator, denominator),
                quotient,
                "{numerator}/{denominator}"
            );
        }
    }
}
