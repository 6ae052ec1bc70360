//! Changes from a stranger: recognised, or refused in as many steps as there are bytes. A wrong checksum is mended first,
//! since no fuzzer finds a hash.
#![no_main]

use std::cell::Cell;

use holdfast_schemas::{
    change::{ChangeRefusal, recognise, recognise_counting},
    document::Document,
    identity::DocumentId,
};
use libfuzzer_sys::fuzz_target;
use sha2::{Digest, Sha256};

fuzz_target!(|bytes: &[u8]| {
    let mut bytes = bytes.to_vec();
    if matches!(recognise(&bytes), Err(ChangeRefusal::Checksum)) {
        let hash = Sha256::digest(&bytes[8..]);
        bytes[4..8].copy_from_slice(&hash[..4]);
    }
    let steps = Cell::new(0);
    let read = recognise_counting(&bytes, &steps);
    assert!(steps.get() <= 2 * bytes.len() as u64 + 1);
    if let Ok(change) = read {
        assert!(!change.operations().is_empty());
        let mut document = Document::new(DocumentId::from_bytes([1; 16]));
        assert!(document.insert(change));
    }
});
