//! The layout of each bulk message: its header's fields in their order, then its block.

use super::{
    super::{
        AskId, Bucket, Buckets, DIGEST_BUCKETS, DigestAnswer, FeedPage, FoundOrder, HashesAnswer,
        OrderFound, PullChanges, Push, ReferencePage, ReferenceText, RepairPage,
        limits::{
            FOUND_CHANGES_MAX, FRAME_CHANGES_MAX, HASHES_MAX, PAGE_HEADS_MAX,
            REFERENCE_RECORD_BYTES_MAX, REFERENCE_RECORDS_MAX, REPAIR_CHANGES_MAX,
        },
    },
    bulk::{Reader, Writer},
    error::BulkError,
};
use crate::{
    identity::{ChangeHash, PriceListVersion},
    log::LogEntry,
    time::Timestamp,
};

/// A message with a layout of its own.
pub(super) trait Bulk: Sized {
    fn write(&self, writer: &mut Writer) -> Result<(), BulkError>;
    fn read(reader: &mut Reader<'_>) -> Result<Self, BulkError>;
}

fn pack_entries(writer: &mut Writer, entries: &[LogEntry]) -> Result<(), BulkError> {
    let mut plain = Writer::default();
    for entry in entries {
        plain.entry(entry)?;
    }
    writer.block(&plain)
}

fn unpack_entries(reader: &mut Reader<'_>, count: usize) -> Result<Vec<LogEntry>, BulkError> {
    let plain = reader.block()?;
    let mut block = Reader(&plain);
    let entries = (0..count)
        .map(|_| block.entry())
        .collect::<Result<_, _>>()?;
    block.end()?;
    Ok(entries)
}

impl Bulk for Push {
    fn write(&self, writer: &mut Writer) -> Result<(), BulkError> {
        if !self.is_gapless() {
            return Err(BulkError::Value { what: "stretch" });
        }
        writer.u64(self.after.get());
        writer.head(&self.head);
        writer.count("changes", self.entries.len(), FRAME_CHANGES_MAX)?;
        let mut plain = Writer::default();
        for entry in &self.entries {
            plain.change(entry)?;
        }
        writer.block(&plain)
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, BulkError> {
        let after = reader.position()?;
        let head = reader.head()?;
        let count = reader.count("changes", FRAME_CHANGES_MAX)?;
        let plain = reader.block()?;
        let mut block = Reader(&plain);
        let (mut entries, mut before) = (Vec::with_capacity(count), after);
        for _ in 0..count {
            let entry = block.change(head.head.log, before)?;
            before = entry.position;
            entries.push(entry);
        }
        block.end()?;
        let push = Self {
            after,
            entries,
            head,
        };
        if push.is_gapless() {
            Ok(push)
        } else {
            Err(BulkError::Value { what: "stretch" })
        }
    }
}

impl Bulk for FeedPage {
    fn write(&self, writer: &mut Writer) -> Result<(), BulkError> {
        for position in [self.after, self.through, self.end] {
            writer.u64(position.get());
        }
        writer.count("changes", self.entries.len(), FRAME_CHANGES_MAX)?;
        writer.count("heads", self.heads.len(), PAGE_HEADS_MAX)?;
        let mut plain = Writer::default();
        for entry in &self.entries {
            plain.entry(entry)?;
        }
        for head in &self.heads {
            plain.head(head);
        }
        writer.block(&plain)
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, BulkError> {
        let (after, through) = (reader.feed_position()?, reader.feed_position()?);
        let end = reader.feed_position()?;
        if after >= through || through > end {
            return Err(BulkError::Value { what: "cursor" });
        }
        let entry_count = reader.count("changes", FRAME_CHANGES_MAX)?;
        let head_count = reader.count("heads", PAGE_HEADS_MAX)?;
        let plain = reader.block()?;
        let mut block = Reader(&plain);
        let entries = (0..entry_count)
            .map(|_| block.entry())
            .collect::<Result<_, _>>()?;
        let heads = (0..head_count)
            .map(|_| block.head())
            .collect::<Result<_, _>>()?;
        block.end()?;
        Ok(Self {
            after,
            through,
            end,
            entries,
            heads,
        })
    }
}

impl Bulk for ReferencePage {
    fn write(&self, writer: &mut Writer) -> Result<(), BulkError> {
        for version in [self.after, self.through, self.end] {
            writer.u64(version.get());
        }
        writer.count("records", self.records.len(), REFERENCE_RECORDS_MAX)?;
        let mut plain = Writer::default();
        for record in &self.records {
            let bytes = record.as_str().as_bytes();
            plain.text("a record", bytes, REFERENCE_RECORD_BYTES_MAX)?;
        }
        writer.block(&plain)
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, BulkError> {
        let [after, through, end] = [reader.u64()?, reader.u64()?, reader.u64()?];
        if after >= through || through > end {
            return Err(BulkError::Value { what: "version" });
        }
        let count = reader.count("records", REFERENCE_RECORDS_MAX)?;
        let plain = reader.block()?;
        let mut block = Reader(&plain);
        let records = (0..count)
            .map(|_| {
                let bytes = block.text("a record", REFERENCE_RECORD_BYTES_MAX)?;
                std::str::from_utf8(bytes)
                    .ok()
                    .and_then(|text| ReferenceText::new(text).ok())
                    .ok_or(BulkError::Value { what: "record" })
            })
            .collect::<Result<_, _>>()?;
        block.end()?;
        Ok(Self {
            after: PriceListVersion::new(after),
            through: PriceListVersion::new(through),
            end: PriceListVersion::new(end),
            records,
        })
    }
}

impl Bulk for DigestAnswer {
    fn write(&self, writer: &mut Writer) -> Result<(), BulkError> {
        writer.u64(self.through.get());
        for bucket in self.buckets.as_array() {
            writer.bytes(&bucket.count.to_be_bytes());
            writer.bytes(&bucket.xor);
        }
        Ok(())
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, BulkError> {
        let through = reader.feed_position()?;
        let mut buckets = Box::new([Bucket::default(); DIGEST_BUCKETS]);
        for bucket in buckets.iter_mut() {
            *bucket = Bucket {
                count: reader.u32()?,
                xor: reader.array()?,
            };
        }
        Ok(Self {
            through,
            buckets: Buckets::new(buckets),
        })
    }
}

fn write_hashes(
    writer: &mut Writer,
    hashes: &[ChangeHash],
    count_max: usize,
) -> Result<(), BulkError> {
    writer.count("hashes", hashes.len(), count_max)?;
    for hash in hashes {
        writer.bytes(hash.as_bytes());
    }
    Ok(())
}

fn read_hashes(reader: &mut Reader<'_>, count_max: usize) -> Result<Vec<ChangeHash>, BulkError> {
    let count = reader.count("hashes", count_max)?;
    (0..count).map(|_| reader.hash()).collect()
}

impl Bulk for HashesAnswer {
    fn write(&self, writer: &mut Writer) -> Result<(), BulkError> {
        writer.u8(self.bucket);
        writer.u8(u8::from(self.complete));
        write_hashes(writer, &self.hashes, HASHES_MAX)
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, BulkError> {
        let bucket = reader.u8()?;
        let complete = match reader.u8()? {
            0 => false,
            1 => true,
            _ => {
                return Err(BulkError::Value {
                    what: "completeness",
                });
            }
        };
        let hashes = read_hashes(reader, HASHES_MAX)?;
        let ascending = hashes.is_sorted_by(|one, next| one < next);
        if !ascending || hashes.iter().any(|hash| hash.as_bytes()[0] != bucket) {
            return Err(BulkError::Value { what: "hash" });
        }
        Ok(Self {
            bucket,
            complete,
            hashes,
        })
    }
}

impl Bulk for PullChanges {
    fn write(&self, writer: &mut Writer) -> Result<(), BulkError> {
        write_hashes(writer, &self.hashes, REPAIR_CHANGES_MAX)
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, BulkError> {
        Ok(Self {
            hashes: read_hashes(reader, REPAIR_CHANGES_MAX)?,
        })
    }
}

impl Bulk for RepairPage {
    fn write(&self, writer: &mut Writer) -> Result<(), BulkError> {
        writer.count("changes", self.entries.len(), REPAIR_CHANGES_MAX)?;
        pack_entries(writer, &self.entries)
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, BulkError> {
        let count = reader.count("changes", REPAIR_CHANGES_MAX)?;
        Ok(Self {
            entries: unpack_entries(reader, count)?,
        })
    }
}

impl Bulk for OrderFound {
    fn write(&self, writer: &mut Writer) -> Result<(), BulkError> {
        writer.u64(self.id.0);
        writer.bytes(&self.found.order.to_bytes());
        writer.bytes(&self.found.data_as_of.milliseconds().to_be_bytes());
        writer.count("changes", self.found.entries.len(), FOUND_CHANGES_MAX)?;
        pack_entries(writer, &self.found.entries)
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, BulkError> {
        let id = AskId(reader.u64()?);
        let order = reader.document()?;
        let data_as_of = Timestamp::from_milliseconds(reader.array().map(i64::from_be_bytes)?);
        let count = reader.count("changes", FOUND_CHANGES_MAX)?;
        Ok(Self {
            id,
            found: FoundOrder {
                order,
                data_as_of,
                entries: unpack_entries(reader, count)?,
            },
        })
    }
}
