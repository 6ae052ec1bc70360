//! Whether the books of each trading day balance.

use std::collections::BTreeMap;

use axum::{Json, extract::State, http::HeaderMap};
use holdfast_schemas::{
    books::{BooksException, BooksGap, BooksReport},
    identity::StoreId,
    operation::TenderKind,
    time::BusinessDate,
    value::{Currency, MinorUnits},
};
use serde::{Deserialize, Serialize};

use super::{
    access::ApiState,
    documents::Parameters,
    page::{PageBody, after, cursor, limit},
    problem::{Problem, ProblemBody},
};
use crate::{
    api_key::Scope,
    books,
    store::{PageLimit, Store, TradingDay, TradingDayFilter},
};

/// After how many documents a page ends, however many trading days were asked for: books are reckoned from the
/// documents at each request, and an answer has a time limit.
const PAGE_DOCUMENTS_MAX: usize = 5_000;

/// Which books to list.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(super) struct BooksParameters {
    /// Only of this store.
    #[param(value_type = Option<String>)]
    store: Option<StoreId>,
    /// Only of this business date, `YYYY-MM-DD`.
    #[param(value_type = Option<String>)]
    business_date: Option<BusinessDate>,
    /// How many trading days at most; 1 to 1000, 100 where it is left out. A page may have fewer, and a `next`.
    limit: Option<u32>,
    /// Where to begin: what an earlier page gave as `next`.
    after: Option<String>,
}

/// A store's books of one business date in one currency.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Books)]
pub(super) struct BooksItem {
    /// The store.
    #[schema(value_type = String)]
    store: StoreId,
    /// The business date, `YYYY-MM-DD`.
    #[schema(value_type = String)]
    business_date: BusinessDate,
    /// The currency of every amount (ISO 4217); `XXX` on a day on which stock moved and no money.
    #[schema(value_type = String)]
    currency: Currency,
    /// Whether they balance: there is no gap.
    balances: bool,
    /// The last entry of the server's log that they include.
    projected: u64,
    /// How many orders were completed.
    orders: u32,
    /// How many returns were completed.
    returns: u32,
    /// What orders cost, less what returns gave back, without tax, in minor units.
    #[schema(value_type = i64)]
    net_sales_minor: MinorUnits,
    /// The tax in the orders, less that in the returns, in minor units.
    #[schema(value_type = i64)]
    tax_minor: MinorUnits,
    /// Money taken, less given back and refunded, by kind, in minor units.
    #[schema(value_type = BTreeMap<String, i64>)]
    net_tenders_minor: BTreeMap<TenderKind, MinorUnits>,
    /// What cash rounding added, in minor units.
    #[schema(value_type = i64)]
    rounding_minor: MinorUnits,
    /// How many movements the stock ledger has.
    movements: u32,
    /// Differences that are as they should be, each with its reason.
    #[schema(value_type = Vec<Object>)]
    exceptions: Vec<BooksException>,
    /// Differences that somebody must settle.
    #[schema(value_type = Vec<Object>)]
    gaps: Vec<BooksGap>,
}

impl BooksItem {
    fn new(report: BooksReport, projected: u64) -> Self {
        Self {
            balances: report.balances(),
            store: report.store,
            business_date: report.business_date,
            currency: report.currency,
            projected,
            orders: report.orders,
            returns: report.returns,
            net_sales_minor: report.net_sales_minor,
            tax_minor: report.tax_minor,
            net_tenders_minor: report.net_tenders_minor,
            rounding_minor: report.rounding_minor,
            movements: report.movements,
            exceptions: report.exceptions,
            gaps: report.gaps,
        }
    }
}

/// Lists the books of each trading day, by store and date: sales against money, drawers against counts, Z reports and
/// the stock ledger against documents. They are reckoned anew from the documents at each request.
#[utoipa::path(get, path = "/v1/books", params(BooksParameters), tag = "sessions", security(("key" = ["sessions"])),
    responses((status = 200, body = PageBody<BooksItem>), (status = "default", body = ProblemBody)))]
pub(super) async fn books(
    State(state): State<ApiState>,
    headers: HeaderMap,
    parameters: Parameters<BooksParameters>,
) -> Result<Json<PageBody<BooksItem>>, Problem> {
    let parameters = parameters.0;
    let limit = limit(parameters.limit)?;
    let from: Option<(StoreId, BusinessDate)> = after(parameters.after.as_deref())?;
    let from = from.map(|(store, business_date)| TradingDay {
        store,
        business_date,
    });
    let filter = TradingDayFilter {
        store: parameters.store,
        business_date: parameters.business_date,
    };
    let ask = move |store: &dyn Store| page(store, &filter, from.as_ref(), limit);
    Ok(Json(state.answer(&headers, Scope::Sessions, ask).await?))
}

fn page(
    store: &dyn Store,
    filter: &TradingDayFilter,
    after: Option<&TradingDay>,
    limit: PageLimit,
) -> Result<PageBody<BooksItem>, Problem> {
    let days = store.trading_days(filter, after, limit)?;
    let mut items = Vec::new();
    let mut documents = 0;
    let mut next = days.next;
    for day in days.rows {
        if documents >= PAGE_DOCUMENTS_MAX {
            next = items.last().map(|last: &BooksItem| TradingDay {
                store: last.store.clone(),
                business_date: last.business_date,
            });
            break;
        }
        let books = books::of_day(store, &day)?;
        documents += books.documents;
        let projected = books.as_of.projected.get();
        let reports = books.reports.into_iter();
        items.extend(reports.map(|report| BooksItem::new(report, projected)));
    }
    Ok(PageBody {
        as_of: days.as_of.into(),
        items,
        next: next.map(|day| cursor(&(day.store, day.business_date))),
    })
}
