//! Frames from a stranger: whatever comes, in whatever pieces, the decoder gives messages or an error, and what it gives
//! can be written and read again.
#![no_main]

use holdfast_schemas::wire::{FrameDecoder, encode};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut decoder = FrameDecoder::new();
    for piece in bytes.chunks(FrameDecoder::READ_BYTES_MAX) {
        if decoder.push(piece).is_err() {
            return;
        }
        loop {
            match decoder.pop() {
                Ok(Some(message)) => {
                    let Ok(frame) = encode(&message) else {
                        continue;
                    };
                    let mut again = FrameDecoder::new();
                    for piece in frame.chunks(FrameDecoder::READ_BYTES_MAX) {
                        again.push(piece).expect("within the limits");
                    }
                    assert_eq!(again.pop().expect("what we wrote"), Some(message));
                }
                Ok(None) => break,
                Err(_) => return,
            }
        }
    }
});
