//! Operations as JSON from a stranger: known, unknown or refused; and a known one is written and read again as the same.
#![no_main]

use holdfast_schemas::operation::{Recorded, parse_operation, write_operation};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(Recorded::Known(operation)) = parse_operation(text) {
        // What was read may be written longer than it came, and then over the limit.
        if let Ok(json) = write_operation(&operation) {
            let again = parse_operation(&json).expect("our own");
            assert_eq!(again, Recorded::Known(operation));
        }
    }
});
