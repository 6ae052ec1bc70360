//! Bytes from a stranger: whatever comes, the decoder gives a message or an error, and holds little.

use holdfast_schemas::wire::{
    BulkError, FrameDecoder, Message, OPTIONAL_BIT, WireError, encode,
    limits::{BLOCK_BYTES_MAX, CONTROL_BYTES_MAX, FRAME_BYTES_MAX},
};
use proptest::prelude::*;

use super::samples;

fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len() + 1).expect("short");
    [&length.to_be_bytes(), &[kind][..], payload].concat()
}

fn decode(bytes: &[u8]) -> Result<Option<Message>, WireError> {
    let mut decoder = FrameDecoder::new();
    for piece in bytes.chunks(FrameDecoder::READ_BYTES_MAX) {
        decoder.push(piece)?;
        if let Some(message) = decoder.pop()? {
            return Ok(Some(message));
        }
    }
    Ok(None)
}

fn all() -> Vec<Message> {
    let mut messages = samples::messages();
    messages.extend(samples::more_messages());
    messages
}

#[test]
fn what_is_written_is_read_in_any_pieces() {
    let stream: Vec<u8> = all()
        .iter()
        .flat_map(|message| encode(message).expect("within the limits"))
        .collect();
    for size in [1, 2, 3, 7, 64, stream.len()] {
        let mut decoder = FrameDecoder::new();
        let mut read = Vec::new();
        for piece in stream.chunks(size) {
            decoder.push(piece).expect("popped before");
            while let Some(message) = decoder.pop().expect("well-formed") {
                read.push(message);
            }
        }
        decoder.finish().expect("whole frames");
        assert_eq!(read, all(), "in pieces of {size}");
    }
}

#[test]
fn a_message_that_is_not_known_is_passed_over_or_refused_as_its_type_says() {
    let ping = encode(&holdfast_schemas::wire::Ping {}.into()).expect("short");
    let optional = [frame(0x7f | OPTIONAL_BIT, b"from the future"), ping].concat();
    assert!(matches!(decode(&optional), Ok(Some(Message::Ping(_)))));
    let critical = frame(0x7f, b"from the future");
    assert!(matches!(
        decode(&critical),
        Err(WireError::UnknownKind { kind: 0x7f })
    ));
}

#[test]
fn fields_questions_and_reasons_of_a_later_version_are_read_as_far_as_they_are_known() {
    let ack = br#"{"later":[1,2],"after":9}"#;
    assert!(matches!(
        decode(&frame(0x20, ack)),
        Ok(Some(Message::PullFeed(_)))
    ));
    for (kind, json) in [
        (0x40, r#"{"id":1,"question":{"question":"later","x":1}}"#),
        (0x41, r#"{"id":1,"answer":{"answer":"later","x":1}}"#),
        (0x03, r#"{"reason":"later","x":1}"#),
    ] {
        let message = decode(&frame(kind, json.as_bytes()));
        assert!(format!("{message:?}").contains("Unknown"), "{message:?}");
    }
}

#[test]
fn lengths_are_checked_before_anything_is_held() {
    let too_long = u32::try_from(FRAME_BYTES_MAX + 1).expect("fits");
    assert!(matches!(
        decode(&too_long.to_be_bytes()),
        Err(WireError::FrameTooLong { .. })
    ));
    assert!(matches!(decode(&[0; 4]), Err(WireError::EmptyFrame)));
    let control = frame(0x20, &vec![b' '; CONTROL_BYTES_MAX + 1]);
    assert!(matches!(
        decode(&control),
        Err(WireError::ControlTooLong { .. })
    ));
    let mut decoder = FrameDecoder::new();
    let pushed = (0..=FRAME_BYTES_MAX / FrameDecoder::READ_BYTES_MAX + 1)
        .try_for_each(|_| decoder.push(&[0xff; FrameDecoder::READ_BYTES_MAX]));
    assert!(matches!(pushed, Err(WireError::Overrun)));
    assert!(matches!(decoder.pop(), Err(WireError::Broken)));
}

/// A repair page whose block says to have `says` bytes, and has `has` zeros.
fn bomb(says: usize, has: usize) -> Result<Option<Message>, WireError> {
    let packed = zstd::bulk::compress(&vec![0; has], 3).expect("zeros");
    let says = u32::try_from(says).expect("fits");
    decode(&frame(
        0x35,
        &[&[0, 1], &says.to_be_bytes()[..], &packed].concat(),
    ))
}

#[test]
fn a_block_never_unpacks_to_more_than_it_says_and_never_says_more_than_it_may() {
    let hundredfold = BLOCK_BYTES_MAX * 16;
    for (says, has) in [
        (BLOCK_BYTES_MAX, hundredfold),
        (hundredfold, hundredfold),
        (1024, BLOCK_BYTES_MAX),
        (BLOCK_BYTES_MAX, 1024),
    ] {
        assert!(
            matches!(
                bomb(says, has),
                Err(WireError::Bulk {
                    source: BulkError::Block | BulkError::TooLong { .. },
                    ..
                })
            ),
            "{says} said, {has} there"
        );
    }
}

proptest! {
    #[test]
    fn noise_is_no_panic(kind: u8, payload in proptest::collection::vec(any::<u8>(), 0..512)) {
        let _ = decode(&frame(kind, &payload));
    }

    #[test]
    fn a_changed_or_cut_frame_is_no_panic_and_a_cut_one_no_message(
        which in 0..all().len(), at: prop::sample::Index, bits in 1_u8.., cut: prop::sample::Index,
    ) {
        let whole = encode(&all()[which]).expect("within the limits");
        let mut changed = whole.clone();
        changed[at.index(whole.len())] ^= bits;
        let _ = decode(&changed);
        prop_assert!(matches!(decode(&whole[..cut.index(whole.len())]), Ok(None)));
    }

    #[test]
    fn a_payload_that_goes_on_or_ends_early_is_refused(
        which in 0..all().len(), tail in proptest::collection::vec(b'x'.., 1..8), cut: prop::sample::Index,
    ) {
        let whole = encode(&all()[which]).expect("within the limits");
        let (kind, payload) = (whole[4], &whole[5..]);
        prop_assert!(decode(&frame(kind, &[payload, &tail].concat())).is_err());
        prop_assert!(decode(&frame(kind, &payload[..cut.index(payload.len())])).is_err());
    }

    #[test]
    fn entries_come_out_as_they_went_in(changes in proptest::collection::vec(
        proptest::collection::vec(any::<u8>(), 0..2000), 0..40,
    )) {
        let entries = changes.iter().zip(1..).map(|(change, number)| {
            let mut entry = samples::entry(number);
            entry.change = change.clone().into();
            entry
        });
        let message = Message::from(holdfast_schemas::wire::RepairPage { entries: entries.collect() });
        let frame = encode(&message).expect("within the limits");
        prop_assert_eq!(decode(&frame).expect("well-formed"), Some(message));
    }
}
