//! What a till had not sent, as a file: for a till that is revoked or whose line is dead for good.
//!
//! ```text
//! magic: 16 bytes │ length of the frames: u64 big-endian │ frames │ SHA-256 of all before: 32 bytes
//! ```
//!
//! Each frame is a [`Push`] as it would have travelled, with its signed head; so an operator who takes the file in needs
//! to trust nobody who carried it.

use sha2::{Digest, Sha256};

use super::{FrameDecoder, Message, Push, WireError, encode};

/// How an export begins, its version included.
pub const EXPORT_MAGIC: &[u8; 16] = b"HOLDFAST EXPORT1";

/// The most bytes that an export may have: about a million changes.
pub const EXPORT_BYTES_MAX: usize = 512 * 1024 * 1024;

const LENGTH_BYTES: usize = 8;
const DIGEST_BYTES: usize = 32;

/// Why an export can't be written or read.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// It does not begin as an export of this version does.
    #[error("the file is no export of a till")]
    NotAnExport,
    /// More than [`EXPORT_BYTES_MAX`].
    #[error("the export is larger than {EXPORT_BYTES_MAX} bytes")]
    TooLong,
    /// It was cut off, or something was added.
    #[error("the export is not whole")]
    Truncated,
    /// A bit of it fell over.
    #[error("the export is damaged: its SHA-256 does not fit")]
    Damaged,
    /// A frame can't be written or read.
    #[error("the export holds a frame that can't be read")]
    Frame(#[from] WireError),
    /// A frame that is no push.
    #[error("the export holds something else than pushes: {0}")]
    Foreign(&'static str),
}

/// Writes an export.
///
/// # Errors
/// [`ExportError`] where a push is over a limit, or all together are.
pub fn write_export(pushes: impl IntoIterator<Item = Push>) -> Result<Vec<u8>, ExportError> {
    let mut file = EXPORT_MAGIC.to_vec();
    file.extend_from_slice(&[0; LENGTH_BYTES]);
    let start = file.len();
    for push in pushes {
        file.extend_from_slice(&encode(&Message::Push(push))?);
        if file.len() > EXPORT_BYTES_MAX - DIGEST_BYTES {
            return Err(ExportError::TooLong);
        }
    }
    let length = u64::try_from(file.len() - start).map_err(|_| ExportError::TooLong)?;
    file[EXPORT_MAGIC.len()..start].copy_from_slice(&length.to_be_bytes());
    let digest = Sha256::digest(&file);
    file.extend_from_slice(&digest);
    Ok(file)
}

/// Reads an export, whole. The heads' signatures are checked by whoever knows the tills' keys.
///
/// # Errors
/// [`ExportError`], naming what is wrong.
pub fn read_export(file: &[u8]) -> Result<Vec<Push>, ExportError> {
    let rest = file
        .strip_prefix(EXPORT_MAGIC.as_slice())
        .ok_or(ExportError::NotAnExport)?;
    if file.len() > EXPORT_BYTES_MAX {
        return Err(ExportError::TooLong);
    }
    let (length, rest) = rest
        .split_first_chunk::<LENGTH_BYTES>()
        .ok_or(ExportError::Truncated)?;
    let length =
        usize::try_from(u64::from_be_bytes(*length)).map_err(|_| ExportError::Truncated)?;
    let (frames, digest) = rest
        .split_last_chunk::<DIGEST_BYTES>()
        .filter(|(frames, _)| frames.len() == length)
        .ok_or(ExportError::Truncated)?;
    let found: [u8; DIGEST_BYTES] = Sha256::digest(&file[..file.len() - DIGEST_BYTES]).into();
    if found != *digest {
        return Err(ExportError::Damaged);
    }
    read_frames(frames)
}

fn read_frames(frames: &[u8]) -> Result<Vec<Push>, ExportError> {
    let mut pushes = Vec::new();
    let mut decoder = FrameDecoder::new();
    for bytes in frames.chunks(FrameDecoder::READ_BYTES_MAX) {
        decoder.push(bytes)?;
        while let Some(message) = decoder.pop()? {
            let name = message.name();
            let Message::Push(push) = message else {
                return Err(ExportError::Foreign(name));
            };
            pushes.push(push);
        }
    }
    decoder.finish()?;
    Ok(pushes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        identity::{ChainHash, DocumentId, LogId, LogPosition, NodeNumber},
        log::{HeadSignature, LogEntry, LogHead, SignedHead},
    };

    fn push() -> Push {
        let log = LogId::new(NodeNumber::new(7).expect("in range"), [1; 12]);
        let position = LogPosition::new(1).expect("in range");
        Push {
            after: LogPosition::START,
            entries: vec![LogEntry {
                log,
                position,
                document: DocumentId::from_bytes([2; 16]),
                change: vec![3; 100].into_boxed_slice(),
            }],
            head: SignedHead {
                head: LogHead {
                    log,
                    position,
                    chain: ChainHash::from_bytes([4; 32]),
                },
                signature: HeadSignature::from_bytes([5; 64]),
            },
        }
    }

    #[test]
    fn an_export_reads_what_it_writes() {
        let pushes = vec![push(), push()];
        let file = write_export(pushes.clone()).expect("small");
        assert_eq!(read_export(&file).expect("whole"), pushes);
        let empty = write_export([]).expect("small");
        assert_eq!(read_export(&empty).expect("whole"), []);
    }

    #[test]
    fn an_export_that_is_not_as_it_was_is_refused() {
        let file = write_export([push()]).expect("small");
        for at in 0..file.len() {
            let mut damaged = file.clone();
            damaged[at] ^= 1;
            assert!(read_export(&damaged).is_err(), "byte {at}");
            assert!(read_export(&file[..at]).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn an_export_holds_pushes_only() {
        let ping = encode(&Message::Ping(super::super::Ping {})).expect("small");
        assert!(matches!(
            read_frames(&ping),
            Err(ExportError::Foreign("Ping"))
        ));
    }
}
