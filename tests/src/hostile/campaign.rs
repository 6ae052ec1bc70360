//! The campaign against the recogniser: good changes, damaged and forged in all ways, with the checksum repaired.
//!
//! Of no mutant the recogniser panics, takes more steps than its bytes allow, or allocates much beyond its size; and
//! whatever it takes, Automerge takes as the same change.

use std::{
    cell::Cell,
    collections::BTreeMap,
    fmt,
    iter::repeat_n,
    panic::{AssertUnwindSafe, catch_unwind},
};

use automerge::AutoCommit;
use holdfast_schemas::{
    change::{Change, ChangeRefusal, recognise_counting},
    identity::ChangeHash,
};
use ring::digest::{SHA256, digest};

use super::{History, OperationGenerator, Random, writers::operations_by_automerge};

/// How many mutants are made of one history.
const MUTANTS_PER_HISTORY: u64 = 2_000;
/// The most mutations of one mutant.
const MUTATIONS_MAX: usize = 3;
/// What the recogniser may allocate beyond as many bytes as the change has, and what it gives back.
pub const ALLOCATED_BEYOND_MAX: u64 = 64 * 1024;
/// Before a change's body: magic, checksum, type.
const BEFORE_LENGTH: usize = 9;
/// Bytes that mean something in the format: ends of ranges, small counts, signs, types.
const TELLING: &[u8] = &[
    0, 1, 2, 5, 6, 7, 16, 0x15, 0x34, 0x3f, 0x40, 0x42, 0x56, 0x57, 0x70, 0x7e, 0x7f, 0x80, 0x81,
    0xff,
];

/// What is to be run.
#[derive(Debug, Clone, Copy)]
pub struct Campaign {
    /// From which everything is drawn.
    pub seed: u64,
    /// How many mutants.
    pub mutants: u64,
}

/// What a piece of work allocated, in bytes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Allocated {
    /// The most at one time.
    pub peak: u64,
    /// What was left of it at the end.
    pub kept: u64,
}

/// What a campaign found; a fault is a panic.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    /// How many good changes there were.
    pub changes: u64,
    /// How many mutants.
    pub mutants: u64,
    /// How many of them were recognised, and read by Automerge as the same.
    pub recognised: u64,
    /// How many were refused, by the refusal's name.
    pub refused: BTreeMap<&'static str, u64>,
    /// The most steps for one byte, in thousandths.
    pub steps_per_byte_max_milli: u64,
    /// The most that was allocated beyond the bytes and what was given back.
    pub allocated_beyond_max: u64,
}

impl fmt::Display for Figures {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            formatter,
            "{} changes, {} mutants: {} recognised, and read alike by Automerge",
            self.changes, self.mutants, self.recognised
        )?;
        for (name, count) in &self.refused {
            writeln!(formatter, "{count:>10} refused: {name}")?;
        }
        let steps = self.steps_per_byte_max_milli;
        write!(
            formatter,
            "at most {}.{:03} steps for a byte, and {} bytes allocated beyond size and result",
            steps / 1_000,
            steps % 1_000,
            self.allocated_beyond_max
        )
    }
}

/// Runs a campaign. `measure` runs a piece of work and says what it allocated.
///
/// # Panics
/// At the first fault, with what repeats it.
pub fn run(campaign: Campaign, measure: impl Fn(&mut dyn FnMut()) -> Allocated) -> Figures {
    let (generator, mut figures) = (OperationGenerator::new(), Figures::default());
    let mut history_number = 0;
    while figures.mutants < campaign.mutants {
        let seed = campaign
            .seed
            .wrapping_mul(0x1_0000_0001)
            .wrapping_add(history_number);
        let mut random = Random::new(seed);
        let history = History::draw(&generator, &mut random);
        history.assert_read_alike();
        figures.changes += history.changes.len() as u64;
        for _ in 0..MUTANTS_PER_HISTORY.min(campaign.mutants - figures.mutants) {
            let mut body = body(&random.pick(&history.changes).bytes).to_vec();
            for _ in 0..=random.below(MUTATIONS_MAX) {
                mutate(&mut body, &mut random);
            }
            let bytes = with_header(&body);
            let tried = catch_unwind(AssertUnwindSafe(|| try_one(&bytes, &mut figures, &measure)));
            assert!(
                tried.is_ok(),
                "mutant {} of seed {} is a fault; its bytes: {bytes:02x?}",
                figures.mutants,
                campaign.seed
            );
        }
        history_number += 1;
    }
    figures
}

fn try_one(bytes: &[u8], figures: &mut Figures, measure: &impl Fn(&mut dyn FnMut()) -> Allocated) {
    figures.mutants += 1;
    let (steps, mut read) = (Cell::new(0), None::<Result<Change, ChangeRefusal>>);
    let allocated = measure(&mut || read = Some(recognise_counting(bytes, &steps)));
    let length = bytes.len() as u64;
    assert!(
        steps.get() <= 2 * length + 1,
        "{} steps for {length} bytes",
        steps.get()
    );
    let beyond = (allocated.peak - allocated.kept).saturating_sub(length);
    assert!(
        beyond <= ALLOCATED_BEYOND_MAX,
        "{beyond} bytes allocated beyond {length} and the result"
    );
    figures.allocated_beyond_max = figures.allocated_beyond_max.max(beyond);
    let per_byte = steps.get() * 1_000 / length;
    figures.steps_per_byte_max_milli = figures.steps_per_byte_max_milli.max(per_byte);
    match read.expect("it was tried") {
        Ok(change) => {
            automerge_agrees(bytes, &change);
            figures.recognised += 1;
        }
        Err(refusal) => *figures.refused.entry(refusal.name()).or_default() += 1,
    }
}

/// What was recognised is the same change to Automerge; where it begins a document, down to its operations.
fn automerge_agrees(bytes: &[u8], change: &Change) {
    let theirs = automerge::Change::from_bytes(bytes.to_vec()).expect("Automerge reads it");
    assert_eq!(theirs.hash().0, *change.hash().as_bytes());
    assert_eq!(theirs.seq(), change.sequence().get());
    assert_eq!(theirs.max_op(), change.last_counter().get());
    assert_eq!(theirs.raw_bytes(), bytes);
    let deps = theirs.deps().iter().map(|dep| &dep.0);
    assert!(deps.eq(change.deps().iter().map(ChangeHash::as_bytes)));
    if change.deps().is_empty() {
        let mut document = AutoCommit::new();
        document
            .apply_changes([theirs])
            .expect("Automerge takes it");
        let ours = change.operations().iter();
        let ours = ours.map(|operation| (operation.id, operation.json.to_string()));
        assert!(operations_by_automerge(&document).into_iter().eq(ours));
    }
}

/// What follows a change's header.
fn body(bytes: &[u8]) -> &[u8] {
    let length = &bytes[BEFORE_LENGTH..];
    let more = length.iter().take_while(|byte| **byte & 0x80 != 0).count();
    &length[more + 1..]
}

/// A change's body behind a header that fits it: magic, checksum, type and length.
///
/// # Panics
/// Never: seven bits fit a byte.
#[must_use]
pub fn with_header(body: &[u8]) -> Vec<u8> {
    let mut hashed = vec![1];
    let mut length = body.len();
    while length >= 0x80 {
        hashed.push(0x80 | u8::try_from(length & 0x7f).expect("seven bits"));
        length >>= 7;
    }
    hashed.push(u8::try_from(length).expect("seven bits"));
    hashed.extend_from_slice(body);
    let checksum = digest(&SHA256, &hashed);
    [&[0x85, 0x6f, 0x4a, 0x83], &checksum.as_ref()[..4], &hashed].concat()
}

/// Damages or forges a body in one of many ways. Half of them fall on what tells of the rest: the first and last bytes.
fn mutate(body: &mut Vec<u8>, random: &mut Random) {
    if body.is_empty() {
        return;
    }
    let at = match random.below(4) {
        0 => random.below(body.len().min(128)),
        1 => body.len() - 1 - random.below(body.len().min(64)),
        _ => random.below(body.len()),
    };
    let byte = if random.one_in(2) {
        *random.pick(TELLING)
    } else {
        random.byte()
    };
    match random.below(8) {
        0 => body[at] = byte,
        1 => body[at] ^= 1 << random.below(8),
        2 => body.insert(at, byte),
        3 => drop(body.remove(at)),
        4 => body.truncate(at),
        5 => body[at] = body[at].wrapping_add(1),
        6 => {
            // The same number, or nearly, in more bytes than it needs.
            body[at] |= 0x80;
            let more = *random.pick(&[0, 0, 0, 10]);
            let end = *random.pick(&[0, 0, 0x7f, 0x80]);
            body.splice(at + 1..at + 1, repeat_n(0x80, more).chain([end]));
        }
        _ => {
            let from = random.below(body.len());
            let piece = body[from.min(at)..from.max(at).min(from.min(at) + 64)].to_vec();
            body.splice(at..at, piece);
        }
    }
}
