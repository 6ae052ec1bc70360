//! Between columns and the core's types.

use std::{error::Error, fmt};

use holdfast_schemas::{
    identity::{ChainHash, ChangeHash, DocumentId, LogId, LogPosition, NodeNumber},
    time::Timestamp,
};
use rusqlite::{
    Row,
    types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef},
};

use crate::store::{EntryNumber, QuarantineNumber};

/// A value of the core's, as a column holds it.
///
/// SQLite's integers have 63 bits and a sign; every number here is far below.
pub(super) struct Column<T>(pub(super) T);

/// A number that no column of ours holds.
#[derive(Debug)]
struct Range;

impl fmt::Display for Range {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the value is out of its range")
    }
}

impl Error for Range {}

fn out_of_range() -> FromSqlError {
    FromSqlError::Other(Box::new(Range))
}

macro_rules! blob_column {
    ($($type:ty: $bytes:literal, $read:expr, $write:expr;)+) => {$(
        impl ToSql for Column<$type> {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                let write: fn(&$type) -> [u8; $bytes] = $write;
                Ok(ToSqlOutput::from(write(&self.0).to_vec()))
            }
        }

        impl FromSql for Column<$type> {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                let bytes: [u8; $bytes] = value.as_blob()?.try_into().map_err(|_| out_of_range())?;
                let read: fn([u8; $bytes]) -> Option<$type> = $read;
                read(bytes).map(Column).ok_or_else(out_of_range)
            }
        }
    )+};
}

blob_column! {
    LogId: 16, |bytes| LogId::from_bytes(bytes).ok(), |log| *log.as_bytes();
    DocumentId: 16, |bytes| Some(DocumentId::from_bytes(bytes)), |document| document.to_bytes();
    ChangeHash: 32, |bytes| Some(ChangeHash::from_bytes(bytes)), |hash| *hash.as_bytes();
    ChainHash: 32, |bytes| Some(ChainHash::from_bytes(bytes)), |chain| *chain.as_bytes();
}

macro_rules! integer_column {
    ($($type:ty: $read:expr, $write:expr;)+) => {$(
        impl ToSql for Column<$type> {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                let write: fn(&$type) -> Option<i64> = $write;
                write(&self.0).map(ToSqlOutput::from).ok_or_else(|| rusqlite::Error::ToSqlConversionFailure(Box::new(Range)))
            }
        }

        impl FromSql for Column<$type> {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                let read: fn(i64) -> Option<$type> = $read;
                read(value.as_i64()?).map(Column).ok_or_else(out_of_range)
            }
        }
    )+};
}

fn unsigned(value: i64) -> Option<u64> {
    u64::try_from(value).ok()
}

integer_column! {
    LogPosition: |value| unsigned(value).and_then(LogPosition::new), |position| i64::try_from(position.get()).ok();
    EntryNumber: |value| unsigned(value).map(EntryNumber::new), |number| i64::try_from(number.get()).ok();
    QuarantineNumber: |value| unsigned(value).map(QuarantineNumber::new), |number| i64::try_from(number.get()).ok();
    holdfast_schemas::wire::FeedPosition:
        |value| unsigned(value).map(holdfast_schemas::wire::FeedPosition::new), |number| i64::try_from(number.get()).ok();
    holdfast_schemas::identity::PriceListVersion:
        |value| unsigned(value).map(holdfast_schemas::identity::PriceListVersion::new), |version| i64::try_from(version.get()).ok();
    holdfast_schemas::identity::OrderNumber:
        |value| holdfast_schemas::identity::OrderNumber::from_i64(value).ok(), |number| Some(number.to_i64());
    std::num::NonZeroU64: |value| unsigned(value).and_then(std::num::NonZeroU64::new), |counter| i64::try_from(counter.get()).ok();
    NodeNumber: |value| u32::try_from(value).ok().and_then(|node| NodeNumber::new(node).ok()), |node| Some(i64::from(node.get()));
    Timestamp: |value| Some(Timestamp::from_milliseconds(value)), |at| Some(at.milliseconds());
    holdfast_schemas::value::MinorUnits:
        |value| Some(holdfast_schemas::value::MinorUnits::new(value)), |amount| Some(amount.get());
}

/// Reads one column of a row.
pub(super) fn column<T>(row: &Row<'_>, index: usize) -> rusqlite::Result<T>
where
    Column<T>: FromSql,
{
    row.get::<_, Column<T>>(index).map(|column| column.0)
}

/// Reads one column of a row that may be empty.
pub(super) fn optional<T>(row: &Row<'_>, index: usize) -> rusqlite::Result<Option<T>>
where
    Column<T>: FromSql,
{
    Ok(row
        .get::<_, Option<Column<T>>>(index)?
        .map(|column| column.0))
}

/// Reads a text column as something that has one text form.
pub(super) fn text<T>(row: &Row<'_>, index: usize) -> rusqlite::Result<T>
where
    T: std::str::FromStr,
    T::Err: Error + Send + Sync + 'static,
{
    let text = row.get_ref(index)?.as_str()?;
    text.parse().map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(
            index,
            rusqlite::types::Type::Text,
            Box::new(error),
        )
    })
}

/// Reads a text column by the names of an enumeration.
pub(super) fn named<T: Copy>(
    row: &Row<'_>,
    index: usize,
    all: &[T],
    name: impl Fn(T) -> &'static str,
) -> rusqlite::Result<T> {
    let text = row.get_ref(index)?.as_str()?;
    all.iter()
        .copied()
        .find(|value| name(*value) == text)
        .ok_or_else(|| {
            rusqlite::Error::FromSqlConversionFailure(
                index,
                rusqlite::types::Type::Text,
                Box::new(Range),
            )
        })
}
