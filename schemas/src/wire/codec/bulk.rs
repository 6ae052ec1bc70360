//! The parts of bulk messages: fixed-width integers, ids, entries, and the compressed block.
//!
//! Integers are big-endian. A block is the length of its plain bytes as u32 and then one zstd frame to the end of the
//! message. Nothing is allocated on the word of a length field alone beyond [`BLOCK_BYTES_MAX`].

use super::{
    super::{
        FeedPosition,
        limits::{BLOCK_BYTES_MAX, ENTRY_BYTES_MAX},
    },
    error::BulkError,
};
use crate::{
    identity::{ChainHash, ChangeHash, DocumentId, LogId, LogPosition},
    log::{HeadSignature, LogEntry, LogHead, SignedHead},
};

const COMPRESSION_LEVEL: i32 = 3;

/// Writes one bulk message or block.
#[derive(Debug, Default)]
pub(super) struct Writer(pub(super) Vec<u8>);

impl Writer {
    pub(super) fn u8(&mut self, value: u8) {
        self.0.push(value);
    }

    pub(super) fn u64(&mut self, value: u64) {
        self.0.extend_from_slice(&value.to_be_bytes());
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// A count that fits in 16 bits and is within its limit.
    pub(super) fn count(
        &mut self,
        what: &'static str,
        count: usize,
        count_max: usize,
    ) -> Result<(), BulkError> {
        let written = u16::try_from(check_count(what, count, count_max)?)
            .map_err(|_| too_many(what, count, count_max))?;
        self.0.extend_from_slice(&written.to_be_bytes());
        Ok(())
    }

    /// Bytes with their length before them.
    pub(super) fn text(
        &mut self,
        what: &'static str,
        bytes: &[u8],
        bytes_max: usize,
    ) -> Result<(), BulkError> {
        check_length(what, bytes.len(), bytes_max)?;
        let length = u32::try_from(bytes.len()).map_err(|_| BulkError::Block)?;
        self.0.extend_from_slice(&length.to_be_bytes());
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    pub(super) fn entry(&mut self, entry: &LogEntry) -> Result<(), BulkError> {
        self.bytes(entry.log.as_bytes());
        self.u64(entry.position.get());
        self.bytes(&entry.document.to_bytes());
        self.text("a change", &entry.change, ENTRY_BYTES_MAX)
    }

    /// An entry whose log and place the reader knows.
    pub(super) fn change(&mut self, entry: &LogEntry) -> Result<(), BulkError> {
        self.bytes(&entry.document.to_bytes());
        self.text("a change", &entry.change, ENTRY_BYTES_MAX)
    }

    pub(super) fn head(&mut self, signed: &SignedHead) {
        self.bytes(signed.head.log.as_bytes());
        self.u64(signed.head.position.get());
        self.bytes(signed.head.chain.as_bytes());
        self.bytes(signed.signature.as_bytes());
    }

    /// Packs `plain` as this message's block.
    pub(super) fn block(&mut self, plain: &Self) -> Result<(), BulkError> {
        check_length("block", plain.0.len(), BLOCK_BYTES_MAX)?;
        let length = u32::try_from(plain.0.len()).map_err(|_| BulkError::Block)?;
        self.0.extend_from_slice(&length.to_be_bytes());
        let packed =
            zstd::bulk::compress(&plain.0, COMPRESSION_LEVEL).map_err(|_| BulkError::Block)?;
        self.0.extend_from_slice(&packed);
        Ok(())
    }
}

/// Reads one bulk message or block.
#[derive(Debug)]
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn slice(&mut self, length: usize) -> Result<&'a [u8], BulkError> {
        let (taken, rest) = self
            .0
            .split_at_checked(length)
            .ok_or(BulkError::Truncated)?;
        self.0 = rest;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], BulkError> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(BulkError::Truncated)?;
        self.0 = rest;
        Ok(*taken)
    }

    pub(super) fn u8(&mut self) -> Result<u8, BulkError> {
        self.array().map(u8::from_be_bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, BulkError> {
        self.array().map(u32::from_be_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64, BulkError> {
        self.array().map(u64::from_be_bytes)
    }

    pub(super) fn count(
        &mut self,
        what: &'static str,
        count_max: usize,
    ) -> Result<usize, BulkError> {
        let count = usize::from(self.array().map(u16::from_be_bytes)?);
        check_count(what, count, count_max)
    }

    fn length(&mut self, what: &'static str, bytes_max: usize) -> Result<usize, BulkError> {
        let length = usize::try_from(self.u32()?).map_err(|_| BulkError::Truncated)?;
        check_length(what, length, bytes_max)
    }

    pub(super) fn text(
        &mut self,
        what: &'static str,
        bytes_max: usize,
    ) -> Result<&'a [u8], BulkError> {
        let length = self.length(what, bytes_max)?;
        self.slice(length)
    }

    pub(super) fn log(&mut self) -> Result<LogId, BulkError> {
        LogId::from_bytes(self.array()?).map_err(|_| BulkError::Value { what: "log" })
    }

    pub(super) fn position(&mut self) -> Result<LogPosition, BulkError> {
        LogPosition::new(self.u64()?).ok_or(BulkError::Value { what: "position" })
    }

    pub(super) fn feed_position(&mut self) -> Result<FeedPosition, BulkError> {
        FeedPosition::try_from(self.u64()?).map_err(|_| BulkError::Value {
            what: "feed position",
        })
    }

    pub(super) fn hash(&mut self) -> Result<ChangeHash, BulkError> {
        self.array().map(ChangeHash::from_bytes)
    }

    pub(super) fn document(&mut self) -> Result<DocumentId, BulkError> {
        self.array().map(DocumentId::from_bytes)
    }

    pub(super) fn entry(&mut self) -> Result<LogEntry, BulkError> {
        let log = self.log()?;
        let position = self.position()?;
        if position == LogPosition::START {
            return Err(BulkError::Value { what: "position" });
        }
        Ok(LogEntry {
            log,
            position,
            document: self.document()?,
            change: self.text("a change", ENTRY_BYTES_MAX)?.into(),
        })
    }

    /// The entry of a log after a place.
    pub(super) fn change(
        &mut self,
        log: LogId,
        before: LogPosition,
    ) -> Result<LogEntry, BulkError> {
        Ok(LogEntry {
            log,
            position: before.next().ok_or(BulkError::Value { what: "position" })?,
            document: self.document()?,
            change: self.text("a change", ENTRY_BYTES_MAX)?.into(),
        })
    }

    pub(super) fn head(&mut self) -> Result<SignedHead, BulkError> {
        Ok(SignedHead {
            head: LogHead {
                log: self.log()?,
                position: self.position()?,
                chain: ChainHash::from_bytes(self.array()?),
            },
            signature: HeadSignature::from_bytes(self.array()?),
        })
    }

    /// Unpacks the block, which is all the rest of the message.
    pub(super) fn block(&mut self) -> Result<Vec<u8>, BulkError> {
        let length = self.length("block", BLOCK_BYTES_MAX)?;
        let packed = std::mem::take(&mut self.0);
        // One frame and nothing behind it: the decoder itself would go on with a second one.
        if zstd::zstd_safe::find_frame_compressed_size(packed) != Ok(packed.len()) {
            return Err(BulkError::Block);
        }
        let plain = zstd::bulk::decompress(packed, length).map_err(|_| BulkError::Block)?;
        if plain.len() == length {
            Ok(plain)
        } else {
            Err(BulkError::Block)
        }
    }

    /// Nothing may be left.
    pub(super) fn end(self) -> Result<(), BulkError> {
        match self.0.len() {
            0 => Ok(()),
            bytes => Err(BulkError::Trailing { bytes }),
        }
    }
}

fn too_many(what: &'static str, count: usize, count_max: usize) -> BulkError {
    BulkError::TooMany {
        what,
        count,
        count_max,
    }
}

fn check_count(what: &'static str, count: usize, count_max: usize) -> Result<usize, BulkError> {
    if count > count_max {
        return Err(too_many(what, count, count_max));
    }
    Ok(count)
}

fn check_length(what: &'static str, bytes: usize, bytes_max: usize) -> Result<usize, BulkError> {
    if bytes > bytes_max {
        return Err(BulkError::TooLong {
            what,
            bytes,
            bytes_max,
        });
    }
    Ok(bytes)
}
