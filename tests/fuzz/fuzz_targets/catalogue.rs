//! Product lists from anybody: every product, or every fault with its line. What is taken can be written as records.
#![no_main]

use holdfast_server::catalog::{CatalogError, LINE_ERRORS_MAX, read_catalog, records};
use libfuzzer_sys::fuzz_target;

/// One line can have a fault in each of its cells.
const FAULTS_MAX: usize = LINE_ERRORS_MAX + 64;

fuzz_target!(|bytes: &[u8]| {
    match read_catalog(bytes) {
        Ok(catalogue) => drop(records(catalogue).expect("a product is JSON")),
        Err(CatalogError::Lines(faults)) => {
            assert!(!faults.is_empty() && faults.len() <= FAULTS_MAX);
        }
        Err(CatalogError::Read(error)) => panic!("bytes can be read: {error}"),
    }
});
