//! The campaign against the recogniser at length: `make test-long` runs it.

use clap::Parser;
use holdfast_tests::hostile::{Allocated, Campaign, run};

/// Damages and forges changes in all ways, and has each tried. The same seed always tries the same; a fault ends it with
/// a panic that says what repeats it.
#[derive(Debug, Parser)]
struct Arguments {
    /// How many mutants
    #[arg(long, default_value_t = 10_000_000)]
    mutants: u64,
    /// The seed
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn main() {
    let Arguments { mutants, seed } = Arguments::parse();
    println!("{}", run(Campaign { seed, mutants }, measure));
}

fn measure(work: &mut dyn FnMut()) -> Allocated {
    let counted = allocation_counter::measure(work);
    Allocated {
        peak: counted.bytes_max,
        kept: u64::try_from(counted.bytes_current).unwrap_or(0),
    }
}
