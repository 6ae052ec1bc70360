//! The wire format, fixed: each message's frame as bytes, beside what it says. It freezes at the first release; from
//! then on a change here is a new version of the protocol.

use std::{fs, path::PathBuf};

use holdfast_schemas::wire::{FrameDecoder, Message, encode};

use super::samples;

fn golden(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name)
}

fn decode(frame: &[u8]) -> Message {
    let mut decoder = FrameDecoder::new();
    decoder.push(frame).expect("one frame");
    let message = decoder.pop().expect("well-formed").expect("a whole frame");
    decoder.finish().expect("nothing after it");
    message
}

/// Compares with the committed file, or writes it when the build sets `HOLDFAST_BLESS`.
fn compare(name: &str, fresh: &[u8]) {
    if option_env!("HOLDFAST_BLESS").is_some() {
        fs::write(golden(name), fresh).expect("the golden directory is there");
    }
    let committed = fs::read(golden(name)).unwrap_or_default();
    assert!(
        committed == fresh,
        "{name} is not what this version writes; if that is meant: HOLDFAST_BLESS=1 cargo test -p holdfast-schemas --test wire"
    );
}

#[test]
fn every_message_is_written_as_the_golden_files_say() {
    for message in samples::messages() {
        let name = message.name();
        compare(
            &format!("{name}.bin"),
            &encode(&message).expect("within the limits"),
        );
        compare(&format!("{name}.txt"), format!("{message:#?}\n").as_bytes());
    }
}

#[test]
fn every_golden_file_is_read_as_what_it_says() {
    for message in samples::messages() {
        let frame = fs::read(golden(&format!("{}.bin", message.name()))).expect("committed");
        assert_eq!(decode(&frame), message);
    }
}

#[test]
fn every_message_has_a_golden_file_and_there_are_no_others() {
    let sampled: Vec<&str> = samples::messages().iter().map(Message::name).collect();
    let kinds: Vec<&str> = Message::KINDS.iter().map(|(_, name)| *name).collect();
    assert_eq!(sampled, kinds);
    let files = fs::read_dir(golden("")).expect("committed").count();
    assert_eq!(files, kinds.len() * 2);
}
