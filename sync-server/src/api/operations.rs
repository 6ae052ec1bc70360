//! Stock, misfits, quarantine and tills.

use axum::{Json, extract::State, http::HeaderMap};
use holdfast_schemas::{
    identity::{ChangeHash, DocumentId, LogId, LogPosition, NodeNumber, ReasonCode, Sku, StoreId},
    operation::DocumentKind,
    value::Measure,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    access::ApiState,
    documents::{Parameters, view},
    page::{PageBody, PageParameters, after, cursor, limit},
    problem::{Problem, ProblemBody},
};
use crate::{
    api_key::Scope,
    exceptions::Explainer,
    moment::moment,
    store::{
        FreezeReason, MisfitCursor, NodeRecord, PageLimit, QuarantineNumber, QuarantineReason,
        Quarantined, RowText, StockCursor, StockLevel, Store,
    },
};

/// Which stock to list.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(super) struct StockParameters {
    /// Only of this store.
    #[param(value_type = Option<String>)]
    store: Option<StoreId>,
    /// Only of this product, by its SKU.
    #[param(value_type = Option<String>)]
    product: Option<Sku>,
    /// How many items at most; 1 to 1000, 100 where it is left out.
    limit: Option<u32>,
    /// Where to begin: what an earlier page gave as `next`.
    after: Option<String>,
}

/// What a store has of a product.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Stock)]
pub(super) struct StockItem {
    /// The store.
    #[schema(value_type = String)]
    store: StoreId,
    /// The product's SKU.
    #[schema(value_type = String)]
    product: Sku,
    /// In what it is measured: `each`, `kilogram`, `litre`, `metre`.
    #[schema(value_type = String)]
    measure: Measure,
    /// How much there is, as a decimal number; may be negative.
    on_hand: String,
}

impl From<StockLevel> for StockItem {
    fn from(level: StockLevel) -> Self {
        Self {
            store: level.store,
            product: level.product,
            measure: level.measure,
            on_hand: rust_decimal::Decimal::new(level.on_hand.0, 3)
                .normalize()
                .to_string(),
        }
    }
}

/// Lists what stores have, by store and product.
#[utoipa::path(get, path = "/v1/stock", params(StockParameters), tag = "stock", security(("key" = ["stock"])),
    responses((status = 200, body = PageBody<StockItem>), (status = "default", body = ProblemBody)))]
pub(super) async fn stock(
    State(state): State<ApiState>,
    headers: HeaderMap,
    parameters: Parameters<StockParameters>,
) -> Result<Json<PageBody<StockItem>>, Problem> {
    let parameters = parameters.0;
    let limit = limit(parameters.limit)?;
    let from: Option<(StoreId, Sku, RowText)> = after(parameters.after.as_deref())?;
    let from = from.map(|(store, product, measure)| StockCursor {
        store,
        product,
        measure,
    });
    let (of_store, product) = (parameters.store, parameters.product);
    let ask = move |store: &dyn Store| {
        Ok(store.stock(of_store.as_ref(), product.as_ref(), from.as_ref(), limit)?)
    };
    let page = state.answer(&headers, Scope::Stock, ask).await?;
    let next = |next: StockCursor| cursor(&(next.store, next.product, next.measure));
    Ok(Json(PageBody::of(page, StockItem::from, next)))
}

/// Which misfits to list.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(super) struct MisfitParameters {
    /// Only of this store.
    #[param(value_type = Option<String>)]
    store: Option<StoreId>,
    /// How many items at most; 1 to 1000, 100 where it is left out.
    limit: Option<u32>,
    /// Where to begin: what an earlier page gave as `next`.
    after: Option<String>,
}

/// Something that did not fit, for people to settle.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Misfit)]
pub(super) struct MisfitItem {
    /// The document that it is in.
    #[schema(value_type = String)]
    document: DocumentId,
    /// What kind of document that is; null while that is not known.
    #[schema(value_type = Option<String>)]
    kind: Option<DocumentKind>,
    /// What kind of misfit it is.
    name: String,
    /// What does not fit, in words, with amounts in the document's currency.
    what: String,
    /// What people can do about it; empty for a misfit of a later version.
    what_to_do: String,
    /// What exactly does not fit.
    #[schema(value_type = Object)]
    misfit: Value,
}

/// Lists what does not fit.
#[utoipa::path(get, path = "/v1/misfits", params(MisfitParameters), tag = "operations", security(("key" = ["operations"])),
    responses((status = 200, body = PageBody<MisfitItem>), (status = "default", body = ProblemBody)))]
pub(super) async fn misfits(
    State(state): State<ApiState>,
    headers: HeaderMap,
    parameters: Parameters<MisfitParameters>,
) -> Result<Json<PageBody<MisfitItem>>, Problem> {
    let parameters = parameters.0;
    let limit = limit(parameters.limit)?;
    let from: Option<(DocumentId, u32)> = after(parameters.after.as_deref())?;
    let from = from.map(|(document, index)| MisfitCursor { document, index });
    let of_store = parameters.store;
    let ask = move |store: &dyn Store| misfit_page(store, of_store.as_ref(), from, limit);
    Ok(Json(state.answer(&headers, Scope::Operations, ask).await?))
}

fn misfit_page(
    store: &dyn Store,
    of_store: Option<&StoreId>,
    from: Option<MisfitCursor>,
    limit: PageLimit,
) -> Result<PageBody<MisfitItem>, Problem> {
    let page = store.misfits(of_store, from, limit)?;
    let mut explainer = Explainer::new(store);
    let mut items = Vec::new();
    for (at, row) in page.rows {
        let explained = explainer.explain(at.document, &row)?;
        items.push(MisfitItem {
            document: at.document,
            kind: explained.kind,
            name: row.name.0.into(),
            what: explained.what,
            what_to_do: explained.what_to_do,
            misfit: view(&row.view),
        });
    }
    Ok(PageBody {
        as_of: page.as_of.into(),
        items,
        next: page.next.map(|next| cursor(&(next.document, next.index))),
    })
}

/// A change that was not taken in. Its bytes are kept on the server.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Quarantined)]
pub(super) struct QuarantinedItem {
    /// Its place in quarantine.
    number: u64,
    /// The log that it claims to be in.
    #[schema(value_type = String)]
    log: LogId,
    /// Where in it.
    #[schema(value_type = u64)]
    position: LogPosition,
    /// The document that it claims to change.
    #[schema(value_type = String)]
    document: DocumentId,
    /// Its hash.
    #[schema(value_type = String)]
    hash: ChangeHash,
    /// How many bytes it has.
    bytes: usize,
    /// Why it was put aside.
    #[schema(value_type = String)]
    reason: QuarantineReason,
    /// What exactly is wrong.
    detail: String,
    /// The node number of the till that delivered it.
    #[schema(value_type = u32)]
    delivered_by: NodeNumber,
    /// When (RFC 3339).
    at: String,
}

impl From<Quarantined> for QuarantinedItem {
    fn from(entry: Quarantined) -> Self {
        Self {
            number: entry.number.get(),
            log: entry.log,
            position: entry.position,
            document: entry.document,
            hash: entry.hash,
            bytes: entry.bytes.len(),
            reason: entry.reason,
            detail: entry.detail,
            delivered_by: entry.delivered_by,
            at: moment(entry.at),
        }
    }
}

/// Lists what is in quarantine, oldest first.
#[utoipa::path(get, path = "/v1/quarantine", params(PageParameters), tag = "operations", security(("key" = ["operations"])),
    responses((status = 200, body = PageBody<QuarantinedItem>), (status = "default", body = ProblemBody)))]
pub(super) async fn quarantine(
    State(state): State<ApiState>,
    headers: HeaderMap,
    parameters: Parameters<PageParameters>,
) -> Result<Json<PageBody<QuarantinedItem>>, Problem> {
    let limit = limit(parameters.0.limit)?;
    let from: Option<QuarantineNumber> = after(parameters.0.after.as_deref())?;
    let ask = move |store: &dyn Store| {
        let as_of = store.as_of()?;
        Ok((as_of, store.quarantined(from.unwrap_or_default(), limit)?))
    };
    let (as_of, entries) = state.answer(&headers, Scope::Operations, ask).await?;
    let next = entries.last().map(|entry| cursor(&entry.number));
    let is_full = entries.len() as u64 == u64::from(limit.get());
    Ok(Json(PageBody {
        as_of: as_of.into(),
        items: entries.into_iter().map(QuarantinedItem::from).collect(),
        next: next.filter(|_| is_full),
    }))
}

/// A till.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Till)]
pub(super) struct TillItem {
    /// Its node number.
    #[schema(value_type = u32)]
    node: NodeNumber,
    /// Its store.
    #[schema(value_type = String)]
    store: StoreId,
    /// When it was enrolled (RFC 3339).
    enrolled_at: String,
    /// Everything that it wrote until then is here (RFC 3339); null where that is not known yet.
    complete_to: Option<String>,
    /// When it was last connected (RFC 3339).
    last_contact_at: Option<String>,
    /// Since when it is shut out (RFC 3339).
    revoked_at: Option<String>,
    /// Since when what it sends goes to quarantine (RFC 3339).
    frozen_at: Option<String>,
    /// Why.
    #[schema(value_type = Option<String>)]
    frozen_because: Option<FreezeReason>,
    /// When an operator last lifted a freeze (RFC 3339).
    unfrozen_at: Option<String>,
    /// Why.
    #[schema(value_type = Option<String>)]
    unfrozen_because: Option<ReasonCode>,
    /// When two connections of it were last seen at once (RFC 3339): its disk was copied, most likely.
    cloned_at: Option<String>,
}

impl From<NodeRecord> for TillItem {
    fn from(node: NodeRecord) -> Self {
        let (unfrozen_at, unfrozen_because) = node.unfrozen.unzip();
        Self {
            unfrozen_at: unfrozen_at.map(moment),
            unfrozen_because,
            node: node.node,
            store: node.store,
            enrolled_at: moment(node.enrolled_at),
            complete_to: node.complete_to.map(moment),
            last_contact_at: node.last_contact_at.map(moment),
            revoked_at: node.revoked_at.map(moment),
            frozen_at: node.frozen.map(|(at, _)| moment(at)),
            frozen_because: node.frozen.map(|(_, reason)| reason),
            cloned_at: node.cloned_at.map(moment),
        }
    }
}

/// Lists the tills, by node number, each with how far it is known to be complete.
#[utoipa::path(get, path = "/v1/tills", params(PageParameters), tag = "operations", security(("key" = ["operations"])),
    responses((status = 200, body = PageBody<TillItem>), (status = "default", body = ProblemBody)))]
pub(super) async fn tills(
    State(state): State<ApiState>,
    headers: HeaderMap,
    parameters: Parameters<PageParameters>,
) -> Result<Json<PageBody<TillItem>>, Problem> {
    let limit = limit(parameters.0.limit)?;
    let from: Option<NodeNumber> = after(parameters.0.after.as_deref())?;
    let ask = move |store: &dyn Store| {
        let as_of = store.as_of()?;
        Ok((as_of, store.nodes(from, limit)?))
    };
    let (as_of, nodes) = state.answer(&headers, Scope::Operations, ask).await?;
    let next = nodes.last().map(|node| cursor(&node.node));
    let is_full = nodes.len() as u64 == u64::from(limit.get());
    Ok(Json(PageBody {
        as_of: as_of.into(),
        items: nodes.into_iter().map(TillItem::from).collect(),
        next: next.filter(|_| is_full),
    }))
}
