//! Pages: how many, from where, and as of when.

use holdfast_schemas::text::encode_hex;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::problem::Problem;
use crate::store::{AsOf, Page, PageLimit};

/// How many items a page has unless the request says otherwise.
pub(super) const PAGE_ITEMS_DEFAULT: u32 = 100;
/// The longest cursor that is read, in characters.
const CURSOR_CHARACTERS_MAX: usize = 1_024;

/// Up to which entry of the server's log an answer goes.
#[derive(Debug, Clone, Copy, Serialize, utoipa::ToSchema)]
#[schema(as = AsOf)]
pub(super) struct AsOfBody {
    /// The last entry that the answer includes.
    projected: u64,
    /// The last entry that had come in when the answer was made; the difference is the lag.
    durable: u64,
}

impl From<AsOf> for AsOfBody {
    fn from(as_of: AsOf) -> Self {
        Self {
            projected: as_of.projected.get(),
            durable: as_of.durable.get(),
        }
    }
}

/// A page of an answer.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Page)]
pub(super) struct PageBody<Item> {
    /// How fresh it is.
    pub(super) as_of: AsOfBody,
    /// The items.
    pub(super) items: Vec<Item>,
    /// Give this as `after` to get the next page; null where this was the last.
    pub(super) next: Option<String>,
}

impl<Item> PageBody<Item> {
    /// A page of the store's, with each row made an item.
    pub(super) fn of<Row, Cursor>(
        page: Page<Row, Cursor>,
        item: impl FnMut(Row) -> Item,
        cursor: impl FnOnce(Cursor) -> String,
    ) -> Self {
        Self {
            as_of: page.as_of.into(),
            items: page.rows.into_iter().map(item).collect(),
            next: page.next.map(cursor),
        }
    }
}

/// Reads `limit`.
pub(super) fn limit(limit: Option<u32>) -> Result<PageLimit, Problem> {
    let items = limit.unwrap_or(PAGE_ITEMS_DEFAULT);
    let clamped = PageLimit::clamped(items);
    if clamped.get() == items {
        Ok(clamped)
    } else {
        Err(Problem::Parameter {
            detail: format!("limit is 1 to {}", PageLimit::MAX.get()),
        })
    }
}

/// Writes a cursor: opaque to clients, so that it may change.
pub(super) fn cursor(value: &impl Serialize) -> String {
    encode_hex(&serde_json::to_vec(value).unwrap_or_default())
}

/// Reads a cursor that [`cursor`] wrote.
pub(super) fn after<T: DeserializeOwned>(text: Option<&str>) -> Result<Option<T>, Problem> {
    let wrong = || Problem::Parameter {
        detail: "after is what an earlier page gave as next".to_owned(),
    };
    let Some(text) = text else { return Ok(None) };
    if text.len() > CURSOR_CHARACTERS_MAX || !text.len().is_multiple_of(2) || !text.is_ascii() {
        return Err(wrong());
    }
    let bytes = (0..text.len())
        .step_by(2)
        .map(|at| holdfast_schemas::text::decode_hex::<1>(&text[at..at + 2]).map(|[byte]| byte))
        .collect::<Option<Vec<u8>>>()
        .ok_or_else(wrong)?;
    serde_json::from_slice(&bytes)
        .map(Some)
        .map_err(|_| wrong())
}

/// The parameters of a list that has no filter.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(super) struct PageParameters {
    /// How many items at most; 1 to 1000, 100 where it is left out.
    pub(super) limit: Option<u32>,
    /// Where to begin: what an earlier page gave as `next`.
    pub(super) after: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_what_it_writes_and_refuses_the_rest() {
        let value = ("leeds".to_owned(), 7_u32);
        let text = cursor(&value);
        assert_eq!(after::<(String, u32)>(Some(&text)), Ok(Some(value)));
        assert_eq!(after::<u32>(None), Ok(None));
        for wrong in ["", "0", "zz", "7b", "ää", &"00".repeat(600)] {
            assert!(after::<(String, u32)>(Some(wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_limit_beyond_the_bounds_is_refused_and_not_bent() {
        assert_eq!(limit(None).map(PageLimit::get), Ok(100));
        assert_eq!(limit(Some(1_000)).map(PageLimit::get), Ok(1_000));
        assert!(limit(Some(0)).is_err() && limit(Some(1_001)).is_err());
    }
}
